# SPDX-License-Identifier: GPL-3.0-or-later
"""A leader is stopped between a decision and its order, another one leads, and the first one wakes: it orders nothing.

With --long a hundred leaders in a row, each stopped at a random instant for half a minute; otherwise three for longer
than the gap after which a leader has to ask whether it still leads. The exchange itself counts what was carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from telephony.exchange.asterisk.client import Ari
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.lane import GAP_S
from telephony.exchange.asterisk.own import OwnAsterisk
from telephony.exchange.embedded.client import Addresses, EmbeddedExchange
from telephony.exchange.engine import Exchange, List, Snapshot
from tests.faults.conftest import forget_epochs

LEADER = Path(__file__).with_name("leader.py")
ROOT = Path(__file__).parents[2]
START_S = 30.0


@dataclass
class Led:
    """One exchange: how leader.py reaches it, how we do, and which orders it says it carried out."""

    words: list[str]
    connect: Callable[[], Awaitable[Exchange]]
    executed: Callable[[], Awaitable[frozenset[str]]]


@pytest.fixture
async def led(exchange: Addresses | OwnAsterisk, tmp_path: Path) -> AsyncIterator[Led]:
    if isinstance(exchange, Addresses):
        control = exchange.control
        looking = await EmbeddedExchange.connect(control)

        async def accounts() -> frozenset[str]:
            found = await looking.order(List(looking.next_order()))
            assert isinstance(found, Snapshot)
            return frozenset(found.accounts)

        yield Led(["embedded", str(control)], lambda: EmbeddedExchange.connect(control), accounts)
        await looking.close()
        return
    await forget_epochs(exchange)
    node = exchange.node()
    ari = Ari(node)

    async def ready() -> frozenset[str]:
        return frozenset(row["name"].removeprefix("Stasis:ready-") for row in (await ari.read("deviceStates")).data)

    words = ["asterisk", node.url, node.user, node.password]
    yield Led(words, lambda: AsteriskExchange.connect([node], tmp_path), ready)
    await ari.close()


@dataclass
class Stopped:
    """A leader that stands still, and what had been carried out of its orders when another one led."""

    epoch: int
    process: asyncio.subprocess.Process
    wakes: float
    before: frozenset[str] = frozenset()


async def test_a_leader_that_was_stopped_orders_nothing_when_it_wakes(led: Led, tmp_path: Path, long: bool) -> None:
    trials, pause_s = (100, 30.0) if long else (3, GAP_S + 0.2)
    dice, woken = random.Random(12), 0
    asleep: list[Stopped] = []
    try:
        for epoch in range(1, trials + 1):
            leader = await _begins_to_lead(led, epoch, tmp_path)
            if asleep:
                asleep[-1].before = await _of(led, asleep[-1].epoch)
            await asyncio.sleep(0.05 + dice.random() * 0.1)
            leader.send_signal(signal.SIGSTOP)
            asleep.append(Stopped(epoch, leader, time.monotonic() + pause_s))
            while asleep[0] is not asleep[-1] and asleep[0].wakes < time.monotonic():
                await _wakes(led, asleep.pop(0))
                woken += 1
        last = await led.connect()
        await last.attach(trials + 1)
        asleep[-1].before = await _of(led, asleep[-1].epoch)
        while asleep:
            await asyncio.sleep(max(0.0, asleep[0].wakes - time.monotonic()))
            await _wakes(led, asleep.pop(0))
            woken += 1
        await last.close()
    finally:
        for each in asleep:
            with contextlib.suppress(ProcessLookupError):
                each.process.kill()
            await each.process.wait()
    assert woken == trials


async def _begins_to_lead(led: Led, epoch: int, folder: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(LEADER), str(epoch), str(folder), *led.words, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), START_S) == b"leads\n"
    return process


async def _of(led: Led, epoch: int) -> frozenset[str]:
    """The orders of this leader that the exchange carried out."""
    found = frozenset(name for name in await led.executed() if name.startswith(f"stale-{epoch}-"))
    assert found, "it had ordered before it was stopped"
    return found


async def _wakes(led: Led, stopped: Stopped) -> None:
    process = stopped.process
    assert process.stdout
    process.send_signal(signal.SIGCONT)
    said = await asyncio.wait_for(process.stdout.readline(), START_S)
    await process.wait()
    assert said.startswith(b"gone: ")
    assert await _of(led, stopped.epoch) == stopped.before, "not one order more"
