# SPDX-License-Identifier: GPL-3.0-or-later
"""The engineer's page (工程师台): tasks with their clocks, the live draft, the device with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.device import DevicePane
from desktop.panes.live_draft import LiveDraftPane
from desktop.panes.tasks import TasksPane
from desktop.widgets.theme import Theme

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

SIZES = ((296, 646, 360), (340, 1076, 440), (380, 1100, 460))
MIDDLE, LARGE = 1500, 2200
DRAFT_MIN = 520


class EngineerPage(QWidget):
    """Splitter of three panes. The draft is on the screen before the first word is said."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._theme = theme
        self._breakpoint = -1
        self._wrap_up: QWidget | None = None
        self._talking = ""
        self.tasks = TasksPane(desk, theme, self)
        self.draft = LiveDraftPane(desk)
        self.device = DevicePane(desk, theme)
        self.centre = QStackedWidget()
        self.centre.setMinimumWidth(DRAFT_MIN)
        self.centre.addWidget(self.draft)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        for number, pane in enumerate((self.tasks, self.centre, self.device)):
            self.splitter.addWidget(pane)
            self.splitter.setStretchFactor(number, 1 if number == 1 else 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)
        desk.calls.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Wrap-up has a page of its own; everything else happens over the draft."""
        call = self._desk.calls.call
        if call is not None and call.stage == "wrap_up":
            self.centre.setCurrentWidget(self._wrap_up_page())
            return
        self.centre.setCurrentWidget(self.draft)
        if call is None:
            self._talking = ""
        elif call.stage == "talking" and call.responsible and call.call != self._talking:
            self._talking = call.call
            self.draft.focus_field("diagnosis")

    def next_step(self) -> None:
        """Ctrl+Shift+T: the next task."""
        self._move(1)

    def previous_step(self) -> None:
        """Ctrl+Shift+Y: the task before."""
        self._move(-1)

    def finish(self) -> None:
        """Ctrl+Enter: open the ticket when nothing is missing."""
        if self.centre.currentWidget() is self.draft and self.draft.submit.isEnabled():
            self._desk.sheet.submit()

    def _move(self, by: int) -> None:
        rows = self.tasks.list.rows.rows()
        if not rows:
            return
        current = self._desk.tasks.current
        at = self.tasks.list.rows.row_of(current.task) if current is not None else -1
        wanted = 0 if at < 0 else max(0, min(len(rows) - 1, at + by))
        self._desk.tasks.choose(rows[wanted].task)

    def _wrap_up_page(self) -> QWidget:
        if self._wrap_up is None:
            from desktop.panes.wrap_up import WrapUpPage

            self._wrap_up = WrapUpPage(self._desk, self._theme)
            self.centre.addWidget(self._wrap_up)
        return self._wrap_up

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        point = 0 if self.width() < MIDDLE else 1 if self.width() < LARGE else 2
        if point != self._breakpoint:
            self._breakpoint = point
            left, _, right = SIZES[point]
            self.splitter.setSizes([left, max(DRAFT_MIN, self.width() - left - right), right])
