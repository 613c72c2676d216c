# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of keys (?): every chord of the desk with what it does and when it lives. A panel, closed by Esc."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.buttons import IconButton
from desktop.widgets.labels import KeyHint, label
from resources.i18n import tr

KEYS: tuple[tuple[str, str], ...] = (
    ("Ctrl+Shift+A", "accept"),
    ("Ctrl+Shift+R", "reject"),
    ("Ctrl+Shift+H", "hold"),
    ("Ctrl+Shift+M", "mute"),
    ("Ctrl+Shift+S", "state"),
    ("Ctrl+Shift+T", "next"),
    ("Ctrl+Shift+Y", "previous"),
    ("Ctrl+Shift+C", "live_call"),
    ("Ctrl+Shift+D", "dial"),
    ("Ctrl+Enter", "finish"),
    ("Esc", "escape"),
    ("1 – 9", "digits"),
    ("F6", "region"),
    ("/", "search"),
    ("?", "keys"),
)
"""Chord and word; `keys.<word>` says what it does, `keys.<word>_when` when."""


class KeyList(QFrame):
    """Stands in the middle of the window over everything else."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self.setAccessibleName(tr("keys.title"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 18)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(label(tr("keys.title"), "title", "text", self))
        head.addStretch(1)
        self.close_button = IconButton("x", tr("shell.close"), parent=self)
        self.close_button.clicked.connect(self.hide)
        head.addWidget(self.close_button)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(8)
        for row, (chord, word) in enumerate(KEYS):
            grid.addWidget(KeyHint(chord, self, always=True), row, 0)
            grid.addWidget(label(tr(f"keys.{word}"), "body", "text", self), row, 1)
            grid.addWidget(label(tr(f"keys.{word}_when"), "caption", "text3", self), row, 2)
        column.addLayout(grid)
        column.addWidget(label(tr("keys.no_hang_up"), "caption", "text3", self))
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            self.move((parent.width() - self.width()) // 2, max(64, (parent.height() - self.height()) // 2))
        self.show()
        self.raise_()
        self.close_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)
