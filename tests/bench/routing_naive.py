# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of `routing`: who gets a call, by one loop over all agents; the largest matching, by Hopcroft and Karp."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Seat:
    """An agent as a plain program keeps him."""

    id: str
    ready: bool
    queues: frozenset[str]
    skills: frozenset[str]
    idle_since: float


def choose(seats: Iterable[Seat], queue: str, skills: frozenset[str]) -> str | None:
    """The longest idle who is ready and fits; the lower number on a tie."""
    best: Seat | None = None
    for seat in seats:
        if (
            seat.ready
            and queue in seat.queues
            and skills <= seat.skills
            and (best is None or (seat.idle_since, seat.id) < (best.idle_since, best.id))
        ):
            best = seat
    return None if best is None else best.id


def most_served(fits: Sequence[Sequence[int]]) -> int:
    """How many calls could be served at the most: the size of a maximum matching of calls and agents."""
    of_call = [-1] * len(fits)
    of_agent: dict[int, int] = {}
    while True:
        layer = [0 if agent < 0 else -1 for agent in of_call]
        ahead = deque(call for call, agent in enumerate(of_call) if agent < 0)
        found = False
        while ahead:
            call = ahead.popleft()
            for agent in fits[call]:
                other = of_agent.get(agent, -1)
                if other < 0:
                    found = True
                elif layer[other] < 0:
                    layer[other] = layer[call] + 1
                    ahead.append(other)
        if not found:
            return sum(agent >= 0 for agent in of_call)
        for start, agent in enumerate(of_call):
            if agent < 0:
                _augment(start, fits, of_call, of_agent, layer)


def _augment(start: int, fits: Sequence[Sequence[int]], of_call: list[int], of_agent: dict[int, int],
             layer: list[int]) -> None:  # fmt: skip
    path: list[tuple[int, int]] = []
    untried = {start: iter(fits[start])}
    call = start
    while True:
        for agent in untried[call]:
            other = of_agent.get(agent, -1)
            if other < 0:
                for one, given in [*path, (call, agent)]:
                    of_call[one], of_agent[given] = given, one
                return
            if layer[other] == layer[call] + 1 and other not in untried:
                path.append((call, agent))
                untried[other] = iter(fits[other])
                call = other
                break
        else:
            layer[call] = -1
            if not path:
                return
            call, _ = path.pop()
