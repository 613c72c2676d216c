# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of the routing plan: queues, calendars, menus, dialled numbers, the blacklist, closing by hand.

`plan` is the part as `models.rules.plan_json` writes it; `base_version` the version it was shown with, 0 for a new one.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects.postgresql import insert

from models.people import person
from models.routing import blocked_number, calendar, dialled_number, menu
from models.rules.permissions import OVERSEE, PLAN
from models.rules.plan import Blocked, Calendar, DialledNumber, Menu, Plan, QueuePlan
from models.rules.plan_json import dump
from models.store.plans import EMERGENCY, FIRST_QUEUE, queue_values
from models.verbs import plan_guard
from models.verbs.loading import locked
from models.verbs.plan_guard import DIALLED, ID, named, part_of, row_of, tell
from models.verbs.registry import Act, VerbRefused, verb
from models.work import queue as queues
from models.work import setting

WITHHELD = "withheld"
_BLOCKED = re.compile(rf"\+[1-9][0-9]{{0,14}}|{WITHHELD}")
_CLOSED = "closed_emergency"
_CALENDAR, _MENU = calendar, menu  # whose names are arguments of the verbs that take one away


@verb(PLAN)
async def queue_save(act: Act, plan: dict, base_version: int) -> dict[str, Any]:  # type: ignore[type-arg]
    """A queue, new or changed: effective for the next call, and for those that wait from their next step on."""
    part = part_of(QueuePlan, plan)
    named(ID, part.queue, "queue")
    if not part.words_zh.strip() or not part.words_en.strip():
        raise VerbRefused("refusal.name_needed")
    await _people_there(act, part.members)
    before = await plan_guard.opened(act)
    row = await row_of(act, queues, part.queue, await _base(act, part.queue, base_version))
    version = await plan_guard.write(act, queues, part.queue, row, {**queue_values(part), "active": True})
    await plan_guard.closed(act, before)
    tell(act, "queue", part.queue, before.queues.get(part.queue), part)
    return {"id": part.queue, "version": version}


@verb(PLAN)
async def queue_remove(act: Act, queue: str, base_version: int) -> dict[str, Any]:
    """Take a queue out of the plan; nothing may lead to it any more. Its words stay for what happened in it."""
    before = await plan_guard.opened(act)
    row = await row_of(act, queues, queue, base_version)
    if row is None or not row["active"]:
        raise VerbRefused("refusal.plan_gone", "—")
    values = {"active": False, "numbers": [], "emergency": False}
    await plan_guard.write(act, queues, queue, row, values)
    await plan_guard.closed(act, before)
    tell(act, "queue", queue, before.queues.get(queue), None)
    return {"id": queue}


@verb(PLAN)
async def first_queue_save(act: Act, queue: str) -> dict[str, Any]:
    """The queue of a call that nothing else claims."""
    before = await plan_guard.opened(act)
    if queue not in before.queues:
        raise VerbRefused("refusal.plan_gone", queue)
    await _set(act, FIRST_QUEUE, queue)
    tell(act, "first_queue", FIRST_QUEUE, before.first, queue)
    return {"id": queue}


@verb(PLAN)
async def calendar_save(act: Act, plan: dict, base_version: int) -> dict[str, Any]:  # type: ignore[type-arg]
    """Opening hours with their holidays and special days."""
    part = part_of(Calendar, plan)
    return await _save(act, calendar, "calendar", named(ID, part.calendar, "calendar"), part, base_version)


@verb(PLAN)
async def calendar_remove(act: Act, calendar: str, base_version: int) -> dict[str, Any]:
    """Take opening hours away that nothing follows any more."""
    return await _remove(act, _CALENDAR, "calendar", calendar, base_version)


@verb(PLAN)
async def menu_save(act: Act, plan: dict, base_version: int) -> dict[str, Any]:  # type: ignore[type-arg]
    """A voice menu: what is said, and where each key leads."""
    part = part_of(Menu, plan)
    return await _save(act, menu, "menu", named(ID, part.menu, "menu"), part, base_version)


@verb(PLAN)
async def menu_remove(act: Act, menu: str, base_version: int) -> dict[str, Any]:
    """Take a menu away that nothing leads to any more."""
    return await _remove(act, _MENU, "menu", menu, base_version)


@verb(PLAN)
async def number_save(act: Act, plan: dict, base_version: int) -> dict[str, Any]:  # type: ignore[type-arg]
    """Where the calls to one of our numbers go."""
    part = part_of(DialledNumber, plan)
    named(DIALLED, part.number, "number")
    before = await plan_guard.opened(act)
    await _unlist(act, part.number)
    return await _save(act, dialled_number, "number", part.number, part, base_version, before)


