# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls we place over a trunk: digest, early media, busy, not found, no answer, cancel, caller id, Record-Route."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import numpy as np
import pytest

from telephony.exchange.engine import (
    Dial,
    Done,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    MediaStarted,
    Play,
    Ring,
)
from tests.telephony.exchange.conftest import EmbeddedSite, Shared
from tests.telephony.exchange.conversations import heard
from tests.telephony.exchange.peers import HOST, Talk, Trunk, loudness, until


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


async def agent_of(site: EmbeddedSite, call: str) -> Talk:
    """The agent's phone, rung first and answered, for a call that is about to be placed."""
    phone = await site.phone("1001")
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    return agent


async def dial(site: EmbeddedSite, call: str, number: str, leg: str = "c1", **named: float) -> Done:
    """Dial over the only trunk."""
    answer = await site.order(Dial, call, leg, number, "", **named)
    assert isinstance(answer, Done), answer
    return answer


@pytest.mark.parametrize("played", [False, True])
async def test_the_agent_hears_ringing_then_the_early_sound_of_the_trunk(
    site: EmbeddedSite, call: str, trunk: Trunk, played: bool
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


async def test_requests_in_the_dialog_follow_the_record_route(site: EmbeddedSite, call: str, trunk: Trunk) -> None:
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


async def test_a_wrong_trunk_password_ends_the_leg(site: EmbeddedSite, call: str, trunk: Trunk) -> None:
    trunk.secret = "another"
    await dial(site, call, "1")
    ended = await site.fact(LegEnded, leg="c1")
    assert (ended.code, ended.why) == (407, "reject")
    assert trunk.challenged == 2


async def test_a_trunk_that_answers_twice_or_after_the_cancel_is_hung_up(
    site: EmbeddedSite, call: str, trunk: Trunk
) -> None:
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
