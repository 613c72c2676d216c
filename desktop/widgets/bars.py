# SPDX-License-Identifier: GPL-3.0-or-later
"""Painted measures: the three-ring bar, the confidence bars, a clock's bar, who wrote a field."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.widgets.theme import current

RING_BAR_HEIGHT = 14
RING_GAP = 8


def ring_fill(elapsed: float, rings: int, cadence: float) -> tuple[float, ...]:
    """How full each segment is, 0…1. Elapsed and cadence in seconds."""
    if cadence <= 0:
        raise ValueError("the ring cadence must be more than 0")
    return tuple(min(1.0, max(0.0, elapsed / cadence - ring)) for ring in range(rings))


def ring_now(elapsed: float, rings: int, cadence: float) -> int:
    """Which ring sounds now, 1…rings."""
    return min(rings, int(max(0.0, elapsed) / cadence) + 1)


class RingBar(QWidget):
    """Three rounded segments, filled by elapsed time per ring cadence; red once all rings are over."""

    def __init__(self, parent: QWidget | None = None, height: int = RING_BAR_HEIGHT) -> None:
        super().__init__(parent)
        self._elapsed, self._rings, self._cadence = 0.0, 3, 5.0
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def fill(self) -> tuple[float, ...]:
        return ring_fill(self._elapsed, self._rings, self._cadence)

    @property
    def over(self) -> bool:
        return self._elapsed >= self._rings * self._cadence

    def set_elapsed(self, elapsed: float, rings: int, cadence: float) -> None:
        """Seconds since the phone began to ring, from site time."""
        if current().reduced_motion:
            elapsed = float(int(elapsed))
        if (elapsed, rings, cadence) != (self._elapsed, self._rings, self._cadence):
            self._elapsed, self._rings, self._cadence = elapsed, max(1, rings), cadence
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(236, self.height())

    def segments(self) -> tuple[QRectF, ...]:
        """Where the segments stand."""
        width = (self.width() - RING_GAP * (self._rings - 1)) / self._rings
        return tuple(
            QRectF(round(n * (width + RING_GAP)), 0, round(width), self.height()) for n in range(self._rings)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        solid = theme.color("miss.solid" if self.over else "ring.solid")
        edge = theme.color("miss.text" if self.over else "ring.text")
        for box, share in zip(self.segments(), self.fill, strict=True):
            inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
            path = QPainterPath()
            path.addRoundedRect(inner, 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
            if share > 0:
                painter.save()
                painter.setClipRect(QRectF(box.left(), 0, box.width() * share, box.height()))
                painter.fillPath(path, solid)
                painter.restore()
            painter.setPen(QPen(edge if share > 0 else theme.color("border2"), 1))
            painter.drawPath(path)
        painter.end()


class ConfidenceBars(QWidget):
    """How sure a number is a customer's: 3 verified, 2 likely, 1 to be checked; words in the same colour."""

    def __init__(self, filled: int, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filled, self._words = filled, words
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set(self, filled: int, words: str) -> None:
        self._filled, self._words = filled, words
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetrics(current().font("caption")).horizontalAdvance(self._words) if self._words else -4
        return QSize(19 + 4 + words + 1, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.color({3: "ready.text", 2: "text2"}.get(self._filled, "text3"))
        for n in range(3):
            box = QRectF(n * 7, 4, 5, 10)
            if n < self._filled:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawRoundedRect(box, 1.5, 1.5)
            else:
                painter.setPen(QPen(colour, 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 1.5, 1.5)
        painter.setFont(theme.font("caption"))
        painter.setPen(colour)
        painter.drawText(QRectF(23, 0, self.width(), 18), int(Qt.AlignmentFlag.AlignVCenter), self._words)
        painter.end()


def clock_tone(left: float, whole: float) -> str:
    """A clock's tone: text2 with more than half left, amber under half, red under two minutes or late."""
    if left < min(120.0, whole / 2):
        return "miss"
    if left < whole / 2:
        return "ring"
    return "text2"


class ClockBar(QWidget):
    """The spent share of a clock, 6 px high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share, self._tone = 0.0, "text2"
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_left(self, left: float, whole: float) -> None:
        """Seconds left of `whole`."""
        self._share = 1.0 - min(1.0, max(0.0, left / whole)) if whole > 0 else 1.0
        self._tone = clock_tone(left, whole)
        self.update()

    def set_share(self, share: float, tone: str) -> None:
        """Fill `share` (0…1) in a tone: ring miss wrap ready call text2."""
        self._share, self._tone = min(1.0, max(0.0, share)), tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_bar(painter, QRectF(self.rect()), self._share, self._tone)
        painter.end()


def paint_bar(painter: QPainter, box: QRectF, share: float, tone: str) -> None:
    """A flat bar on its track; used by delegates too."""
    theme = current()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("track"))
    radius = min(3.0, box.height() / 2)
    painter.drawRoundedRect(box, radius, radius)
    if share > 0:
        if tone == "text2":
            colour = theme.color("text2")
        else:
            colour = theme.color(f"{tone}.text" if theme.dark and tone == "miss" else f"{tone}.solid")
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(box.left(), box.top(), max(box.height(), box.width() * share), box.height()),
                                radius, radius)  # fmt: skip
    painter.restore()


class AuthorDot(QWidget):
    """Who wrote a field: an initial in a circle. One's own in accent, others neutral."""

    SIZE = 20

    def __init__(self, initial: str, own: bool = False, parent: QWidget | None = None, size: int = SIZE) -> None:
        super().__init__(parent)
        self._initial, self._own = initial, own
        self.setFixedSize(size, size)
        self.setAccessibleName(initial)

    def set(self, initial: str, own: bool) -> None:
        if (initial, own) != (self._initial, self._own):
            self._initial, self._own = initial, own
            self.setAccessibleName(initial)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_author(painter, QRectF(self.rect()), self._initial, self._own)
        painter.end()


def paint_author(painter: QPainter, box: QRectF, initial: str, own: bool) -> None:
    theme = current()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accentsoft" if own else "sunken"))
    painter.drawEllipse(box)
    painter.setFont(theme.font("section"))
    painter.setPen(theme.color("accent" if own else "text2"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), initial)
    painter.restore()


class Avatar(QWidget):
    """The signed-in person at the foot of the rail: initials on ink."""

    def __init__(self, initials: str, name: str, size: int = 28, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._initials = initials
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        self.setToolTip(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("ink"))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setFont(theme.font("section"))
        painter.setPen(theme.color("onink"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._initials)
        painter.end()
