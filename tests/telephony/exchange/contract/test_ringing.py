# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones are rung for a call, answer, refuse, do not answer, and cross with what we order, on both engines."""

from __future__ import annotations

import asyncio

import pytest

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    Ring,
    Ringback,
)
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import OUR_NUMBER, arrived, bridged
from tests.telephony.exchange.peers import until


async def test_a_phone_is_told_which_call_it_is(site: ContractSite) -> None:
    phone = await site.phone("1001")
    caller = await site.caller("13800138000")
    host = caller.here[0]
    caller.call(site.trunk, OUR_NUMBER, sender=f'"张三" <sip:13800138000@{host}>;tag=x1')
    call = (await site.fact(CallArrived)).call
    await site.do(Ring, call, "a1", "1001", {"X-Queue": "售后", "X-Caller": "13800138000"})
    agent = await phone.rung()
    await site.fact(LegRinging, call=call, leg="a1")
    assert agent.header("X-Call-Id") == call
    assert agent.header("X-Queue") == "售后"
    assert agent.header("X-Caller") == "13800138000"
    assert "13800138000" in agent.header("from")
    assert "张三" in agent.header("from")
    (leg,) = [leg for leg in (await site.snapshot()).calls[0].legs if leg.leg == "a1"]
    assert (leg.side, leg.stage, leg.extension) == ("staff", "ringing", "1001")


@pytest.mark.parametrize(("code", "why"), [(486, "busy"), (603, "reject")])
async def test_a_phone_that_refuses(site: ContractSite, code: int, why: str) -> None:
    phone = await site.phone("1001")
    call, customer = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    (await phone.rung()).reject(code)
    await site.fact(LegEnded, leg="a1", by="far", code=code, why=why)
    assert not site.seen(CallEnded)
    assert customer.state != "ended"
    assert await site.refused(Ring, call, "a1", "1001", {}) == "exists"  # an order repeated after a crash


async def test_a_phone_that_does_not_answer_in_time_is_cancelled(site: ContractSite) -> None:
    phone = await site.phone("1001")
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {}, timeout_s=1.0)
    agent = await phone.rung()
    await site.fact(LegEnded, leg="a1", by="us", why="no_answer")
    await agent.reaches("ended")


async def test_a_ringing_phone_is_withdrawn(site: ContractSite) -> None:
    phone = await site.phone("1001")
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    await site.fact(LegRinging, leg="a1")
    await site.do(Drop, call, "a1")
    await agent.reaches("ended")
    await site.fact(LegEnded, leg="a1", by="us", why="dropped")
    assert not site.seen(LegAnswered)


async def test_two_phones_answer_and_the_second_is_dropped(site: ContractSite) -> None:
    one, two = await site.phone("1001"), await site.phone("1002")
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    await site.do(Ring, call, "a2", "1002", {})
    first, second = await one.rung(), await two.rung()
    first.answer()
    second.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.fact(LegAnswered, leg="a2")
    await site.do(Drop, call, "a2")
    await second.reaches("ended")
    await site.fact(LegEnded, leg="a2", by="us", why="dropped")
    assert first.state == "answered"


async def test_an_agent_who_hangs_up_leaves_the_customer(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    agent.hang_up()
    await site.fact(LegEnded, leg="a1", by="far", why="bye")
    await asyncio.sleep(0.1)
    assert customer.state == "answered"
    assert not site.seen(CallEnded)
    await site.do(EndCall, call)
    await customer.reaches("ended")


async def test_both_hang_up_at_once(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    customer.hang_up()
    agent.hang_up()
    await site.fact(CallEnded, call=call)
    assert sorted(fact.leg for fact in site.seen(LegEnded)) == sorted([call, "a1"])
    assert await site.refused(EndCall, call) == "no_such_call"
    assert await site.refused(Ring, call, "a9", "1001", {}) == "no_such_call"  # never begins anew


async def test_we_hang_up_while_the_customer_does(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    customer.hang_up()
    await site.order(EndCall, call)
    await site.fact(CallEnded, call=call)
    await agent.reaches("ended")
    assert len(site.seen(LegEnded, leg=call)) == len(site.seen(LegEnded, leg="a1")) == 1


async def test_the_phone_answers_while_it_is_cancelled(site: ContractSite) -> None:
    """200 crossing CANCEL: the phone gets ACK and BYE, the switchboard one LegEnded."""
    phone = await site.phone("1001")
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    await site.fact(LegRinging, leg="a1")
    held: list[tuple[object, ...]] = []
    real = phone.transactions._cancel
    phone.transactions._cancel = lambda *both: held.append(both)  # type: ignore[method-assign]
    await site.do(Drop, call, "a1")
    await until(lambda: bool(held))
    agent.answer()
    real(*held[0])  # type: ignore[arg-type]
    await until(lambda: agent.acked and any(request.method == "BYE" for request in agent.requests))
    await site.fact(LegEnded, leg="a1")
    assert len(site.seen(LegEnded, leg="a1")) == 1
    assert not site.seen(LegAnswered)


async def test_the_customer_gives_up_while_he_is_answered(site: ContractSite) -> None:
    """CANCEL crossing our answer: it ends as one or the other, once, and nobody is left hanging."""
    call, customer = await arrived(site)
    await site.do(Ringback, call)
    await customer.reaches("ringing")
    customer.cancel()
    await site.order(Answer, call)
    await until(lambda: customer.state in ("answered", "ended"))
    if customer.state == "answered":
        customer.hang_up()
    ended = await site.fact(LegEnded, leg=call, by="far")
    assert ended.why in ("cancel", "bye")
    await site.fact(CallEnded, call=call)
    assert len(site.seen(LegEnded)) == 1
