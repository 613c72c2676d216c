# SPDX-License-Identifier: GPL-3.0-or-later
"""The incoming call at the lower right: three-ring bar, who calls, accept and reject. It never takes the focus.

400 x 280, child of the main window; `FloatingPopover` is the same piece in a window of its own, for a hidden desk.
Painted from site time at 10 Hz while a call rings, never by counting ticks.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.card_rows import open_tickets
from desktop.widgets import icons
from desktop.widgets.bars import RingBar, ring_now
from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button, IconButton
from desktop.widgets.chips import Chip
from desktop.widgets.figures import grouped
from desktop.widgets.frames import upright
from desktop.widgets.glyphs import outline_diamond
from desktop.widgets.labels import ElideLabel, label
from desktop.widgets.theme import current, restyle
from models.kinds import Confidence, CustomerLevel
from resources.i18n import tr
from telephony.messages import Offer

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from models.cards import CustomerCard

SIZE = QSize(400, 280)
MARGIN = 16
REJECT_REASONS = ("busy", "not_mine", "unwell", "other")
"""Why an agent refuses an offer, digits 1 to 4."""


class PopoverHead(QWidget):
    """The amber line on top with the pulsing diamond."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(40)
        self._tone = True
        row = QHBoxLayout(self)
        row.setContentsMargins(42, 0, 16, 0)
        self.title = label("", "strong", "ring.text", self)
        self.left = label("", "strong", "ring.text", self)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.left)

    def set_tone(self, sounding: bool) -> None:
        if sounding != self._tone:
            self._tone = sounding
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("ring.soft"))
        painter.drawRoundedRect(QRectF(0, 0, self.width(), self.height() + 8), 6, 6)
        box = QRectF(16, 11, 18, 18)
        fill = theme.color("ring.solid" if self._tone or theme.reduced_motion else "ring.soft")
        mark = theme.color("ring.on" if self._tone or theme.reduced_motion else "ring.text")
        icons.render(painter, "state-ring", box, fill, mark)
        outline_diamond(painter, box, theme.color("ring.text"))
        painter.end()


