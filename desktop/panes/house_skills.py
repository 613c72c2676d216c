# SPDX-License-Identifier: GPL-3.0-or-later
"""People by skills: one row each, one column a skill, the proficiency 1–5 in the cell; digits write, 0 takes away.

A cell is stored at once by one verb; what a person may not change is shown all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from desktop.panes.house_names import skill_words
from desktop.panes.paint import Brush
from desktop.panes.section import HEADER_H, bar
from desktop.widgets.chips import Chip
from desktop.widgets.labels import label
from desktop.widgets.theme import current
from models.rules.plan_lines import PersonSkills
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.house import HouseFlow

PAD = 16
NAME_W, CELL_W, ROW_H, HEAD_H = 190, 104, 32, 30
LEVELS = 5


class SkillGrid(QWidget):
    """`wanted` (person, skill, level). One Tab stop, arrows move."""

    wanted = Signal(str, str, int)
    moved = Signal(QRect)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.people: tuple[PersonSkills, ...] = ()
        self.skills: tuple[str, ...] = ()
        self.row = self.column = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("house.tab_skills"))

    def show_people(self, people: tuple[PersonSkills, ...], skills: tuple[str, ...]) -> None:
        if (people, skills) == (self.people, self.skills):
            return
        self.people, self.skills = people, skills
        self.row = min(self.row, max(0, len(people) - 1))
        self.column = min(self.column, max(0, len(skills) - 1))
        self.setMinimumSize(self.sizeHint())
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(PAD + NAME_W + CELL_W * len(self.skills) + PAD, HEAD_H + ROW_H * len(self.people) + 8)

    def _cell(self, row: int, column: int) -> QRect:
        return QRect(PAD + NAME_W + column * CELL_W, HEAD_H + row * ROW_H, CELL_W, ROW_H)

    def _tell(self) -> None:
        if self.people and self.skills:
            who, skill = self.people[self.row], self.skills[self.column]
            said = tr("house.skill_cell", who.name, skill_words(skill), who.levels.get(skill, 0))
            self.setAccessibleDescription(said)

    def go(self, row: int, column: int) -> None:
        self.row = min(len(self.people) - 1, max(0, row))
        self.column = min(len(self.skills) - 1, max(0, column))
        self._tell()
        self.moved.emit(self._cell(self.row, self.column))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.people or not self.skills:
            super().keyPressEvent(event)
            return
        steps = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
                 Qt.Key.Key_PageUp: (-10, 0), Qt.Key.Key_PageDown: (10, 0)}  # fmt: skip
        key = Qt.Key(event.key())
        level = int(event.text()) if event.text() in "012345" and event.text() else -1
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            level = 0
        if key in steps and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.go(self.row + steps[key][0], self.column + steps[key][1])
        elif level >= 0:
            who, skill = self.people[self.row], self.skills[self.column]
            if who.levels.get(skill, 0) != level:
                self.wanted.emit(who.person, skill, level)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point: QPoint = event.position().toPoint()
        row, column = (point.y() - HEAD_H) // ROW_H, (point.x() - PAD - NAME_W) // CELL_W
        if 0 <= row < len(self.people) and 0 <= column < len(self.skills):
            self.go(row, column)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        brush = Brush(QPainter(self), current())
        area = event.rect()
        brush.fill(QRect(0, 0, self.width(), HEAD_H), "canvas")
        brush.text(QRect(PAD, 0, NAME_W, HEAD_H), tr("house.person"), "caption", "text3")
        for column, skill in enumerate(self.skills):
            box = self._cell(0, column)
            brush.text(QRect(box.left(), 0, CELL_W - 8, HEAD_H), skill_words(skill), "caption", "text3")
        first = max(0, (area.top() - HEAD_H) // ROW_H)
        last = min(len(self.people), (area.bottom() - HEAD_H) // ROW_H + 1)
        for row in range(first, last):
            self._paint_person(brush, row)
        brush.painter.end()

    def _paint_person(self, brush: Brush, row: int) -> None:
        who = self.people[row]
        line = QRect(0, HEAD_H + row * ROW_H, self.width(), ROW_H)
        here = self.hasFocus() and row == self.row
        if here:
            brush.fill(line, "hover")
        used = brush.text(QRect(PAD, line.top(), NAME_W - 60, ROW_H), who.name, "strong")
        brush.text(QRect(PAD + used + 6, line.top(), NAME_W - used - 10, ROW_H), who.person, "caption", "text3")
        for column, skill in enumerate(self.skills):
            self._paint_level(brush, self._cell(row, column), who.levels.get(skill, 0), here and column == self.column)
        brush.rule(line)

    def _paint_level(self, brush: Brush, box: QRect, level: int, here: bool) -> None:
        if here:
            brush.fill(box.adjusted(-6, 2, -10, -2), "selected", 6.0)
            brush.outline(box.adjusted(-6, 2, -10, -2), "accent", width=2.0)
        if not level:
            brush.text(box, "·", "body", "text3")
            return
        brush.text(QRect(box.left(), box.top(), 14, box.height()), str(level), "strong")
        for n in range(LEVELS):
            dot = QRect(box.left() + 18 + n * 11, box.center().y() - 4, 8, 9)
            if n < level:
                brush.fill(dot, "accent", 2.0)
            else:
                brush.outline(dot, "border2", 2.0)


class SkillsPage(QFrame):
    """The grid under a search."""

    def __init__(self, flow: HouseFlow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = flow
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("house.tab_skills"))
        header, row = bar("header", HEADER_H, PAD)
        row.addWidget(label(tr("house.tab_skills"), "title"))
        self.count = Chip("", "plain")
        row.addWidget(self.count)
        row.addStretch(1)
        row.addWidget(label(tr("house.skills_keys"), "caption", "text3"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("house.skills_search"))
        self.search.setAccessibleName(tr("house.skills_search"))
        self.search.setFixedWidth(180)
        self.search.textChanged.connect(lambda _text: self.refresh())
        row.addWidget(self.search)
        self.grid = SkillGrid()
        self.grid.wanted.connect(self._wanted)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self.grid)
        self.grid.moved.connect(lambda box: self._area.ensureVisible(box.center().x(), box.center().y(), 80, ROW_H))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._area, 1)
        flow.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        picture = self._flow.picture
        if picture is None:
            return
        text = self.search.text().strip().lower()
        found = tuple(one for one in picture.people if text in f"{one.name} {one.person} {one.team}".lower())
        self.count.set(str(len(found)))
        self.grid.show_people(found, picture.skills())

    def _wanted(self, person: str, skill: str, level: int) -> None:
        if self._flow.may_edit("skills"):
            self._flow.set_level(person, skill, level)

    def step(self, by: int) -> None:
        self.grid.go(self.grid.row + by, self.grid.column)

    def finish(self) -> None:
        """Every cell is stored as it is written."""

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def panes(self) -> list[QWidget]:
        return [self]
