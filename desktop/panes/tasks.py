# SPDX-License-Identifier: GPL-3.0-or-later
"""The engineer's hand-over tasks at the left: the most urgent first, each with the clock that runs now.

Until a task is claimed its hand-over clock runs, from then on its call-back clock; the other one is said beside it.
A call-back that found nobody keeps the task, shows the attempt and when the next one is due.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.panes.section import HEADER_H, bar
from desktop.panes.times import Left, left
from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.figures import grouped, minute
from desktop.widgets.frames import empty_layout, hairline
from desktop.widgets.labels import EmptyPlace, label, section, wrapped
from desktop.widgets.theme import Theme
from models.cards import TaskLine
from models.kinds import TaskState
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

PAD = 16
BARS = {"calm": "text2", "soon": "ring.solid", "late": "miss.solid"}


def running_clock(task: TaskLine, now: float) -> tuple[str, Left] | None:
    """The name and the rest of the clock that runs: hand-over until claimed, then call-back, then the next attempt."""
    if task.state is TaskState.OPEN:
        return tr("engineer.hand_over_clock"), left(task.handover_due, now, task.handover_due - task.created)
    since = task.claimed_at if task.claimed_at is not None else task.created
    due = task.next_due if task.next_due is not None else task.callback_due
    return None if due is None else (tr("engineer.call_back_clock"), left(due, now, due - since))


def result_words(result: str) -> str:
    """The result of the last attempt."""
    key = f"engineer.result_{result}"
    return tr(key) if known(key) else result


def note_words(task: TaskLine) -> str:
    """What stands with a task: a colleague's words as they are, the reason of a call-back in ours."""
    because = f"recall.because_{task.note}"
    return tr(because) if known(because) else task.note


def attempts_words(task: TaskLine) -> str:
    """``已试 1 次・占线``, "" before the first attempt."""
    if not task.attempts:
        return ""
    return tr("engineer.attempts", task.attempts, result_words(task.last_result))


def owner_words(task: TaskLine, me: str) -> str:
    """Who has it."""
    if task.state is TaskState.OPEN or not task.claimed_by:
        return tr("engineer.unclaimed")
    return tr("engineer.mine") if task.claimed_by == me else tr("engineer.claimed_by", task.claimed_by_name)


