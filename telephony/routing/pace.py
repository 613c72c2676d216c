# SPDX-License-Identifier: GPL-3.0-or-later
"""How long one contact takes in a queue, from «connected» to the end of the wrap-up: a running mean, seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from telephony.call_events import AgentId, CallId
from telephony.call_orders import Note, Order

USUAL_S = 180.0  # what a contact takes before any was seen
REMEMBERS = 20  # an older contact counts for less


@dataclass(frozen=True)
class Pace:
    """`means`: queue → (mean, contacts seen up to REMEMBERS). `since`: agent → (queue, when he was connected)."""

    means: Mapping[str, tuple[float, int]] = field(default_factory=lambda: MappingProxyType({}))
    since: Mapping[AgentId, tuple[str, float]] = field(default_factory=lambda: MappingProxyType({}))

    def handling_s(self, queue: str) -> float:
        return self.means.get(queue, (USUAL_S, 0))[0]


def observe(pace: Pace, orders: Sequence[Order], queue_of: Callable[[CallId], str], now: float) -> Pace:
    """The pace after what routing has just written down."""
    if not any(isinstance(order, Note) and order.kind in ("connected", "wrap_up_ended") for order in orders):
        return pace
    means, since = dict(pace.means), dict(pace.since)
    for order in orders:
        match order:
            case Note(call, "connected", _, who):
                since[who] = (queue_of(call), now)
            case Note(_, "wrap_up_ended", _, who) if who in since:
                queue, begun = since.pop(who)
                mean, seen = means.get(queue, (0.0, 0))
                seen = min(seen + 1, REMEMBERS)
                means[queue] = (mean + (now - begun - mean) / seen, seen)
            case _:
                pass
    return Pace(MappingProxyType(means), MappingProxyType(since))


def expected_s(pace: Pace, queue: str, ahead: int, serving: int) -> float | None:
    """How long who has `ahead` callers before him may expect to wait; None while nobody serves."""
    return ahead * pace.handling_s(queue) / serving if serving else None
