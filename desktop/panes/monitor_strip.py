# SPDX-License-Identifier: GPL-3.0-or-later
"""The strip under the live monitor's agents: hear the chosen agent's call, by buttons or by 1, 2, 3 and Esc.

It says who can hear you. Barging in needs a second press, because the customer hears it.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button
from desktop.widgets.figures import grouped
from desktop.widgets.labels import ElideLabel
from resources.i18n import tr
from telephony.messages import Colleague

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

HEIGHT = 56
MODES = (("listen", "ear"), ("whisper", "whisper"), ("barge", "barge"))


class MonitorStrip(QFrame):
    """`show_for(person)`: the agent chosen on the board; hidden for who is on no call and heard by nobody here."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._person: Colleague | None = None
        self._ticking = False
        self.setProperty("role", "facts")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("shell.supervision"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(0)
        self.who = ElideLabel("", "strong", "text")
        self.hears = ElideLabel("", "caption", "text2")
        column.addStretch(1)
        column.addWidget(self.who)
        column.addWidget(self.hears)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.modes: dict[str, Button] = {}
        for digit, (mode, icon) in enumerate(MODES, start=1):
            button = Button(tr(f"shell.{mode}"), icon=icon, hint=str(digit), size=32)
            button.clicked.connect(partial(self.press, mode))
            self.modes[mode] = button
            row.addWidget(button)
        self.take = Button(tr("shell.take_over"), hint="4", size=32)
        self.take.clicked.connect(partial(self.press, "take_over"))
        row.addWidget(self.take)
        self.stop = Button(tr("shell.leave_call"), "end", hint="Esc", size=32)
        self.stop.clicked.connect(lambda: self._desk.board.leave())
        row.addWidget(self.stop)
        beat().tenth.connect(self._tick)
        self.hide()

    def show_for(self, person: Colleague | None) -> None:
        self._person = person
        self.refresh()

    def press(self, what: str, checked: bool = False) -> None:
        """One press of listen, whisper, barge or take_over."""
        board = self._desk.board
        mine = board.listening
        if mine is not None:
            board.press(what, time.monotonic())
        elif self._person is not None and what != "take_over":
            # Nobody is heard yet: whatever is wanted, it begins by listening unnoticed and goes on from there.
            board.supervise(self._person, "whisper" if what == "whisper" else "listen")
        self.refresh()

    def pick(self, digit: int) -> bool:
        """A digit on the board; whether it meant something here."""
        names = (*self.modes, "take_over")
        if self.isHidden() or not 1 <= digit <= len(names):
            return False
        self.press(names[digit - 1])
        return True

    def refresh(self) -> None:
        mine, person = self._desk.board.listening, self._person
        on_call = person is not None and bool(person.call)
        self.setVisible(mine is not None or on_call)
        if mine is not None:
            self.who.setText(tr("shell.hearing", mine.peer_name or mine.peer))
            self.hears.setText(tr(f"shell.hears_{mine.mode}", mine.peer_name or mine.peer) if mine.mode else "")
        elif person is not None:
            self.who.setText(tr("shell.on_call_of", person.name, grouped(person.peer) or tr("shell.withheld")))
            self.hears.setText(tr("shell.hears_nobody"))
        why = "" if self._desk.link_up else tr("shell.why_link")
        why = why or ("" if self._desk.handset_up else tr("shell.why_phone_offline"))
        armed, left = self._desk.board.armed(time.monotonic())
        for mode, button in self.modes.items():
            again = tr("shell.press_again", math.ceil(left)) if armed == mode else ""
            button.set_text(again or tr(f"shell.{mode}"))
            button.set_kind("primary" if mine is not None and mine.mode == mode else "secondary")
            button.say_why(why or (tr("shell.why_listen_first") if mode == "barge" and mine is None else ""))
        again = tr("shell.press_again", math.ceil(left)) if armed == "take_over" else ""
        self.take.set_text(again or tr("shell.take_over"))
        self.take.say_why(why or (tr("shell.why_listen_first") if mine is None else ""))
        self.stop.setVisible(mine is not None)
        self._follow(bool(armed))

    def _follow(self, armed: bool) -> None:
        if armed != self._ticking:
            self._ticking = armed
            beat().want_tenths(self, armed)

    def _tick(self) -> None:
        if self._ticking:
            self.refresh()
