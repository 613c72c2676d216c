# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames: cards, panes with a header and a footer, hairlines, strips that say what is wrong and what is safe."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from desktop.widgets.buttons import LinkButton
from desktop.widgets.labels import ElideLabel, IconLabel, label, section
from desktop.widgets.theme import restyle

PANE_HEADER = 44
FOOTER = 52
STRIP = 28


def hairline(parent: QWidget | None = None) -> QFrame:
    """A 1 px line across."""
    line = QFrame(parent)
    line.setProperty("role", "hairline")
    line.setFixedHeight(1)
    return line


def upright(height: int = 20, parent: QWidget | None = None) -> QFrame:
    """A 1 px line upright."""
    line = QFrame(parent)
    line.setProperty("role", "upright")
    line.setFixedSize(1, height)
    return line


class Card(QFrame):
    """A card with an optional section title; fill `body`."""

    def __init__(self, title: str = "", parent: QWidget | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(13, 11, 13, 11)
        self.body.setSpacing(spacing)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(6)
        self.title = section(title, self)
        if title:
            self.setAccessibleName(title)
            self.head.addWidget(self.title)
            self.head.addStretch(1)
            self.body.addLayout(self.head)
        else:
            self.title.hide()


class Pane(QFrame):
    """A region of the screen: optional header (44 px) and footer (52 px) that never give way, a body between."""

    def __init__(self, title: str = "", parent: QWidget | None = None, scroll: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("role", "pane")
        self.setAccessibleName(title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.header: QHBoxLayout | None = None
        if title:
            self.header = self._bar("header", PANE_HEADER)
            self.title = label(title, "title")
            self.header.addWidget(self.title)
        content = QWidget()
        content.setProperty("role", "pane")
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        if scroll:
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(content)
            self._column.addWidget(area, 1)
        else:
            self._column.addWidget(content, 1)

    def _bar(self, role: str, height: int) -> QHBoxLayout:
        bar = QFrame()
        bar.setProperty("role", role)
        bar.setFixedHeight(height)
        row = QHBoxLayout(bar)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(12)
        self._column.addWidget(bar)
        return row

    def add_footer(self) -> QHBoxLayout:
        """The row of the footer, made once, below everything."""
        return self._bar("footer", FOOTER)

    def add_under_header(self, widget: QWidget) -> None:
        """A region between header and body that does not scroll."""
        self._column.insertWidget(1 if self.header is not None else 0, widget)


class Strip(QFrame):
    """One line that says what is wrong, what is safe, and at most one action. `look` ring (data) or miss (calls)."""

    acted = Signal()

    def __init__(
        self, look: str, icon: str, text: str = "", action: str = "", parent: QWidget | None = None, height: int = STRIP
    ) -> None:
        super().__init__(parent)
        self._look = look
        self.setProperty("role", f"strip-{look}")
        self.setFixedHeight(height)
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 0, 8, 0)
        row.setSpacing(8)
        self._sign = IconLabel(icon, tone=f"{look}.text", size=14, parent=self)
        row.addWidget(self._sign)
        self.words = ElideLabel(text, "body", f"{look}.text", self)
        row.addWidget(self.words, 1)
        self.action = LinkButton(action, self, tone=f"{look}.text")
        self.action.setVisible(bool(action))
        self.action.clicked.connect(self.acted)
        row.addWidget(self.action)

    def say(self, text: str, action: str | None = None) -> None:
        self.words.setText(text)
        self.setAccessibleName(text)
        if action is not None:
            self.action.set_text(action)
            self.action.setVisible(bool(action))

    def set_look(self, look: str, icon: str) -> None:
        self._look = look
        self._sign.set(icon, "", f"{look}.text")
        restyle(self.words, tone=f"{look}.text")
        restyle(self, role=f"strip-{look}")


def splitter(*panes: tuple[QWidget, int, int], parent: QWidget | None = None) -> QSplitter:
    """One horizontal splitter of (pane, minimum width, stretch); panes never collapse."""
    made = QSplitter(Qt.Orientation.Horizontal, parent)
    made.setChildrenCollapsible(False)
    made.setHandleWidth(1)
    for n, (pane, minimum, stretch) in enumerate(panes):
        pane.setMinimumWidth(minimum)
        made.addWidget(pane)
        made.setStretchFactor(n, stretch)
    return made


def empty_layout(layout: QLayout) -> None:
    """Take everything out of a layout and let the widgets go."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
            continue
        inner = item.layout()
        if inner is not None:
            empty_layout(inner)
