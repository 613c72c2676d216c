# SPDX-License-Identifier: GPL-3.0-or-later
"""The brush the panes' delegates paint with: type roles, colour tokens, chips, glyphs and bars of the design.

Boxes are QRect in logical pixels. Every call returns the width it used, so that a row is laid out from both ends.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from desktop.widgets import icons
from desktop.widgets.glyphs import paint_glyph
from desktop.widgets.theme import Theme

CHIP_H = 22
CHIP_PAD = 8
RADIUS = 6.0
ICON_IN_CHIP = 14

# soft fill, text and outline of a chip by its tone; "" leaves that part out
CHIPS = {
    "ready": ("ready.soft", "ready.text", ""),
    "soon": ("ring.soft", "ring.text", ""),
    "late": ("miss.soft", "miss.text", ""),
    "call": ("call.soft", "call.text", ""),
    "accent": ("accentsoft", "accent", ""),
    "plain": ("", "text2", "border"),
    "sunken": ("sunken", "text2", ""),
    "ink": ("ink", "onink", ""),
}
# colour and icon of a clock by its tone
CLOCKS = {"calm": ("text2", "clock"), "soon": ("ring.text", "clock"), "late": ("miss.text", "warn")}


class Brush:
    """A painter that speaks in tokens and roles."""

    def __init__(self, painter: QPainter, theme: Theme) -> None:
        self.painter = painter
        self.theme = theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def colour(self, token: str) -> QColor:
        return self.theme.color(token)

    def font(self, role: str) -> QFont:
        return self.theme.font(role)

    def width(self, words: str, role: str = "body") -> int:
        return QFontMetrics(self.font(role)).horizontalAdvance(words)

    def fill(self, box: QRect, token: str, radius: float = 0.0) -> None:
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colour(token))
        if radius:
            self.painter.drawRoundedRect(QRectF(box), radius, radius)
        else:
            self.painter.drawRect(box)

    def outline(self, box: QRect, token: str, radius: float = RADIUS, width: float = 1.0, dashed: bool = False) -> None:
        pen = QPen(self.colour(token), width)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        self.painter.drawRoundedRect(QRectF(box).adjusted(inset, inset, -inset, -inset), radius, radius)

    def rule(self, box: QRect, left: int = 0, right: int = 0) -> None:
        """A hairline along the lower edge, one device pixel at any scale."""
        pen = QPen(self.colour("border"), 0)
        pen.setCosmetic(True)
        self.painter.setPen(pen)
        y = box.bottom() + 0.5
        self.painter.drawLine(QPointF(box.left() + left, y), QPointF(box.right() - right, y))

    def text(
        self, box: QRect, words: str, role: str = "body", token: str = "text", right: bool = False, centre: bool = False
    ) -> int:
        """Words in one line, vertically centred, elided at the right end. Returns the width drawn."""
        font = self.font(role)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        if centre:
            align = Qt.AlignmentFlag.AlignHCenter
        self.painter.setFont(font)
        self.painter.setPen(self.colour(token))
        self.painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), shown)
        return metrics.horizontalAdvance(shown)

    def icon(self, box: QRect, name: str, token: str, size: int = 16) -> int:
        """A line icon of `size` at the left of `box`, vertically centred."""
        at = QRectF(box.left(), box.top() + (box.height() - size) // 2, size, size)
        icons.render(self.painter, name, at, self.colour(token), stroke="1.7" if size <= 16 else "")
        return size

    def glyph(self, box: QRect, state: str, size: int = 16) -> int:
        """The silhouette of an agent state (ready ring call wrap pause miss off)."""
        at = QRectF(box.left(), box.top() + (box.height() - size) // 2, size, size)
        paint_glyph(self.painter, at, state, self.theme)
        return size

    def chip_width(self, words: str, icon: str = "") -> int:
        return self.width(words, "caption") + 2 * CHIP_PAD + (ICON_IN_CHIP + 5 if icon else 0)

    def chip(self, box: QRect, words: str, tone: str, icon: str = "", right: bool = False) -> int:
        """A chip at the left, or with `right` the right, end of `box`."""
        soft, token, border = CHIPS[tone]
        width = min(self.chip_width(words, icon), box.width())
        left = box.right() + 1 - width if right else box.left()
        shape = QRect(left, box.top() + (box.height() - CHIP_H) // 2, width, CHIP_H)
        if soft:
            self.fill(shape, soft, RADIUS)
        if border:
            self.outline(shape, border)
        inner = shape.adjusted(CHIP_PAD, 0, -CHIP_PAD, 0)
        if icon:
            inner.setLeft(inner.left() + self.icon(inner, icon, token, ICON_IN_CHIP) + 5)
        self.text(inner.adjusted(0, 0, 1, 0), words, "caption", token)
        return width

    def clock(self, box: QRect, words: str, tone: str, role: str = "body") -> int:
        """A deadline at the right end of `box`: icon and words, both saying how urgent it is."""
        token, icon = CLOCKS[tone]
        width = self.text(box, words, role, token, right=True)
        at = QRect(box.right() - width - 20, box.top(), 16, box.height())
        self.icon(at, icon, token, 14)
        return width + 20

    def bar(self, box: QRect, share: float, token: str) -> None:
        """A share 0…1 of a track."""
        self.fill(box, "track", 3.0)
        done = QRect(box.left(), box.top(), round(box.width() * min(1.0, max(0.0, share))), box.height())
        if done.width() > 0:
            self.fill(done, token, 3.0)

    def confidence(self, box: QRect, sure: int, token: str) -> int:
        """Three small bars, `sure` of them filled: 3 verified, 2 likely, 1 unconfirmed."""
        for number in range(3):
            bar = QRect(box.left() + number * 7, box.top() + (box.height() - 10) // 2, 5, 10)
            if number < sure:
                self.fill(bar, token, 1.5)
            else:
                self.outline(bar, token, 1.5)
        return 19

    def badge(self, centre: QRect, letter: str, own: bool) -> None:
        """Who wrote it: an initial in a circle, the person's own in accent, others neutral."""
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.colour("accentsoft" if own else "sunken"))
        self.painter.drawEllipse(QRectF(centre))
        self.text(centre, letter, "section", "accent" if own else "text2", centre=True)
