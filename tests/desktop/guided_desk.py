# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake desk with the real guide: what is missing and how far each step is follow the rules, not a script."""

from __future__ import annotations

import os
import time
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop.flows.guided import steps_of
from desktop.widgets.theme import Theme, current
from models.cards import Candidate, CustomerCard
from models.kinds import CallerKind, Confidence, CustomerLevel
from models.rules import guide
from resources import i18n
from tests.desktop.fake_desk import CARD, NUMBER, FakeDesk, FakeSheet, StepNow

PAGE = (1302, 704)
SMALLEST = (1216, 616)


class GuidedSheet(FakeSheet):
    """SheetFlow whose missing fields and steps come from models.rules.guide."""

    def missing(self, purpose: str = "sheet") -> tuple[str, ...]:
        return guide.missing(self.values, "live" if purpose == "live" else "sheet")

    def steps(self) -> tuple[StepNow, ...]:
        return steps_of(self.values, set(self.missing()), self.step)

    def say(self) -> str:
        chosen = self.value("service_mode")
        said = {option.mode.value: option.say for option in self.modes()}
        return said.get(chosen, "") if self.step == "service" else ""


class GuidedDesk(FakeDesk):
    """FakeDesk with a GuidedSheet and more situations: `guess`, `unknown`, `withheld`."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet: GuidedSheet = GuidedSheet(self)

    def show_card(self, card: CustomerCard) -> None:
        self.sheet.card = card
        self.sheet.device = card.devices[0] if card.devices else None
        self.sheet.changed.tell()

    def guess(self, confidence: Confidence = Confidence.MAYBE) -> None:
        """A call from a number that may be the customer's."""
        self.ring()
        self.show_card(replace(CARD, confidence=confidence))

    def unknown(self) -> None:
        """A call from a number nobody has, with two who may be meant."""
        self.ring(known=False)
        self.show_card(
            CustomerCard("", "", "", "", CallerKind.END_CUSTOMER, CustomerLevel.NORMAL, "", "", NUMBER, "青禾市",
                         Confidence.UNKNOWN, candidates=(
                             Candidate("c1", "陈志远", "青禾市第二医院", Confidence.HOUSEHOLD, "card.why_household"),
                             Candidate("c9", "王丽华", "恒信科技", Confidence.MAYBE, "card.why_maybe")))
        )  # fmt: skip

    def withheld(self) -> None:
        """A call without a number."""
        self.ring(known=False)
        assert self.calls.offer is not None
        self.calls.offer = replace(self.calls.offer, from_number="")
        self.show_card(
            CustomerCard("", "", "", "", CallerKind.END_CUSTOMER, CustomerLevel.NORMAL, "", "", "", "",
                         Confidence.WITHHELD)
        )  # fmt: skip
        self.calls.changed.tell()


_worn = ("", "")


def dressed(language: str = "zh_CN", name: str = "light") -> Theme:
    """The theme of this process in a language and a look; dressing every widget anew is slow, so only at a change."""
    global _worn
    theme = current()
    if (language, name) != _worn or i18n.language() != language or theme.name != name:
        i18n.use(language)
        theme.name = "dark" if name == "dark" else "light"
        theme.apply()
        _worn = (language, name)
    return theme


def settle() -> None:
    """Let everything posted so far happen: layouts, paints, reports after a paint."""
    for _ in range(4):
        QApplication.processEvents()


def type_text(widget: QWidget, text: str) -> None:
    """Type any characters, one key each (QTest knows only Latin keys)."""
    for character in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(widget, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character))


def stand(page: QWidget, size: tuple[int, int] = PAGE) -> None:
    """Show a page in a window of its own, active, laid out and painted."""
    page.resize(*size)
    page.show()
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        page.raise_()
        page.activateWindow()
        settle()
        if page.isActiveWindow():
            return
