# SPDX-License-Identifier: GPL-3.0-or-later
"""How a ticket moves: taken in, handed on, closed. Pure.

Raises `IllegalMove` naming stage and act; the words beside a stage are catalogue keys of area `guide`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.kinds import ServiceMode, TicketStage

ONSITE_S = 24 * 3600.0  # on site within 24 hours of the report, unless the policy promises sooner


class Act(StrEnum):
    HAND_ON = "hand_on"
    CLOSE = "close"
    REOPEN = "reopen"


class IllegalMove(Exception):
    """`stage` does not allow `act`."""

    def __init__(self, stage: TicketStage, act: Act) -> None:
        super().__init__(f"{act.value} at stage {stage.value}")
        self.stage = stage
        self.act = act


@dataclass(frozen=True)
class Opening:
    """Where a new ticket starts: its stage, the words beside it and its deadline (None: there is none)."""

    stage: TicketStage
    words: str
    due: float | None


def opening(mode: str, next_step: str, promised_hours: int, now: float) -> Opening:
    """The start of a ticket by service mode and what the writer decided: close | engineer | dispatch | ""."""
    if next_step == "close":
        return Opening(TicketStage.CLOSED, "guide.stage_solved_by_phone", None)
    if next_step == "engineer":
        return Opening(TicketStage.HANDED_ON, "guide.stage_with_engineer", None)
    match mode:
        case ServiceMode.ONSITE | ServiceMode.PAID:
            due = now + (promised_hours * 3600.0 if promised_hours > 0 else ONSITE_S)
            return Opening(TicketStage.HANDED_ON, "guide.stage_to_dispatch", due)
        case ServiceMode.CARRY_IN | ServiceMode.MAIL_IN:
            due = now + promised_hours * 3600.0 if promised_hours > 0 else None
            return Opening(TicketStage.HANDED_ON, "guide.stage_awaiting_machine", due)
        case _:
            return Opening(TicketStage.TAKEN_IN, "guide.stage_taken_in", None)


def move(stage: TicketStage, act: Act) -> TicketStage:
    """The stage after `act`."""
    match (stage, act):
        case (TicketStage.TAKEN_IN | TicketStage.HANDED_ON, Act.HAND_ON):
            return TicketStage.HANDED_ON
        case (TicketStage.TAKEN_IN | TicketStage.HANDED_ON, Act.CLOSE):
            return TicketStage.CLOSED
        case (TicketStage.CLOSED, Act.REOPEN):
            return TicketStage.TAKEN_IN
        case _:
            raise IllegalMove(stage, act)
