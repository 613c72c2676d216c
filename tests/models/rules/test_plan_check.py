# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of a plan is found and told; hours and spellings are what they should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from models.rules import hours, reached
from models.rules.clocks import HOUSE_ZONE
from models.rules.plan import (
    Blocked,
    Calendar,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    Plan,
    QueuePlan,
    Relaxation,
)
from models.rules.plan_check import faults
from resources.i18n import LANGUAGES, catalogue

PROMPTS = frozenset({"menu_example", "closed_emergency", "closed", "music", "welcome"})
QUEUE = DestinationKind.QUEUE


def to(kind: DestinationKind, target: str = "", prompt: str = "") -> Destination:
    return Destination(kind, target, prompt)


GOOD = Plan(
    {"400": QueuePlan("400", "热线", "Hotline", {"printer": 3}, relax=(Relaxation(20), Relaxation(40, drop=True)),
                      calendar="office", closed=to(DestinationKind.VOICEMAIL, "400"),
                      max_wait_s=60, overflow=to(QUEUE, "night")),
     "night": QueuePlan("night", "夜间", "Night")},
    {"a": DialledNumber("4001234567", to(DestinationKind.MENU, "main"))},
    {"main": Menu("main", "menu_example", {"1": to(QUEUE, "400")}, to(QUEUE, "night"), {"9": "en"})},
    {"office": Calendar("office", ((0, 540, 720), (0, 720, 1080)), {"2026-10-01": ()})},
    (Blocked("+86139"),),
    outbound=(OutboundRule("+1", False),),
    first="400",
)  # fmt: skip


def _queue(**changes: object) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, queues={**plan.queues, "400": replace(plan.queues["400"], **changes)})


def _menu(**changes: object) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, menus={"main": replace(plan.menus["main"], **changes)})


def _hours(weekly: tuple[tuple[int, int, int], ...], **special: tuple[tuple[int, int], ...]) -> Callable[[Plan], Plan]:
    days = {name.removeprefix("d").replace("_", "-"): intervals for name, intervals in special.items()}
    return lambda plan: replace(plan, calendars={"office": Calendar("office", weekly, days)})


def _number(*entries: DialledNumber) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, numbers={str(n): each for n, each in enumerate(entries)})


def _dest(kind: DestinationKind, target: str = "") -> Callable[[Plan], Plan]:
    return _queue(unserved=to(kind, target))


NIGHT_BACK = replace(GOOD.queues["night"], overflow=to(QUEUE, "400"), max_wait_s=5)

WRONG: list[tuple[str, str, Callable[[Plan], Plan]]] = [
    ("fault_no_queue", "queues.400", _dest(QUEUE, "nowhere")),
    ("fault_no_queue", "queues.400", _dest(DestinationKind.VOICEMAIL, "nowhere")),
    ("fault_no_queue", "queues.400", _dest(DestinationKind.CALLBACK)),
    ("fault_no_menu", "queues.400", _dest(DestinationKind.MENU, "nowhere")),
    ("fault_dialable", "queues.400", _dest(DestinationKind.NUMBER, "call me")),
    ("fault_no_person", "queues.400", _dest(DestinationKind.PERSON)),
    ("fault_no_prompt", "queues.400", _dest(DestinationKind.ANNOUNCE)),
    ("fault_prompt", "queues.400", _dest(DestinationKind.ANNOUNCE, "nowhere")),
    ("fault_prompt", "queues.400", _queue(welcome="nowhere")),
    ("fault_no_calendar", "queues.400", _queue(calendar="nowhere")),
    ("fault_level", "queues.400", _queue(skills={"printer": 6})),
    ("fault_level", "queues.400", _queue(skills={"printer": 0})),
    ("fault_relax_order", "queues.400", _queue(relax=(Relaxation(40), Relaxation(20)))),
    ("fault_relax", "queues.400", _queue(relax=(Relaxation(0),))),
    ("fault_negative", "queues.400", _queue(max_wait_s=-1)),
    ("fault_negative", "queues.400", _queue(callback_attempts=0)),
    ("fault_position", "queues.400", _queue(position_every_s=5)),
    ("fault_no_overflow", "queues.400", _queue(overflow=None)),
    ("fault_no_words", "queues.400", _queue(words_en=" ")),
    ("fault_no_emergency_words", "queues.400", _queue(emergency_prompt="")),
    ("fault_id", "queues.A b", lambda plan: replace(plan, queues={**plan.queues, "A b": QueuePlan("A b", "x", "x")})),
    ("fault_id", "menus.other", lambda plan: replace(plan, menus={**plan.menus, "other": plan.menus["main"]})),
    ("fault_cycle", "queues.night", lambda plan: replace(plan, queues={**plan.queues, "night": NIGHT_BACK})),
    ("fault_cycle", "queues.400", _queue(closed=to(DestinationKind.PERSON, "1001"))),
    ("fault_cycle", "menus.main", _menu(otherwise=to(DestinationKind.MENU, "main"))),
    ("fault_menu_empty", "menus.main", _menu(options={})),
    ("fault_digit", "menus.main", _menu(options={"12": to(QUEUE, "400")})),
    ("fault_digit", "menus.main", _menu(languages={"x": "en"})),
    ("fault_digit_twice", "menus.main", _menu(languages={"1": "en"})),
    ("fault_language", "menus.main", _menu(languages={"9": "fr"})),
    ("fault_menu_times", "menus.main", _menu(tries=0)),
    ("fault_menu_times", "menus.main", _menu(timeout_s=0)),
    ("fault_no_prompt", "menus.main", _menu(prompt="")),
    ("fault_overlap", "calendars.office", _hours(((0, 540, 720), (0, 700, 1080)))),
    ("fault_overlap", "calendars.office", _hours((), d2026_10_01=((60, 120), (100, 130)))),
    ("fault_hours", "calendars.office", _hours(((0, 720, 540),))),
    ("fault_hours", "calendars.office", _hours(((0, 720, 1500),))),
    ("fault_weekday", "calendars.office", _hours(((7, 540, 720),))),
    ("fault_date", "calendars.office", _hours((), d2026_13_01=())),
    ("fault_number_twice", "numbers.1", _number(
        DialledNumber("+861066667777", to(QUEUE, "400")), DialledNumber("010 6666 7777", to(QUEUE, "400")))),
    ("fault_no_number", "numbers.0", _number(DialledNumber(" ", to(QUEUE, "400")))),
    ("fault_language", "numbers.0", _number(DialledNumber("400", to(QUEUE, "400"), "fr"))),
    ("fault_no_first", "house", lambda plan: replace(plan, first="")),
    ("fault_no_queue", "house", lambda plan: replace(plan, first="nowhere")),
    ("fault_prompt", "house", lambda plan: replace(plan, emergency="nowhere")),
    ("fault_prefix", "blocked.0", lambda plan: replace(plan, blocked=(Blocked("abc"),))),
    ("fault_no_calendar", "outbound.0", lambda plan: replace(plan, outbound=(OutboundRule("", True, calendar="n"),))),
    ("fault_negative", "outbound.0", lambda plan: replace(plan, outbound=(OutboundRule("", True, per_day=-1),))),
]  # fmt: skip


