# SPDX-License-Identifier: GPL-3.0-or-later
"""What a desk reads of the plan, of trunks, messages and contacts, with a person's own connection.

`models.store.plans.read_plan` works on that connection too: it is what a dry run is made with. A part comes with its
version, which the verb that changes it is given as `base_version`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.kinds import TaskKind, TaskState
from models.people import person
from models.routing import (
    blocked_number,
    calendar,
    desk_phone,
    dialled_number,
    menu,
    outbound_rule,
    person_skill,
    trunk,
)
from models.rules.lines import DeskPhone
from models.rules.plan import Blocked, Calendar, DialledNumber, Menu, OutboundRule, QueuePlan
from models.rules.plan_json import load
from models.rules.plan_lines import Edited, EventLine, PersonSkills, RecallLine, TrunkRow, VoicemailLine
from models.store import sheets
from models.store.plans import MIDDLE_LEVEL, PRESETS, queue_of, trunk_of
from models.work import queue, setting

MOST_MESSAGES = 200

_VOICEMAILS = """
    SELECT v.id, v.contact, v.task, v.queue, v.number, v.at, v.seconds, v.heard_by, v.heard_at,
           coalesce(h.name, '') AS heard_by_name, t.customer, coalesce(c.name, '') AS customer_name
    FROM tr.voicemail v LEFT JOIN tr.task t ON t.id = v.task LEFT JOIN tr.customer c ON c.id = t.customer
      LEFT JOIN tr.person h ON h.person = v.heard_by
    WHERE v.state = 'kept'
"""
_NEWEST_VOICEMAILS = text(_VOICEMAILS + " ORDER BY v.at DESC LIMIT :most")
_VOICEMAILS_OF = text(_VOICEMAILS + " AND v.task = ANY(CAST(:tasks AS bigint[]))")
_RECALLS = text(
    sheets.TASK_LINES
    + """ WHERE t.state <> :done AND t.kind = ANY(CAST(:kinds AS text[]))
    ORDER BY t.handover_due, t.id LIMIT :most"""
)
_WAITED = text("SELECT id, started, coalesce(connected, ended, started) - started AS waited FROM tr.contact"
               " WHERE id = ANY(CAST(:contacts AS text[]))")  # fmt: skip
_EVENTS = text(
    """
    SELECT e.at, e.kind, e.who, coalesce(p.name, '') AS who_name, e.data
    FROM tr.contact_event e LEFT JOIN tr.person p ON p.person = e.who
    WHERE e.contact = :contact ORDER BY e.epoch, e.seq LIMIT :most
    """
)


async def queues(conn: AsyncConnection) -> tuple[Edited[QueuePlan], ...]:
    """Every queue in use, the one that comes first first."""
    rows = await _rows(conn, queue, queue.c.priority.desc(), queue.c.id)
    return tuple(_edited(row["id"], queue_of(row), row) for row in rows if row["active"])


async def menus(conn: AsyncConnection) -> tuple[Edited[Menu], ...]:
    return tuple(_edited(row["menu"], _part(Menu, row), row) for row in await _rows(conn, menu, menu.c.menu))


async def calendars(conn: AsyncConnection) -> tuple[Edited[Calendar], ...]:
    rows = await _rows(conn, calendar, calendar.c.calendar)
    return tuple(_edited(row["calendar"], _part(Calendar, row), row) for row in rows)


async def numbers(conn: AsyncConnection) -> tuple[Edited[DialledNumber], ...]:
    """Dialled numbers that somebody set up; those that a queue only lists stand in `Plan.numbers`, version 0."""
    rows = await _rows(conn, dialled_number, dialled_number.c.number)
    return tuple(_edited(row["number"], _part(DialledNumber, row), row) for row in rows)


async def blocked(conn: AsyncConnection) -> tuple[Edited[Blocked], ...]:
    """The blacklist, those of whom the time is over too. Administrators read none: it names customers."""
    rows = await _rows(conn, blocked_number, blocked_number.c.changed.desc(), blocked_number.c.prefix)
    return tuple(_edited(row["prefix"], _part(Blocked, row), row) for row in rows)


async def outbound_rules(conn: AsyncConnection) -> tuple[Edited[OutboundRule], ...]:
    """In the order in which they decide; `key` is the row's id."""
    rows = await _rows(conn, outbound_rule, outbound_rule.c.place, outbound_rule.c.id)
    return tuple(_edited(str(row["id"]), _part(OutboundRule, row), row) for row in rows)


