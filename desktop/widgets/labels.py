# SPDX-License-Identifier: GPL-3.0-or-later
"""Text on the screen: labels by type role and tone, labels that elide, figures, key hints, empty places."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QWidget

from desktop.widgets import icons
from desktop.widgets.theme import current, restyle

HINT_HEIGHT = 18
HINT_PAD = 5


def label(text: str = "", role: str = "body", tone: str = "text", parent: QWidget | None = None) -> QLabel:
    """A plain label. `role` one of theme.ROLES, `tone` a token with "." written as in tokens ("text3", "ring.text")."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setProperty("tone", tone)
    return made


def set_tone(of: QLabel, tone: str) -> None:
    """Change the colour of a label made by `label`."""
    if of.property("tone") != tone:
        restyle(of, tone=tone)


def section(text: str, parent: QWidget | None = None) -> QLabel:
    """A section title inside a pane."""
    return label(text, "section", "text3", parent)


def wrapped(text: str = "", role: str = "body", tone: str = "text", parent: QWidget | None = None) -> QLabel:
    """A label that breaks into lines."""
    made = label(text, role, tone, parent)
    made.setWordWrap(True)
    return made


class ElideLabel(QLabel):
    """One line that elides at the right, with the whole text as tool tip. Never for phone or ticket numbers, timers."""

    def __init__(
        self, text: str = "", role: str = "body", tone: str = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    @property
    def elided(self) -> bool:
        """Whether the text does not fit now."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        box = self.contentsRect()
        text = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and not self.toolTip():
            if self.elided:
                QToolTip.showText(event.globalPos(), self.text(), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


class IconLabel(QWidget):
    """An icon standing alone or before words, in one token's colour."""

    def __init__(
        self, icon: str, text: str = "", role: str = "body", tone: str = "text2", size: int = 16,
        parent: QWidget | None = None, gap: int = 6,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._icon, self._tone, self._size = icon, tone, size
        row = QHBoxLayout(self)
        row.setContentsMargins(size + (gap if text else 0), 0, 0, 0)
        row.setSpacing(0)
        self.words = label(text, role, tone, self)
        row.addWidget(self.words)
        self.words.setVisible(bool(text))
        self._gap = gap
        self.setMinimumHeight(size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed if not text else QSizePolicy.Policy.Preferred,
                           QSizePolicy.Policy.Preferred)  # fmt: skip

    def set(self, icon: str, text: str, tone: str) -> None:
        self._icon, self._tone = icon, tone
        self.words.setText(text)
        self.words.setVisible(bool(text))
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(self._size + (self._gap if text else 0), 0, 0, 0)
        set_tone(self.words, tone)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(0, (self.height() - self._size) / 2, self._size, self._size)
        icons.render(painter, self._icon, box, current().color(self._tone))
        painter.end()


def hint_width(text: str, always: bool = False) -> int:
    """How wide the box of a key hint is; 0 when hints are turned off, unless `always` (the list of keys)."""
    if not text or not (always or current().key_hints):
        return 0
    return max(HINT_HEIGHT, QFontMetrics(current().font("caption")).horizontalAdvance(text) + 2 * HINT_PAD + 2)


def paint_hint(
    painter: QPainter, x: float, middle: float, text: str, on: QColor | None = None, always: bool = False
) -> None:
    """Draw a key hint at `x`, centred on `middle`. `on` is the ink when it stands on a filled button."""
    width = hint_width(text, always)
    if not width:
        return
    theme = current()
    box = QRectF(x + 0.5, round(middle - HINT_HEIGHT / 2) + 0.5, width - 1, HINT_HEIGHT - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(on or theme.color("border"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush if on else theme.color("canvas"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(theme.font("caption"))
    painter.setPen(on or theme.color("text3"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


class KeyHint(QWidget):
    """A key hint standing after a label."""

    def __init__(self, text: str, parent: QWidget | None = None, always: bool = False) -> None:
        super().__init__(parent)
        self._text, self._always = text, always
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(hint_width(self._text, self._always), HINT_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_hint(painter, 0, self.height() / 2, self._text, always=self._always)
        painter.end()


class FigureLabel(QWidget):
    """A queue figure: the number over its name, a hairline at the left. Stale figures turn pale, their age is said."""

    HEIGHT = 40

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._figure, self._stale = name, "–", False
        self.setFixedHeight(self.HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_figure(self._figure)

    @property
    def figure(self) -> str:
        return self._figure

    def set_figure(self, figure: str, stale: str = "") -> None:
        """`stale` replaces the name by the figure's age."""
        words = stale or self._name
        if (figure, bool(stale), words) == (self._figure, self._stale, self.accessibleDescription()):
            return
        self._figure, self._stale = figure, bool(stale)
        self.setAccessibleName(f"{self._name} {figure}")
        self.setAccessibleDescription(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = current()
        words = QFontMetrics(theme.font("caption")).horizontalAdvance(self.accessibleDescription())
        figure = QFontMetrics(theme.font("name")).horizontalAdvance(self._figure)
        return QSize(13 + max(words, figure, 23) + 13, self.HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.fillRect(QRectF(0, 0, 1, self.height()), theme.color("border"))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font("name"))
        painter.setPen(theme.color("text3" if self._stale else "text"))
        painter.drawText(QRectF(12, -2, self.width() - 12, 28), left, self._figure)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("ring.text" if self._stale else "text3"))
        painter.drawText(QRectF(12, 23, self.width() - 12, 18), left, self.accessibleDescription())
        painter.end()


class EmptyPlace(QWidget):
    """What an empty list shows: one icon and one sentence that says what will appear here."""

    def __init__(self, icon: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(IconLabel(icon, tone="text3", size=20, parent=self))
        self.words = label(text, "body", "text3", self)
        row.addWidget(self.words)
        row.addStretch(1)


def tip_at(widget: QWidget, text: str) -> None:
    """Show a tool tip under a widget at once (for keyboard users)."""
    QToolTip.showText(widget.mapToGlobal(QPoint(0, widget.height())), text, widget)
