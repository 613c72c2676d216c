# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a waiting call: the plan's strategy among those who are free and fit; who counts as being there at all.

All questions are answered from the floor's bitmaps (`standing`), never by asking every agent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.kinds import AgentState
from models.rules.plan import Strategy
from telephony.calls import AgentId, CallId
from telephony.routing import matching, strategies
from telephony.routing.floor import Agent, Call, Turn
from telephony.routing.needs import ALL_STEPS, steps_due
from telephony.routing.standing import Need
from telephony.routing.strategies import Ask, Today

SERVING = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP})
"""Whose phone rings now or will ring without any act of his."""


@dataclass(frozen=True)
class Choice:
    """Whom a call rings and why: one agent, or several when all are rung. `eligible` are all who could have been."""

    agents: tuple[AgentId, ...]
    new_round: bool  # everybody free was offered it already
    ask: Ask
    eligible: int
    last_agent: bool = False  # he was preferred, whatever the strategy


def free(turn: Turn, person: Agent) -> bool:
    """Whether his phone may ring this moment."""
    return (
        person.state is AgentState.READY
        and person.spared_until <= turn.now
        and person.lease_until > turn.now
        and person.id in turn.phones
    )


def need_of(turn: Turn, call: Call) -> Need:
    """What the call asks for at this step of its waiting."""
    return turn.needs.of(call.queue, call.skills, call.relaxed)


def fits(person: Agent, call: Call, turn: Turn | None = None) -> bool:
    """Whether this call is one of his: queue and all skills, at the levels the plan asks for when it is given."""
    if turn is None:
        return call.queue in person.queues and call.skills <= person.skills
    return bool(turn.standing.fitting(need_of(turn, call)) & turn.standing.bit(person.id))


def rings_all(turn: Turn, call: Call) -> bool:
    plan = turn.plan.queues.get(call.queue)
    return plan is not None and plan.strategy is Strategy.RING_ALL


# ---- one call -------------------------------------------------------------------------------------------------


def choose(turn: Turn, call: Call) -> Choice | None:
    """Who is offered this call; nobody, when nobody is free. Agents who were not offered it in this round come first,
    among them the one who knows the customer."""
    standing = turn.standing
    need = need_of(turn, call)
    eligible = standing.fitting(need) & standing.free
    own = standing.bit(turn.matched.get(call.id, ""))
    promised = standing.bits(agent for id, agent in turn.matched.items() if id != call.id) if turn.matched else 0
    candidates = eligible & ~promised
    if not candidates:
        return None
    ask = _ask(turn, call, need)
    if rings_all(turn, call):
        everybody = tuple(standing.people(candidates))
        return Choice(everybody, set(everybody) <= call.offered, ask, eligible)
    fresh = _fresh(turn, call, candidates)
    chosen, knows = _pick(turn, call, ask, own & candidates or fresh or candidates)
    return Choice((chosen,), not fresh, ask, eligible, knows)


def _fresh(turn: Turn, call: Call, candidates: int) -> int:
    return candidates & ~turn.standing.bits(call.offered) if call.offered else candidates


def _ask(turn: Turn, call: Call, need: Need) -> Ask:
    return Ask(call.id, need, turn.last_rung.get(call.queue, ""), lambda agent: _today(turn.agents[agent]), turn.now)


def _today(person: Agent) -> Today:
    return Today(person.calls_today, person.talk_today_s)


def _pick(turn: Turn, call: Call, ask: Ask, candidates: int) -> tuple[AgentId, bool]:
    if knows(turn, call) and candidates & turn.standing.bit(call.last_agent):
        return call.last_agent, True
    return strategies.pick(ask, turn.standing, candidates), False


def knows(turn: Turn, call: Call) -> bool:
    """Whether the queue prefers the agent this customer talked to last, and that is not too long ago."""
    plan = turn.plan.queues.get(call.queue)
    if plan is None or not plan.last_agent_first or not call.last_agent:
        return False
    return not call.last_agent_at or turn.now - call.last_agent_at <= plan.last_agent_s


def choose_for(turn: Turn, call: Call) -> tuple[Agent | None, bool]:
    """Who is offered this call (the first, when all are rung), and whether a new round begins."""
    choice = choose(turn, call)
    return (None, False) if choice is None else (turn.agents[choice.agents[0]], choice.new_round)


def relax(turn: Turn, call: Call) -> Call:
    """The call at the step of its waiting that this instant has reached."""
    steps = steps_due(turn.plan.queues.get(call.queue), turn.now - call.arrived)
    if steps == call.relaxed:
        return call
    return turn.put_call(replace(call, relaxed=steps))


# ---- several calls --------------------------------------------------------------------------------------------


