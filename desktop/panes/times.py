# SPDX-License-Identifier: GPL-3.0-or-later
"""How deadlines and long histories are written in the panes.

Instants are site-time seconds since the epoch, spans are seconds. Nothing here reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from desktop.widgets.figures import clock
from resources.i18n import tr

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86400.0
RED_UNDER_S = 120.0
WARRANTY_ENDS_SOON_DAYS = 60


def long_day(at: float) -> str:
    """``26-03-18``, for histories that reach back over years."""
    return datetime.fromtimestamp(at).strftime("%y-%m-%d")


@dataclass(frozen=True)
class Left:
    """A running deadline. `tone` calm | soon | late decides colour and icon; `words` say it without colour."""

    words: str
    tone: str
    share: float  # of the whole time gone, 0…1


def left(due: float, now: float, whole: float) -> Left:
    """The deadline `due` at `now`, out of `whole` seconds, to the second: 任务、转交时限."""
    rest = due - now
    share = min(1.0, max(0.0, 1.0 - rest / whole)) if whole > 0 else 1.0
    if rest < 0:
        return Left(tr("card.over", clock(-rest)), "late", 1.0)
    if rest < RED_UNDER_S:
        return Left(clock(rest), "late", share)
    return Left(clock(rest), "soon" if rest < whole / 2 else "calm", share)


def coarse_left(due: float, now: float) -> Left:
    """A ticket's deadline in words: minutes, hours or days. Under four hours it is due soon."""
    rest = due - now
    if rest < 0:
        return Left(tr("card.over", _span(-rest)), "late", 1.0)
    return Left(tr("card.left", _span(rest)), "soon" if rest < 4 * HOUR_S else "calm", 0.0)


def _span(seconds: float) -> str:
    if seconds < HOUR_S:
        return tr("card.span_minutes", max(1, int(seconds // MINUTE_S)))
    if seconds < 2 * DAY_S:
        return tr("card.span_hours", int(seconds // HOUR_S))
    return tr("card.span_days", int(seconds // DAY_S))


def warranty_days(covered_until: str, now: float) -> int | None:
    """Whole days of cover left for an ISO date, None when the date is unknown."""
    try:
        until = date.fromisoformat(covered_until)
    except ValueError:
        return None
    return (until - datetime.fromtimestamp(now).date()).days

