# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone side: digest by MD5 and SHA-256, wrong and replayed credentials, lock-out, expiry, and who may not call."""

from __future__ import annotations

import pytest

from telephony.exchange.embedded.digest import (
    LOCKOUT_FAILURES,
    LOCKOUT_SECONDS,
    NONCE_LIFE,
    REALM,
    Guard,
    Verdict,
    response_of,
)
from telephony.exchange.embedded.sip import SipRequest
from telephony.exchange.engine import PhoneLost, PhoneRegistered, SetAccount
from tests.telephony.exchange.conftest import EmbeddedSite
from tests.telephony.exchange.peers import Phone


async def phone_of(site: EmbeddedSite, extension: str, secret: str) -> Phone:
    """A phone that has an account but has not registered."""
    phone = Phone(extension, secret)
    site.peers.append(await phone.open())
    return phone


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_a_phone_registers_by_both_algorithms_and_leaves(site: EmbeddedSite, algorithm: str) -> None:
    await site.do(SetAccount, "1001", "geheim")
    phone = await phone_of(site, "1001", "geheim")
    assert await phone.register(site.phones, algorithm=algorithm) == 200
    fact = await site.fact(PhoneRegistered, extension="1001")
    assert fact.address == f"{phone.here[0]}:{phone.here[1]}"
    snapshot = await site.client.attach(site.epoch)
    assert [p.extension for p in snapshot.phones] == ["1001"]
    assert snapshot.accounts == ("1001",)
    assert await phone.register(site.phones, expires=0, algorithm=algorithm) == 200
    await site.fact(PhoneLost, extension="1001")


async def test_wrong_password_unknown_extension_and_removed_account_are_403(site: EmbeddedSite) -> None:
    await site.do(SetAccount, "1001", "geheim")
    assert await (await phone_of(site, "1001", "falsch")).register(site.phones) == 403
    assert await (await phone_of(site, "1002", "geheim")).register(site.phones) == 403
    right = await phone_of(site, "1001", "geheim")
    assert await right.register(site.phones) == 200
    await site.do(SetAccount, "1001", "")
    await site.fact(PhoneLost, extension="1001")
    assert await right.register(site.phones) == 403


async def test_a_sniffed_answer_is_worth_nothing_the_second_time(site: EmbeddedSite) -> None:
    await site.do(SetAccount, "1001", "geheim")
    phone = await phone_of(site, "1001", "geheim")
    asked = await phone.ask("REGISTER", site.phones, {"Contact": phone.contact})
    uri = f"sip:{site.phones[0]}:{site.phones[1]}"
    headers = {"Contact": phone.contact} | dict([phone.credentials(asked, "REGISTER", uri)])
    assert (await phone.ask("REGISTER", site.phones, headers)).status_code == 200
    thief = await phone_of(site, "1001", "?")
    again = await thief.ask("REGISTER", site.phones, headers | {"Contact": thief.contact})
    assert again.status_code == 401
    assert "stale=true" in again.headers.get("www-authenticate")[0]


async def test_a_binding_expires(site: EmbeddedSite) -> None:
    await site.do(SetAccount, "1001", "geheim")
    phone = await phone_of(site, "1001", "geheim")
    assert await phone.register(site.phones, expires=1) == 200
    await site.fact(PhoneRegistered)
    await site.fact(PhoneLost, seconds=4, extension="1001")


async def test_an_unregistered_phone_may_not_call_and_a_registered_one_has_to_prove_itself(site: EmbeddedSite) -> None:
    stranger = await phone_of(site, "1001", "geheim")
    refused = await stranger.call(site.phones, "1002").reaches("ended")
    assert refused.code == 403
    phone = await site.phone("1001")
    challenged = await phone.call(site.phones, "1002").reaches("ended")
    assert challenged.code == 401
    assert (await phone.ask("SUBSCRIBE", site.phones)).status_code == 405


def request(guard: Guard, secret: str = "s", nonce: str = "", nc: str = "00000001") -> SipRequest:
    """A REGISTER of 1001 with credentials for a nonce of the guard."""
    nonce = nonce or guard.challenges()[0][1].split('nonce="')[1].split('"')[0]
    params = {"nonce": nonce, "uri": "sip:x", "qop": "auth", "nc": nc, "cnonce": "c"}
    digest = response_of("SHA-256", "1001", REALM, secret, "REGISTER", params)
    message = SipRequest(method="REGISTER", uri="sip:x")
    message.headers.set_single(
        "Authorization",
        f'Digest username="1001", realm="{REALM}", nonce="{nonce}", uri="sip:x", response="{digest}", '
        "algorithm=SHA-256, "
        f'qop=auth, nc={nc}, cnonce="c", opaque="a,b"',
    )
    return message


def test_the_guard_counts_ages_and_locks() -> None:
    clock = [1000.0]
    guard = Guard({"1001": "s"}.get, lambda: clock[0])
    nonce = guard.challenges()[0][1].split('nonce="')[1].split('"')[0]
    assert guard.check(request(guard, nonce=nonce), "1001", "h") is Verdict.GOOD
    assert guard.check(request(guard, nonce=nonce), "1001", "h") is Verdict.STALE
    assert guard.check(request(guard, nonce=nonce, nc="00000002"), "1001", "h") is Verdict.GOOD
    assert guard.check(request(guard, nonce="1.2" + "0" * 32), "1001", "h") is Verdict.NONE
    clock[0] += NONCE_LIFE + 1
    assert guard.check(request(guard, nonce=nonce, nc="00000003"), "1001", "h") is Verdict.STALE
    for _ in range(LOCKOUT_FAILURES):
        assert guard.check(request(guard, secret="?"), "1001", "h") is Verdict.WRONG
    assert guard.check(request(guard), "1001", "h") is Verdict.LOCKED
    assert guard.check(request(guard), "1001", "other host") is Verdict.GOOD
    clock[0] += LOCKOUT_SECONDS + 1
    assert guard.check(request(guard), "1001", "h") is Verdict.GOOD
