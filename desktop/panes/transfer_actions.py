# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes along, and what can be done: transfer or consult; while consulting, complete or back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.widgets.beat import TimerLabel
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.labels import label, wrapped
from resources.i18n import tr
from telephony.messages import Colleague

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

LARGE = 40


class TransferActions(QWidget):
    """`wanted` carries whether to consult first. `allowed`: a transfer may be asked for now."""

    wanted = Signal(bool)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.allowed = False
        self._second = False
        self._along = label("", "strong")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        self._sheet = Chip("", "plain", "ticket")
        self._history = Chip(tr("transfer.goes_history"), "plain", "server")
        self._recording = Chip(tr("transfer.goes_recording"), "plain", "phone")
        for chip in (self._sheet, self._history, self._recording):
            self._chips.addWidget(chip)
        self._chips.addStretch(1)
        self.missing = wrapped("", "caption", "ring.text")

        self.transfer = Button(tr("transfer.transfer"), "primary", "transfer", "Enter", LARGE)
        self.transfer.clicked.connect(lambda: self.wanted.emit(False))
        self.consult = Button(tr("transfer.consult"), "secondary", hint="Shift+Enter", size=LARGE)
        self.consult.clicked.connect(lambda: self.wanted.emit(True))
        choose = QWidget()
        row = QHBoxLayout(choose)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.transfer, 1)
        row.addWidget(self.consult)

        self.complete = Button(tr("transfer.complete"), "primary", "check", "Enter", LARGE)
        self.complete.clicked.connect(lambda: self._desk.transfer.complete())
        self.back = Button(tr("transfer.back"), "secondary", size=LARGE)
        self.back.clicked.connect(lambda: self._desk.transfer.back())
        consulting = QWidget()
        pair = QHBoxLayout(consulting)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(8)
        pair.addWidget(self.complete, 1)
        pair.addWidget(self.back)
        self._held = TimerLabel(desk.now, "body", "text2")
        self._buttons = QStackedWidget()
        self._buttons.addWidget(choose)
        self._buttons.addWidget(consulting)
        self._buttons.setFixedHeight(LARGE)

        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        first = QHBoxLayout()
        first.addWidget(self._along)
        first.addStretch(1)
        first.addWidget(self._held)
        column.addLayout(first)
        column.addLayout(self._chips)
        column.addWidget(self.missing)
        column.addWidget(self._buttons)

    def set_second(self, second: bool) -> None:
        """Nobody is free: the promise holds the primary button."""
        self._second = second
        self.transfer.set_kind("secondary" if second else "primary")

    def show_for(self, person: Colleague | None) -> None:
        """The state of the call and the chosen engineer, None for the skill only."""
        flow, sheet, call = self._desk.transfer, self._desk.sheet, self._desk.calls.call
        filled = sum(1 for name in (sheet.draft.fields if sheet.draft else ()) if sheet.value(name))
        self._sheet.set(tr("transfer.goes_sheet_filled", filled))
        self._history.setVisible(sheet.device is not None)
        self._recording.setVisible(call is not None and call.recording)
        held = call.held_since if call is not None and flow.stage else 0.0
        self._held.count_from(held or None)
        self._held.setVisible(bool(held))
        self._buttons.setCurrentIndex(1 if flow.stage else 0)
        if flow.stage:
            said = tr(f"transfer.{flow.stage}", flow.peer_name)
            self._along.setText(said)
            self.complete.say_why(said if flow.stage == "ringing" else "")
            self.missing.setVisible(False)
            self.allowed = False
            return
        if person is not None:
            self._along.setText(tr("transfer.goes_along", person.name, person.agent))
        else:
            self._along.setText(tr("transfer.goes_along_skill" if flow.skills else "transfer.choose_one"))
        missing = sheet.missing("live")
        lacking = tr("form.missing_join").join(tr(f"guide.field_{name}") for name in missing)
        self.missing.setText(f"{tr('transfer.live_missing')}{lacking}")
        self.missing.setVisible(bool(missing))
        why = ""
        if call is None or call.stage not in ("talking", "held"):
            why = tr("transfer.no_call")
        elif missing:
            why = self.missing.text()
        elif person is None and not flow.skills:
            why = tr("transfer.choose_one")
        self.allowed = not why
        self.transfer.say_why(why)
        self.consult.say_why(why)
