# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's routing plan: queues of several strategies, a menu, hours, numbers, rules, and who waits for a call.

Data is `resources/demo/plan.json`. The main number still leads straight to its queue, whose agents, hours and order of
ringing are the plain ones: what a newcomer sees first is three rings and a voice. The trunks are off.
"""

from __future__ import annotations

import asyncio
import wave
from array import array
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

import resources
from models.contacts import contact, voicemail
from models.kinds import Group, TaskKind
from models.people import person
from models.routing import (
    blocked_number,
    calendar,
    dialled_number,
    menu,
    outbound_rule,
    person_skill,
    trunk,
)
from models.rules.plan import Calendar, Destination, DestinationKind, DialledNumber, Menu, QueuePlan
from models.rules.plan_json import dump, load
from models.store.plans import queue_values
from models.work import queue, task

SPEECH = Path(resources.__file__ or "").parent / "prompts" / "robots"
DAY_S = 86_400.0
WAITING_DUE_S = 2 * 3_600.0  # who waits in the demo waits patiently: what happens in it comes first
WORKED_HOURS = (9 * 60, 18 * 60)


async def lay_down(conn: AsyncConnection, plan: dict[str, Any], queues: list[list[Any]], now: float) -> None:
    """Everything of the plan. `queues` are the house's plain ones: id, words, skills, priority."""
    for part in _queues(plan["queues"], queues):
        await conn.execute(insert(queue).values(id=part.queue, **queue_values(part)))
    for name, week in plan["calendars"].items():
        part = Calendar(name, tuple((day, begin, end) for day, begin, end in week["weekly"]), *_special(week))
        await conn.execute(insert(calendar).values(**dump(part)))
    for name, data in plan["menus"].items():
        await conn.execute(insert(menu).values(**dump(load(Menu, {**data, "menu": name}))))
    for number, kind, target, note in plan["numbers"]:
        line = DialledNumber(number, Destination(DestinationKind(kind), target), note=note)
        await conn.execute(insert(dialled_number).values(**dump(line)))
    for prefix, days, why in plan["blocked"]:
        until = now + days * DAY_S if days else 0.0
        await conn.execute(insert(blocked_number).values(prefix=prefix, until=until, why=why))
    for place, rule in enumerate(plan["outbound"], start=1):
        await conn.execute(insert(outbound_rule).values(place=place, **rule))
    for line in plan["trunks"]:
        await conn.execute(insert(trunk).values(active=False, **line))
    there = set((await conn.execute(select(person.c.person))).scalars())
    for who, levels in plan["levels"].items():
        for skill, level in levels.items() if who in there else ():
            await conn.execute(insert(person_skill).values(person=who, skill=skill, level=level))


async def leave_waiting(conn: AsyncConnection, plan: dict[str, Any], now: float) -> int:
    """Callers who gave up and wishes from the web, for a list that is not empty; how many."""
    for n, (kind, number, of_queue, ago, waited, note, name) in enumerate(plan["waiting"]):
        came = now - ago
        call = ""
        if kind == TaskKind.RECALL:
            call = f"waiting-{n}"
            await conn.execute(
                insert(contact).values(
                    id=call, from_number=number, to_number="400", queue=of_queue, outcome="abandoned",
                    hang_up_by="customer", started=came, ended=came + waited,
                )
            )  # fmt: skip
        await conn.execute(
            insert(task).values(
                kind=kind, contact=call, number=number, queue=of_queue, title=name, note=note, group_name=Group.AGENT,
                created=came + waited, created_by="system", handover_due=came + WAITING_DUE_S,
            )
        )  # fmt: skip
    return len(plan["waiting"])


async def leave_messages(conn: AsyncConnection, plan: dict[str, Any], now: float, recordings: Path) -> int:
    """Messages somebody left, with their sound in the folder; how many."""
    for n, (number, of_queue, ago, speech) in enumerate(plan["messages"]):
        at, call, file = now - ago, f"message-{n}", f"message-{n}.wav"
        seconds = await asyncio.to_thread(_record, SPEECH / f"{speech}.wav", recordings / file)
        await conn.execute(
            insert(contact).values(
                id=call, from_number=number, to_number="400", queue=of_queue, outcome="voicemail",
                hang_up_by="customer", started=at - seconds, ended=at,
            )
        )  # fmt: skip
        made = await conn.execute(
            insert(task)
            .values(
                kind=TaskKind.VOICEMAIL, contact=call, number=number, queue=of_queue, group_name=Group.AGENT,
                created=at, created_by="system", handover_due=at + WAITING_DUE_S,
            )
            .returning(task.c.id)
        )  # fmt: skip
        await conn.execute(
            insert(voicemail).values(
                contact=call, queue=of_queue, number=number, task=made.scalar_one(), file=file, at=at, seconds=seconds
            )
        )
    return len(plan["messages"])


def _record(speech: Path, target: Path) -> float:
    """A call's recording in which only the caller speaks (left); its length in seconds."""
    with wave.open(str(speech)) as source:
        rate, count = source.getframerate(), source.getnframes()
        words = array("h", source.readframes(count))
    both = array("h", bytes(4 * count))
    both[::2] = words
    target.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(target), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(both.tobytes())
    return count / rate


def _queues(more: dict[str, dict[str, Any]], plain: list[list[Any]]) -> list[QueuePlan]:
    data = {
        id_: {"words_zh": zh, "words_en": en, "skills": dict.fromkeys(skills, 1), "priority": priority}
        for id_, zh, en, skills, priority in plain
    }
    return [load(QueuePlan, {**data.get(id_, {}), **more.get(id_, {}), "queue": id_}) for id_ in {**data, **more}]


def _special(week: dict[str, Any]) -> tuple[dict[str, tuple[tuple[int, int], ...]], dict[str, str]]:
    special: dict[str, tuple[tuple[int, int], ...]] = {}
    words: dict[str, str] = {}
    for first, days, name in week.get("holidays", ()):
        for n in range(days):
            day = (date.fromisoformat(first) + timedelta(days=n)).isoformat()
            special[day], words[day] = (), name
    for day, name in week.get("worked", ()):
        special[day], words[day] = (WORKED_HOURS,), name
    return special, words
