# SPDX-License-Identifier: GPL-3.0-or-later
"""The house's clocks: hand-over, call-back, retry and the day a sheet number belongs to.

Pure: site-time seconds in, deadlines and `Lateness` out. The site's own numbers come in as `HouseClocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

SHEET_OWED_S = 60 * 60.0  # an incomplete sheet is finished by its writer within the hour

HOUSE_ZONE = timezone(timedelta(hours=8))
"""The zone of the house's days. China keeps one zone without daylight saving, so no zone database is needed."""


@dataclass(frozen=True)
class HouseClocks:
    """The site's numbers in seconds: hand-over, its alarm, call-back from the claim, the next attempt."""

    handover_s: float
    handover_alarm_s: float
    callback_s: float
    callback_retry_s: float


class Lateness(StrEnum):
    ON_TIME = "on_time"
    DUE_SOON = "due_soon"
    LATE = "late"


@dataclass(frozen=True)
class Clock:
    """One deadline as it is shown: when it runs out, how late it is, and the share of the time used, 0…1."""

    due: float
    lateness: Lateness
    used: float


def clock(started: float, due: float, now: float, soon: float) -> Clock:
    """The clock that started at `started` and runs out at `due`; due soon in its last `soon` seconds."""
    if now >= due:
        lateness = Lateness.LATE
    elif due - now <= soon:
        lateness = Lateness.DUE_SOON
    else:
        lateness = Lateness.ON_TIME
    length = due - started
    used = 1.0 if length <= 0 else min(1.0, max(0.0, (now - started) / length))
    return Clock(due, lateness, used)


def next_attempt(result: str, now: float, house: HouseClocks) -> float | None:
    """When a task is due again after an attempt; None when he was reached. Raises ValueError for an unknown result."""
    match result:
        case "busy" | "no_answer":
            return now + house.callback_retry_s
        case "reached":
            return None
        case _:
            raise ValueError(result)


def sheet_day(now: float) -> str:
    """The day of a sheet number, yymmdd, in the house's zone."""
    return datetime.fromtimestamp(now, UTC).astimezone(HOUSE_ZONE).strftime("%y%m%d")


def house_date(now: float) -> str:
    """The ISO date in the house's zone."""
    return datetime.fromtimestamp(now, UTC).astimezone(HOUSE_ZONE).date().isoformat()


def sheet_number(day: str, count: int) -> str:
    """FW + yymmdd + five digits (more when a day has more than 99,999 sheets)."""
    return f"FW{day}{count:05d}"
