# SPDX-License-Identifier: GPL-3.0-or-later
"""Who stands where: the agents as bitmaps, so that "who is free and fits" is one AND of two numbers.

Every agent has a place, a bit; the lower his place, the longer he waits for work (the lower number on a tie). There is
one number for each queue, each skill at each level (level 1 holds everybody who has the skill at all) and each state.
A `Standing` never changes; `updated` gives the next one and touches only what an agent's change concerns. Who comes
back from work gets a new highest place; when half of the places are empty, all are given anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from models.kinds import AgentState
from models.rules.plan import QueuePlan
from telephony.calls import AgentId

LEVELS = 5
USUAL_LEVEL = 3
"""The proficiency of a skill whose level nobody has set."""

IN_ORDER = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING})
"""States in which the idle time counts; the place of anybody else means nothing."""

SPARE_PLACES = 64
MEMO_SIZE = 4096


class Standee(NamedTuple):
    """What of an agent decides whether he may be rung. `there`: he may yet come to a call without being called."""

    queues: frozenset[str]
    skills: frozenset[str]
    levels: Mapping[str, int]
    state: AgentState
    free: bool
    there: bool
    idle_since: float


@dataclass(frozen=True, eq=False)
class Need:
    """What a call asks for now: a queue, and skills with the least proficiency. `wanted` are the skills before anything
    was relaxed, which decide who fits best. One object stands for one need, so it is its own key."""

    queue: str
    skills: tuple[tuple[str, int], ...] = ()
    wanted: tuple[str, ...] = ()
    plan: QueuePlan | None = None


def level_of(standee: Standee, skill: str) -> int:
    """His proficiency, 0 when he does not have the skill."""
    return min(LEVELS, max(1, standee.levels.get(skill, USUAL_LEVEL))) if skill in standee.skills else 0


@dataclass(frozen=True)
class Standing:
    """Bit n of every number is the agent at place n. `at` is by place + 1, which is the bit's length."""

    standees: Mapping[AgentId, Standee] = field(default_factory=dict[AgentId, Standee])
    place: Mapping[AgentId, int] = field(default_factory=dict[AgentId, int])
    at: Mapping[int, AgentId] = field(default_factory=dict[int, AgentId])
    queues: Mapping[str, int] = field(default_factory=dict[str, int])
    skills: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])  # by level - 1
    states: Mapping[AgentState, int] = field(default_factory=dict[AgentState, int])
    free: int = 0
    there: int = 0
    top: int = 0  # the next place
    latest: tuple[float, AgentId] = (float("-inf"), "")  # the idle time that stands at the highest place
    memo: dict[Need, int] = field(default_factory=dict[Need, int], compare=False, repr=False)  # answers of `fitting`

    def bit(self, agent: AgentId) -> int:
        """The agent's bit, 0 for a stranger."""
        place = self.place.get(agent)
        return 0 if place is None else 1 << place

    def bits(self, agents: Iterable[AgentId]) -> int:
        number = 0
        for agent in agents:
            number |= self.bit(agent)
        return number

    def first(self, bits: int) -> AgentId:
        """The longest idle of at least one."""
        return self.at[(bits & -bits).bit_length()]

    def longest_idle(self, need: Need) -> AgentId | None:
        """The free agent who fits and waits longest: the usual question, asked without a detour."""
        bits = self.memo.get(need)
        bits = (self.fitting(need) if bits is None else bits) & self.free
        return self.at[(bits & -bits).bit_length()] if bits else None

    def people(self, bits: int) -> Iterator[AgentId]:
        """All of them, the longest idle first."""
        while bits:
            low = bits & -bits
            yield self.at[low.bit_length()]
            bits ^= low

    def having(self, skill: str, level: int) -> int:
        """Everybody with this proficiency or a better one."""
        levels = self.skills.get(skill)
        return 0 if levels is None else levels[level - 1]

    def fitting(self, need: Need) -> int:
        """Everybody of the queue with all the skills, free or not."""
        known = self.memo.get(need)
        if known is not None:
            return known
        bits = self.queues.get(need.queue, 0)
        for skill, level in need.skills:
            bits &= self.having(skill, level)
        if len(self.memo) < MEMO_SIZE:
            self.memo[need] = bits
        return bits

    def in_states(self, states: Iterable[AgentState]) -> int:
        number = 0
        for state in states:
            number |= self.states.get(state, 0)
        return number


def build(standees: Mapping[AgentId, Standee]) -> Standing:
    """Everybody at a place of his own, the longest idle lowest."""
    place: dict[AgentId, int] = {}
    at: dict[int, AgentId] = {}
    queues: dict[str, int] = {}
    skills: dict[str, list[int]] = {}
    states: dict[AgentState, int] = {}
    free = there = 0
    for n, agent in enumerate(sorted(standees, key=lambda agent: (standees[agent].idle_since, agent))):
        standee, bit = standees[agent], 1 << n
        place[agent], at[n + 1] = n, agent
        for queue in standee.queues:
            queues[queue] = queues.get(queue, 0) | bit
        for skill in standee.skills:
            levels = skills.setdefault(skill, [0] * LEVELS)
            for level in range(level_of(standee, skill)):
                levels[level] |= bit
        states[standee.state] = states.get(standee.state, 0) | bit
        free |= bit * standee.free
        there |= bit * standee.there
    rows = {skill: tuple(levels) for skill, levels in skills.items()}
    in_order = [(each.idle_since, agent) for agent, each in standees.items() if each.state in IN_ORDER]
    latest = max(in_order, default=(float("-inf"), ""))
    return Standing(dict(standees), place, at, queues, rows, states, free, there, len(place), latest)


