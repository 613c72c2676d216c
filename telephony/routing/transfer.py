# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfer to an engineer: consult, blind, complete, back; and the hand-over of the draft that goes along.

The hand-over begins when the engineer's phone is rung (he may read the draft while it rings), is committed when he
becomes responsible, and is aborted whenever he does not. Responsibility moves in `complete` and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState
from telephony.calls import (
    AbortHandover,
    AgentId,
    BeginHandover,
    CommitHandover,
    ConsultAsked,
    DropLeg,
    HoldCaller,
    JoinCaller,
    JoinConsult,
    JoinThree,
    MergeAsked,
    WithdrawOffer,
)
from telephony.routing import agents, queues, ringing, talking, why
from telephony.routing.floor import Agent, Call, Consult, IllegalTransition, Offer, Role, Stage, Turn


def consult(turn: Turn, call: Call, event: ConsultAsked) -> None:
    """Ring the named engineer or the longest idle one with the skills; the caller hears music meanwhile.

    Nobody free is an answer, not a fault: the note consult_ended says nobody_free or not_free and nothing else changes.
    """
    allowed = call.stage is Stage.TALKING and call.agent == event.agent and call.consult is None and call.agent_joined
    if not allowed or event.to == event.agent or not (event.to or event.skills):
        raise IllegalTransition(talking.where(call), event)
    engineer = _candidate(turn, call, event.to, event.skills, frozenset({event.agent}))
    if engineer is None:
        why = "not_free" if event.to else "nobody_free"
        turn.note(call.id, "consult_ended", event.agent, to=event.to, why=why)
        return
    if not call.held:
        turn.order(HoldCaller(call.id, call.agent, call.leg))
        turn.note(call.id, "held", call.agent)
        call = replace(call, held=True)
    begun = Consult(event.agent, event.to, event.skills, event.attended, "", None, tried=frozenset({event.agent}))
    _ring_engineer(turn, call, begun, engineer)


def _candidate(
    turn: Turn, call: Call, to: AgentId, skills: frozenset[str], tried: frozenset[AgentId]
) -> Agent | None:
    if not to:
        return queues.choose_engineer(turn, skills, tried, call.last_engineer)
    person = turn.agents.get(to)
    return person if person is not None and to not in tried and queues.free(turn, person) else None


def _ring_engineer(turn: Turn, call: Call, begun: Consult, engineer: Agent) -> None:
    turn.order(BeginHandover(call.id, begun.by, engineer.id))
    if begun.skills and not begun.to:
        why.note_engineer(turn, call, engineer, begun.skills, begun.tried)
    call, offer = ringing.ring(turn, call, engineer, Role.CONSULT)
    turn.note(call.id, "consult_started", begun.by, to=engineer.id, leg=offer.leg)
    begun = replace(begun, engineer=engineer.id, offer=offer, tried=begun.tried | {engineer.id})
    turn.put_call(replace(call, consult=begun))


def engineer_answered(turn: Turn, call: Call, begun: Consult, offer: Offer) -> None:
    """Attended: agent and engineer talk, the caller hears music. Blind: completed at once."""
    turn.note(call.id, "consult_answered", begun.by, to=begun.engineer, leg=offer.leg)
    agents.change(turn, turn.agents[begun.engineer], AgentState.ON_CALL, call=call.id)
    begun = replace(begun, offer=None, leg=offer.leg)
    call = turn.put_call(replace(call, consult=begun))
    if begun.attended:
        turn.order(JoinConsult(call.id, call.leg, begun.leg))
    else:
        complete(turn, call, begun)


def merge(turn: Turn, call: Call, begun: Consult, event: MergeAsked) -> None:
    """Customer, agent and engineer talk with one another; the agent stays responsible."""
    if not begun.leg or begun.merged:
        raise IllegalTransition(talking.where(call), event)
    turn.order(JoinThree(call.id, call.leg, begun.leg))
    if call.held:
        turn.note(call.id, "resumed", call.agent)
    turn.note(call.id, "merged", call.agent, to=begun.engineer, leg=begun.leg)
    turn.put_call(replace(call, held=False, consult=replace(begun, merged=True)))


