# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls when that is not sure: the strip over a likely customer, and the card of an unknown or withheld number.

Matches are listed with their confidence and the reason, and become the customer only when the agent has asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panes.card_rows import CandidateDelegate, spoken_candidate
from desktop.panes.rows import Rows, RowsView
from desktop.panes.section import Section
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.figures import grouped
from desktop.widgets.frames import hairline
from desktop.widgets.labels import label, wrapped
from desktop.widgets.theme import Theme
from models.cards import Candidate, CustomerCard
from models.kinds import Confidence
from models.rules.policy import words
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class GuessStrip(QFrame):
    """Says whose number this may be and why, and lets the agent confirm it after he has asked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setProperty("role", "strip-ring")
        self._desk = desk
        self._who = wrapped("", "strong", "ring.text")
        self._why = wrapped("", "caption", "ring.text")
        self.confirm = Button(tr("card.confirm"), size=28)
        self.confirm.clicked.connect(lambda: self._desk.sheet.confirm_phone())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 10)
        column.setSpacing(4)
        column.addWidget(self._who)
        column.addWidget(self._why)
        row = QHBoxLayout()
        row.addWidget(self.confirm)
        row.addStretch(1)
        column.addLayout(row)

    def show_card(self, card: CustomerCard) -> None:
        """Visible only while the caller is not sure."""
        self.setVisible(card.confidence is not Confidence.EXACT)
        self._who.setText(tr("card.guess", tr("card.dot").join(part for part in (card.name, card.company) if part)))
        why = f"card.why_{card.confidence}"
        self._why.setText(tr("card.guess_hint", tr(why if known(why) else "card.why_maybe")))


class UnknownCaller(QWidget):
    """The card of a number nobody has: number, place, matches, search, new customer."""

    def __init__(self, desk: Desk, theme: Theme) -> None:
        super().__init__()
        self._desk = desk
        self._card: CustomerCard | None = None
        self._title = label("", "name")
        self._state = Chip("", "outline")
        self._place = label("", "body", "text2")
        self._hint = wrapped("", "body", "text2")
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("card.search"))
        self.search.setAccessibleName(tr("card.search"))
        self.search.textEdited.connect(self._search)
        self.matches = RowsView(
            Rows(spoken_candidate, lambda row: row.customer), CandidateDelegate(theme), tr("card.candidates")
        )
        self.matches.chosen.connect(self._marked)
        self._none = wrapped(tr("card.no_candidates"), "caption", "text3")
        self.choose = Button(tr("card.choose"))
        self.choose.clicked.connect(self._choose)
        self.new = Button(tr("card.new_customer"), icon="plus")
        self.new.clicked.connect(self._open_new)
        self._section = Section(tr("card.candidates"))
        self._section.add(self.matches)
        self._section.add(self._none, 16)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(16, 14, 16, 12)
        head.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(self._state)
        head.addLayout(row)
        head.addWidget(self._place)
        head.addWidget(self._hint)
        head.addWidget(self.search)
        column.addLayout(head)
        column.addWidget(hairline())
        column.addWidget(self._section)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(16, 4, 16, 12)
        buttons.setSpacing(8)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.new)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self._new_form = self._make_new_form()
        column.addWidget(self._new_form)
        desk.sheet.searched.watch(self._found)

    def _make_new_form(self) -> QWidget:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(16, 0, 16, 12)
        column.setSpacing(4)
        self.new_name = QLineEdit()
        self.new_name.setAccessibleName(tr("card.new_name"))
        self.new_company = QLineEdit()
        self.new_company.setAccessibleName(tr("card.new_company"))
        self.create_customer = Button(tr("card.new_create"), "primary")
        self.create_customer.clicked.connect(self._create)
        self.new_name.returnPressed.connect(self.new_company.setFocus)
        self.new_company.returnPressed.connect(self._create)
        self.new_name.textChanged.connect(lambda text: self.create_customer.setEnabled(bool(text.strip())))
        self.create_customer.setEnabled(False)
        cancel = Button(tr("card.new_cancel"), "quiet")
        cancel.clicked.connect(lambda: self._new_form.setVisible(False))
        column.addWidget(label(tr("card.new_name"), "caption", "text2"))
        column.addWidget(self.new_name)
        column.addSpacing(4)
        column.addWidget(label(tr("card.new_company"), "caption", "text2"))
        column.addWidget(self.new_company)
        column.addSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self.create_customer)
        row.addWidget(cancel)
        row.addStretch(1)
        column.addLayout(row)
        form.setVisible(False)
        return form

    def show_card(self, card: CustomerCard) -> None:
        """A card without a customer."""
        if self._card is None or self._card.number != card.number:
            self._new_form.setVisible(False)
            for field in (self.search, self.new_name, self.new_company):
                field.clear()
        self._card = card
        withheld = card.confidence is Confidence.WITHHELD or not card.number
        self._title.setText(tr("card.number_withheld") if withheld else grouped(card.number))
        self._state.set(tr("card.confidence_withheld" if withheld else "card.number_unknown"))
        self._state.setVisible(not withheld)
        self._place.setText(tr("card.place", words(card.number_place)))
        self._place.setVisible(bool(card.number_place))
        self._hint.setText(tr("card.number_withheld_hint" if withheld else "card.number_unknown_hint"))
        if not self.search.text():
            self._show(card.candidates, tr("card.candidates"), tr("card.no_candidates"))

    def _show(self, rows: tuple[Candidate, ...], title: str, none: str) -> None:
        self._section.set_title(title)
        self.matches.show_rows(rows)
        self._none.setText(none)
        self._none.setVisible(not rows)
        self.choose.setVisible(bool(rows))
        self._marked()

    def _search(self, text: str) -> None:
        if text.strip():
            self._desk.sheet.search_customers(text.strip())
        elif self._card is not None:
            self._show(self._card.candidates, tr("card.candidates"), tr("card.no_candidates"))

    def _found(self, rows: tuple[Candidate, ...]) -> None:
        text = self.search.text().strip()
        if text:
            self._show(rows, tr("card.found", len(rows)), tr("card.none_found", text))

    def _marked(self, row: object = None) -> None:
        self.choose.say_why("" if self.matches.current_row() is not None else tr("card.choose_hint"))

    def _choose(self) -> None:
        row = self.matches.current_row()
        if row is not None:
            self._desk.sheet.choose_customer(row.customer)

    def _open_new(self) -> None:
        self._new_form.setVisible(True)
        if self.search.text() and not self.new_name.text():
            self.new_name.setText(self.search.text().strip())
        self.new_name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _create(self) -> None:
        if self.new_name.text().strip():
            self._desk.sheet.new_customer(self.new_name.text().strip(), self.new_company.text().strip())
