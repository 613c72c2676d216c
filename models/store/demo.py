# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills an empty site with a believable house: 瀚川, its staff and policy, known customers, and a crowd of any size.

Deterministic by seed. Filling a site that has been filled changes nothing; a cancelled fill leaves no customer behind.
Demo data is laid down by the owner, as a restored backup would be: no verb happened, so no event or audit claims one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

from models.contacts import contact
from models.customers import customer, device, phone
from models.rules.clocks import sheet_day, sheet_number
from models.store import demo_house, demo_plan
from models.store.database import Database
from models.store.demo_crowd import DAY_S, Crowd, house_day, pour
from models.store.search import customer_vector
from models.tickets import sheet_day as sheet_days
from models.tickets import ticket
from models.work import setting

PASSWORD = "three-rings-demo"
MARK = "demo"
LAST_SHEET = 156  # of today: the first sheet that somebody writes is the 157th
BULK = 20_000  # from here on it is quicker to build the indexes afterwards


@dataclass(frozen=True)
class Filled:
    """What stands in the site: how many customers, who works there, and whether this call laid it down."""

    customers: int
    staff: tuple[str, ...]
    fresh: bool


async def fill(
    owner: Database,
    service: Database | None = None,
    *,
    customers: int = 2_000,
    seed: int = 3,
    password: str = PASSWORD,
    now: float | None = None,
    waiting: bool = False,
    recordings: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Filled:
    """Lay the demo down. `service` is not needed and not used; `progress(done, of)` counts customers.

    `waiting` leaves callers to be called back in the list, so that it is not empty; with the folder of `recordings`
    there are messages to listen to as well.

    Raises InterruptedError when `cancelled()` turned true; no customer is there then.
    """
    now = time.time() if now is None else now
    staff = await demo_house.staff(owner, password)
    async with owner.transaction() as conn:
        # Two fills at once: the second waits here and then finds the first one's mark.
        await conn.execute(text("LOCK TABLE tr.setting IN SHARE ROW EXCLUSIVE MODE"))
        marked = (await conn.execute(select(setting.c.value).where(setting.c.name == MARK))).scalar_one_or_none()
        if marked is not None:
            return Filled(int(marked["customers"]), tuple(staff), fresh=False)
        await demo_house.furnish(conn, now)
        known = await _known_customers(conn, now)
        await conn.execute(insert(sheet_days).values(day=sheet_day(now), last=LAST_SHEET))
        await _crowd(conn, customers - known, seed, now, known, customers, progress, cancelled)
        if waiting:
            await demo_plan.leave_waiting(conn, demo_house.words("plan"), now)
        if waiting and recordings is not None:
            await demo_plan.leave_messages(conn, demo_house.words("plan"), now, recordings)
        counted = max(customers, known)
        await conn.execute(insert(setting).values(name=MARK, value={"customers": counted, "seed": seed}, changed=now))
    async with owner.reading() as conn:
        await conn.execute(text("ANALYZE tr.customer, tr.phone, tr.device, tr.ticket, tr.contact"))
    return Filled(counted, tuple(staff), fresh=True)


async def some_numbers(database: Database, count: int) -> list[str]:
    """Numbers to call from, E.164, each of another sure customer; the pictured one first."""
    query = select(phone.c.e164).where(phone.c.confidence == "exact").order_by(phone.c.id).limit(max(0, count))
    async with database.reading() as conn:
        return list((await conn.execute(query)).scalars())


async def _crowd(
    conn: AsyncConnection,
    customers: int,
    seed: int,
    now: float,
    known: int,
    of: int,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    if customers <= 0:
        return
    first_customer = ((await conn.execute(select(func.max(customer.c.id)))).scalar_one() or 0) + 1
    first_device = ((await conn.execute(select(func.max(device.c.id)))).scalar_one() or 0) + 1
    crowd = Crowd(seed, customers, now, first_customer, first_device)
    indexes = [
        index
        for table in (customer, phone, device)
        for index in sorted(table.indexes, key=lambda each: str(each.name))
        if customers >= BULK and not index.unique
    ]
    if indexes:
        await conn.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    for index in indexes:
        await conn.execute(DropIndex(index))
    raw = (await conn.get_raw_connection()).driver_connection
    await pour(raw, crowd, customers, lambda done, _: progress(known + done, of), cancelled)
    for index in indexes:
        if cancelled():
            raise InterruptedError
        await conn.execute(CreateIndex(index))
    for table in ("customer", "device"):
        await conn.execute(
            text(f"SELECT setval(pg_get_serial_sequence('tr.{table}', 'id'), (SELECT max(id) FROM tr.{table}))")
        )


async def _known_customers(conn: AsyncConnection, now: float) -> int:
    """The customers of the pictures, with their devices, tickets and history."""
    people: list[dict[str, Any]] = demo_house.words("pictured")["customers"]
    for one in people:
        made = await conn.execute(
            insert(customer)
            .values(
                kind=one.get("kind", "end_customer"),
                level=one["level"],
                name=one["name"],
                title=one["title"],
                company=one["company"],
                department=one["department"],
                district=one["district"],
                address=one["address"],
                last_agent=one["last_agent"],
                search=customer_vector(one["name"], one["company"], [line[2] for line in one["devices"]]),
                created=now - 900 * DAY_S,
                changed=now - 20 * DAY_S,
            )
            .returning(customer.c.id)
        )
        await _belongings(conn, made.scalar_one(), one, now)
    return len(people)


async def _belongings(conn: AsyncConnection, customer_id: int, one: dict[str, Any], now: float) -> None:
    for number, confidence, label in one["phones"]:
        sure = now - 30 * DAY_S if confidence == "exact" else None
        await conn.execute(
            insert(phone).values(
                customer=customer_id, e164=number, confidence=confidence, verified=sure, label=label, created=now
            )
        )
    devices: list[int] = []
    for line, model, serial, place, days, contract, parts in one["devices"]:
        made = await conn.execute(
            insert(device)
            .values(
                customer=customer_id,
                product_line=line,
                model=model,
                serial=serial,
                place=place,
                covered_until=(house_day(now) + timedelta(days=days)).date(),
                contract=contract,
                parts=[{"name": name, "spec": spec, "mark": mark} for name, spec, mark in parts],
                created=now - 800 * DAY_S,
            )
            .returning(device.c.id)
        )
        devices.append(made.scalar_one())
    for days, count, which, title, stage, due, owner in one["tickets"]:
        opened = now - days * DAY_S
        await conn.execute(
            insert(ticket).values(
                number=sheet_number(sheet_day(opened), count),
                customer=customer_id,
                device=devices[which],
                title=title,
                stage="handed_on",
                stage_words=stage,
                owner=owner,
                opened=opened,
                opened_by=owner,
                due=now + due,
            )
        )
    for days, channel, title, agent, which in one["contacts"]:
        started = now - days * DAY_S
        await conn.execute(
            insert(contact).values(
                id=f"known-{customer_id}-{days}",
                channel=channel,
                from_number=one["phones"][0][0],
                to_number="400",
                queue="server",
                customer=customer_id,
                confidence="exact",
                agent=agent,
                device=devices[which],
                title=title,
                outcome="answered",
                hang_up_by="customer",
                started=started,
                connected=started + 6,
                ended=started + 240,
            )
        )
