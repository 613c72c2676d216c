# SPDX-License-Identifier: GPL-3.0-or-later
"""`setup`: whole calls set up a second on a real Asterisk, led by our switchboard over ARI against its own app_queue.

Both sides have the same build, configuration, trunk, callers and 100 registered agents (sipp plays all of them), and
start with a fresh Asterisk. The rate is raised step by step until a call fails; a step that failed is tried once more
on another fresh Asterisk. Ours is the real switchboard (routing, journal, ordering, engine) without database and desks:
Ringback, Ring, Answer, Connect, EndCall once the customer has hung up, and SetReady twice for the fall-back queue.
Limits: sipp, Asterisk and switchboard share this machine's cores; each rate is one of a list, so the ratio is as coarse
as that list; and who talks sends five packets, no more. Two nodes share the same cores: they show that they work, not
what two machines carry. The delay is read from the traces of both sipp.
"""

from __future__ import annotations

import asyncio
import logging
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import measuring, setup_brain, setup_sides
from tests.bench.setup_sides import EXTENSIONS, Played, Side

RATES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 160, 180, 200, 225, 250, 300, 350)
QUICK_RATES = (10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300)
FIRST_RATES = (40, 100)  # where the first climb of ours and of the peer begins; it may go down from there
STEP_S, QUICK_STEP_S = 4.0, 1.2
TRIES, QUICK_TRIES = 2, 1
DELAY_RATE, DELAY_S, QUICK_DELAY_S = 10, 5.0, 2.0
QUICK_REPEATS, QUICK_ENOUGH_S = 3, 27.0  # a quick run begins no further repeat after so many seconds,
QUICK_END_S = 48.0  # and no further step after these
BRAIN_CALLS, QUICK_BRAIN_CALLS = 3000, 1000
NODES = ("east", "west")
TIME_UP = "time was up"

Make = Callable[[], AbstractAsyncContextManager[Side]]


@dataclass
class Climb:
    """One side going up from `at`, an index of the rates. `best` is the highest step that was held. No step begins
    after `until`."""

    make: Make
    quick: bool
    at: int
    until: float = math.inf
    best: Played | None = None
    delays: list[float] = field(default_factory=list)
    failed: str = ""  # at which rate, and why

    @property
    def rates(self) -> tuple[int, ...]:
        return QUICK_RATES if self.quick else RATES

    @property
    def held(self) -> int:
        """The highest rate without a failed call, 0 when even the lowest was too much."""
        return self.best.step.rate if self.best else 0

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.until

    async def run(self, with_delays: bool = True) -> Climb:
        """Up until a step fails; down from there when none was held. Every failure ends that Asterisk."""
        tries, falling = QUICK_TRIES if self.quick else TRIES, False
        left = tries
        while 0 <= self.at < len(self.rates) and not (falling and self.best):
            if self.is_late:
                self.failed = TIME_UP
                break
            async with self.make() as side:
                if with_delays and not self.delays:
                    self.delays = await side.delays(DELAY_RATE, QUICK_DELAY_S if self.quick else DELAY_S)
                left = left - 1 if not await self._up(side, falling) else tries
            if left:
                continue
            if self.best:
                break
            self.at, left, falling = self.at - 1, tries, True
        return self

    async def _up(self, side: Side, once: bool) -> bool:
        """Steps until one fails; whether the last one was held."""
        while self.at < len(self.rates):
            if self.is_late:
                self.failed = TIME_UP
                break
            played = await side.play(self.rates[self.at], QUICK_STEP_S if self.quick else STEP_S)
            if not played.step.holds:
                self.failed = f"{played.step.rate}: {played.step.why}"
                return False
            self.best, self.at = played, self.at + 1
            if once:
                break
        return True


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    diary = logging.getLogger("telephony")
    level = diary.level
    diary.setLevel(logging.CRITICAL)  # overload is what we look for: its warnings are no news and cost time
    try:
        return asyncio.run(_measure(quick))
    finally:
        diary.setLevel(level)


