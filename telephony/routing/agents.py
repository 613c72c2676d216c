# SPDX-License-Identifier: GPL-3.0-or-later
"""Agent states: one column, one writer. Next state, leases with their reaper, the earlier state that returns in 60 s.

Raises IllegalTransition for choices that are none. Every change is ordered as AgentStateChanged.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState, StateReason
from telephony.calls import (
    AgentId,
    AgentSignedIn,
    AgentStateChanged,
    CallId,
    StateChosen,
    WrapUpExtended,
    WrapUpFinished,
)
from telephony.routing.floor import Agent, IllegalTransition, Turn

BUSY = frozenset({AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP})
"""States with a call. A choice made in one of them is the next state."""

LOST = frozenset({StateReason.DESKTOP_LOST, StateReason.DEVICE_LOST})

IDLE_GOES_ON = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING})
"""Coming back to READY from these does not start the idle time anew: the agent did not work in between."""


def known(turn: Turn, agent: AgentId, event: object) -> Agent:
    """The agent, signed in. Raises IllegalTransition for a stranger."""
    person = turn.agents.get(agent)
    if person is None or person.state is AgentState.SIGNED_OUT:
        raise IllegalTransition(str(AgentState.SIGNED_OUT), event)
    return person


def change(
    turn: Turn, person: Agent, state: AgentState, reason: StateReason | None = None, call: CallId = "",
    until: float | None = None,
) -> Agent:  # fmt: skip
    """Set the state and tell. The time in state starts now; a next state is kept while a call is on."""
    idle_since = person.idle_since
    if state is AgentState.READY and person.state not in IDLE_GOES_ON:
        idle_since = turn.now
    keeps_next = state in BUSY
    after = replace(
        person,
        state=state,
        reason=reason,
        since=turn.now,
        call=call,
        until=until,
        extensions=person.extensions if state is AgentState.WRAP_UP else 0,
        idle_since=idle_since,
        next_state=person.next_state if keeps_next else None,
        next_reason=person.next_reason if keeps_next else None,
        earlier=None,
        spared_until=0.0,
        misses=0 if state in (AgentState.ON_CALL, AgentState.NOT_RESPONDING, AgentState.NOT_READY) else person.misses,
    )
    return _tell(turn, after)


def _tell(turn: Turn, person: Agent) -> Agent:
    turn.order(
        AgentStateChanged(
            person.id, person.state, person.reason, person.since, person.next_state, person.next_reason, person.call,
            person.until,
        )
    )  # fmt: skip
    return turn.put_agent(person)


def lose(turn: Turn, person: Agent, reason: StateReason) -> Agent:
    """Desk or phone is gone while the agent has no call that must go on: not ready, the earlier state may return."""
    if person.reason in LOST:
        earlier, until = person.earlier, person.earlier_until
    elif person.state in BUSY:
        earlier, until = (person.next_state or AgentState.READY, person.next_reason), turn.now + turn.settings.return_s
    else:
        earlier, until = (person.state, person.reason), turn.now + turn.settings.return_s
    if earlier is not None and earlier[0] is AgentState.SIGNED_OUT:
        return change(turn, person, AgentState.SIGNED_OUT)
    after = change(turn, person, AgentState.NOT_READY, reason)
    return turn.put_agent(replace(after, earlier=earlier, earlier_until=until))


def rest(turn: Turn, person: Agent, state: AgentState, reason: StateReason | None = None) -> Agent:
    """Put an agent without a call into a free state, as far as his desk and his phone allow it."""
    if state is AgentState.SIGNED_OUT:
        return change(turn, person, state)
    missing = None
    if person.lease_until <= turn.now:
        missing = StateReason.DESKTOP_LOST
    elif state is AgentState.READY and person.id not in turn.phones:
        missing = StateReason.DEVICE_LOST
    if missing is None:
        return change(turn, person, state, reason)
    after = change(turn, person, AgentState.NOT_READY, missing)
    return turn.put_agent(replace(after, earlier=(state, reason), earlier_until=turn.now + turn.settings.return_s))


def release(turn: Turn, agent: AgentId) -> None:
    """His call came to nothing and not by his fault: the chosen next state, otherwise ready."""
    person = turn.agents[agent]
    rest(turn, person, person.next_state or AgentState.READY, person.next_reason)


# ---- signing in and out, desk and phone -----------------------------------------------------------------------


def signed_in(turn: Turn, event: AgentSignedIn) -> None:
    person = turn.agents.get(event.agent, Agent(event.agent))
    new_day = person.state is AgentState.SIGNED_OUT  # what was counted here meanwhile may not be stored yet
    person = replace(
        person,
        name=event.name,
        extension=event.extension,
        skills=event.skills,
        queues=event.queues,
        groups=event.groups,
        levels=event.levels,
        calls_today=event.calls_today if new_day else max(person.calls_today, event.calls_today),
        talk_today_s=event.talk_today_s if new_day else max(person.talk_today_s, event.talk_today_s),
        lease_until=turn.now + turn.settings.lease_s,
    )
    turn.put_agent(person)
    if person.state is AgentState.SIGNED_OUT:
        change(turn, person, AgentState.NOT_READY, StateReason.SEATED)
    elif person.reason is StateReason.DESKTOP_LOST:
        came_back(turn, person)
        if turn.agents[person.id].reason is StateReason.DESKTOP_LOST:
            change(turn, person, AgentState.NOT_READY, StateReason.SEATED)
    else:
        _tell(turn, person)  # a desk that was restarted learns its state again


def renewed(turn: Turn, agent: AgentId) -> None:
    """The desk lives. A renewal of somebody signed out comes too late and means nothing."""
    person = turn.agents.get(agent)
    if person is None or person.state is AgentState.SIGNED_OUT:
        return
    person = turn.put_agent(replace(person, lease_until=turn.now + turn.settings.lease_s))
    if person.reason is StateReason.DESKTOP_LOST:
        came_back(turn, person)


def came_back(turn: Turn, person: Agent) -> None:
    """Desk or phone is there again: within 60 s the earlier state returns, as far as the other one is there too."""
    if person.reason not in LOST or person.earlier is None:
        return
    if turn.now > person.earlier_until:
        turn.put_agent(replace(person, earlier=None))
        return
    state, reason = person.earlier
    until = person.earlier_until
    after = rest(turn, person, state, reason)
    if after.earlier is not None:  # the other one is still missing: the 60 s do not start again
        turn.put_agent(replace(after, earlier_until=until))


def choose(turn: Turn, event: StateChosen) -> None:
    """The agent's or a supervisor's choice; during a call it is the next state. Signing out is not decided here."""
    person = known(turn, event.agent, event)
    if event.state not in (AgentState.READY, AgentState.NOT_READY):
        raise IllegalTransition(str(person.state), event)
    reason = event.reason if event.state is AgentState.NOT_READY else None
    forced = bool(event.by) and event.by != event.agent
    if not forced:
        person = turn.put_agent(replace(person, lease_until=turn.now + turn.settings.lease_s))
    if forced and event.state is AgentState.NOT_READY:
        reason = StateReason.SUPERVISOR
    if person.state is AgentState.WRAP_UP and forced:
        wrap_up_over(turn, turn.put_agent(replace(person, next_state=event.state, next_reason=reason)), "supervisor")
    elif person.state in BUSY:
        _tell(turn, replace(person, next_state=event.state, next_reason=reason))
    else:
        rest(turn, person, event.state, reason)


def choose_next(turn: Turn, person: Agent, state: AgentState, reason: StateReason | None = None) -> None:
    """What comes after the present call."""
    _tell(turn, replace(person, next_state=state, next_reason=reason))


# ---- wrap-up --------------------------------------------------------------------------------------------------


def wrap_up(turn: Turn, agent: AgentId, call: CallId) -> None:
    """The customer is gone: the clock of the wrap-up starts."""
    turn.note(call, "wrap_up_started", agent)
    person = turn.agents[agent]
    person = replace(
        person, calls_today=person.calls_today + 1, talk_today_s=person.talk_today_s + turn.now - person.since
    )
    change(turn, person, AgentState.WRAP_UP, call=call, until=turn.now + turn.settings.wrap_up_s)


def wrap_up_over(turn: Turn, person: Agent, why: str) -> None:
    """`why`: finished | timeout | supervisor | signed_out."""
    turn.note(person.call, "wrap_up_ended", person.id, why=why)
    if person.next_state is not None:
        rest(turn, person, person.next_state, person.next_reason)
    elif why == "timeout" and not turn.settings.ready_after_wrap_up:
        rest(turn, person, AgentState.NOT_READY, StateReason.WRAP_UP_TIMEOUT)
    else:
        rest(turn, person, AgentState.READY)


def finish_wrap_up(turn: Turn, event: WrapUpFinished) -> None:
    person = known(turn, event.agent, event)
    if person.state is not AgentState.WRAP_UP:
        raise IllegalTransition(str(person.state), event)
    wrap_up_over(turn, person, "finished")


def extend_wrap_up(turn: Turn, event: WrapUpExtended) -> None:
    person = known(turn, event.agent, event)
    if person.state is not AgentState.WRAP_UP or person.until is None:
        raise IllegalTransition(str(person.state), event)
    if person.extensions >= turn.settings.wrap_up_extensions:
        raise IllegalTransition(f"{person.state}, extended {person.extensions} times", event)
    until = person.until + turn.settings.wrap_up_extend_s
    _tell(turn, replace(person, until=until, extensions=person.extensions + 1))


# ---- deadlines ------------------------------------------------------------------------------------------------


def deadline(person: Agent) -> float | None:
    """When time alone next changes this agent: end of wrap-up, end of lease, end of being spared."""
    match person.state:
        case AgentState.WRAP_UP:
            return person.until
        case AgentState.READY:
            return min(person.lease_until, person.spared_until) if person.spared_until else person.lease_until
        case AgentState.NOT_READY if person.reason is StateReason.DESKTOP_LOST:
            return None
        case AgentState.NOT_READY | AgentState.NOT_RESPONDING:
            return person.lease_until
        case AgentState.RESERVED | AgentState.RINGING:
            return person.lease_until
        case AgentState.ON_CALL | AgentState.SIGNED_OUT:
            return None
