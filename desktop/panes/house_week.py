# SPDX-License-Identifier: GPL-3.0-or-later
"""The week as a grid of half hours: Space opens and closes, Shift and an arrow paints on, the line below is exact."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.house_fields import HouseField, TextField
from desktop.panes.house_names import day_words, minutes_words, span_words
from desktop.panes.house_spans import DAY, Spans, joined, painted, read_spans
from desktop.widgets.labels import label
from desktop.widgets.theme import current
from resources.i18n import tr

CELL = 30
CELLS = DAY // CELL
ROW_H, HEAD_H, NAME_W = 26, 20, 52
DAYS = 7


class WeekGrid(QWidget):
    """`spans[day]` are the open minutes. One Tab stop; `moved` tells the day under the cursor."""

    changed = Signal()
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spans: list[Spans] = [() for _ in range(DAYS)]
        self.day, self.cell = 0, 16
        self._brush: bool | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEAD_H + DAYS * ROW_H + 2)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(560, self.height())

    def is_open(self, day: int, cell: int) -> bool:
        """Whether any minute of a half hour is open."""
        return any(start < (cell + 1) * CELL and end > cell * CELL for start, end in self.spans[day])

    def paint_cell(self, day: int, cell: int, on: bool) -> None:
        self.spans[day] = painted(self.spans[day], cell * CELL, (cell + 1) * CELL, on)
        self.update()
        self.changed.emit()

    def _tell(self) -> None:
        at = f"{day_words(self.day)} {minutes_words(self.cell * CELL)}"
        state = tr("house.open" if self.is_open(self.day, self.cell) else "house.shut")
        self.setAccessibleName(tr("house.week"))
        self.setAccessibleDescription(f"{at} {state}")

    def _go(self, day: int, cell: int) -> None:
        self.day, self.cell = min(DAYS - 1, max(0, day)), min(CELLS - 1, max(0, cell))
        self._tell()
        self.update()
        self.moved.emit(self.day)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
                 Qt.Key.Key_Home: (0, -CELLS), Qt.Key.Key_End: (0, CELLS)}  # fmt: skip
        if key == Qt.Key.Key_Space:
            self.paint_cell(self.day, self.cell, not self.is_open(self.day, self.cell))
            self._tell()
        elif key in steps:
            on = self.is_open(self.day, self.cell)
            self._go(self.day + steps[key][0], self.cell + steps[key][1])
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.paint_cell(self.day, self.cell, on)
        else:
            super().keyPressEvent(event)

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        day = (point.y() - HEAD_H) // ROW_H
        cell = int((point.x() - NAME_W) / self._width())
        return (day, cell) if 0 <= day < DAYS and 0 <= cell < CELLS and point.x() >= NAME_W else None

    def _width(self) -> float:
        return (self.width() - NAME_W - 2) / CELLS

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position().toPoint())
        if at is not None:
            self._brush = not self.is_open(*at)
            self._go(*at)
            self.paint_cell(*at, self._brush)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position().toPoint())
        if at is not None and self._brush is not None and at != (self.day, self.cell):
            self._go(*at)
            self.paint_cell(*at, self._brush)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._brush = None

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.moved.emit(self.day)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self._width()
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text3"))
        for hour in range(0, 25, 3):
            x = NAME_W + hour * 2 * width
            align = Qt.AlignmentFlag.AlignHCenter if 0 < hour < 24 else (
                Qt.AlignmentFlag.AlignLeft if hour == 0 else Qt.AlignmentFlag.AlignRight)  # fmt: skip
            left = x - 24 if 0 < hour < 24 else x if hour == 0 else x - 48
            painter.drawText(QRectF(left, 0, 48, HEAD_H - 2), int(align | Qt.AlignmentFlag.AlignVCenter), f"{hour}:00")
        for day in range(DAYS):
            self._paint_day(painter, day, width)
        painter.end()

    def _paint_day(self, painter: QPainter, day: int, width: float) -> None:
        theme = current()
        top = HEAD_H + day * ROW_H
        weekend = day >= 5
        painter.setFont(theme.font("section" if day == self.day and self.hasFocus() else "caption"))
        painter.setPen(theme.color("text3" if weekend else "text2"))
        painter.drawText(QRect(0, top, NAME_W - 8, ROW_H), int(Qt.AlignmentFlag.AlignVCenter), day_words(day))
        track = QRectF(NAME_W, top + 3, width * CELLS, ROW_H - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(theme.color("accent"))
        for start, end in self.spans[day]:
            box = QRectF(NAME_W + start / CELL * width, top + 3, (end - start) / CELL * width, ROW_H - 6)
            painter.drawRoundedRect(box, 3, 3)
        pen = QPen(theme.color("surface"), 0)
        painter.setPen(pen)
        for hour in range(3, 24, 3):
            x = NAME_W + hour * 2 * width
            painter.drawLine(int(x), int(track.top()), int(x), int(track.bottom()))
        if day == self.day and self.hasFocus():
            painter.setPen(QPen(theme.color("text"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(NAME_W + self.cell * width, top + 1, width, ROW_H - 2), 3, 3)


class WeekField(HouseField):
    """A calendar's `weekly`: the grid, and the exact hours of the day under the cursor as text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.grid = WeekGrid(self)
        self.exact = TextField(tr("house.day_hours"), "08:30-12:00 13:30-18:00")
        self._day = label("", "strong", "text", self)
        self._day.setFixedWidth(NAME_W)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self._day)
        line.addWidget(self.exact, 1)
        line.addSpacing(10)
        line.addWidget(label(tr("house.week_keys"), "caption", "text3", self))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.grid)
        column.addLayout(line)
        self.setFocusProxy(self.grid)
        self.setAccessibleName(name)
        self.grid.changed.connect(self._painted)
        self.grid.moved.connect(self._show_day)
        self.exact.changed.connect(self._typed)
        self._show_day(0)

    def _show_day(self, day: int) -> None:
        self._day.setText(day_words(day))
        self.exact.edit.setText(span_words(self.grid.spans[day]))
        self.exact.mark(False)

    def _painted(self) -> None:
        self._show_day(self.grid.day)
        self.changed.emit()

    def _typed(self) -> None:
        spans = read_spans(self.exact.value())
        if spans is not None:
            self.grid.spans[self.grid.day] = joined(spans)
            self.grid.update()
        self.changed.emit()

    def value(self) -> Any:
        return tuple((day, start, end) for day, spans in enumerate(self.grid.spans) for start, end in spans)

    def show_value(self, value: Any) -> None:
        if self.value() == tuple(value):
            return
        for day in range(DAYS):
            self.grid.spans[day] = tuple((start, end) for of, start, end in value if of == day)
        self.grid.update()
        self._show_day(self.grid.day)

    def problem(self) -> str:
        return "" if read_spans(self.exact.value()) is not None else tr("house.fault_hours")

    def mark(self, wrong: bool) -> None:
        self.exact.mark(wrong and bool(self.problem()))
