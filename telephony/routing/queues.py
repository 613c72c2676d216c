# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a waiting call: the longest idle agent with queue and skills; and who counts as being there at all."""

from __future__ import annotations

from collections.abc import Iterable

from models.kinds import AgentState
from telephony.calls import AgentId
from telephony.routing.agents import LOST
from telephony.routing.floor import Agent, Call, Stage, Turn

SERVING = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP})
"""Whose phone rings now or will ring without any act of his."""


def free(turn: Turn, person: Agent) -> bool:
    """Whether his phone may ring this moment."""
    return (
        person.state is AgentState.READY
        and person.spared_until <= turn.now
        and person.lease_until > turn.now
        and person.id in turn.phones
    )


def fits(person: Agent, call: Call) -> bool:
    """Whether this call is one of his: queue and all skills."""
    return call.queue in person.queues and call.skills <= person.skills


def longest_idle(people: Iterable[Agent]) -> Agent | None:
    """The one who waits longest for work; the lower number on a tie, so that a replay decides alike."""
    return min(people, key=lambda person: (person.idle_since, person.id), default=None)


def choose_for(turn: Turn, call: Call) -> tuple[Agent | None, bool]:
    """Who is offered this call, and whether a new round begins because everybody free was offered it already."""
    ready = [person for person in turn.agents.values() if fits(person, call) and free(turn, person)]
    fresh = longest_idle(person for person in ready if person.id not in call.offered)
    if fresh is not None:
        return fresh, False
    return longest_idle(ready), bool(ready)


def choose_engineer(turn: Turn, skills: frozenset[str], tried: frozenset[AgentId]) -> Agent | None:
    """The longest idle person with these skills, whatever his queues; nobody is asked twice for one transfer."""
    return longest_idle(
        person
        for person in turn.agents.values()
        if skills <= person.skills and person.id not in tried and free(turn, person)
    )


def somebody_there(turn: Turn, call: Call) -> bool:
    """Whether anybody signed in for this call may yet come to it. Not responding or lost people do not count."""
    return any(
        fits(person, call)
        and person.state not in (AgentState.SIGNED_OUT, AgentState.NOT_RESPONDING)
        and person.reason not in LOST
        for person in turn.agents.values()
    )


def last_reachable(turn: Turn, person: Agent, call: Call) -> bool:
    """Whether without him the call, or a queue of his, would have nobody left who serves."""
    others = [other for other in turn.agents.values() if other.id != person.id and other.state in SERVING]
    if not any(fits(other, call) for other in others) and call.queue in person.queues:
        return True
    return any(not any(queue in other.queues for other in others) for queue in person.queues)


def waiting_in_order(turn: Turn) -> list[Call]:
    """Calls that wait for an agent and ring nobody, in the order they are served: lost ones first, then by arrival."""
    waiting = [
        call for call in turn.calls.values() if call.stage is Stage.WAITING and not call.offers and not call.back_to
    ]
    return sorted(waiting, key=lambda call: (not call.front, call.arrived, call.id))
