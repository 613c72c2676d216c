# SPDX-License-Identifier: GPL-3.0-or-later
"""The transfer panel: who could take the call, what goes along, transfer or consult, and the promise when nobody can.

The form stays beside it and stays editable. Enter transfers with the sheet, Shift+Enter consults first. When nobody is
free the promise of a call-back stands on top and holds the only primary button.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panes.flow_row import FlowRow
from desktop.panes.section import HEADER_H, bar
from desktop.panes.transfer_actions import TransferActions
from desktop.panes.transfer_people import PeopleHeader, PeopleView, skill_words
from desktop.panes.transfer_promise import PromiseBox
from desktop.widgets.buttons import IconButton, LinkButton
from desktop.widgets.chips import RemovableChip
from desktop.widgets.frames import hairline
from desktop.widgets.labels import IconLabel, label, wrapped
from desktop.widgets.theme import Theme
from models.kinds import AgentState
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class TransferPanel(QFrame):
    """`closed` when the person shuts it; a consultation goes on."""

    closed = Signal()

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._skills: tuple[str, ...] | None = None
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("transfer.title"))

        header, row = bar("header", HEADER_H, 16)
        row.addWidget(IconLabel("transfer", tone="accent", size=18))
        row.addWidget(label(tr("transfer.title"), "title"))
        self.free = label("", "body", "text2")
        row.addWidget(self.free)
        row.addStretch(1)
        self.close_button = IconButton("x", tr("transfer.close"))
        self.close_button.clicked.connect(self._close)
        row.addWidget(self.close_button)

        filters = QWidget()
        line = QHBoxLayout(filters)
        line.setContentsMargins(16, 10, 16, 10)
        line.setSpacing(8)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("transfer.search"))
        self.search.setAccessibleName(tr("transfer.search"))
        self.search.setFixedWidth(170)
        self.search.textEdited.connect(lambda text: self._desk.transfer.search(text))
        self.search.returnPressed.connect(self._to_table)
        self._chips = QWidget()
        self._chip_row = FlowRow(self._chips, 6)
        self._chip_row.setContentsMargins(0, 2, 0, 2)
        self.matches = label("", "caption", "text3")
        line.addWidget(self.search)
        line.addWidget(self._chips, 1)
        line.addWidget(self.matches)

        self.people = PeopleView(theme, desk.now)
        self.people.hand.connect(lambda on: self._desk.transfer.hold_order(on))
        self.people.wanted.connect(self._ask)
        self.people.selectionModel().selectionChanged.connect(lambda *_: self._selected())
        self.nobody = wrapped(tr("transfer.nobody"), "body", "text3")
        self.nobody.setContentsMargins(16, 12, 16, 12)
        self.order_changed = LinkButton(tr("transfer.order_changed"))
        self.order_changed.clicked.connect(lambda: self._desk.transfer.hold_order(False))

        self.handing = TransferActions(desk)
        self.handing.wanted.connect(self._ask)
        self.promise = PromiseBox(desk)

        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(header)
        self._top = QVBoxLayout()
        self._column.addLayout(self._top)
        for part in (filters, hairline(), PeopleHeader(theme), self.order_changed, self.nobody):
            self._column.addWidget(part)
        self._column.addWidget(self.people, 1)
        self._column.addWidget(hairline())
        self._column.addWidget(self.handing)
        self._bottom = QVBoxLayout()
        self._column.addLayout(self._bottom)
        self._bottom.addWidget(self.promise)
        self._on_top = False
        for first, then in ((self.search, self.people), (self.people, self.handing.transfer),
                            (self.handing.transfer, self.handing.consult), (self.handing.consult, self.promise.number),
                            (self.promise.number, self.promise.make)):  # fmt: skip
            QWidget.setTabOrder(first, then)
        desk.transfer.changed.watch(self.refresh)
        desk.sheet.field_changed.watch(self._field_changed)
        desk.calls.changed.watch(self.refresh)
        self.refresh()

    @property
    def nobody_free(self) -> bool:
        return not any(one.state is AgentState.READY for one in self._desk.transfer.people)

    def open_now(self) -> None:
        """The panel has just come up: the search has the focus, the first free engineer is marked."""
        self.search.clear()
        self.promise.begin()
        self.refresh()
        people = self._desk.transfer.people
        self.people.select_key(people[0].agent if people and not self.nobody_free else "")
        if self.nobody_free:
            self.promise.take_focus()
        else:
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """Everything anew from the flow."""
        flow = self._desk.transfer
        if not flow.open and not self.isVisible():
            return
        free = sum(1 for one in flow.people if one.state is AgentState.READY)
        self.free.setText(tr("transfer.free_some", free) if free else tr("transfer.free_none"))
        self.matches.setText(tr("transfer.matches", len(flow.people)))
        self._show_skills(flow.skills)
        chosen = self.people.current_row()
        self.people.show_rows(flow.people)
        if chosen is not None:
            self.people.select_key(chosen.agent)
        self.nobody.setVisible(not flow.people)
        self.order_changed.setVisible(flow.order_changed)
        self.people.delegate.dimmed = self.nobody_free
        self._place_promise(self.nobody_free and not flow.stage)
        self._selected()
        self.promise.refresh()

    def _field_changed(self, name: str) -> None:
        if self.isVisible():
            self._selected()
            self.promise.refresh()

    def _show_skills(self, skills: tuple[str, ...]) -> None:
        if skills == self._skills:
            return
        self._skills = skills
        while (item := self._chip_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # else a show still on its way makes it a window
                widget.setParent(None)
                widget.deleteLater()
        for skill in skills:
            chip = RemovableChip(tr("transfer.skill", skill_words(skill)))
            chip.setAccessibleDescription(tr("transfer.drop", skill_words(skill)))
            chip.removed.connect(lambda skill=skill: self._desk.transfer.drop_skill(skill))
            self._chip_row.addWidget(chip)
            chip.show()
        self._chips.updateGeometry()

    def _place_promise(self, on_top: bool) -> None:
        self.promise.set_first(on_top)
        self.handing.set_second(on_top)
        if on_top != self._on_top:
            self._on_top = on_top
            (self._top if on_top else self._bottom).addWidget(self.promise)

    def _selected(self) -> None:
        self.handing.show_for(self.people.current_row())

    def _ask(self, consult: bool) -> None:
        flow = self._desk.transfer
        if flow.stage in ("consulting", "merged") and not consult:
            flow.complete()
            return
        if not self.handing.allowed:
            return
        chosen = self.people.current_row()
        if chosen is not None:
            flow.transfer(chosen.agent, consult)
        elif flow.skills:
            flow.transfer_to_skill(consult)

    def _to_table(self) -> None:
        rows = self.people.rows.rows()
        if rows:
            self.people.select_key(rows[0].agent)
            self.people.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _close(self) -> None:
        self._desk.transfer.closed()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
            return
        super().keyPressEvent(event)
