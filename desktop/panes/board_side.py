# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitor's right side under the chart: the most urgent hand-over clocks and the newest alarms."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate
from desktop.panes.tasks import BARS, note_words
from desktop.panes.times import left
from desktop.widgets.figures import grouped, second
from desktop.widgets.theme import Theme
from models.cards import TaskLine
from models.kinds import TaskState
from resources.i18n import known, tr
from telephony.messages import Alarm

CLOCKS_SHOWN = 4
ALARMS_SHOWN = 3
RED = ("missed", "nobody", "late", "lost", "failed")


def urgent_first(tasks: tuple[TaskLine, ...]) -> tuple[TaskLine, ...]:
    """The tasks whose hand-over clock still runs, the nearest deadline first."""
    waiting = [task for task in tasks if task.state is TaskState.OPEN]
    return tuple(sorted(waiting, key=lambda task: (task.handover_due, task.task)))


def alarm_words(alarm: Alarm, names: Callable[[str], str]) -> str:
    """An alarm in words, with the name of the agent it is about."""
    key = f"alarm.{alarm.what}"
    return tr(key, alarm.call, names(alarm.agent)) if known(key) else tr("board.alarm_other", alarm.what)


def alarm_tone(alarm: Alarm) -> str:
    """Red for what has failed, amber for what is about to."""
    return "miss.text" if any(part in alarm.what for part in RED) else "ring.text"


class ClockDelegate(RowDelegate):
    height = 30

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: TaskLine, selected: bool) -> None:
        rest = left(row.handover_due, self._now(), row.handover_due - row.created)
        brush.text(QRect(box.left(), box.top(), 124, box.height()), row.customer_name or grouped(row.number))
        brush.text(QRect(box.left() + 124, box.top(), 64, box.height()), row.created_by_name, "body", "text2")
        clock = QRect(box.right() - 78, box.top(), 79, box.height())
        brush.clock(clock, rest.words, rest.tone, "strong")
        track = QRect(box.left() + 194, box.top() + (box.height() - 6) // 2, clock.left() - box.left() - 206, 6)
        if track.width() > 20:
            brush.bar(track, rest.share, BARS[rest.tone])

    def tip(self, row: TaskLine) -> str:
        return f"{row.title}\n{note_words(row)}".strip()


class AlarmDelegate(RowDelegate):
    height = 44
    hover = False

    def __init__(self, theme: Theme, names: Callable[[str], str], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._names = names

    def draw(self, brush: Brush, box: QRect, row: Alarm, selected: bool) -> None:
        tone = alarm_tone(row)
        brush.icon(box, "warn" if tone == "miss.text" else "clock", tone, 16)
        upper = QRect(box.left() + 26, box.top() + 3, box.width() - 26, 20)
        brush.text(upper, alarm_words(row, self._names))
        brush.text(upper.translated(0, 19), second(row.at), "caption", "text3")
        brush.rule(box)

    def tip(self, row: Alarm) -> str:
        return alarm_words(row, self._names)
