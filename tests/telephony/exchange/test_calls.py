# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's call from INVITE to BYE: ringing, answer, sound both ways, recording, hanging up from either side."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    CallRefused,
    Connect,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    MediaStarted,
    Record,
    RecordingEnded,
    Refuse,
    Refused,
    Ring,
    Ringback,
)
from tests.telephony.exchange.conftest import Site
from tests.telephony.exchange.peers import Talk, loudness, silent_blocks, until


async def bridged(site: Site, extension: str = "1001", record: str = "") -> tuple[str, Talk, Talk]:
    """(call, the customer's talk, the agent's talk): 1000 Hz from the customer, 1500 Hz from the agent."""
    phone = await site.phone(extension)
    caller = await site.caller()
    customer = caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await site.do(Ringback, call)
    await site.do(Ring, call, "a1", extension, {"X-Test": "1"})
    agent = await phone.rung()
    await site.fact(LegRinging, leg="a1")
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.do(Answer, call)
    if record:
        await site.do(Record, call, record)
    await site.do(Connect, call, (((call, "a1")),))
    await customer.reaches("answered")
    await site.fact(MediaStarted, leg=call)
    await site.fact(MediaStarted, leg="a1")
    return call, customer, agent


def channels(path: Path) -> np.ndarray:
    """The samples of a stereo WAV, shape (frames, 2)."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


async def test_customer_and_agent_hear_each_other_and_only_each_other(site: Site) -> None:
    _, customer, agent = await bridged(site)
    customer.voice.forget()
    agent.voice.forget()
    await asyncio.sleep(1.0)
    to_customer, to_agent = customer.voice.heard(), agent.voice.heard()
    assert loudness(to_agent, 1000) > 4000 > 200 > loudness(to_agent, 1500)
    assert loudness(to_customer, 1500) > 4000 > 200 > loudness(to_customer, 1000)
    assert silent_blocks(to_agent) == silent_blocks(to_customer) == 0
    assert len(to_agent) > 0.85 * 8000


async def test_the_recording_has_customer_left_staff_right_without_gaps(site: Site) -> None:
    call, customer, _ = await bridged(site, record="one.wav")
    await asyncio.sleep(2.2)
    customer.hang_up()
    await site.fact(LegEnded, leg=call, by="far", why="bye")
    await site.do(EndCall, call)
    ended = await site.fact(RecordingEnded, file="one.wav")
    assert ended.why == "ended"
    samples = channels(site.where.recordings / "one.wav")
    assert abs(len(samples) / 8000 - ended.seconds) < 0.01
    assert ended.seconds > 2.0
    middle = samples[6400 : 6400 + 8000]
    left, right = middle[:, 0], middle[:, 1]
    assert loudness(left, 1000) > 4000 > 200 > loudness(left, 1500)
    assert loudness(right, 1500) > 4000 > 200 > loudness(right, 1000)
    assert silent_blocks(left) == silent_blocks(right) == 0


async def test_the_phone_is_told_which_call_it_is_and_offered_the_callers_codec_only(site: Site) -> None:
    phone = await site.phone("1001")
    caller = await site.caller()
    caller.laws = (0,)
    caller.call(site.trunk, "400", sender='"张三" <sip:13800138000@127.0.0.1>;tag=x1')
    arrived = await site.fact(CallArrived)
    assert (arrived.from_number, arrived.from_name, arrived.to_number) == ("13800138000", "张三", "400")
    assert arrived.received_at <= arrived.at
    await site.do(Ring, arrived.call, "a1", "1001", {"X-Queue": "售后", "X-Caller": "13800138000"})
    agent = await phone.rung()
    assert agent.header("X-Call-Id") == arrived.call
    assert agent.header("X-Queue") == "售后"
    assert agent.invite is not None
    assert "m=audio" in agent.invite.text
    assert "RTP/AVP 0 101" in agent.invite.text
    assert "13800138000" in agent.header("from")
    assert "张三" in agent.header("from")


async def test_the_agent_hangs_up_and_the_customer_stays_until_dropped(site: Site) -> None:
    call, customer, agent = await bridged(site)
    agent.hang_up()
    await site.fact(LegEnded, leg="a1", by="far", why="bye")
    assert not site.seen(CallEnded)
    await site.do(Drop, call, call)
    await site.fact(LegEnded, leg=call, by="us", why="dropped")
    await site.fact(CallEnded, call=call)
    await customer.reaches("ended")
    assert customer.requests[-1].method == "BYE"


async def test_a_caller_who_gives_up_is_cancelled_and_the_phone_stops(site: Site) -> None:
    phone = await site.phone("1001")
    caller = await site.caller()
    customer = caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await site.do(Ringback, call)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    await customer.reaches("ringing")
    customer.cancel()
    await site.fact(LegEnded, leg=call, by="far", code=487, why="cancel")
    await customer.reaches("ended")
    assert customer.code == 487
    await site.do(Drop, call, "a1")
    await agent.reaches("ended")
    await site.fact(CallEnded, call=call)


async def test_a_refused_call_and_a_busy_phone(site: Site) -> None:
    phone = await site.phone("1001")
    caller = await site.caller()
    customer = caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await site.do(Ring, call, "a1", "1001", {})
    (await phone.rung()).reject(486)
    await site.fact(LegEnded, leg="a1", by="far", code=486, why="busy")
    await site.do(Refuse, call, 480)
    await customer.reaches("ended")
    assert customer.code == 480
    await site.fact(CallEnded, call=call)
    assert await site.order(Ring, call, "a2", "1001", {}) == Refused(site.client._orders, "no_such_call")


async def test_a_phone_that_does_not_answer_in_time_is_cancelled(site: Site) -> None:
    phone = await site.phone("1001")
    caller = await site.caller()
    caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await site.do(Ring, call, "a1", "1001", {}, timeout_s=1.0)
    agent = await phone.rung()
    await site.fact(LegEnded, leg="a1", by="us", why="no_answer")
    await agent.reaches("ended")


async def test_orders_that_cannot_be_done_say_why(site: Site) -> None:
    await site.phone("1001")
    caller = await site.caller()
    caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await site.do(Ring, call, "a1", "1001", {})

    async def why(kind: type, *args: object) -> str:
        answer = await site.order(kind, *args)
        assert isinstance(answer, Refused)
        return answer.why

    assert await why(Ring, call, "a1", "1001", {}) == "exists"
    assert await why(Ring, call, "a2", "1009", {}) == "not_registered"
    assert await why(Ring, call, "a2", "1001", {"X-A": "b\r\nVia: c"}) == "bad_order"
    assert await why(Ring, call, "a2", "1001", {"From": "b"}) == "bad_order"
    assert await why(Drop, call, "zz") == "no_such_leg"
    assert await why(Connect, call, ((call, "zz"),)) == "no_such_leg"
    assert await why(EndCall, "in-nothing") == "no_such_call"
    assert await why(Record, call, "../x.wav") == "bad_order"


async def test_no_common_codec_is_488_and_still_an_arrived_contact(site: Site) -> None:
    caller = await site.caller()
    body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n"
    customer = caller.call(site.trunk, "400", body=body)
    refused = await site.fact(CallRefused)
    assert (refused.code, refused.from_number, refused.to_number) == (488, "13800138000", "400")
    await customer.reaches("ended")
    assert customer.code == 488
    assert not site.seen(CallArrived)


async def test_an_offer_in_the_ack_works_as_well(site: Site) -> None:
    caller = await site.caller()
    customer = caller.call(site.trunk, "400", body="")
    call = (await site.fact(CallArrived)).call
    await site.do(Answer, call)
    await customer.reaches("answered")
    await site.fact(MediaStarted, leg=call)
    await until(lambda: customer.voice.packets > 10)
