# SPDX-License-Identifier: GPL-3.0-or-later
"""A list whose first nine rows are picked by their digits: 40 px rows, arrows move, Enter or the digit picks."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPen, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.widgets import icons
from desktop.widgets.labels import paint_hint
from desktop.widgets.theme import current

ROW_HEIGHT = 40
ROW = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class DigitRow:
    """One row: its code, its words, a pale remark at the right, whether something lies under it."""

    code: str
    words: str
    remark: str = ""
    inner: bool = False


class DigitDelegate(QStyledItemDelegate):
    """Paints digit, words, remark and tick; the chosen row has an accent border beside its fill."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        view = self.parent()
        row = index.data(ROW)
        if not isinstance(view, DigitList) or not isinstance(row, DigitRow):
            return
        theme = current()
        box = QRectF(option.rect)  # type: ignore[attr-defined]
        chosen = row.code == view.chosen
        here = view.hasFocus() and index.row() == view.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or here:
            painter.setPen(QPen(theme.color("accent"), 2) if chosen or here else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected") if chosen else theme.color("hover"))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
        middle = box.center().y()
        if index.row() < 9:
            paint_hint(painter, box.left() + 12, middle, str(index.row() + 1))
        right = box.right() - 12
        if row.inner:
            icons.render(painter, "right", QRectF(right - 16, middle - 8, 16, 16), theme.color("text2"))
            right -= 24
        elif chosen:
            icons.render(painter, "check", QRectF(right - 16, middle - 8, 16, 16), theme.color("accent"), stroke="1.7")
            right -= 28
        centre = int(Qt.AlignmentFlag.AlignVCenter)
        if row.remark:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.color("text3"))
            width = painter.fontMetrics().horizontalAdvance(row.remark)
            painter.drawText(QRectF(right - width, box.top(), width + 1, box.height()), centre, row.remark)
            right -= width + 8
        painter.setFont(theme.font("strong" if chosen else "body"))
        painter.setPen(theme.color("text"))
        left = box.left() + 44
        words = painter.fontMetrics().elidedText(row.words, Qt.TextElideMode.ElideRight, int(right - left))
        painter.drawText(QRectF(left, box.top(), right - left, box.height()), centre, words)
        painter.restore()


class DigitList(QListView):
    """`picked` with the code. `chosen` is the code that was picked, "" before."""

    picked = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = ""
        self._rows: tuple[DigitRow, ...] = ()
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setItemDelegate(DigitDelegate(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.clicked.connect(self._clicked)

    def fill(self, rows: tuple[DigitRow, ...], chosen: str = "") -> None:
        """Show these rows; keeps the scroll when nothing changed."""
        if rows == self._rows and chosen == self.chosen:
            return
        self._rows, self.chosen = rows, chosen
        self._model.clear()
        for n, row in enumerate(rows):
            item = QStandardItem(row.words)
            item.setData(row, ROW)
            spoken = f"{n + 1} {row.words} {row.remark}".strip()
            item.setData(spoken, int(Qt.ItemDataRole.AccessibleTextRole))
            item.setToolTip(row.words)
            self._model.appendRow(item)
        if rows:
            at = next((n for n, row in enumerate(rows) if row.code == chosen), 0)
            self.setCurrentIndex(self._model.index(at, 0))

    def words_of(self, code: str) -> str:
        return next((row.words for row in self._rows if row.code == code), "")

    def pick(self, digit: int) -> bool:
        """Pick row `digit` (1…9); whether there is one."""
        if 1 <= digit <= min(9, len(self._rows)):
            self._pick(digit - 1)
            return True
        return False

    def _pick(self, n: int) -> None:
        self.chosen = self._rows[n].code
        self.setCurrentIndex(self._model.index(n, 0))
        self.viewport().update()
        self.picked.emit(self.chosen)

    def _clicked(self, index: QModelIndex) -> None:
        self._pick(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        digit = event.text()
        if digit.isdigit() and digit != "0" and self.pick(int(digit)):
            return
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.currentIndex().isValid():
            self._pick(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
