# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls we place over a trunk: digest, early media, busy, not found, no answer, cancel, caller id, Record-Route."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import numpy as np
import pytest

from telephony.exchange.engine import (
    CallEnded,
    Connect,
    Dial,
    Done,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    MediaStarted,
    Play,
    Refused,
    Ring,
)
from tests.telephony.exchange.conftest import Shared, Site
from tests.telephony.exchange.peers import HOST, Talk, Trunk, loudness, until
from tests.telephony.exchange.test_graph import heard


@pytest.fixture
async def trunk(shared_exchange: Shared) -> AsyncIterator[Trunk]:
    """The provider of the exchange under test, with digest by MD5."""
    trunk = Trunk(user="acme", secret="geheim")
    await trunk.open(shared_exchange.provider_port)
    yield trunk
    await trunk.close()


@pytest.fixture
def call() -> str:
    """The id of a call of ours, never used before."""
    return f"out-{secrets.token_hex(4)}"


async def agent_of(site: Site, call: str) -> Talk:
    """The agent's phone, rung first and answered, for a call that is about to be placed."""
    phone = await site.phone("1001")
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    return agent


async def dial(site: Site, call: str, number: str, leg: str = "c1", **named: float) -> Done:
    """Dial over the only trunk."""
    answer = await site.order(Dial, call, leg, number, "", **named)
    assert isinstance(answer, Done), answer
    return answer


@pytest.mark.parametrize(("algorithm", "proxy"), [("MD5", True), ("SHA-256", True), ("MD5", False)])
async def test_a_number_is_dialled_with_digest_and_both_hear_each_other(
    site: Site, call: str, trunk: Trunk, algorithm: str, proxy: bool
) -> None:
    trunk.algorithm, trunk.proxy = algorithm, proxy
    agent = await agent_of(site, call)
    answer = await site.order(Dial, call, "c1", "13900001111", "4008001234")
    assert isinstance(answer, Done)
    await site.fact(LegRinging, leg="c1")
    await site.fact(LegAnswered, leg="c1")
    await site.do(Connect, call, (("a1", "c1"),))
    await site.fact(MediaStarted, leg="c1")
    customer = trunk.talks[0]
    to_customer, to_agent = await heard(customer, agent)
    assert loudness(to_customer, 1500) > 4000
    assert loudness(to_agent, 1000) > 4000
    assert trunk.challenged == 1
    assert "sip:4008001234@" in customer.header("from")
    assert customer.invite is not None
    assert customer.invite.uri.startswith("sip:13900001111@")
    customer.hang_up()
    await site.fact(LegEnded, leg="c1", by="far", why="bye")
    await site.do(EndCall, call)
    await agent.reaches("ended")
    await site.fact(CallEnded, call=call)


@pytest.mark.parametrize("played", [False, True])
async def test_the_agent_hears_ringing_then_the_early_sound_of_the_trunk(
    site: Site, call: str, trunk: Trunk, played: bool
) -> None:
    trunk.plan = {"1": "ring"}
    agent = await agent_of(site, call)
    if played:
        await site.do(Play, call, "a1", (), then="ringing")
    await dial(site, call, "1")
    await site.fact(LegRinging, leg="c1")
    (samples,) = await heard(agent, seconds=0.6)
    assert loudness(samples, 450) > 2000
    customer = trunk.talks[0]
    customer.early()
    samples = await _once_loud(agent, 1000)
    assert loudness(samples, 450) < 500
    assert not [fact for fact in site.seen(MediaStarted) if fact.leg == "c1"]
    customer.answer()
    await site.fact(LegAnswered, leg="c1")


async def _once_loud(talk: Talk, hz: float) -> np.ndarray:
    for _ in range(20):
        (samples,) = await heard(talk, seconds=0.2)
        if loudness(samples, hz) > 4000:
            return samples
    raise AssertionError(f"{hz} Hz is not heard")


@pytest.mark.parametrize(
    ("code", "why"), [(486, "busy"), (404, "not_found"), (480, "no_answer"), (603, "reject"), (503, "unreachable")]
)
async def test_what_a_trunk_refuses_has_a_name(site: Site, call: str, trunk: Trunk, code: int, why: str) -> None:
    trunk.plan = {"1": code}
    await dial(site, call, "1")
    ended = await site.fact(LegEnded, leg="c1")
    assert (ended.by, ended.code, ended.why) == ("far", code, why)
    await site.fact(CallEnded, call=call)


