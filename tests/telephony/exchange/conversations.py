# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that many tests begin with, and ears for them: who is heard by the frequency of his voice, in Hz."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    Connect,
    LegAnswered,
    LegRinging,
    MediaStarted,
    Record,
    Ring,
    Ringback,
)
from tests.telephony.exchange.peers import Talk, loudness
from tests.telephony.exchange.site import Site

Samples = npt.NDArray[np.int16]

CUSTOMER, AGENT, ENGINEER, BOSS = 1000.0, 1500.0, 2100.0, 2700.0
VOICES = (CUSTOMER, AGENT, ENGINEER, BOSS)
OUR_NUMBER = "400"
AUDIBLE, INAUDIBLE = 2500, 300
SETTLES_S = 0.15  # what is on its way when an order is done
LISTENS_S = 0.35


async def arrived(site: Site, number: str = "13800138000") -> tuple[str, Talk]:
    """A call that has just come: its id and the customer's talk."""
    caller = await site.caller(number, CUSTOMER)
    customer = caller.call(site.trunk, OUR_NUMBER)
    return (await site.fact(CallArrived, from_number=number)).call, customer


async def bridged(site: Site, extension: str = "1001", record: str = "") -> tuple[str, Talk, Talk]:
    """(call, the customer's talk, the agent's talk, whose leg is "a1")."""
    phone = await site.phone(extension, AGENT)
    call, customer = await arrived(site)
    await site.do(Ringback, call)
    await site.do(Ring, call, "a1", extension, {"X-Test": "1"})
    agent = await phone.rung()
    await site.fact(LegRinging, leg="a1")
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.do(Answer, call)
    if record:
        await site.do(Record, call, record)
    await site.do(Connect, call, ((call, "a1"),))
    await customer.reaches("answered")
    await site.fact(MediaStarted, leg=call)
    await site.fact(MediaStarted, leg="a1")
    return call, customer, agent


async def joined(site: Site, call: str, extension: str, leg: str, hz: float = ENGINEER) -> Talk:
    """A further staff leg, answered, in no group yet."""
    phone = await site.phone(extension, hz)
    await site.do(Ring, call, leg, extension, {})
    talk = await phone.rung()
    talk.answer()
    await site.fact(LegAnswered, leg=leg)
    return talk


async def heard(*talks: Talk, seconds: float = LISTENS_S) -> list[Samples]:
    """What each of them hears from now on, after what is on its way has arrived."""
    await asyncio.sleep(SETTLES_S)
    for talk in talks:
        talk.voice.forget()
    await asyncio.sleep(seconds)
    return [talk.voice.heard() for talk in talks]


async def hears(*talks: Talk) -> list[set[float]]:
    """Whose voices each of them hears."""
    return [tones(samples) for samples in await heard(*talks)]


def tones(samples: Samples) -> set[float]:
    """Which of the voices are in the samples. A voice between heard and not heard is a failure."""
    found = {hz: loudness(samples, hz) for hz in VOICES}
    unclear = {hz: level for hz, level in found.items() if INAUDIBLE < level < AUDIBLE}
    assert not unclear, unclear
    return {hz for hz, level in found.items() if level >= AUDIBLE}


def is_music(samples: Samples) -> bool:
    """Neither silence nor any of the voices."""
    loud = float(np.abs(samples.astype(float)).mean()) if len(samples) else 0.0
    return loud > 200 and not any(loudness(samples, hz) > AUDIBLE for hz in VOICES)


def is_silent(samples: Samples) -> bool:
    """Nothing, or next to nothing."""
    return not len(samples) or int(np.abs(samples.astype(int)).max()) < 100


def channels(path: Path) -> Samples:
    """The samples of a stereo WAV, shape (frames, 2): customer, staff."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
