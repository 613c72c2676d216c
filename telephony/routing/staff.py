# SPDX-License-Identifier: GPL-3.0-or-later
"""A talk between two colleagues: no customer, no sheet, no responsibility, no wrap-up.

The caller's own phone rings first, then the colleague's for three rings; either one's leaving ends it. A colleague who
does not pick up is not blamed: only customers have the promise of the three rings.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import HangUpBy, Outcome
from telephony.calls import (
    AgentId,
    AgentLegGone,
    CallOver,
    EndTheCall,
    HangUpAsked,
    JoinStaff,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    RingAgent,
    StaffDialled,
)
from telephony.routing import agents, ringing, supervising
from telephony.routing.floor import Call, IllegalTransition, Role, Stage, Turn


def dialled(turn: Turn, event: StaffDialled) -> None:
    """Ring the caller's own phone. The colleague must be free now: he is not called away from a customer."""
    person = agents.known(turn, event.agent, event)
    to = turn.agents.get(event.to)
    may_call = person.state in supervising.MAY_ASK and event.agent in turn.phones and event.call not in turn.calls
    if not may_call or to is None or event.to == event.agent or not reachable(turn, event.to):
        raise IllegalTransition(str(person.state), event)
    call = Call(
        event.call, event.agent, event.to, "", arrived=turn.now, stage=Stage.STAFF, agent=event.agent,
        customer_joined=False, deadline=turn.now + turn.settings.dial_s,
    )  # fmt: skip
    call, leg = ringing.next_leg(turn, call)
    turn.note(call.id, "dialled", event.agent, number=event.to, leg=leg, task="")
    supervising.take_part(turn, person, call)
    turn.order(RingAgent(call.id, event.agent, leg, Role.STAFF.value))
    turn.put_call(replace(call, leg=leg))


def reachable(turn: Turn, agent: AgentId) -> bool:
    """Whether a colleague's phone may ring: also of who rests, never of who talks or wraps up."""
    person = turn.agents[agent]
    return person.state in supervising.MAY_ASK and agent in turn.phones and person.lease_until > turn.now


def happened(turn: Turn, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> bool:
    """Whether this is of a talk between colleagues; then it is dealt with."""
    call = turn.calls.get(event.call)
    if call is None or call.stage is not Stage.STAFF:
        return False
    own = event.agent == call.agent
    match event:
        case OfferAnswered() if own and not call.agent_joined:
            _ring_the_other(turn, replace(call, agent_joined=True))
        case OfferAnswered() if not own:
            turn.order(JoinStaff(call.id, call.leg, event.leg))
            turn.put_call(replace(call, connected=True, ever_connected=True, deadline=None))
        case OfferFailed():
            turn.note(call.id, "dial_failed", event.agent, why=event.why)
            end(turn, call, HangUpBy.SYSTEM if own else HangUpBy.STAFF)
        case _:
            pass
    return True


def _ring_the_other(turn: Turn, call: Call) -> None:
    if not reachable(turn, call.to_number):
        turn.note(call.id, "dial_failed", call.to_number, why="busy")
        end(turn, call, HangUpBy.SYSTEM)
        return
    call, leg = ringing.next_leg(turn, call)
    supervising.take_part(turn, turn.agents[call.to_number], call)
    turn.order(RingAgent(call.id, call.to_number, leg, Role.STAFF.value))
    turn.put_call(replace(call, deadline=turn.now + turn.settings.offer_s))


def end(turn: Turn, call: Call, by: HangUpBy) -> None:
    """Both are free again."""
    for agent in (call.agent, call.to_number):
        person = turn.agents.get(agent)
        if person is not None and person.call == call.id:
            agents.release(turn, agent)
    outcome = Outcome.ANSWERED if call.ever_connected else Outcome.FAILED
    turn.order(EndTheCall(call.id), CallOver(call.id, outcome, by))
    turn.forget_call(call.id)


def nobody_came(turn: Turn, call: Call) -> None:
    turn.note(call.id, "dial_failed", call.to_number, why="no_answer")
    end(turn, call, HangUpBy.SYSTEM)


def leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> bool:
    if call.stage is not Stage.STAFF:
        return False
    end(turn, call, HangUpBy.STAFF)
    return True


def hang_up(turn: Turn, call: Call, event: HangUpAsked) -> None:
    if event.agent not in (call.agent, call.to_number):
        raise IllegalTransition(str(call.stage), event)
    end(turn, call, HangUpBy.STAFF)