def to_serve(turn: Turn, again: bool = False) -> list[CallId]:
    """Calls for which somebody may be found now, or whose wait has changed, in the order of service.

    Only these can be served: everybody else was looked at before, and nobody who fits has become free since. When
    several calls could have several agents, who gets whom is settled in `turn.matched`."""
    if turn.look_at_all:
        for call in [turn.calls[spot[3]] for spot in turn.line.spots]:
            relax(turn, call)
    standing, line = turn.standing, turn.line  # `standing` also finds out who was freed
    freed = standing.bits(turn.freed) & standing.free
    everybody = turn.look_at_all
    dirty = turn.dirty | {spot[3] for spot in line.spots if turn.calls[spot[3]].owed is not None}
    turn.look_at_all, turn.dirty, turn.freed, turn.matched = False, set(), set(), {}
    if not everybody and not dirty and not freed:
        return []
    if not everybody and not freed:
        spots = sorted(spot for id in dirty if (spot := line.of.get(id)) is not None)
        looked_at = [(turn.calls[spot[3]], standing.fitting(spot[4]) & standing.free) for spot in spots]
    else:
        looked_at: list[tuple[Call, int]] = []
        alone = not everybody and not freed & (freed - 1)
        for spot in line.spots:
            able = standing.fitting(spot[4]) & standing.free
            if everybody or spot[3] in dirty or able & freed:
                looked_at.append((turn.calls[spot[3]], able))
                if alone and able & freed and not dirty:
                    break
    _settle(turn, [(call, able) for call, able in looked_at if able])
    return [call.id for call, able in looked_at if able or not again]


def _settle(turn: Turn, able: list[tuple[Call, int]]) -> None:
    if len(able) < 2:
        return
    together = 0
    for _, bits in able:
        together |= bits
    if not together & (together - 1):
        return
    calls = [call for call, _ in able]
    asks = [_ask(turn, call, need_of(turn, call)) for call in calls]

    def pick(n: int, bits: int) -> int:
        chosen, _ = _pick(turn, calls[n], asks[n], _fresh(turn, calls[n], bits) or bits)
        return turn.standing.bit(chosen)

    for n, bit in matching.match([bits for _, bits in able], pick).items():
        turn.matched[calls[n].id] = turn.standing.first(bit)


def first_of(choice: Choice) -> Choice:
    """The same, but one phone only: a call-back belongs to who takes it."""
    return replace(choice, agents=choice.agents[:1])


def free_for(turn: Turn, call: Call) -> int:
    """How many could take this call now."""
    return (turn.standing.fitting(need_of(turn, call)) & turn.standing.free).bit_count()


def is_free_for(turn: Turn, call: Call, agent: AgentId) -> bool:
    """Whether this agent could take this call now."""
    return bool(turn.standing.fitting(need_of(turn, call)) & turn.standing.free & turn.standing.bit(agent))


def serving(turn: Turn, call: Call) -> int:
    """How many serve calls like this one, busy or free."""
    return (turn.standing.fitting(need_of(turn, call)) & turn.standing.in_states(SERVING)).bit_count()


def waiting_in_order(turn: Turn) -> list[Call]:
    """Calls that wait for an agent and ring nobody, in the order they are served: lost ones first, then by score."""
    return [turn.calls[spot[3]] for spot in turn.line.spots]


# ---- engineers, and who is there ------------------------------------------------------------------------------


def choose_engineer(
    turn: Turn, skills: frozenset[str], tried: frozenset[AgentId], last_engineer: AgentId = ""
) -> Agent | None:
    """The engineer who had this customer last, otherwise the longest idle person with these skills, whatever his
    queues; nobody is asked twice for one transfer."""
    standing = turn.standing
    candidates = standing.free & ~standing.bits(tried)
    for skill in skills:
        candidates &= standing.having(skill, 1)
    if not candidates:
        return None
    last = candidates & standing.bit(last_engineer)
    return turn.agents[standing.first(last or candidates)]


def somebody_there(turn: Turn, call: Call) -> bool:
    """Whether anybody signed in for this call may yet come to it, be it that the queue asks for less by then. Not
    responding or lost people do not count."""
    standing = turn.standing
    return bool(standing.fitting(turn.needs.of(call.queue, call.skills, ALL_STEPS)) & standing.there)


def last_reachable(turn: Turn, person: Agent, call: Call) -> bool:
    """Whether without him the call, or a queue of his, would have nobody left who serves."""
    standing = turn.standing
    others = standing.in_states(SERVING) & ~standing.bit(person.id)
    queues = turn.needs.queues_of(person.id, person.queues)
    if call.queue in queues and not standing.fitting(turn.needs.of(call.queue, call.skills, ALL_STEPS)) & others:
        return True
    return any(not standing.queues.get(queue, 0) & others for queue in queues)
