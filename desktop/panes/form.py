# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided form in a call: greeting, stepper, finished steps folded, the current one open, coming ones dimmed.

Only the current step scrolls; greeting, stepper and footer never give way. The footer says where the draft is saved
and what is missing, each a link to its field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.form_footer import FormFooter
from desktop.panes.form_rows import StepSummary
from desktop.panes.form_step import StepPage
from desktop.panes.handover_step import HandoverStep
from desktop.panes.section import HEADER_H, bar, spoken_line
from desktop.panes.service_step import ServiceStep
from desktop.widgets.beat import beat
from desktop.widgets.chips import Chip
from desktop.widgets.labels import ElideLabel, label
from desktop.widgets.stepper import Step, Stepper
from models.rules import guide
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

STEPPER_FROM = 600
FOLDED_UNDER = 656  # of the form: the window is then less than 720 px high


class GuidedForm(QFrame):
    """`pages` by step. Digits and Alt+digits choose options, links and shortcuts move between steps."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._old = True
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("form.title"))

        greeting, row = bar("header", HEADER_H)
        self._read = Chip(tr("form.read_aloud"), "accent")
        self._greeting = spoken_line(wraps=False)
        self._number = label("", "caption", "text2")
        row.addWidget(self._read)
        row.addWidget(self._greeting, 1)
        row.addWidget(self._number)

        self.stepper = Stepper()
        self.stepper.chosen.connect(lambda number: self._desk.sheet.go(guide.STEPS[number]))
        self.pages: dict[str, StepPage] = {}
        self._stack = QStackedWidget()
        self._before: list[StepSummary] = []
        self._after: list[StepSummary] = []
        for number, name in enumerate(guide.STEPS):
            page = self._page(name)
            self.pages[name] = page
            self._stack.addWidget(self._scrolling(page))
            for rows in (self._before, self._after):
                summary = StepSummary(name, number + 1)
                summary.opened.connect(self._desk.sheet.go)
                rows.append(summary)
        self._folded = ElideLabel("", "body", "text3")
        self._folded.setContentsMargins(20, 0, 20, 0)
        self._folded.setFixedHeight(30)
        self.footer = FormFooter(desk)
        self.footer.wanted.connect(self.focus_field)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(greeting)
        column.addWidget(self.stepper)
        for summary in self._before:
            column.addWidget(summary)
        column.addWidget(self._stack, 1)
        self._line = QFrame()
        self._line.setProperty("role", "hairline")
        column.addWidget(self._line)
        for summary in self._after:
            column.addWidget(summary)
        column.addWidget(self._folded)
        column.addWidget(self.footer)

        for number in range(1, 10):
            keys = QShortcut(QKeySequence(f"Alt+{number}"), self)
            keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            keys.activated.connect(lambda number=number: self.page.choose_number(number))
        beat().second.connect(self.tick)
        desk.sheet.changed.watch(self.refresh)
        desk.sheet.step_changed.watch(self._step_changed)
        desk.sheet.field_changed.watch(self._field_changed)
        self._show_steps()

    def _page(self, name: str) -> StepPage:
        match name:
            case "service":
                return ServiceStep(self._desk)
            case "handover":
                return HandoverStep(self._desk)
            case _:
                return StepPage(self._desk, name)

    def _scrolling(self, page: StepPage) -> QScrollArea:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        return scroll

    @property
    def page(self) -> StepPage:
        """The page of the current step."""
        return self.pages[self._desk.sheet.step]

    def refresh(self) -> None:
        """Another card or draft: everything anew."""
        self._old = not self.isVisible()
        if self._old:
            return  # while it rings the card comes first; the form is filled when it is shown
        sheet = self._desk.sheet
        self._greeting.setText(tr("form.quoted", sheet.greeting) if sheet.greeting else "")
        self._number.setText(tr("form.draft", sheet.draft.number) if sheet.draft else tr("form.no_draft"))
        self.page.refresh()
        self._show_steps()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._old:
            self.refresh()

    def _step_changed(self) -> None:
        if not self.isVisible():
            self._old = True
            return
        self.page.refresh()
        had_focus = self._stack.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._show_steps()
        if had_focus and self.isVisible():
            self.focus_first_empty(here=True)

    def _field_changed(self, name: str) -> None:
        if not self.isVisible():
            self._old = True
            return
        self.page.refresh_field(name)
        self._show_steps()

    def tick(self) -> None:
        """A field somebody else has stopped typing in is given back."""
        if self.isVisible():
            for edit in self.page.fields.values():
                if edit.resting:
                    edit.refresh()

    def _show_steps(self) -> None:
        sheet = self._desk.sheet
        steps = sheet.steps()
        current = guide.STEPS.index(sheet.step)
        self.stepper.set_steps(tuple(Step(tr(f"guide.step_{one.name}"), one.done, one.current) for one in steps))
        self._stack.setCurrentIndex(current)
        folded = self.height() < FOLDED_UNDER
        for number, step in enumerate(steps):
            self._before[number].show_step(step, before=True)
            self._before[number].setVisible(number < current)
            self._after[number].show_step(step, before=False)
            self._after[number].setVisible(number > current and not folded)
        coming = [tr(f"guide.step_{one.name}") for one in steps[current + 1 :]]
        self._folded.setText(tr("form.coming", tr("form.coming_join").join(coming)))
        self._folded.setVisible(folded and bool(coming))
        self._line.setVisible(bool(coming))
        self.footer.refresh()

    def focus_field(self, name: str) -> None:
        """Open the step of a field and put the cursor into it."""
        step = guide.FIELD[name].step
        if step != self._desk.sheet.step and step in self.pages:
            self._desk.sheet.go(step)
        self.page.focus_field(name)
        edit = self.page.fields.get(name)
        area = self._stack.currentWidget()
        if edit is not None and isinstance(area, QScrollArea):
            area.ensureWidgetVisible(edit, 0, 20)

    def focus_first_empty(self, here: bool = False) -> None:
        """The first empty mandatory field: of the current step when it has one (or `here`), else of the form."""
        missing = self._desk.sheet.missing()
        of_step = [name for name in missing if guide.FIELD[name].step == self._desk.sheet.step]
        wanted = of_step or ([] if here else [name for name in missing if guide.FIELD[name].step in self.pages])
        if not wanted:
            wanted = [name for name in self.page.order if not self._desk.sheet.value(name)] or list(self.page.order)
        if wanted:
            self.focus_field(self.page.first_stop(wanted) if of_step else wanted[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if text.isdigit() and text != "0" and not event.modifiers() and self.page.choose_number(int(text)):
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= STEPPER_FROM
        self.stepper.setVisible(wide)
        self._read.setVisible(wide)
        self.footer.set_narrow(not wide)
        self._show_steps()