def updated(standing: Standing, changes: Mapping[AgentId, Standee]) -> Standing:
    """The standing after these agents have changed; the same object when nothing that counts has."""
    moved: list[tuple[AgentId, Standee | None, Standee]] = []
    turned: list[tuple[Standee, Standee, int]] = []
    for agent, after in changes.items():
        before = standing.standees.get(agent)
        if before == after:
            continue
        if before is not None and _stays(before, after):
            turned.append((before, after, standing.bit(agent)))
        else:
            moved.append((agent, before, after))
    if not moved and not turned:
        return standing
    standees = {**standing.standees, **changes}
    moved.sort(key=lambda one: (one[2].idle_since, one[0]))
    if moved and _needs_new_places(standing, moved):
        return build(standees)
    states = dict(standing.states)
    free, there = standing.free, standing.there
    for before, after, bit in turned:
        if before.state is not after.state:
            states[before.state] &= ~bit
            states[after.state] = states.get(after.state, 0) | bit
        free = free | bit if after.free else free & ~bit
        there = there | bit if after.there else there & ~bit
    if not moved:
        return Standing(
            standees, standing.place, standing.at, standing.queues, standing.skills, states, free, there,
            standing.top, standing.latest, standing.memo,
        )  # fmt: skip
    page = _Page(standing, states, free, there)
    for agent, before, after in moved:
        page.move(agent, before, after)
    return Standing(
        standees, page.place, page.at, page.queues, page.skills, page.states, page.free, page.there, page.top,
        page.latest, page.memo,
    )  # fmt: skip


def _stays(before: Standee, after: Standee) -> bool:
    """Whether he keeps his place: same work, and his idle time has not begun anew."""
    return (
        before.idle_since == after.idle_since
        and (after.state not in IN_ORDER or before.state in IN_ORDER)
        and before.queues == after.queues
        and before.skills == after.skills
        and before.levels == after.levels
    )


def _needs_new_places(standing: Standing, moved: list[tuple[AgentId, Standee | None, Standee]]) -> bool:
    """Whether appending would break the order, or too many places are empty."""
    if standing.top + len(moved) > 2 * (len(standing.place) + SPARE_PLACES):
        return True
    latest = standing.latest
    for agent, _, after in moved:
        if after.state in IN_ORDER:
            if (after.idle_since, agent) <= latest:
                return True
            latest = (after.idle_since, agent)
    return False


class _Page:
    """The numbers while agents are moved to new highest places."""

    def __init__(self, standing: Standing, states: dict[AgentState, int], free: int, there: int) -> None:
        self.place = dict(standing.place)
        self.at = dict(standing.at)
        self.queues = dict(standing.queues)
        self.skills = dict(standing.skills)
        self.states = states
        self.free = free
        self.there = there
        self.top = standing.top
        self.latest = standing.latest
        self.memo = dict(standing.memo)

    def move(self, agent: AgentId, before: Standee | None, after: Standee) -> None:
        old = 0
        if before is not None:
            old = 1 << self.place[agent]
            del self.at[self.place[agent] + 1]
            self._take_away(before, old)
        new = 1 << self.top
        self.place[agent] = self.top
        self.top += 1
        self.at[self.top] = agent
        if after.state in IN_ORDER:
            self.latest = (after.idle_since, agent)
        self._put(after, new)
        for need, bits in self.memo.items():
            bits &= ~old
            if need.queue in after.queues and all(level_of(after, skill) >= level for skill, level in need.skills):
                bits |= new
            self.memo[need] = bits

    def _take_away(self, standee: Standee, bit: int) -> None:
        for queue in standee.queues:
            self.queues[queue] &= ~bit
        for skill in standee.skills:
            self.skills[skill] = tuple(bits & ~bit for bits in self.skills[skill])
        self.states[standee.state] &= ~bit
        self.free &= ~bit
        self.there &= ~bit

    def _put(self, standee: Standee, bit: int) -> None:
        for queue in standee.queues:
            self.queues[queue] = self.queues.get(queue, 0) | bit
        for skill in standee.skills:
            reached = level_of(standee, skill)
            levels = self.skills.get(skill, (0,) * LEVELS)
            self.skills[skill] = tuple(bits | bit if n < reached else bits for n, bits in enumerate(levels))
        self.states[standee.state] = self.states.get(standee.state, 0) | bit
        self.free |= bit * standee.free
        self.there |= bit * standee.there
