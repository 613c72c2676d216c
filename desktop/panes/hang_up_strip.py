# SPDX-License-Identifier: GPL-3.0-or-later
"""The strip under the hang-up button: what a second press would do, and afterwards why it was done (digits 1 to 5)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from desktop.widgets.buttons import Button
from desktop.widgets.frames import empty_layout
from desktop.widgets.labels import IconLabel
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

REASONS = ("asked", "finished", "silent", "abusive", "poor_line")
"""Why an agent hung up first, digits 1 to 5; stored with the contact."""


class HangUpStrip(QFrame):
    """A child of the window at the right under the bar; hidden when nothing is to be said."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._mode = ""
        self.setProperty("role", "alert")
        self.setFixedHeight(36)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(8)
        self.hide()

    @property
    def asks_reason(self) -> bool:
        return self._mode == "reason" and not self.isHidden()

    def show_mode(self, mode: str) -> None:
        """"" nothing, "armed" the warning, "reason" the question."""
        if mode == self._mode:
            return
        self._mode = mode
        empty_layout(self._row)
        if not mode:
            self.hide()
            return
        if mode == "armed":
            words = tr("shell.hang_up_warning")
            self._row.addWidget(IconLabel("warn", words, "body", "miss.text", 16, self, gap=8))
        else:
            words = tr("shell.hang_up_reason")
            self._row.addWidget(IconLabel("hangup", words, "body", "miss.text", 16, self, gap=8))
            for digit, reason in enumerate(REASONS, start=1):
                button = Button(tr(f"shell.hang_up_reason_{reason}"), hint=str(digit), size=28, parent=self)
                button.clicked.connect(partial(self._desk.calls.hang_up_reason, reason))
                self._row.addWidget(button)
        self.setAccessibleName(words)
        self.show()
        self.raise_()
        self.adjustSize()

    def pick(self, digit: int) -> bool:
        """A digit was pressed; whether it named a reason."""
        if self.asks_reason and 1 <= digit <= len(REASONS):
            self._desk.calls.hang_up_reason(REASONS[digit - 1])
            return True
        return False
