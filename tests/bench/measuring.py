# SPDX-License-Identifier: GPL-3.0-or-later
"""How every bench measures: wait for a quiet machine, interleave ours and the peer, report medians and ranges."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Sequence
from typing import Any

import psutil

REPEATS = 5
QUIET_WAIT_S = 120.0
QUIET_FOR_S = 3.0
QUIET_IDLE = 85.0


def wait_until_quiet() -> bool:
    """Wait up to 120 s for 3 s with at least 85 % idle CPU; whether the machine was still busy then."""
    deadline = time.monotonic() + QUIET_WAIT_S
    while time.monotonic() < deadline:
        if 100.0 - psutil.cpu_percent(interval=QUIET_FOR_S) >= QUIET_IDLE:
            return False
    return True


def machine(busy: bool) -> dict[str, Any]:
    """What it ran on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "busy": busy,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0…1) of `values` do not exceed, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def ratio(ours: Sequence[float], peers: Sequence[float], goal: float, at_least: bool = False) -> dict[str, Any]:
    """Ours over the peer, repeat by repeat: median, range and whether the goal holds for the median."""
    each = [one / other for one, other in zip(ours, peers, strict=True)]
    median = statistics.median(each)
    return {
        "median": round(median, 3),
        "min": round(min(each), 3),
        "max": round(max(each), 3),
        "goal": goal,
        "at_least": at_least,
        "holds": median >= goal if at_least else median <= goal,
    }


def result(name: str, busy: bool, ratios: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The one shape of every report."""
    return {"bench": name, "machine": machine(busy), "ratios": ratios, "figures": figures}
