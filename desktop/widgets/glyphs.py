# SPDX-License-Identifier: GPL-3.0-or-later
"""State glyphs: a silhouette of its own for each agent state, told apart in greyscale and at 14 px.

`look` gives the token name of a state: ready ring call wrap pause miss off.
"""

from __future__ import annotations

from typing import assert_never

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from desktop.widgets import icons
from desktop.widgets.theme import Theme, current
from models.kinds import AgentState


def look(state: AgentState) -> str:
    """The token name under which a state is painted."""
    match state:
        case AgentState.SIGNED_OUT:
            return "off"
        case AgentState.READY:
            return "ready"
        case AgentState.RESERVED | AgentState.RINGING:
            return "ring"
        case AgentState.ON_CALL:
            return "call"
        case AgentState.WRAP_UP:
            return "wrap"
        case AgentState.NOT_READY:
            return "pause"
        case AgentState.NOT_RESPONDING:
            return "miss"
        case _:
            assert_never(state)


def small_colour(theme: Theme, name: str) -> QColor:
    """The colour of a small glyph on a surface: `solid` in light, `text` in dark (wrap and pause always `text`)."""
    if name == "off":
        return theme.color("text3")
    if theme.dark or name in ("wrap", "pause"):
        return theme.color(f"{name}.text")
    return theme.color(f"{name}.solid")


def mark_colour(theme: Theme, name: str) -> QColor:
    """The colour of the sign inside a small glyph."""
    if name == "ring":
        return theme.color("ring.on")
    return theme.color("surface")


def paint_glyph(painter: QPainter, box: QRectF, name: str, theme: Theme) -> None:
    """A small state glyph on a surface. The ringing diamond has an outline: amber alone is too pale on white."""
    icons.render(painter, f"state-{name}", box, small_colour(theme, name), mark_colour(theme, name))
    if name == "ring":
        outline_diamond(painter, box, theme.color("ring.text"))


def outline_diamond(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """One pixel of `colour` round the ringing diamond that fills `box`."""
    inset = box.width() / 16
    x, y, half = box.center().x(), box.center().y(), box.width() / 2 - inset
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, max(1.0, box.width() / 20))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(
        QPolygonF([QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half), QPointF(x - half, y)])
    )
    painter.restore()


def glyph_pixmap(name: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A state glyph as a pixmap, for delegates and menus."""
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_glyph(painter, QRectF(0, 0, size, size), name, current())
    painter.end()
    return pixmap


class StateGlyph(QWidget):
    """A glyph standing alone; its state's name always stands beside it."""

    def __init__(self, name: str, size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setFixedSize(size, size)

    def set_look(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_glyph(painter, QRectF(self.rect()), self._name, current())
        painter.end()
