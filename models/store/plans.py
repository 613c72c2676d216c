# SPDX-License-Identifier: GPL-3.0-or-later
"""The routing plan, trunks and hardware phones as the switchboard reads them, with the service role.

Verbs read the plan here too, to refuse a change before it is stored. What a desk reads is `models.store.plan_rows`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Row, RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.people import person
from models.routing import (
    blocked_number,
    calendar,
    desk_phone,
    desk_phone_secret,
    dialled_number,
    menu,
    outbound_rule,
    person_skill,
    trunk,
    trunk_secret,
)
from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import (
    LEVEL_SCORES,
    Blocked,
    Calendar,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    Plan,
    QueuePlan,
)
from models.rules.plan_json import dump, load
from models.work import queue, setting

VERSION = "plan"  # a setting whose row version is the plan's: every change of the plan counts it
EMERGENCY = "emergency"  # the prompt of a whole house closed by hand, "" open
FIRST_QUEUE = "first_queue"
SUPERVISION_SHOWN = "supervision_shown"  # whether an agent is told that somebody listens; the law of the place decides
PRESETS = ("company", "hotline", SUPERVISION_SHOWN)  # what a house sets for itself at the desk
MIDDLE_LEVEL = 3  # of a skill somebody has without a level

_QUEUE_FIELDS = tuple(each.name for each in fields(QueuePlan) if each.name not in ("queue", "skills"))


async def read_plan(connection: AsyncConnection) -> Plan:
    """The whole plan as it stands. A dialled number that no row names leads to the queue that lists it."""
    rows = await _rows(connection, queue, queue.c.priority.desc(), queue.c.id)
    queues = {row["id"]: queue_of(row) for row in rows if row["active"]}
    numbers = {
        number: DialledNumber(number, Destination(DestinationKind.QUEUE, row["id"]))
        for row in reversed(rows)
        if row["active"]
        for number in row["numbers"]
    }
    numbers |= {
        row["number"]: _part(DialledNumber, row)
        for row in await _rows(connection, dialled_number, dialled_number.c.number)
    }
    menus = {row["menu"]: _part(Menu, row) for row in await _rows(connection, menu, menu.c.menu)}
    calendars = {
        row["calendar"]: _part(Calendar, row) for row in await _rows(connection, calendar, calendar.c.calendar)
    }
    blocked = tuple(_part(Blocked, row) for row in await _rows(connection, blocked_number, blocked_number.c.prefix))
    rules = await _rows(connection, outbound_rule, outbound_rule.c.place, outbound_rule.c.id)
    settings = await _settings(connection)
    first = str(settings[FIRST_QUEUE].value) if FIRST_QUEUE in settings else ""
    return Plan(
        queues=queues,
        numbers=numbers,
        menus=menus,
        calendars=calendars,
        blocked=blocked,
        outbound=tuple(_part(OutboundRule, row) for row in rules),
        emergency=str(settings[EMERGENCY].value) if EMERGENCY in settings else "",
        first=first if first in queues else next(iter(queues), ""),
        version=settings[VERSION].version if VERSION in settings else 0,
    )


def queue_of(row: RowMapping) -> QueuePlan:
    """The part of the plan that a row of `queue` holds."""
    data = {name: row[name] for name in _QUEUE_FIELDS}
    data["level_scores"] = dict(LEVEL_SCORES) if row["level_scores"] is None else row["level_scores"]
    data["skills"] = {skill: row["levels"].get(skill, 1) for skill in row["skills"]}
    return load(QueuePlan, {**data, "queue": row["id"]})


def queue_values(part: QueuePlan) -> dict[str, Any]:
    """The columns of a row of `queue` for this part, but `id`."""
    data: dict[str, Any] = dump(part)
    values = {name: data[name] for name in _QUEUE_FIELDS}
    values["level_scores"] = None if part.level_scores == LEVEL_SCORES else data["level_scores"]
    return {
        **values,
        "skills": list(part.skills),
        "levels": {skill: level for skill, level in part.skills.items() if level != 1},
    }


async def read_trunks(connection: AsyncConnection) -> tuple[TrunkLine, ...]:
    """The trunks that are in use, with their secrets: `orders.Trunk(**asdict(line))`."""
    joined = trunk.outerjoin(trunk_secret, trunk_secret.c.trunk == trunk.c.name)
    query = select(trunk, trunk_secret.c.secret).select_from(joined).where(trunk.c.active).order_by(trunk.c.name)
    return tuple(trunk_of(row) for row in (await connection.execute(query)).mappings())


def trunk_of(row: RowMapping) -> TrunkLine:
    """A row of `trunk`; its secret is in it when the query joined it."""
    return _part(TrunkLine, {**row, "secret": row.get("secret") or ""})


async def read_desk_phones(connection: AsyncConnection) -> tuple[DeskPhone, ...]:
    """Every hardware phone with the secret it registers with."""
    joined = desk_phone.join(desk_phone_secret, desk_phone_secret.c.extension == desk_phone.c.extension)
    query = select(desk_phone, desk_phone_secret.c.secret).select_from(joined).order_by(desk_phone.c.extension)
    return tuple(_part(DeskPhone, row) for row in (await connection.execute(query)).mappings())


async def read_levels(connection: AsyncConnection, who: str) -> dict[str, int]:
    """Skill → level 1…5 of everything this person can."""
    skills = select(person.c.skills).where(person.c.person == who)
    can: list[str] = (await connection.execute(skills)).scalar_one_or_none() or []
    rows = select(person_skill.c.skill, person_skill.c.level).where(person_skill.c.person == who)
    levels = {skill: level for skill, level in await connection.execute(rows)}
    return {skill: levels.get(skill, MIDDLE_LEVEL) for skill in can}


async def read_supervision_shown(connection: AsyncConnection) -> bool:
    """Whether the agent sees that somebody listens or whispers. True unless the house turned it off."""
    found = await connection.execute(select(setting.c.value).where(setting.c.name == SUPERVISION_SHOWN))
    return found.scalar_one_or_none() is not False


async def _settings(connection: AsyncConnection) -> dict[str, Row[Any]]:
    named = select(setting).where(setting.c.name.in_((VERSION, EMERGENCY, FIRST_QUEUE)))
    return {row.name: row for row in await connection.execute(named)}


async def _rows(connection: AsyncConnection, table: Table, *order: Any) -> list[RowMapping]:
    return list((await connection.execute(select(table).order_by(*order))).mappings())


def _part(kind: type[Any], row: Any) -> Any:
    """The fields of `kind` out of a row that has more columns."""
    return load(kind, {each.name: row[each.name] for each in fields(kind)})
