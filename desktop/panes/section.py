# SPDX-License-Identifier: GPL-3.0-or-later
"""A titled part of a pane whose rows bring their own side padding, and the headers and footers of panes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.widgets.labels import ElideLabel, section, wrapped
from desktop.widgets.theme import current

HEADER_H = 44
FOOTER_H = 52


class Section(QWidget):
    """A section title with something at its right end, over rows that bring their own side padding."""

    def __init__(self, title: str, at_right: QWidget | None = None, side: int = 16) -> None:
        super().__init__()
        self._title = section(title)
        head = QHBoxLayout()
        head.setContentsMargins(side, 0, side, 0)
        head.addWidget(self._title)
        head.addStretch(1)
        if at_right is not None:
            head.addWidget(at_right)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 10, 0, 8)
        self._column.setSpacing(2)
        self._column.addLayout(head)

    def set_title(self, title: str) -> None:
        self._title.setText(title)

    def add(self, part: QWidget, side: int = 0) -> None:
        """Put `part` under the title, with `side` pixels of padding."""
        if side:
            row = QHBoxLayout()
            row.setContentsMargins(side, 0, side, 0)
            row.addWidget(part)
            self._column.addLayout(row)
        else:
            self._column.addWidget(part)


def bar(role: str, height: int, side: int = 20) -> tuple[QFrame, QHBoxLayout]:
    """A header (`role` header) or footer (`role` footer) of fixed height with its row."""
    frame = QFrame()
    frame.setProperty("role", role)
    frame.setFixedHeight(height)
    row = QHBoxLayout(frame)
    row.setContentsMargins(side, 0, side, 0)
    row.setSpacing(8)
    row.setAlignment(Qt.AlignmentFlag.AlignVCenter)
    return frame, row


def spoken_line(wraps: bool = True) -> QLabel:
    """A label for words that are said aloud: 14 px, in lines or eliding in one."""
    made: QLabel = wrapped("", "") if wraps else ElideLabel("", "")
    made.setFont(current().font("say"))
    return made
