# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's page: customer card, form, advice. What stands in the centre follows the call.

Ringing shows the greeting and a preview, talking the guided form, wrap-up its own page. The transfer panel takes the
right column and gives the splitter back as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.advice import AdvicePane
from desktop.panes.card import CustomerCardPane
from desktop.panes.form import GuidedForm
from desktop.panes.form_preview import FormPreview
from desktop.panes.transfer import TransferPanel
from desktop.widgets.labels import EmptyPlace
from desktop.widgets.theme import Theme
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

CARD_W, RIGHT_W = 304, 296
FORM_MIN, FORM_MIN_BESIDE_PANEL = 560, 420
RIGHT_MIN, RIGHT_MAX = 264, 420
TRANSFER_SIZES = (304, 454, 544)
WIDE = 16777215
MIDDLE, LARGE = 1500, 2200


class AgentPage(QWidget):
    """Splitter of three panes. `centre` shows one of idle, preview, form, wrap-up."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._theme = theme
        self._sizes_before: list[int] = []
        self._talking = ""
        self._breakpoint = 0
        self._panel = False
        self._wrap_up: QWidget | None = None
        self._facts: QWidget | None = None
        self.card = CustomerCardPane(desk, theme)
        self.form = GuidedForm(desk)
        self.preview = FormPreview(desk)
        self.idle = QFrame()
        self.idle.setProperty("role", "pane")
        inside = QVBoxLayout(self.idle)
        inside.addWidget(EmptyPlace("headset", tr("form.idle")))
        self.centre = QStackedWidget()
        for page in (self.idle, self.preview, self.form):
            self.centre.addWidget(page)
        self.advice = AdvicePane(desk, theme)
        self.transfer = TransferPanel(desk, theme)
        self.right = QStackedWidget()
        self.right.addWidget(self.advice)
        self.right.addWidget(self.transfer)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        for number, pane in enumerate((self.card, self.centre, self.right)):
            self.splitter.addWidget(pane)
            self.splitter.setStretchFactor(number, 1 if number == 1 else 0)
        self._limits(panel=False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)
        self.splitter.setSizes([CARD_W, 702, RIGHT_W])
        desk.calls.changed.watch(self.refresh)
        desk.sheet.changed.watch(self.refresh)
        desk.transfer.changed.watch(self._transfer_changed)
        self.refresh()
        self._transfer_changed()

    def refresh(self) -> None:
        """Put into the centre what the call asks for."""
        calls = self._desk.calls
        call = calls.call
        wrapping = call is not None and call.stage == "wrap_up"
        if self._desk.transfer.open and (call is None or wrapping):
            self._desk.transfer.closed()  # there is nothing left to hand over, and digits belong to the wrap-up
        if wrapping:
            self.centre.setCurrentWidget(self._wrap_up_page())
        elif call is not None:
            self.centre.setCurrentWidget(self.form)
            if call.stage == "talking" and call.call != self._talking:
                self._talking = call.call
                self.form.focus_first_empty()
        elif calls.offer is not None:
            self.centre.setCurrentWidget(self.preview)
        elif self._desk.sheet.draft is not None:
            self.centre.setCurrentWidget(self.form)
        else:
            self.centre.setCurrentWidget(self.idle)
        if call is None:
            self._talking = ""
        if not self._panel:
            facts = self._facts if wrapping and self._facts is not None else self.advice
            self.right.setCurrentWidget(facts)

    def next_step(self) -> None:
        """Ctrl+Shift+T."""
        self._desk.sheet.next_step()

    def previous_step(self) -> None:
        """Ctrl+Shift+Y."""
        self._desk.sheet.back()

    def finish(self) -> None:
        """Ctrl+Enter: open the ticket when nothing is missing."""
        if self.centre.currentWidget() is self.form and self.form.footer.last and self.form.footer.next.isEnabled():
            self._desk.sheet.submit()

    def close_panel(self) -> bool:
        """Esc: shut the transfer panel if it is open; whether it was."""
        was = self._desk.transfer.open
        if was:
            self._desk.transfer.closed()
        return was

    def _wrap_up_page(self) -> QWidget:
        if self._wrap_up is None:
            from desktop.panes.wrap_up import WrapUpPage
            from desktop.panes.wrap_up_facts import WrapUpFacts

            self._wrap_up = WrapUpPage(self._desk, self._theme)
            self.centre.addWidget(self._wrap_up)
            self._facts = WrapUpFacts(self._desk, self._theme)
            self.right.addWidget(self._facts)
        return self._wrap_up

    def _limits(self, panel: bool) -> None:
        self.centre.setMinimumWidth(FORM_MIN_BESIDE_PANEL if panel else FORM_MIN)
        self.right.setMinimumWidth(RIGHT_MIN)
        self.right.setMaximumWidth(WIDE if panel else RIGHT_MAX)

    def _transfer_changed(self) -> None:
        if self._desk.transfer.open and not self._panel:
            self._panel = True
            self._sizes_before = self.splitter.sizes()
            self._limits(panel=True)
            self.right.setCurrentWidget(self.transfer)
            spare = max(0, sum(self._sizes_before) - sum(TRANSFER_SIZES))
            self.splitter.setSizes([TRANSFER_SIZES[0], TRANSFER_SIZES[1] + spare, TRANSFER_SIZES[2]])
            self.transfer.open_now()
            self.form.refresh()
        elif not self._desk.transfer.open and self._panel:
            self._panel = False
            inside = self.transfer.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
            self.right.setCurrentWidget(self.advice)
            self._limits(panel=False)
            self.splitter.setSizes(self._sizes_before)
            self.form.refresh()
            if inside and self.centre.currentWidget() is self.form:
                self.form.focus_first_empty(here=True)
            self.refresh()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        point = 0 if self.width() < MIDDLE else 1 if self.width() < LARGE else 2
        if point != self._breakpoint and not self._panel:
            self._breakpoint = point
            card, right = ((CARD_W, RIGHT_W), (360, 400), (400, 420))[point]
            self.splitter.setSizes([card, max(FORM_MIN, self.width() - card - right), right])
