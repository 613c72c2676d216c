# SPDX-License-Identifier: GPL-3.0-or-later
"""What people at a desk ask of a call: hold, transfer, merge, park, supervise, hang up. Impossible wishes raise."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from telephony.calls import (
    BackAsked,
    CompleteAsked,
    ConsultAsked,
    DropLeg,
    HangUpAsked,
    HoldAsked,
    MergeAsked,
    ParkAsked,
    PickUpAsked,
    SuperviseAsked,
    SuperviseLeft,
    TakeOverAsked,
)
from telephony.routing import parking, staff, supervising, talking, transfer
from telephony.routing.floor import Call, Consult, IllegalTransition, Stage, Turn

Wish = (
    ConsultAsked | CompleteAsked | BackAsked | HoldAsked | HangUpAsked | MergeAsked | ParkAsked | PickUpAsked
    | SuperviseAsked | SuperviseLeft | TakeOverAsked
)  # fmt: skip


def carry_out(turn: Turn, call: Call, event: Wish) -> None:
    begun = call.consult
    match event:
        case HoldAsked():
            talking.hold(turn, call, event)
        case HangUpAsked() if call.stage is Stage.STAFF:
            staff.hang_up(turn, call, event)
        case HangUpAsked(agent=agent) if begun is not None and begun.leg and begun.engineer == agent:
            transfer.back(turn, call, begun, "engineer_gone")
        case HangUpAsked():
            talking.hang_up(turn, call, event)
        case ConsultAsked():
            transfer.consult(turn, call, event)
        case CompleteAsked(agent=agent):
            transfer.complete_asked(turn, call, _own_consult(call, agent, event))
        case BackAsked(agent=agent):
            transfer.back(turn, call, _own_consult(call, agent, event))
        case MergeAsked(agent=agent):
            transfer.merge(turn, call, _own_consult(call, agent, event), event)
        case ParkAsked():
            parking.park(turn, call, event)
        case PickUpAsked():
            parking.pick_up(turn, call, event)
        case SuperviseAsked():
            supervising.asked(turn, call, event)
        case SuperviseLeft():
            supervising.left(turn, call, event)
        case TakeOverAsked():
            _take_over(turn, call, event)
        case _:
            assert_never(event)


def _own_consult(call: Call, agent: str, event: Wish) -> Consult:
    if call.consult is None or call.agent != agent:
        raise IllegalTransition(talking.where(call), event)
    return call.consult


def _take_over(turn: Turn, call: Call, event: TakeOverAsked) -> None:
    """The customer is the supervisor's from now on; the agent wraps up."""
    watcher = supervising.take_over(turn, call, event)
    agent, leg = call.agent, call.leg
    call = talking.let_go(turn, call)
    turn.note(call.id, "taken_over", watcher.supervisor, **{"from": agent, "leg": watcher.leg})
    turn.note(call.id, "responsible", watcher.supervisor, leg=watcher.leg)
    turn.order(DropLeg(call.id, agent, leg))
    others = tuple(each for each in call.watchers if each.supervisor != watcher.supervisor)
    turn.put_call(
        replace(call, agent=watcher.supervisor, leg=watcher.leg, agent_joined=True, watchers=others, connected=False)
    )
