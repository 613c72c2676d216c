# SPDX-License-Identifier: GPL-3.0-or-later
"""Site time and the alarm clocks that run on it.

Site time is PostgreSQL's clock at the start plus this machine's monotonic clock. Later anchors move it by slewing, at
most 5 ms in a second, so no ring and no deadline ever sees time jump. Seconds since the epoch. Raises NoAnchor as long
as no clock of the database was ever seen: such a switchboard does not lead.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from telephony.service.floor_log import log

SLEW_PER_S = 0.005
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class NoAnchor(RuntimeError):
    """The database's clock was never seen, neither now nor since this machine started."""


class SiteTime:
    """The one clock of the site, as the switchboard holds it. `monotonic` can be replaced by a test's own."""

    def __init__(self, kept_in: Path | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept_in = kept_in
        self._base: tuple[float, float] | None = None
        self._correction = 0.0
        if kept_in is not None:
            self._remember(kept_in)

    @property
    def anchored(self) -> bool:
        return self._base is not None

    def now(self) -> float:
        """Site time at this moment; raises NoAnchor."""
        return self.at(self._monotonic())

    def at(self, monotonic: float) -> float:
        """Site time of a moment of this machine's monotonic clock (facts of the exchange carry those)."""
        if self._base is None:
            raise NoAnchor("no clock of the database was seen yet")
        since, site = self._base
        elapsed = monotonic - since
        most = SLEW_PER_S * max(0.0, elapsed)
        return site + elapsed + max(-most, min(most, self._correction))

    def anchor(self, database_time: float, asked: float, answered: float) -> None:
        """The database said `database_time` somewhere between the two moments of the monotonic clock."""
        here = self._monotonic()
        there = database_time + here - (asked + answered) / 2
        if self._base is None:
            self._base, self._correction = (here, there), 0.0
        else:
            now = self.at(here)
            self._base, self._correction = (here, now), there - now
        self._keep()

    def not_before(self, site_time: float) -> None:
        """Never earlier than what was already written: a log must not run backwards over a restart."""
        if self._base is not None and self.now() < site_time:
            self._base = (self._monotonic(), site_time)

    def _keep(self) -> None:
        if self._kept_in is None or self._base is None:
            return
        since, site = self._base
        words = json.dumps({"boot": _boot(), "site_minus_monotonic": site - since + self._correction})
        fresh = self._kept_in.with_suffix(".new")
        try:
            fresh.write_text(words, encoding="utf-8")
            os.replace(fresh, self._kept_in)
        except OSError as error:
            log.warning("clock_not_kept", why=str(error))

    def _remember(self, kept_in: Path) -> None:
        try:
            kept = json.loads(kept_in.read_text(encoding="utf-8"))
            offset, boot = float(kept["site_minus_monotonic"]), kept["boot"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        # The monotonic clock starts again with the machine, so the offset is good for this boot only.
        if boot and boot == _boot():
            here = self._monotonic()
            self._base = (here, here + offset)


def _boot() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class AlarmClocks:
    """Named alarms on site time: one of a name, setting it again moves it. Needs a running loop."""

    def __init__(self, clock: SiteTime) -> None:
        self._clock = clock
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, at: float | None, ring: Callable[[], None]) -> None:
        """Call `ring` at site time `at`, or soon when that is past; None puts the alarm off."""
        self.off(name)
        if at is not None:
            wait = max(0.0, at - self._clock.now())
            self._handles[name] = asyncio.get_running_loop().call_later(wait, self._ring, name, ring)

    def off(self, name: str) -> None:
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def all_off(self) -> None:
        for name in list(self._handles):
            self.off(name)

    def names(self) -> frozenset[str]:
        return frozenset(self._handles)

    def _ring(self, name: str, ring: Callable[[], None]) -> None:
        self._handles.pop(name, None)
        ring()
