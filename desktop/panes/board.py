# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor's live monitor (实时监控): five key figures, agents by state, the day's quarters, clocks and alarms.

Figures are counts until they are shown; a press on one opens its formula with today's numbers. Data that stopped
coming is marked with its age and never passes for the present.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from desktop.panes import board_figures as figures
from desktop.panes.board_chart import QuarterChart
from desktop.panes.board_formula import FigureCard, FormulaBox, Formulas
from desktop.panes.board_side import ALARMS_SHOWN, CLOCKS_SHOWN, AlarmDelegate, ClockDelegate, alarm_words, urgent_first
from desktop.panes.board_tiles import AgentTiles
from desktop.panes.monitor_strip import MonitorStrip
from desktop.panes.rows import Rows, RowsView
from desktop.widgets.beat import beat
from desktop.widgets.figures import clock
from desktop.widgets.frames import Card, Strip
from desktop.widgets.labels import EmptyPlace, label
from desktop.widgets.theme import Theme
from models.kinds import AgentState
from resources.i18n import tr
from telephony.messages import Board, Colleague

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

GAP = 12
LOOK_BACK_S = 300.0
FORCED = (
    (AgentState.READY, "board.force_ready"), (AgentState.NOT_READY, "board.force_not_ready"),
    (AgentState.SIGNED_OUT, "board.force_out"),
)  # fmt: skip


