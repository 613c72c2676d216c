# SPDX-License-Identifier: GPL-3.0-or-later
"""`embedded`: how many simultaneous two-way G.711 calls the embedded exchange holds on one core, relayed and recorded.

Calls are added step by step and all of them talk, 50 packets a second each way. A step is held when no more than 0.1 %
of the packets are lost, the p99 of the delay stays within half a frame of its median, and every recording is whole.
A step that is not held is tried once more, for the machine's sake. The peer is the same talkers sending to each other
without an exchange, before each step: what comes on top is the exchange's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from telephony.exchange.embedded.client import EmbeddedExchange, start_if_absent
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    Connect,
    EndCall,
    LegAnswered,
    Record,
    RecordingEnded,
    Ring,
    SetAccount,
    SetOpen,
)
from tests.bench import measuring
from tests.bench.talkers import Talker, talk
from tests.telephony.exchange.peers import Caller, Phone, Talk, address, until
from tests.telephony.exchange.site import Site

STEPS, QUICK_STEPS = tuple(range(20, 201, 20)), (20, 40, 60, 80)
TALK_S, QUICK_TALK_S = 10.0, 4.0
PEER_S = 2.0
LOST = 0.001
JITTER_MS = 10.0  # half a frame: what every telephone's own buffer takes without a word
PHONES = 10
REGISTERED_S = 3600  # the whole run is shorter


@dataclass(frozen=True)
class Step:
    """One step: calls, share of a core, share of packets lost, delay in ms, and the jitter of the peer."""

    calls: int
    core: float
    lost: float
    delay_p50: float
    jitter_p99: float
    peer_jitter_p99: float

    @property
    def holds(self) -> bool:
        return self.lost <= LOST and self.jitter_p99 <= JITTER_MS


class BenchCaller(Caller):
    def voice(self, law: int) -> Talker:
        return Talker(law, self.host)


class BenchPhone(Phone):
    """Answers every call at once."""

    def voice(self, law: int) -> Talker:
        return Talker(law, self.host)

    def incoming(self, talk: Talk) -> None:
        talk.answer()


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    return asyncio.run(_measure(quick))


async def _measure(quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    where = await start_if_absent(folder, max_calls=STEPS[-1])
    process = psutil.Process(where.pid)
    cores = sorted(os.sched_getaffinity(0))
    client = await EmbeddedExchange.connect(where.control)
    await client.attach(1)
    site = Site(client, address(where.trunk), address(where.phones), where.recordings, 1)
    try:
        if len(cores) > 1:  # the exchange has a core for itself
            process.cpu_affinity(cores[-1:])
            os.sched_setaffinity(0, cores[:-1])
        busy = measuring.wait_until_quiet()
        floor = await _Floor.open(site)
        steps: list[Step] = []
        for calls in QUICK_STEPS if quick else STEPS:
            await floor.grow(calls)
            step = floor.measure(process, QUICK_TALK_S if quick else TALK_S)
            if not step.holds:
                step = floor.measure(process, QUICK_TALK_S if quick else TALK_S)
            steps.append(step)
            if not step.holds:
                break
        recorded, whole = await floor.end()
    finally:
        os.sched_setaffinity(0, cores)
        await site.leave()
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
        shutil.rmtree(folder, ignore_errors=True)
    held = [step for step in steps if step.holds]
    best = held[-1] if held else steps[0]
    figures: dict[str, Any] = {
        "calls_held": best.calls if held else 0,
        "more_not_tried": len(held) == len(steps),
        "core_percent": round(best.core * 100, 1),
        "jitter_p99_ms": round(best.jitter_p99, 2),
        "added_jitter_p99_ms": round(max(0.0, best.jitter_p99 - best.peer_jitter_p99), 2),
        "delay_p50_ms": round(best.delay_p50, 3),
        "recordings": recorded,
        "recordings_whole": whole,
        "quick": quick,
    }
    for step in steps:
        figures[f"at_{step.calls}"] = (
            f"{step.core:.0%} of a core, lost {step.lost:.3%}, delay {step.delay_p50:.2f} ms,"
            f" jitter p99 {step.jitter_p99:.2f} ms (without exchange {step.peer_jitter_p99:.2f} ms)"
        )
    return measuring.result("embedded", busy, {}, figures)


class _Floor:
    """The calls that stand, and the phones that took them."""

    def __init__(self, site: Site, caller: Caller) -> None:
        self._site = site
        self._caller = caller
        self._calls: list[str] = []
        self._talkers: list[Talker] = []
        self._talked_s = 0.0

    @classmethod
    async def open(cls, site: Site) -> _Floor:
        """Phones registered, house open."""
        caller = BenchCaller("13800138000")
        site.peers.append(await caller.open())
        for number in range(PHONES):
            phone = BenchPhone(f"{1000 + number}", f"secret-{number}")
            site.peers.append(await phone.open())
            await _sign_in(site, phone)
        await site.do(SetOpen, True)
        return cls(site, caller)

    async def grow(self, calls: int) -> None:
        """Recorded calls until there are so many."""
        site = self._site
        while len(self._calls) < calls:
            number = len(self._calls)
            customer = self._caller.call(site.trunk, "400")
            await until(lambda number=number: len(site.seen(CallArrived)) > number)
            call = site.seen(CallArrived)[number].call
            await site.do(Answer, call)
            await site.do(Ring, call, f"a{number}", f"{1000 + number % PHONES}", {})
            await site.fact(LegAnswered, call=call, leg=f"a{number}")
            await site.do(Record, call, f"call-{number}.wav")
            await site.do(Connect, call, ((call, f"a{number}"),))
            await customer.reaches("answered")
            phone = next(peer for peer in site.peers if peer.name == f"{1000 + number % PHONES}")
            self._calls.append(call)
            self._talkers += [customer.voice, phone.past[-1].voice]  # type: ignore[list-item]
        await asyncio.sleep(0.2)

    def measure(self, process: psutil.Process, seconds: float) -> Step:
        """All talk. The loop of this process stands meanwhile; nothing but RTP is under way."""
        peer = _directly(len(self._talkers), PEER_S)
        talk(self._talkers, 1.0)  # every port has found its far end
        for talker in self._talkers:
            talker.sent = talker.received = 0
        before, began = process.cpu_times(), time.monotonic()
        delays = talk(self._talkers, seconds)
        spent, after = time.monotonic() - began, process.cpu_times()
        sent = sum(talker.sent for talker in self._talkers)
        used = after.user + after.system - before.user - before.system
        middle = statistics.median(delays) if delays else 0.0
        return Step(
            calls=len(self._calls),
            core=used / spent,
            lost=1 - sum(talker.received for talker in self._talkers) / sent,
            delay_p50=middle,
            jitter_p99=_jitter(delays),
            peer_jitter_p99=peer,
        )

    async def end(self) -> tuple[int, int]:
        """Hang up; recordings, and how many of them are closed and as long as the longest but for a second."""
        for call in self._calls:
            await self._site.do(EndCall, call)
        await until(lambda: len(self._site.seen(RecordingEnded)) == len(self._calls), 60)
        ended = self._site.seen(RecordingEnded)
        return len(ended), sum(fact.why == "ended" and fact.seconds > 1.0 for fact in ended)


async def _sign_in(site: Site, phone: Phone) -> None:
    await site.do(SetAccount, phone.name, phone.secret)
    if await phone.register(site.phones, expires=REGISTERED_S) != 200:
        raise RuntimeError("a phone could not register")


def _directly(talkers: int, seconds: float) -> float:
    """The jitter of as many talkers who send to each other: the machine's own, and that of measuring."""
    pairs = [Talker(8, "127.0.0.1") for _ in range(talkers)]
    try:
        for one, other in zip(pairs[::2], pairs[1::2], strict=True):
            one.remote, other.remote = other.here, one.here
        return _jitter(talk(pairs, seconds))
    finally:
        for talker in pairs:
            talker.close()


def _jitter(delays: list[float]) -> float:
    """How much later than usual the 99th of a hundred packets comes."""
    return measuring.percentile(delays, 0.99) - statistics.median(delays) if delays else float("inf")
