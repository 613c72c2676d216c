# SPDX-License-Identifier: GPL-3.0-or-later
"""The recall list: callers who gave up, asked to be called, or left a message, each claimed, heard and dialled here.

G claims the most urgent one nobody has taken, P plays or pauses the message, Ctrl+Enter calls back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.house_names import number_words, queue_words
from desktop.panes.house_player import PlayerBar
from desktop.panes.house_why import WhyPane
from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.panes.section import FOOTER_H, HEADER_H, bar
from desktop.panes.tasks import attempts_words, note_words, running_clock
from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.figures import clock, day, minute
from desktop.widgets.frames import Strip, hairline, splitter
from desktop.widgets.labels import ElideLabel, EmptyPlace, label, section, wrapped
from desktop.widgets.theme import Theme
from models.kinds import TaskKind, TaskState
from models.rules.plan_lines import RecallLine
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

PAD = 16
LIST_W, WHY_W = 372, 380
SIGNS = {TaskKind.RECALL: "cb", TaskKind.VOICEMAIL: "inbox", TaskKind.WEB_CALLBACK: "globe"}
FILTERS = ("all", "recall", "voicemail", "web_callback", "mine")


def who_words(line: RecallLine) -> str:
    task = line.task
    return task.customer_name or (number_words(task.number) if task.number else tr("house.withheld"))


def kind_words(line: RecallLine) -> str:
    return tr(f"recall.kind_{line.task.kind}")


def when_words(line: RecallLine) -> str:
    """When he called and how long he waited."""
    if line.arrived is None:
        return tr("recall.asked_at", day(line.task.created), minute(line.task.created))
    return tr("recall.called_at", day(line.arrived), minute(line.arrived), clock(line.waited_s))


class RecallDelegate(RowDelegate):
    height = 64

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: RecallLine, selected: bool) -> None:
        task = row.task
        inner = box.adjusted(PAD, 0, -PAD, 0)
        brush.icon(QRect(inner.left(), box.top() + 10, 18, 20), SIGNS.get(task.kind, "cb"), "text2", 18)
        inner.setLeft(inner.left() + 28)
        upper = QRect(inner.left(), box.top() + 10, inner.width(), 20)
        lower = QRect(inner.left(), box.top() + 33, inner.width(), 20)
        running = running_clock(task, self._now())
        used = 0
        if running is not None:
            used = brush.clock(upper, running[1].words, running[1].tone, "strong") + 8
        name = upper.adjusted(0, 0, -used, 0)
        wide = brush.text(name, who_words(row), "strong")
        if task.customer_name and name.width() - wide > 96:
            brush.text(name.adjusted(wide + 8, 0, 0, 0), number_words(task.number), "caption", "text3")
        tried = attempts_words(task)
        mine = tr("recall.claimed_by", task.claimed_by_name) if task.claimed_by else tried
        used = brush.text(lower, mine, "caption", "text2", right=True) + 8 if mine else 0
        heard = row.voicemail is not None and not row.voicemail.heard_by
        said = tr("recall.row", kind_words(row), when_words(row))
        brush.text(lower.adjusted(0, 0, -used, 0), said, "body", "text" if heard else "text2")
        brush.rule(box)

    def tip(self, row: RecallLine) -> str:
        task = row.task
        lines = (who_words(row), number_words(task.number), task.title, note_words(task))
        return "\n".join(words for words in lines if words)


def spoken(line: RecallLine) -> str:
    return tr("recall.spoken", who_words(line), kind_words(line), when_words(line))


class RecallPage(QWidget):
    """List, the chosen one with its message, and why the call went as it did."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._flow = desk, desk.recall
        self.filter = FILTERS[0]
        self.setAccessibleName(tr("shell.page_recall"))
        self.list = RowsView(
            Rows(spoken, lambda line: line.task.task), RecallDelegate(theme, desk.now), tr("shell.page_recall"),
            scrolls=True,
        )  # fmt: skip
        self.list.chosen.connect(lambda line: self._flow.choose(line.task.task))
        self.list.selectionModel().currentChanged.connect(self._moved)
        self.player = PlayerBar(desk.recall.player)
        self.player.wanted.connect(desk.recall.play)
        self.why = WhyPane(desk, theme)
        self.splitter = splitter((self._left(), LIST_W, 0), (self._centre(), 400, 1), (self.why, 300, 0))
        self.splitter.setSizes([LIST_W, 550, WHY_W])
        self.away = Strip("ring", "wifi", tr("recall.away"))
        self.away.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.away)
        column.addWidget(self.splitter, 1)
        for key, act in (("G", self.claim_next), ("P", self._play)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        desk.recall.changed.watch(self.refresh)
        desk.calls.changed.watch(self._show_buttons)
        beat().second.connect(self._tick)
        self.refresh()

    def _left(self) -> QFrame:
        pane = QFrame()
        pane.setProperty("role", "pane")
        header, row = bar("header", HEADER_H, PAD)
        row.addWidget(label(tr("shell.page_recall_long"), "title"))
        self.count = Chip("", "plain")
        row.addWidget(self.count)
        row.addStretch(1)
        filters = QHBoxLayout()
        filters.setContentsMargins(PAD, 8, PAD, 8)
        filters.setSpacing(6)
        self.filters: dict[str, Button] = {}
        for code in FILTERS:
            button = Button(tr(f"recall.filter_{code}"), "quiet", size=28)
            button.setCheckable(True)
            button.setChecked(code == self.filter)
            button.clicked.connect(lambda _on, code=code: self._filter(code))
            self.filters[code] = button
            filters.addWidget(button)
        filters.addStretch(1)
        self._none = EmptyPlace("inbox", tr("recall.none"))
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addLayout(filters)
        column.addWidget(hairline())
        column.addWidget(self._none, 1)
        column.addWidget(self.list, 1)
        return pane

    def _centre(self) -> QFrame:
        pane = QFrame()
        pane.setProperty("role", "pane")
        header, row = bar("header", HEADER_H, 20)
        self.title = ElideLabel("", "title")
        row.addWidget(self.title, 1)
        self.kind = Chip("", "outline")
        row.addWidget(self.kind)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(8)
        self._facts.setColumnStretch(1, 1)
        self._values: dict[str, ElideLabel] = {}
        for n, name in enumerate(("number", "queue", "called", "language", "state", "tried")):
            self._facts.addWidget(label(tr(f"recall.fact_{name}"), "caption", "text3"), n, 0)
            self._values[name] = ElideLabel("", "strong" if name == "number" else "body")
            self._facts.addWidget(self._values[name], n, 1)
        self.note = wrapped("", "say", "text")
        body = QVBoxLayout()
        body.setContentsMargins(20, 16, 20, 16)
        body.setSpacing(14)
        body.addLayout(self._facts)
        self._message = section(tr("recall.message"))
        body.addWidget(self._message)
        body.addWidget(self.player)
        self._said = section(tr("recall.said"))
        body.addWidget(self._said)
        body.addWidget(self.note)
        body.addStretch(1)
        self._inside = QWidget()
        self._inside.setLayout(body)
        self._choose = EmptyPlace("cb", tr("recall.choose"))
        footer, foot = bar("footer", FOOTER_H, 20)
        self.state = ElideLabel("", "caption", "text2")
        self.done = Button(tr("recall.done"), "quiet")
        self.claim = Button(tr("recall.claim"), hint="G")
        self.dial = Button(tr("recall.dial"), "primary", "phone", hint="Ctrl+Enter")
        foot.addWidget(self.state, 1)
        for button in (self.done, self.claim, self.dial):
            foot.addWidget(button)
        self.done.clicked.connect(self._done)
        self.claim.clicked.connect(self._claim)
        self.dial.clicked.connect(self.finish)
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._choose, 1)
        column.addWidget(self._inside, 1)
        column.addWidget(footer)
        return pane

    # ---- what stands ---------------------------------------------------------------------------------------------

    def shown(self) -> tuple[RecallLine, ...]:
        """The lines that the filter lets through."""
        me = self._desk.me.person if self._desk.me is not None else ""
        if self.filter == "all":
            return self._flow.lines
        if self.filter == "mine":
            return tuple(one for one in self._flow.lines if one.task.claimed_by == me)
        return tuple(one for one in self._flow.lines if one.task.kind == self.filter)

    def refresh(self) -> None:
        lines = self.shown()
        self.away.setVisible(self._flow.away)
        self.count.set(str(len(lines)))
        self.list.show_rows(lines)
        self.list.setVisible(bool(lines))
        self._none.setVisible(not lines)
        line = self._flow.current
        self.list.select_key(line.task.task if line is not None else "")
        self._inside.setVisible(line is not None)
        self._choose.setVisible(line is None)
        self.kind.setVisible(line is not None)
        self.title.setText(who_words(line) if line is not None else "")
        if line is not None:
            self._show_line(line)
        self.why.show(line.contact if line is not None else "")
        self._show_buttons()

    def _show_line(self, line: RecallLine) -> None:
        task = line.task
        self.kind.set(kind_words(line))
        queue = self._queue_words(line.queue)
        language = tr(f"house.language_{line.language}") if known(f"house.language_{line.language}") else ""
        state = tr("recall.claimed_by", task.claimed_by_name) if task.claimed_by else tr("recall.open")
        values = {"number": number_words(task.number) if task.number else tr("house.withheld"), "queue": queue,
                  "called": when_words(line), "language": language, "state": state,
                  "tried": attempts_words(task)}  # fmt: skip
        for n, (name, words) in enumerate(values.items()):
            self._values[name].setText(words)
            self._values[name].setVisible(bool(words))
            item = self._facts.itemAtPosition(n, 0)
            if item is not None and (widget := item.widget()) is not None:
                widget.setVisible(bool(words))
        self._message.setVisible(line.voicemail is not None)
        self.player.setVisible(line.voicemail is not None)
        self.player.show_message(line.voicemail)
        said = "\n".join(words for words in (task.title, note_words(task)) if words)
        self.note.setText(said)
        self._said.setVisible(bool(said))

    def _queue_words(self, queue: str) -> str:
        picture = self._desk.house.picture
        found = picture.plan.queues.get(queue) if picture is not None else None
        if found is not None:
            return queue_words(found)
        me = self._desk.me
        return me.settings.queues.get(queue, queue) if me is not None else queue

    def _show_buttons(self) -> None:
        line = self._flow.current
        me = self._desk.me.person if self._desk.me is not None else ""
        for button in (self.done, self.claim, self.dial):
            button.setVisible(line is not None)
        if line is None:
            self.state.setText("")
            return
        task = line.task
        others = bool(task.claimed_by) and task.claimed_by != me
        not_mine = tr("recall.why_theirs", task.claimed_by_name) if others else ""
        not_allowed = "" if self._flow.may_call else tr("recall.why_not_yours")
        self.claim.say_why(not_allowed or (tr("recall.why_claimed") if task.claimed_by else ""))
        busy = self._desk.calls.call is not None
        no_number = "" if task.number else tr("recall.why_no_number")
        why = not_allowed or not_mine or no_number or (tr("recall.why_in_call") if busy else "")
        self.dial.say_why(why)
        mine = task.state is TaskState.CLAIMED and task.claimed_by == me
        self.done.say_why("" if mine else tr("recall.why_claim_first"))
        self.state.setText(why)

    def _tick(self) -> None:
        if self.isVisible():
            self.list.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._flow.begin()

    # ---- what the person does ------------------------------------------------------------------------------------

    def _filter(self, code: str) -> None:
        self.filter = code
        for each, button in self.filters.items():
            button.setChecked(each == code)
        self.refresh()

    def _moved(self, *_: object) -> None:
        line = self.list.current_row()
        if line is not None and self.list.hasFocus():
            self._flow.choose(line.task.task)

    def _step(self, by: int) -> None:
        lines = self.shown()
        if lines:
            at = next((n for n, one in enumerate(lines) if one == self._flow.current), -by if by > 0 else 0)
            self._flow.choose(lines[min(len(lines) - 1, max(0, at + by))].task.task)

    def next_row(self) -> None:
        self._step(1)

    def previous_row(self) -> None:
        self._step(-1)

    def claim_next(self) -> None:
        """G: the most urgent one nobody has taken."""
        free = next((one for one in self.shown() if one.task.state is TaskState.OPEN), None)
        if free is not None and self._flow.may_call:
            self._flow.choose(free.task.task)
            self._flow.claim(free.task.task)

    def _claim(self) -> None:
        line = self._flow.current
        if line is not None:
            self._flow.claim(line.task.task)

    def _done(self) -> None:
        line = self._flow.current
        if line is not None:
            self._flow.done(line.task.task, "reached")

    def _play(self) -> None:
        if self.player.isVisible():
            self.player.toggle()

    def finish(self) -> None:
        """Ctrl+Enter: call back."""
        line = self._flow.current
        if line is not None and self.dial.isEnabled():
            self._flow.dial(line.task.task)
