# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrivals and answers per quarter of an hour: bars for what was answered, a line with rings for what arrived.

The quarter that still runs is paler. Painted in one pass; nothing moves but the numbers.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.widgets.figures import minute
from desktop.widgets.theme import current
from resources.i18n import tr
from telephony.messages import Interval

QUARTER_S = 900.0
SHOWN = 12
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 10, 24


def nice_top(highest: int) -> int:
    """The upper end of the scale: the next 4, 10, 20, 30, 60 … that holds `highest`, divisible by its steps."""
    for top in (4, 8, 12, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000):
        if highest <= top:
            return top
    return math.ceil(highest / 1000) * 1000


class QuarterChart(QWidget):
    """`show_quarters` takes the intervals in order of time; the last `SHOWN` are drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quarters: tuple[Interval, ...] = ()
        self._now = 0.0
        self.setMinimumHeight(130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("board.chart"))

    @property
    def quarters(self) -> tuple[Interval, ...]:
        return self._quarters

    def sizeHint(self) -> QSize:
        return QSize(470, 150)

    def show_quarters(self, quarters: tuple[Interval, ...], now: float) -> None:
        """`now` tells which quarter still runs."""
        shown = quarters[-SHOWN:]
        if shown == self._quarters:
            return
        self._quarters, self._now = shown, now
        if shown:
            last = shown[-1]
            self.setAccessibleDescription(tr("board.chart_bar", minute(last.start), last.offered, last.answered))
        self.update()

    def _slots(self) -> list[QRectF]:
        room = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        width = room.width() / max(1, len(self._quarters))
        return [QRectF(room.left() + width * n, room.top(), width, room.height()) for n in range(len(self._quarters))]

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for slot, quarter in zip(self._slots(), self._quarters, strict=True):
                if slot.left() <= event.pos().x() < slot.right():
                    words = tr("board.chart_bar", minute(quarter.start), quarter.offered, quarter.answered)
                    QToolTip.showText(event.globalPos(), words, self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("caption"))
        if not self._quarters:
            painter.setPen(theme.color("text3"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), tr("board.chart_none"))
            painter.end()
            return
        top = nice_top(max(max(quarter.offered, quarter.answered) for quarter in self._quarters))
        room = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        self._paint_scale(painter, room, top)
        slots = self._slots()
        bar = min(27.0, slots[0].width() * 0.72)
        painter.setPen(Qt.PenStyle.NoPen)
        for slot, quarter in zip(slots, self._quarters, strict=True):
            colour = theme.color("accent")
            if quarter.start <= self._now < quarter.start + QUARTER_S:
                colour.setAlphaF(0.5)
            painter.setBrush(colour)
            height = room.height() * quarter.answered / top
            painter.drawRect(QRectF(slot.center().x() - bar / 2, room.bottom() - height, bar, height))
        self._paint_names(painter, slots, theme.font("caption"))
        points = [
            QPointF(slot.center().x(), room.bottom() - room.height() * quarter.offered / top)
            for slot, quarter in zip(slots, self._quarters, strict=True)
        ]
        painter.setPen(QPen(theme.color("text"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(theme.color("surface"))
        for point in points:
            painter.drawEllipse(point, 3.0, 3.0)
        painter.end()

    def _paint_scale(self, painter: QPainter, room: QRectF, top: int) -> None:
        theme = current()
        steps = 3 if top % 3 == 0 and top % 4 else 4 if top % 4 == 0 else 2
        for step in range(steps + 1):
            y = room.bottom() - room.height() * step / steps
            painter.setPen(QPen(theme.color("border"), 0))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(theme.color("text3"))
            box = QRect(0, int(y) - 9, LEFT - 8, 18)
            align = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(box, align, str(top * step // steps))

    def _paint_names(self, painter: QPainter, slots: list[QRectF], font: QFont) -> None:
        """The hour under every second quarter, as many as fit."""
        width = QFontMetrics(font).horizontalAdvance("00:00") + 10
        every = max(2, math.ceil(width / slots[0].width()))
        painter.setPen(current().color("text3"))
        for number, (slot, quarter) in enumerate(zip(slots, self._quarters, strict=True)):
            if number % every == 0:
                box = QRectF(slot.center().x() - 30, self.height() - BOTTOM + 4, 60, 18)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), minute(quarter.start))
