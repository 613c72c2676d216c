# SPDX-License-Identifier: GPL-3.0-or-later
"""Audio supervision: a supervisor listens to a call, whispers to its agent, barges in, or takes it over.

His own phone is rung first. Supervision adds a leg and never responsibility; only `take_over` moves that, the way a
completed transfer does. Who is heard may change under him: he stays with the customer until he or the call ends.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState
from telephony.calls import (
    AgentId,
    AgentLegGone,
    BeginHandover,
    CommitHandover,
    DropLeg,
    JoinCaller,
    LegId,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    RingAgent,
    Supervise,
    SuperviseAsked,
    SuperviseLeft,
    TakeOverAsked,
)
from telephony.routing import agents, ringing
from telephony.routing.floor import Agent, Call, IllegalTransition, Role, Stage, Turn, Watcher

MODES = frozenset({"listen", "whisper", "barge"})
MAY_ASK = frozenset({AgentState.READY, AgentState.NOT_READY, AgentState.NOT_RESPONDING})


def watcher_of(call: Call, supervisor: AgentId) -> Watcher | None:
    return next((each for each in call.watchers if each.supervisor == supervisor), None)


def leg_heard(call: Call, of: AgentId) -> LegId:
    """The leg of the agent who is heard, "" when he is not on this call any more."""
    if call.agent == of and call.agent_joined:
        return call.leg
    if call.consult is not None and call.consult.engineer == of:
        return call.consult.leg
    return ""


def is_heard(call: Call, of: AgentId) -> bool:
    """Whether this agent speaks with somebody on this call, so that there is something to hear."""
    return call.stage is Stage.TALKING and leg_heard(call, of) != ""


def expiry(watcher: Watcher, turn: Turn) -> float | None:
    """When his own phone has rung long enough."""
    return None if watcher.joined else watcher.asked_at + turn.settings.offer_s


def asked(turn: Turn, call: Call, event: SuperviseAsked) -> None:
    """Ring the supervisor's phone; asked by who is on already, change the mode or whom he hears."""
    person = agents.known(turn, event.supervisor, event)
    heard = leg_heard(call, event.of)
    if not is_heard(call, event.of) or event.mode not in MODES:
        raise IllegalTransition(str(call.stage), event)
    watcher = watcher_of(call, event.supervisor)
    if watcher is not None:
        after = replace(watcher, of=event.of, mode=event.mode)
        call = _put(turn, call, after)
        if after.joined:
            _hear(turn, call, after, heard)
        return
    own = event.supervisor in (call.agent, call.consult.engineer if call.consult is not None else "")
    if own or person.state not in MAY_ASK or event.supervisor not in turn.phones:
        raise IllegalTransition(str(person.state), event)
    call, leg = ringing.next_leg(turn, call)
    take_part(turn, person, call)
    turn.order(RingAgent(call.id, person.id, leg, Role.SUPERVISE.value))
    _put(turn, call, Watcher(person.id, leg, event.of, event.mode, turn.now))


def take_part(turn: Turn, person: Agent, call: Call) -> None:
    """He is on this call by his own wish; what he was before comes again after it."""
    if person.state is AgentState.NOT_READY:
        before = person.earlier if person.reason in agents.LOST else (person.state, person.reason)
        state, reason = before or (AgentState.NOT_READY, None)
        person = replace(person, next_state=state, next_reason=reason)
    agents.change(turn, person, AgentState.ON_CALL, call=call.id)


def _put(turn: Turn, call: Call, watcher: Watcher) -> Call:
    others = tuple(each for each in call.watchers if each.supervisor != watcher.supervisor)
    return turn.put_call(replace(call, watchers=(*others, watcher)))


def _hear(turn: Turn, call: Call, watcher: Watcher, heard: LegId) -> None:
    turn.order(Supervise(call.id, watcher.supervisor, watcher.leg, watcher.of, heard, watcher.mode))
    turn.note(call.id, "supervision", watcher.supervisor, of=watcher.of, mode=watcher.mode, leg=watcher.leg)


# ---- his phone ------------------------------------------------------------------------------------------------


def happened(turn: Turn, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> bool:
    """Whether this event is of a supervisor's own phone; then it is dealt with."""
    call = turn.calls.get(event.call)
    watcher = watcher_of(call, event.agent) if call is not None else None
    if call is None or watcher is None:
        return False
    if not isinstance(event, OfferAccepted) and event.leg not in ("", watcher.leg):
        return False
    match event:
        case OfferAnswered() if not watcher.joined:
            call = _put(turn, call, replace(watcher, joined=True))
            heard = leg_heard(call, watcher.of) or call.leg
            if heard:
                _hear(turn, call, watcher, heard)
        case OfferFailed():
            _gone(turn, call, watcher)
        case _:
            pass
    return True


def leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> bool:
    """Whether it was a supervisor who hung up or whose phone died."""
    watcher = watcher_of(call, event.agent)
    if watcher is None or event.leg not in ("", watcher.leg):
        return False
    _gone(turn, call, watcher)
    return True


def left(turn: Turn, call: Call, event: SuperviseLeft) -> None:
    watcher = watcher_of(call, event.supervisor)
    if watcher is None:
        raise IllegalTransition(str(call.stage), event)
    _let_go(turn, call, watcher)


def _let_go(turn: Turn, call: Call, watcher: Watcher) -> Call:
    turn.order(DropLeg(call.id, watcher.supervisor, watcher.leg))
    return _gone(turn, call, watcher)


def _gone(turn: Turn, call: Call, watcher: Watcher) -> Call:
    if watcher.joined:
        turn.note(call.id, "supervision", watcher.supervisor, of=watcher.of, mode="off", leg=watcher.leg)
    agents.release(turn, watcher.supervisor)
    others = tuple(each for each in call.watchers if each.supervisor != watcher.supervisor)
    return turn.put_call(replace(call, watchers=others))


def all_off(turn: Turn, call: Call) -> Call:
    """The call ends: every supervisor is let go; the end of the call ends their legs."""
    for watcher in call.watchers:
        call = _gone(turn, call, watcher)
    return call


# ---- what time and others change ------------------------------------------------------------------------------


def follow(turn: Turn) -> None:
    """Who heard an agent that has left the call hears its next one; with nobody there to hear he is let go."""
    for call in [each for each in turn.calls.values() if each.watchers]:
        for watcher in call.watchers:
            call = turn.calls[call.id]
            when = expiry(watcher, turn)
            if when is not None and when <= turn.now:
                _let_go(turn, call, watcher)
            elif watcher.joined and not leg_heard(call, watcher.of):
                heard = leg_heard(call, call.agent) if call.agent else ""
                if not heard:
                    _let_go(turn, call, watcher)
                    continue
                after = replace(watcher, of=call.agent)
                _hear(turn, _put(turn, call, after), after, heard)


def take_over(turn: Turn, call: Call, event: TakeOverAsked) -> Watcher:
    """Check that he may take over and move bridge and draft to him; who called this moves responsibility."""
    watcher = watcher_of(call, event.supervisor)
    if watcher is None or not watcher.joined or call.stage is not Stage.TALKING or call.consult is not None:
        raise IllegalTransition(str(call.stage), event)
    turn.order(
        BeginHandover(call.id, call.agent, watcher.supervisor),
        JoinCaller(call.id, watcher.supervisor, watcher.leg),
        CommitHandover(call.id, call.agent, watcher.supervisor),
    )
    turn.note(call.id, "supervision", watcher.supervisor, of=watcher.of, mode="off", leg=watcher.leg)
    return watcher
