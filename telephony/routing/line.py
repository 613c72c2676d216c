# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of those who wait, in the order they are served, kept sorted from change to change.

A caller's score is priority + points of his level + seconds waited. All wait equally fast, so the order does not depend
on the hour: who came (earlier by his points) first is served first. Lost and returned calls stand before everybody.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.calls import CallId
from telephony.routing.standing import Need

Spot = tuple[bool, float, float, CallId, Need]
"""(not in front, arrival less points, arrival, call, what it asks for)"""


@dataclass(frozen=True)
class Line:
    """`spots` in the order of service; `of` gives a call's spot."""

    spots: tuple[Spot, ...] = ()
    of: Mapping[CallId, Spot] = field(default_factory=dict[CallId, Spot])

    def __len__(self) -> int:
        return len(self.spots)


def updated(line: Line, changes: Mapping[CallId, Spot | None]) -> Line:
    """The line after these calls came, went (None) or changed; the same object when nothing did."""
    real = {call: spot for call, spot in changes.items() if line.of.get(call) != spot}
    if not real:
        return line
    spots, of = list(line.spots), dict(line.of)
    for call, after in real.items():
        before = of.pop(call, None)
        if before is not None:
            del spots[bisect_left(spots, before)]
        if after is not None:
            insort(spots, after)
            of[call] = after
    return Line(tuple(spots), of)
