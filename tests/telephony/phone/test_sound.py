# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound card by ALSA: here its file device, which records from one file and plays into another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from telephony.phone.engine import (
    AnswerCall,
    CallChanged,
    ChooseDevices,
    CommandRefused,
    Device,
    DialOut,
    HangUpCall,
    Speak,
)
from telephony.phone.engine import Mute as Silence
from tests.telephony.phone.stage import ROOT, Line, ended, sipp, until

CARD = """
pcm.!default {{ type asym playback.pcm "toSpeaker" capture.pcm "fromMicrophone" }}
pcm.toSpeaker {{ type plug slave.pcm "{0}Play" }}
pcm.fromMicrophone {{ type plug slave.pcm "{0}Record" }}
pcm.{0}Play {{ type file slave.pcm nowhere file "{1}/heard.raw" format raw }}
pcm.{0}Record {{ type file slave.pcm nowhere file "/dev/null" infile "{1}/said.raw" format raw }}
pcm.nowhere {{ type null }}
"""


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one sound card: what is in said.raw is spoken, what is heard lands in heard.raw."""
    samples = 8000 * np.sin(2 * np.pi * 600 * np.arange(8000 * 60) / 8000)
    samples.astype("<i2").tofile(tmp_path / "said.raw")
    (tmp_path / "asound.conf").write_text(CARD.format("card", tmp_path))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    return tmp_path


def tone_in(file: Path) -> float:
    """The strongest frequency of the last half second, 0 when silent."""
    samples = np.fromfile(file, "<i2")[-4000:].astype(float)
    if len(samples) < 4000 or np.abs(samples).max() < 64:
        return 0.0
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * 8000 / len(samples)


async def test_microphone_and_speaker_carry_the_call(card, short, handset, an_ear, tone):
    line, peer = await Line.start(short / "card.sock"), await handset()
    try:
        assert line.now.devices == (Device(0, "default", 1, 1),)
        caller = await sipp("caller_waits.xml", line.now.sip, rtp=an_ear.port)
        call = await line.ringing()
        assert (card / "heard.raw").stat().st_size == 0, "nothing is played before a call talks"
        line.do(AnswerCall(call.call))
        await until(lambda: len(an_ear.heard) > 1600)
        assert await an_ear.share(600) > 0.8, "the microphone"
        line.do(Silence(call.call, True))
        await line.hear(CallChanged, lambda report: report.call.muted)
        await asyncio.sleep(0.3)
        assert await an_ear.share(600) == 0.0
        line.do(HangUpCall(call.call))
        assert await ended(caller) == 0
        line.do(DialOut(f"sip:x@{peer.now.sip}", {}))
        peer.do(Speak(tone(1000)))
        peer.do(AnswerCall((await peer.ringing()).call))
        await until(lambda: (card / "heard.raw").exists() and abs(tone_in(card / "heard.raw") - 1000) < 10)
    finally:
        assert await line.end() == 0


async def test_the_ring_tone_sounds_until_the_answer(card, short, handset, tone):
    line, peer = await Line.start(short / "card.sock"), await handset()
    try:
        peer.do(DialOut(f"sip:x@{line.now.sip}", {}))
        call = await line.ringing()
        line.do(ChooseDevices(-1, -1, 0, tone(440)))  # chosen while it rings
        await until(lambda: (card / "heard.raw").exists() and abs(tone_in(card / "heard.raw") - 440) < 10)
        line.do(AnswerCall(call.call))
        await until(lambda: tone_in(card / "heard.raw") == 0.0)
    finally:
        assert await line.end() == 0


async def test_a_device_that_is_not_there_is_refused_and_what_was_stays(card, short):
    line = await Line.start(short / "card.sock")
    try:
        line.do(ChooseDevices(4, -1, -1))
        assert await line.hear(CommandRefused) == CommandRefused("ChooseDevices", "no_device")
        assert len((await line.ask()).devices) == 1
    finally:
        assert await line.end() == 0


async def test_a_device_that_vanishes_does_not_cost_the_call(card, short, handset):
    line, peer = await Line.start(short / "card.sock"), await handset()
    try:
        (card / "said.raw").unlink()
        peer.do(DialOut(f"sip:x@{line.now.sip}", {}))
        call = await line.ringing()
        line.do(AnswerCall(call.call))
        await peer.talking()
        await line.talking()
        assert await line.hear(CommandRefused) == CommandRefused("ChooseDevices", "no_device")
        assert [one.stage for one in (await line.ask()).calls] == ["talking"]
    finally:
        assert await line.end() == 0


@pytest.mark.parametrize(("there", "names"), [(True, '["default"]'), (False, "[]")])
def test_microphones_are_named(card, there, names):
    settings = {**os.environ} if there else {**os.environ, "ALSA_CONFIG_PATH": str(card / "none.conf")}
    said = subprocess.run(
        [sys.executable, "-m", "telephony.phone.sound"],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        timeout=20,
        text=True,
    )
    assert said.stdout.splitlines()[-1] == names