def test_a_good_plan_and_an_empty_one_have_no_faults() -> None:
    assert faults(GOOD, PROMPTS) == ()
    assert faults(Plan(), PROMPTS) == ()


@pytest.mark.parametrize(("words", "where", "spoil"), WRONG, ids=[f"{n}_{case[0]}" for n, case in enumerate(WRONG)])
def test_every_fault_is_found(words: str, where: str, spoil: Callable[[Plan], Plan]) -> None:
    found = faults(spoil(GOOD), PROMPTS)
    assert (where, f"plan.{words}") in {(fault.where, fault.words) for fault in found}, found
    for fault in found:
        for language in LANGUAGES:
            text = catalogue(language)[fault.words]
            assert all(f"%{n}" in text for n in range(1, len(fault.args) + 1))


def test_prompts_are_not_looked_at_without_their_names() -> None:
    assert faults(_queue(welcome="anything")(GOOD)) == ()


def test_a_way_round_by_key_is_allowed() -> None:
    menu = replace(GOOD.menus["main"], options={"1": to(DestinationKind.MENU, "main")})
    assert faults(replace(GOOD, menus={"main": menu}), PROMPTS) == ()


# ---- hours and numbers ----------------------------------------------------------------------------------------

WEEK = ((0, 540, 720), (0, 780, 1080), (1, 540, 1080))
OFFICE = Calendar("office", WEEK, {"2026-03-17": (), "2026-03-24": ((600, 660),)})


def _at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 3, day, hour, minute, tzinfo=HOUSE_ZONE).timestamp()


@pytest.mark.parametrize(
    ("now", "open_", "why", "opens"),
    [
        (_at(16, 9), True, "", None),
        (_at(16, 11, 59), True, "", None),
        (_at(16, 12), False, "calendar", _at(16, 13)),
        (_at(16, 8, 59), False, "calendar", _at(16, 9)),
        (_at(17, 10), False, "holiday", _at(23, 9)),
        (_at(24, 12), False, "special_day", _at(30, 9)),
        (_at(24, 10, 30), True, "", None),
    ],
)
def test_hours_are_those_of_the_house(now: float, open_: bool, why: str, opens: float | None) -> None:
    found = hours.at(OFFICE, now)
    assert (found.open, found.why, found.opens) == (open_, why, opens)


def test_a_calendar_without_hours_never_opens() -> None:
    assert hours.at(Calendar("never"), _at(16, 9)).opens is None


@pytest.mark.parametrize(
    "spelling", ["+861066667777", "861066667777", "01066667777", "00861066667777", "010-6666 7777", "1066667777"]
)
def test_spellings_of_one_number_are_equal(spelling: str) -> None:
    assert reached.canonical(spelling) == "861066667777"


def test_the_longest_prefix_blocks() -> None:
    plan = Plan(blocked=(Blocked("+86138", why="a"), Blocked("+861380013", why="b"), Blocked("+86137", until=10.0)))
    found = reached.blocked(plan, "013800138000", 50.0)
    assert found is not None and found.why == "b"
    assert reached.blocked(plan, "+8613700000000", 50.0) is None
    assert reached.blocked(plan, "+8613700000000", 5.0) is not None
    assert reached.blocked(plan, "", 5.0) is None
