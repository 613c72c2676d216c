# SPDX-License-Identifier: GPL-3.0-or-later
"""Chips: short facts in a 22 px box, options that are ticked, filters that are taken away.

`look`: a state's token name (ready ring call wrap pause miss), or accent, ink (customer level), outline, plain.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.theme import Theme, current

HEIGHT = 22
ICON = 14
STATES = ("ready", "ring", "call", "wrap", "pause", "miss")


def chip_colours(theme: Theme, look: str) -> tuple[QColor | None, QColor, QColor | None]:
    """Background, text and border of a look."""
    if look in STATES:
        return theme.color(f"{look}.soft"), theme.color(f"{look}.text"), None
    if look == "accent":
        return theme.color("accentsoft"), theme.color("accent"), None
    if look == "ink":
        return theme.color("ink"), theme.color("onink"), None
    if look == "outline":
        return None, theme.color("text2"), theme.color("border")
    if look == "plain":
        return theme.color("sunken"), theme.color("text2"), None
    raise KeyError(f"no chip look named {look}")


class Chip(QLabel):
    """A fact. Its height is capped, so no layout stretches it."""

    def __init__(self, text: str, look: str = "plain", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        chip_colours(current(), look)
        self._look, self._icon = look, icon
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "caption")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set(self, text: str, look: str | None = None, icon: str | None = None) -> None:
        if look is not None:
            chip_colours(current(), look)
            self._look = look
        if icon is not None:
            self._icon = icon
        self.setText(text)
        self.updateGeometry()
        self.update()

    @property
    def look(self) -> str:
        return self._look

    def sizeHint(self) -> QSize:
        words = QFontMetrics(current().font("caption")).horizontalAdvance(self.text())
        return QSize(8 + (ICON + 5 if self._icon else 0) + words + 8, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        back, ink, line = chip_colours(theme, self._look)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(line, 1) if line else Qt.PenStyle.NoPen)
        painter.setBrush(back if back else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        x = 8.0
        if self._icon:
            icons.render(painter, self._icon, QRectF(x, (HEIGHT - ICON) / 2, ICON, ICON), ink, stroke="1.7")
            x += ICON + 5
        painter.setFont(theme.font("caption"))
        painter.setPen(ink)
        painter.drawText(QRectF(x, 0, self.width() - x, HEIGHT), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()


class ToggleChip(QAbstractButton):
    """An option that is ticked or not (28 px). The tick is the second cue beside colour."""

    def __init__(self, text: str, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._icon = icon
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        words = QFontMetrics(current().font("caption")).horizontalAdvance(self.text())
        sign = ICON + 6 if self._icon or self.isChecked() else 0
        return QSize(11 + sign + words + 11, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = theme.color("text" if self.isEnabled() else "disabled")
        if on:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        else:
            painter.setPen(QPen(theme.color("border2" if self.isEnabled() else "border"), 1))
            painter.setBrush(theme.color("hover") if self.underMouse() else theme.color("surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        x = 11.0
        sign = "check" if on else self._icon
        if sign:
            colour = theme.color("accent") if on else theme.color("text2")
            icons.render(painter, sign, QRectF(x, 7, ICON, ICON), colour, stroke="1.7")
            x += ICON + 6
        painter.setFont(theme.font("caption"))
        painter.setPen(ink)
        painter.drawText(QRectF(x, 0, self.width() - x, 28), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()


class RemovableChip(QAbstractButton):
    """A filter with a cross: a click, Delete or Backspace takes it away (`removed`)."""

    removed = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.removed)

    def sizeHint(self) -> QSize:
        return QSize(8 + QFontMetrics(current().font("caption")).horizontalAdvance(self.text()) + 6 + ICON + 8, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accentsoft"))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setPen(theme.color("accent"))
        painter.setFont(theme.font("caption"))
        painter.drawText(QRectF(8, 0, self.width(), 28), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        icons.render(painter, "x", QRectF(self.width() - 8 - ICON, 7, ICON, ICON), theme.color("accent"))
        painter.end()
