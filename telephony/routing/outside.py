# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller who is sent to a number outside the house: it rings, answers or does not, and the talk there ends."""

from __future__ import annotations

from dataclasses import replace

from models.kinds import HangUpBy, Outcome
from telephony.calls import DropLeg, JoinOutside, LegId, SendOutside
from telephony.routing import announcing, ringing, talking
from telephony.routing.floor import Call, Hearing, Stage, Turn

RINGS_S = 45.0


def send(turn: Turn, call: Call, number: str) -> None:
    """Ring the number; the caller hears it ring."""
    call, leg = ringing.next_leg(turn, announcing.quiet(call))
    turn.order(SendOutside(call.id, leg, number))
    turn.note(call.id, "sent_outside", number=number, leg=leg)
    way = replace(
        call.way, outside_leg=leg, outside_number=number, outside_joined=False, until=turn.now + RINGS_S
    )  # fmt: skip
    turn.put_call(replace(call, stage=Stage.OUTSIDE, answered=True, hearing=Hearing.RINGING, way=way))


def answered(turn: Turn, call: Call, leg: LegId) -> None:
    if not _is_its(call, leg) or call.way.outside_joined:
        return
    turn.order(JoinOutside(call.id, call.way.outside_leg))
    turn.note(call.id, "outside_answered", number=call.way.outside_number, leg=call.way.outside_leg)
    way = replace(call.way, outside_joined=True, until=None)
    turn.put_call(replace(call, hearing=Hearing.NOTHING, way=way))


def gone(turn: Turn, call: Call, leg: LegId, why: str) -> bool:
    """The outside leg ended: the talk is over, or it never came to one. Gives whether the caller must go on."""
    if not _is_its(call, leg):
        return False
    if call.way.outside_joined:
        talking.finish(turn, call, Outcome.OVERFLOWED, HangUpBy.SYSTEM)
        return False
    turn.note(call.id, "outside_failed", number=call.way.outside_number, leg=leg or call.way.outside_leg, why=why)
    way = replace(call.way, outside_leg="", until=None)
    turn.put_call(replace(call, hearing=Hearing.NOTHING, way=way))
    return True


def rang_too_long(turn: Turn, call: Call) -> bool:
    turn.order(DropLeg(call.id, "", call.way.outside_leg))
    return gone(turn, call, "", "no_answer")


def _is_its(call: Call, leg: LegId) -> bool:
    return call.stage is Stage.OUTSIDE and bool(call.way.outside_leg) and leg in ("", call.way.outside_leg)
