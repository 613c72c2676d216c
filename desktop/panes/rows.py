# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of frozen facts in a list view, painted by a delegate: no widget per row, in-place updates, readable aloud.

A `Rows` model compares what it is shown with what it has and tells only what changed, so a list refreshed several
times a second costs as much as its visible rows. Heights are fixed per delegate; nothing is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.panes.paint import Brush
from desktop.widgets.theme import Theme

ROW = Qt.ItemDataRole.UserRole
FOCUS_BAR = 2


class Rows(QAbstractListModel):
    """The facts, one each row. `spoken` says a row aloud; `key` tells whether two rows are about the same thing."""

    def __init__(self, spoken: Callable[[Any], str], key: Callable[[Any], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spoken = spoken
        self._key = key
        self._rows: list[Any] = []

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(row)
        return None

    def rows(self) -> tuple[Any, ...]:
        """What is shown now."""
        return tuple(self._rows)

    def row_of(self, key: str) -> int:
        """The row whose key is `key`, or -1."""
        return next((number for number, row in enumerate(self._rows) if self._key(row) == key), -1)

    def show(self, rows: Sequence[Any]) -> None:
        """Show these rows; rows that stay keep their place and selection, changed ones are repainted."""
        keys = [self._key(row) for row in rows]
        wanted = set(keys)
        for number in range(len(self._rows) - 1, -1, -1):
            if self._key(self._rows[number]) not in wanted:
                self.beginRemoveRows(QModelIndex(), number, number)
                del self._rows[number]
                self.endRemoveRows()
        held = [self._key(row) for row in self._rows]
        if held != [key for key in keys if key in set(held)]:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        for number, row in enumerate(rows):
            if number >= len(self._rows) or self._key(self._rows[number]) != keys[number]:
                self.beginInsertRows(QModelIndex(), number, number)
                self._rows.insert(number, row)
                self.endInsertRows()
            elif self._rows[number] != row:
                self._rows[number] = row
                index = self.index(number)
                self.dataChanged.emit(index, index)


class RowDelegate(QStyledItemDelegate):
    """Paints a row of a fixed `height` by `draw`. Selection is a fill and a bar, never the fill alone."""

    height = 28
    hover = True

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def draw(self, brush: Brush, box: QRect, row: Any, selected: bool) -> None:
        """Paint one row into `box`."""
        raise TypeError(f"{type(self).__name__} does not draw")

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW)
        box: QRect = option.rect
        brush = Brush(painter, self.theme)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            brush.fill(box, "selected")
            brush.fill(QRect(box.left(), box.top(), FOCUS_BAR, box.height()), "accent")
        elif self.hover and option.state & QStyle.StateFlag.State_MouseOver:
            brush.fill(box, "hover")
        self.draw(brush, box, row, selected)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, self.height)

    def tip(self, row: Any) -> str:
        """What the pointer is told over a row, "" for nothing."""
        return ""

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if event.type() == QEvent.Type.ToolTip and index.isValid():
            view.setToolTip(self.tip(index.data(ROW)))
        return super().helpEvent(event, view, option, index)


class RowsView(QListView):
    """A list as tall as its rows (`scrolls` False) or scrolling in what room it gets. One Tab stop, arrows inside."""

    chosen = Signal(object)

    def __init__(
        self,
        model: Rows,
        delegate: RowDelegate,
        name: str,
        selectable: bool = True,
        scrolls: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._rows = model
        self._height = delegate.height
        self._scrolls = scrolls
        model.setParent(self)
        delegate.setParent(self)
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        if selectable:
            self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
            self.clicked.connect(self._tell)
        else:
            self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not scrolls:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.setFixedHeight(0)

    @property
    def rows(self) -> Rows:
        return self._rows

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show these rows and, unless it scrolls, grow or shrink to them."""
        self._rows.show(rows)
        if not self._scrolls:
            self.setFixedHeight(len(rows) * self._height)

    def select_key(self, key: str) -> None:
        """Mark the row with this key as the current one, without telling anybody."""
        number = self._rows.row_of(key) if key else -1
        if number < 0:
            self.clearSelection()
            return
        index = self._rows.index(number)
        if index != self.currentIndex() or not self.selectionModel().isSelected(index):
            self.setCurrentIndex(index)

    def current_row(self) -> Any:
        """The fact in the current row, or None."""
        index = self.currentIndex()
        return index.data(ROW) if index.isValid() and self.selectionModel().isSelected(index) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._tell(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(ROW))
