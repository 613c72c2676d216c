# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of the call bar: icon over word, 72 x 52, and the hang-up button with its two steps.

Disabled controls stay where they are and say why in their tool tip.
"""

from __future__ import annotations

from typing import Literal, assert_never

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.theme import current

CONTROL = QSize(72, 52)
HANG_UP_WIDTH = 104
ARMED_WIDTH = 132
CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class ControlButton(QAbstractButton):
    """One call control. `letter` is the last key of its chord, shown pale after the word."""

    def __init__(self, text: str, icon: str, letter: str = "", chord: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._icon_name, self._letter, self._chord, self._why = icon, letter, chord, ""
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._tell()

    def _tell(self) -> None:
        words = f"{self.text()} {self._chord}".strip()
        self.setToolTip(f"{words}\n{self._why}" if self._why else words)
        self.setAccessibleDescription(self._why or self._chord)

    @property
    def why(self) -> str:
        """Why it cannot be pressed now, or ""."""
        return self._why

    @property
    def elided(self) -> bool:
        return self._words_width() > self.width()

    def say_why(self, why: str) -> None:
        """Disable with a reason, or enable when `why` is ""."""
        if why == self._why and self.isEnabled() == (not why):
            return
        self._why = why
        self.setEnabled(not why)
        self._tell()
        self.update()

    def set_words(self, text: str, icon: str) -> None:
        if text != self.text() or icon != self._icon_name:
            self.setText(text)
            self._icon_name = icon
            self.setAccessibleName(text)
            self._tell()
            self.updateGeometry()
            self.update()

    def _words_width(self) -> int:
        words = QFontMetrics(current().font("caption")).horizontalAdvance(self.text())
        letter = QFontMetrics(current().font("caption")).horizontalAdvance(f" {self._letter}") if self._hint else 0
        return words + letter

    @property
    def _hint(self) -> str:
        return self._letter if current().key_hints else ""

    def sizeHint(self) -> QSize:
        return QSize(max(CONTROL.width(), self._words_width() + 12), CONTROL.height())

    def minimumSizeHint(self) -> QSize:
        # In a narrow window long words keep every letter and lose the air beside them.
        return QSize(max(48, self._words_width() + 2), CONTROL.height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        if on or (self.underMouse() and self.isEnabled()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected" if on else "hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        tone = "disabled" if not self.isEnabled() else "accent" if on else "text"
        middle = self.width() / 2
        icons.render(painter, self._icon_name, QRectF(round(middle - 10), 7, 20, 20), theme.color(tone))
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color(tone))
        words = painter.fontMetrics().horizontalAdvance(self.text())
        x = middle - self._words_width() / 2
        left = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(x, 28, words + 2, 18), left, self.text())
        if self._hint:
            painter.setPen(theme.color("text3" if self.isEnabled() else "disabled"))
            painter.drawText(QRectF(x + words, 28, 40, 18), left, f" {self._hint}")
        painter.end()


HangUpLook = Literal["idle", "line", "armed", "gone"]


class HangUpButton(QAbstractButton):
    """Red outline while the customer is there, solid red when armed, neutral once he is gone."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: HangUpLook = "idle"
        self.setText(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @property
    def look(self) -> HangUpLook:
        return self._look

    @property
    def elided(self) -> bool:
        return QFontMetrics(current().font(self._role)).horizontalAdvance(self.text()) > self.width() - 8

    @property
    def _role(self) -> str:
        return "section" if self._look == "armed" else "caption"

    def set_look(self, look: HangUpLook, text: str, tip: str) -> None:
        """Change the step; the width changes only between armed and not."""
        if (look, text) == (self._look, self.text()):
            return
        self._look = look
        self.setText(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)
        self.setToolTip(tip)
        self.setEnabled(look != "idle")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetrics(current().font(self._role)).horizontalAdvance(self.text()) + 20
        return QSize(max(ARMED_WIDTH if self._look == "armed" else HANG_UP_WIDTH, words), CONTROL.height())

    def minimumSizeHint(self) -> QSize:
        words = QFontMetrics(current().font(self._role)).horizontalAdvance(self.text())
        return QSize(max(72, words + 10), CONTROL.height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def _colours(self) -> tuple[QColor, QColor, QColor]:
        theme = current()
        hot = self.underMouse() or self.isDown()
        match self._look:
            case "idle":
                return theme.color("surface"), theme.color("disabled"), theme.color("border")
            case "line":
                back = theme.color("miss.soft" if hot else "surface")
                return back, theme.color("miss.text"), theme.color("miss.text")
            case "armed":
                return theme.color("miss.solid"), theme.color("miss.on"), theme.color("miss.solid")
            case "gone":
                return theme.color("hover" if hot else "surface"), theme.color("text"), theme.color("border2")
            case _:
                assert_never(self._look)

    def paintEvent(self, event: QPaintEvent) -> None:
        back, ink, line = self._colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(line, 1))
        painter.setBrush(back)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        sign = "check" if self._look == "gone" else "hangup"
        icons.render(painter, sign, QRectF(round(self.width() / 2 - 10), 7, 20, 20), ink)
        painter.setFont(current().font(self._role))
        painter.setPen(ink)
        painter.drawText(QRectF(0, 28, self.width(), 18), CENTRE, self.text())
        painter.end()
