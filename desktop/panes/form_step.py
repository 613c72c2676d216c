# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of the guided form, laid out from the guide's data: title, words to say, fields in columns.

Fields that do not apply (another service mode, no charge) leave no hole. `order` is the reading order of the fields
shown now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.form_field import ChipsBox, ChoiceBox, FieldEdit
from desktop.panes.section import spoken_line
from desktop.widgets.labels import label
from models.rules import guide
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

GAP = 12
CONTENT_MAX = 880
NARROW = 560
FIRST_CHOICE = {"fault": "symptom_chips", "handover": "next_step"}
"""The field that digits choose in when none of the step has the focus."""


class SayFrame(QFrame):
    """Words to say aloud, on the pale accent."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "spoken")
        self.words = spoken_line()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 9)
        column.setSpacing(1)
        column.addWidget(label(title, "section", "accent"))
        column.addWidget(self.words)

    def say(self, words: str) -> None:
        self.words.setText(words)
        self.setVisible(bool(words))


class StepPage(QWidget):
    """The page of one step. Left out are the fields in `apart`, which a subclass shows in its own way."""

    def __init__(self, desk: Desk, step: str, apart: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._desk = desk
        self.step = step
        self._columns = 0
        self._shown: tuple[str, ...] = ()
        self.fields = {each.name: FieldEdit(desk, each) for each in guide.fields_of(step) if each.name not in apart}
        title = f"form.title_{step}"
        self.title = label(tr(title if known(title) else f"guide.step_{step}"), "title")
        self.aside = label("", "caption", "text3")
        self.say = SayFrame(tr("form.say"))
        self.grid = QGridLayout()
        self.grid.setHorizontalSpacing(GAP)
        self.grid.setVerticalSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.aside)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(20, 14, 20, 14)
        self.column.setSpacing(10)
        self.column.addLayout(head)
        self.build_top()
        self.column.addWidget(self.say)
        self.column.addLayout(self.grid)
        self.column.addStretch(1)
        for edit in self.fields.values():
            edit.setParent(self)
            edit.hide()

    def build_top(self) -> None:
        """Room for what a step shows between its title and the words to say."""

    def words(self) -> str:
        """The words to say in this step."""
        return self._desk.sheet.say() or tr(f"guide.ask_{self.step}")

    @property
    def order(self) -> tuple[str, ...]:
        """Names of the fields on the page now."""
        return self._shown

    def first_stop(self, missing: list[str]) -> str:
        """Which of the step's missing fields the focus goes to first."""
        return missing[0]

    def show_words(self) -> None:
        """The words to say, as they are now."""
        words = self.words()
        self.say.say(tr("form.quoted", words.strip("「」“”")) if words else "")

    def refresh(self) -> None:
        """Everything anew from the flow."""
        self.show_words()
        values = self.values()
        for edit in self.fields.values():
            edit.refresh(values)
        self._lay_out()

    def refresh_field(self, name: str) -> None:
        """One field has changed; others may have become due or fallen away by it."""
        if name in self.fields:
            self.fields[name].refresh()
        values = self.values()
        for edit in self.fields.values():
            edit.mark_missing(values)
        self._lay_out()

    def values(self) -> dict[str, str]:
        """All fields of the sheet as text."""
        return {each.name: self._desk.sheet.value(each.name) for each in guide.FIELDS}

    def focus_field(self, name: str) -> None:
        """Put the cursor into a field."""
        if name in self.fields:
            self.fields[name].take_focus()

    def choose_number(self, number: int) -> bool:
        """Digit `number`: picks in the focused choice, else in the step's own one."""
        for edit in self.fields.values():
            if isinstance(edit.editor, ChoiceBox) and edit.editor.hasFocus():
                return edit.editor.choose_number(number)
        edit = self.fields.get(FIRST_CHOICE.get(self.step, ""))
        if edit is not None and isinstance(edit.editor, ChoiceBox | ChipsBox):
            return edit.editor.choose_number(number)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margin = max(0, self.width() - CONTENT_MAX - 40)
        self.column.setContentsMargins(20, 14, 20 + margin, 14)
        self._lay_out()

    def _lay_out(self) -> None:
        columns = 3 if self.width() >= NARROW else 2
        values = self.values()
        shown = tuple(name for name, edit in self.fields.items() if guide.applies(edit.field, values))
        if (columns, shown) == (self._columns, self._shown):
            return
        self._columns, self._shown = columns, shown
        while self.grid.takeAt(0) is not None:
            pass
        for number in range(4):
            self.grid.setColumnStretch(number, 1 if number < columns else 0)
        row = column = 0
        before: QWidget | None = None
        for name, edit in self.fields.items():
            if name not in shown:
                edit.hide()
                continue
            if edit.wide and column:
                row, column = row + 1, 0
            self.grid.addWidget(edit, row, column, 1, columns if edit.wide else 1, Qt.AlignmentFlag.AlignTop)
            edit.show()
            if before is not None:
                QWidget.setTabOrder(before, edit)
            before = edit
            column = columns if edit.wide else column + 1
            if column >= columns:
                row, column = row + 1, 0
