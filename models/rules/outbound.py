# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody may dial a number now, over which trunk and under which caller id: the house's outbound rules. Pure.

Numbers are E.164, `now` is site time. The first rule that fits number and person decides; without one it is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.rules import hours
from models.rules.plan import OutboundRule, Plan


@dataclass(frozen=True)
class Way:
    """`words` of the refusal (a catalogue key or the house's own words) with `args`, "" when allowed."""

    words: str = ""
    args: tuple[str, ...] = ()
    trunk: str = ""
    caller_id: str = ""
    rule: OutboundRule | None = None


def way_out(plan: Plan, number: str, person: str, groups: Iterable[str], dialled_today: int, now: float) -> Way:
    """What the house says to this person dialling this number at this hour."""
    rule = rule_for(plan, number, person, frozenset(groups))
    if rule is None:
        return Way()
    if words := forbidden(rule):
        return Way(words, rule=rule)
    calendar = plan.calendars.get(rule.calendar) if rule.calendar else None
    if rule.calendar and (calendar is None or not hours.at(calendar, now).open):
        return Way("link.number_not_at_this_hour", rule=rule)
    if rule.per_day and dialled_today >= rule.per_day:
        return Way("link.number_cap_reached", (str(rule.per_day),), rule=rule)
    return Way(trunk=rule.trunk, caller_id=rule.caller_id, rule=rule)


def rule_for(plan: Plan, number: str, person: str = "", groups: frozenset[str] = frozenset()) -> OutboundRule | None:
    """The rule that decides, for nobody in particular when no person is named."""
    return next((rule for rule in plan.outbound if fits(rule, number, person, groups)), None)


def forbidden(rule: OutboundRule | None) -> str:
    """The words of a rule that forbids at any hour, "" when it does not."""
    return "" if rule is None or rule.allowed else rule.why or "link.number_forbidden"


def fits(rule: OutboundRule, number: str, person: str, groups: frozenset[str]) -> bool:
    if not number.startswith(rule.prefix):
        return False
    if rule.persons or rule.groups:
        return person in rule.persons or bool(rule.groups & groups)
    return True
