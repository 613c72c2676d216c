# SPDX-License-Identifier: GPL-3.0-or-later
"""The call bar: state, caller with the call's timer, the controls that the situation allows, the queue's figures.

64 px for every role. Controls never vanish because they are not allowed: they are disabled and say why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.controls import IN_CALL, Controls
from desktop.panes.state_block import StateBlock
from desktop.panes.supervision_bar import SupervisionBar
from desktop.panes.wrap_up_bar import WrapUpBar
from desktop.widgets import icons
from desktop.widgets.beat import TimerLabel, beat
from desktop.widgets.figures import call_clock, clock, grouped, share
from desktop.widgets.glyphs import outline_diamond
from desktop.widgets.labels import ElideLabel, FigureLabel, IconLabel, label, set_tone
from desktop.widgets.theme import current
from models.kinds import CustomerLevel
from resources.i18n import tr
from telephony.messages import CallIs

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

HEIGHT = 64
STALE_S = 10.0
"""A figure older than this is shown with its age, never as current."""


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
        self.supervision = SupervisionBar(desk, self)
        self.middle.addWidget(self.supervision)
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
        hearing = self._desk.board.listening is not None
        self.middle.setCurrentWidget(self.wrap if wrapping else self.supervision if hearing else self.controls)
        self.caller.refresh()
        self.supervision.refresh()
        self.controls.refresh()
        self.wrap.refresh()
        self.glimpse.refresh()


class Caller(QWidget):
    """Whose call this is and how long it has lasted."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._ringing = False
        self.setMinimumWidth(220)
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
        self.lock = IconLabel("lock", tone="ready.text", size=14, parent=self)
        self.lock.setToolTip(tr("shell.secure"))
        self.lock.setAccessibleName(tr("shell.secure"))
        self.lock.hide()
        row.addWidget(self.lock)
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
        self.lock.setVisible(call is not None and call.stage in IN_CALL and call.secure)
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
            if call.customer_gone:
                self.line.setText(tr("shell.last_line_customer", spent))
            elif call.responsible:
                self.line.setText(tr("shell.last_line", spent))
            else:
                self.line.setText(tr("shell.last_line_handed", spent))
            return
        if call.role == "staff":
            name = call.peer_name or call.peer
        self.name.setText(name)
        set_tone(self.line, "ring.text" if call.watched_by else "text3")
        match call.stage:
            case "dialling":
                line = tr("shell.dialling", number)
            case "consulting":
                line = tr("shell.consulting", call.peer_name or call.peer)
            case "merged":
                line = tr("shell.merged", call.peer_name or call.peer)
            case "supervising":
                line = tr("shell.supervising", call.peer_name or call.peer, number)
            case "staff":
                line = tr("shell.staff_talk")
            case _ if call.watched_by:
                line = tr(f"shell.watched_{call.watched_mode}", call.watched_by)
            case _ if call.handed_by:
                line = tr("shell.number_from", number, call.handed_by_name or call.handed_by)
            case _:
                line = tr("shell.number_queue", number, call.queue) if call.queue else number
        self.line.setText(line)
        held = call.held_since if call.stage in ("held", "consulting") and call.held_since else 0.0
        self.timer.count_from(held or call.connected_at)
        set_tone(self.timer, "ring.text" if held else "text")
        if call.recording_paused:
            self.recording.show_mark(tr("shell.recording_paused"), False, True)
        else:
            words = tr("shell.on_hold") if held else tr("shell.recording")
            self.recording.show_mark(words, call.recording and not held, bool(held))

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
