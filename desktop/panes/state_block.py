# SPDX-License-Identifier: GPL-3.0-or-later
"""The state block at the left end of the call bar: colour, shape and word of the agent's state, its timer, its menu.

The menu never blocks: digits pick. A lost handset turns the block red and disables the menu.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from desktop.widgets import icons
from desktop.widgets.bars import ring_now
from desktop.widgets.beat import beat
from desktop.widgets.figures import clock
from desktop.widgets.glyphs import glyph_pixmap, look
from desktop.widgets.theme import current
from models.kinds import AgentState, StateReason
from resources.i18n import tr
from telephony.messages import MyState

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

SIZE = QSize(208, 64)
CHOICES: tuple[tuple[str, AgentState, StateReason | None], ...] = (
    ("state.ready", AgentState.READY, None),
    ("state.reason_break", AgentState.NOT_READY, StateReason.BREAK),
    ("state.reason_meal", AgentState.NOT_READY, StateReason.MEAL),
    ("state.reason_training", AgentState.NOT_READY, StateReason.TRAINING),
    ("state.reason_meeting", AgentState.NOT_READY, StateReason.MEETING),
    ("state.sign_out", AgentState.SIGNED_OUT, None),
)
"""What the menu offers, digits 1 to 6."""


def state_words(state: AgentState) -> str:
    """The name of a state."""
    return tr(f"state.{state.value}")


def state_line(mine: MyState, now: float, rings: int, cadence: float, ring_started: float) -> str:
    """The line under the state's name. `now` site time."""
    spent = clock(now - mine.since)
    match mine.state:
        case AgentState.READY:
            return tr("state.line_ready", spent)
        case AgentState.RINGING | AgentState.RESERVED:
            elapsed = max(0.0, now - ring_started) if ring_started else 0.0
            return tr("state.line_ringing", ring_now(elapsed, rings, cadence), clock(elapsed))
        case AgentState.ON_CALL:
            if mine.next_state is not None:
                return tr("state.line_next", next_words(mine.next_state, mine.next_reason))
            return tr("state.line_on_call", mine.calls_today)
        case AgentState.WRAP_UP:
            left = clock((mine.until or now) - now)
            following = next_words(mine.next_state or AgentState.READY, mine.next_reason)
            return tr("state.line_wrap_up", left, following)
        case AgentState.NOT_READY | AgentState.NOT_RESPONDING:
            if mine.reason is None:
                return spent
            return tr("state.line_reason", spent, tr(f"state.reason_{mine.reason.value}"))
        case AgentState.SIGNED_OUT:
            return tr("state.line_signed_out")
        case _:
            assert_never(mine.state)


def next_words(state: AgentState, reason: StateReason | None) -> str:
    """The state that follows, in as few words as possible."""
    return tr(f"state.reason_{reason.value}") if reason else state_words(state)


