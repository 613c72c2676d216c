# SPDX-License-Identifier: GPL-3.0-or-later
"""Two texts for one field, side by side, each with its writer and one button: nothing is chosen by itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.buttons import Button
from desktop.widgets.labels import IconLabel, label, wrapped
from resources.i18n import tr


class _Side(QWidget):
    taken = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._who = label("", "caption", "text2")
        self.words = wrapped("", "body", "text")
        self.use = Button(tr("form.conflict_use"), size=28)
        self.use.clicked.connect(lambda: self.taken.emit(self._text))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self._who)
        column.addWidget(self.words)
        row = QHBoxLayout()
        row.addWidget(self.use)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    def show_text(self, text: str, who: str) -> None:
        self._text = text
        self._who.setText(tr("form.conflict_mine", who) if who else tr("form.conflict_this"))
        self.words.setText(text)
        self.use.setAccessibleName(f"{tr('form.conflict_use')} {text}")


class ConflictBox(QFrame):
    """Hidden until two people wrote at once. `chosen` carries the text that is to stand."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip-ring")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        column.addWidget(IconLabel("warn", tr("form.conflict"), "caption", "ring.text", 14))
        self.mine, self.other = _Side(), _Side()
        row = QHBoxLayout()
        row.setSpacing(16)
        for side in (self.mine, self.other):
            side.taken.connect(self.chosen)
            row.addWidget(side, 1)
        column.addLayout(row)
        self.hide()

    def show_texts(self, mine: str, by: str, other: str, other_by: str) -> None:
        """Both texts with their writers."""
        self.mine.show_text(mine, by)
        self.other.show_text(other, other_by)
        self.show()

    def hide_texts(self) -> None:
        self.hide()
