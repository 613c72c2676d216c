# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that go out over a trunk, on both engines: digest, progress, refusals, no answer, sent-on callers."""

from __future__ import annotations

import secrets

import pytest

from telephony.exchange.engine import (
    Answer,
    CallEnded,
    Connect,
    Dial,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    MediaStarted,
    Ring,
)
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import AGENT, CUSTOMER, ENGINEER, arrived, heard, hears, tones
from tests.telephony.exchange.peers import Talk, Trunk, loudness, until

NUMBER = "13900001111"


@pytest.fixture
async def provider(site: ContractSite) -> Trunk:
    """A provider that asks for digest."""
    return await site.provider(Trunk(user="acme", secret="geheim"), caller_id="4006001")


@pytest.fixture
def call() -> str:
    """The id of a call of ours, never used before."""
    return f"out-{secrets.token_hex(4)}"


async def agent_of(site: ContractSite, call: str) -> Talk:
    """The agent's phone, rung first and answered, for a call that is about to be placed."""
    phone = await site.phone("1001", AGENT)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    return agent


@pytest.mark.parametrize("proxy", [True, False])
async def test_a_number_is_dialled_with_digest_and_both_hear_each_other(
    site: ContractSite, call: str, provider: Trunk, proxy: bool
) -> None:
    provider.proxy = proxy
    agent = await agent_of(site, call)
    await site.do(Dial, call, "c1", NUMBER, "4008001234", "acme")
    await site.fact(LegRinging, call=call, leg="c1")
    await site.fact(LegAnswered, call=call, leg="c1")
    await site.do(Connect, call, (("a1", "c1"),))
    await site.fact(MediaStarted, leg="c1")
    customer = provider.talks[0]
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    assert provider.challenged == 1
    assert "sip:4008001234@" in customer.header("from")
    assert customer.invite is not None
    assert customer.invite.uri.startswith(f"sip:{NUMBER}@")
    (standing,) = (await site.snapshot()).calls
    assert (standing.direction, standing.trunk, standing.to_number) == ("out", "acme", NUMBER)
    (leg,) = [leg for leg in standing.legs if leg.leg == "c1"]
    assert (leg.side, leg.stage, leg.number) == ("customer", "answered", NUMBER)
    customer.hang_up()
    await site.fact(LegEnded, leg="c1", by="far", why="bye")
    await site.do(EndCall, call)
    await agent.reaches("ended")
    await site.fact(CallEnded, call=call)


