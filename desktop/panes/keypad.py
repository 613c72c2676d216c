# SPDX-License-Identifier: GPL-3.0-or-later
"""The keypad for tones during a call: twelve keys under the call bar; typed digits count as pressed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.buttons import Button, IconButton
from desktop.widgets.labels import label, section
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

KEYS = "123456789*0#"


class Keypad(QFrame):
    """A panel, not a dialog. Sends each digit at once and shows what was sent."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "raised")
        self.setAccessibleName(tr("dial.keypad"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(section(tr("dial.keypad"), self))
        head.addStretch(1)
        close = IconButton("x", tr("shell.close"), 24, self)
        close.clicked.connect(self.hide)
        head.addWidget(close)
        column.addLayout(head)
        self.sent = label("", "name", "text", self)
        self.sent.setMinimumHeight(28)
        self.sent.setAccessibleName(tr("dial.keypad_sent"))
        column.addWidget(self.sent)
        grid = QGridLayout()
        grid.setSpacing(6)
        self.buttons: dict[str, Button] = {}
        for n, key in enumerate(KEYS):
            button = Button(key, size=40, parent=self)
            button.clicked.connect(partial(self.press, key))
            self.buttons[key] = button
            grid.addWidget(button, n // 3, n % 3)
        column.addLayout(grid)
        desk.calls.changed.watch(self.refresh)
        self.hide()

    def press(self, key: str, checked: bool = False) -> None:
        """Send one tone."""
        self._desk.calls.digits(key)
        self.sent.setText((self.sent.text() + key)[-14:])

    def open(self) -> None:
        self.sent.setText("")
        self.adjustSize()
        self.show()
        self.raise_()
        self.buttons["1"].setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        call = self._desk.calls.call
        if call is None or call.stage not in ("talking", "held"):
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() and event.text() in KEYS:
            self.press(event.text())
            return
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)
