# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone side of both engines: accounts pushed and removed, wrong secrets, expiry, and who may not call."""

from __future__ import annotations

from telephony.exchange.engine import Answer, PhoneLost, PhoneRegistered, Ring, SetAccount, SetReady
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import arrived
from tests.telephony.exchange.peers import Phone

REFUSED = (401, 403, 404)


async def phone_of(site: ContractSite, extension: str, secret: str) -> Phone:
    """A phone that has not registered."""
    phone = Phone(extension, secret)
    site.peers.append(await phone.open())
    return phone


async def test_a_phone_registers_and_leaves(site: ContractSite) -> None:
    await site.do(SetAccount, "1001", "geheim")
    phone = await phone_of(site, "1001", "geheim")
    assert await phone.register(site.phones) == 200
    fact = await site.fact(PhoneRegistered, extension="1001")
    assert fact.address == f"{phone.here[0]}:{phone.here[1]}"
    assert not fact.secure
    snapshot = await site.snapshot()
    assert [(known.extension, known.address) for known in snapshot.phones] == [("1001", fact.address)]
    assert snapshot.accounts == ("1001",)
    assert await phone.register(site.phones, expires=0) == 200
    await site.fact(PhoneLost, extension="1001")
    call, _ = await arrived(site)
    assert await site.refused(Ring, call, "a1", "1001", {}) == "not_registered"


async def test_a_wrong_secret_and_an_unknown_extension_are_refused(site: ContractSite) -> None:
    await site.do(SetAccount, "1001", "geheim")
    assert await (await phone_of(site, "1001", "falsch")).register(site.phones) in REFUSED
    assert await (await phone_of(site, "1002", "geheim")).register(site.phones) in REFUSED
    assert not site.seen(PhoneRegistered)
    assert not (await site.snapshot()).phones


async def test_a_removed_account_is_lost_at_once(site: ContractSite) -> None:
    phone = await site.phone("1001")
    await site.do(SetAccount, "1001", "")
    await site.fact(PhoneLost, extension="1001")
    assert await phone.register(site.phones) in REFUSED
    assert (await site.snapshot()).accounts == ()


async def test_a_new_secret_ends_what_the_old_one_opened(site: ContractSite) -> None:
    """Every sign-in has a secret of its own: the handset of the last one is not rung any more."""
    old = await site.phone("1001")
    await site.do(SetAccount, "1001", "another")
    await site.fact(PhoneLost, extension="1001")
    assert await old.register(site.phones) in REFUSED
    new = await phone_of(site, "1001", "another")
    assert await new.register(site.phones) == 200
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    await new.rung()
    assert not old.past


async def test_the_same_secret_again_changes_nothing(site: ContractSite) -> None:
    await site.phone("1001")
    await site.fact(PhoneRegistered, extension="1001")
    await site.do(SetAccount, "1001", "secret-1001")
    assert [known.extension for known in (await site.snapshot()).phones] == ["1001"]
    assert not site.seen(PhoneLost)


async def test_a_phone_never_dials_by_itself(site: ContractSite) -> None:
    stranger = await phone_of(site, "1003", "geheim")
    assert (await stranger.call(site.phones, "1002").reaches("ended")).code in REFUSED
    phone = await site.phone("1001")
    assert (await phone.call(site.phones, "13900001111").reaches("ended")).code in REFUSED


async def test_an_account_that_cannot_be_is_refused(site: ContractSite) -> None:
    for extension in ("", "a b", "a@b", "x" * 100):
        assert await site.refused(SetAccount, extension, "s") == "bad_order"


async def test_readiness_is_taken_note_of_and_calls_go_on(site: ContractSite) -> None:
    await site.phone("1001")
    call, customer = await arrived(site)
    await site.do(SetReady, "1001", True)
    await site.do(Answer, call)
    await customer.reaches("answered")
    await site.do(SetReady, "1001", False)
