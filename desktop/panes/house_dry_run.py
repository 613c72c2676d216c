# SPDX-License-Identifier: GPL-3.0-or-later
"""The dry run beside every page of the set-up: where would such a call go, step by step, and whom would it ring.

Asked of the switchboard, so it answers with what is stored and with who is signed in now; a change that is saved runs
it again by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.panes.house_dry_words import score_words, step_words
from desktop.panes.house_fields import Chooser, TextField
from desktop.panes.house_names import number_words
from desktop.panes.section import HEADER_H, bar
from desktop.widgets import icons
from desktop.widgets.buttons import Button
from desktop.widgets.frames import empty_layout, hairline
from desktop.widgets.labels import ElideLabel, EmptyPlace, label, section, wrapped
from desktop.widgets.theme import current
from resources.i18n import tr
from telephony.messages import DryRunResult, DryStep

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

SIDE = 16
DOT = 22
SIGNS = {
    "number": "phone", "blocked": "x", "closed": "lock", "menu": "keypad", "queue": "users", "welcome": "mega",
    "rings": "bell", "waits": "clock", "overflow": "transfer", "voicemail": "inbox", "callback": "cb",
    "outside": "globe", "person": "user", "announce": "mega", "ends": "hangup",
}  # fmt: skip
BAD = ("blocked", "closed", "ends")
NOW, CHOSEN = "now", "chosen"
TIME_SHAPE = "%Y-%m-%d %H:%M"


class StepMark(QWidget):
    """The icon of a step on the line that joins the steps."""

    def __init__(self, kind: str, last: bool) -> None:
        super().__init__()
        self._kind, self._last = kind, last
        self.setFixedWidth(DOT + 8)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(DOT + 8, DOT + 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = DOT / 2 + 1
        if not self._last:
            painter.setPen(QPen(theme.color("border2"), 1))
            painter.drawLine(QPointF(middle, DOT + 3), QPointF(middle, self.height()))
        bad = self._kind in BAD
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("miss.soft" if bad else "accentsoft"))
        painter.drawEllipse(QRectF(1, 1, DOT, DOT))
        ink = theme.color("miss.text" if bad else "accent")
        icons.render(painter, SIGNS.get(self._kind, "info"), QRectF(5, 5, 14, 14), ink, stroke="1.7")
        painter.end()


class DryRunPane(QFrame):
    """What to try above, the way it takes below. `number`, `to`, `keys`, `when` are its fields."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("house.dry_run"))
        header, row = bar("header", HEADER_H, SIDE)
        row.addWidget(label(tr("house.dry_run"), "title"))
        row.addStretch(1)
        row.addWidget(ElideLabel(tr("house.dry_run_hint"), "caption", "text3"), 1)
        self.number = TextField(tr("house.dry_number"), "138 0013 8000")
        self.to = Chooser(tr("house.dry_to"))
        self.to.setEditable(True)
        self.keys = TextField(tr("house.dry_keys"), "1")
        self.when = Chooser(tr("house.dry_when"))
        self.when.fill([(NOW, tr("house.dry_now")), (CHOSEN, tr("house.dry_chosen"))])
        self.at = TextField(tr("house.dry_at"), "2026-10-01 09:00")
        self.run = Button(tr("house.dry_go"), icon="play")
        self.run.setAccessibleName(tr("house.dry_go"))
        self.run.clicked.connect(self.go)
        for field in (self.number, self.keys, self.at):
            field.edit.returnPressed.connect(self.go)
        self.when.activated.connect(self._when_chosen)
        form = QGridLayout()
        form.setContentsMargins(SIDE, 12, SIDE, 12)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(4)
        form.setColumnStretch(0, 3)
        form.setColumnStretch(1, 2)
        for place, (words, field) in enumerate(
            (("house.dry_number", self.number), ("house.dry_keys", self.keys), ("house.dry_to", self.to),
             ("house.dry_when", self.when))
        ):  # fmt: skip
            line, column = divmod(place, 2)
            form.addWidget(label(tr(words), "caption", "text2"), 3 * line, column)
            form.addWidget(field, 3 * line + 1, column)
            form.setRowMinimumHeight(3 * line + 2, 4)
        form.addWidget(self.at, 6, 0)
        form.addWidget(self.run, 6, 1)
        self.fault = wrapped("", "caption", "miss.text")
        self.fault.hide()
        form.addWidget(self.fault, 7, 0, 1, 2)
        self._way = QVBoxLayout()
        self._way.setContentsMargins(SIDE, 12, SIDE, 16)
        self._way.setSpacing(0)
        inside = QWidget()
        inside.setProperty("role", "pane")
        inside.setLayout(self._way)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addLayout(form)
        column.addWidget(hairline())
        column.addWidget(area, 1)
        self._when_chosen()
        desk.house.run.watch(self.show_result)
        desk.house.changed.watch(self._fill_numbers)
        self._fill_numbers()
        self.show_result()

    def _fill_numbers(self) -> None:
        picture = self._desk.house.picture
        if picture is None:
            return
        typed = self.to.currentText()
        numbers = tuple(picture.plan.numbers)
        self.to.fill([(number, number_words(number)) for number in numbers])
        if typed:
            self.to.setEditText(typed)
        elif numbers:
            self.to.setCurrentIndex(0)

    def _when_chosen(self) -> None:
        chosen = self.when.currentData() == CHOSEN
        self.at.setVisible(chosen)
        if chosen and not self.at.value():
            self.at.show_value(datetime.fromtimestamp(self._desk.now()).strftime(TIME_SHAPE))

    def _dialled(self) -> str:
        at = self.to.findText(self.to.currentText())
        text = self.to.itemData(at) if at >= 0 else self.to.currentText()
        return "".join(one for one in str(text or "") if one.isdigit() or one == "+")

    def go(self) -> None:
        """Ask. What cannot be asked is said under the fields."""
        at = 0.0
        if self.when.currentData() == CHOSEN:
            try:
                at = datetime.strptime(self.at.value(), TIME_SHAPE).timestamp()
            except ValueError:
                self._say(tr("house.fault_time"))
                self.at.mark(True)
                return
        self.at.mark(False)
        keys = self.keys.value()
        if any(one not in "0123456789*#" for one in keys):
            self._say(tr("house.fault_keys"))
            return
        self._say("")
        self._desk.house.try_call(self.number.value(), self._dialled(), at, keys)

    def _say(self, words: str) -> None:
        self.fault.setText(words)
        self.fault.setVisible(bool(words))

    def show_result(self) -> None:
        """The newest answer, or what will stand here."""
        empty_layout(self._way)
        result = self._desk.house.tried
        if result is None:
            words = EmptyPlace("play", tr("house.dry_none"))
            words.words.setWordWrap(True)
            self._way.addWidget(words)
            self._way.addStretch(1)
            return
        who = number_words(result.number) if result.number else tr("house.withheld")
        self._way.addWidget(wrapped(tr("house.dry_what", who, number_words(result.to)), "strong"))
        self._way.addSpacing(10)
        for n, step in enumerate(result.steps):
            self._way.addWidget(self._step(step, n == len(result.steps) - 1))
        if result.agents:
            self._show_agents(result)
        self._way.addStretch(1)

    def _step(self, step: DryStep, last: bool) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(StepMark(step.kind, last))
        words = wrapped(step_words(self._desk.house.picture, step), "body", "miss.text" if step.kind in BAD else "text")
        words.setContentsMargins(0, 2, 0, 0 if last else 12)
        row.addWidget(words, 1, Qt.AlignmentFlag.AlignTop)
        return line

    def _show_agents(self, result: DryRunResult) -> None:
        self._way.addSpacing(14)
        self._way.addWidget(section(tr("house.dry_agents", len(result.agents))))
        self._way.addSpacing(6)
        for place, (agent, name, score, value) in enumerate(result.agents):
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 3, 0, 3)
            row.setSpacing(8)
            row.addWidget(label(str(place + 1), "caption", "text3"))
            row.addWidget(label(name, "strong"))
            row.addWidget(label(agent, "caption", "text3"))
            said = ElideLabel(score_words(score, value), "caption", "text2")
            said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(said, 1)
            self._way.addWidget(line)
