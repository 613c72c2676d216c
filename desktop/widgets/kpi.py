# SPDX-License-Identifier: GPL-3.0-or-later
"""A key figure of the live monitor: name, figure, one line that judges it, and how it went lately."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.theme import current

HEIGHT = 112
SPARK_WIDTH = 84


class KpiCard(QWidget):
    """`tone`: "" as drawn, "ring" beyond a limit, "miss" far beyond; `note_tone` a token, `note_icon` says which."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._figure, self._note, self._tone = name, "–", "", ""
        self._note_icon, self._note_tone = "info", "text3"
        self._spark: tuple[float, ...] = ()
        self._role = "kpi"
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def figure(self) -> str:
        return self._figure

    def set(
        self, figure: str, note: str = "", note_icon: str = "info", note_tone: str = "text3", tone: str = "",
        spark: tuple[float, ...] = (),
    ) -> None:  # fmt: skip
        now = (figure, note, note_icon, note_tone, tone, spark)
        if now == (self._figure, self._note, self._note_icon, self._note_tone, self._tone, self._spark):
            return
        self._figure, self._note, self._note_icon, self._note_tone, self._tone, self._spark = now
        self.setAccessibleName(f"{self._name} {figure} {note}".strip())
        self.update()

    def use_wall(self, on: bool) -> None:
        """On a wall screen the figure grows."""
        self._role = "wall" if on else "kpi"
        self.setFixedHeight(HEIGHT + (24 if on else 0))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(247, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(f"{self._tone}.text" if self._tone else "border"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text2"))
        painter.drawText(QRectF(16, 12, self.width() - 32, 22), left, self._name)
        painter.setFont(theme.font(self._role))
        painter.setPen(theme.color(f"{self._tone}.text" if self._tone else "text"))
        high = 44 if self._role == "kpi" else 68
        painter.drawText(QRectF(16, 38, self.width() - 32, high), left, self._figure)
        base = self.height() - 22
        if self._note:
            colour = theme.color(self._note_tone)
            icons.render(painter, self._note_icon, QRectF(16, base - 7, 14, 14), colour, stroke="1.7")
            painter.setFont(theme.font("caption"))
            painter.setPen(colour)
            painter.drawText(QRectF(35, base - 10, self.width() - 45, 20), left, self._note)
        self._paint_spark(painter)
        painter.end()

    def _paint_spark(self, painter: QPainter) -> None:
        if len(self._spark) < 2:
            return
        theme = current()
        low, high = min(self._spark), max(self._spark)
        span = (high - low) or 1.0
        x0, y0, height = self.width() - 16 - SPARK_WIDTH, 46.0, 26.0
        points = [
            QPointF(x0 + SPARK_WIDTH * n / (len(self._spark) - 1), y0 + height * (1 - (value - low) / span))
            for n, value in enumerate(self._spark)
        ]
        painter.setPen(QPen(theme.color(f"{self._tone}.text" if self._tone else "text3"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