async def test_a_leg_may_be_named_with_the_beginning_of_another(
    site: ContractSite, call: str, provider: Trunk
) -> None:
    """As the switchboard names them: the customer's like the call, the agent's with a number behind it."""
    phone = await site.phone("1001", AGENT)
    await site.do(Ring, call, f"{call}.1.1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg=f"{call}.1.1")
    await site.do(Dial, call, call, NUMBER, "4008001234", "acme")
    await site.fact(LegAnswered, call=call, leg=call)
    await site.do(Connect, call, ((f"{call}.1.1", call),))
    assert await hears(provider.talks[0], agent) == [{AGENT}, {CUSTOMER}]
    await site.vanish()
    later = await site.house.lead()
    (standing,) = later.found.calls
    assert {leg.leg: leg.side for leg in standing.legs} == {call: "customer", f"{call}.1.1": "staff"}
    await later.do(EndCall, call)
    await agent.reaches("ended")


async def test_the_trunk_says_who_calls_when_nobody_else_does(site: ContractSite, call: str, provider: Trunk) -> None:
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    assert "sip:4006001@" in provider.talks[0].header("from")


async def test_the_agent_hears_ringing_and_then_the_customer(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.plan = {NUMBER: "ring"}
    agent = await agent_of(site, call)
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await site.fact(LegRinging, leg="c1")
    for _ in range(30):
        (samples,) = await heard(agent, seconds=0.15)
        if loudness(samples, 450) > 2000:
            break
    else:
        raise AssertionError("the agent hears no ringing tone")
    provider.talks[0].answer()
    await site.fact(LegAnswered, leg="c1")
    await site.do(Connect, call, (("a1", "c1"),))
    assert await hears(agent) == [{CUSTOMER}]


async def test_early_sound_of_the_trunk_is_heard(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.plan = {NUMBER: "early"}
    agent = await agent_of(site, call)
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await until(lambda: bool(provider.talks))
    for _ in range(20):
        (samples,) = await heard(agent, seconds=0.15)
        if tones(samples) == {CUSTOMER}:
            break
    else:
        raise AssertionError("the agent does not hear the trunk's early sound")
    assert not site.seen(LegAnswered, leg="c1")


@pytest.mark.parametrize(
    ("code", "why"), [(486, "busy"), (404, "not_found"), (480, "no_answer"), (603, "reject"), (503, "unreachable")]
)
async def test_what_a_trunk_refuses_has_a_name(
    site: ContractSite, call: str, provider: Trunk, code: int, why: str
) -> None:
    provider.plan = {NUMBER: code}
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await site.fact(LegEnded, call=call, leg="c1", by="far", code=code, why=why)
    await site.fact(CallEnded, call=call)


async def test_no_answer_and_drop_cancel_the_trunk(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.plan = {NUMBER: "ring"}
    await agent_of(site, call)
    await site.do(Dial, call, "c1", NUMBER, "", "acme", timeout_s=1.0)
    await site.fact(LegRinging, leg="c1")
    await site.fact(LegEnded, leg="c1", by="us", why="no_answer")
    await until(lambda: not provider.talks)
    await site.do(Dial, call, "c2", NUMBER, "", "acme")
    await site.fact(LegRinging, leg="c2")
    await site.do(Drop, call, "c2")
    await site.fact(LegEnded, leg="c2", by="us", why="dropped")
    await until(lambda: not provider.talks)
    assert not site.seen(CallEnded)


async def test_a_wrong_trunk_password_ends_the_leg(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.secret = "another"
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    ended = await site.fact(LegEnded, leg="c1", by="far")
    assert ended.why == "reject"
    assert not provider.past


async def test_a_dead_trunk_is_unreachable(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.deaf = True
    await site.do(Dial, call, "c1", NUMBER, "", "acme", timeout_s=20.0)
    await site.fact(LegEnded, leg="c1", by="system", why="unreachable", seconds=8)
    await site.fact(CallEnded, call=call)


async def test_what_cannot_be_dialled_is_refused(site: ContractSite, call: str, provider: Trunk) -> None:
    for number in ("", "12 34", "1@evil", "abc"):
        assert await site.refused(Dial, call, "c1", number, "") == "bad_order"
    assert await site.refused(Dial, call, "c1", NUMBER, "x y") == "bad_order"
    assert await site.refused(Dial, call, "c1", NUMBER, "", "other") == "no_trunk"
    assert not provider.invites
    assert not (await site.snapshot()).calls


async def test_a_leg_id_never_rings_twice(site: ContractSite, call: str, provider: Trunk) -> None:
    provider.plan = {NUMBER: 486}
    await agent_of(site, call)
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await site.fact(LegEnded, leg="c1")
    assert await site.refused(Dial, call, "c1", NUMBER, "", "acme") == "exists"
    assert len(provider.past) == 1
    await site.do(EndCall, call)
    await site.fact(CallEnded, call=call)
    assert await site.refused(Ring, call, "a2", "1001", {}) == "no_such_call"
    assert await site.refused(Dial, call, "c2", NUMBER, "", "acme") == "no_such_call"


async def test_a_caller_is_sent_on_to_an_outside_number(site: ContractSite, provider: Trunk) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    provider.hz = ENGINEER
    await site.do(Dial, call, "o1", NUMBER, "", "acme")
    await site.fact(LegAnswered, call=call, leg="o1")
    await site.do(Connect, call, ((call, "o1"),))
    assert await hears(customer, provider.talks[0]) == [{ENGINEER}, {CUSTOMER}]
    (standing,) = (await site.snapshot()).calls
    assert (standing.direction, standing.from_number, standing.to_number) == ("in", "13800138000", "400")


async def test_two_laws_are_translated(site: ContractSite, call: str, provider: Trunk) -> None:
    """The agent talks A-law, the trunk only µ-law."""
    provider.laws = (0,)
    agent = await agent_of(site, call)
    assert agent.voice.law == 8
    await site.do(Dial, call, "c1", NUMBER, "", "acme")
    await site.fact(LegAnswered, leg="c1")
    await site.do(Connect, call, (("a1", "c1"),))
    customer = provider.talks[0]
    assert customer.voice.law == 0
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
