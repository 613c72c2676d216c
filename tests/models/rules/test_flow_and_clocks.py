# SPDX-License-Identifier: GPL-3.0-or-later
"""Ticket stages, clocks, days and rights."""

from __future__ import annotations

import pytest

from models.kinds import Group, TicketStage
from models.rules import clocks, permissions, ticket_flow
from models.rules.clocks import Lateness
from models.rules.ticket_flow import Act, IllegalMove

NOW = 1_774_000_000.0
HOUSE = clocks.HouseClocks(900, 600, 900, 600)


def test_where_a_ticket_starts() -> None:
    assert ticket_flow.opening("phone", "", 0, NOW).stage is TicketStage.TAKEN_IN
    assert ticket_flow.opening("onsite", "close", 4, NOW).stage is TicketStage.CLOSED
    assert ticket_flow.opening("onsite", "", 4, NOW).due == NOW + 4 * 3600
    assert ticket_flow.opening("onsite", "dispatch", 0, NOW).due == NOW + 24 * 3600
    assert ticket_flow.opening("mail_in", "", 0, NOW).due is None
    assert ticket_flow.opening("phone", "engineer", 0, NOW).words == "guide.stage_with_engineer"


def test_every_move_is_named_or_illegal() -> None:
    legal = {
        (TicketStage.TAKEN_IN, Act.HAND_ON): TicketStage.HANDED_ON,
        (TicketStage.HANDED_ON, Act.HAND_ON): TicketStage.HANDED_ON,
        (TicketStage.TAKEN_IN, Act.CLOSE): TicketStage.CLOSED,
        (TicketStage.HANDED_ON, Act.CLOSE): TicketStage.CLOSED,
        (TicketStage.CLOSED, Act.REOPEN): TicketStage.TAKEN_IN,
    }
    for stage in TicketStage:
        for act in Act:
            if (stage, act) in legal:
                assert ticket_flow.move(stage, act) is legal[stage, act]
            else:
                with pytest.raises(IllegalMove, match=stage.value):
                    ticket_flow.move(stage, act)


@pytest.mark.parametrize(
    ("now", "lateness", "used"),
    [(0.0, Lateness.ON_TIME, 0.0), (600.0, Lateness.DUE_SOON, 2 / 3), (900.0, Lateness.LATE, 1.0), (-5, "on_time", 0)],
)
def test_a_clock_runs_out(now: float, lateness: str, used: float) -> None:
    shown = clocks.clock(0.0, 900.0, now, soon=300.0)
    assert (shown.lateness, shown.due) == (lateness, 900.0)
    assert shown.used == pytest.approx(used)


def test_the_next_attempt() -> None:
    assert clocks.next_attempt("busy", NOW, HOUSE) == NOW + 600
    assert clocks.next_attempt("no_answer", NOW, HOUSE) == NOW + 600
    assert clocks.next_attempt("reached", NOW, HOUSE) is None
    with pytest.raises(ValueError, match="mumbled"):
        clocks.next_attempt("mumbled", NOW, HOUSE)


def test_the_houses_day_begins_at_its_own_midnight() -> None:
    midnight = 1_773_936_000.0  # 2026-03-19 16:00 UTC
    assert clocks.sheet_day(midnight - 1) == "260319"
    assert clocks.sheet_day(midnight) == "260320"
    assert clocks.house_date(midnight) == "2026-03-20"
    assert clocks.sheet_number("260320", 157) == "FW26032000157"
    assert clocks.sheet_number("260320", 123_456) == "FW260320123456"


def test_who_may_claim() -> None:
    assert permissions.claimers("engineer") == {Group.ENGINEER, Group.SUPERVISOR}
    assert Group.AGENT in permissions.claimers("agent")
    assert permissions.claimers("coordinator") == {Group.COORDINATOR, Group.SUPERVISOR}
    assert permissions.claimers("nobody") == frozenset()
    assert permissions.may({Group.AGENT, Group.LEADER}, permissions.TALKERS)
    assert not permissions.may((), permissions.EVERYBODY)