class IncomingPopover(QFrame):
    """Shows itself while `desk.calls.offer` stands. `digit(n)` picks a reason once reject was pressed."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._call = ""
        self._ticking = False
        beat().tenth.connect(self._tenth)
        self.setProperty("role", "popover")
        self.setFixedSize(SIZE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = PopoverHead(self)
        column.addWidget(self.head)
        body = QVBoxLayout()
        body.setContentsMargins(16, 13, 16, 14)
        body.setSpacing(0)
        column.addLayout(body)
        self.bar = RingBar(self)
        body.addWidget(self.bar)
        body.addSpacing(4)
        self.ring_names = QHBoxLayout()
        self.ring_names.setSpacing(8)
        body.addLayout(self.ring_names)
        self._rings: list[QWidget] = []
        body.addSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(8)
        self.name = ElideLabel("", "name", "text", self)
        self.chip = Chip("", "ink", "star", self)
        self.number = label("", "number", "text", self)
        self.name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        top.addWidget(self.name)
        top.addWidget(self.chip)
        top.addStretch(1)
        top.addWidget(self.number)
        body.addLayout(top)
        self.company = ElideLabel("", "body", "text2", self)
        body.addWidget(self.company)
        body.addSpacing(8)
        facts = QFrame(self)
        facts.setProperty("role", "facts")
        facts.setFixedHeight(48)
        self._facts = QHBoxLayout(facts)
        self._facts.setContentsMargins(12, 0, 12, 0)
        self._facts.setSpacing(12)
        self.queue = self._fact(tr("shell.queue"), 3)
        self._facts.addWidget(upright(28, facts))
        self.tickets = self._fact(tr("shell.open_tickets"), 2)
        self._facts.addWidget(upright(28, facts))
        self.last = self._fact(tr("shell.last_agent"), 3)
        body.addWidget(facts)
        body.addStretch(1)
        self.choices = QStackedWidget(self)
        self.choices.setFixedHeight(40)
        body.addWidget(self.choices)
        self._make_actions()
        desk.calls.changed.watch(self.refresh)
        desk.sheet.changed.watch(self.refresh)
        self.hide()

    def _fact(self, name: str, stretch: int) -> ElideLabel:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(label(name, "caption", "text2"))
        value = ElideLabel("", "body", "text", self)
        column.addWidget(value)
        column.addStretch(1)
        self._facts.addLayout(column, stretch)
        return value

    def _make_actions(self) -> None:
        first = QWidget(self)
        row = QHBoxLayout(first)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.accept = Button(tr("shell.accept"), "accept", "phone", "Ctrl+Shift+A", 40, first)
        self.reject = Button(tr("shell.reject"), "end", hint="Ctrl+Shift+R", size=40, parent=first)
        row.addWidget(self.accept, 1)
        row.addWidget(self.reject)
        self.accept.clicked.connect(self._desk.calls.accept)
        self.reject.clicked.connect(self.ask_reason)
        self.choices.addWidget(first)
        second = QWidget(self)
        row = QHBoxLayout(second)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.reasons: list[Button] = []
        for digit, reason in enumerate(REJECT_REASONS, start=1):
            button = Button(tr(f"shell.reject_{reason}"), hint=str(digit), size=32, parent=second)
            button.clicked.connect(partial(self._decline, reason))
            self.reasons.append(button)
            row.addWidget(button, 1)
        close = IconButton("x", tr("shell.reject_not"), parent=second)
        close.clicked.connect(self.ask_nothing)
        row.addWidget(close)
        self.choices.addWidget(second)

    # ---- what the person does -----------------------------------------------------------------------------------

    @property
    def asks_reason(self) -> bool:
        return self._desk.calls.offer is not None and self.choices.currentIndex() == 1

    def ask_reason(self) -> None:
        """Reject asks why, here and not in a dialog."""
        if self._desk.calls.offer is not None:
            self.choices.setCurrentIndex(1)

    def ask_nothing(self) -> None:
        self.choices.setCurrentIndex(0)

    def _decline(self, reason: str, checked: bool = False) -> None:
        self._desk.calls.decline(reason)
        self.ask_nothing()

    def pick(self, digit: int) -> bool:
        """A digit was pressed; whether it named a reason."""
        if self.asks_reason and 1 <= digit <= len(REJECT_REASONS):
            self._decline(REJECT_REASONS[digit - 1])
            return True
        return False

    # ---- what stands ----------------------------------------------------------------------------------------------

    def wanted(self) -> bool:
        """Whether this place shows the offer now."""
        return self._desk.calls.offer is not None

    def refresh(self) -> None:
        offer = self._desk.calls.offer
        if offer is None or not self.wanted():
            self._tick_only(False)
            self.hide()
            if offer is None:
                self._call = ""
                self.ask_nothing()
            return
        if offer.call != self._call:
            self._call = offer.call
            self.ask_nothing()
            self._name_rings(offer.rings)
            fresh = True
        else:
            fresh = False
        self._show_caller(offer)
        self.paint_time()
        self.show()
        self.raise_()
        self._tick_only(self.isVisible())
        if fresh:  # a reader hears of the call; the focus stays where it is
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _tick_only(self, on: bool) -> None:
        if on == self._ticking:
            return
        self._ticking = on
        beat().want_tenths(self, on)

    def _tenth(self) -> None:
        if self._ticking:
            self.paint_time()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tick_only(self.wanted())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick_only(False)

    def _name_rings(self, rings: int) -> None:
        for old in self._rings:
            old.hide()
            self.ring_names.removeWidget(old)
            old.deleteLater()
        self._rings = [label(tr("shell.ring", n), "caption", "text2", self) for n in range(1, rings + 1)]
        for name in self._rings:
            self.ring_names.addWidget(name, 1)

    def _show_caller(self, offer: Offer) -> None:
        card = self._desk.sheet.card
        number = grouped(offer.from_number) or tr("shell.withheld")
        mine = card if card is not None and card.number == offer.from_number else None
        known = mine is not None and bool(mine.customer) and bool(mine.name)
        sure = known and mine is not None and mine.confidence is Confidence.EXACT
        if offer.role == "consult":
            self.name.setText(offer.from_name or offer.from_agent or number)
        elif known and mine is not None and (sure or mine.confidence is Confidence.HOUSEHOLD):
            self.name.setText(mine.name)
        else:
            self.name.setText(number)
        self.number.setText("" if self.name.text() == number else number)
        self._show_chip(offer, mine, known, sure)
        self.company.setText(self._company(offer, mine))
        self.queue.setText(offer.queue or "–")
        self.tickets.setText(tr("shell.tickets_count", len(open_tickets(mine))) if known and mine is not None else "–")
        last = f"{mine.last_agent} {mine.last_agent_name}".strip() if mine is not None else ""
        self.last.setText(last or "–")
        self.setAccessibleName(tr("shell.incoming_accessible", self.name.text(), offer.queue))

    def _show_chip(self, offer: Offer, mine: CustomerCard | None, known: bool, sure: bool) -> None:
        level = mine.level if mine is not None else CustomerLevel.NORMAL
        if offer.role == "consult":
            self.chip.set(tr("shell.consult"), "call", "consult")
        elif known and sure and level in (CustomerLevel.GOLD, CustomerLevel.PLATINUM, CustomerLevel.SILVER):
            self.chip.set(tr(f"card.level_{level.value}"), "ink", "star")
        elif mine is not None and mine.confidence is not Confidence.EXACT:
            self.chip.set(tr(f"card.confidence_{mine.confidence.value}"), "outline", "info")
        else:
            self.chip.hide()
            return
        self.chip.show()

    def _company(self, offer: Offer, mine: CustomerCard | None) -> str:
        if offer.role == "consult":
            return tr("shell.consult_for", grouped(offer.from_number))
        if mine is None:
            return ""
        if mine.customer and mine.confidence in (Confidence.EXACT, Confidence.HOUSEHOLD):
            kind = tr(f"card.kind_{mine.kind.value}")
            return tr("shell.company_kind", mine.company, kind) if mine.company else kind
        if mine.candidates:
            return tr("shell.maybe", mine.candidates[0].name)
        return mine.number_place

    def paint_time(self) -> None:
        """The bar, the ring's number and the seconds left, from site time."""
        offer = self._desk.calls.offer
        if offer is None:
            return
        elapsed = max(0.0, self._desk.now() - offer.ring_started) if offer.ring_started else 0.0
        whole = offer.rings * offer.cadence_s
        self.bar.set_elapsed(elapsed, offer.rings, offer.cadence_s)
        ring = ring_now(elapsed, offer.rings, offer.cadence_s)
        left = max(0, math.ceil(whole - elapsed))
        key = "shell.incoming_ring_consult" if offer.role == "consult" else "shell.incoming_ring"
        self.head.title.setText(tr(key, ring) if not self.bar.over else tr("shell.rings_over"))
        self.head.left.setText(tr("shell.answer_within", left) if left else "")
        self.head.set_tone(elapsed % offer.cadence_s < 1.0)
        self.bar.setAccessibleName(tr("shell.ring_accessible", ring, offer.rings, left))
        for n, name in enumerate(self._rings, start=1):
            wanted = "strong-caption" if n == ring else "caption"
            if name.property("role") != wanted:
                restyle(name, role=wanted, tone="ring.text" if n == ring else "text2")

    def sizeHint(self) -> QSize:
        return SIZE


class FloatingPopover(IncomingPopover):
    """The popover as a window of its own: on top, without taking the focus, while the desk itself is out of sight."""

    def __init__(self, desk: Desk, main: QWidget) -> None:
        self._main = main
        self._retired = False
        super().__init__(desk, None)
        self.setWindowTitle(tr("shell.incoming_title"))
        self.setWindowFlags(
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.hide()

    def wanted(self) -> bool:
        if self._retired:
            return False
        out_of_sight = self._main.isMinimized() or not self._main.isVisible() or not self._main.isActiveWindow()
        return self._desk.calls.offer is not None and out_of_sight

    def retire(self) -> None:
        """The desk closes: never to be seen again, even while a call rings."""
        self._retired = True
        self.hide()
        self.deleteLater()

    def refresh(self) -> None:
        super().refresh()
        if self.isVisible():
            place = self._main.screen().availableGeometry()
            self.move(place.right() - SIZE.width() - MARGIN, place.bottom() - SIZE.height() - MARGIN)

