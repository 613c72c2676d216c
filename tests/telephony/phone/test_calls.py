# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the pjsua2 engine in its real process, with sipp or a second handset at the other end."""

from __future__ import annotations

import asyncio
import time

from telephony.phone.engine import (
    AnswerCall,
    CallChanged,
    ChooseDevices,
    CommandRefused,
    DialOut,
    DigitHeard,
    HangUpCall,
    HoldCall,
    Levels,
    Mute,
    RejectCall,
    SendTones,
    Speak,
)
from tests.telephony.phone.stage import ended, sipp, talk, until


async def test_the_invite_reaches_the_desk_at_once(handset):
    """A generous bound for a loaded machine; measured 2 ms."""
    one, two = await handset(), await handset()
    start = time.perf_counter()
    one.do(DialOut(f"sip:x@{two.now.sip}", {}))
    await two.ringing()
    assert time.perf_counter() - start < 0.5


async def test_the_number_shown_and_the_headers_of_an_outgoing_call(handset):
    one, two = await handset(), await handset()
    one.do(DialOut(f"sip:400@{two.now.sip}", {"X-Call-Id": "c9", "P-Asserted-Identity": "<sip:1@h>"}, "+8613800001111"))
    call = await two.ringing()
    assert (call.remote, call.tag) == ("+8613800001111", "c9")
    placed = (await one.hear(CallChanged)).call
    assert (placed.stage, placed.direction, placed.tag, placed.remote) == ("calling", "out", "c9", "400")


async def test_the_voice_is_heard_and_mute_takes_it_away(handset, an_ear, tone):
    line = await handset()
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    call = await line.ringing()
    line.do(AnswerCall(call.call))
    line.do(Speak(tone(900)))
    await until(lambda: len(an_ear.heard) > 1600)
    assert await an_ear.share(900) > 0.8
    line.do(Mute(call.call, True))
    assert (await line.hear(CallChanged, lambda report: report.call.muted)).call.call == call.call
    await asyncio.sleep(0.15)  # what is under way in buffers still sounds
    assert await an_ear.share(900) == 0.0
    line.do(Mute(call.call, False))
    await asyncio.sleep(0.15)
    assert await an_ear.share(900) > 0.8
    line.do(Speak(tone(1400)))  # another voice in the same call
    await asyncio.sleep(0.15)
    assert await an_ear.share(1400) > 0.8
    line.do(Speak(""))
    await asyncio.sleep(0.15)
    assert await an_ear.share(1400) == 0.0
    line.do(HangUpCall(call.call))
    assert await ended(caller) == 0


async def test_two_calls_speak_with_two_voices(handset, an_ear, tone):
    line, peer = await handset(), await handset()
    first, _ = await talk(line, peer)
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    second = await line.ringing()
    line.do(AnswerCall(second.call))
    line.do(Speak(tone(900)))
    line.do(Speak(tone(1700), call=second.call))
    await until(lambda: len(an_ear.heard) > 1600)
    assert await an_ear.share(1700) > 0.8
    assert (await peer.hear(Levels, lambda levels: levels.earpiece > 0.02)).call
    assert (await line.hear(Levels, lambda levels: levels.call == first.call and levels.microphone > 0.02)).call
    line.do(HangUpCall(second.call))
    assert await ended(caller) == 0


async def test_hold_is_silent_and_comes_back(handset, tone):
    one, two = await handset(), await handset()
    mine, _ = await talk(one, two)
    two.do(Speak(tone(900)))
    assert (await one.hear(Levels, lambda levels: levels.earpiece > 0.02)).call == mine.call
    one.do(HoldCall(mine.call, True))
    await one.hear(CallChanged, lambda report: report.call.held)
    two.forget(Levels)
    one.do(Speak(tone(900)))
    await asyncio.sleep(0.5)
    assert max((report.earpiece for report in two.reports if isinstance(report, Levels)), default=0.0) == 0.0
    one.do(HoldCall(mine.call, False))
    await one.hear(CallChanged, lambda report: not report.call.held)
    assert (await two.hear(Levels, lambda levels: levels.earpiece > 0.02)).call


async def test_the_last_of_quick_hold_wishes_wins(handset):
    one, two = await handset(), await handset()
    mine, _ = await talk(one, two)
    for on in (True, False, True, False):
        one.do(HoldCall(mine.call, on))
    await asyncio.sleep(0.6)
    assert (await one.ask()).calls[0].held is False
    for on in (True, False, True):
        one.do(HoldCall(mine.call, on))
    await asyncio.sleep(0.6)
    assert (await one.ask()).calls[0].held is True


async def test_tones_are_rfc_4733_on_the_wire(handset, an_ear):
    line = await handset()
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    call = await line.ringing()
    line.do(AnswerCall(call.call))
    await line.talking()
    await until(lambda: an_ear.peer)
    line.do(SendTones(call.call, "59"))
    await until(lambda: an_ear.digits == [5, 9])
    an_ear.press(7)
    assert (await line.hear(DigitHeard)).digit == "7"
    line.do(HangUpCall(call.call))
    assert await ended(caller) == 0


async def test_no_sound_card_is_not_an_error(short, handset):
    from tests.telephony.phone.stage import Line

    plain = await Line.start(short / "plain.sock")  # without --no-sound
    try:
        peer = await handset()
        plain.do(ChooseDevices(-2, -2, -2))
        mine, _ = await talk(plain, peer)
        assert await plain.hear(Levels, lambda levels: levels.call == mine.call)
        assert not [report for report in plain.reports if isinstance(report, CommandRefused)]
    finally:
        assert await plain.end() == 0


async def test_a_flood_of_calls_that_are_all_rejected_does_not_end_the_handset(handset):
    """The library aborts when some 30 calls end within half a second; 150 a second are thrown here."""
    line = await handset()

    async def reject_all() -> None:
        while True:
            line.do(RejectCall((await line.ringing()).call))

    rejecting = asyncio.create_task(reject_all())
    flood = await sipp("caller_rejected_486.xml", line.now.sip, "-m", "300", "-r", "150")
    await ended(flood, 20)  # most find every line taken, which is not what the scenario expects
    rejecting.cancel()
    assert line.process.returncode is None
    assert (await line.ask()).capabilities.max_calls == 4
