# SPDX-License-Identifier: GPL-3.0-or-later
"""Today's figures, counted from the event log: counts and seconds by quarter of an hour, never ratios.

A contact belongs to the quarter in which it entered the queue. The same counting runs live and over `contact_event`
after a start; an event is counted once by its key. Instants are site time, the day is the site's local one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from telephony.messages import Alarm, Interval
from telephony.service.journal import Event

QUARTER_S = 900.0
DAY_S = 24 * 3600.0
SHORT_ABANDON_S = 5.0
ALARMS_KEPT = 50


@dataclass
class _Caller:
    queued: float
    first_ring: float | None = None
    connected: float | None = None
    over: bool = False


@dataclass
class _Counts:
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    in_target: int = 0
    in_three_rings: int = 0
    wait_s: float = 0.0


@dataclass
class Figures:
    """What the monitor and the bar show of today. `target_s` and `promise_s` are the house's own two promises."""

    target_s: float
    promise_s: float
    day_start: float
    _quarters: dict[float, _Counts] = field(default_factory=dict)
    _callers: dict[str, _Caller] = field(default_factory=dict)
    _waiting: list[Event] | None = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _calls_of: dict[str, int] = field(default_factory=dict)
    _dials_of: dict[str, int] = field(default_factory=dict)
    _talk_of: dict[str, float] = field(default_factory=dict)
    _talks_since: dict[tuple[str, str], float] = field(default_factory=dict)
    _missed_by: dict[str, int] = field(default_factory=dict)
    _alarms: list[Alarm] = field(default_factory=list)

    def begin(self, earlier: Iterable[Event]) -> None:
        """Count what happened before, in the order of the log; then what came meanwhile. Until then nothing counts."""
        self._waiting, meanwhile = None, self._waiting or []
        for event in (*earlier, *meanwhile):
            self.take(event)

    def take(self, event: Event) -> None:
        """Count one event; one already counted, or of another day, changes nothing."""
        if self._waiting is not None:
            self._waiting.append(event)
            return
        key = (event.epoch, event.seq)
        if event.at >= self.day_start + DAY_S:
            self._begin_day(day_start(event.at))
        if key in self._seen or event.at < self.day_start:
            return
        self._seen.add(key)
        match event.kind:
            case "queued" if event.call not in self._callers:
                self._callers[event.call] = _Caller(event.at)
                self._quarter(event.at).offered += 1
            case "ringback":
                caller = self._callers.get(event.call)
                if caller is not None and caller.first_ring is None:
                    caller.first_ring = event.at
            case "connected":
                self._connected(event)
            case "released":
                since = self._talks_since.pop((event.call, event.who), None)
                if since is not None:
                    self._talk_of[event.who] = self._talk_of.get(event.who, 0.0) + event.at - since
            case "dialled":
                self._dials_of[event.who] = self._dials_of.get(event.who, 0) + 1
            case "missed":
                self._missed_by[event.who] = self._missed_by.get(event.who, 0) + 1
            case "alarm":
                what, call, agent = (str(event.data.get(name, "")) for name in ("what", "call", "agent"))
                alarm = Alarm(event.at, what, call, agent)
                self._alarms = [*self._alarms, alarm][-ALARMS_KEPT:]
            case "ended":
                self._ended(event)
            case _:
                return

    def _begin_day(self, start: float) -> None:
        """Midnight: calls under way are counted in the day in which they came."""
        self.day_start = start
        counted = (
            self._quarters, self._callers, self._seen, self._calls_of, self._dials_of, self._talk_of, self._missed_by,
        )  # fmt: skip
        for of_yesterday in counted:
            of_yesterday.clear()
        self._alarms = []

    def _connected(self, event: Event) -> None:
        self._talks_since.setdefault((event.call, event.who), event.at)
        self._calls_of[event.who] = self._calls_of.get(event.who, 0) + 1
        caller = self._callers.get(event.call)
        if caller is None or caller.connected is not None:
            return
        caller.connected = event.at
        counts, wait = self._quarter(caller.queued), event.at - caller.queued
        counts.answered += 1
        counts.wait_s += wait
        counts.in_target += wait <= self.target_s
        counts.in_three_rings += event.at - (caller.first_ring or caller.queued) < self.promise_s

    def _ended(self, event: Event) -> None:
        caller = self._callers.get(event.call)
        if caller is None or caller.over:
            return
        caller.over = True
        if event.data.get("outcome") in ("abandoned", "cancelled") and caller.connected is None:
            counts = self._quarter(caller.queued)
            counts.abandoned += 1
            counts.short_abandoned += event.at - caller.queued < SHORT_ABANDON_S

    def _quarter(self, at: float) -> _Counts:
        return self._quarters.setdefault(at - at % QUARTER_S, _Counts())

    def quarters(self) -> tuple[Interval, ...]:
        return tuple(_interval(start, counts) for start, counts in sorted(self._quarters.items()))

    def today(self) -> Interval:
        total = _Counts()
        for counts in self._quarters.values():
            total.offered += counts.offered
            total.answered += counts.answered
            total.abandoned += counts.abandoned
            total.short_abandoned += counts.short_abandoned
            total.in_target += counts.in_target
            total.in_three_rings += counts.in_three_rings
            total.wait_s += counts.wait_s
        return _interval(self.day_start, total)

    def promised(self) -> tuple[int, int]:
        """(answered within three rings, all that count for the three-ring rate)."""
        today = self.today()
        return today.answered_in_three_rings, today.answered + today.abandoned - today.short_abandoned

    def calls_of(self, agent: str) -> int:
        """How many calls of today this agent was connected with."""
        return self._calls_of.get(agent, 0)

    def dials_of(self, person: str) -> int:
        """How often he dialled today."""
        return self._dials_of.get(person, 0)

    def day_of(self, agent: str) -> tuple[int, float]:
        """How many calls he talked on today, and for how many seconds."""
        return self.calls_of(agent), self._talk_of.get(agent, 0.0)

    def missed_by(self, agent: str) -> int:
        return self._missed_by.get(agent, 0)

    def alarms(self) -> tuple[Alarm, ...]:
        return tuple(self._alarms)


def _interval(start: float, counts: _Counts) -> Interval:
    return Interval(
        start, counts.offered, counts.answered, counts.abandoned, counts.short_abandoned, counts.in_target,
        counts.in_three_rings, counts.wait_s,
    )  # fmt: skip


def day_start(at: float) -> float:
    """Midnight of the site's local day in which `at` lies."""
    day = time.localtime(at)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))
