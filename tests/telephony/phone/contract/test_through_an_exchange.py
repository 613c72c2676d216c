# SPDX-License-Identifier: GPL-3.0-or-later
"""Each engine as a customer and as an agent at the embedded exchange: sound both ways, by spectrum of the recording."""

from __future__ import annotations

import asyncio

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    EndCall,
    LegAnswered,
    LegRinging,
    MediaStarted,
    Record,
    RecordingEnded,
    Ring,
    SetAccount,
)
from telephony.phone.engine import AnswerCall, CallGone, DialOut, Register, RegistrationChanged, Speak
from tests.telephony.exchange.conftest import *  # noqa: F403 - the exchange's own fixtures
from tests.telephony.exchange.conftest import Site
from tests.telephony.exchange.peers import loudness, silent_blocks
from tests.telephony.exchange.test_calls import channels


async def test_sound_goes_both_ways_through_the_exchange(site: Site, phone, tone) -> None:
    agent, customer = await phone(), await phone()
    await site.do(SetAccount, "3001", "geheim")
    agent.do(Register(site.where.phones, "3001", "geheim"))
    assert (await agent.hear(RegistrationChanged)).registered
    for line, hz in ((agent, 1500), (customer, 1000)):
        if line.now.capabilities.play_file:
            line.do(Speak(tone(hz)))
    customer.do(DialOut(f"sip:400@{site.where.trunk}", {}, "13800138000"))
    call = (await site.fact(CallArrived, from_number="13800138000")).call
    await site.do(Ring, call, "a1", "3001", {"X-Call-Id": "q-7"})
    await site.fact(LegRinging, leg="a1")
    ringing = await agent.ringing()
    assert ringing.tag == "q-7"
    agent.do(AnswerCall(ringing.call))
    await site.fact(LegAnswered, leg="a1")
    await site.do(Answer, call)
    await site.do(Connect, call, ((call, "a1"),))
    await site.fact(MediaStarted, leg=call)
    await site.fact(MediaStarted, leg="a1")
    await asyncio.sleep(0.4)
    await site.do(Record, call, f"{call}.wav")
    await asyncio.sleep(1.6)
    await site.do(EndCall, call)
    ended = await site.fact(RecordingEnded)
    await site.fact(CallEnded)
    assert (await agent.hear(CallGone)).by == (await customer.hear(CallGone)).by == "far"
    if agent.now.capabilities.play_file:
        recorded = channels(site.where.recordings / ended.file)[1600:11200]
        left, right = recorded[:, 0], recorded[:, 1]
        assert loudness(left, 1000) > 500 > 40 > loudness(left, 1500)
        assert loudness(right, 1500) > 500 > 40 > loudness(right, 1000)
        assert silent_blocks(left) <= 1 and silent_blocks(right) <= 1
