# SPDX-License-Identifier: GPL-3.0-or-later
"""The live monitor's figures from counts: each ratio is computed when it is shown, never stored.

O offered, A answered, AB abandoned, SA abandoned before the short-abandon threshold, as the house's measures define
them. A ratio without a denominator is None, shown as a dash and never as 0 % or 100 %.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.messages import Board, Interval

SERVICE_LEVEL_TARGET = 0.80
THREE_RING_TARGET = 0.95
ABANDONMENT_LIMIT = 0.03
LONGEST_WAIT_ALERT_S = 60.0
STALE_AFTER_S = 5.0


@dataclass(frozen=True)
class Ratio:
    """Numerator and denominator in contacts, kept apart so that the formula can be shown with its real numbers."""

    top: int
    bottom: int

    @property
    def value(self) -> float | None:
        return self.top / self.bottom if self.bottom > 0 else None

    def percent(self) -> str:
        """One decimal, ``83.2%``; a dash while nothing has been counted."""
        value = self.value
        return "–" if value is None else f"{value * 100:.1f}%"


def service_level(counts: Interval) -> Ratio:
    """A(wait ≤ T) ÷ (A + AB − SA)."""
    return Ratio(counts.answered_in_target, counts.answered + counts.abandoned - counts.short_abandoned)


def three_ring_rate(counts: Interval) -> Ratio:
    """A(answered before ring 3 ends) ÷ (A + AB − SA)."""
    return Ratio(counts.answered_in_three_rings, counts.answered + counts.abandoned - counts.short_abandoned)


def abandonment(counts: Interval) -> Ratio:
    """(AB − SA) ÷ (O − SA)."""
    return Ratio(counts.abandoned - counts.short_abandoned, counts.offered - counts.short_abandoned)


def abandonments_left(counts: Interval) -> int:
    """How many more may give up before the limit is passed, with today's count offered; never below 0."""
    ratio = abandonment(counts)
    return max(0, int(ratio.bottom * ABANDONMENT_LIMIT + 1e-9) - ratio.top)


def longest_wait(board: Board, now: float) -> float:
    """Seconds the first waiting caller has waited at `now`; 0 when nobody waits."""
    return max((max(0.0, now - waiting.since) for waiting in board.waiting), default=0.0)
