# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole set-up of the house as a desk shows it: the plan, trunks, people's skills, with row versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import Plan
from models.rules.plan_lines import PersonSkills

KINDS = ("queue", "calendar", "menu", "number", "trunk", "outbound", "blocked", "device")
"""Parts that are edited one by one."""


@dataclass(frozen=True)
class Mark:
    """The version of a stored row, who changed it last and when (site time, 0 unknown)."""

    version: int = 0
    by: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Picture:
    """`rule_ids` are the ids of `plan.outbound` in the same order. `secret_set`: trunks with a stored secret."""

    plan: Plan
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=lambda: MappingProxyType({}))
    rule_ids: tuple[str, ...] = ()
    trunks: tuple[TrunkLine, ...] = ()
    secret_set: frozenset[str] = frozenset()
    people: tuple[PersonSkills, ...] = ()
    prompts: tuple[str, ...] = ()
    phones: tuple[DeskPhone, ...] = ()
    presets: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def parts(self, kind: str) -> tuple[tuple[str, Any], ...]:
        """(id, part) of every part of a kind, in the order they are shown."""
        match kind:
            case "queue":
                return tuple(self.plan.queues.items())
            case "calendar":
                return tuple(self.plan.calendars.items())
            case "menu":
                return tuple(self.plan.menus.items())
            case "number":
                return tuple(self.plan.numbers.items())
            case "trunk":
                return tuple((line.name, line) for line in self.trunks)
            case "outbound":
                return tuple(zip(self.rule_ids, self.plan.outbound, strict=True))
            case "device":
                return tuple((phone.extension, phone) for phone in self.phones)
            case "blocked":
                return tuple((one.prefix, one) for one in self.plan.blocked)
            case _:
                raise KeyError(f"the house has no parts of the kind {kind}")

    def part(self, kind: str, id_: str) -> Any:
        """The stored part, or None."""
        return next((part for name, part in self.parts(kind) if name == id_), None)

    def version(self, kind: str, id_: str) -> int:
        return self.mark(kind, id_).version

    def mark(self, kind: str, id_: str) -> Mark:
        return self.marks.get((kind, id_), Mark())

    def with_part(self, kind: str, id_: str, part: Any) -> Plan:
        """The plan as it would be with this part in place of the stored one; trunks stand in no plan."""
        plan = self.plan
        match kind:
            case "queue":
                queues = _with(plan.queues, id_, part.queue, part)
                return replace(plan, queues=queues, first=plan.first or part.queue)
            case "calendar":
                return replace(plan, calendars=_with(plan.calendars, id_, part.calendar, part))
            case "menu":
                return replace(plan, menus=_with(plan.menus, id_, part.menu, part))
            case "number":
                return replace(plan, numbers=_with(plan.numbers, id_, part.number, part))
            case "blocked":
                rest = tuple(one for one in plan.blocked if one.prefix != id_)
                return replace(plan, blocked=(*rest, part))
            case "outbound":
                rules = zip(self.rule_ids, plan.outbound, strict=True)
                changed = tuple(part if rule == id_ else one for rule, one in rules)
                return replace(plan, outbound=changed if id_ else (*changed, part))
            case _:
                return plan

    def skills(self) -> tuple[str, ...]:
        """Every skill that a person has or a queue asks for, by name."""
        used = {skill for one in self.people for skill in one.levels}
        return tuple(sorted(used | {skill for queue in self.plan.queues.values() for skill in queue.skills}))


def _with(parts: Mapping[str, Any], id_: str, name: str, part: Any) -> dict[str, Any]:
    """The parts with one in its old place, or last."""
    placed = {(name if key == id_ else key): (part if key == id_ else one) for key, one in parts.items()}
    return {**placed, name: part}
