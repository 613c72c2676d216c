# SPDX-License-Identifier: GPL-3.0-or-later
"""The last step: dispatch, transfer to an engineer, or close. Choosing the engineer offers the transfer panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panes.form_step import StepPage
from desktop.widgets.buttons import Button
from models.rules import guide
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

ENGINEER = "engineer"


class HandoverStep(StepPage):
    """`transfer` opens the panel; it says why when a live transfer still lacks something."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "handover")

    def build_top(self) -> None:
        self.transfer = Button(tr("form.to_engineer"), icon="transfer")
        self.transfer.clicked.connect(lambda: self._desk.transfer.opened())
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.transfer)
        row.addStretch(1)

    def refresh(self) -> None:
        super().refresh()
        self._show_transfer()

    def refresh_field(self, name: str) -> None:
        super().refresh_field(name)
        self._show_transfer()

    def _show_transfer(self) -> None:
        sheet = self._desk.sheet
        if self.column.indexOf(self._row) < 0:
            self.column.insertWidget(self.column.count() - 1, self._row)
        difficult = sheet.value("fault_class") in guide.TO_ENGINEER
        wanted = sheet.value("next_step") == ENGINEER or (difficult and not sheet.value("next_step"))
        self._row.setVisible(wanted and not self._desk.transfer.open)
        self.aside.setText(tr("form.difficult") if difficult else "")
