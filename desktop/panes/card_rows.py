# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the customer card: phones, devices, open tickets, contacts, possible matches.

A number that is only likely or unconfirmed always carries its bars and its word.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate
from desktop.panes.times import WARRANTY_ENDS_SOON_DAYS, coarse_left, warranty_days
from desktop.widgets.figures import day, grouped
from desktop.widgets.theme import Theme
from models.cards import Candidate, ContactLine, CustomerCard, DeviceLine, PhoneLine, TicketLine
from models.kinds import Confidence, TicketStage, WarrantyState
from models.rules.policy import words
from resources.i18n import known, tr

PAD = 16
SURE = {Confidence.EXACT: (3, "ready.text"), Confidence.HOUSEHOLD: (2, "text2"), Confidence.MAYBE: (1, "text2")}
CHANNELS = {"phone": "phone", "callback": "cb", "message": "chat"}
RACK_LINES = ("server", "storage")

Clock = Callable[[], float]


def phone_label(label: str) -> str:
    """The catalogue's word for a label such as ``mobile``; what a person typed stays as typed."""
    return words(f"card.phone_{label}") if known(f"card.phone_{label}") else words(label)


def warranty_chip(device: DeviceLine, now: float) -> tuple[str, str]:
    """Words and tone of a device's warranty; cover that ends soon says how soon."""
    days = warranty_days(device.covered_until, now)
    if device.warranty is WarrantyState.COVERED and days is not None and 0 <= days <= WARRANTY_ENDS_SOON_DAYS:
        return tr("card.warranty_days", days), "soon"
    tone = {WarrantyState.COVERED: "ready", WarrantyState.UNKNOWN: "plain"}.get(device.warranty, "late")
    return tr(f"card.warranty_{device.warranty}"), tone


def device_icon(device: DeviceLine) -> str:
    return "server" if device.product_line in RACK_LINES else "box"


def open_tickets(card: CustomerCard | None) -> tuple[TicketLine, ...]:
    """The tickets that are not closed, the most urgent first."""
    return tuple(line for line in (card.tickets if card is not None else ()) if line.stage is not TicketStage.CLOSED)


class PhoneDelegate(RowDelegate):
    height = 28

    def draw(self, brush: Brush, box: QRect, row: PhoneLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        role = "strong" if row.this_call else "body"
        brush.text(QRect(inner.left(), inner.top(), 112, inner.height()), grouped(row.number), role)
        sure, token = SURE.get(row.confidence, (0, "text3"))
        bars = QRect(inner.left() + 116, inner.top(), 20, inner.height())
        brush.confidence(bars, sure, token)
        if row.this_call:
            used = brush.chip(inner, tr("card.this_call"), "accent", right=True)
        else:
            label = inner.adjusted(inner.width() // 2, 0, 0, 0)
            used = brush.text(label, phone_label(row.label), "caption", "text3", right=True)
        name = QRect(bars.left() + 23, inner.top(), inner.right() - used - bars.left() - 26, inner.height())
        brush.text(name, tr(f"card.confidence_{row.confidence}"), "caption", token)


class DeviceDelegate(RowDelegate):
    height = 46

    def __init__(self, theme: Theme, now: Clock, parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: DeviceLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        cover, tone = warranty_chip(row, self._now())
        used = brush.chip(inner, cover, tone, right=True)
        brush.icon(inner.adjusted(1, 0, 0, 0), device_icon(row), "text2", 16)
        left = inner.adjusted(26, 4, -used - 8, 0)
        title = QRect(left.left(), left.top(), left.width(), 20)
        brush.text(title, row.model, "strong" if selected else "body")
        brush.text(title.translated(0, 19), tr("card.serial", row.serial), "caption", "text3")

    def tip(self, row: DeviceLine) -> str:
        return row.model


class TicketDelegate(RowDelegate):
    height = 44

    def __init__(self, theme: Theme, now: Clock, parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: TicketLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        upper = QRect(inner.left(), inner.top() + 2, inner.width(), 18)
        lower = QRect(inner.left(), inner.top() + 20, inner.width(), 20)
        brush.text(upper, row.number, "caption", "text3")
        if row.due is not None:
            rest = coarse_left(row.due, self._now())
            brush.clock(upper, rest.words, rest.tone, "caption")
        used = brush.text(lower, words(row.stage_words), "caption", "text3", right=True)
        brush.text(lower.adjusted(0, 0, -used - 8, 0), row.title)

    def tip(self, row: TicketLine) -> str:
        return row.title


class ContactDelegate(RowDelegate):
    height = 28

    def draw(self, brush: Brush, box: QRect, row: ContactLine, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -PAD, 0)
        brush.icon(inner, CHANNELS.get(row.channel, "phone"), "text2", 16)
        used = brush.text(inner, row.agent, "caption", "text3", right=True)
        brush.text(inner.adjusted(24, 0, 0, 0), day(row.at), "caption", "text3")
        brush.text(inner.adjusted(68, 0, -used - 8, 0), row.title)

    def tip(self, row: ContactLine) -> str:
        return row.note or row.title


class CandidateDelegate(RowDelegate):
    height = 50

    def draw(self, brush: Brush, box: QRect, row: Candidate, selected: bool) -> None:
        inner = box.adjusted(PAD, 5, -PAD, -5)
        upper = QRect(inner.left(), inner.top(), inner.width(), 20)
        lower = upper.translated(0, 20)
        sure, token = SURE.get(row.confidence, (0, "text3"))
        how_sure = tr(f"card.confidence_{row.confidence}")
        used = brush.text(upper, how_sure, "caption", token, right=True)
        brush.confidence(QRect(upper.right() - used - 23, upper.top(), 20, upper.height()), sure, token)
        brush.text(upper.adjusted(0, 0, -used - 32, 0), row.name, "strong")
        why = brush.text(lower, words(row.why), "caption", "text3", right=True)
        brush.text(lower.adjusted(0, 0, -why - 8, 0), row.company, "caption", "text2")

    def tip(self, row: Candidate) -> str:
        return tr("card.choose_hint")


def spoken_phone(row: PhoneLine) -> str:
    return tr("card.phone_row", grouped(row.number), tr(f"card.confidence_{row.confidence}"))


def spoken_device(row: DeviceLine) -> str:
    return tr("card.ticket_row", row.model, tr("card.serial", row.serial), tr(f"card.warranty_{row.warranty}"))


def spoken_ticket(row: TicketLine) -> str:
    return tr("card.ticket_row", row.number, row.title, words(row.stage_words))


def spoken_contact(row: ContactLine) -> str:
    return tr("card.contact_row", day(row.at), row.title, row.agent_name or row.agent)


def spoken_candidate(row: Candidate) -> str:
    return tr("card.contact_row", row.name, row.company, tr(f"card.confidence_{row.confidence}"))
