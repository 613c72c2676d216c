# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside the wrap-up: how the call went, what the sheet still lacks, what waits next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.widgets.figures import clock
from desktop.widgets.frames import Card, empty_layout
from desktop.widgets.labels import IconLabel, label
from models.rules import guide
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from desktop.widgets.theme import Theme


class WrapUpFacts(QWidget):
    """Three cards, filled anew when call or sheet change."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "canvas")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        self.facts = Card(tr("wrap_up.facts"), self)
        self.check = Card(tr("wrap_up.sheet_check"), self)
        self.count = label("", "caption", "ready.text", self)
        self.check.head.addWidget(self.count)
        self.next = Card(tr("wrap_up.next"), self)
        self._rows: dict[Card, QVBoxLayout] = {}
        for card in (self.facts, self.check, self.next):
            rows = QVBoxLayout()
            rows.setSpacing(6)
            card.body.addLayout(rows)
            self._rows[card] = rows
            column.addWidget(card)
        column.addStretch(1)
        desk.calls.changed.watch(self.refresh)
        desk.calls.glimpsed.watch(self._show_next)
        desk.sheet.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        call = self._desk.calls.call
        if call is None or call.stage != "wrap_up":
            return
        self._show_facts()
        self._show_check()
        self._show_next()

    def _show_facts(self) -> None:
        calls = self._desk.calls
        call = calls.call
        if call is None:
            return
        rows = self._rows[self.facts]
        empty_layout(rows)
        if call.direction == "in" and call.promise_rings:
            self._fact(rows, tr("wrap_up.rang"), tr("wrap_up.rang_value", call.promise_rings))
        started = calls.state.since if calls.state is not None else self._desk.now()
        self._fact(rows, tr("wrap_up.talked"), clock(max(0.0, started - call.connected_at)))
        if call.queue:
            self._fact(rows, tr("wrap_up.queue"), call.queue)
        if not call.responsible:
            self._fact(rows, tr("wrap_up.handed"), call.peer_name or tr("wrap_up.handed_on"))
        gone = call.customer_gone
        if gone or call.responsible:  # else the customer is still talking, to somebody else
            self._fact(rows, tr("wrap_up.ended"), tr("wrap_up.by_customer") if gone else tr("wrap_up.by_us"),
                       "ready.text" if gone else "text")  # fmt: skip

    def _fact(self, rows: QVBoxLayout, name: str, value: str, tone: str = "text") -> None:
        row = QHBoxLayout()
        row.addWidget(label(name, "body", "text2", self))
        row.addStretch(1)
        row.addWidget(label(value, "body", tone, self))
        rows.addLayout(row)

    def _show_check(self) -> None:
        sheet = self._desk.sheet
        rows = self._rows[self.check]
        empty_layout(rows)
        missing = set(sheet.missing("sheet"))
        steps = sheet.steps()
        whole = 0
        for step in steps:
            lacking = sum(1 for each in guide.fields_of(step.name) if each.name in missing)
            whole += not lacking
            words = tr(f"guide.step_{step.name}")
            if lacking:
                words = tr("wrap_up.step_lacks", words, lacking)
                rows.addWidget(IconLabel("warn", words, "body", "ring.text", 16, self, 8))
            else:
                rows.addWidget(IconLabel("check", words, "body", "ready.text", 16, self, 8))
        self.count.setText(tr("wrap_up.of", whole, len(steps)))

    def _show_next(self) -> None:
        rows = self._rows[self.next]
        seen = self._desk.calls.glimpse
        empty_layout(rows)
        if seen is not None:
            longest = clock(self._desk.now() - seen.longest_since) if seen.waiting else "0:00"
            words = tr("wrap_up.waiting", seen.waiting, longest) if seen.waiting else tr("wrap_up.nobody_waits")
            rows.addWidget(IconLabel("users", words, "body", "text2", 16, self, 8))
        mine = self._desk.calls.state
        if mine is not None and mine.next_state is not None:
            reason = tr(f"state.reason_{mine.next_reason.value}") if mine.next_reason else ""
            state = reason or tr(f"state.{mine.next_state.value}")
            rows.addWidget(IconLabel("clock", tr("wrap_up.then", state), "body", "text2", 16, self, 8))
