# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of parts at the left of an editor: name, one line about it, a live figure or state, a mark when unsaved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.panes.section import HEADER_H, bar
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.frames import hairline
from desktop.widgets.labels import EmptyPlace, label, wrapped
from desktop.widgets.theme import Theme
from resources.i18n import tr

PAD = 16
NEW = ""
"""The id of a part that is not stored yet."""


@dataclass(frozen=True)
class Line:
    """One row. `state` and `tone` (a chip's) stand at the right of the name, `figure` at the right of the second line.
    `number` is its place where the order decides."""

    id: str
    name: str
    about: str = ""
    state: str = ""
    tone: str = "plain"
    figure: str = ""
    unsaved: bool = False
    number: int = 0


class LineDelegate(RowDelegate):
    height = 52

    def draw(self, brush: Brush, box: QRect, row: Line, selected: bool) -> None:
        inner = box.adjusted(PAD, 0, -12, 0)
        if row.number:
            place = QRect(inner.left(), box.top() + 6, 22, 20)
            brush.text(place, str(row.number), "caption", "text3")
            inner.setLeft(inner.left() + 24)
        upper = QRect(inner.left(), box.top() + 6, inner.width(), 20)
        lower = QRect(inner.left(), box.top() + 26, inner.width(), 20)
        used = 0
        if row.unsaved:
            used = brush.chip(upper, tr("house.unsaved"), "soon", right=True) + 6
        elif row.state:
            used = brush.chip(upper, row.state, row.tone, right=True) + 6
        brush.text(upper.adjusted(0, 0, -used, 0), row.name, "strong")
        used = brush.text(lower, row.figure, "caption", "text2", right=True) + 8 if row.figure else 0
        brush.text(lower.adjusted(0, 0, -used, 0), row.about, "caption", "text3")
        brush.rule(box)

    def tip(self, row: Line) -> str:
        return "\n".join(words for words in (row.name, row.about, row.figure) if words)


class LinesView(RowsView):
    """Alt+Up and Alt+Down move a row where the order decides; Insert begins a new one."""

    moved_by = Signal(str, int)
    new_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        row = self.current_row()
        if step and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            if isinstance(row, Line):
                self.moved_by.emit(row.id, step)
            return
        if event.key() == Qt.Key.Key_Insert:
            self.new_wanted.emit()
            return
        super().keyPressEvent(event)


class PartsPane(QFrame):
    """`chosen` with the id; `new_wanted`; `moved_by` with an id and a step."""

    chosen = Signal(str)
    new_wanted = Signal()
    moved_by = Signal(str, int)

    def __init__(self, kind: str, theme: Theme, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "pane")
        self.setAccessibleName(tr(f"house.tab_{kind}"))
        header, row = bar("header", HEADER_H, PAD)
        row.addWidget(label(tr(f"house.tab_{kind}"), "title"))
        self.count = Chip("", "plain")
        row.addWidget(self.count)
        row.addStretch(1)
        self.add = Button(tr("house.add"), "secondary", "plus", size=28)
        self.add.setAccessibleName(tr(f"house.new_{kind}"))
        self.add.clicked.connect(self.new_wanted)
        row.addWidget(self.add)
        name = tr(f"house.tab_{kind}")
        self.list = LinesView(Rows(_spoken, lambda line: line.id), LineDelegate(theme), name, scrolls=True)
        self.list.chosen.connect(lambda line: self.chosen.emit(line.id))
        self.list.selectionModel().currentChanged.connect(self._moved)
        self.list.moved_by.connect(self.moved_by)
        self.list.new_wanted.connect(self.new_wanted)
        self._none = EmptyPlace("inbox", tr(f"house.none_{kind}"))
        self._none.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._none, 1)
        column.addWidget(self.list, 1)
        if hint:
            column.addWidget(hairline())
            said = wrapped(tr(hint), "caption", "text3")
            said.setContentsMargins(PAD, 8, PAD, 10)
            column.addWidget(said)

    def show_lines(self, lines: Sequence[Line], current: str) -> None:
        """Show these; `current` is the one in the editor."""
        self.list.show_rows(lines)
        self.count.set(str(len(lines)))
        self.list.setVisible(bool(lines))
        self._none.setVisible(not lines)
        at = self.list.rows.row_of(current)
        if at < 0:
            self.list.clearSelection()
        elif self.list.currentIndex().row() != at or self.list.current_row() is None:
            self.list.setCurrentIndex(self.list.rows.index(at))

    def step(self, by: int) -> None:
        """The next (1) or previous (-1) row."""
        rows = self.list.rows.rows()
        if rows:
            at = min(len(rows) - 1, max(0, self.list.currentIndex().row() + by))
            self.list.setCurrentIndex(self.list.rows.index(at))
            self.chosen.emit(rows[at].id)

    def _moved(self, *_: object) -> None:
        line = self.list.current_row()
        if line is not None and self.list.hasFocus():
            self.chosen.emit(line.id)


def _spoken(line: Line) -> str:
    unsaved = tr("house.unsaved") if line.unsaved else ""
    return " ".join(words for words in (line.name, line.about, line.state, line.figure, unsaved) if words)


