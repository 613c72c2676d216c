# SPDX-License-Identifier: GPL-3.0-or-later
"""The rail at the left: one item per page of this person, below it settings and who is signed in. 64 px wide."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QVBoxLayout, QWidget

from desktop.widgets import icons
from desktop.widgets.bars import Avatar
from desktop.widgets.theme import current
from resources.i18n import tr

WIDTH = 64
ITEM = QSize(52, 52)


class RailItem(QAbstractButton):
    """Icon over word, with a count badge when something waits."""

    def __init__(self, text: str, icon: str, checkable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._icon_name, self._count = icon, 0
        self.setCheckable(checkable)
        self.setFixedSize(ITEM)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._tell()

    def _tell(self) -> None:
        words = tr("shell.rail_count", self.text(), self._count) if self._count else self.text()
        self.setAccessibleName(words)
        self.setToolTip(words)

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._tell()
            self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        if on or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected" if on else "hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        ink = theme.color("accent" if on else "text2")
        icons.render(painter, self._icon_name, QRectF(16, 7, 20, 20), ink)
        painter.setFont(theme.font("section" if on else "caption"))
        painter.setPen(ink)
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, ITEM.width())
        painter.drawText(QRectF(0, 28, ITEM.width(), 18), int(Qt.AlignmentFlag.AlignCenter), words)
        if self._count:
            self._paint_badge(painter)
        painter.end()

    def _paint_badge(self, painter: QPainter) -> None:
        theme = current()
        text = str(self._count) if self._count < 100 else "99+"
        width = max(16.0, QFontMetrics(theme.font("badge")).horizontalAdvance(text) + 8.0)
        box = QRectF(QPointF(ITEM.width() - 5 - width, 7), QPointF(ITEM.width() - 5, 23))
        painter.setPen(QPen(theme.color("surface"), 1))
        painter.setBrush(theme.color("ink"))
        painter.drawRoundedRect(box, 8, 8)
        painter.setFont(theme.font("badge"))
        painter.setPen(theme.color("onink"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


class Rail(QFrame):
    """`chosen` with the page's name; `settings_wanted`. One Tab stop per group, arrows move inside."""

    chosen = Signal(str)
    settings_wanted = Signal()

    def __init__(self, initials: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "rail")
        self.setAccessibleName(tr("shell.rail"))
        self.setFixedWidth(WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 8, 5, 8)
        self._column.setSpacing(4)
        self._group = QButtonGroup(self)
        self._items: dict[str, RailItem] = {}
        self._places = 0
        self._column.addStretch(1)
        self.settings = RailItem(tr("shell.settings"), "gear", False, self)
        self.settings.clicked.connect(self.settings_wanted)
        self._column.addWidget(self.settings)
        self.avatar = Avatar(initials, name, parent=self)
        self._column.addWidget(self.avatar, 0, Qt.AlignmentFlag.AlignHCenter)

    def add(self, page: str, text: str, icon: str) -> RailItem:
        """A page's item, below the ones there are."""
        item = RailItem(text, icon, parent=self)
        self._column.insertWidget(self._places, item)
        self._places += 1
        self._group.addButton(item)
        self._items[page] = item
        item.clicked.connect(lambda: self.chosen.emit(page))
        return item

    def item(self, page: str) -> RailItem:
        return self._items[page]

    def show_chosen(self, page: str) -> None:
        if page in self._items:
            self._items[page].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        buttons = [*self._items.values(), self.settings]
        focused = next((n for n, button in enumerate(buttons) if button.hasFocus()), None)
        if focused is not None and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            buttons[(focused + step) % len(buttons)].setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)
