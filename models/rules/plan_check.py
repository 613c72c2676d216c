# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a routing plan: `faults(plan, prompts)`. A plan with faults is never stored. Pure.

`where` names the part («queues.400», «menus.main», «numbers.400…», «blocked.2», «house»),
`words` is a catalogue key with its arguments. The ways of one entry into another are looked at in `plan_ways`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from models.rules.plan import Blocked, Calendar, DialledNumber, Menu, OutboundRule, Plan, QueuePlan
from models.rules.plan_ways import Fault, cycles, destination_faults, prompt_faults
from models.rules.reached import canonical
from resources.i18n import LANGUAGES

DIGITS = frozenset("0123456789*#")
LEVELS = range(1, 6)
DAY_MIN = 24 * 60
SHORTEST_POSITION_S = 15.0  # more often than that a caller would hear nothing else
LONGEST_KEY_S = 60.0
MOST_TRIES = 9
_id = re.compile(r"[a-z0-9_-]+")
_prefix = re.compile(r"\+?[0-9]+|withheld")


def faults(plan: Plan, prompts: Iterable[str] | None = None) -> tuple[Fault, ...]:
    """Everything wrong with the plan, none for a good one. `prompts` are the names there are; None: not looked at."""
    names = frozenset(prompts) if prompts is not None else None
    found = [*_house(plan, names), *_ids(plan)]
    for queue in plan.queues.values():
        found += _queue(plan, queue, names)
    for menu in plan.menus.values():
        found += _menu(plan, menu, names)
    for calendar in plan.calendars.values():
        found += _calendar(calendar)
    found += _numbers(plan, plan.numbers, names)
    for n, entry in enumerate(plan.blocked):
        found += _blocked(f"blocked.{n}", entry, names)
    for n, rule in enumerate(plan.outbound):
        found += _outbound(f"outbound.{n}", rule, plan)
    found += cycles(plan)
    return tuple(found)


def _house(plan: Plan, prompts: frozenset[str] | None) -> Iterator[Fault]:
    yield from prompt_faults("house", plan.emergency, prompts)
    if plan.first and plan.first not in plan.queues:
        yield Fault("house", "plan.fault_no_queue", (plan.first,))
    elif plan.queues and not plan.first:
        yield Fault("house", "plan.fault_no_first")


def _ids(plan: Plan) -> Iterator[Fault]:
    """Ids are short words and an entry stands under its own."""
    for area, entries in (
        ("queues", {key: each.queue for key, each in plan.queues.items()}),
        ("menus", {key: each.menu for key, each in plan.menus.items()}),
        ("calendars", {key: each.calendar for key, each in plan.calendars.items()}),
    ):
        for key, own in entries.items():
            if key != own or not _id.fullmatch(key):
                yield Fault(f"{area}.{key}", "plan.fault_id", (own or key,))


# ---- queues ---------------------------------------------------------------------------------------------------


def _queue(plan: Plan, queue: QueuePlan, prompts: frozenset[str] | None) -> Iterator[Fault]:
    where = f"queues.{queue.queue}"
    if not queue.words_zh.strip() or not queue.words_en.strip():
        yield Fault(where, "plan.fault_no_words")
    for skill, level in queue.skills.items():
        if level not in LEVELS:
            yield Fault(where, "plan.fault_level", (skill, str(level)))
    yield from _relaxations(where, queue)
    numbers = (
        queue.max_wait_s, queue.max_waiting, queue.position_every_s, queue.callback_retry_s, queue.last_agent_s,
        queue.target_s,
    )  # fmt: skip
    if any(number < 0 for number in numbers) or queue.callback_attempts < 1:
        yield Fault(where, "plan.fault_negative")
    if 0 < queue.position_every_s < SHORTEST_POSITION_S:
        yield Fault(where, "plan.fault_position", (f"{SHORTEST_POSITION_S:g}",))
    if (queue.max_wait_s or queue.max_waiting) and queue.overflow is None:
        yield Fault(where, "plan.fault_no_overflow")
    if queue.calendar and queue.calendar not in plan.calendars:
        yield Fault(where, "plan.fault_no_calendar", (queue.calendar,))
    if not queue.emergency_prompt:
        yield Fault(where, "plan.fault_no_emergency_words")
    for prompt in (queue.emergency_prompt, queue.welcome, queue.music):
        yield from prompt_faults(where, prompt, prompts)
    for to in (queue.overflow, queue.unserved, queue.closed):
        if to is not None:
            yield from destination_faults(plan, where, to, prompts)


