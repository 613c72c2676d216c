# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents by state, with how long they have been in it: one icon-mode list per state, tiles of 152 × 44.

Rows are compared and only changed tiles are told (`dataChanged`); timers repaint what is visible, once a second, from
one beat. Nothing is measured per row and nothing is sorted by a proxy, so 500 agents cost as much as what is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QSizePolicy,
    QStyle,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panes.paint import Brush
from desktop.panes.rows import ROW, RowDelegate, Rows
from desktop.widgets.beat import beat
from desktop.widgets.figures import clock, grouped
from desktop.widgets.glyphs import StateGlyph, look
from desktop.widgets.labels import label
from desktop.widgets.theme import Theme, current
from models.kinds import AgentState
from resources.i18n import known, language, tr
from telephony.messages import Colleague

TILE_W, TILE_H, GAP = 152, 44, 6
NAME_W = {"zh_CN": 96, "en": 142}
LONG_S = {AgentState.ON_CALL: 600.0, AgentState.WRAP_UP: 60.0, AgentState.NOT_RESPONDING: 0.0}
"""From when on a time in this state is worth a look."""
SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect
ORDER = (
    AgentState.NOT_RESPONDING, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP, AgentState.READY,
    AgentState.NOT_READY, AgentState.SIGNED_OUT,
)  # fmt: skip


def group_of(state: AgentState) -> AgentState:
    """The group a state is shown in: reserved is the moment before ringing."""
    return AgentState.RINGING if state is AgentState.RESERVED else state


def what_words(person: Colleague) -> str:
    """The second line of a tile: the reason, whom he talks to, or his queue."""
    if person.state is AgentState.NOT_RESPONDING and person.missed:
        return tr("board.missed", person.missed)
    if person.reason is not None and person.state in (AgentState.NOT_READY, AgentState.NOT_RESPONDING):
        return tr(f"board.reason_{person.reason}")
    if person.peer:
        return grouped(person.peer)
    if person.queue:
        return person.queue
    skill = person.skills[0] if person.skills else ""
    key = f"guide.product_line_{skill}"
    return tr(key) if known(key) else skill


def spoken_tile(person: Colleague) -> str:
    return tr("board.tile", person.name, person.agent, tr(f"board.state_{person.state}"), what_words(person), "")


class TileDelegate(RowDelegate):
    height = TILE_H + GAP

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(theme, parent)
        self._now = now

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(TILE_W + GAP, TILE_H + GAP)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Colleague = index.data(ROW)
        rect: QRect = option.rect
        tile = QRect(rect.left(), rect.top(), TILE_W, TILE_H)
        brush = Brush(painter, self.theme)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        brush.fill(tile, "selected" if selected else "hover" if hovered else "raised", 6.0)
        brush.outline(tile, "accent" if selected else "border", 6.0, 2.0 if selected else 1.0)
        brush.glyph(QRect(tile.left() + 9, tile.top(), 16, 27), look(row.state), 14)
        upper = QRect(tile.left() + 29, tile.top() + 3, TILE_W - 38, 20)
        seconds = self._now() - row.since
        limit = LONG_S.get(row.state)
        if limit is not None and seconds >= limit:
            used = brush.text(upper, clock(seconds), "strong", "ring.text", right=True)
            brush.icon(QRect(upper.right() - used - 18, upper.top(), 14, 20), "warn", "ring.text", 14)
            used += 18
        else:
            used = brush.text(upper, clock(seconds), "body", "text", right=True)
        brush.text(upper.adjusted(0, 0, -used - 6, 0), row.name, "strong")
        lower = QRect(upper.left(), tile.top() + 22, upper.width(), 18)
        used = brush.text(lower, row.agent, "caption", "text3", right=True)
        brush.text(lower.adjusted(0, 0, -used - 6, 0), what_words(row), "caption", "text2")

    def tip(self, row: Colleague) -> str:
        return f"{row.name} {row.agent} {tr(f'board.state_{row.state}')} {what_words(row)}"


