# SPDX-License-Identifier: GPL-3.0-or-later
"""Tabs written as words with a bar under the chosen one: one Tab stop, arrows move, a dot marks what is unsaved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from desktop.widgets.theme import current
from resources.i18n import tr

HEIGHT = 44
PAD = 9


class Tab(QAbstractButton):
    """One tab."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFixedHeight(HEIGHT)
        self._unsaved = False
        self.toggled.connect(self._reachable)
        self._reachable(False)

    def _reachable(self, on: bool) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)

    def mark(self, unsaved: bool) -> None:
        if unsaved != self._unsaved:
            self._unsaved = unsaved
            self.setAccessibleDescription(tr("house.unsaved") if unsaved else "")
            self.setToolTip(tr("house.unsaved") if unsaved else "")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(current().font("strong")).horizontalAdvance(self.text()) + 2 * PAD, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() and not on:
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0, 7, 0, -7), 6, 6)
        if self.hasFocus():
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0, 7, 0, -7), 6, 6)
        painter.setFont(theme.font("strong" if on else "body"))
        painter.setPen(theme.color("text" if on else "text2"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
        painter.setPen(Qt.PenStyle.NoPen)
        if on:
            painter.setBrush(theme.color("accent"))
            painter.drawRect(QRectF(PAD, HEIGHT - 3, self.width() - 2 * PAD, 2))
        if self._unsaved:
            painter.setBrush(theme.color("ring.text"))
            painter.drawEllipse(QRectF(self.width() - 8, 11, 6, 6))
        painter.end()


class Tabs(QWidget):
    """`chosen` with the code; `current` is the one in sight."""

    chosen = Signal(str)

    def __init__(self, tabs: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self.tabs: dict[str, Tab] = {}
        self.current = tabs[0][0]
        for code, words in tabs:
            tab = Tab(words)
            self.tabs[code] = tab
            self._group.addButton(tab)
            row.addWidget(tab)
            tab.clicked.connect(lambda _on, code=code: self._choose(code))

    def _choose(self, code: str) -> None:
        self.show_chosen(code)
        self.chosen.emit(code)

    def show_chosen(self, code: str) -> None:
        self.current = code
        self.tabs[code].setChecked(True)

    def mark(self, code: str, unsaved: bool) -> None:
        self.tabs[code].mark(unsaved)

    def step(self, by: int) -> None:
        """The tab beside; at the end round to the other."""
        codes = list(self.tabs)
        code = codes[(codes.index(self.current) + by) % len(codes)]
        had = any(tab.hasFocus() for tab in self.tabs.values())
        self._choose(code)
        if had:
            self.tabs[code].setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.step(step)
            return
        super().keyPressEvent(event)
