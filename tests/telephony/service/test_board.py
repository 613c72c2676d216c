# SPDX-License-Identifier: GPL-3.0-or-later
"""Today's figures: counts by quarter of entry into the queue, each event once, a new day empty."""

from __future__ import annotations

import pytest

from telephony.service.board import DAY_S, QUARTER_S, Figures, day_start
from telephony.service.journal import Event

DAY = day_start(1_774_000_000.0)
NINE = DAY + 9 * 3600.0


class Log:
    """Writes events with their numbers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, call: str, kind: str, at: float, who: str = "", /, **data: object) -> Event:
        event = Event("site", 1, len(self.events) + 1, call, kind, who, at, dict(data))
        self.events.append(event)
        return event


def figures() -> Figures:
    return Figures(target_s=20.0, promise_s=15.0, day_start=DAY)


def a_day() -> list[Event]:
    log = Log()
    for call, waited, ring in (("quick", 6.0, 1.0), ("slow", 40.0, 30.0), ("late ring", 19.0, 2.0)):
        log(call, "queued", NINE)
        log(call, "ringback", NINE + ring)
        log(call, "connected", NINE + waited, "1001")
        log(call, "ended", NINE + waited + 60, outcome="answered")
    for call, waited in (("patient", 30.0), ("hasty", 2.0)):
        log(call, "queued", NINE + QUARTER_S)
        log(call, "ended", NINE + QUARTER_S + waited, outcome="abandoned")
    log("promised", "queued", NINE + QUARTER_S)
    log("promised", "ended", NINE + QUARTER_S + 9, outcome="callback_scheduled")
    log("slow", "missed", NINE, "1002")
    log("", "alarm", NINE, what="nobody_reachable", call="patient")
    return log.events


def test_counts_follow_the_formulas() -> None:
    counted = figures()
    counted.begin(a_day())
    today = counted.today()
    assert (today.offered, today.answered, today.abandoned, today.short_abandoned) == (6, 3, 2, 1)
    assert today.answered_in_target == 2
    assert today.answered_in_three_rings == 2  # 5 s and 10 s after the first ring; 17 s is the fourth
    assert today.wait_s == pytest.approx(65.0)
    first, second = counted.quarters()
    assert (first.start, first.offered, first.answered) == (NINE, 3, 3)
    assert (second.start, second.offered, second.abandoned) == (NINE + QUARTER_S, 3, 2)
    assert counted.promised() == (2, 3 + 2 - 1)
    assert (counted.calls_of("1001"), counted.missed_by("1002")) == (3, 1)
    assert counted.alarms()[0].what == "nobody_reachable"


def test_an_event_counts_once_whatever_comes_first() -> None:
    events = a_day()
    counted = figures()
    for event in events[6:]:  # what happens before the log was read
        counted.take(event)
    assert counted.today().offered == 0
    counted.begin(events)
    for event in events:
        counted.take(event)
    once = figures()
    once.begin(events)
    assert counted.quarters() == once.quarters()
    assert counted.alarms() == once.alarms()


def test_a_new_day_begins_empty_and_yesterday_does_not_count() -> None:
    counted = figures()
    counted.begin(a_day())
    log = Log()
    counted.take(Event("site", 2, 1, "tomorrow", "queued", "", DAY + DAY_S + 60.0, {}))
    assert (counted.today().offered, counted.day_start) == (1, DAY + DAY_S)
    counted.take(log("yesterday", "queued", NINE))
    assert counted.today().offered == 1
    assert counted.calls_of("1001") == 0
