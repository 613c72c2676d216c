# SPDX-License-Identifier: GPL-3.0-or-later
"""Several calls and several agents at once: who gets whom, so that no call waits that somebody could have taken.

Calls are looked at in the order of service. One that finds nobody left asks whether an earlier one could take another
agent instead (an augmenting path), so nobody who could be served earlier loses by it, and as many calls are served as
is possible at all. From agents that once led nowhere no later search starts again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def match(fits: Sequence[int], pick: Callable[[int, int], int]) -> dict[int, int]:
    """Call (its position in `fits`) → the agent's bit. `fits` are the free agents of each call, first served first;
    `pick(call, bits)` gives the bit this call would rather have."""
    given: dict[int, int] = {}
    owner: dict[int, int] = {}
    taken = dead = 0
    for call, bits in enumerate(fits):
        if open_ := bits & ~taken:
            bit = pick(call, open_)
            given[call], owner[bit] = bit, call
            taken |= bit
            continue
        seen, from_ = dead, dict[int, int]()
        ahead = [call]
        for other in ahead:
            reached = fits[other] & ~seen
            if open_ := reached & ~taken:
                bit = pick(other, open_)
                taken |= bit
                while True:
                    before = given.get(other, 0)
                    given[other], owner[bit] = bit, other
                    if other == call:
                        break
                    bit, other = before, from_[other]
                break
            seen |= reached
            while reached:
                low = reached & -reached
                reached ^= low
                from_[owner[low]] = other
                ahead.append(owner[low])
        else:
            dead = seen
    return given