async def test_no_answer_and_drop_cancel_the_trunk(site: Site, call: str, trunk: Trunk) -> None:
    trunk.plan = {"1": "ring"}
    await agent_of(site, call)
    await dial(site, call, "1", timeout_s=1.0)
    await site.fact(LegRinging, leg="c1")
    await site.fact(LegEnded, leg="c1", by="us", why="no_answer")
    await until(lambda: not trunk.talks)
    await dial(site, call, "1", "c2")
    await site.fact(LegRinging, leg="c2")
    await site.do(Drop, call, "c2")
    await site.fact(LegEnded, leg="c2", by="us", why="dropped")
    await until(lambda: not trunk.talks)
    assert not site.seen(CallEnded)


async def test_requests_in_the_dialog_follow_the_record_route(site: Site, call: str, trunk: Trunk) -> None:
    proxy = Trunk(user="proxy")
    await proxy.open()
    try:
        trunk.record_route = f"<sip:{HOST}:{proxy.here[1]};lr>"
        seen: list[str] = []
        proxy.transactions.socket._receive = lambda message, source, at: seen.append(
            f"{getattr(message, 'method', '')} {getattr(message, 'uri', '')} {message.get_header('route')}"
        )
        await dial(site, call, "1")
        await site.fact(LegAnswered, leg="c1")
        await site.do(EndCall, call)
        await until(lambda: any(line.startswith("BYE") for line in seen))
        target = f"sip:acme@{HOST}:{trunk.here[1]}"
        route = trunk.record_route
        assert seen[0] == f"ACK {target} {route}"
        assert f"BYE {target} {route}" in seen
    finally:
        await proxy.close()


async def test_a_wrong_trunk_password_ends_the_leg(site: Site, call: str, trunk: Trunk) -> None:
    trunk.secret = "another"
    await dial(site, call, "1")
    ended = await site.fact(LegEnded, leg="c1")
    assert (ended.code, ended.why) == (407, "reject")
    assert trunk.challenged == 2


async def test_a_dead_trunk_is_unreachable_and_bad_numbers_are_refused(site: Site, call: str, trunk: Trunk) -> None:
    for number in ("", "12 34", "1@evil", "abc"):
        assert await site.order(Dial, call, "c1", number, "") == Refused(site.client._orders, "bad_order")
    assert await site.order(Dial, call, "c1", "1", "", "other") == Refused(site.client._orders, "no_trunk")
    trunk.transactions.socket._receive = lambda message, source, at: None
    await dial(site, call, "1")
    ended = await site.fact(LegEnded, leg="c1", seconds=8)
    assert (ended.by, ended.why) == ("system", "unreachable")


async def test_a_trunk_that_answers_twice_or_after_the_cancel_is_hung_up(site: Site, call: str, trunk: Trunk) -> None:
    """CANCEL and 200 cross: the trunk gets ACK and BYE."""
    trunk.plan = {"1": "ring"}
    await dial(site, call, "1")
    await site.fact(LegRinging, leg="c1")
    customer = trunk.talks[0]
    assert customer.server is not None
    customer.server.on_cancel = None
    real, held = trunk.transactions._cancel, []
    trunk.transactions._cancel = lambda cancel, invite: held.append((cancel, invite))  # type: ignore[method-assign]
    await site.do(Drop, call, "c1")
    await until(lambda: bool(held))
    customer.answer()
    real(*held[0])
    await until(lambda: customer.acked and any(r.method == "BYE" for r in customer.requests))
    await asyncio.sleep(0)
    assert len(site.seen(LegEnded)) == 1


async def test_two_laws_are_translated(site: Site, call: str, trunk: Trunk) -> None:
    """The agent talks A-law, the trunk only µ-law."""
    trunk.laws = (0,)
    agent = await agent_of(site, call)
    assert agent.voice.law == 8
    await dial(site, call, "1")
    await site.fact(LegAnswered, leg="c1")
    await site.do(Connect, call, (("a1", "c1"),))
    await site.fact(MediaStarted, leg="c1")
    customer = trunk.talks[0]
    assert customer.voice.law == 0
    to_customer, to_agent = await heard(customer, agent)
    assert loudness(to_customer, 1500) > 4000 > 200 > loudness(to_customer, 1000)
    assert loudness(to_agent, 1000) > 4000


async def test_a_leg_id_never_rings_twice(site: Site, call: str, trunk: Trunk) -> None:
    trunk.plan = {"1": 486}
    await agent_of(site, call)
    await dial(site, call, "1")
    await site.fact(LegEnded, leg="c1")
    again = await site.order(Dial, call, "c1", "1", "")
    assert isinstance(again, Refused)
    assert again.why == "exists"
    assert len(trunk.past) == 1
    await site.do(EndCall, call)
    over = await site.order(Ring, call, "a2", "1001", {})
    assert isinstance(over, Refused)
    assert over.why == "no_such_call"
