# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks set at run time, on both engines: registration, its refusal and loss, OPTIONS, and what a trunk may carry."""

from __future__ import annotations

from telephony.exchange.engine import (
    CallArrived,
    Dial,
    LegAnswered,
    LegEnded,
    RemoveTrunk,
    SetTrunk,
    TrunkChanged,
    TrunkNow,
)
from telephony.exchange.engine import Trunk as Setting
from tests.telephony.exchange.contract.conftest import PROVIDER, ContractSite
from tests.telephony.exchange.conversations import OUR_NUMBER, bridged
from tests.telephony.exchange.peers import Caller, Trunk, until

NUMBER = "13900001111"


async def now(site: ContractSite, trunk: str = "acme") -> TrunkNow:
    """How a trunk fares by the snapshot."""
    (found,) = [each for each in (await site.snapshot()).trunks if each.trunk == trunk]
    return found


async def test_a_trunk_registers_with_digest_and_again_before_it_expires(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme", secret="geheim", expires=2), register=True)
    await site.fact(TrunkChanged, trunk="acme", state="registered")
    assert (await now(site)).state == "registered"
    await until(lambda: provider.registered >= 2, 6)
    assert len(site.seen(TrunkChanged, trunk="acme")) == 1
    assert "acme@" in (provider.registers[-1].get_header("to") or "")
    await site.do(RemoveTrunk, "acme")
    await until(lambda: provider.registered == 0)  # it signs off
    assert await site.refused(RemoveTrunk, "acme") == "no_trunk"
    assert await site.refused(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme") == "no_trunk"
    assert "acme" not in [trunk.trunk for trunk in (await site.snapshot()).trunks]


async def test_a_trunk_that_is_removed_signs_off_at_a_provider_that_thinks(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme", secret="geheim"), register=True)
    await site.fact(TrunkChanged, trunk="acme", state="registered")
    provider.takes_s = 0.4
    await site.do(RemoveTrunk, "acme")
    await until(lambda: provider.registered == 0)


async def test_a_wrong_secret_is_refused_and_the_right_one_registers(site: ContractSite) -> None:
    provider = Trunk(user="acme", secret="geheim")
    await site.provider(provider, register=True, secret="falsch")
    refused = await site.fact(TrunkChanged, trunk="acme", state="refused")
    assert refused.code in (401, 403)
    assert (await now(site)).state == "refused"
    setting = Setting("acme", PROVIDER, provider.here[1], register=True, username="acme", secret="geheim")
    await site.do(SetTrunk, setting)
    await site.fact(TrunkChanged, trunk="acme", state="registered")
    registers = len(provider.registers)
    await site.do(SetTrunk, setting)  # the same again, after a restart of the switchboard: nothing changes
    assert (await now(site)).state == "registered"
    assert len(provider.registers) == registers


async def test_a_trunk_that_says_nothing_is_unreachable_until_it_does(site: ContractSite) -> None:
    provider = Trunk(user="acme", secret="geheim", deaf=True)
    await site.provider(provider, register=True)
    await site.fact(TrunkChanged, trunk="acme", state="unreachable", seconds=8)
    assert (await now(site)).state == "unreachable"
    provider.deaf = False
    await site.fact(TrunkChanged, trunk="acme", state="registered", seconds=12)


async def test_without_registration_it_is_open_when_it_answers(site: ContractSite) -> None:
    await site.provider(Trunk(user="acme"))
    await site.fact(TrunkChanged, trunk="acme", state="open")
    assert (await now(site)).state == "open"


async def test_a_trunk_carries_no_more_calls_than_it_may(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), max_calls=1)
    await site.do(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    assert await site.refused(Dial, f"more-{site.epoch}", "c2", NUMBER, "", "acme") == "trunk_full"
    assert (await provider.call(site.trunk, OUR_NUMBER).reaches("ended")).code == 503
    assert not site.seen(CallArrived)
    provider.talks[0].hang_up()
    await site.fact(LegEnded, leg="c1")
    provider.call(site.trunk, OUR_NUMBER)
    await site.fact(CallArrived, trunk="acme")


async def test_a_trunk_brings_its_own_numbers_only(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), numbers=("+864001", "402"))
    assert (await provider.call(site.trunk, OUR_NUMBER).reaches("ended")).code == 404
    provider.call(site.trunk, "402")
    await site.fact(CallArrived, trunk="acme", to_number="402")
    provider.call(site.trunk, "864001")
    await site.fact(CallArrived, trunk="acme", to_number="864001")


async def test_calls_of_a_trunk_come_from_its_sources(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), sources=("127.0.0.7",))
    gateway = Caller("13900139000")
    gateway.host = "127.0.0.7"
    site.peers.append(await gateway.open())
    gateway.call(site.trunk, OUR_NUMBER)
    await site.fact(CallArrived, trunk="acme", from_number="13900139000")
    assert (await provider.call(site.trunk, OUR_NUMBER).reaches("ended")).code in (401, 403)


async def test_codecs_are_offered_by_preference(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), codecs=("PCMU", "PCMA"))
    await site.do(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    assert provider.invites[0].text.split("RTP/AVP ")[1].split()[:2] == ["0", "8"]
    provider.laws = (8, 0)
    customer = provider.call(site.trunk, OUR_NUMBER)
    await site.fact(CallArrived, trunk="acme")
    assert customer.invite is not None


async def test_only_one_codec_is_offered_when_only_one_is_set(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), codecs=("PCMU",))
    await site.do(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    assert "8" not in provider.invites[0].text.split("RTP/AVP ")[1].splitlines()[0].split()


async def test_behind_nat_voice_is_called_to_the_outer_address(site: ContractSite) -> None:
    provider = await site.provider(Trunk(user="acme"), external_address="127.0.0.88")
    await site.do(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme")
    await until(lambda: bool(provider.invites))
    assert "c=IN IP4 127.0.0.88" in provider.invites[0].text


async def test_a_change_and_a_removal_leave_the_calls_alone(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    provider = await site.provider(Trunk(user="acme"))
    await site.do(Dial, f"out-{site.epoch}", "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    changed = Setting("acme", PROVIDER, provider.here[1], username="acme", caller_id="4006002")
    await site.do(SetTrunk, changed)
    await site.do(RemoveTrunk, "acme")
    assert {each.call for each in (await site.snapshot()).calls} == {call, f"out-{site.epoch}"}
    provider.talks[0].hang_up()
    await site.fact(LegEnded, leg="c1", by="far", why="bye")
    assert (customer.state, agent.state) == ("answered", "answered")


async def test_a_trunk_that_cannot_be_is_refused(site: ContractSite) -> None:
    for setting in (
        Setting("", PROVIDER),
        Setting("x", ""),
        Setting("x", PROVIDER, port=70000),
        Setting("x", PROVIDER, codecs=("SPEEX",)),
        Setting("x", PROVIDER, username="a b"),
        Setting("x", PROVIDER, sources=("far away",)),
        Setting("x", PROVIDER, transport="pigeon"),
        Setting("x", PROVIDER, register=True),
    ):
        assert await site.refused(SetTrunk, setting)
    assert "x" not in [trunk.trunk for trunk in (await site.snapshot()).trunks]
