# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages under the call bar: at most three, 360 px wide, gone after six seconds; errors stay until dealt with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.buttons import IconButton
from desktop.widgets.labels import IconLabel, wrapped
from resources.i18n import tr

WIDTH = 360
SHOWN_MS = 6000
MOST = 3


class Toast(QFrame):
    """One message; pauses while the pointer is over it."""

    def __init__(self, words: str, error: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.words = words
        self.error = error
        self.setProperty("role", "alert" if error else "raised")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        tone = "miss.text" if error else "text2"
        row.addWidget(IconLabel("warn" if error else "info", tone=tone, size=16, parent=self))
        row.addWidget(wrapped(words, "body", "miss.text" if error else "text", self), 1)
        close = IconButton("x", tr("shell.close"), 24, self)
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self._timer = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(self.leave)
        if not error:
            self._timer.start()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.error:
            self._timer.start()

    def leave(self) -> None:
        self.hide()
        self.deleteLater()
        stack = self.parentWidget()
        if isinstance(stack, Toasts):
            stack.gone(self)


class Toasts(QWidget):
    """The stack of messages; a child of the window that it places itself in."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.shown: list[Toast] = []
        self.hide()

    def say(self, words: str, error: bool = False) -> None:
        """Show a message; the same one twice is shown once."""
        if any(toast.words == words for toast in self.shown):
            return
        while len(self.shown) >= MOST:
            self.shown[0].leave()
        toast = Toast(words, error, self)
        self.shown.append(toast)
        self._column.addWidget(toast)
        self.show()
        self.place()

    def gone(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            self._column.removeWidget(toast)
        if not self.shown:
            self.hide()
        self.place()

    def dismiss(self) -> bool:
        """Esc: take the newest error away; whether there was one."""
        for toast in reversed(self.shown):
            if toast.error:
                toast.leave()
                return True
        return False

    def place(self) -> None:
        """Right under the call bar."""
        parent = self.parentWidget()
        if parent is None:
            return
        self.setFixedWidth(WIDTH)
        self.adjustSize()
        self.move(parent.width() - WIDTH - 16, 72)
        self.raise_()
