# SPDX-License-Identifier: GPL-3.0-or-later
"""The hang-up rule: the agent hangs up only after the customer has (客户挂断电话方可挂机).

While the customer is on the line the control asks for a deliberate second press within three seconds; a second press
within 300 ms is a double click and is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ARMED_FOR_S = 3.0
DOUBLE_CLICK_S = 0.3


class Press(StrEnum):
    """What a press led to."""

    ARMED = "armed"
    IGNORED = "ignored"
    HANG_UP = "hang_up"
    MOVE_ON = "move_on"


@dataclass
class HangUpGuard:
    """Attributes: `armed_at`, the clock reading of the arming press, or None."""

    armed_at: float | None = None

    def press(self, now: float, customer_gone: bool) -> Press:
        """What this press means at `now` (any steady clock, seconds)."""
        if customer_gone:
            self.armed_at = None
            return Press.MOVE_ON
        if self.armed_at is None or now - self.armed_at >= ARMED_FOR_S:
            self.armed_at = now
            return Press.ARMED
        if now - self.armed_at < DOUBLE_CLICK_S:
            return Press.IGNORED
        self.armed_at = None
        return Press.HANG_UP

    def disarm(self) -> None:
        """Esc, or any other call control."""
        self.armed_at = None

    def left(self, now: float) -> float:
        """Seconds in which a second press would hang up; 0 when not armed."""
        if self.armed_at is None:
            return 0.0
        return max(0.0, self.armed_at + ARMED_FOR_S - now)
