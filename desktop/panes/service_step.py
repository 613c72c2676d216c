# SPDX-License-Identifier: GPL-3.0-or-later
"""The step of service level and mode: only what the policy allows stands to choose, the rest in one line with reasons.

A charged mode shows its price in the option, in the words to say, and in a tick that the customer was told and agreed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.form_step import GAP, NARROW, StepPage
from desktop.widgets.buttons import OptionCard
from desktop.widgets.frames import empty_layout
from desktop.widgets.labels import IconLabel, wrapped
from desktop.widgets.theme import restyle
from models.kinds import ServiceMode
from models.rules.policy import price_words
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

ICONS = {
    ServiceMode.ONSITE: "home",
    ServiceMode.CARRY_IN: "shop",
    ServiceMode.MAIL_IN: "box",
    ServiceMode.PAID: "yuan",
    ServiceMode.PHONE: "chat",
}
YES = "yes"


class ServiceStep(StepPage):
    """`cards` holds the options in the order of their digits."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "service", frozenset({"service_mode", "paid_consent"}))
        self.aside.setText(tr("form.policy"))

    def build_top(self) -> None:
        self.cards: dict[ServiceMode, OptionCard] = {}
        self._told: tuple[object, ...] = ()
        self._options = QWidget()
        self._grid = QGridLayout(self._options)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._across = 0
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._none = wrapped(tr("form.no_modes"), "body", "text3")
        self._barred = QWidget()
        barred = QHBoxLayout(self._barred)
        barred.setContentsMargins(0, 0, 0, 0)
        barred.setSpacing(6)
        barred.addWidget(IconLabel("info", tone="text3", size=14), 0, Qt.AlignmentFlag.AlignTop)
        self.barred_line = wrapped("", "caption", "text3")
        barred.addWidget(self.barred_line, 1)
        self.consent = QCheckBox()
        self.consent.clicked.connect(self._consented)
        self._top = QVBoxLayout()
        self._top.setSpacing(8)
        for part in (self._none, self._options, self._barred):
            self._top.addWidget(part)
        self.column.addLayout(self._top)

    def refresh(self) -> None:
        self._refresh_modes()
        super().refresh()

    def first_stop(self, missing: list[str]) -> str:
        """The mode comes first: the other questions of this step follow from it."""
        return "service_mode" if "service_mode" in missing else missing[0]

    def refresh_field(self, name: str) -> None:
        self._refresh_modes()
        self.show_words()
        super().refresh_field(name)

    def focus_field(self, name: str) -> None:
        if name == "service_mode" and self.cards:
            chosen = [card for card in self.cards.values() if card.isChecked()]
            (chosen or list(self.cards.values()))[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif name == "paid_consent":
            self.consent.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().focus_field(name)

    def choose_number(self, number: int) -> bool:
        """Digits 1–5 choose the mode, unless a choice field of the page has the focus."""
        if any(edit.editor.hasFocus() and edit.field.kind == "choice" for edit in self.fields.values()):
            return super().choose_number(number)
        if not 1 <= number <= len(self.cards):
            return False
        card = list(self.cards.values())[number - 1]
        card.setFocus(Qt.FocusReason.ShortcutFocusReason)
        card.click()
        return True

    def _refresh_modes(self) -> None:
        sheet = self._desk.sheet
        modes = sheet.modes()
        chosen = sheet.value("service_mode")
        if modes != self._told:
            self._told = modes
            empty_layout(self._grid)
            self.cards = {}
            for number, option in enumerate(modes):
                card = OptionCard(tr(f"guide.service_mode_{option.mode}"), option.line, price_words(option.price),
                                  ICONS[option.mode], str(number + 1))  # fmt: skip
                card.setToolTip(option.line)
                card.clicked.connect(lambda _on=False, mode=option.mode: self._choose(mode))
                self._group.addButton(card)
                self.cards[option.mode] = card
            self._across = 0
            self._place()
        for mode, card in self.cards.items():
            if card.isChecked() != (mode == chosen):
                self._group.setExclusive(False)
                card.setChecked(mode == chosen)
                self._group.setExclusive(True)
        self._options.setVisible(bool(self.cards))
        self._none.setVisible(not self.cards)
        barred = tr("form.barred_join").join(
            tr("form.barred_one", tr(f"guide.service_mode_{mode}"), why) for mode, why in sheet.barred()
        )
        self.barred_line.setText(tr("form.barred", barred))
        self._barred.setVisible(bool(barred) and bool(self.cards))
        price = next((option.price for option in modes if option.mode == chosen), 0)
        self.consent.setVisible(price > 0)
        self.consent.setText(tr("form.consent", price_words(price)))
        agreed = sheet.value("paid_consent") == YES
        self.consent.setChecked(agreed)
        restyle(self.consent, missing=price > 0 and not agreed)
        if self.column.indexOf(self.consent) < 0:
            self.column.insertWidget(self.column.indexOf(self.say) + 1, self.consent)

    def _place(self) -> None:
        """Three options across, two beside the transfer panel."""
        across = 3 if self.width() >= NARROW else 2
        if across == self._across:
            return
        self._across = across
        while self._grid.takeAt(0) is not None:
            pass
        for number, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, number // across, number % across)
        for number in range(3):
            self._grid.setColumnStretch(number, 1 if number < across else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _choose(self, mode: ServiceMode) -> None:
        self._desk.sheet.write("service_mode", mode.value)
        self._desk.sheet.leave("service_mode")

    def _consented(self, on: bool) -> None:
        self._desk.sheet.write("paid_consent", YES if on else "")
        self._desk.sheet.leave("paid_consent")
