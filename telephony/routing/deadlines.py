# SPDX-License-Identifier: GPL-3.0-or-later
"""When time alone decides next: every call's and agent's deadline in one heap, kept from step to step.

A deadline that moves later is not moved in the heap: it is looked at again when its old instant comes to the top. So
the first of the heap is always exact, and a renewed lease costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace

Subject = tuple[int, str]
"""(CALL or AGENT, its id)"""

CALL, AGENT = 0, 1
SPARE = 64


@dataclass(frozen=True)
class Deadlines:
    """`heap` holds (instant, subject); only the entry whose instant is the one in `entered` counts."""

    heap: list[tuple[float, Subject]] = field(default_factory=list[tuple[float, Subject]])
    entered: Mapping[Subject, float] = field(default_factory=dict[Subject, float])

    def first(self) -> float | None:
        return self.heap[0][0] if self.heap else None

    def overdue(self, now: float) -> list[Subject]:
        """Whose instant may have come: calls, then agents, each in the order of their instants."""
        found: list[tuple[int, float, str]] = []
        ahead = [0]
        while ahead:
            n = ahead.pop()
            if n < len(self.heap) and self.heap[n][0] <= now:
                when, subject = self.heap[n]
                if self.entered.get(subject) == when:
                    found.append((subject[0], when, subject[1]))
                ahead += (2 * n + 1, 2 * n + 2)
        return [(kind, id) for kind, _, id in sorted(set(found))]


def updated(
    deadlines: Deadlines, changes: Mapping[Subject, float | None], deadline: Callable[[Subject], float | None]
) -> Deadlines:
    """The deadlines after these subjects have changed. `deadline` tells the present one of any subject."""
    entered = dict(deadlines.entered)
    heap = deadlines.heap.copy()
    for subject, when in changes.items():
        before = entered.get(subject)
        if when is None:
            entered.pop(subject, None)
        elif before is None or when < before:
            entered[subject] = when
            heappush(heap, (when, subject))
    while heap:
        at, subject = heap[0]
        if entered.get(subject) != at:
            heappop(heap)
            continue
        when = deadline(subject)
        if when == at:
            break
        if when is None:
            heappop(heap)
            del entered[subject]
        elif when > at:
            heapreplace(heap, (when, subject))
            entered[subject] = when
        else:  # it was never told of an earlier one: what stands here counts, and the next step looks again
            break
    if len(heap) > 2 * (len(entered) + SPARE):
        heap = [(when, subject) for subject, when in entered.items()]
        heapify(heap)
    return Deadlines(heap, entered)
