# SPDX-License-Identifier: GPL-3.0-or-later
"""The call bar of a supervisor who hears a colleague's call: listen, whisper, barge in, take over, leave.

What the customer hears needs a second press within three seconds; who can hear whom always stands there in words.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.beat import beat
from desktop.widgets.call_controls import ControlButton, HangUpButton
from desktop.widgets.labels import ElideLabel
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

MODES = (("listen", "ear"), ("whisper", "whisper"), ("barge", "barge"))


class SupervisionBar(QWidget):
    """Shown in place of the call controls while `desk.board.listening`."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._ticking = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        self.hears = ElideLabel("", "caption", "ring.text", self)
        self.hears.setMinimumWidth(176)
        column.addWidget(self.hears)
        column.addStretch(1)
        row.addLayout(column)
        self.modes = {
            mode: ControlButton(tr(f"shell.{mode}"), icon, str(digit), str(digit), self)
            for digit, (mode, icon) in enumerate(MODES, start=1)
        }
        for mode, button in self.modes.items():
            button.setCheckable(True)
            button.clicked.connect(partial(self._press, mode))
            row.addWidget(button)
        self.take = ControlButton(tr("shell.take_over"), "headset", "4", "4", self)
        self.take.clicked.connect(partial(self._press, "take_over"))
        row.addWidget(self.take)
        row.addSpacing(12)
        self.leave = HangUpButton(tr("shell.leave_call"), self)
        self.leave.clicked.connect(lambda: self._desk.board.leave())
        row.addWidget(self.leave)
        row.addStretch(1)
        self.setAccessibleName(tr("shell.supervision"))
        self.hears.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        beat().tenth.connect(self._tick)

    def pick(self, digit: int) -> bool:
        """1 listen, 2 whisper, 3 barge in, 4 take over."""
        names = (*self.modes, "take_over")
        if self._desk.board.listening is None or not 1 <= digit <= len(names):
            return False
        self._press(names[digit - 1])
        return True

    def disarm(self) -> bool:
        """Esc: whether something was armed."""
        was = bool(self._desk.board.armed(time.monotonic())[0])
        self._desk.board.disarm()
        self.refresh()
        return was

    def _press(self, what: str, checked: bool = False) -> None:
        self._desk.board.press(what, time.monotonic())
        self.refresh()

    def refresh(self) -> None:
        mine = self._desk.board.listening
        if mine is None:
            return
        who = mine.peer_name or mine.peer
        self.hears.setText(tr(f"shell.hears_{mine.mode}", who) if mine.mode else "")
        armed, left = self._desk.board.armed(time.monotonic())
        for mode, icon in MODES:
            button = self.modes[mode]
            button.setChecked(mine.mode == mode)
            words = tr("shell.press_again", math.ceil(left)) if armed == mode else tr(f"shell.{mode}")
            button.set_words(words, icon)
            button.say_why("" if self._desk.link_up else tr("shell.why_link"))
        words = tr("shell.press_again", math.ceil(left)) if armed == "take_over" else tr("shell.take_over")
        self.take.set_words(words, "headset")
        self.take.say_why("" if self._desk.link_up else tr("shell.why_link"))
        self.leave.set_look("line", tr("shell.leave_call"), tr("shell.leave_call_tip"))
        self._follow(bool(armed))

    def _follow(self, armed: bool) -> None:
        if armed != self._ticking:
            self._ticking = armed
            beat().want_tenths(self, armed)

    def _tick(self) -> None:
        if self._ticking:
            self.refresh()
