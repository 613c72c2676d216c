# SPDX-License-Identifier: GPL-3.0-or-later
"""`pop`: INVITE at the exchange until the customer card is painted, stamped at the socket and in paintEvent.

One caller after another rings one desk's real window and gives up once the card stood; the figures are the checker's,
from the event log. The peer is a look-up by a raw prepared statement plus one frame of 16.7 ms, in the same run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from models.rules.proof import percentiles
from tests.bench import measuring
from tests.bench.lookup import PEER
from tests.bench.site import PASSWORD, BenchSite, bench_site, person_database
from tests.telephony.exchange.peers import Caller, address

FRAME_MS = 16.7
RING_WAIT_S = 5.0
PERSON = "1001"
_POPS = text(
    "SELECT (p.data->>'painted_at')::float8 - (a.data->>'received_at')::float8 AS pop FROM tr.contact_event a"
    " JOIN tr.contact_event p ON p.contact = a.contact AND p.kind = 'card_painted'"
    " WHERE a.kind = 'arrived' AND a.at >= :since ORDER BY a.at"
)


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    return asyncio.run(_measure(200 if quick else 2000))


async def _measure(calls: int, customers: int = 1_000_000) -> dict[str, Any]:
    async with bench_site(customers) as site:
        service = site.service(connections=3)
        numbers = await _numbers(site)
        serving, trunk = await _start(
            "telephony.service.serve", "--data", str(site.data_dir), wanted=r"^READY (\S+)", TR_SITE="bench"
        )
        desk, _ = await _start(
            "desktop.app", "--data", str(site.data_dir), "--person", PERSON, "--robot", "patient", "--no-sound",
            wanted=r"^SIGNED IN", TR_DEMO_PASSWORD=PASSWORD, QT_QPA_PLATFORM="offscreen",
        )  # fmt: skip
        try:
            await asyncio.sleep(3.0)  # its handset registers, its robot is ready
            busy = measuring.wait_until_quiet()
            await _ring(trunk, numbers, 10)  # the first pops build the panes
            since = await service.clock()
            look_ups = await _look_ups(site, numbers)
            await _ring(trunk, numbers, calls)
            await asyncio.sleep(1.0)
            async with service.reading() as connection:
                pops = [row.pop * 1000 for row in await connection.execute(_POPS, {"since": since})]
        finally:
            for process in (desk, serving):
                process.terminate()
                await process.wait()
            await service.close()
    found = percentiles(pops)
    peer = statistics.median(look_ups) + FRAME_MS
    each = [statistics.median(pops[at::5]) for at in range(5)]
    return measuring.result(
        "pop",
        busy,
        {"pop_to_look_up_and_a_frame": measuring.ratio(each, [peer] * 5, 3.0)},
        {
            "calls": calls, "missing": calls - len(pops), "customers": customers, "p50_ms": found.p50,
            "p99_ms": found.p99, "look_up_p50_ms": round(statistics.median(look_ups), 3),
        },
    )  # fmt: skip


async def _start(module: str, *arguments: str, wanted: str, **surroundings: str) -> tuple[Any, str]:
    """Start a module of ours; returns once it has said what is wanted, with the first group of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-m", module, *arguments, cwd=Path(__file__).resolve().parents[2],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={**os.environ, **surroundings},
    )  # fmt: skip
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if found := re.match(wanted, line):
            return process, found[1] if found.groups() else ""
    raise RuntimeError(f"{module} ended before it said {wanted}")


async def _numbers(site: BenchSite) -> list[str]:
    database = await person_database(site, PERSON, PASSWORD)
    raw = await database.connect_raw()
    rows = await raw.fetch("SELECT e164 FROM tr.phone WHERE confidence = 'exact' ORDER BY hashint8(id) LIMIT 2000")
    await raw.close()
    await database.close()
    return [row["e164"] for row in rows]


async def _look_ups(site: BenchSite, numbers: list[str]) -> list[float]:
    """Milliseconds of raw look-ups."""
    database = await person_database(site, PERSON, PASSWORD)
    raw = await database.connect_raw()
    statement = await raw.prepare(PEER)
    spent = []
    for number in numbers[:500]:
        began = time.perf_counter()
        await statement.fetch(number)
        spent.append((time.perf_counter() - began) * 1000)
    await raw.close()
    await database.close()
    return spent


async def _ring(trunk: str, numbers: list[str], calls: int) -> None:
    """Callers one by one: ring, wait a moment for the card, give up."""
    caller = await Caller("13800138000").open()
    chance = random.Random(3)
    try:
        for _ in range(calls):
            caller.name = chance.choice(numbers).removeprefix("+86")
            talk = caller.call(address(trunk), "400")
            with contextlib.suppress(TimeoutError):
                await talk.reaches("ringing", RING_WAIT_S)
            await asyncio.sleep(0.4)
            talk.cancel()
            with contextlib.suppress(TimeoutError):
                await talk.reaches("ended", RING_WAIT_S)
            await asyncio.sleep(0.05)
    finally:
        await caller.close()
