# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls: arriving with the switchboard's words, answered, refused, given up, ended by either side, several at once."""

from __future__ import annotations

import asyncio
import socket

import pytest

from telephony.phone.engine import (
    AnswerCall,
    CallChanged,
    CallGone,
    CallIncoming,
    ChooseDevices,
    CommandRefused,
    DialOut,
    DigitHeard,
    HangUpCall,
    HoldCall,
    Mute,
    RejectCall,
    SendTones,
    Speak,
)
from tests.telephony.phone.malformed import malformed
from tests.telephony.phone.stage import ended, sipp, talk, until


async def test_a_caller_rings_with_the_words_of_the_switchboard_and_hangs_up_first(phone, an_ear):
    line = await phone()
    caller = await sipp("caller_hangs_up.xml", line.now.sip, "-d", "300", rtp=an_ear.port)
    call = await line.ringing()
    assert (call.tag, call.direction, call.stage, call.remote) == ("k-42", "in", "ringing", "13912345678")
    assert call.headers == {"X-Call-Id": "k-42", "X-Queue": "400"} and not call.secure
    line.do(AnswerCall(call.call))
    assert (await line.talking()).call == call.call
    assert await line.hear(CallGone) == CallGone(call.call, "k-42", "far", 200)
    assert await ended(caller) == 0
    assert (await line.ask()).calls == ()


async def test_the_agent_hangs_up(phone, an_ear):
    line = await phone()
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    call = await line.ringing()
    line.do(AnswerCall(call.call))
    await line.talking()
    line.do(HangUpCall(call.call))
    assert (await line.hear(CallGone)).by == "us"
    assert await ended(caller) == 0


@pytest.mark.parametrize("code", [486, 603])
async def test_a_ringing_call_is_rejected(phone, code):
    line = await phone()
    caller = await sipp(f"caller_rejected_{code}.xml", line.now.sip)
    line.do(RejectCall((await line.ringing()).call, code))
    gone = await line.hear(CallGone)
    assert (gone.by, gone.code) == ("us", code)
    assert await ended(caller) == 0


async def test_a_caller_gives_up_and_the_answer_comes_too_late(phone):
    line = await phone()
    caller = await sipp("caller_gives_up.xml", line.now.sip)
    call = await line.ringing()
    gone = await line.hear(CallGone)
    assert (gone.by, gone.code) == ("far", 487)
    line.do(AnswerCall(call.call))
    assert await line.hear(CommandRefused) == CommandRefused("AnswerCall", "no_such_call")
    assert await ended(caller) == 0


async def test_it_calls_with_headers_and_the_far_side_hangs_up(phone, handset):
    line, peer = await phone(), await handset()
    line.do(DialOut(f"sip:400@{peer.now.sip}", {"X-Call-Id": "c9"}, "+8613800001111"))
    placed = (await line.hear(CallChanged)).call
    assert (placed.stage, placed.direction, placed.tag, placed.remote) == ("calling", "out", "c9", "400")
    call = await peer.ringing()
    assert (call.remote, call.tag) == ("+8613800001111", "c9")
    peer.do(AnswerCall(call.call))
    assert (await line.talking()).call == placed.call
    await peer.talking()
    peer.do(HangUpCall(call.call))
    assert await line.hear(CallGone) == CallGone(placed.call, "c9", "far", 200)


async def test_a_call_of_ours_is_rejected(phone, handset):
    line, peer = await phone(), await handset()
    line.do(DialOut(f"sip:400@{peer.now.sip}", {}))
    peer.do(RejectCall((await peer.ringing()).call, 603))
    gone = await line.hear(CallGone)
    assert (gone.by, gone.code) == ("far", 603)


async def test_a_call_of_ours_is_given_up(phone, handset):
    line, peer = await phone(), await handset()
    line.do(DialOut(f"sip:400@{peer.now.sip}", {}))
    theirs, ours = await peer.ringing(), (await line.hear(CallChanged)).call
    line.do(HangUpCall(ours.call))
    assert await peer.hear(CallGone) == CallGone(theirs.call, "", "far", 487)
    assert (await line.hear(CallGone)).by == "us"


async def test_two_phones_of_one_engine_talk_both_ways_and_either_ends_it(phone):
    one, two = await phone(), await phone()
    for first, ends in ((one, one), (two, one)):
        other = two if first is one else one
        mine, _ = await talk(first, other, X_Call_Id="k1")
        ends.do(HangUpCall((await ends.ask()).calls[0].call))
        assert {(await line.hear(CallGone)).by for line in (one, two)} == {"us", "far"}
        assert mine.tag == "k1"


async def test_two_calls_at_once_and_a_fifth_finds_it_busy(phone, handset):
    line, one, two = await phone(), await handset(), await handset()
    calls = [await talk(peer, line) for peer in (one, one, two, two)][: line.now.capabilities.max_calls]
    assert len((await line.ask()).calls) == len(calls) == 4
    assert await ended(await sipp("caller_finds_busy.xml", line.now.sip)) == 0
    line.do(DialOut(f"sip:x@{one.now.sip}", {}))
    assert await line.hear(CommandRefused) == CommandRefused("DialOut", "too_many_calls")
    line.do(HangUpCall(calls[0][1].call))
    assert (await line.hear(CallGone)).call == calls[0][1].call
    assert {call.stage for call in (await line.ask()).calls} == {"talking"}


