# SPDX-License-Identifier: GPL-3.0-or-later
"""A button that must be pressed twice within three seconds, for what callers feel at once: the emergency closing."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, Qt
from PySide6.QtWidgets import QWidget

from desktop.flows.hang_up import HangUpGuard, Press
from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button
from resources.i18n import tr


class ArmedButton(Button):
    """`confirmed` at the second press. A double click counts as one press; Esc and time disarm it."""

    confirmed = Signal()

    def __init__(self, text: str, warning: str, icon: str = "warn", parent: QWidget | None = None) -> None:
        super().__init__(text, "end", icon, size=28, parent=parent)
        self._words, self._warning = text, warning
        self.guard = HangUpGuard()
        self.clock = time.monotonic
        self.setToolTip(warning)
        self.clicked.connect(self._press)
        beat().tenth.connect(self._tick)

    def say(self, text: str, warning: str, icon: str | None = None) -> None:
        """Other words for the same press."""
        self._words, self._warning = text, warning
        self.setToolTip(warning)
        if icon is not None:
            self._icon_name = icon
        self._show()

    def _press(self) -> None:
        if self.guard.press(self.clock(), False) is Press.HANG_UP:
            self._disarm()
            self.confirmed.emit()
            return
        beat().want_tenths(self, True)
        self._show()

    def _disarm(self) -> None:
        self.guard.disarm()
        beat().want_tenths(self, False)
        self._show()

    def _tick(self) -> None:
        if self.guard.armed_at is None:
            return
        if self.guard.left(self.clock()) <= 0:
            self._disarm()
        else:
            self._show()

    def _show(self) -> None:
        left = self.guard.left(self.clock())
        text = tr("house.press_again", math.ceil(left)) if left > 0 else self._words
        if text != self.text():
            self.set_text(text)
        self.setAccessibleDescription(self._warning)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.guard.armed_at is not None:
            self._disarm()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.guard.armed_at is not None:
            self._disarm()
            return
        super().keyPressEvent(event)