def _relaxations(where: str, queue: QueuePlan) -> Iterator[Fault]:
    after = [each.after_s for each in queue.relax]
    if any(later <= earlier for earlier, later in pairwise(after)):
        yield Fault(where, "plan.fault_relax_order")
    if any(each.after_s <= 0 or (each.by < 1 and not each.drop) for each in queue.relax):
        yield Fault(where, "plan.fault_relax")


# ---- menus ----------------------------------------------------------------------------------------------------


def _menu(plan: Plan, menu: Menu, prompts: frozenset[str] | None) -> Iterator[Fault]:
    where = f"menus.{menu.menu}"
    if not menu.options:
        yield Fault(where, "plan.fault_menu_empty")
    for digit in (*menu.options, *menu.languages):
        if digit not in DIGITS:
            yield Fault(where, "plan.fault_digit", (digit,))
    for digit in sorted(set(menu.options) & set(menu.languages)):
        yield Fault(where, "plan.fault_digit_twice", (digit,))
    for language in menu.languages.values():
        if language not in LANGUAGES:
            yield Fault(where, "plan.fault_language", (language,))
    if not 0 < menu.timeout_s <= LONGEST_KEY_S or not 1 <= menu.tries <= MOST_TRIES:
        yield Fault(where, "plan.fault_menu_times", (f"{LONGEST_KEY_S:g}", str(MOST_TRIES)))
    if not menu.prompt:
        yield Fault(where, "plan.fault_no_prompt")
    yield from prompt_faults(where, menu.prompt, prompts)
    for to in (*menu.options.values(), menu.otherwise):
        yield from destination_faults(plan, where, to, prompts)


# ---- calendars ------------------------------------------------------------------------------------------------


def _calendar(calendar: Calendar) -> Iterator[Fault]:
    where = f"calendars.{calendar.calendar}"
    days: dict[str, list[tuple[int, int]]] = {}
    for weekday, begins, ends in calendar.weekly:
        if weekday not in range(7):
            yield Fault(where, "plan.fault_weekday", (str(weekday),))
        days.setdefault(str(weekday), []).append((begins, ends))
    for day, intervals in calendar.special.items():
        if not _is_date(day):
            yield Fault(where, "plan.fault_date", (day,))
        days.setdefault(day, []).extend(intervals)
    for day, intervals in days.items():
        yield from _intervals(where, day, intervals)


def _is_date(day: str) -> bool:
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _intervals(where: str, day: str, intervals: list[tuple[int, int]]) -> Iterator[Fault]:
    for begins, ends in intervals:
        if not 0 <= begins < ends <= DAY_MIN:
            yield Fault(where, "plan.fault_hours", (day, clock(begins), clock(ends)))
    ordered = sorted(intervals)
    for (_, ends), (begins, _) in pairwise(ordered):
        if begins < ends:
            yield Fault(where, "plan.fault_overlap", (day, clock(begins)))


def clock(minutes: int) -> str:
    """Minutes after midnight as they are written: 08:30."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


# ---- numbers, blacklist, dialling out -------------------------------------------------------------------------


def _numbers(plan: Plan, numbers: Mapping[str, DialledNumber], prompts: frozenset[str] | None) -> Iterator[Fault]:
    claimed: dict[str, str] = {}
    for key, entry in numbers.items():
        where = f"numbers.{key}"
        spelt = canonical(entry.number)
        if not entry.number.strip():
            yield Fault(where, "plan.fault_no_number")
        elif spelt in claimed:
            yield Fault(where, "plan.fault_number_twice", (entry.number, claimed[spelt]))
        claimed.setdefault(spelt, entry.number)
        if entry.language not in LANGUAGES:
            yield Fault(where, "plan.fault_language", (entry.language,))
        yield from destination_faults(plan, where, entry.destination, prompts)


def _blocked(where: str, entry: Blocked, prompts: frozenset[str] | None) -> Iterator[Fault]:
    if not _prefix.fullmatch(entry.prefix):
        yield Fault(where, "plan.fault_prefix", (entry.prefix,))
    if entry.until < 0:
        yield Fault(where, "plan.fault_negative")
    yield from prompt_faults(where, entry.prompt, prompts)


def _outbound(where: str, rule: OutboundRule, plan: Plan) -> Iterator[Fault]:
    if rule.prefix and not _prefix.fullmatch(rule.prefix):
        yield Fault(where, "plan.fault_prefix", (rule.prefix,))
    if rule.calendar and rule.calendar not in plan.calendars:
        yield Fault(where, "plan.fault_no_calendar", (rule.calendar,))
    if rule.per_day < 0:
        yield Fault(where, "plan.fault_negative")


__all__ = ["Fault", "clock", "faults"]