REFUSALS = (
    (DialOut("200", {}), "not_registered"),
    (DialOut("sip:a@127.0.0.1", {"X-A": "1\r\nVia: x"}), "bad_header"),
    (DialOut("sip:a@127.0.0.1", {"Contact": "x"}), "bad_header"),
    (DialOut("sip:a@127.0.0.1", {}, "a b<"), "bad_address"),
    (AnswerCall(7), "no_such_call"),
    (RejectCall(7), "no_such_call"),
    (RejectCall(7, 200), "bad_code"),
    (SendTones(7, "1"), "no_such_call"),
    (SendTones(7, "1x"), "no_such_call bad_digits"),
    (SendTones(7, "1", "pigeon"), "no_such_call bad_digits"),
    (Mute(7, True), "no_such_call"),
    (HoldCall(7, True), "no_such_call"),
    (HangUpCall(-1), "no_such_call"),
    (Speak("/no/such.wav"), "no_such_file"),
    (Speak(__file__), "bad_file"),
    (ChooseDevices(3, 3, 3), "no_device"),
)


async def test_what_cannot_be_done_is_refused_with_its_reason(phone):
    line = await phone()
    for command, why in REFUSALS:
        line.do(command)
        refused = await line.hear(CommandRefused)
        assert refused.command == type(command).__name__ and refused.why in why.split(), command
    line.do(DialOut("sip:@@::", {}))
    assert (await line.hear(CommandRefused)).command == "DialOut"
    assert (await line.ask()).calls == ()


async def test_hold_works_or_is_refused(phone, handset):
    line, peer = await phone(), await handset()
    mine, _ = await talk(line, peer)
    line.do(HoldCall(mine.call, True))
    if not line.now.capabilities.hold:
        assert await line.hear(CommandRefused) == CommandRefused("HoldCall", "unsupported")
        return
    await line.hear(CallChanged, lambda report: report.call.held)
    line.do(HoldCall(mine.call, False))
    await line.hear(CallChanged, lambda report: not report.call.held)


async def test_the_far_side_may_hold_and_take_back(phone, handset):
    line, peer = await phone(), await handset()
    mine, theirs = await talk(line, peer)
    for on in (True, False):
        peer.do(HoldCall(theirs.call, on))
        await peer.hear(CallChanged, lambda report, on=on: report.call.held is on)
    assert [call.stage for call in (await line.ask()).calls] == ["talking"] and mine.call


@pytest.mark.parametrize("by", ["rtp", "info"])
async def test_digits_go_out_as_the_capabilities_say(phone, handset, by):
    line, peer = await phone(), await handset()
    mine, _ = await talk(line, peer)
    able = line.now.capabilities
    line.do(SendTones(mine.call, "12#A", by))
    if (by == "rtp" and able.dtmf_send) or (by == "info" and able.info_digits):
        assert [(await peer.hear(DigitHeard)).digit for _ in range(4)] == ["1", "2", "#", "A"]
    else:
        assert (await line.hear(CommandRefused)).why == "unsupported"


@pytest.mark.parametrize("by", ["rtp", "info"])
async def test_digits_come_in(phone, handset, by):
    line, peer = await phone(), await handset()
    _, theirs = await talk(line, peer)
    peer.do(SendTones(theirs.call, "*09D", by))
    assert [(await line.hear(DigitHeard)).digit for _ in range(4)] == ["*", "0", "9", "D"]


async def test_the_voice_is_heard_and_mute_takes_it_away(phone, an_ear, tone):
    line = await phone()
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    call = await line.ringing()
    line.do(AnswerCall(call.call))
    if not line.now.capabilities.play_file:
        await line.talking()
        line.do(Speak(tone(900)))
        assert (await line.hear(CommandRefused)).why == "unsupported"
    else:
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
        line.do(Speak(""))
        await asyncio.sleep(0.15)
        assert await an_ear.share(900) == 0.0
    line.do(HangUpCall(call.call))
    assert await ended(caller) == 0


async def test_malformed_sip_does_not_end_it_or_its_call(phone, handset):
    line, peer = await phone(), await handset()
    _, theirs = await talk(peer, line)
    host, _, port = line.now.sip.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
        for message in malformed():
            thrower.sendto(message, (host, int(port)))
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    now = await line.ask()
    assert theirs.call in [call.call for call in now.calls]
    for call in now.calls:  # what it took for a call can be refused in order
        if call.call != theirs.call:
            line.do(RejectCall(call.call))
    line.forget(CallIncoming)
    mine, theirs = await talk(peer, line)
    peer.do(HangUpCall(mine.call))
    assert (await line.hear(CallGone, lambda gone: gone.call == theirs.call)).by == "far"
