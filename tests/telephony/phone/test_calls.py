# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the pjsua2 engine in its real process, with sipp or a second handset at the other end."""

from __future__ import annotations

import asyncio
import socket
import time

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
    Levels,
    Mute,
    RejectCall,
    SendTones,
    Speak,
)
from tests.telephony.phone.stage import ended, sipp, talk, until


async def test_a_caller_rings_with_the_words_of_the_switchboard_and_hangs_up_first(handset, an_ear):
    line = await handset()
    caller = await sipp("caller_hangs_up.xml", line.now.sip, "-d", "300", rtp=an_ear.port)
    call = await line.ringing()
    assert (call.tag, call.direction, call.stage, call.remote) == ("k-42", "in", "ringing", "13912345678")
    assert call.headers == {"X-Call-Id": "k-42", "X-Queue": "400"}
    line.do(AnswerCall(call.call))
    assert (await line.talking()).call == call.call
    assert await line.hear(CallGone) == CallGone(call.call, "k-42", "far", 200)
    assert await ended(caller) == 0
    assert (await line.ask()).calls == ()


async def test_the_agent_hangs_up(handset, an_ear):
    line = await handset()
    caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
    call = await line.ringing()
    line.do(AnswerCall(call.call))
    await line.talking()
    line.do(HangUpCall(call.call))
    assert (await line.hear(CallGone)).by == "us"
    assert await ended(caller) == 0


@pytest.mark.parametrize("code", [486, 603])
async def test_a_ringing_call_is_rejected(handset, code):
    line = await handset()
    caller = await sipp(f"caller_rejected_{code}.xml", line.now.sip)
    call = await line.ringing()
    line.do(RejectCall(call.call, code))
    gone = await line.hear(CallGone)
    assert (gone.by, gone.code) == ("us", code)
    assert await ended(caller) == 0


async def test_a_caller_gives_up_and_the_answer_comes_too_late(handset):
    line = await handset()
    caller = await sipp("caller_gives_up.xml", line.now.sip)
    call = await line.ringing()
    gone = await line.hear(CallGone)
    assert (gone.by, gone.code) == ("far", 487)
    line.do(AnswerCall(call.call))
    assert await line.hear(CommandRefused) == CommandRefused("AnswerCall", "no_such_call")
    assert await ended(caller) == 0


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


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (DialOut("200", {}), "not_registered"),
        (DialOut("sip:a@127.0.0.1", {"X-A": "1\r\nVia: x"}), "bad_header"),
        (DialOut("sip:a@127.0.0.1", {"Contact": "x"}), "bad_header"),
        (DialOut("sip:a@127.0.0.1", {}, "a b<"), "bad_address"),
        (AnswerCall(7), "no_such_call"),
        (RejectCall(7, 200), "bad_code"),
        (SendTones(7, "1"), "no_such_call"),
        (Mute(7, True), "no_such_call"),
        (HoldCall(7, True), "no_such_call"),
        (HangUpCall(-1), "no_such_call"),
        (Speak("/no/such.wav"), "no_such_file"),
        (Speak(__file__), "bad_file"),
        (ChooseDevices(3, 3, 3), "no_device"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_reason(handset, command, why):
    line = await handset()
    line.do(command)
    assert await line.hear(CommandRefused) == CommandRefused(type(command).__name__, why)


async def test_a_target_that_is_no_uri_is_refused_in_words(handset):
    line = await handset()
    line.do(DialOut("sip:@@::", {}))
    assert (await line.hear(CommandRefused)).command == "DialOut"
    assert (await line.ask()).calls == ()


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


async def test_tones_go_both_ways(handset, an_ear):
    one, two = await handset(), await handset()
    mine, theirs = await talk(one, two)
    one.do(SendTones(mine.call, "12#A"))
    assert [(await two.hear(DigitHeard)).digit for _ in range(4)] == ["1", "2", "#", "A"]
    two.do(SendTones(theirs.call, "*0"))
    assert [(await one.hear(DigitHeard)).digit for _ in range(2)] == ["*", "0"]
    one.do(SendTones(mine.call, "1x"))
    assert await one.hear(CommandRefused) == CommandRefused("SendTones", "bad_digits")


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


async def test_a_fifth_call_is_refused_and_the_handset_lives(handset):
    line, one, two = await handset(), await handset(), await handset()
    calls = [await talk(peer, line) for peer in (one, one, two, two)]
    assert await ended(await sipp("caller_finds_busy.xml", line.now.sip)) == 0
    line.do(DialOut(f"sip:x@{one.now.sip}", {}))
    assert await line.hear(CommandRefused) == CommandRefused("DialOut", "too_many_calls")
    assert len((await line.ask()).calls) == 4
    line.do(HangUpCall(calls[0][1].call))
    line.do(DialOut(f"sip:x@{one.now.sip}", {}))  # the line is free again at once
    assert (await one.ringing()).stage == "ringing"


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


MALFORMED = [
    b"",
    b"\r\n\r\n",
    b"\0" * 2000,
    b"INVITE",
    b"INVITE sip:a SIP/2.0\r\n\r\n",
    b"INVITE sip:a@b SIP/7.0\r\nVia: SIP/2.0/UDP h:99999;rport=99999;branch=z9hG4bKq\r\n\r\n",
    b"SIP/2.0 999999 What\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKnone\r\nCSeq: 99999999999 INVITE\r\n\r\n",
    b"ACK sip:a@b SIP/2.0\r\nCall-ID: nobody\r\nCSeq: 1 ACK\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\n" + b"X-Long: " + b"x" * 60000 + b"\r\n\r\n",
]
INVITE = (
    "INVITE sip:200@h SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{n}\r\nFrom: <sip:a@127.0.0.1>;tag=f{n}\r\n"
    "To: <sip:200@h>\r\nCall-ID: m{n}\r\nCSeq: {cseq}\r\nContact: <sip:a@127.0.0.1:{contact}>\r\nMax-Forwards: 70\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)
GOOD_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {codec}\r\n"


def _malformed() -> list[bytes]:
    made = list(MALFORMED)
    plain = dict(via="127.0.0.1:9", cseq="1 INVITE", contact="9", sdp=GOOD_SDP.format(port=9, codec=8))
    for n, change in enumerate(
        [
            dict(via="127.0.0.1:70000"),
            dict(via="127.0.0.1:9;rport=70000"),
            dict(contact="70000"),
            dict(cseq="-1 INVITE"),
            dict(cseq="99999999999999999999 INVITE"),
            dict(sdp=GOOD_SDP.format(port=999999, codec=8)),
            dict(sdp=GOOD_SDP.format(port=9, codec=18)),
            dict(sdp="v=0\r\nm=audio x y z\r\n"),
            dict(sdp="\0\1\2" * 50),
            dict(length="-5"),
            dict(length="999999"),
        ]
    ):
        words = {**plain, "n": str(n), **change}
        words.setdefault("length", str(len(words["sdp"])))
        made.append(INVITE.format(**words).encode())
    return made


async def test_malformed_sip_does_not_end_the_handset_or_its_call(handset):
    line, peer = await handset(), await handset()
    mine, theirs = await talk(peer, line)
    host, _, port = line.now.sip.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
        for message in _malformed():
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
    assert line.process.returncode is None


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
