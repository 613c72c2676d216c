# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the whole set-up of the house in one go, as this person may see it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

import resources
from desktop.flows.house_picture import Mark, Picture
from models.rules.plan_lines import Edited
from models.store import plan_rows
from models.store.plans import read_plan


async def read_picture(conn: AsyncConnection) -> Picture:
    """Plan, trunks and people with the version of every row. What this person may not read is left empty."""
    rules = await plan_rows.outbound_rules(conn)
    trunks = await plan_rows.trunks(conn)
    phones = await plan_rows.desk_phones(conn)
    marks: dict[tuple[str, str], Mark] = {}
    for kind, rows in (
        ("queue", await plan_rows.queues(conn)),
        ("calendar", await plan_rows.calendars(conn)),
        ("menu", await plan_rows.menus(conn)),
        ("number", await plan_rows.numbers(conn)),
        ("blocked", await plan_rows.blocked(conn)),
        ("outbound", rules),
        ("device", phones),
    ):
        marks |= _marks(kind, rows)
    for row in trunks:
        marks["trunk", row.line.name] = Mark(row.version, row.changed_by_name, row.changed)
    presets = await plan_rows.presets(conn)
    marks |= _marks("preset", presets)
    return Picture(
        plan=await read_plan(conn),
        marks=MappingProxyType(marks),
        rule_ids=tuple(row.key for row in rules),
        trunks=tuple(row.line for row in trunks),
        secret_set=frozenset(row.line.name for row in trunks if row.secret_set),
        people=await plan_rows.people_skills(conn),
        prompts=prompts(),
        phones=tuple(row.part for row in phones),
        presets=MappingProxyType({row.key: row.part for row in presets}),
    )


@cache
def prompts() -> tuple[str, ...]:
    """The prompts that this installation can play, by name."""
    folder = Path(resources.__file__).parent / "prompts"
    return tuple(sorted({file.stem for pattern in ("*.wav", "zh_CN/*.wav") for file in folder.glob(pattern)}))


def _marks(kind: str, rows: Sequence[Edited[Any]]) -> dict[tuple[str, str], Mark]:
    return {(kind, row.key): Mark(row.version, row.changed_by_name, row.changed) for row in rows}
