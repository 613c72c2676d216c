# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons: neutral ink for what is pressed, green only to accept a call, a red outline only for what ends something.

A disabled button says why in its tool tip (`say_why`). Sizes: 28 small, 32, 40 large.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.labels import hint_width, paint_hint
from desktop.widgets.theme import Theme, current

Kind = Literal["primary", "secondary", "quiet", "accept", "end", "link"]
PAD = 13
ICON = 16
GAP = 7
MINIMUM = 64


def button_colours(theme: Theme, kind: Kind, enabled: bool, hot: bool) -> tuple[QColor | None, QColor, QColor | None]:
    """Background, ink and border."""
    if not enabled:
        border = None if kind in ("quiet", "link") else theme.color("border")
        return None, theme.color("disabled"), border
    match kind:
        case "primary":
            back = theme.color("ink")
            return (back.lighter(118) if hot and not theme.dark else back.darker(108) if hot else back,
                    theme.color("onink"), None)  # fmt: skip
        case "accept":
            back = theme.color("ready.solid")
            return (back.lighter(108) if hot else back), theme.color("ready.on"), None
        case "end":
            return (theme.color("miss.soft") if hot else theme.color("surface"),
                    theme.color("miss.text"), theme.color("miss.text"))  # fmt: skip
        case "quiet":
            return (theme.color("hover") if hot else None), theme.color("text2"), None
        case "link":
            return None, theme.color("accent"), None
        case _:
            return (theme.color("hover") if hot else theme.color("surface"),
                    theme.color("text"), theme.color("border2"))  # fmt: skip


class Button(QPushButton):
    """A button with an optional icon and key hint. Enter and Space both press it when it has the focus."""

    def __init__(
        self, text: str, kind: Kind = "secondary", icon: str = "", hint: str = "", size: int = 32,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text, parent)
        self._kind: Kind = kind
        self._icon_name, self._hint = icon, hint
        self.setFixedHeight(size)
        self.setAutoDefault(False)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor if kind == "link" else Qt.CursorShape.ArrowCursor)

    @property
    def kind(self) -> Kind:
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        self._kind = kind
        self.update()

    def set_text(self, text: str, hint: str | None = None) -> None:
        """Change the words; the accessible name follows."""
        if hint is not None:
            self._hint = hint
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def say_why(self, why: str) -> None:
        """Disable with the reason as tool tip, or enable when `why` is ""."""
        self.setEnabled(not why)
        self.setToolTip(why)
        self.setAccessibleDescription(why)

    def _font(self) -> QFont:
        return current().font("strong" if self._kind in ("primary", "accept") else "body")

    def _content_width(self) -> int:
        words = QFontMetrics(self._font()).horizontalAdvance(self.text())
        sign = ICON + GAP if self._icon_name else 0
        hint = hint_width(self._hint)
        return sign + words + (GAP + hint if hint else 0)

    def sizeHint(self) -> QSize:
        pad = 4 if self._kind == "link" else PAD if self.height() < 40 else 16
        floor = 0 if self._kind in ("link", "quiet") else MINIMUM
        return QSize(max(floor, self._content_width() + 2 * pad), self.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        hot = self.underMouse() or self.isDown()
        back, ink, line = button_colours(theme, self._kind, self.isEnabled(), hot)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        elif back is not None or line is not None:
            painter.setPen(QPen(line, 1) if line else Qt.PenStyle.NoPen)
            painter.setBrush(back if back is not None else Qt.BrushStyle.NoBrush)
            inset = 0.5 if line else 0
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 6, 6)
        x = (self.width() - self._content_width()) / 2
        middle = self.height() / 2
        if self._icon_name:
            icons.render(painter, self._icon_name, QRectF(round(x), round(middle - ICON / 2), ICON, ICON), ink,
                         stroke="1.7")  # fmt: skip
            x += ICON + GAP
        painter.setFont(self._font())
        painter.setPen(ink)
        words = painter.fontMetrics().horizontalAdvance(self.text())
        painter.drawText(QRectF(x, 0, words + 2, self.height()), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        filled = self._kind in ("primary", "accept") and self.isEnabled()
        paint_hint(painter, round(x + words + GAP), middle, self._hint, ink if filled else None)
        painter.end()


class LinkButton(Button):
    """An action written as accented text."""

    def __init__(self, text: str, parent: QWidget | None = None, tone: str = "accent") -> None:
        super().__init__(text, "link", size=24, parent=parent)
        self._tone = tone

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        font = theme.font("caption" if self._tone == "accent" else "strong")
        painter.setFont(font)
        painter.setPen(theme.color(self._tone if self.isEnabled() else "disabled"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
        if self.underMouse() and self.isEnabled():
            words = QFontMetrics(font).horizontalAdvance(self.text())
            y = self.height() / 2 + 8
            painter.drawLine(int((self.width() - words) / 2), int(y), int((self.width() + words) / 2), int(y))
        painter.end()


class IconButton(QAbstractButton):
    """Only for close and more: an icon with tool tip and accessible name."""

    def __init__(self, icon: str, name: str, size: int = 28, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedSize(size, size)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        offset = (self.width() - 18) / 2
        icons.render(painter, self._icon_name, QRectF(offset, offset, 18, 18), theme.color("text2"))
        painter.end()


class OptionCard(QAbstractButton):
    """A choice with icon, title, digit, one line and a price (66 px high). Put several in an exclusive QButtonGroup."""

    def __init__(
        self, title: str, line: str = "", price: str = "", icon: str = "", digit: str = "",
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._title, self._line, self._price, self._icon_name, self._digit = title, line, price, icon, digit
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(" ".join(part for part in (title, line, price) if part))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(66)
        self.setMinimumWidth(140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(212, 66)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        if on:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        else:
            painter.setPen(QPen(theme.color("border2"), 1))
            painter.setBrush(theme.color("hover") if self.underMouse() else theme.color("surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        x = 13.0
        if self._icon_name:
            icons.render(painter, self._icon_name, QRectF(x, 12, 18, 18), theme.color("accent" if on else "text2"))
            x += 28
        digit = hint_width(self._digit)
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("text"))
        centre = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(x, 10, self.width() - x - digit - 16, 22), centre, self._title)
        if digit:
            paint_hint(painter, self.width() - 12 - digit, 21, self._digit)
        price = 0
        if self._price:
            price = QFontMetrics(theme.font("strong")).horizontalAdvance(self._price)
            painter.drawText(QRectF(self.width() - 13 - price, 35, price + 1, 20), centre, self._price)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text2"))
        room = self.width() - 26 - (price + 8 if price else 0)
        words = painter.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(13, 35, room, 20), centre, words)
        painter.end()
