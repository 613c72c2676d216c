# SPDX-License-Identifier: GPL-3.0-or-later
"""The newcomer's welcome: whose desk to sit at, or all three side by side while robots play the others."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.sign_in import HEIGHT, WIDTH, InkPanel, mark_pixmap_icon
from desktop.widgets.buttons import OptionCard
from desktop.widgets.focus import show_focus_everywhere
from desktop.widgets.labels import label, wrapped
from desktop.widgets.theme import Theme
from resources.i18n import tr

CHOICES = (("agent", "headset"), ("engineer", "server"), ("supervisor", "grid"), ("all", "users"))
"""What may be chosen, with its icon; `sign_in.welcome_<name>` and `sign_in.welcome_<name>_line`."""


class Welcome(QWidget):
    """`chosen` with agent, engineer, supervisor or all; `closed` when the window is shut without a choice."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        show_focus_everywhere()
        self.setFixedSize(WIDTH, HEIGHT)
        self.setProperty("role", "pane")
        self.setWindowTitle(tr("sign_in.welcome"))
        self.setWindowIcon(mark_pixmap_icon(theme))
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(InkPanel("", "", self))
        right = QFrame(self)
        right.setProperty("role", "pane")
        column = QVBoxLayout(right)
        column.setContentsMargins(40, 36, 40, 32)
        column.setSpacing(8)
        column.addWidget(label(tr("sign_in.welcome_title"), "name", "text", right))
        column.addWidget(wrapped(tr("sign_in.welcome_line"), "body", "text2", right))
        column.addSpacing(16)
        grid = QGridLayout()
        grid.setSpacing(12)
        self.cards: dict[str, OptionCard] = {}
        for n, (name, icon) in enumerate(CHOICES):
            title, line = tr(f"sign_in.welcome_{name}"), tr(f"sign_in.welcome_{name}_line")
            card = OptionCard(title, line, icon=icon, digit=str(n + 1), parent=right)
            card.setCheckable(False)
            card.clicked.connect(partial(self._choose, name))
            self.cards[name] = card
            grid.addWidget(card, n, 0)
        column.addLayout(grid)
        column.addStretch(1)
        column.addWidget(wrapped(tr("sign_in.welcome_robots"), "caption", "text3", right))
        outer.addWidget(right, 1)
        self.cards["agent"].setFocus()

    def _choose(self, name: str, checked: bool = False) -> None:
        self.chosen.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        names = [name for name, _ in CHOICES]
        if event.text() in ("1", "2", "3", "4"):
            self._choose(names[int(event.text()) - 1])
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for name, card in self.cards.items():
                if card.hasFocus():
                    self._choose(name)
                    return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)
