# SPDX-License-Identifier: GPL-3.0-or-later
"""One kind of part on a page: its list at the left, the editor of the chosen one at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panes.house_editor import PartEditor
from desktop.panes.house_list import NEW, Line, PartsPane
from desktop.widgets.frames import splitter
from desktop.widgets.theme import Theme
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.house import HouseFlow

LIST_W, EDITOR_MIN = 252, 480


class PartsPage(QWidget):
    """`lines` makes the rows of the list, `blank` the part a new one begins with."""

    def __init__(
        self, flow: HouseFlow, theme: Theme, kind: str, editor: PartEditor, lines: Callable[[], Sequence[Line]],
        blank: Callable[[], Any], hint: str = "", parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._flow, self.kind, self.editor = flow, kind, editor
        self._lines, self._blank = lines, blank
        self.current: str | None = None
        self.parts = PartsPane(kind, theme, hint)
        self.parts.add.setVisible(flow.may_edit(kind))
        self.splitter = splitter((self.parts, LIST_W, 0), (editor, EDITOR_MIN, 1))
        self.splitter.setSizes([LIST_W, 700])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        self.parts.chosen.connect(self.choose)
        self.parts.new_wanted.connect(self.begin_new)
        self.parts.moved_by.connect(self._move)
        flow.changed.watch(self.refresh)
        flow.edited.watch(self._edited)
        self.refresh()

    def choose(self, id_: str) -> None:
        """Edit this one."""
        if id_ == self.current and self.editor.edit is not None:
            return
        self.current = id_
        self.refresh()

    def begin_new(self) -> None:
        """A new part; its first field takes the focus."""
        if not self._flow.may_edit(self.kind):
            return
        self.current = NEW
        self._flow.begin_new(self.kind, self._blank())
        self.refresh()
        first = next(iter(self.editor.boxes.values()), None)
        if first is not None:
            first.field.setFocus()

    def _move(self, id_: str, step: int) -> None:
        if self.kind == "outbound":
            self._flow.move(id_, step)

    def _edited(self, kind: str, id_: str) -> None:
        if kind != self.kind:
            return
        self.refresh()

    def refresh(self) -> None:
        """List and editor from the flow."""
        if self._flow.picture is None:
            return
        lines = list(self._lines())
        new, shown = self._flow.edit(self.kind, NEW), self.editor.edit
        if self.current == NEW and new is None and shown is not None and shown.id:
            self.current = shown.id  # it has just been stored
        if new is not None:
            lines.append(Line(NEW, tr(f"house.new_{self.kind}"), tr("house.not_stored"), unsaved=True))
        known = {line.id for line in lines}
        if self.current not in known:
            edit = self.editor.edit
            gone = edit is not None and edit.dirty and edit.gone and edit.id == self.current
            if not gone:
                self.current = lines[0].id if lines else None
        self.parts.show_lines(lines, self.current or NEW)
        self._show_current()

    def _show_current(self) -> None:
        self.editor.show_edit(self._flow.edit(self.kind, self.current) if self.current is not None else None)

    def refresh_lines(self) -> None:
        """Only what lives: figures and states of the list."""
        if self._flow.picture is not None and self.isVisible():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def step(self, by: int) -> None:
        self.parts.step(by)

    def finish(self) -> None:
        self.editor.finish()

    def panes(self) -> list[QWidget]:
        """The regions for F6."""
        return [self.parts, self.editor]
