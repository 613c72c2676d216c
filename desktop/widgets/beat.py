# SPDX-License-Identifier: GPL-3.0-or-later
"""The one heartbeat of the screen: every timer repaints from it, none counts ticks.

`second` fires once a second; `tenth` ten times a second, only while somebody asked for it (a call rings).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QWidget
from shiboken6 import isValid

from desktop.widgets.figures import clock

Clock = Callable[[], float]
"""Site time in seconds."""


class Beat(QObject):
    """Two timers for the whole process."""

    second = Signal()
    tenth = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._seconds = QTimer(self, interval=1000, timerType=Qt.TimerType.CoarseTimer)
        self._seconds.timeout.connect(self.second)
        self._seconds.start()
        self._tenths = QTimer(self, interval=100, timerType=Qt.TimerType.PreciseTimer)
        self._tenths.timeout.connect(self.tenth)
        self._wanting: set[int] = set()

    def want_tenths(self, who: QObject, on: bool) -> None:
        """Say that `who` paints at 10 Hz now, or no longer."""
        key = id(who)
        if on and key not in self._wanting:
            self._wanting.add(key)
            # A piece that goes away while it ticks must not keep the timer running.
            who.destroyed.connect(lambda: self._let_go(key))
        elif not on:
            self._wanting.discard(key)
        self._run_or_rest()

    def _let_go(self, key: int) -> None:
        self._wanting.discard(key)
        self._run_or_rest()

    def _run_or_rest(self) -> None:
        if not isValid(self._tenths):
            return  # at the end of the process the timers may be gone before the pieces are
        if self._wanting and not self._tenths.isActive():
            self._tenths.start()
        elif not self._wanting:
            self._tenths.stop()

    @property
    def tenths_running(self) -> bool:
        return self._tenths.isActive()


_beat: Beat | None = None


def beat() -> Beat:
    """The beat of this process."""
    global _beat
    if _beat is None:
        _beat = Beat()
    return _beat


class TimerLabel(QLabel):
    """Time since, or left until, an instant of site time. Never elides; digits share one width, so nothing jitters."""

    def __init__(
        self, now: Clock, role: str = "body", tone: str = "text", parent: QWidget | None = None,
        words: Callable[[float], str] = clock,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setProperty("tone", tone)
        self._now, self._words = now, words
        self._since: float | None = None
        self._until: float | None = None
        beat().second.connect(self.repaint_time)

    def count_from(self, since: float | None) -> None:
        """Count up from `since`; None shows nothing."""
        self._since, self._until = since or None, None
        self.repaint_time()

    def count_to(self, until: float | None) -> None:
        """Count down to `until`, stopping at 0."""
        self._since, self._until = None, until or None
        self.repaint_time()

    def repaint_time(self) -> None:
        if self._since is not None:
            text = self._words(self._now() - self._since)
        elif self._until is not None:
            text = self._words(max(0.0, self._until - self._now()))
        else:
            text = ""
        if text != self.text():
            self.setText(text)
