# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a call went as it did: who could have taken it and with what score, who missed it, what sent it on.

`show(contact)` reads the history and paints it as a line of steps; the same call again costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.flows.house_why import WhyFlow, WhyLine
from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.panes.section import HEADER_H, bar
from desktop.widgets.buttons import IconButton
from desktop.widgets.figures import second
from desktop.widgets.labels import EmptyPlace, label
from desktop.widgets.theme import Theme
from models.rules.refusals import in_words
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

PAD = 16
PANEL = QSize(440, 600)
MARGIN = 16
SIGNS = {
    "call": ("phone", "text2"), "queue": ("users", "text2"), "menu": ("keypad", "text2"),
    "eligible": ("star", "accent"),
    "offer": ("bell", "ring.text"), "missed": ("warn", "miss.text"), "answered": ("check", "ready.text"),
    "overflow": ("transfer", "ring.text"), "closed": ("lock", "miss.text"), "relaxed": ("filter", "text2"),
    "callback": ("cb", "text2"), "message": ("inbox", "text2"), "ended": ("hangup", "text2"),
    "other": ("info", "text3"),
}  # fmt: skip


class WhyDelegate(RowDelegate):
    height = 32
    hover = False

    def draw(self, brush: Brush, box: QRect, row: WhyLine, selected: bool) -> None:
        icon, tone = SIGNS.get(row.sign, SIGNS["other"])
        inner = box.adjusted(PAD, 0, -PAD, 0)
        if not row.inner:
            brush.icon(QRect(inner.left(), box.top(), 18, box.height()), icon, tone, 16)
            brush.rule(QRect(box.left(), box.top() - 1, box.width(), 1))
        inner.setLeft(inner.left() + (40 if row.inner else 26))
        used = 0
        if row.at and not row.inner:
            used = brush.text(inner, second(row.at), "caption", "text3", right=True) + 8
        role, token = ("caption", "text2") if row.inner else ("body", "text")
        brush.text(inner.adjusted(0, 0, -used, 0), in_words(row.words, row.args), role, token)

    def tip(self, row: WhyLine) -> str:
        return in_words(row.words, row.args)


def _spoken(row: WhyLine) -> str:
    return in_words(row.words, row.args)


class WhyPane(QFrame):
    """Stands beside a list, or alone in a panel."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flow = WhyFlow(desk)
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("why.title"))
        header, self.head = bar("header", HEADER_H, PAD)
        self.head.addWidget(label(tr("why.title"), "title"), 1)
        self.list = RowsView(Rows(_spoken, lambda line: line.key), WhyDelegate(theme), tr("why.title"), scrolls=True)
        self.empty = EmptyPlace("info", tr("why.none"))
        self.empty.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self.empty, 1)
        column.addWidget(self.list, 1)
        self.flow.changed.watch(self.refresh)
        self.refresh()

    def show(self, contact: str | None = None) -> None:
        """Explain this contact, "" nothing; without one, show the widget."""
        if contact is None:
            super().show()
            return
        self.flow.open(contact)

    def refresh(self) -> None:
        lines = self.flow.lines
        self.list.show_rows(lines)
        self.list.setVisible(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.words.setText(tr("why.none" if not self.flow.contact else f"why.{self.flow.state}"))


class WhyPanel(QFrame):
    """The same over any page, for an alarm or a line of a customer's history: `open_for(contact)`, closed by Esc."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self.setAccessibleName(tr("why.title"))
        self.pane = WhyPane(desk, theme)
        self.close_button = IconButton("x", tr("shell.close"), parent=self)
        self.close_button.clicked.connect(self.hide)
        self.pane.head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self.pane)
        self.hide()

    def open_for(self, contact: str) -> None:
        """Explain this contact at the right of the page."""
        self.pane.show(contact)
        parent = self.parentWidget()
        if parent is not None:
            height = max(PANEL.height() // 2, min(PANEL.height(), parent.height() - 2 * MARGIN))
            self.resize(PANEL.width(), height)
            self.move(parent.width() - PANEL.width() - MARGIN, parent.height() - height - MARGIN)
        self.show()
        self.raise_()
        self.close_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)