async def trunks(conn: AsyncConnection) -> tuple[TrunkRow, ...]:
    """Trunks without their secrets, for administrators and supervisors; nobody else reads one."""
    return tuple(
        TrunkRow(trunk_of(row), row["active"], row["secret_set"], row["version"], row["changed"], row["by_name"] or "")
        for row in await _rows(conn, trunk, trunk.c.name)
    )


async def desk_phones(conn: AsyncConnection) -> tuple[Edited[DeskPhone], ...]:
    """Hardware phones, `secret` "": no desk reads one."""
    return tuple(
        _edited(row["extension"], DeskPhone(row["extension"], row["name"], row["person"]), row)
        for row in await _rows(conn, desk_phone, desk_phone.c.extension)
    )


async def presets(conn: AsyncConnection) -> tuple[Edited[Any], ...]:
    """What the house has set for itself beside the plan, by name; what was never set is not there."""
    rows = await _rows(conn, setting, setting.c.name)
    return tuple(_edited(row["name"], row["value"], row) for row in rows if row["name"] in PRESETS)


async def people_skills(conn: AsyncConnection) -> tuple[PersonSkills, ...]:
    """Everybody who may work, by number, with the level of each of his skills (3 where none was set)."""
    rows = await conn.execute(select(person_skill))
    levels = {(row.person, row.skill): row.level for row in rows}
    versions = {row.person: row.version for row in await conn.execute(select(person.c.person, person.c.version))}
    return tuple(
        PersonSkills(
            line.person,
            line.name,
            line.team,
            line.groups,
            {skill: levels.get((line.person, skill), MIDDLE_LEVEL) for skill in line.skills},
            versions[line.person],
        )
        for line in await sheets.people(conn)
        if line.active
    )


async def voicemails(conn: AsyncConnection, most: int = MOST_MESSAGES) -> tuple[VoicemailLine, ...]:
    """Messages that are kept, newest first."""
    return tuple(_voicemail(row) for row in (await conn.execute(_NEWEST_VOICEMAILS, {"most": most})).mappings())


async def recalls(conn: AsyncConnection, most: int = MOST_MESSAGES) -> tuple[RecallLine, ...]:
    """Who is still to be called back without a sheet, the most urgent first; claimed with the verbs of tasks."""
    kinds = [TaskKind.RECALL.value, TaskKind.VOICEMAIL.value, TaskKind.WEB_CALLBACK.value]
    asked = {"done": TaskState.DONE.value, "kinds": kinds, "most": most}
    rows = list((await conn.execute(_RECALLS, asked)).mappings())
    messages = await conn.execute(_VOICEMAILS_OF, {"tasks": [row["id"] for row in rows]})
    by_task = {line.task: line for line in map(_voicemail, messages.mappings())}
    contacts = await conn.execute(_WAITED, {"contacts": [row["contact"] for row in rows if row["contact"]]})
    waited = {row.id: (row.started, row.waited) for row in contacts}
    return tuple(
        RecallLine(
            sheets.task_line(row), row["queue"], row["language"], *waited.get(row["contact"], (None, 0.0)),
            voicemail=by_task.get(str(row["id"])), contact=row["contact"] or "",
        )
        for row in rows
    )  # fmt: skip


async def events_of(conn: AsyncConnection, contact: str, most: int = 2_000) -> tuple[EventLine, ...]:
    """A contact's history in the order of the log: offers, misses, scores, overflow, everything noted."""
    rows = await conn.execute(_EVENTS, {"contact": contact, "most": most})
    return tuple(EventLine(row.at, row.kind, row.who, row.who_name, row.data) for row in rows)


def _voicemail(row: RowMapping) -> VoicemailLine:
    return VoicemailLine(
        str(row["id"]), row["contact"], str(row["task"]), row["queue"], row["number"],
        "" if row["customer"] is None else str(row["customer"]), row["customer_name"], row["at"], row["seconds"],
        row["heard_by"], row["heard_by_name"], row["heard_at"],
    )  # fmt: skip


async def _rows(conn: AsyncConnection, table: Table, *order: Any) -> list[RowMapping]:
    """The rows of a table with the names of those who changed them last, in `by_name`."""
    by = person.alias("by_person")
    query = (
        select(table, by.c.name.label("by_name"))
        .select_from(table.outerjoin(by, by.c.person == table.c.changed_by))
        .order_by(*order)
    )
    return list((await conn.execute(query)).mappings())


def _part(kind: type[Any], row: RowMapping) -> Any:
    return load(kind, {each.name: row[each.name] for each in fields(kind)})


def _edited(key: str, part: Any, row: RowMapping) -> Edited[Any]:
    by = row["changed_by"]
    return Edited(key, part, row["version"], row["changed"], by, row["by_name"] or by)
