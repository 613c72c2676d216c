# SPDX-License-Identifier: GPL-3.0-or-later
"""A field that is a list: each row has its own editors and a cross, a button below adds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.house_fields import HouseField
from desktop.widgets.buttons import Button, IconButton
from resources.i18n import tr


class Row(QWidget):
    """One line of a list. `value` (key, item); `problem` as a field's."""

    changed = Signal()
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)
        self.cross = IconButton("x", tr("house.row_remove"), parent=self)
        self.cross.clicked.connect(self.removed)

    def finish(self) -> None:
        """Everything is in the row: the cross comes last."""
        self.row.addWidget(self.cross)

    def value(self) -> Any:
        raise TypeError(f"{type(self).__name__} has no value")

    def show_value(self, value: Any) -> None:
        raise TypeError(f"{type(self).__name__} shows no value")

    def problem(self) -> str:
        return ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.cross.hasFocus():
            self.removed.emit()
            return
        super().keyPressEvent(event)


class RowsField(HouseField):
    """Rows made by `make`; `blank` is the value a new row begins with, `joined` makes the field's value of the rows.
    `keyed`: a row begins with its key, and no key stands twice."""

    def __init__(
        self, name: str, add: str, make: Callable[[], Row], blank: Callable[[Sequence[Any]], Any | None],
        joined: Callable[[Sequence[Any]], Any], parted: Callable[[Any], Sequence[Any]], keyed: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.setAccessibleName(name)
        self._make, self._blank, self._joined, self._parted = make, blank, joined, parted
        self._keyed = keyed
        self.rows: list[Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.add = Button(add, "secondary", "plus", size=28, parent=self)
        self.add.clicked.connect(self._add)
        last = QHBoxLayout()
        last.addWidget(self.add)
        last.addStretch(1)
        self._column.addLayout(last)

    def _new(self, value: Any) -> Row:
        row = self._make()
        row.show_value(value)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._remove(row))
        self._column.insertWidget(len(self.rows), row)
        self.rows.append(row)
        return row

    def _add(self) -> None:
        blank = self._blank([row.value() for row in self.rows])
        if blank is None:
            return
        row = self._new(blank)
        row.show()
        self.changed.emit()
        row.setFocus(Qt.FocusReason.TabFocusReason)

    def _remove(self, row: Row) -> None:
        self._drop(row)
        self.add.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()

    def _drop(self, row: Row) -> None:
        self.rows.remove(row)
        row.hide()
        row.setParent(None)
        row.deleteLater()

    def value(self) -> Any:
        return self._joined([row.value() for row in self.rows])

    def show_value(self, value: Any) -> None:
        if self.value() == value:
            return
        wanted = list(self._parted(value))
        while len(self.rows) > len(wanted):
            self._drop(self.rows[-1])
        for n, each in enumerate(wanted):
            if n < len(self.rows):
                self.rows[n].show_value(each)
            else:
                self._new(each)

    def problem(self) -> str:
        said = next((words for row in self.rows if (words := row.problem())), "")
        if said or not self._keyed:
            return said
        keys = [row.value()[0] for row in self.rows]
        twice = next((key for n, key in enumerate(keys) if key in keys[:n]), "")
        return tr("house.fault_twice", twice) if twice else ""  # joined they would be one, and the other lost
