# SPDX-License-Identifier: GPL-3.0-or-later
"""The call bar: state, caller with the call's timer, the controls that the situation allows, the queue's figures.

64 px for every role. Controls never vanish because they are not allowed: they are disabled and say why.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from desktop.flows.hang_up import Press
from desktop.panes.state_block import StateBlock
from desktop.widgets import icons
from desktop.widgets.beat import TimerLabel, beat
from desktop.widgets.buttons import Button
from desktop.widgets.call_controls import ARMED_WIDTH, ControlButton, HangUpButton
from desktop.widgets.figures import call_clock, clock, grouped, share
from desktop.widgets.glyphs import outline_diamond
from desktop.widgets.labels import ElideLabel, FigureLabel, label, set_tone
from desktop.widgets.theme import current
from models.kinds import CustomerLevel
from resources.i18n import tr
from telephony.messages import CallIs

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

HEIGHT = 64
STALE_S = 10.0
"""A figure older than this is shown with its age, never as current."""
IN_CALL = ("talking", "held", "consulting")


class CallBar(QFrame):
    """`keypad_wanted` asks the window for the keypad, `dial_wanted` for the dial box, `armed` says the strip's mode."""

    keypad_wanted = Signal()
    dial_wanted = Signal()
    armed = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "bar")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("shell.call_bar"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.state = StateBlock(desk, self)
        row.addWidget(self.state)
        self.caller = Caller(desk, self)
        row.addWidget(self.caller)
        self.middle = QStackedWidget(self)
        self.controls = Controls(desk, self)
        self.wrap = WrapUpBar(desk, self)
        self.middle.addWidget(self.controls)
        self.middle.addWidget(self.wrap)
        row.addWidget(self.middle, 1)
        self.glimpse = GlimpseFigures(desk, self)
        row.addWidget(self.glimpse)
        self.controls.keypad.clicked.connect(self.keypad_wanted)
        self.controls.dial.clicked.connect(self.dial_wanted)
        self.controls.strip_mode.connect(self.armed)
        desk.calls.changed.watch(self.refresh)
        desk.connection_changed.watch(self.refresh)
        desk.transfer.changed.watch(self.refresh)
        desk.sheet.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Everything again from the flow."""
        call = self._desk.calls.call
        wrapping = call is not None and call.stage == "wrap_up"
        self.middle.setCurrentWidget(self.wrap if wrapping else self.controls)
        self.caller.refresh()
        self.controls.refresh()
        self.wrap.refresh()
        self.glimpse.refresh()


class Caller(QWidget):
    """Whose call this is and how long it has lasted."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._ringing = False
        self.setMinimumWidth(230)
        self.setMaximumWidth(318)
        row = QHBoxLayout(self)
        self._row = row
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        self.name = ElideLabel("", "strong", "text", self)
        self.line = ElideLabel("", "caption", "text3", self)
        column.addWidget(self.name)
        column.addWidget(self.line)
        column.addStretch(1)
        row.addLayout(column, 1)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addStretch(1)
        self.timer = TimerLabel(desk.now, "timer", "text", self, call_clock)
        self.timer.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.timer.setAccessibleDescription(tr("shell.call_timer"))
        self.recording = RecordingMark(self)
        right.addWidget(self.timer)
        right.addWidget(self.recording)
        right.addStretch(1)
        row.addLayout(right)

    def sizeHint(self) -> QSize:
        return QSize(318, HEIGHT)

    def refresh(self) -> None:
        calls = self._desk.calls
        call, offer = calls.call, calls.offer
        self._ringing = offer is not None and call is None
        self._row.setContentsMargins(58 if self._ringing else 16, 0, 16, 0)
        self.timer.setVisible(call is not None and call.stage in IN_CALL)
        self.recording.setVisible(call is not None and call.stage in IN_CALL)
        if call is not None and call.stage != "ended":
            self._show_call(call)
        elif offer is not None:
            number = grouped(offer.from_number) or tr("shell.withheld")
            self.name.setText(tr("shell.incoming", number))
            self.line.setText(tr("shell.queue_waited", offer.queue, clock(offer.waited_s)))
        else:
            self.name.setText(tr("shell.no_call"))
            hotline = self._desk.me.settings.hotline if self._desk.me else ""
            extension = self._desk.me.extension if self._desk.me else ""
            self.line.setText(tr("shell.no_call_line", hotline, extension) if extension else "")
        self.update()

    def _show_call(self, call: CallIs) -> None:
        card = self._desk.sheet.card
        number = grouped(call.number) or tr("shell.withheld")
        known = card is not None and bool(card.customer) and card.number == call.number
        name = card.name if card is not None and known and card.name else number
        if card is not None and known and card.level in (CustomerLevel.GOLD, CustomerLevel.PLATINUM):
            name = tr("shell.name_level", name, tr(f"card.level_{card.level.value}"))
        if call.stage == "wrap_up":
            self.name.setText(tr("shell.last_call", name))
            spent = clock(max(0.0, self._wrap_started() - call.connected_at))
            gone = "shell.last_line_customer" if call.customer_gone else "shell.last_line"
            self.line.setText(tr(gone, spent))
            return
        self.name.setText(name)
        match call.stage:
            case "dialling":
                line = tr("shell.dialling", number)
            case "consulting":
                line = tr("shell.consulting", call.peer_name or call.peer)
            case _ if call.handed_by:
                line = tr("shell.number_from", number, call.handed_by)
            case _:
                line = tr("shell.number_queue", number, call.queue) if call.queue else number
        self.line.setText(line)
        held = call.held_since if call.stage in ("held", "consulting") and call.held_since else 0.0
        self.timer.count_from(held or call.connected_at)
        set_tone(self.timer, "ring.text" if held else "text")
        self.recording.show_mark(tr("shell.on_hold") if held else tr("shell.recording"), call.recording and not held,
                                 bool(held))  # fmt: skip

    def _wrap_started(self) -> float:
        mine = self._desk.calls.state
        return mine.since if mine is not None else self._desk.now()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._ringing:
            return
        theme = current()
        painter = QPainter(self)
        box = QRectF(16, 18, 28, 28)
        icons.render(painter, "state-ring", box, theme.color("ring.solid"), theme.color("ring.on"))
        outline_diamond(painter, box, theme.color("ring.text"))
        painter.end()


class RecordingMark(QWidget):
    """A red dot and its word; on hold the word of the hold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot = False
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 0, 0, 0)
        self.words = label("", "caption", "text3", self)
        row.addStretch(1)
        row.addWidget(self.words)

    def show_mark(self, words: str, dot: bool, held: bool) -> None:
        self._dot = dot
        self.words.setText(words if dot or held else "")
        set_tone(self.words, "ring.text" if held else "text3")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._dot:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        theme = current()
        painter.setBrush(theme.color("miss.solid"))
        painter.drawEllipse(QRectF(self.words.x() - 13, self.height() / 2 - 3.5, 7, 7))
        painter.end()


class Controls(QWidget):
    """Hold, mute, transfer, consult, keypad, hang up; while consulting: conference, complete, back."""

    strip_mode = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._ticking = False
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
        self.hang_up = HangUpButton(tr("shell.hang_up"), self)
        for button in (self.hold, self.conference, self.mute, self.transfer, self.complete, self.consult, self.back,
                       self.keypad, self.dial):  # fmt: skip
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
        if armed:
            beat().tenth.connect(self._tick)
        else:
            beat().tenth.disconnect(self._tick)

    def _tick(self) -> None:
        if self._desk.calls.guard.left(time.monotonic()) <= 0:
            self._disarm()
        self._show_hang_up()

    def refresh(self) -> None:
        calls = self._desk.calls
        call = calls.call
        stage = call.stage if call is not None else ""
        consulting = stage == "consulting"
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
        self.conference.say_why(tr("shell.why_conference"))
        self.complete.say_why("" if consulting and not link else link or none)
        self.back.say_why("" if consulting and not link else link or none)
        self.keypad.say_why("" if talking else none)
        self.dial.say_why("" if self._desk.link_up and self._desk.handset_up else tr("shell.why_phone_offline"))
        self._show_hang_up()

    def _show_hang_up(self) -> None:
        calls = self._desk.calls
        call = calls.call
        left = calls.guard.left(time.monotonic())
        if call is None or call.stage not in (*IN_CALL, "dialling"):
            self.hang_up.set_look("idle", tr("shell.hang_up_idle"), tr("shell.why_no_call"))
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


class WrapUpBar(QWidget):
    """The countdown with what can be done about it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 14, 0)
        row.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(4)
        top = QHBoxLayout()
        top.addWidget(label(tr("shell.wrap_up_time"), "caption", "text3", self))
        top.addStretch(1)
        self.left = TimerLabel(desk.now, "name", "wrap.text", self)
        top.addWidget(self.left)
        self.whole = label("", "caption", "text3", self)
        top.addWidget(self.whole)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        column.addStretch(1)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.extend = Button(tr("shell.extend", 30), hint="E", size=40, parent=self)
        self.finish = Button(tr("shell.finish", tr("state.ready")), "primary", hint="Ctrl+Enter", size=40, parent=self)
        row.addWidget(self.extend)
        row.addWidget(self.finish)
        self.extend.clicked.connect(desk.calls.extend_wrap_up)
        self.finish.clicked.connect(desk.calls.finish_wrap_up)
        beat().second.connect(self._tick)

    def refresh(self) -> None:
        call, me = self._desk.calls.call, self._desk.me
        if call is None or call.stage != "wrap_up" or me is None:
            return
        self.left.count_to(call.wrap_up_until)
        self.whole.setText(f"/ {clock(self._whole(call))}")
        again = call.extensions_left
        self.extend.set_text(tr("shell.extend", round(me.settings.wrap_up_extend_s)))
        self.extend.say_why("" if again > 0 else tr("shell.why_extended"))
        if again > 0:
            self.extend.setToolTip(tr("shell.extend_left", again))
        mine = self._desk.calls.state
        following = mine.next_state if mine is not None and mine.next_state is not None else None
        self.finish.set_text(tr("shell.finish", tr(f"state.{following.value}") if following else tr("state.ready")))
        self._tick()

    def _whole(self, call: CallIs) -> float:
        me = self._desk.me
        if me is None:
            return 60.0
        used = me.settings.wrap_up_extensions - call.extensions_left
        return me.settings.wrap_up_s + used * me.settings.wrap_up_extend_s

    def _tick(self) -> None:
        call = self._desk.calls.call
        if call is None or call.stage != "wrap_up":
            return
        left = max(0.0, call.wrap_up_until - self._desk.now())
        self.bar.setValue(round(1000 * min(1.0, left / max(1.0, self._whole(call)))))


class GlimpseFigures(QWidget):
    """Waiting, longest wait, three-ring rate of today; stale figures say their age."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 6, 0)
        row.setSpacing(0)
        self.waiting = FigureLabel(tr("shell.waiting"), self)
        self.longest = FigureLabel(tr("shell.longest"), self)
        self.rate = FigureLabel(tr("shell.three_ring_today"), self)
        for figure in (self.waiting, self.longest, self.rate):
            row.addWidget(figure)
        desk.calls.glimpsed.watch(self.refresh)
        beat().second.connect(self.refresh)

    def refresh(self) -> None:
        seen = self._desk.calls.glimpse
        if seen is None:
            return
        now = self._desk.now()
        age = now - seen.at
        stale = tr("shell.stale", round(age)) if age > STALE_S and not self._desk.link_up else ""
        self.waiting.set_figure(str(seen.waiting), stale)
        longest = clock(now - seen.longest_since) if seen.waiting and seen.longest_since else "0:00"
        self.longest.set_figure(longest, stale)
        self.rate.set_figure(share(seen.promised_kept, seen.promised_all), stale)