class TaskDelegate(RowDelegate):
    height = 85

    def __init__(
        self, theme: Theme, now: Callable[[], float], me: Callable[[], str], parent: QObject | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._now = now
        self._me = me

    def draw(self, brush: Brush, box: QRect, row: TaskLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        first = QRect(inner.left(), inner.top() + 10, inner.width(), 20)
        clock = running_clock(row, self._now())
        used = 0
        if clock is not None:
            name, rest = clock
            used = brush.clock(first, rest.words, rest.tone, "strong")
            used += brush.text(first.adjusted(0, 0, -used - 5, 0), name, "caption", "text3", right=True) + 5
            track = QRect(inner.left(), inner.top() + 62, inner.width() - 62, 6)
            brush.bar(track, rest.share, BARS[rest.tone])
        title = first.adjusted(0, 0, -used - 6, 0)
        width = brush.text(title, row.customer_name or grouped(row.number), "strong")
        if row.customer_name and title.width() - width > 90:
            brush.text(title.adjusted(width + 7, 0, 0, 0), grouped(row.number), "caption", "text3")
        second = QRect(inner.left(), inner.top() + 31, inner.width(), 20)
        tried = attempts_words(row)
        used = brush.text(second, tried, "caption", "ring.text", right=True) + 8 if tried else 0
        brush.text(second.adjusted(0, 0, -used, 0), row.title, "body", "text2")
        third = QRect(inner.left(), inner.top() + 55, inner.width(), 20)
        brush.text(third, owner_words(row, self._me()), "caption", "text2", right=True)
        brush.rule(box)

    def tip(self, row: TaskLine) -> str:
        lines = [row.title, note_words(row), tr("engineer.hand_over_tip", minute(row.handover_due))]
        if row.callback_due is not None:
            lines.append(tr("engineer.call_back_tip", minute(row.callback_due)))
        if row.next_due is not None:
            lines.append(tr("engineer.next_due", minute(row.next_due)))
        return "\n".join(line for line in lines if line)


class TasksPane(QFrame):
    """`claim` and `call` are the two buttons; G claims the most urgent one nobody has taken."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("engineer.tasks"))
        self.setMinimumWidth(260)
        self.setMaximumWidth(380)
        header, row = bar("header", HEADER_H, PAD)
        row.addWidget(label(tr("engineer.tasks"), "title"))
        self._count = Chip("", "plain")
        row.addWidget(self._count)
        row.addStretch(1)
        self._within = label("", "caption", "text3")
        row.addWidget(self._within)
        self.list = RowsView(
            Rows(self._spoken, lambda task: task.task), TaskDelegate(theme, desk.now, self._me), tr("engineer.tasks"),
            scrolls=True,
        )  # fmt: skip
        self.list.chosen.connect(lambda task: self._desk.tasks.choose(task.task))
        self.list.selectionModel().currentChanged.connect(self._moved)
        self._none = EmptyPlace("inbox", tr("engineer.tasks_none"))
        self.claim = Button(tr("engineer.claim_next"), hint="G")
        self.claim.clicked.connect(self._claim)
        self.call = Button(tr("engineer.call_back_none"))
        self.call.clicked.connect(self._call_back)
        self.finish = Button(tr("engineer.finish"), "quiet")
        self.finish.clicked.connect(self._finish)
        self.state = wrapped("", "caption", "text2")
        self._today = QGridLayout()
        self._today.setVerticalSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.claim, 1)
        buttons.addWidget(self.call, 1)
        lower = QVBoxLayout()
        lower.setContentsMargins(PAD, 10, PAD, 10)
        lower.setSpacing(6)
        lower.addLayout(buttons)
        lower.addWidget(self.state)
        last = QHBoxLayout()
        last.addWidget(self.finish)
        last.addStretch(1)
        lower.addLayout(last)
        counts = QVBoxLayout()
        counts.setContentsMargins(PAD, 10, PAD, 14)
        counts.addWidget(section(tr("engineer.today")))
        counts.addLayout(self._today)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._none, 1)
        column.addWidget(self.list, 1)
        column.addWidget(hairline())
        column.addLayout(lower)
        self._today_line = hairline()
        column.addWidget(self._today_line)
        column.addLayout(counts)
        keys = QShortcut(QKeySequence("G"), self.window() if parent is None else parent)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self._claim)
        desk.tasks.changed.watch(self.refresh)
        desk.calls.changed.watch(self._show_buttons)
        beat().second.connect(self._tick)
        self.refresh()

    def _me(self) -> str:
        return self._desk.me.person if self._desk.me is not None else ""

    def _spoken(self, task: TaskLine) -> str:
        clock = running_clock(task, self._desk.now())
        rest = f"{clock[0]} {clock[1].words}" if clock is not None else ""
        return tr("engineer.task_row", task.customer_name or grouped(task.number), task.title, rest,
                  owner_words(task, self._me()))  # fmt: skip

    def _tick(self) -> None:
        if self.isVisible():
            self.list.viewport().update()

    def refresh(self) -> None:
        """Everything anew from the flow."""
        tasks = tuple(task for task in self._desk.tasks.tasks if task.state is not TaskState.DONE)
        self._count.set(str(len(tasks)))
        me = self._desk.me
        self._within.setText(tr("engineer.tasks_within", int(me.settings.handover_s // 60)) if me else "")
        self.list.show_rows(tasks)
        self.list.setVisible(bool(tasks))
        self._none.setVisible(not tasks)
        current = self._desk.tasks.current
        self.list.select_key(current.task if current is not None else "")
        empty_layout(self._today)
        for number, (key, count) in enumerate(self._desk.tasks.today):
            self._today.addWidget(label(tr(key), "body", "text2"), number, 0)
            self._today.addWidget(label(str(count), "strong"), number, 1, Qt.AlignmentFlag.AlignRight)
        self._today_line.setVisible(bool(self._desk.tasks.today))
        self._show_buttons()

    def _show_buttons(self) -> None:
        tasks = self._desk.tasks.tasks
        self.claim.say_why("" if any(task.state is TaskState.OPEN for task in tasks) else tr("engineer.why_no_tasks"))
        task = self._desk.tasks.current
        name = (task.customer_name or grouped(task.number)) if task is not None else ""
        in_call = self._desk.calls.call is not None and self._desk.calls.call.stage != "wrap_up"
        if task is None:
            self.call.set_text(tr("engineer.call_back_none"))
            why = tr("engineer.why_none")
        elif in_call:
            self.call.set_text(tr("engineer.call_back_in_call", name))
            why = tr("engineer.why_in_call")
        else:
            self.call.set_text(tr("engineer.call_back", name))
            if task.claimed_by != self._me():
                why = tr("engineer.why_not_claimed")
            else:
                why = "" if task.number else tr("engineer.why_no_number")
        self.call.say_why(why)
        mine = task is not None and task.claimed_by == self._me() and task.state is TaskState.CLAIMED
        self.finish.setVisible(mine)
        said = [attempts_words(task)] if task is not None and task.attempts else []
        if task is not None and task.next_due is not None:
            said.append(tr("engineer.next_due", minute(task.next_due)))
        tried = tr("card.dot").join(said)
        lines = [line for line in (why if task is not None else "", tried) if line]
        self.state.setText("\n".join(lines))
        self.state.setVisible(bool(lines))

    def _moved(self, *_: object) -> None:
        task = self.list.current_row()
        current = self._desk.tasks.current
        if task is not None and self.list.hasFocus() and (current is None or current.task != task.task):
            self._desk.tasks.choose(task.task)

    def _claim(self) -> None:
        if self.claim.isEnabled():
            self._desk.tasks.claim_next()

    def _call_back(self) -> None:
        task = self._desk.tasks.current
        if task is not None:
            self._desk.tasks.call_back(task.task)

    def _finish(self) -> None:
        task = self._desk.tasks.current
        if task is not None:
            self._desk.tasks.done(task.task, "solved")
