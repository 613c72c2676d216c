# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of the outbound rules: who may dial what, when, how often and over which trunk. The first that fits decides."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select, update

from models.kinds import Group
from models.people import person
from models.routing import outbound_rule, trunk
from models.rules.permissions import PLAN
from models.rules.plan import OutboundRule
from models.rules.plan_json import dump
from models.verbs import plan_guard
from models.verbs.plan_guard import DIALLED, named, part_of, row_of, tell
from models.verbs.registry import Act, VerbRefused, verb

_PREFIX = re.compile(r"(\+[0-9]{1,15})?")


@verb(PLAN)
async def outbound_rule_save(
    act: Act,
    plan: dict,  # type: ignore[type-arg]
    base_version: int = 0,
    rule: int = 0,
    place: int = 0,
) -> dict[str, Any]:
    """A rule at its place, 1 the first. `rule` 0: a new one; `place` 0: where it is, a new one last."""
    part = part_of(OutboundRule, plan)
    named(_PREFIX, part.prefix, "prefix")
    await _check(act, part)
    before = await plan_guard.opened(act)
    row = await row_of(act, outbound_rule, rule, base_version)
    order = await _order(act)
    values = {**dump(part), "changed": act.now, "changed_by": act.actor.person}
    if row is None:
        made = outbound_rule.insert().values(place=len(order) + 1, **values)
        id_, version = (await act.conn.execute(made.returning(outbound_rule.c.id, outbound_rule.c.version))).one()
        order.append(id_)
    else:
        id_, version = rule, row["version"] + 1
        await act.conn.execute(update(outbound_rule).where(outbound_rule.c.id == id_).values(version=version, **values))
    if place:
        order.remove(id_)
        order.insert(place - 1, id_)
    await _keep_order(act, order)
    await plan_guard.closed(act, before)
    act.changed("outbound_rule", id_, version)
    old = {name: row[name] for name in (*dump(part), "place")} if row is not None else None
    tell(act, "outbound", str(id_), old, {**dump(part), "place": order.index(id_) + 1})
    return {"id": str(id_), "version": version, "place": order.index(id_) + 1}


@verb(PLAN)
async def outbound_rule_remove(act: Act, rule: int, base_version: int) -> dict[str, Any]:
    """Take a rule away; the others keep their order."""
    before = await plan_guard.opened(act)
    row = await row_of(act, outbound_rule, rule, base_version)
    if row is None:
        raise VerbRefused("refusal.plan_gone", rule)
    await plan_guard.take_away(act, outbound_rule, rule, row)
    await _keep_order(act, await _order(act))
    await plan_guard.closed(act, before)
    old = {name: value for name, value in row.items() if name not in ("version", "changed", "changed_by", "id")}
    tell(act, "outbound", str(rule), old, None)
    return {"id": str(rule)}


@verb(PLAN)
async def outbound_rule_order(act: Act, rules: list[str]) -> dict[str, Any]:
    """The order of all rules, by their ids; refused when it names other rules than there are."""
    await plan_guard.opened(act)
    old = [str(each) for each in await _order(act)]
    if sorted(old) != sorted(rules):
        raise VerbRefused("refusal.plan_gone", "—")
    await _keep_order(act, [int(each) for each in rules])
    act.changed("outbound_rule", "*")
    tell(act, "outbound_order", "*", old, rules)
    return {"rules": rules}


async def _order(act: Act) -> list[int]:
    query = select(outbound_rule.c.id).order_by(outbound_rule.c.place, outbound_rule.c.id)
    return list((await act.conn.execute(query)).scalars())


async def _keep_order(act: Act, order: list[int]) -> None:
    for place, id_ in enumerate(order, start=1):
        moved = update(outbound_rule).where(outbound_rule.c.id == id_, outbound_rule.c.place != place)
        await act.conn.execute(moved.values(place=place))


async def _check(act: Act, part: OutboundRule) -> None:
    for group in part.groups:
        if group not in set(Group):
            raise VerbRefused("refusal.argument_wrong", "groups")
    there = set((await act.conn.execute(select(person.c.person).where(person.c.person.in_(part.persons)))).scalars())
    for who in sorted(part.persons - there):
        raise VerbRefused("refusal.no_person", who)
    if part.caller_id:
        named(DIALLED, part.caller_id, "caller_id")
    if part.trunk:
        found = await act.conn.execute(select(trunk.c.name).where(trunk.c.name == part.trunk))
        if found.scalar_one_or_none() is None:
            raise VerbRefused("refusal.no_trunk", part.trunk)
    if part.per_day < 0:
        raise VerbRefused("refusal.argument_wrong", "per_day")
