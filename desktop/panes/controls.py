# SPDX-License-Identifier: GPL-3.0-or-later
"""The call controls in their situations, and the hang-up in two steps. Nothing vanishes because it is not allowed."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.flows.hang_up import Press
from desktop.panes.more_menu import MoreMenu
from desktop.widgets.beat import beat
from desktop.widgets.call_controls import ARMED_WIDTH, ControlButton, HangUpButton
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

IN_CALL = ("talking", "held", "consulting", "merged", "supervising", "staff")
"""Stages in which somebody is heard."""


class Controls(QWidget):
    """Hold, mute, transfer, consult, keypad, hang up; while consulting: conference, complete, back."""

    strip_mode = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._ticking = False
        beat().tenth.connect(self._tick)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        self.hold = ControlButton(tr("shell.hold"), "hold", "H", "Ctrl+Shift+H", self)
        self.conference = ControlButton(tr("shell.conference"), "users", parent=self)
        self.mute = ControlButton(tr("shell.mute"), "micoff", "M", "Ctrl+Shift+M", self)
        self.mute.setCheckable(True)
        self.transfer = ControlButton(tr("shell.transfer"), "transfer", parent=self)
        self.transfer.setCheckable(True)
        self.complete = ControlButton(tr("shell.complete"), "transfer", parent=self)
        self.consult = ControlButton(tr("shell.consult"), "consult", parent=self)
        self.back = ControlButton(tr("shell.back"), "cb", parent=self)
        self.dial = ControlButton(tr("shell.dial"), "phone", "D", "Ctrl+Shift+D", self)
        self.keypad = ControlButton(tr("shell.keypad"), "keypad", parent=self)
        self.more = ControlButton(tr("shell.more"), "dots", parent=self)
        self.hang_up = HangUpButton(tr("shell.hang_up"), self)
        for button in (self.hold, self.conference, self.mute, self.transfer, self.complete, self.consult, self.back,
                       self.keypad, self.dial, self.more):  # fmt: skip
            row.addWidget(button)
        row.addSpacing(12)
        self.slot = QWidget(self)
        self.slot.setMinimumWidth(ARMED_WIDTH)
        in_slot = QHBoxLayout(self.slot)
        in_slot.setContentsMargins(0, 0, 0, 0)
        in_slot.addWidget(self.hang_up)
        in_slot.addStretch(1)
        row.addWidget(self.slot)
        row.addStretch(1)
        self.hold.clicked.connect(self.toggle_hold)
        self.mute.clicked.connect(self.toggle_mute)
        self.transfer.clicked.connect(self.toggle_transfer)
        self.consult.clicked.connect(self.open_transfer)
        self.complete.clicked.connect(self._complete)
        self.back.clicked.connect(self._back)
        self.conference.clicked.connect(self._merge)
        self.more.clicked.connect(self.open_more)
        self.hang_up.clicked.connect(self._press)

    # ---- what the person does -----------------------------------------------------------------------------------

    def toggle_hold(self) -> None:
        call = self._desk.calls.call
        if call is not None and self.hold.isEnabled():
            self._desk.calls.hold(call.stage != "held")
            self._watch_guard()

    def toggle_mute(self) -> None:
        if self.mute.isEnabled():
            self._desk.calls.mute(not self._desk.calls.muted)
            self._watch_guard()
        self.refresh()

    def toggle_transfer(self) -> None:
        self._disarm()
        if self._desk.transfer.open:
            self._desk.transfer.closed()
        else:
            self._desk.transfer.opened()
        self.refresh()

    def open_transfer(self) -> None:
        self._disarm()
        if not self._desk.transfer.open:
            self._desk.transfer.opened()
        self.refresh()

    def _complete(self) -> None:
        self._disarm()
        self._desk.transfer.complete()

    def _back(self) -> None:
        self._disarm()
        self._desk.transfer.back()

    def _merge(self) -> None:
        self._disarm()
        self._desk.calls.merge()

    def open_more(self) -> None:
        """Park, pick up, pause the recording."""
        self._disarm()
        menu = MoreMenu(self._desk, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _press(self) -> None:
        call = self._desk.calls.call
        if call is not None and call.stage == "wrap_up":
            return
        press = self._desk.calls.press_hang_up()
        if press is Press.MOVE_ON:
            self._desk.calls.finish_wrap_up()
        self._watch_guard()
        self.refresh()

    def _disarm(self) -> None:
        self._desk.calls.guard.disarm()
        self._watch_guard()

    def disarm(self) -> bool:
        """Esc: whether there was something to disarm."""
        was = self._desk.calls.guard.left(time.monotonic()) > 0
        self._disarm()
        self.refresh()
        return was

    # ---- what stands ----------------------------------------------------------------------------------------------

    def _watch_guard(self) -> None:
        """Follow the countdown at 10 Hz while armed, so that it disarms itself on the screen."""
        armed = self._desk.calls.guard.armed_at is not None
        if armed == self._ticking:
            return
        self._ticking = armed
        beat().want_tenths(self, armed)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._ticking:
            self._disarm()

    def _tick(self) -> None:
        if not self._ticking:
            return
        if self._desk.calls.guard.left(time.monotonic()) <= 0:
            self._disarm()
        self._show_hang_up()

    def refresh(self) -> None:
        calls = self._desk.calls
        call = calls.call
        stage = call.stage if call is not None else ""
        consulting = stage in ("consulting", "merged")
        talking = stage in ("talking", "held")
        for button in (self.hold, self.transfer, self.consult):
            button.setVisible(not consulting)
        for button in (self.conference, self.complete, self.back):
            button.setVisible(consulting)
        self.keypad.setVisible(call is not None)
        self.dial.setVisible(call is None)
        none = tr("shell.why_no_call")
        link = "" if self._desk.link_up else tr("shell.why_link")
        gone = tr("shell.why_gone") if call is not None and call.customer_gone else ""
        self.hold.set_words(tr("shell.resume") if stage == "held" else tr("shell.hold"),
                            "play" if stage == "held" else "hold")  # fmt: skip
        self.hold.say_why("" if talking and not gone and not link else gone or link or none)
        self.mute.setChecked(calls.muted)
        self.mute.set_words(tr("shell.unmute") if calls.muted else tr("shell.mute"), "micoff")
        self.mute.say_why("" if stage in IN_CALL and self._desk.handset_up else none)
        whose = tr("shell.why_not_responsible") if call is not None and not call.responsible else ""
        busy = tr("shell.why_transfer_rings") if self._desk.transfer.stage == "ringing" else ""
        self.transfer.setChecked(self._desk.transfer.open)
        self.transfer.setCheckable(True)
        against = gone or link or whose or ("" if talking else none)
        self.transfer.say_why(against)
        self.consult.say_why(against or busy)
        whose_consult = "" if call is None or call.responsible else tr("shell.why_not_responsible")
        merged = tr("shell.why_merged") if stage == "merged" else ""
        self.conference.say_why("" if consulting and not (link or merged or whose_consult) else
                                merged or whose_consult or link or none)  # fmt: skip
        self.complete.say_why("" if consulting and not (link or whose_consult) else whose_consult or link or none)
        self.back.say_why("" if consulting and not (link or whose_consult) else whose_consult or link or none)
        waiting = len(calls.parked)
        self.more.setVisible(bool(waiting) or stage in ("talking", "held"))
        self.more.set_words(tr("shell.more_parked", waiting) if waiting else tr("shell.more"), "dots")
        self.more.say_why(link)
        self.keypad.say_why("" if talking else none)
        self.dial.say_why("" if self._desk.link_up and self._desk.handset_up else tr("shell.why_phone_offline"))
        self._show_hang_up()

    def _show_hang_up(self) -> None:
        calls = self._desk.calls
        call = calls.call
        left = calls.guard.left(time.monotonic())
        if call is None or call.stage not in (*IN_CALL, "dialling"):
            self.hang_up.set_look("idle", tr("shell.hang_up_idle"), tr("shell.why_no_call"))
        elif call.role == "staff":
            self.hang_up.set_look("line", tr("shell.hang_up_idle"), tr("shell.hang_up_idle"))
        elif call.customer_gone:
            self.hang_up.set_look("gone", tr("shell.customer_gone"), tr("shell.customer_gone_tip"))
        elif left > 0:
            words = tr("shell.hang_up_again", math.ceil(left))
            self.hang_up.set_look("armed", words, tr("shell.hang_up_warning"))
        else:
            self.hang_up.set_look("line", tr("shell.hang_up"), tr("shell.hang_up_tip"))
        self.slot.setMinimumWidth(max(ARMED_WIDTH, self.hang_up.minimumSizeHint().width()))
        reason = calls.hang_up_reason_wanted
        self.strip_mode.emit("reason" if reason else "armed" if left > 0 and self.hang_up.look == "armed" else "")
