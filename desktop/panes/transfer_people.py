# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of engineers in the transfer panel: state with its timer, name, skills, how soon he could take the call.

Nothing is estimated that nobody knows: only who is free at once is called so.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.widgets.beat import beat
from desktop.widgets.figures import clock
from desktop.widgets.glyphs import look
from desktop.widgets.theme import Theme
from models.kinds import AgentState
from resources.i18n import known, language, tr
from telephony.messages import Colleague

PAD = 16
GLYPH_W = 26
WAIT_W = 76
NAME_W = 138
STATE_W = {"zh_CN": 96, "en": 124}
HEADER_H = 28
OUT_OF_REACH = (AgentState.NOT_READY, AgentState.NOT_RESPONDING, AgentState.SIGNED_OUT)


def skill_words(skill: str) -> str:
    """A skill by its name; product lines have one in the catalogue."""
    key = f"guide.product_line_{skill}"
    return tr(key) if known(key) else skill


def skills_words(person: Colleague) -> str:
    return tr("transfer.skill_join").join(skill_words(skill) for skill in person.skills)


def wait_words(person: Colleague) -> str:
    """How soon he could take the call."""
    return tr(f"transfer.wait_{person.state}")


def spoken_person(person: Colleague) -> str:
    return tr("transfer.person_row", person.name, person.agent, tr(f"transfer.state_{person.state}"),
              skills_words(person), wait_words(person))  # fmt: skip


def columns(box: QRect) -> tuple[QRect, QRect, QRect, QRect]:
    """State, name, skills and wait within a row."""
    left, top, height = box.left() + PAD, box.top(), box.height()
    state = QRect(left, top, GLYPH_W + STATE_W[language()], height)
    name = QRect(state.right() + 1, top, NAME_W, height)
    wait = QRect(box.right() + 1 - PAD - WAIT_W, top, WAIT_W, height)
    skills = QRect(name.right() + 1, top, max(0, wait.left() - name.right() - 9), height)
    return state, name, skills, wait


class PeopleHeader(QWidget):
    """The names of the columns."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(HEADER_H)

    def paintEvent(self, event: QPaintEvent) -> None:
        brush = Brush(QPainter(self), self._theme)
        brush.fill(self.rect(), "canvas")
        state, name, skills, wait = columns(self.rect())
        brush.text(state.adjusted(GLYPH_W, 0, 0, 0), tr("transfer.column_state"), "caption", "text3")
        brush.text(name, tr("transfer.column_name"), "caption", "text3")
        brush.text(skills, tr("transfer.column_skills"), "caption", "text3")
        brush.text(wait, tr("transfer.column_wait"), "caption", "text3", right=True)
        brush.rule(self.rect())
        brush.painter.end()


class PersonDelegate(RowDelegate):
    """`dimmed` when nobody is free: the promise below is what is left to do."""

    height = 44
    dimmed = False

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def draw(self, brush: Brush, box: QRect, row: Colleague, selected: bool) -> None:
        state, name, skills, wait = columns(box)
        pale = self.dimmed or row.state in OUT_OF_REACH
        brush.glyph(state, look(row.state), 16)
        words = state.adjusted(GLYPH_W, 0, 0, 0)
        used = brush.text(words, tr(f"transfer.state_{row.state}"), "body", "text2" if pale else "text")
        brush.text(words.adjusted(max(46, used + 8), 0, -4, 0), clock(self._now() - row.since), "body", "text2")
        used = brush.text(name, row.name, "strong", "text2" if pale else "text")
        brush.text(name.adjusted(used + 5, 0, 0, 0), row.agent, "caption", "text3")
        brush.text(skills, skills_words(row), "body", "text3" if pale else "text")
        free = row.state is AgentState.READY
        brush.text(wait, wait_words(row), "strong" if free else "body", "ready.text" if free else "text2", right=True)
        brush.rule(box)


class PeopleView(RowsView):
    """One Tab stop. `wanted` carries whether to consult first; `hand` tells when pointer or focus comes and goes."""

    wanted = Signal(bool)
    hand = Signal(bool)

    def __init__(self, theme: Theme, now: Callable[[], float]) -> None:
        self.delegate = PersonDelegate(theme, now)
        super().__init__(Rows(spoken_person, lambda row: row.agent), self.delegate, tr("transfer.title"), scrolls=True)
        self._inside = False
        beat().second.connect(self._tick)

    def _tick(self) -> None:
        if self.isVisible():
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            return
        super().keyPressEvent(event)

    def _hand(self) -> None:
        on = self.hasFocus() or self.underMouse()
        if on != self._inside:
            self._inside = on
            self.hand.emit(on)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._hand()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hand()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._hand()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hand()
