# SPDX-License-Identifier: GPL-3.0-or-later
"""What every change of the routing plan goes through: one at a time, from what is shown, to a plan without a new fault.

`opened` locks the plan for this transaction and counts its version; `closed` reads what it has become and refuses it
when something is wrong with it now that was not before. Raises VerbRefused.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert

import resources
from models.rules.plan import Plan
from models.rules.plan_check import faults
from models.rules.plan_json import PartWrong, dump, load
from models.store.plans import VERSION, read_plan
from models.verbs import loading
from models.verbs.registry import Act, VerbRefused
from models.work import setting

ID = re.compile(r"[a-z0-9_-]{1,32}")
DIALLED = re.compile(r"\+?[0-9]{2,20}")

T = TypeVar("T")


@lru_cache(maxsize=1)
def prompts() -> frozenset[str]:
    """The prompts that can be played, by name; music is one of them."""
    folder = Path(resources.__file__ or "").parent / "prompts"
    return frozenset(file.stem for pattern in ("*.wav", "zh_CN/*.wav", "en/*.wav") for file in folder.glob(pattern))


async def opened(act: Act) -> Plan:
    """The plan before the change. Whoever changes it at the same time waits for this transaction."""
    count = {"version": setting.c.version + 1, "changed": act.now, "changed_by": act.actor.person}
    counted = await act.conn.execute(
        insert(setting)
        .values(name=VERSION, value=None, changed=act.now, changed_by=act.actor.person)
        .on_conflict_do_update(index_elements=["name"], set_=count)
        .returning(setting.c.version)
    )
    act.changed("setting", VERSION, counted.scalar_one())
    return await read_plan(act.conn)


async def closed(act: Act, before: Plan) -> None:
    """Refuse the change when the plan has a fault that it had not before: an old fault keeps nobody from mending."""
    known = Counter((each.words, each.args) for each in faults(before, prompts()))
    for fault in faults(await read_plan(act.conn), prompts()):
        known[fault.words, fault.args] -= 1
        if known[fault.words, fault.args] < 0:  # by what it is, for where it stands may have moved
            raise VerbRefused(fault.words, *fault.args)


def part_of(kind: type[T], plan: dict[str, Any], **fixed: object) -> T:
    """The part that the argument `plan` holds; the refusal names the field that does not fit."""
    try:
        return load(kind, {**plan, **fixed})
    except PartWrong as wrong:
        raise VerbRefused(f"refusal.argument_{wrong.why}", wrong.field) from wrong


def named(pattern: re.Pattern[str], value: str, argument: str) -> str:
    """`value`, when it can be the name of a row."""
    if not pattern.fullmatch(value):
        raise VerbRefused("refusal.argument_wrong", argument)
    return value


async def row_of(act: Act, table: Table, key: object, base_version: int) -> RowMapping | None:
    """The row as it was shown, locked; None when it was not there and is not. Else somebody was quicker."""
    (column,) = table.primary_key.columns
    query = select(table).where(column == key).with_for_update()
    row = (await act.conn.execute(query)).mappings().one_or_none()
    if (row["version"] if row is not None else 0) != base_version:
        by = await loading.name_of(act, row["changed_by"]) if row is not None else ""
        raise VerbRefused("refusal.plan_changed" if row is not None else "refusal.plan_gone", by or "—")
    return row


async def write(act: Act, table: Table, key: str, row: RowMapping | None, values: dict[str, Any]) -> int:
    """Store a row; its new version. Screens and the switchboard hear of it at the commit."""
    (column,) = table.primary_key.columns
    marks: dict[str, Any] = {"changed": act.now, "changed_by": act.actor.person}
    if row is None:
        made = insert(table).values(**{column.name: key}, **values, **marks)
        version: int = (await act.conn.execute(made.returning(table.c.version))).scalar_one()
    else:
        marks["version"] = version = row["version"] + 1
        await act.conn.execute(update(table).where(column == key).values(**values, **marks))
    act.changed(table.name, key, version)
    return version


async def take_away(act: Act, table: Table, key: object, row: RowMapping) -> None:
    """Delete a row."""
    (column,) = table.primary_key.columns
    await act.conn.execute(delete(table).where(column == key))
    act.changed(table.name, key, row["version"] + 1)


def tell(act: Act, kind: str, key: str, old: object, new: object) -> None:
    """The audit's line: which part, what it was, what it is; None where there was or is none."""
    act.audited(part=kind, id=key, old=dump(old), new=dump(new))
