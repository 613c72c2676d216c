# SPDX-License-Identifier: GPL-3.0-or-later
"""`lookup`: find_by_phone() by a person's connection against a raw asyncpg prepared statement, the same numbers.

The peer answers the same question, who has this number and how sure is that, with one prepared statement on one
connection of the same role. Numbers are spelled in twelve ways and normalised inside our time, not inside the peer's.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from typing import Any

from sqlalchemy import text

from models.store import cards
from telephony.numbers import normalise
from tests.bench import measuring
from tests.bench.site import PASSWORD, bench_site, person_database

LOOKUPS = 1000
PEER = """
    SELECT p.customer, p.confidence, c.name, c.company
    FROM tr.phone p JOIN tr.customer c ON c.id = p.customer
    WHERE p.e164 = $1
    ORDER BY CASE p.confidence WHEN 'exact' THEN 0 WHEN 'household' THEN 1 ELSE 2 END, p.verified DESC NULLS LAST, p.id
    LIMIT 5
"""
MOBILES = "SELECT e164 FROM tr.phone WHERE e164 LIKE '+861__________' ORDER BY hashint8(id) LIMIT 5000"


def spellings(e164: str) -> list[str]:
    """Twelve ways to write a Chinese number."""
    national = e164.removeprefix("+86")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in national)
    spaced = f"{national[:3]} {national[3:7]} {national[7:]}"
    dashed = f"{national[:3]}-{national[3:7]}-{national[7:]}"
    return [
        e164, f"+86 {spaced}", f"0086{national}", f"0086-{dashed}", national, spaced, dashed, wide,
        f"(+86){national}", f"tel:{e164}", f"sip:{e164}@127.0.0.1", f"（+86）{dashed}",
    ]  # fmt: skip


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    return asyncio.run(_measure(quick))


async def _measure(quick: bool) -> dict[str, Any]:
    customers = 1_000_000 if quick else 5_000_000
    async with bench_site(customers) as site:
        database = await person_database(site, "1001", PASSWORD)
        raw = await database.connect_raw()
        statement = await raw.prepare(PEER)
        rows = await raw.fetch(MOBILES)
        numbers = [row["e164"] for row in rows]
        chance = random.Random(7)
        busy = measuring.wait_until_quiet()
        ours, peers, every, whole = [], [], [], []
        async with database.reading() as connection:
            for number in numbers[:200]:
                await cards.identify(connection, number)
                await statement.fetch(number)
            for _ in range(measuring.REPEATS):
                asked = [chance.choice(numbers) for _ in range(LOOKUPS)]
                spelled = [chance.choice(spellings(number)) for number in asked]
                mine = []
                for written in spelled:
                    began = time.perf_counter()
                    await cards.identify(connection, normalise(written).e164)
                    mine.append(time.perf_counter() - began)
                theirs = []
                for number in asked:
                    began = time.perf_counter()
                    await statement.fetch(number)
                    theirs.append(time.perf_counter() - began)
                for number in asked[:100]:
                    began = time.perf_counter()
                    await cards.find_by_phone(connection, number)
                    whole.append(time.perf_counter() - began)
                ours.append(statistics.median(mine))
                peers.append(statistics.median(theirs))
                every += mine
        paced = await _paced(site, numbers, seconds=5.0 if quick else 20.0)
        await raw.close()
        await database.close()
    return measuring.result(
        "lookup",
        busy,
        {"identify_p50_to_raw": measuring.ratio(ours, peers, 2.0)},
        {
            "customers": customers,
            "ours_p50_ms": round(statistics.median(every) * 1000, 3),
            "ours_p99_ms": round(measuring.percentile(every, 0.99) * 1000, 3),
            "whole_card_p50_ms": round(statistics.median(whole) * 1000, 3),
            "peer_p50_ms": round(statistics.median(peers) * 1000, 3),
            **paced,
        },
    )


async def _paced(site: Any, numbers: list[str], seconds: float, desks: int = 50, rate: float = 500.0) -> dict[str, Any]:
    """`rate` look-ups a second from `desks` connections, two for each of the staff, the rest the service's."""
    service = site.service(connections=desks)
    async with service.reading() as connection:
        staff = [row.person for row in await connection.execute(text("SELECT person FROM tr.person WHERE active"))]
    databases = [await person_database(site, person, PASSWORD) for person in staff[: desks // 2]]
    spent: list[float] = []
    chance = random.Random(11)

    async def one(database: Any) -> None:
        began = time.perf_counter()
        async with database.reading() as connection:
            await cards.identify(connection, normalise(chance.choice(spellings(chance.choice(numbers)))).e164)
        spent.append(time.perf_counter() - began)

    everybody = databases + [service] * (desks // 2 - len(databases))
    await asyncio.gather(*(one(each) for each in everybody for _ in range(2)))
    spent.clear()
    began, count, running = time.perf_counter(), 0, set()
    while (elapsed := time.perf_counter() - began) < seconds:
        while count < elapsed * rate:
            task = asyncio.create_task(one(everybody[count % len(everybody)]))
            running.add(task)
            task.add_done_callback(running.discard)
            count += 1
        await asyncio.sleep(0.001)
    await asyncio.gather(*running)
    for database in [*databases, service]:
        await database.close()
    return {
        "paced_per_s": round(len(spent) / seconds),
        "paced_p50_ms": round(measuring.percentile(spent, 0.5) * 1000, 3),
        "paced_p99_ms": round(measuring.percentile(spent, 0.99) * 1000, 3),
    }
