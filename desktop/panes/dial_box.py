# SPDX-License-Identifier: GPL-3.0-or-later
"""The dial box: type or paste a number, see at once why it may not be dialled, dial again from the log.

A panel at the right of the workspace. The rules are asked at every key; the switchboard has the last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.widgets.buttons import Button, IconButton
from desktop.widgets.figures import day, grouped, minute
from desktop.widgets.frames import hairline
from desktop.widgets.labels import ElideLabel, EmptyPlace, IconLabel, label, section
from desktop.widgets.theme import current, restyle
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.call import CallLogLine
    from desktop.flows.desk import Desk

WIDTH = 360
ROW = 44
NUMBER = int(Qt.ItemDataRole.UserRole)


class DialBox(QFrame):
    """`closed` when the panel is put away. `open_with(number)` fills the field (click to dial)."""

    closed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._log: tuple[CallLogLine, ...] = ()
        self.setProperty("role", "raised")
        self.setAccessibleName(tr("dial.title"))
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 8, 6)
        head.addWidget(IconLabel("phone", tr("dial.title"), "title", "text", 18, self, gap=10))
        head.addStretch(1)
        close = IconButton("x", tr("shell.close"), parent=self)
        close.clicked.connect(self.put_away)
        head.addWidget(close)
        column.addLayout(head)
        form = QVBoxLayout()
        form.setContentsMargins(16, 4, 16, 12)
        form.setSpacing(4)
        form.addWidget(label(tr("dial.number"), "caption", "text2", self))
        line = QHBoxLayout()
        line.setSpacing(8)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(tr("dial.placeholder"))
        self.field.setAccessibleName(tr("dial.number"))
        self.field.setMaxLength(64)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.dial)
        line.addWidget(self.field, 1)
        self.paste = Button(tr("dial.paste"), parent=self)
        self.paste.clicked.connect(self.paste_number)
        line.addWidget(self.paste)
        form.addLayout(line)
        self.reading = IconLabel("info", "", "caption", "text3", 14, self)
        self.reading.words.setWordWrap(True)
        form.addWidget(self.reading)
        actions = QHBoxLayout()
        actions.setContentsMargins(0, 8, 0, 0)
        actions.setSpacing(8)
        self.call = Button(tr("dial.call"), "primary", "phone", "Enter", 40, self)
        self.call.clicked.connect(self.dial)
        self.again = Button(tr("dial.redial"), icon="cb", size=40, parent=self)
        self.again.clicked.connect(self.redial)
        actions.addWidget(self.call, 1)
        actions.addWidget(self.again)
        form.addLayout(actions)
        column.addLayout(form)
        column.addWidget(hairline(self))
        title = section(tr("dial.log"), self)
        title.setContentsMargins(16, 10, 16, 4)
        column.addWidget(title)
        self.log = QListWidget(self)
        self.log.setAccessibleName(tr("dial.log"))
        self.log.setFrameShape(QFrame.Shape.NoFrame)
        self.log.setUniformItemSizes(True)
        self.log.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.log.itemActivated.connect(self._chosen)
        self.log.itemClicked.connect(self._chosen)
        column.addWidget(self.log, 1)
        self.nothing = EmptyPlace("phone", tr("dial.log_empty"), self)
        column.addWidget(self.nothing)
        desk.calls.changed.watch(self._changed)
        self.refresh()
        self._typed()
        self.hide()

    # ---- what the person does -----------------------------------------------------------------------------------

    def open_with(self, number: str = "") -> None:
        """Open the panel, with a number when one was clicked."""
        if number:
            self.field.setText(grouped(number))
        self.refresh()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.field.selectAll()

    def put_away(self) -> None:
        self.hide()
        self.closed.emit()

    def paste_number(self) -> None:
        """What is on the clipboard, its first line."""
        text = QApplication.clipboard().text().strip().splitlines()
        self.field.setText(text[0].strip()[:64] if text else "")
        self.field.setFocus()

    def dial(self) -> None:
        """Dial what stands in the field, unless it may not be dialled."""
        text = self.field.text().strip()
        if text and self.call.isEnabled():
            self._desk.calls.dial(text)

    def redial(self) -> None:
        """The last number that went out from here, or else the last in the log."""
        out = [line for line in self._log if line.direction == "out" and line.number]
        if out:
            self.field.setText(grouped(out[0].number))
            self.dial()

    def _chosen(self, item: QListWidgetItem) -> None:
        number = item.data(NUMBER)
        if number:
            self.field.setText(grouped(number))
            self.field.setFocus()

    # ---- what stands ----------------------------------------------------------------------------------------------

    def _typed(self, text: str = "") -> None:
        text = self.field.text().strip()
        refusal = self._desk.calls.dial_refusal(text) if text else None
        busy = self._desk.calls.call is not None
        restyle(self.field, wrong=bool(refusal) and len(text) > 3)
        if not text:
            self.reading.set("info", tr("dial.hint"), "text3")
        elif refusal is not None:
            words, args = refusal
            self.reading.set("warn", tr(words, *args) if known(words) else tr("dial.refused"), "ring.text")
        else:
            self.reading.set("check", tr("dial.will_dial", self._as_read(text)), "ready.text")
        self.reading.setAccessibleName(self.reading.words.text())
        down = not (self._desk.link_up and self._desk.handset_up)
        why = tr("shell.why_phone_offline") if down else tr("dial.why_busy") if busy else ""
        if not why and (not text or refusal is not None):
            why = self.reading.words.text()
        self.call.say_why(why)

    def _as_read(self, text: str) -> str:
        return grouped("".join(one for one in text if one.isdigit() or one in "+*#"))

    def _changed(self) -> None:
        if self.isVisible():  # hidden, it costs the screen pop nothing; opening it refreshes
            self.refresh()

    def refresh(self) -> None:
        """The log again, when it changed."""
        dialled = any(line.direction == "out" for line in self._desk.calls.log)
        self.again.say_why("" if dialled else tr("dial.why_redial"))
        self._typed()
        if self._desk.calls.log == self._log and self.log.count() == len(self._log):
            self.nothing.setVisible(not self._log)
            self.log.setVisible(bool(self._log))
            return
        self._log = self._desk.calls.log
        self.log.clear()
        for line in self._log:
            item = QListWidgetItem(self.log)
            item.setSizeHint(QSize(WIDTH - 12, ROW))
            item.setData(NUMBER, line.number)
            row = LogRow(line, self._desk.now(), self.log)
            item.setData(int(Qt.ItemDataRole.AccessibleTextRole), row.accessibleName())
            self.log.setItemWidget(item, row)
        self.nothing.setVisible(not self._log)
        self.log.setVisible(bool(self._log))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()
            return
        super().keyPressEvent(event)

    def place(self, corner: QPoint, height: int) -> None:
        """Stand at the right of the workspace."""
        self.setFixedHeight(height)
        self.move(corner.x() - WIDTH, corner.y())


class LogRow(QWidget):
    """One line of the log: direction, name or number, what became of it, when."""

    def __init__(self, line: CallLogLine, now: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(10)
        missed = line.outcome in ("missed", "caller_gone", "unreachable", "rejected")
        tone = "miss.text" if missed else "text2"
        row.addWidget(IconLabel("phone" if line.direction == "out" else "inbox", tone=tone, size=16, parent=self))
        number = grouped(line.number) or tr("shell.withheld")
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(ElideLabel(line.name or number, "body", "text", self))
        direction = tr("dial.out") if line.direction == "out" else tr("dial.in")
        key = f"dial.outcome_{line.outcome}"
        outcome = tr(key) if known(key) else direction
        below = tr("dial.line", number if line.name else direction, outcome)
        column.addWidget(ElideLabel(below, "caption", tone, self))
        column.addStretch(1)
        row.addLayout(column, 1)
        when = minute(line.at) if now - line.at < 43200 else day(line.at)
        row.addWidget(label(when, "caption", "text3", self))
        self.setAccessibleName(f"{direction} {line.name} {number} {outcome} {when}")
        self.setFont(current().font("body"))
