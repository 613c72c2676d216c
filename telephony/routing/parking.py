# SPDX-License-Identifier: GPL-3.0-or-later
"""Parking: a caller waits with music on a numbered place, and anybody may pick him up; also calls that ring elsewhere.

Who parked is free (he wraps up). Nobody comes for `park_s`: the caller goes to the front of his queue. A pick-up that
fails does the same, so that nobody is forgotten on a place.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState
from telephony.calls import AlarmSupervisor, DropLeg, ParkAsked, ParkCaller, PickUpAsked
from telephony.routing import agents, ringing, talking
from telephony.routing.floor import Call, Hearing, IllegalTransition, Role, Stage, Turn

MAY_PICK_UP = frozenset({AgentState.READY, AgentState.NOT_READY, AgentState.NOT_RESPONDING, AgentState.WRAP_UP})


def park(turn: Turn, call: Call, event: ParkAsked) -> None:
    """Put the caller on the lowest free place."""
    allowed = call.stage is Stage.TALKING and call.agent == event.agent and call.consult is None
    if not allowed or not call.customer_joined or not call.agent_joined:
        raise IllegalTransition(talking.where(call), event)
    taken = {each.slot for each in turn.calls.values() if each.stage is Stage.PARKED}
    slot = next(n for n in range(1, len(taken) + 2) if n not in taken)
    turn.order(ParkCaller(call.id, slot), DropLeg(call.id, call.agent, call.leg))
    by = call.agent
    call = talking.let_go(turn, call)
    turn.note(call.id, "parked", by, slot=slot)
    turn.put_call(
        replace(
            call,
            stage=Stage.PARKED,
            hearing=Hearing.MUSIC,
            slot=slot,
            parked_by=by,
            parked_at=turn.now,
            deadline=turn.now + turn.settings.park_s,
        )
    )


def pick_up(turn: Turn, call: Call, event: PickUpAsked) -> None:
    """Ring the phone of who takes him. A caller who rings at a colleague of the same queue is taken from there."""
    person = agents.known(turn, event.agent, event)
    rings_elsewhere = (
        call.stage is Stage.WAITING and bool(call.offer) and not call.back_to and call.queue in person.queues
    )
    free = person.state in MAY_PICK_UP and event.agent in turn.phones
    if not free or not (call.stage is Stage.PARKED or rings_elsewhere):
        raise IllegalTransition(f"{talking.where(call)}; {person.state}", event)
    if person.state is AgentState.WRAP_UP:
        agents.wrap_up_over(turn, person, "pick_up")
    call = ringing.withdraw_all(turn, call, "not_needed")
    slot = call.slot
    call = _waits_again(call)
    before = turn.agents[person.id]
    if before.state is not AgentState.READY:
        state, reason = (before.state, before.reason) if before.reason not in agents.LOST else (AgentState.READY, None)
        turn.put_agent(replace(before, next_state=state, next_reason=reason))
    call, offer = ringing.ring(turn, call, turn.agents[person.id], Role.PICK_UP)
    turn.note(call.id, "picked_up", person.id, leg=offer.leg, slot=slot)
    turn.put_call(replace(call, offers=(offer,)))


def _waits_again(call: Call) -> Call:
    return replace(
        call, stage=Stage.WAITING, front=True, slot=0, parked_by="", parked_at=0.0, deadline=None,
        offered=frozenset(), hearing=Hearing.MUSIC,
    )  # fmt: skip


def nobody_came(turn: Turn, call: Call) -> None:
    """Past `park_s`: the caller is served before everybody else, and the supervisor hears of it."""
    turn.order(AlarmSupervisor("parked_long", call.id, call.parked_by))
    turn.put_call(_waits_again(call))
