# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a queue rings first among those who are free and fit: one rule for each `Strategy`, and the numbers behind it.

Candidates are bits of a `Standing`. On a tie the longest idle comes first, so that a replay decides alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.rules.plan import Strategy
from telephony.calls import AgentId, CallId
from telephony.routing.standing import LEVELS, Need, Standing, level_of


@dataclass(frozen=True)
class Today:
    """What an agent did today."""

    calls: int = 0
    talk_s: float = 0.0


@dataclass(frozen=True)
class Ask:
    """Who asks: the call, its need, whom its queue rang last, and what anybody did today."""

    call: CallId
    need: Need
    last_rung: AgentId
    today: Callable[[AgentId], Today]
    now: float

    @property
    def strategy(self) -> Strategy:
        return Strategy.LONGEST_IDLE if self.need.plan is None else self.need.plan.strategy


def pick(ask: Ask, standing: Standing, candidates: int) -> AgentId:
    """The one to ring, of at least one candidate. (Ring all: whom the log names first.)"""
    match ask.strategy:
        case Strategy.LONGEST_IDLE | Strategy.RING_ALL:
            return standing.first(candidates)
        case Strategy.SKILLS:
            return standing.first(best_fit(standing, ask.need.wanted, candidates))
        case _:
            return min(standing.people(candidates), key=_key(ask, standing))


def in_order(ask: Ask, standing: Standing, people: list[AgentId]) -> list[AgentId]:
    """These people, the one to ring first at the front."""
    return sorted(people, key=_key(ask, standing))


def _key(ask: Ask, standing: Standing) -> Callable[[AgentId], tuple[float, int]]:
    """The lower, the earlier rung."""
    number = score(ask, standing)
    sign = -1 if ask.strategy in (Strategy.LONGEST_IDLE, Strategy.RING_ALL, Strategy.SKILLS) else 1
    return lambda agent: (sign * number(agent), standing.place[agent])


def score(ask: Ask, standing: Standing) -> Callable[[AgentId], float]:
    """The number a strategy goes by: seconds idle, levels added up, calls, seconds talked, place in turn, or chance."""
    match ask.strategy:
        case Strategy.LONGEST_IDLE | Strategy.RING_ALL:
            return lambda agent: ask.now - standing.standees[agent].idle_since
        case Strategy.SKILLS:
            wanted = ask.need.wanted
            return lambda agent: sum(level_of(standing.standees[agent], skill) for skill in wanted)
        case Strategy.FEWEST_CALLS:
            return lambda agent: ask.today(agent).calls
        case Strategy.LEAST_TALK_TIME:
            return lambda agent: ask.today(agent).talk_s
        case Strategy.RANDOM:
            return lambda agent: chance(ask.call, agent)
        case Strategy.LINEAR:
            order = _in_turn(ask, standing, "")
            return lambda agent: order[agent]
        case Strategy.ROUND_ROBIN:
            order = _in_turn(ask, standing, ask.last_rung)
            return lambda agent: order[agent]


def _in_turn(ask: Ask, standing: Standing, after: AgentId) -> Mapping[AgentId, int]:
    """Places 1, 2, … in the queue's own list, or by number where it has none; from the one after `after` on."""
    members = ask.need.plan.members if ask.need.plan is not None else ()
    people = list(members) if members else sorted(standing.people(standing.queues.get(ask.need.queue, 0)))
    if after and members:
        start = people.index(after) + 1 if after in people else 0
    else:
        start = next((n for n, agent in enumerate(people) if agent > after), 0) if after else 0
    return {agent: n for n, agent in enumerate(people[start:] + people[:start], 1)}


def chance(call: CallId, agent: AgentId) -> int:
    """A number below a million that nobody can foresee and every replay finds again."""
    return int.from_bytes(hashlib.blake2b(f"{call}\n{agent}".encode(), digest_size=8).digest(), "big") % 1_000_000


def best_fit(standing: Standing, wanted: tuple[str, ...], candidates: int) -> int:
    """Those whose levels of the wanted skills add up highest; the sums of all are formed at once, bit by bit."""
    if len(wanted) == 1:
        for level in range(LEVELS, 0, -1):
            if best := candidates & standing.having(wanted[0], level):
                return best
        return candidates
    planes: list[int] = []
    for skill in wanted:
        for bits in standing.skills.get(skill, ()):
            carry = bits & candidates
            for n, plane in enumerate(planes):
                planes[n], carry = plane ^ carry, plane & carry
                if not carry:
                    break
            if carry:
                planes.append(carry)
    for plane in reversed(planes):
        if best := candidates & plane:
            candidates = best
    return candidates
