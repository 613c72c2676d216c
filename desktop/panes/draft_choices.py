# SPDX-License-Identifier: GPL-3.0-or-later
"""The engineer's own rows of the live draft that are pressed, not typed: steps tried, remote attempt, handling."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.panes.draft_row import DraftRow
from desktop.panes.flow_row import FlowRow
from desktop.panes.service_step import ICONS
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip, ToggleChip
from models.kinds import ServiceMode
from models.rules import guide
from resources.i18n import tr


class StepsRow(DraftRow):
    """What was tried, one chip each; the text is one step a line. `add` opens a line, Enter keeps it."""

    def make_body(self) -> QWidget:
        middle = QWidget()
        self._flow = FlowRow(middle, 6)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._chips: list[Chip] = []
        self.add = Button(tr("engineer.attempt_add"), icon="plus", size=28)
        self.add.clicked.connect(self._open)
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("engineer.attempt_placeholder"))
        self.line.setAccessibleName(tr("engineer.attempt_placeholder"))
        self.line.setMinimumWidth(220)
        self.line.returnPressed.connect(self._keep)
        self.line.editingFinished.connect(self._left)
        self._flow.addWidget(self.add)
        self._flow.addWidget(self.line)
        self.line.hide()
        return middle

    def shown(self) -> str:
        return "\n".join(chip.text() for chip in self._chips)

    def refresh(self) -> None:
        lines = [line for line in self._desk.sheet.value(self.name).split("\n") if line]
        if lines != [chip.text() for chip in self._chips]:
            for chip in self._chips:
                chip.hide()  # else a show still on its way makes it a window
                chip.setParent(None)
                chip.deleteLater()
            while self._flow.takeAt(0) is not None:
                pass
            self._chips = [Chip(line, "outline", "check") for line in lines]
            for part in (*self._chips, self.add, self.line):
                self._flow.addWidget(part)
            for chip in self._chips:
                chip.show()
            self.body.updateGeometry()
        super().refresh()

    def _open(self) -> None:
        self.line.show()
        self.add.hide()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _keep(self) -> None:
        text = " ".join(self.line.text().split())
        if text:
            self.line.clear()
            value = self._desk.sheet.value(self.name)
            self._desk.sheet.write(self.name, f"{value}\n{text}" if value else text)
            self._desk.sheet.leave(self.name)

    def _left(self) -> None:
        if not self.line.hasFocus():
            self._keep()
            self.line.hide()
            self.add.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.line.isVisible():
            self.line.clear()
            self.line.hide()
            self.add.show()
            self.add.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        super().keyPressEvent(event)


class ChoiceRow(DraftRow):
    """A choice as a row of options. Only one is on; pressing it again leaves it on."""

    def make_body(self) -> QWidget:
        middle = QWidget()
        self._flow = FlowRow(middle, 8)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self.options: dict[str, ToggleChip] = {}
        return middle

    def choices(self) -> tuple[tuple[str, str, str], ...]:
        """(code, words, icon) of each option on offer."""
        field = guide.FIELD[self.name]
        return tuple((code, tr(field.choice_label(code)), "") for code in field.choices)

    def shown(self) -> str:
        return next((code for code, option in self.options.items() if option.isChecked()), "")

    def refresh(self) -> None:
        wanted = self.choices()
        value = self._desk.sheet.value(self.name)
        if value and value not in [code for code, _, _ in wanted]:
            wanted = (*wanted, (value, tr(guide.FIELD[self.name].choice_label(value)), ""))
        if [code for code, _, _ in wanted] != list(self.options):
            while (item := self._flow.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()  # else a show still on its way makes it a window
                    widget.setParent(None)
                    widget.deleteLater()
            self.options = {}
            for code, words, icon in wanted:
                option = ToggleChip(words, icon)
                option.clicked.connect(lambda _on=False, code=code: self._choose(code))
                self._flow.addWidget(option)
                option.show()
                self.options[code] = option
            self.body.updateGeometry()
        for code, option in self.options.items():
            option.setChecked(code == value)
        super().refresh()

    def _choose(self, code: str) -> None:
        self._desk.sheet.write(self.name, code)
        self._desk.sheet.leave(self.name)
        self.refresh()


class HandlingRow(ChoiceRow):
    """How it goes on: the service modes the policy allows for this sheet."""

    def choices(self) -> tuple[tuple[str, str, str], ...]:
        allowed = [option.mode for option in self._desk.sheet.modes()]
        return tuple(
            (mode.value, tr(f"engineer.handling_{mode}"), ICONS[mode]) for mode in ServiceMode if mode in allowed
        )