class StateBlock(QAbstractButton):
    """Painted; a click, Space or Ctrl+Shift+S opens the menu."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._look, self._title, self._line = "off", "", ""
        self._pulse = True
        self.setFixedSize(SIZE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ownFocus", True)
        self.menu = QMenu(self)
        self.menu.setAccessibleName(tr("state.menu"))
        self.clicked.connect(self.open_menu)
        desk.calls.changed.watch(self.refresh)
        desk.connection_changed.watch(self.refresh)
        beat().second.connect(self.refresh)
        self.refresh()

    @property
    def title(self) -> str:
        return self._title

    @property
    def line(self) -> str:
        return self._line

    @property
    def elided(self) -> bool:
        """Whether the state's name does not fit."""
        return QFontMetrics(current().font("title")).horizontalAdvance(self._title) > self._room()

    def _room(self) -> int:
        return SIZE.width() - 54 - 34

    def refresh(self) -> None:
        """Read the state again; repaint only when something changed."""
        shown = self._read()
        self.setEnabled(self._desk.me is None or self._desk.handset_up or not self._has_phone())
        rings = shown[0] == "ring"
        pulse = not rings or current().reduced_motion or self._tone_sounds()
        if shown != (self._look, self._title, self._line) or pulse != self._pulse:
            self._look, self._title, self._line = shown
            self._pulse = pulse
            self.setAccessibleName(tr("state.accessible", self._title, self._line))
            self.setToolTip(f"{self._line}\n{tr('state.menu')} Ctrl+Shift+S")
            self.update()

    def _tone_sounds(self) -> bool:
        """One second of tone, then rest: the diamond steps with it."""
        offer = self._desk.calls.offer
        if offer is None or not offer.ring_started:
            return True
        return (self._desk.now() - offer.ring_started) % offer.cadence_s < 1.0 or offer.cadence_s <= 1.0

    def _read(self) -> tuple[str, str, str]:
        desk = self._desk
        mine = desk.calls.state
        if desk.me is not None and not desk.handset_up and self._has_phone():
            return "miss", tr("state.phone_offline"), tr("state.line_phone_offline")
        if mine is None or (mine.state is AgentState.SIGNED_OUT and not self._has_phone()):
            if desk.me is not None and not self._has_phone():
                return "ready", tr("state.on_duty"), tr("state.line_on_duty", desk.me.name)
            return "off", tr("state.signed_out"), tr("state.line_signed_out")
        offer = desk.calls.offer
        rings, cadence, started = (offer.rings, offer.cadence_s, offer.ring_started) if offer else (3, 5.0, 0.0)
        return look(mine.state), state_words(mine.state), state_line(mine, desk.now(), rings, cadence, started)

    def _has_phone(self) -> bool:
        groups = self._desk.me.groups if self._desk.me is not None else ()
        return not groups or any(group in ("agent", "engineer", "complaint_specialist") for group in groups)

    def open_menu(self) -> None:
        """Show the menu under the block; it does not block the desk."""
        if not self.isEnabled():
            return
        self.fill_menu()
        self.menu.popup(self.mapToGlobal(QPoint(8, self.height() + 2)))

    def fill_menu(self) -> None:
        """Write the choices anew: the words depend on the situation."""
        self.menu.clear()
        on_call = self._desk.calls.call is not None and self._desk.calls.call.stage != "wrap_up"
        if on_call:
            head = self.menu.addAction(tr("state.menu_next"))
            head.setEnabled(False)
        for digit, (words, state, reason) in enumerate(CHOICES, start=1):
            action = self.menu.addAction(f"&{digit}   {tr(words)}")
            action.setIcon(glyph_pixmap(look(state), 14, self.devicePixelRatioF()))
            action.triggered.connect(partial(self._choose, state, reason))

    def _choose(self, state: AgentState, reason: StateReason | None, checked: bool = False) -> None:
        self._desk.calls.guard.disarm()
        self._desk.calls.choose(state, reason)

    def sizeHint(self) -> QSize:
        return SIZE

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._look == "off":
            back, ink, soft = theme.color("surface"), theme.color("text"), theme.color("text3")
        else:
            back, ink = theme.color(f"{self._look}.solid"), theme.color(f"{self._look}.on")
            soft = ink
        painter.fillRect(self.rect(), back)
        mark = back if self._look != "ring" else theme.color("ring.solid")
        glyph = ink if self._pulse else QColor(ink.red(), ink.green(), ink.blue(), 150)
        shape = soft if self._look == "off" else glyph
        icons.render(painter, f"state-{self._look}", QRectF(18, 20, 24, 24), shape, mark)
        painter.setPen(ink)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(theme.font("title"))
        title = painter.fontMetrics().elidedText(self._title, elide, self._room())
        painter.drawText(QRectF(54, 12, self._room() + 2, 24), left, title)
        painter.setFont(theme.font("caption"))
        painter.setPen(soft if self._look == "off" else ink)
        painter.drawText(QRectF(54, 34, 116, 18), left, painter.fontMetrics().elidedText(self._line, elide, 113))
        if self._look != "ring" and theme.key_hints:
            painter.drawText(QRectF(168, 24, 14, 18), left, "S")
        icons.render(painter, "down", QRectF(178, 24, 16, 16), soft if self._look == "off" else ink, stroke="1.7")
        if self._look == "off":
            painter.fillRect(QRectF(self.width() - 1, 0, 1, self.height()), theme.color("border"))
            painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.color("border"))
        if self.hasFocus():
            painter.setPen(QPen(ink, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 6, 6)
        painter.end()
