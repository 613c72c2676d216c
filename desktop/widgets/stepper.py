# SPDX-License-Identifier: GPL-3.0-or-later
"""The stepper over the guided form: done steps in ink, the current one underlined in accent, arrows move."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.theme import current

HEIGHT = 41
DISC = 20
SIDE = 20
GAP = 7
DASH_GAP = 12


@dataclass(frozen=True)
class Step:
    """One step: its words, whether all asked fields are filled, whether it is open now."""

    title: str
    done: bool
    current: bool


class Stepper(QWidget):
    """Emits `chosen` with the index of the step that was clicked or reached by arrows and Enter."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[Step, ...] = ()
        self._cursor = 0
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: tuple[Step, ...]) -> None:
        if steps == self._steps:
            return
        self._steps = steps
        self._cursor = next((n for n, step in enumerate(steps) if step.current), 0)
        self._name_for_readers()
        self.update()

    def _name_for_readers(self) -> None:
        if self._steps:
            self.setAccessibleName(self._steps[min(self._cursor, len(self._steps) - 1)].title)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + 2 * SIDE + 2 * DASH_GAP * max(0, len(self._steps) - 1), HEIGHT)

    def _widths(self) -> list[int]:
        theme = current()
        return [
            DISC + GAP + QFontMetrics(theme.font("strong" if step.current else "body")).horizontalAdvance(step.title)
            for step in self._steps
        ]

    def boxes(self) -> list[QRectF]:
        """Where the steps stand, evenly spread."""
        widths = self._widths()
        if not widths:
            return []
        slack = self.width() - 2 * SIDE - sum(widths)
        space = slack / max(1, len(widths) - 1)
        boxes, x = [], float(SIDE)
        for width in widths:
            boxes.append(QRectF(round(x), 0, width, HEIGHT))
            x += width + space
        return boxes

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for n, box in enumerate(self.boxes()):
            if box.adjusted(-6, 0, 6, 0).contains(event.position()):
                self._cursor = n
                self.chosen.emit(n)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left if self._cursor > 0:
                self._cursor -= 1
            case Qt.Key.Key_Right if self._cursor < len(self._steps) - 1:
                self._cursor += 1
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space if self._steps:
                self.chosen.emit(self._cursor)
            case _:
                super().keyPressEvent(event)
                return
        self._name_for_readers()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(0, HEIGHT - 1, self.width(), 1), theme.color("border"))
        boxes = self.boxes()
        for n, (step, box) in enumerate(zip(self._steps, boxes, strict=True)):
            disc = QRectF(box.left(), (HEIGHT - DISC) / 2 - 0.5, DISC, DISC)
            self._paint_disc(painter, disc, n, step)
            painter.setFont(theme.font("strong" if step.current else "body"))
            tone = "accent" if step.current else "text" if step.done else "text3"
            painter.setPen(theme.color(tone))
            words = QRectF(disc.right() + GAP, 0, box.width(), HEIGHT - 1)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), step.title)
            if step.current:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("accent"))
                painter.drawRoundedRect(QRectF(box.left(), HEIGHT - 3, box.width(), 3), 1.5, 1.5)
            if n + 1 < len(boxes):
                start, end = box.right() + DASH_GAP, boxes[n + 1].left() - DASH_GAP
                if end > start:
                    painter.fillRect(QRectF(start, HEIGHT / 2 - 1, end - start, 1), theme.color("border2"))
            if self.hasFocus() and n == self._cursor:
                painter.setPen(QPen(theme.color("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(-5, 5, 5, -7), 6, 6)
        painter.end()

    def _paint_disc(self, painter: QPainter, disc: QRectF, n: int, step: Step) -> None:
        theme = current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if step.done and not step.current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("ink"))
            painter.drawEllipse(disc)
            icons.render(painter, "check", disc.adjusted(3, 3, -3, -3), theme.color("onink"), stroke="2.2")
            return
        painter.setPen(QPen(theme.color("accent" if step.current else "border2"), 2 if step.current else 1))
        painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
        painter.setFont(theme.font("section" if step.current else "caption"))
        painter.setPen(theme.color("accent" if step.current else "text3"))
        painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(n + 1))