class BoardPage(QWidget):
    """`cards` by figure (waiting, longest, service_level, three_ring, abandonment)."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._text = ""
        self._waited: deque[tuple[float, int]] = deque(maxlen=2400)
        self.setProperty("role", "canvas")
        self.stale = Strip("ring", "wifi")
        self.stale.hide()
        self.cards = {name: FigureCard(name, tr(f"board.{name}")) for name in Formulas.NAMES}
        self.formula = FormulaBox()
        for card in self.cards.values():
            card.pressed.connect(self._open_formula)
        top = QHBoxLayout()
        top.setSpacing(8)
        for card in self.cards.values():
            top.addWidget(card, 1)

        self._signed = label("", "caption", "text3")
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("board.search"))
        self.search.setAccessibleName(tr("board.search"))
        self.search.setFixedWidth(150)
        self.search.textChanged.connect(self._search)
        self.tiles = AgentTiles(theme, desk.now)
        self.tiles.menu_wanted.connect(self.open_menu)
        self.strip = MonitorStrip(desk)
        self.tiles.chosen.connect(self.strip.show_for)
        self._nobody = EmptyPlace("users", tr("board.nobody"))
        self._chart_names = label("", "caption", "text2")
        self.chart = QuarterChart()
        self._clocks_count = label("", "caption", "text3")
        self.clocks = RowsView(
            Rows(lambda task: tr("board.clocks_row", task.customer_name, task.title, task.created_by_name),
                 lambda task: task.task),
            ClockDelegate(theme, desk.now), tr("board.clocks_title"), selectable=False,
        )  # fmt: skip
        self._clocks_none = EmptyPlace("clock", tr("board.clocks_none"))
        self.alarms = RowsView(
            Rows(lambda alarm: alarm_words(alarm, self._name), lambda alarm: f"{alarm.at} {alarm.what} {alarm.call}"),
            AlarmDelegate(theme, self._name), tr("board.alarms"), selectable=False,
        )  # fmt: skip
        self._alarms_none = EmptyPlace("bell", tr("board.alarms_none"))

        inside = QVBoxLayout()
        inside.setContentsMargins(GAP, GAP, GAP, GAP)
        inside.setSpacing(GAP)
        inside.addLayout(top)
        inside.addWidget(self.formula)
        lower = QHBoxLayout()
        lower.setSpacing(GAP)
        lower.addWidget(self._agents_card(), 61)
        lower.addLayout(self._right_side(), 40)
        inside.addLayout(lower, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.stale)
        outer.addLayout(inside, 1)
        desk.board.changed.watch(self.refresh)
        desk.tasks.changed.watch(self._show_clocks)
        desk.calls.changed.watch(self.strip.refresh)
        beat().second.connect(self._tick)
        self.refresh()

    def _agents_card(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "card")
        head = QHBoxLayout()
        head.setContentsMargins(14, 4, 14, 4)
        head.setSpacing(10)
        head.addWidget(label(tr("board.agents"), "title"))
        head.addWidget(label(tr("board.agents_sorted"), "caption", "text3"))
        head.addWidget(self._signed)
        head.addStretch(1)
        head.addWidget(self.search)
        line = QFrame()
        line.setProperty("role", "hairline")
        inner = QWidget()
        room = QVBoxLayout(inner)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(0)
        room.addWidget(self._nobody)
        room.addWidget(self.tiles)
        room.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        column = QVBoxLayout(frame)
        column.setContentsMargins(1, 1, 1, 6)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(line)
        column.addWidget(scroll, 1)
        column.addWidget(self.strip)
        return frame

    def _right_side(self) -> QVBoxLayout:
        chart = Card(tr("board.chart"), spacing=4)
        chart.head.addWidget(self._chart_names)
        chart.body.addWidget(self.chart, 1)
        chart.setSizePolicy(chart.sizePolicy().horizontalPolicy(), self.chart.sizePolicy().verticalPolicy())
        self._clocks_card = Card(tr("board.clocks_title"), spacing=2)
        self._clocks_card.head.addWidget(self._clocks_count)
        self._clocks_card.body.addWidget(self.clocks)
        self._clocks_card.body.addWidget(self._clocks_none)
        alarms = Card(tr("board.alarms"), spacing=2)
        alarms.head.addWidget(label(tr("board.alarms_sorted"), "caption", "text3"))
        alarms.body.addWidget(self.alarms)
        alarms.body.addWidget(self._alarms_none)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(chart, 1)
        column.addWidget(self._clocks_card)
        column.addWidget(alarms)
        return column

    # ---- showing ----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """A new picture of the floor."""
        board = self._desk.board.board
        if board is not None and (not self._waited or self._waited[-1][0] < board.at):
            self._waited.append((board.at, len(board.waiting)))
        self._show_figures()
        people = board.people if board is not None else ()
        here = [one for one in people if one.state is not AgentState.SIGNED_OUT]
        self._signed.setText(tr("board.signed_in", len(here), len(people) - len(here)) if people else "")
        self._show_people(people)
        quarters = board.quarters if board is not None else ()
        self.chart.show_quarters(quarters, self._desk.now())
        names = ""
        if board is not None:
            came, taken = board.today.offered, board.today.answered
            names = tr("board.chart_names", tr("board.arrivals", came), tr("board.answered", taken))
        self._chart_names.setText(names)
        alarms = tuple(reversed(board.alarms))[:ALARMS_SHOWN] if board is not None else ()
        self.alarms.show_rows(alarms)
        self._alarms_none.setVisible(not alarms)
        self._show_clocks()

    def _show_people(self, people: tuple[Colleague, ...]) -> None:
        if self._text:
            people = tuple(one for one in people if self._text in f"{one.name} {one.agent}".lower())
        self.tiles.show_people(people)
        self.strip.show_for(self.tiles.current_person())
        none = tr("board.no_match", self.search.text().strip()) if self._text else tr("board.nobody")
        self._nobody.words.setText(none)
        self._nobody.setVisible(not people)

    def _show_figures(self) -> None:
        board, now = self._desk.board.board, self._desk.now()
        shown = Formulas.of(board, now, tuple(self._waited))
        age = now - board.at if board is not None else 0.0
        late = board is not None and age > figures.STALE_AFTER_S
        for name, card in self.cards.items():
            figure = shown[name]
            if late:
                card.set(figure.figure, tr("board.stale", int(age)), "clock", "ring.text", "", figure.spark)
            else:
                card.set(figure.figure, figure.note, figure.icon, figure.note_tone, figure.tone, figure.spark)
        self.stale.setVisible(late or board is None)
        self.stale.say(tr("board.stale_strip", clock(age)) if board is not None else tr("board.stale_none"))
        self.formula.refresh(board, now)

    def _show_clocks(self) -> None:
        now = self._desk.now()
        waiting = urgent_first(self._desk.tasks.tasks)
        late = sum(1 for task in waiting if task.handover_due < now)
        me = self._desk.me
        minutes = int(me.settings.handover_s // 60) if me is not None else 15
        self._clocks_card.title.setText(tr("board.clocks", minutes))
        self._clocks_count.setText(tr("board.clocks_count", len(waiting), late))
        self.clocks.show_rows(waiting[:CLOCKS_SHOWN])
        self._clocks_none.setVisible(not waiting)

    def _tick(self) -> None:
        if self.isVisible():
            self._show_figures()
            self.clocks.viewport().update()

    def _name(self, agent: str) -> str:
        board = self._desk.board.board
        people = board.people if board is not None else ()
        return next((f"{one.name} {one.agent}" for one in people if one.agent == agent), agent)

    # ---- doing ------------------------------------------------------------------------------------------------

    def _open_formula(self, name: str) -> None:
        self.formula.open(name, self._desk.board.board, self._desk.now())

    def _search(self, text: str) -> None:
        self._text = text.strip().lower()
        board = self._desk.board.board
        self._show_people(board.people if board is not None else ())

    def focus_search(self) -> None:
        """The search key of this page."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_panel(self) -> bool:
        """Esc shuts the formula if it is open; whether it was."""
        if self._desk.board.listening is not None:
            if not self._desk.board.armed(time.monotonic())[0]:
                self._desk.board.leave()
            self._desk.board.disarm()
            self.strip.refresh()
            return True
        was = not self.formula.isHidden()
        self.formula.hide()
        return was

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 listen, 2 whisper, 3 barge in, 4 take over, for the chosen agent."""
        digit = event.text()
        if len(digit) == 1 and digit in "1234" and self.strip.pick(int(digit)):
            return
        super().keyPressEvent(event)

    def menu_for(self, person: Colleague) -> QMenu:
        """What a supervisor may do with this agent: hear his call, set his state. What he is already in is disabled."""
        menu = QMenu(f"{person.name} {person.agent}", self)
        if person.call and self._desk.board.listening is None:
            for mode, digit in (("listen", "1"), ("whisper", "2")):
                action = menu.addAction(f"{tr(f'shell.{mode}')}\t{digit}")
                action.triggered.connect(lambda _on=False, mode=mode: self._desk.board.supervise(person, mode))
            menu.addSeparator()
        for state, key in FORCED:
            action = menu.addAction(tr(key))
            action.setEnabled(person.state is not state)
            action.triggered.connect(
                lambda _on=False, agent=person.agent, state=state: self._desk.board.force(agent, state)
            )
        return menu

    def open_menu(self, person: Colleague, where: QPoint) -> None:
        menu = self.menu_for(person)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._desk.board.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._desk.board.watch(False)

    @property
    def shown_board(self) -> Board | None:
        return self._desk.board.board
