# SPDX-License-Identifier: GPL-3.0-or-later
"""The device at the engineer's right: what it is, how it is covered, what it went through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.panes.card_rows import (
    CHANNELS,
    TicketDelegate,
    device_icon,
    open_tickets,
    spoken_contact,
    spoken_ticket,
    warranty_chip,
)
from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.panes.section import HEADER_H, Section, bar
from desktop.panes.times import long_day
from desktop.widgets.chips import Chip
from desktop.widgets.frames import empty_layout, hairline
from desktop.widgets.labels import ElideLabel, EmptyPlace, IconLabel, label, wrapped
from desktop.widgets.theme import Theme
from models.cards import ContactLine
from models.kinds import WarrantyState
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

PAD = 16
LOOKS = {"ready": "ready", "soon": "ring", "late": "miss", "plain": "plain"}


class LifeDelegate(RowDelegate):
    """One contact of the device's life: day, how, what, by whom."""

    height = 48
    hover = False

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: ContactLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        upper = QRect(inner.left(), inner.top() + 4, inner.width(), 20)
        brush.text(QRect(upper.left(), upper.top(), 62, 20), long_day(row.at), "caption", "text3")
        brush.icon(upper.adjusted(64, 0, 0, 0), CHANNELS.get(row.channel, "phone"), "text2", 16)
        words = upper.adjusted(92, 0, 0, 0)
        brush.text(words, row.title)
        note = tr("card.dot").join(part for part in (row.note, row.agent_name or row.agent) if part)
        brush.text(words.translated(0, 20), note, "caption", "text3")

    def tip(self, row: ContactLine) -> str:
        return row.note or row.title


class DevicePane(QFrame):
    """Follows the device the sheet is about."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("engineer.device"))
        self.setMinimumWidth(300)
        self.setMaximumWidth(460)
        header, row = bar("header", HEADER_H, PAD)
        self._icon = IconLabel("server", tone="text2", size=18)
        self._model = ElideLabel("", "strong")
        self._cover = Chip("", "ready", "shield")
        row.addWidget(self._icon)
        row.addWidget(self._model, 1)
        row.addWidget(self._cover)
        self._facts = QGridLayout()
        self._facts.setContentsMargins(PAD, 12, PAD, 12)
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnMinimumWidth(0, 56)
        self._facts.setColumnStretch(1, 1)
        self._history = Section(tr("engineer.history"))
        self.history = RowsView(
            Rows(spoken_contact, lambda line: line.contact), LifeDelegate(theme, desk.now), tr("engineer.history"),
            selectable=False,
        )  # fmt: skip
        self._history_none = wrapped(tr("engineer.history_none"), "body", "text3")
        self._history.add(self.history)
        self._history.add(self._history_none, PAD)
        self._tickets = Section(tr("engineer.customer_tickets"))
        self.tickets = RowsView(
            Rows(spoken_ticket, lambda line: line.ticket), TicketDelegate(theme, desk.now),
            tr("engineer.customer_tickets"), selectable=False,
        )  # fmt: skip
        self._tickets.add(self.tickets)
        self._tickets_line = hairline()
        self._none = EmptyPlace("server", tr("engineer.device_none"))
        inner = QWidget()
        inner.setProperty("role", "pane")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._none)
        column.addLayout(self._facts)
        self._facts_line = hairline()
        for part in (self._facts_line, self._history, self._tickets_line, self._tickets):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(header)
        outer.addWidget(scroll, 1)
        desk.sheet.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Everything anew from the flow."""
        card, device = self._desk.sheet.card, self._desk.sheet.device
        empty_layout(self._facts)
        here = device is not None
        self._none.setVisible(not here)
        for part in (self._icon, self._cover, self._facts_line, self._history):
            part.setVisible(here)
        self._model.setText(device.model if device is not None else tr("engineer.device"))
        if device is not None:
            self._icon.set(device_icon(device), "", "text2")
            words, tone = warranty_chip(device, self._desk.now())
            if device.warranty is WarrantyState.COVERED and device.covered_until and tone == "ready":
                words = tr("engineer.covered_to", device.covered_until[:7])
            self._cover.set(words, LOOKS[tone], "shield" if tone == "ready" else "warn")
            line = f"guide.product_line_{device.product_line}"
            facts = (
                ("engineer.serial", device.serial), ("engineer.place", device.place),
                ("engineer.product_line", tr(line) if known(line) else device.product_line),
                ("engineer.contract", device.contract),
            )  # fmt: skip
            for number, (key, value) in enumerate((key, value) for key, value in facts if value):
                self._facts.addWidget(label(tr(key), "body", "text2"), number, 0)
                self._facts.addWidget(wrapped(value), number, 1)
            for number, part in enumerate(device.parts, start=len(facts)):
                self._facts.addWidget(label(part.name, "body", "text2"), number, 0)
                self._facts.addWidget(wrapped(part.spec), number, 1)
                if part.mark:
                    self._facts.addWidget(IconLabel("warn", part.mark, "caption", "ring.text", 14), number, 2)
        lines = tuple(
            line for line in (card.contacts if card is not None else ()) if device and line.device == device.device
        )
        self.history.show_rows(lines)
        self._history_none.setVisible(not lines)
        tickets = open_tickets(card)
        self.tickets.show_rows(tickets)
        self._tickets.setVisible(bool(tickets))
        self._tickets_line.setVisible(bool(tickets))