class TileView(QListView):
    """The tiles of one state. `menu_wanted` at the menu key or a right click; `left` when arrows run over an end."""

    menu_wanted = Signal(object, QPoint)
    ran_over = Signal(int)

    def __init__(self, theme: Theme, now: Callable[[], float], name: str) -> None:
        super().__init__()
        self.tiles = Rows(spoken_tile, lambda row: row.agent, self)
        self.setModel(self.tiles)
        self.setItemDelegate(TileDelegate(theme, now, self))
        self.setAccessibleName(name)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(QSize(TILE_W + GAP, TILE_H + GAP))
        self.setSpacing(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFixedHeight(0)

    def show_people(self, people: Sequence[Colleague]) -> None:
        """In place: a tile that stays keeps its selection."""
        self.tiles.show(people)
        self._fit()

    def _fit(self) -> None:
        across = max(1, (self.width() - 1) // (TILE_W + GAP))
        lines = -(-self.tiles.rowCount() // across)
        self.setFixedHeight(lines * (TILE_H + GAP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def current_person(self) -> Colleague | None:
        index = self.currentIndex()
        return index.data(ROW) if index.isValid() else None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos()) if event.reason() is QContextMenuEvent.Reason.Mouse else self.currentIndex()
        if index.isValid():
            self.setCurrentIndex(index)
            where = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.menu_wanted.emit(index.data(ROW), where)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Menu, Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            where = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.menu_wanted.emit(index.data(ROW), where)
            return
        if event.text().isdigit():  # the page's keys, no search for a name
            event.ignore()
            return
        super().keyPressEvent(event)
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and self.currentIndex() == index:
            self.ran_over.emit(step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Come by Tab, somebody is chosen: what the keys would do is seen before they are pressed."""
        super().focusInEvent(event)
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_tab and not self.selectionModel().hasSelection() and self.tiles.rowCount():
            self.choose(0)

    def choose(self, row: int) -> None:
        self.selectionModel().setCurrentIndex(self.tiles.index(row), SELECT)


class StateGroup(QWidget):
    """One state: glyph, name and count at the left, its tiles at the right, a hairline under it."""

    def __init__(self, theme: Theme, now: Callable[[], float], state: AgentState) -> None:
        super().__init__()
        name = tr(f"board.state_{state}")
        self.state = state
        self.count: QLabel = label("", "strong")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.setContentsMargins(0, 13, 0, 0)
        head.addWidget(StateGlyph(look(state)))
        head.addWidget(label(name))
        head.addWidget(self.count)
        head.addStretch(1)
        left = QWidget()
        left.setFixedWidth(NAME_W[language()])
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addStretch(1)
        self.view = TileView(theme, now, name)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 4, 3)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(self.view, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(14, self.height() - 1, self.width() - 28, 1, current().color("border"))
        painter.end()


class AgentTiles(QWidget):
    """All groups, the urgent ones first. `groups` by state; empty ones are hidden."""

    menu_wanted = Signal(object, QPoint)
    chosen = Signal(object)

    def __init__(self, theme: Theme, now: Callable[[], float]) -> None:
        super().__init__()
        self.groups = {state: StateGroup(theme, now, state) for state in ORDER}
        self._selecting = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for state, group in self.groups.items():
            column.addWidget(group)
            group.hide()
            group.view.menu_wanted.connect(self.menu_wanted)
            group.view.selectionModel().selectionChanged.connect(
                lambda chosen, _gone, group=group: self._chose(group, chosen.count() > 0)
            )
            group.view.ran_over.connect(lambda step, state=state: self._go_on(state, step))
        column.addStretch(1)
        beat().second.connect(self._tick)

    def _chose(self, group: StateGroup, somebody: bool) -> None:
        """One agent is chosen on the whole board, not one in each group."""
        if self._selecting:
            return
        if somebody:
            self._let_go(but=group)
        self.chosen.emit(self.current_person())

    def _let_go(self, but: StateGroup | None) -> None:
        self._selecting = True
        for group in self.groups.values():
            if group is not but:
                group.view.clearSelection()
        self._selecting = False

    def _go_on(self, state: AgentState, step: int) -> None:
        """Down from the last line of a group is the first of the next one that has somebody, and back."""
        shown = [one for one, group in self.groups.items() if not group.isHidden()]
        place = shown.index(state) + step
        if 0 <= place < len(shown):
            view = self.groups[shown[place]].view
            view.setFocus(Qt.FocusReason.OtherFocusReason)
            view.choose(0 if step > 0 else view.tiles.rowCount() - 1)

    def current_person(self) -> Colleague | None:
        """The one agent chosen on the board, None when nobody is."""
        for group in self.groups.values():
            if group.view.selectionModel().hasSelection():
                return group.view.current_person()
        return None

    def _tick(self) -> None:
        for group in self.groups.values():
            if group.isVisible():
                group.view.viewport().update()

    def show_people(self, people: Sequence[Colleague]) -> None:
        """Everybody, into the group of his state, longest first. Who was chosen stays so in whatever group he is now:
        keys pressed a moment later mean him and nobody who stands in his place."""
        chosen = self.current_person()
        focused = any(group.view.hasFocus() for group in self.groups.values())
        self._selecting = True
        by_state: dict[AgentState, list[Colleague]] = {state: [] for state in ORDER}
        for person in people:
            by_state[group_of(person.state)].append(person)
        for state, group in self.groups.items():
            rows = sorted(by_state[state], key=lambda person: (person.since, person.agent))
            group.count.setText(str(len(rows)))
            group.view.show_people(rows)
            if group.isHidden() == bool(rows):
                group.setVisible(bool(rows))
        self._selecting = False
        self._choose_again(chosen.agent if chosen is not None else "", focused)

    def _choose_again(self, agent: str, focused: bool) -> None:
        places = ((group, group.view.tiles.row_of(agent)) for group in self.groups.values())
        group, row = next(((group, row) for group, row in places if row >= 0), (None, -1))
        self._let_go(but=group)
        if group is not None:
            self._selecting = True
            group.view.choose(row)
            self._selecting = False
            if focused:
                group.view.setFocus(Qt.FocusReason.OtherFocusReason)