@verb(PLAN)
async def number_remove(act: Act, number: str, base_version: int) -> dict[str, Any]:
    """Forget a number of ours; its calls go to the first queue, as those of every number we do not know."""
    before = await plan_guard.opened(act)
    listed = await _unlist(act, number)
    if base_version:
        return await _remove(act, dialled_number, "number", number, base_version, before)
    await row_of(act, dialled_number, number, 0)
    if not listed:
        raise VerbRefused("refusal.plan_gone", number)
    await plan_guard.closed(act, before)
    tell(act, "number", number, before.numbers.get(number), None)
    return {"id": number}


@verb(OVERSEE)
async def blocked_add(act: Act, plan: dict, base_version: int = 0) -> dict[str, Any]:  # type: ignore[type-arg]
    """Refuse callers whose number begins so, for good or until an hour."""
    part = part_of(Blocked, plan)
    named(_BLOCKED, part.prefix, "prefix")
    if part.until and part.until <= act.now:
        raise VerbRefused("refusal.argument_wrong", "until")
    return await _save(act, blocked_number, "blocked", part.prefix, part, base_version)


@verb(OVERSEE)
async def blocked_remove(act: Act, prefix: str, base_version: int) -> dict[str, Any]:
    """Take somebody off the blacklist."""
    return await _remove(act, blocked_number, "blocked", prefix, base_version)


@verb(PLAN)
async def emergency_close(act: Act, queue: str = "", prompt: str = _CLOSED) -> dict[str, Any]:
    """Close a queue, or the whole house (""), by hand and now: callers hear the prompt."""
    return await _emergency(act, queue, prompt or _CLOSED)


@verb(PLAN)
async def emergency_open(act: Act, queue: str = "") -> dict[str, Any]:
    """Open again what was closed by hand."""
    return await _emergency(act, queue, "")


async def _emergency(act: Act, queue: str, prompt: str) -> dict[str, Any]:
    before = await plan_guard.opened(act)
    if not queue:
        await _set(act, EMERGENCY, prompt)
        old: object = before.emergency
    else:
        row = await locked(act, queues, queue, "refusal.plan_gone")
        if not row["active"]:
            raise VerbRefused("refusal.plan_gone", queue)
        values: dict[str, Any] = {"emergency": bool(prompt)}
        if prompt:
            values["emergency_prompt"] = prompt
        await plan_guard.write(act, queues, queue, row, values)
        old = row["emergency_prompt"] if row["emergency"] else ""
    await plan_guard.closed(act, before)
    tell(act, EMERGENCY, queue, old, prompt)
    return {"id": queue, "closed": bool(prompt)}


async def _save(
    act: Act, table: Table, kind: str, key: str, part: Any, base_version: int, before: Plan | None = None
) -> dict[str, Any]:
    before = before or await plan_guard.opened(act)
    row = await row_of(act, table, key, base_version)
    (column,) = table.primary_key.columns
    values = {name: value for name, value in dump(part).items() if name != column.name}
    version = await plan_guard.write(act, table, key, row, values)
    await plan_guard.closed(act, before)
    tell(act, kind, key, _before(row, part), part)
    return {"id": key, "version": version}


async def _remove(
    act: Act, table: Table, kind: str, key: str, base_version: int, before: Plan | None = None
) -> dict[str, Any]:
    before = before or await plan_guard.opened(act)
    row = await row_of(act, table, key, base_version)
    if row is None:
        raise VerbRefused("refusal.plan_gone", key)
    await plan_guard.take_away(act, table, key, row)
    await plan_guard.closed(act, before)
    old = {name: value for name, value in row.items() if name not in ("version", "changed", "changed_by")}
    tell(act, kind, key, old, None)
    return {"id": key}


def _before(row: Any, part: Any) -> object:
    return None if row is None else {each.name: row[each.name] for each in fields(part)}


async def _base(act: Act, queue: str, base_version: int) -> int:
    """A queue that was taken away is new to whoever makes one of that name."""
    if base_version == 0:
        gone = select(queues.c.version).where(queues.c.id == queue, queues.c.active.is_(False))
        return (await act.conn.execute(gone)).scalar_one_or_none() or 0
    return base_version


async def _people_there(act: Act, numbers: tuple[str, ...]) -> None:
    there = set((await act.conn.execute(select(person.c.person).where(person.c.person.in_(numbers)))).scalars())
    for number in numbers:
        if number not in there:
            raise VerbRefused("refusal.no_person", number)


async def _unlist(act: Act, number: str) -> bool:
    """Take a number out of the queues that list it; whether one did."""
    listed = queues.c.numbers.contains([number])
    gone = await act.conn.execute(
        update(queues).where(listed).values(numbers=func.array_remove(queues.c.numbers, number))
    )
    return bool(gone.rowcount)


async def _set(act: Act, name: str, value: str) -> None:
    what = {"value": value, "changed": act.now, "changed_by": act.actor.person}
    stored = await act.conn.execute(
        insert(setting)
        .values(name=name, **what)
        .on_conflict_do_update(index_elements=["name"], set_={**what, "version": setting.c.version + 1})
        .returning(setting.c.version)
    )
    act.changed("setting", name, stored.scalar_one())
