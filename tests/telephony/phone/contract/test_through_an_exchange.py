# SPDX-License-Identifier: GPL-3.0-or-later
"""Each engine as a customer and as an agent at the embedded exchange: sound both ways, by spectrum of the recording."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from telephony.exchange.embedded.client import Addresses, EmbeddedExchange, start_if_absent
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    EndCall,
    Fact,
    LegAnswered,
    LegRinging,
    MediaStarted,
    Record,
    RecordingEnded,
    Ring,
    SetAccount,
    SetOpen,
)
from telephony.phone.engine import AnswerCall, CallGone, DialOut, Levels, Register, RegistrationChanged, Speak
from tests.telephony.exchange.conftest import end

F = TypeVar("F", bound=Fact)


class House:
    """One exchange, led by this test."""

    def __init__(self, where: Addresses, client: EmbeddedExchange) -> None:
        self.where, self._client = where, client
        self._facts: list[Any] = []

    async def do(self, kind: Any, *words: Any) -> None:
        await self._client.order(kind(self._client.next_order(), 1, *words))

    async def fact(self, kind: type[F]) -> F:
        """The oldest fact of that kind that was not taken yet."""
        async with asyncio.timeout(10):
            while not (found := [fact for fact in self._facts if isinstance(fact, kind)]):
                self._facts.append(await self._client.fact())
        self._facts.remove(found[0])
        return found[0]


@pytest.fixture
async def house(short: Path) -> AsyncIterator[House]:
    """An exchange of this test alone, ended by its own number."""
    where = await start_if_absent(short / "x")
    client = await EmbeddedExchange.connect(where.control)
    await client.attach(1)
    made = House(where, client)
    await made.do(SetOpen, True)
    try:
        yield made
    finally:
        await client.close()
        end(where.pid)  # and wait: it writes into the folder until its end


def loudness(samples: np.ndarray, hz: int) -> float:
    """Amplitude of one frequency."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / 8000)
    return float(2 * abs(np.dot(samples, turns)) / len(samples))


def silent_blocks(samples: np.ndarray) -> int:
    """How many pieces of 20 ms are nearly silent: lost packets sound like that."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return int((np.abs(blocks).max(axis=1) < 64).sum())


async def test_sound_goes_both_ways_through_the_exchange(house: House, phone, tone) -> None:
    agent, customer = await phone(), await phone()
    await house.do(SetAccount, "3001", "geheim")
    agent.do(Register(house.where.phones, "3001", "geheim"))
    assert (await agent.hear(RegistrationChanged)).registered
    agent.do(Speak(tone(1500)))
    customer.do(Speak(tone(1000)))
    customer.do(DialOut(f"sip:400@{house.where.trunk}", {}, "13800138000"))
    arrived = await house.fact(CallArrived)
    call = arrived.call
    assert arrived.from_number == "13800138000"
    await house.do(Ring, call, "a1", "3001", {"X-Call-Id": "q-7"})
    await house.fact(LegRinging)
    ringing = await agent.ringing()
    assert ringing.tag == "q-7"
    agent.do(AnswerCall(ringing.call))
    await house.fact(LegAnswered)
    await house.do(Answer, call)
    await house.do(Connect, call, ((call, "a1"),))
    await house.fact(MediaStarted)
    for line in (agent, customer):
        await line.hear(Levels, lambda levels: levels.earpiece > 0.02 and levels.microphone > 0.02)
    await house.do(Record, call, f"{call}.wav")
    await asyncio.sleep(1.6)
    await house.do(EndCall, call)
    ended = await house.fact(RecordingEnded)
    await house.fact(CallEnded)
    assert (await agent.hear(CallGone)).by == (await customer.hear(CallGone)).by == "far"
    with wave.open(str(house.where.recordings / ended.file), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    left, right = samples[1600:11200, 0].astype(float), samples[1600:11200, 1].astype(float)
    for heard, own, other in ((left, 1000, 1500), (right, 1500, 1000)):
        assert loudness(heard, own) > 500 > 40 > loudness(heard, other)
        assert silent_blocks(heard) <= 1
