# SPDX-License-Identifier: GPL-3.0-or-later
"""The folded steps of the guided form: finished ones with a way back, coming ones dimmed, all of them while ringing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from desktop.widgets.buttons import LinkButton
from desktop.widgets.chips import Chip
from desktop.widgets.figures import grouped
from desktop.widgets.labels import ElideLabel, IconLabel, label, set_tone
from desktop.widgets.theme import current
from resources.i18n import language, tr

if TYPE_CHECKING:
    from desktop.flows.guided import StepNow

ROW_H = 38
PREVIEW_H = 52
TITLE_W = {"zh_CN": 64, "en": 72}
_E164 = re.compile(r"\+\d{8,15}")


def readable(summary: str) -> str:
    """A summary with its phone numbers grouped for reading."""
    return _E164.sub(lambda found: grouped(found.group()), summary)


class NumberDisc(QWidget):
    """The number of a step in a ring."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setFixedSize(22, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("border2"), 1))
        painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("text2"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), str(self._number))
        painter.end()


class StepSummary(QFrame):
    """A folded step in one line: what was filled in, and a link that opens it again."""

    opened = Signal(str)

    def __init__(self, name: str, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._number = number
        self.setFixedHeight(ROW_H)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = IconLabel("check", tone="text2", size=16)
        self._count = label(str(number), "body", "text3")
        self._count.setFixedWidth(16)
        self._title = label(tr(f"guide.step_{name}"), "body", "text2")
        self._title.setMinimumWidth(TITLE_W[language()])
        self.words = ElideLabel("", "body", "text")
        self.edit = LinkButton(tr("form.edit"))
        self.edit.clicked.connect(lambda: self.opened.emit(self.name))
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 14, 1)
        row.setSpacing(12)
        for part in (self._icon, self._count, self._title):
            row.addWidget(part)
        row.addWidget(self.words, 1)
        row.addWidget(self.edit)

    def show_step(self, step: StepNow, before: bool) -> None:
        """`before`: it stands above the current step, so it has been asked."""
        self._icon.setVisible(before)
        self._icon.set("check" if step.done else "warn", "", "text2" if step.done else "ring.text")
        self._count.setVisible(not before)
        set_tone(self._title, "text2" if before else "text3")
        self.words.setText(readable(step.summary) or tr(f"form.coming_{step.name}"))
        self.edit.setVisible(before)
        set_tone(self.words, "text" if before and step.summary else "text3" if not step.summary else "text2")
        self.edit.setAccessibleName(f"{tr('form.edit')} {tr(f'guide.step_{step.name}')}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, current().color("border"))
        painter.end()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit(self.name)


class StepPreview(QFrame):
    """A step while the call still rings: what is filled in already, what will be asked."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__()
        self.name = name
        self.setFixedHeight(PREVIEW_H)
        title = label(tr(f"guide.step_{name}"), "strong")
        title.setMinimumWidth(TITLE_W[language()])
        self.words = ElideLabel("", "body", "text")
        self.chip = Chip("", "accent")
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 1)
        row.setSpacing(12)
        row.addWidget(NumberDisc(number))
        row.addWidget(title)
        row.addWidget(self.words, 1)
        row.addWidget(self.chip)

    def show_step(self, step: StepNow, missing: int) -> None:
        """`missing`: how many of its mandatory fields are empty."""
        self.words.setText(readable(step.summary) or tr(f"form.coming_{step.name}"))
        set_tone(self.words, "text" if step.summary else "text3")
        if missing:
            self.chip.set(tr("form.to_fill", missing), "outline")
        else:
            self.chip.set(tr("form.filled_in"), "accent")
        self.chip.setVisible(bool(missing) or bool(step.summary))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, current().color("border"))
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(400, PREVIEW_H)
