# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller comes: who he is, what he hears before he is answered, and how he is refused, on both engines."""

from __future__ import annotations

import asyncio

import pytest

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    MediaStarted,
    Play,
    Record,
    Refuse,
    Ring,
    Ringback,
    SetOpen,
)
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import OUR_NUMBER, arrived
from tests.telephony.exchange.peers import Caller, Trunk, until


async def test_a_caller_arrives_with_his_number_name_and_trunk(site: ContractSite) -> None:
    caller = await site.caller("13800138000")
    host, port = caller.here
    caller.call(site.trunk, OUR_NUMBER, sender=f'"张三" <sip:13800138000@{host}:{port}>;tag=x1')
    came = await site.fact(CallArrived)
    assert (came.from_number, came.from_name, came.to_number) == ("13800138000", "张三", OUR_NUMBER)
    assert came.trunk == "world"
    assert came.received_at <= came.at
    (standing,) = (await site.snapshot()).calls
    assert (standing.call, standing.direction, standing.trunk) == (came.call, "in", "world")
    assert not standing.answered


async def test_ringback_is_not_an_answer_and_an_answer_is(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Ringback, call)
    await customer.reaches("ringing")
    await site.do(Ringback, call)  # again and again
    assert not site.seen(LegAnswered)
    await site.do(Answer, call)
    await customer.reaches("answered")
    await site.fact(LegAnswered, leg=call)
    await site.fact(MediaStarted, leg=call)
    await site.do(Answer, call)  # an answer repeated after a crash does no harm
    assert (await site.snapshot()).calls[0].answered


async def test_a_caller_may_be_answered_without_ringing(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await customer.reaches("answered")


@pytest.mark.parametrize("code", [486, 603])
async def test_a_refused_caller_gets_the_code(site: ContractSite, code: int) -> None:
    call, customer = await arrived(site)
    await site.do(Refuse, call, code)
    await customer.reaches("ended")
    assert customer.code == code
    await site.fact(LegEnded, leg=call, by="us")
    await site.fact(CallEnded, call=call)


async def test_an_answered_caller_is_not_refused_but_dropped(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await site.fact(LegAnswered, leg=call)
    assert await site.refused(Refuse, call, 486) == "bad_order"
    await site.do(Drop, call, call)
    await customer.reaches("ended")
    assert customer.requests[-1].method == "BYE"
    await site.fact(LegEnded, leg=call, by="us", why="dropped")
    await site.fact(CallEnded, call=call)


async def test_a_caller_who_gives_up_is_gone(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Ringback, call)
    await customer.reaches("ringing")
    customer.cancel()
    await site.fact(LegEnded, leg=call, by="far", code=487, why="cancel")
    await site.fact(CallEnded, call=call)
    await customer.reaches("ended")
    assert customer.code == 487
    assert await site.refused(Answer, call) == "no_such_call"


async def test_a_caller_who_hangs_up_leaves_the_staff(site: ContractSite) -> None:
    phone = await site.phone("1001")
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    await customer.reaches("answered")
    await site.do(Connect, call, ((call, "a1"),))
    customer.hang_up()
    await site.fact(LegEnded, leg=call, by="far", why="bye")
    await asyncio.sleep(0.1)
    assert agent.state == "answered"
    assert not site.seen(CallEnded)
    await site.do(EndCall, call)
    await agent.reaches("ended")
    await site.fact(LegEnded, leg="a1", by="us")
    await site.fact(CallEnded, call=call)


async def test_a_closed_house_says_503_and_takes_no_new_call(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(SetOpen, False)
    late = await site.caller("13900139000")
    assert (await late.call(site.trunk, OUR_NUMBER).reaches("ended")).code == 503
    await site.do(Answer, call)  # who is in the house is served
    await customer.reaches("answered")
    await site.do(SetOpen, True)
    late.call(site.trunk, OUR_NUMBER)
    await site.fact(CallArrived, from_number="13900139000")
    assert len(site.seen(CallArrived)) == 2


async def test_a_number_that_is_not_ours_is_404(site: ContractSite) -> None:
    caller = await site.caller()
    assert (await caller.call(site.trunk, "13900001111").reaches("ended")).code == 404
    assert not site.seen(CallArrived)


async def test_who_is_no_trunk_does_not_come_in(site: ContractSite) -> None:
    stranger = Caller("110")
    stranger.host = "127.0.0.9"
    site.peers.append(await stranger.open())
    assert (await stranger.call(site.trunk, OUR_NUMBER).reaches("ended")).code in (401, 403)
    assert not site.seen(CallArrived)


async def test_no_common_codec_is_488(site: ContractSite) -> None:
    caller = await site.caller()
    body = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n"
    assert (await caller.call(site.trunk, OUR_NUMBER, body=body).reaches("ended")).code == 488
    assert not site.seen(CallArrived)


async def test_a_caller_may_leave_the_offer_to_us(site: ContractSite) -> None:
    caller = await site.caller()
    customer = caller.call(site.trunk, OUR_NUMBER, body="")
    call = (await site.fact(CallArrived)).call
    await site.do(Answer, call)
    await customer.reaches("answered")
    await site.fact(MediaStarted, leg=call)
    await until(lambda: customer.voice.packets > 5)


async def test_a_withheld_number_is_empty(site: ContractSite) -> None:
    caller = await site.caller()
    caller.call(site.trunk, OUR_NUMBER, sender='"Anonymous" <sip:anonymous@anonymous.invalid>;tag=2')
    came = await site.fact(CallArrived)
    assert (came.from_number, came.from_name) == ("", "")


@pytest.mark.parametrize(("trusted", "number"), [(True, "13700137000"), (False, "13800138000")])
async def test_an_asserted_identity_counts_from_a_trusted_trunk_only(
    site: ContractSite, trusted: bool, number: str
) -> None:
    provider = await site.provider(Trunk(), trusted=trusted)
    asserted = {"P-Asserted-Identity": '"Boss" <sip:13700137000@provider.invalid>'}
    provider.call(site.trunk, OUR_NUMBER, asserted, sender="<sip:13800138000@provider.invalid>;tag=1")
    await site.fact(CallArrived, from_number=number, trunk="acme")


async def test_orders_that_cannot_be_done_say_why(site: ContractSite) -> None:
    await site.phone("1001")
    call, _ = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    assert await site.refused(Ring, call, "a1", "1001", {}) == "exists"
    assert await site.refused(Ring, call, "a2", "1009", {}) == "not_registered"
    assert await site.refused(Ring, call, "a2", "1001", {"X-A": "b\r\nVia: c"}) == "bad_order"
    assert await site.refused(Ring, call, "a2", "1001", {"From": "b"}) == "bad_order"
    assert await site.refused(Drop, call, "zz") == "no_such_leg"
    assert await site.refused(Connect, call, ((call, "zz"),)) == "no_such_leg"
    assert await site.refused(Play, call, "zz", ("waiting",)) == "no_such_leg"
    assert await site.refused(Play, call, call, ("waiting",)) == "not_answered"
    assert await site.refused(EndCall, "in-nothing") == "no_such_call"
    assert await site.refused(Record, call, "../x.wav") == "bad_order"
    assert await site.refused(Refuse, call, 200) == "bad_order"
    assert (await site.snapshot()).calls[0].call == call
