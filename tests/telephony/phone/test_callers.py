# SPDX-License-Identifier: GPL-3.0-or-later
"""Robot customers in their own process, called handset answering, and the tone under their speech."""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from telephony.phone.engine import AnswerCall, CallGone, HangUpCall, Levels, RejectCall
from telephony.phone.tones import mark
from tests.telephony.phone.stage import ROOT


async def callers(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony.phone.callers", *words, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def outcomes(process: asyncio.subprocess.Process) -> list[dict]:
    async with asyncio.timeout(15):
        said, _ = await process.communicate()
    return [json.loads(line) for line in said.splitlines()]


async def test_customers_call_speak_and_hang_up_first(handset, tone):
    line = await handset()
    robots = await callers(
        "--to", f"sip:400@{line.now.sip}", "--from", "13800000001", "13800000002", "--speech", tone(1200),
        "--talk", "0.6", "--spacing", "0.05", "--tone", "700",
    )  # fmt: skip
    for _ in range(2):
        line.do(AnswerCall((await line.ringing()).call))
    assert (await line.hear(Levels, lambda levels: levels.earpiece > 0.02)).call
    assert [(await line.hear(CallGone)).by for _ in range(2)] == ["far", "far"]
    told = sorted(await outcomes(robots), key=lambda outcome: outcome["caller"])
    assert [(one["caller"], one["tone_hz"]) for one in told] == [("13800000001", 700), ("13800000002", 750)]
    assert all(one["answered"] and one["ended_by"] == "us" and 0.5 < one["talk_s"] < 2 for one in told)
    assert robots.returncode == 0


async def test_what_else_can_become_of_a_call(handset):
    line = await handset()
    robots = await callers(
        "--to",
        f"sip:400@{line.now.sip}",
        "--from",
        "1",
        "2",
        "3",
        "--give-up",
        "0.8",
        "--talk",
        "9",
        "--spacing",
        "0.1",
    )
    calls = {call.remote: call.call for call in [await line.ringing() for _ in range(3)]}
    line.do(RejectCall(calls["1"]))
    line.do(AnswerCall(calls["2"]))
    await line.talking()
    line.do(HangUpCall(calls["2"]))
    told = {one["caller"]: one for one in await outcomes(robots)}
    assert (told["1"]["answered"], told["1"]["ended_by"], told["1"]["code"]) == (False, "far", 486)
    assert (told["2"]["answered"], told["2"]["ended_by"]) == (True, "far")
    assert (told["3"]["answered"], told["3"]["ended_by"], told["3"]["code"]) == (False, "us", 487)
    assert robots.returncode == 1


async def test_a_fifth_customer_waits_for_a_line(handset):
    line, other = await handset(), await handset()
    robots = await callers(
        "--to", f"sip:400@{line.now.sip}", "--from", *"123", "--from", *"45", "--talk", "0.3", "--spacing", "0.02"
    )
    for _ in range(5):
        line.do(AnswerCall((await line.ringing()).call))
    told = await outcomes(robots)
    assert [one["answered"] for one in told] == [True] * 5
    assert other.process.returncode is None


async def test_one_at_a_time_when_asked(handset):
    line = await handset()
    robots = await callers(
        "--to", f"sip:400@{line.now.sip}", "--from", *"123", "--at-once", "1", "--talk", "0.2", "--spacing", "0"
    )
    for _ in range(3):
        line.do(AnswerCall((await line.ringing()).call))
        assert len((await line.ask()).calls) == 1
        await line.hear(CallGone)
    assert len(await outcomes(robots)) == 3


async def test_sigterm_hangs_up(handset):
    line = await handset()
    robots = await callers("--to", f"sip:400@{line.now.sip}", "--from", "1")
    line.do(AnswerCall((await line.ringing()).call))
    await line.talking()
    robots.terminate()
    assert (await line.hear(CallGone)).by == "far"
    assert await outcomes(robots) == [] and robots.returncode == 1


async def test_a_speech_that_is_no_wav_is_said():
    robots = await callers("--to", "sip:400@127.0.0.1:9", "--from", "1", "--speech", __file__)
    assert await outcomes(robots) == [] and robots.returncode == 2


def read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_the_tone_is_there_under_the_speech_and_loops_without_a_click(tmp_path, rate):
    speech = tmp_path / "speech.wav"
    noise = np.random.default_rng(3).normal(0, 0.1, int(rate * 1.37))
    with wave.open(str(speech), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((np.repeat(noise, 2) * 32767).astype("<i2").tobytes())
    mixed = read(mark(speech, 1050, tmp_path))
    assert len(mixed) >= len(noise) and np.abs(mixed).max() < 1
    twice = np.concatenate([mixed, mixed])
    spectrum = np.abs(np.fft.rfft(twice))
    assert np.fft.rfftfreq(len(twice), 1 / rate)[spectrum.argmax()] == pytest.approx(1050, abs=1)


@pytest.mark.parametrize("hz", [0, -5, 4000, 9000])
def test_a_tone_the_rate_cannot_carry_is_refused(hz, tmp_path):
    with pytest.raises(ValueError, match="Hz"):
        mark(None, hz, tmp_path)
    assert list(tmp_path.iterdir()) == []
