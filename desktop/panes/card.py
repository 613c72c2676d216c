# SPDX-License-Identifier: GPL-3.0-or-later
"""The customer card at the left: who calls, how sure that is, what he has, what is open, what was said before.

Shown from the first ring. A guess stands under «may be», never as a name; an unknown or withheld number offers
matches with their confidence and one way to make a new customer. The flow is told once the new card is really painted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.panes.card_rows import (
    ContactDelegate,
    DeviceDelegate,
    PhoneDelegate,
    TicketDelegate,
    open_tickets,
    spoken_contact,
    spoken_device,
    spoken_phone,
    spoken_ticket,
)
from desktop.panes.card_unknown import GuessStrip, UnknownCaller
from desktop.panes.rows import Rows, RowsView
from desktop.panes.section import Section
from desktop.widgets.buttons import LinkButton
from desktop.widgets.chips import Chip
from desktop.widgets.figures import grouped
from desktop.widgets.frames import hairline
from desktop.widgets.labels import ElideLabel, EmptyPlace, label
from desktop.widgets.theme import Theme
from models.cards import CustomerCard
from models.kinds import Confidence, CustomerLevel
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

DEVICES_AT_FIRST = 3
CONTACTS_SHOWN = 5


class CardBody(QWidget):
    """The painted area: says when a paint pass over a new card has ended."""

    def __init__(self, pane: CustomerCardPane) -> None:
        super().__init__()
        self._pane = pane

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._pane.owes_paint:
            self._pane.owes_paint = False
            # This widget is painted before its children: the report waits for the end of the paint pass.
            QTimer.singleShot(0, self._pane.report_painted)


class CustomerCardPane(QFrame):
    """The card pane. `owes_paint`: a new card has been laid out and not yet been painted."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._theme = theme
        self._painted_call = ""
        self._all_devices = False
        self.owes_paint = False
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("card.pane"))
        self.setMinimumWidth(280)
        self.setMaximumWidth(400)

        self._name = ElideLabel("", "name")
        self._level = Chip("", "ink", "star")
        self._company = ElideLabel("", "body", "text2")
        self._kind = Chip("", "outline", "user")
        self._district = Chip("", "outline", "pin")
        self._guess = GuessStrip(desk)
        self._unknown = UnknownCaller(desk, theme)
        self._empty = EmptyPlace("user", "")
        self._empty.words.setWordWrap(True)
        self._empty.words.setText(tr("card.empty"))

        self._phones = Section(tr("card.phones"))
        self.phones = RowsView(
            Rows(spoken_phone, lambda row: row.number), PhoneDelegate(theme), tr("card.phones"), selectable=False
        )
        self._phones.add(self.phones)
        self._all = LinkButton(tr("card.devices_all"))
        self._all.clicked.connect(self._toggle_devices)
        self._devices = Section("", self._all)
        self.devices = RowsView(Rows(spoken_device, lambda row: row.device), DeviceDelegate(theme, desk.now), "")
        self.devices.chosen.connect(lambda row: self._desk.sheet.choose_device(row.device))
        self._devices.add(self.devices)
        self._tickets = Section("")
        self.tickets = RowsView(
            Rows(spoken_ticket, lambda row: row.ticket), TicketDelegate(theme, desk.now), "", selectable=False
        )
        self._tickets.add(self.tickets)
        self._last_agent = label("", "caption", "text3")
        self._contacts = Section(tr("card.contacts"), self._last_agent)
        self.contacts = RowsView(
            Rows(spoken_contact, lambda row: row.contact), ContactDelegate(theme), tr("card.contacts"), selectable=False
        )
        self._contacts.add(self.contacts)

        body = CardBody(self)
        self._known = QWidget()
        known = QVBoxLayout(self._known)
        known.setContentsMargins(0, 0, 0, 0)
        known.setSpacing(0)
        known.addWidget(self._heading())
        known.addWidget(self._guess)
        # Open tickets stand first when there are any: they are what he most likely calls about.
        self._tickets_line, self._devices_line, self._contacts_line = hairline(), hairline(), hairline()
        for part in (hairline(), self._phones, self._tickets_line, self._tickets, self._devices_line, self._devices,
                     self._contacts_line, self._contacts):  # fmt: skip
            known.addWidget(part)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._empty)
        column.addWidget(self._unknown)
        column.addWidget(self._known)
        column.addStretch(1)
        self._body = body

        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

        desk.sheet.changed.watch(self.refresh)
        desk.calls.changed.watch(self._call_changed)
        self.refresh()

    def _heading(self) -> QWidget:
        heading = QWidget()
        column = QVBoxLayout(heading)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(5)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._name, 1)
        first.addWidget(self._level)
        chips = QHBoxLayout()
        chips.setSpacing(6)
        chips.setContentsMargins(0, 3, 0, 0)
        chips.addWidget(self._kind)
        chips.addWidget(self._district)
        chips.addStretch(1)
        column.addLayout(first)
        column.addWidget(self._company)
        column.addLayout(chips)
        return heading

    def refresh(self) -> None:
        """Lay out the flow's card."""
        card = self._desk.sheet.card
        self._empty.setVisible(card is None)
        self._unknown.setVisible(card is not None and not card.customer)
        self._known.setVisible(card is not None and bool(card.customer))
        if card is None:
            return
        if card.customer:
            self._show_known(card)
        else:
            self._unknown.show_card(card)
        call = self._call()
        if call != self._painted_call:
            self.owes_paint = True
        self._body.update()

    def report_painted(self) -> None:
        """The paint pass over the card is over: tell the flow, once per call."""
        if self._desk.sheet.card is None:
            return
        self._painted_call = self._call()
        self._desk.sheet.painted()

    def _call(self) -> str:
        calls = self._desk.calls
        if calls.call is not None:
            return calls.call.call
        return calls.offer.call if calls.offer is not None else ""

    def _call_changed(self) -> None:
        if not self._call():
            self._painted_call = ""

    def _show_known(self, card: CustomerCard) -> None:
        sure = card.confidence is Confidence.EXACT
        name = card.name if sure else grouped(card.number) or tr("card.number_withheld")
        self._name.setText(name)
        self._name.setToolTip(name)
        self._level.set(tr(f"card.level_{card.level}"))
        self._level.setVisible(sure and card.level is not CustomerLevel.NORMAL)
        self._company.setText(card.company)
        self._company.setVisible(bool(card.company) and sure)
        self._kind.set(tr(f"card.kind_{card.kind}"))
        self._kind.setVisible(sure)
        self._district.set(card.district)
        self._district.setVisible(bool(card.district) and sure)
        self._guess.show_card(card)
        self._phones.setVisible(bool(card.phones))
        self.phones.show_rows(card.phones)
        tickets = open_tickets(card)
        for part in (self._tickets, self._tickets_line):
            part.setVisible(bool(tickets))
        self._tickets.set_title(tr("card.tickets", len(tickets)))
        self.tickets.setAccessibleName(tr("card.tickets", len(tickets)))
        self.tickets.show_rows(tickets)
        for part in (self._devices, self._devices_line):
            part.setVisible(bool(card.devices))
        self._show_devices(card)
        for part in (self._contacts, self._contacts_line):
            part.setVisible(bool(card.contacts))
        self._last_agent.setText(
            tr("card.last_agent", card.last_agent, card.last_agent_name) if card.last_agent else ""
        )
        self.contacts.show_rows(card.contacts[:CONTACTS_SHOWN])

    def _show_devices(self, card: CustomerCard) -> None:
        few = card.devices[:DEVICES_AT_FIRST]
        chosen = self._desk.sheet.device
        if chosen is not None and not any(row.device == chosen.device for row in few):
            few = (*few[:-1], *(row for row in card.devices if row.device == chosen.device))
        title = tr("card.devices", len(card.devices))
        self._devices.set_title(title)
        self.devices.setAccessibleName(title)
        self._all.setVisible(len(card.devices) > DEVICES_AT_FIRST)
        self._all.set_text(tr("card.devices_few" if self._all_devices else "card.devices_all"))
        self.devices.show_rows(card.devices if self._all_devices else few)
        self.devices.select_key(chosen.device if chosen is not None else "")

    def _toggle_devices(self) -> None:
        self._all_devices = not self._all_devices
        if self._desk.sheet.card is not None:
            self._show_devices(self._desk.sheet.card)
