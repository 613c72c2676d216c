# SPDX-License-Identifier: GPL-3.0-or-later
"""The form while the call still rings: the greeting to read aloud, and what is filled in or will be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.card_rows import open_tickets
from desktop.panes.form_rows import StepPreview
from desktop.widgets.labels import IconLabel, label, section, wrapped
from models.kinds import Confidence
from models.rules import guide
from models.rules.policy import words
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class FormPreview(QFrame):
    """Nothing here takes the focus: the accept keys belong to the popover."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("form.title"))
        self._number = label("", "caption", "text2")
        self.greeting = wrapped("", "say-open", "text")
        self._then = wrapped("", "body", "text2")
        self._open_ticket = IconLabel("info", "", "body", "text2", 16)
        frame = QFrame()
        frame.setProperty("role", "spoken")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(20, 14, 20, 14)
        inside.addWidget(self.greeting)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(section(tr("form.greeting")))
        head.addWidget(label(tr("form.greeting_after"), "caption", "text3"))
        head.addStretch(1)
        head.addWidget(self._number)
        top = QVBoxLayout()
        top.setContentsMargins(20, 18, 20, 12)
        top.setSpacing(8)
        top.addLayout(head)
        top.addWidget(frame)
        top.addWidget(self._then)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 14, 20, 0)
        foot.addWidget(self._open_ticket)
        foot.addStretch(1)
        self.rows = [StepPreview(name, number + 1) for number, name in enumerate(guide.STEPS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        line = QFrame()
        line.setProperty("role", "hairline")
        column.addWidget(line)
        for row in self.rows:
            column.addWidget(row)
        column.addLayout(foot)
        column.addStretch(1)
        desk.sheet.changed.watch(self.refresh)
        desk.sheet.field_changed.watch(self._field_changed)
        self.refresh()

    def _field_changed(self, name: str) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Everything anew from the flow."""
        sheet = self._desk.sheet
        card = sheet.card
        self._number.setText(tr("form.draft_made", sheet.draft.number) if sheet.draft else tr("form.no_draft"))
        self.greeting.setText(sheet.greeting)
        sure = card is not None and bool(card.customer) and card.confidence is Confidence.EXACT
        then = ""
        if card is not None and sure and sheet.device is not None:
            called = f"{card.name[:1] if card.title else card.name}{card.title}"
            then = tr("form.then_device", called, sheet.device.model)
        elif card is not None:
            then = tr("form.then_ask")
        self._then.setText(then)
        missing = sheet.missing()
        for row, step in zip(self.rows, sheet.steps(), strict=True):
            row.show_step(step, sum(1 for name in missing if guide.FIELD[name].step == step.name))
        ticket = next(iter(open_tickets(card)), None) if sure else None
        self._open_ticket.setVisible(ticket is not None)
        if ticket is not None:
            stage = words(ticket.stage_words)
            told = stage in ticket.title  # many titles end with where the ticket stands
            line = tr("form.preview_open_told", ticket.title) if told else tr("form.preview_open", ticket.title, stage)
            self._open_ticket.set("info", line, "text2")