def complete_asked(turn: Turn, call: Call, begun: Consult) -> None:
    """Hand the customer over now; while the engineer's phone still rings, as soon as he answers."""
    if begun.leg:
        complete(turn, call, begun)
    else:
        turn.put_call(replace(call, consult=replace(begun, attended=False)))


def complete(turn: Turn, call: Call, begun: Consult, *, agent_there: bool = True) -> None:
    """The engineer has the customer: the bridge moves, responsibility moves, the draft is his, the agent leaves."""
    agent, leg = call.agent, call.leg
    turn.order(JoinCaller(call.id, begun.engineer, begun.leg), CommitHandover(call.id, agent, begun.engineer))
    turn.note(call.id, "consult_ended", agent, to=begun.engineer, why="completed")
    call = talking.let_go(turn, call)
    turn.note(call.id, "transferred", agent, to=begun.engineer, leg=begun.leg)
    turn.note(call.id, "responsible", begun.engineer, leg=begun.leg)
    if agent_there:
        turn.order(DropLeg(call.id, agent, leg))
    turn.put_call(replace(call, agent=begun.engineer, leg=begun.leg, agent_joined=True, consult=None))


def back(turn: Turn, call: Call, begun: Consult, why: str = "back") -> None:
    """Agent and customer talk again; the engineer, ringing or talking, is let go."""
    call = cancel(turn, call, begun, why)
    _resume(turn, call)


def cancel(turn: Turn, call: Call, begun: Consult, why: str, *, engineer_there: bool = True) -> Call:
    """End the consult without completing it: the engineer is free again and the draft stays with the agent."""
    if begun.offer is not None:
        call = ringing.withdraw(turn, call, begun.offer, "not_needed")
    else:
        if engineer_there:
            turn.order(DropLeg(call.id, begun.engineer, begun.leg))
        call = replace(call, past_legs=(*call.past_legs, (begun.engineer, begun.leg)))
        agents.release(turn, begun.engineer)
    return _aborted(turn, call, begun, why)


def _aborted(turn: Turn, call: Call, begun: Consult, why: str) -> Call:
    turn.order(AbortHandover(call.id, begun.by, begun.engineer))
    turn.note(call.id, "consult_ended", begun.by, to=begun.engineer, why=why)
    return turn.put_call(replace(call, consult=None))


def _resume(turn: Turn, call: Call) -> None:
    turn.order(JoinCaller(call.id, call.agent, call.leg))
    if call.held:
        turn.note(call.id, "resumed", call.agent)
    turn.put_call(replace(call, held=False))


def engineer_did_not_come(turn: Turn, call: Call, begun: Consult, offer: Offer, why: str, *, rings: bool) -> None:
    """Missed, rejected, unreachable. By skills the next engineer is rung; otherwise agent and customer talk again."""
    if rings:
        turn.order(WithdrawOffer(call.id, offer.agent, offer.leg, why))
    call = ringing.came_to_nothing(turn, call, offer, why)
    following = None if begun.to else _candidate(turn, call, "", begun.skills, begun.tried)
    call = _aborted(turn, call, begun, why)
    if following is not None:
        _ring_engineer(turn, call, begun, following)
    else:
        _resume(turn, call)


def engineer_gone(turn: Turn, call: Call, begun: Consult) -> None:
    """The consulted engineer's leg ended while they talked: back to the customer."""
    call = cancel(turn, call, begun, "engineer_gone", engineer_there=False)
    _resume(turn, call)


def agent_gone(turn: Turn, call: Call, begun: Consult, lost: bool) -> None:
    """The agent's leg ended during a consult: an engineer who talks takes the customer over, otherwise he is let go."""
    if begun.leg:
        complete(turn, call, begun, agent_there=False)
        return
    call = cancel(turn, call, begun, "agent_gone")
    if lost:
        talking.agent_gone(turn, call, lost=True)
    else:
        turn.put_call(talking.back_to_front(talking.let_go(turn, call)))
