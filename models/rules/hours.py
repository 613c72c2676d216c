# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a calendar is open at an instant: weekly hours, holidays and special days in the house's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from models.rules.clocks import HOUSE_ZONE
from models.rules.plan import Calendar

DAY_MIN = 24 * 60
AHEAD_DAYS = 400
"""How far the next opening is looked for: a calendar closed for longer than a year does not open."""


@dataclass(frozen=True)
class Hours:
    """`why` when closed: calendar (outside the hours), holiday (a special day without hours), special_day (outside the
    hours of one). `words` are the special day's own. `opens`: site time of the next opening, None never."""

    open: bool
    why: str = ""
    words: str = ""
    opens: float | None = None


def at(calendar: Calendar, now: float) -> Hours:
    """Open or closed at this instant. Intervals hold their first minute and not their last."""
    here = datetime.fromtimestamp(now, UTC).astimezone(HOUSE_ZONE)
    minute = here.hour * 60 + here.minute
    intervals, special = of_day(calendar, here.date())
    if any(begins <= minute < ends for begins, ends in intervals):
        return Hours(True)
    words = calendar.words.get(here.date().isoformat(), "")
    why = "calendar" if not special else "special_day" if intervals else "holiday"
    return Hours(False, why, words, _opens(calendar, here, minute))


def of_day(calendar: Calendar, day: date) -> tuple[tuple[tuple[int, int], ...], bool]:
    """The intervals of a day in their order, and whether it is a special one."""
    special = calendar.special.get(day.isoformat())
    if special is not None:
        return tuple(sorted(special)), True
    return tuple(sorted((begins, ends) for weekday, begins, ends in calendar.weekly if weekday == day.weekday())), False


def _opens(calendar: Calendar, here: datetime, minute: int) -> float | None:
    for days in range(AHEAD_DAYS):
        day = here.date() + timedelta(days=days)
        for begins, ends in of_day(calendar, day)[0]:
            if begins < ends and (days or begins > minute):
                midnight = datetime(day.year, day.month, day.day, tzinfo=HOUSE_ZONE)
                return (midnight + timedelta(minutes=begins)).timestamp()
    return None