async def _measure(quick: bool) -> dict[str, Any]:
    busy = await asyncio.to_thread(measuring.wait_until_quiet)
    began, pairs = time.monotonic(), list[tuple[Climb, Climb]]()
    until = began + QUICK_END_S if quick else math.inf
    starts = [(QUICK_RATES if quick else RATES).index(rate) for rate in FIRST_RATES]
    for number in range(QUICK_REPEATS if quick else measuring.REPEATS):
        if quick and number and time.monotonic() - began > QUICK_ENOUGH_S:
            break
        mine = await Climb(setup_sides.ours, quick, starts[0], until).run()
        theirs = await Climb(setup_sides.peer, quick, starts[1], until).run()
        if pairs and TIME_UP in (mine.failed, theirs.failed):
            break  # how far it would have come is not known
        pairs.append((mine, theirs))
        starts = [_below(mine), _below(theirs)]  # what was held once need not be climbed to again
    held = [(mine, theirs) for mine, theirs in pairs if theirs.held]
    delays = [(_p50_ms(mine), _p50_ms(theirs)) for mine, theirs in pairs if mine.delays and theirs.delays]
    if not held or not delays:
        raise RuntimeError(f"not even app_queue holds {pairs[0][1].rates[0]} calls a second here")
    two = await Climb(partial(setup_sides.ours, NODES), quick, starts[0], until).run(with_delays=False)
    alone = await _brain_alone(QUICK_BRAIN_CALLS if quick else BRAIN_CALLS)
    return measuring.result(
        "setup",
        busy,
        {
            "setups_per_s": measuring.ratio([m.held for m, _ in held], [t.held for _, t in held], 0.8, at_least=True),
            "invite_to_agent_invite": measuring.ratio([m for m, _ in delays], [t for _, t in delays], 1.2),
        },
        {
            "quick": quick,
            "repeats": len(pairs),
            "agents": len(EXTENSIONS),
            **_figures("ours", [mine for mine, _ in pairs]),
            **_figures("app_queue", [theirs for _, theirs in pairs]),
            "two_nodes_per_s": two.held or None,
            "two_nodes_failed_at": two.failed,
            **alone,
            **_brain_with_ari([mine.best for mine, _ in pairs if mine.best]),
        },
    )


def _below(climb: Climb) -> int:
    """Where the next climb of this side begins: a step below what it held, two when the steps are small."""
    return max(0, climb.rates.index(climb.held) - (1 if climb.quick else 2)) if climb.held else 0


def _p50_ms(climb: Climb) -> float:
    return statistics.median(climb.delays) * 1000


def _figures(side: str, climbs: list[Climb]) -> dict[str, Any]:
    every = [delay * 1000 for climb in climbs for delay in climb.delays]
    costs = [climb.best.asterisk_s / climb.best.step.calls * 1000 for climb in climbs if climb.best]
    return {
        f"{side}_per_s": round(statistics.median(climb.held for climb in climbs)),
        f"{side}_failed_at": climbs[-1].failed,
        f"{side}_more_not_tried": any(climb.held == climb.rates[-1] for climb in climbs),
        f"{side}_delay_p50_ms": round(statistics.median(every), 2),
        f"{side}_delay_p99_ms": round(measuring.percentile(every, 0.99), 2),
        f"{side}_asterisk_cpu_ms_per_call": round(statistics.median(costs), 1) if costs else None,
    }


async def _brain_alone(calls: int) -> dict[str, Any]:
    """The switchboard against an exchange that does everything at once."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    try:
        orders, whole = await setup_brain.orders_a_second(folder, EXTENSIONS, calls)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"brain_orders_per_core_s": round(orders), "brain_calls_per_core_s": round(whole), "brain_goal": 200}


def _brain_with_ari(steps: list[Played]) -> dict[str, Any]:
    """The same at the highest rate that was held, with all that the engine does on ARI."""
    if not steps:
        return {}
    return {
        "with_ari_orders_per_core_s": round(statistics.median(each.orders / each.brain_s for each in steps)),
        "with_ari_core_percent": round(statistics.median(each.brain_s / each.step.seconds for each in steps) * 100),
    }
