# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of the set-up: skills with their level, relaxing steps, special days, keys of a menu, an order of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QWidget

from desktop.flows.house_picture import Picture
from desktop.panes.house_fields import Chooser, DurationField, HouseField, NumberField, Options, TextField
from desktop.panes.house_names import span_words
from desktop.panes.house_places import PlaceField
from desktop.panes.house_rows import Row, RowsField
from desktop.panes.house_spans import read_spans
from desktop.widgets.chips import ToggleChip
from desktop.widgets.labels import label
from models.rules.plan import Destination, DestinationKind, Relaxation
from resources.i18n import tr

LEVELS = 5
KEYS = "1234567890*#"
LANGUAGES = ("zh_CN", "en")


class LevelChips(QWidget):
    """1 … 5, one of them chosen; its digit or the arrows choose."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        for level in range(1, LEVELS + 1):
            chip = ToggleChip(str(level))
            chip.setAccessibleName(tr("house.level_of", name, level))
            self._group.addButton(chip, level)
            row.addWidget(chip)
        self._group.idClicked.connect(lambda _level: self.changed.emit())

    def level(self) -> int:
        return max(1, self._group.checkedId())

    def choose(self, level: int) -> None:
        self._group.button(min(LEVELS, max(1, level))).setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        digit = event.text()
        if digit.isdigit() and 1 <= int(digit) <= LEVELS:
            self.choose(int(digit))
            self._group.button(int(digit)).setFocus()
            self.changed.emit()
            return
        super().keyPressEvent(event)


class SkillRow(Row):
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.skill = Chooser(tr("house.skill"), self)
        self.skill.fill(options())
        self.level = LevelChips(tr("house.skill"))
        self.row.addWidget(self.skill, 1)
        self.row.addWidget(label(tr("house.at_least"), "caption", "text3", self))
        self.row.addWidget(self.level)
        self.finish()
        self.setFocusProxy(self.skill)
        self.skill.activated.connect(lambda _n: self.changed.emit())
        self.level.changed.connect(self.changed)

    def value(self) -> Any:
        return self.skill.currentData() or "", self.level.level()

    def show_value(self, value: Any) -> None:
        self.skill.choose(value[0])
        self.level.choose(value[1])


def skills_field(name: str, options: Options) -> RowsField:
    """Skill → least level."""

    def blank(rows: Sequence[Any]) -> Any | None:
        used = {skill for skill, _level in rows}
        free = next((code for code, _words in options() if code not in used), None)
        return (free, 1) if free is not None else None

    add = tr("house.skill_add")
    return RowsField(name, add, lambda: SkillRow(options), blank, _mapping, lambda value: value.items())


class RelaxRow(Row):
    def __init__(self) -> None:
        super().__init__()
        self.after = DurationField(tr("house.relax_after"))
        self.by = NumberField(tr("house.relax_by"), 1, LEVELS - 1)
        self.by.setFixedWidth(56)
        self.drop = QCheckBox(tr("house.relax_drop"), self)
        self.row.addWidget(label(tr("house.relax_after"), "caption", "text3", self))
        self.row.addWidget(self.after, 1)
        self.row.addWidget(label(tr("house.relax_by"), "caption", "text3", self))
        self.row.addWidget(self.by)
        self.row.addWidget(self.drop)
        self.finish()
        self.setFocusProxy(self.after)
        self.after.changed.connect(self.changed)
        self.by.changed.connect(self.changed)
        self.drop.clicked.connect(lambda _on: self.changed.emit())

    def value(self) -> Any:
        return Relaxation(self.after.value(), self.by.value(), self.drop.isChecked())

    def show_value(self, value: Any) -> None:
        self.after.show_value(value.after_s)
        self.by.show_value(value.by)
        self.drop.setChecked(value.drop)

    def problem(self) -> str:
        return self.after.problem() or self.by.problem()


def relax_field(name: str) -> RowsField:
    """Steps after which a lower level will do."""

    def blank(rows: Sequence[Any]) -> Any:
        return Relaxation(rows[-1].after_s + 30.0 if rows else 30.0)

    return RowsField(name, tr("house.relax_add"), RelaxRow, blank, tuple, list, keyed=False)


class SpecialRow(Row):
    """(date, its hours, what it is)."""

    def __init__(self) -> None:
        super().__init__()
        self.day = TextField(tr("house.special_day"), "2026-10-01")
        self.day.setFixedWidth(112)
        self.hours = TextField(tr("house.special_hours"), tr("house.closed_day"))
        self.words = TextField(tr("house.special_words"), tr("house.special_words"))
        for field in (self.day, self.hours, self.words):
            self.row.addWidget(field, 0 if field is self.day else 1)
            field.changed.connect(self.changed)
        self.finish()
        self.setFocusProxy(self.day)

    def value(self) -> Any:
        return self.day.value(), read_spans(self.hours.value()) or (), self.words.value()

    def show_value(self, value: Any) -> None:
        day, spans, words = value
        self.day.show_value(day)
        if read_spans(self.hours.value()) != spans:
            self.hours.show_value(span_words(spans))
        self.words.show_value(words)

    def problem(self) -> str:
        try:
            date.fromisoformat(self.day.value())
        except ValueError:
            self.day.mark(True)
            return tr("house.fault_date")
        self.day.mark(False)
        wrong = read_spans(self.hours.value()) is None
        self.hours.mark(wrong)
        return tr("house.fault_hours") if wrong else ""


def special_field(name: str, today: Callable[[], str]) -> RowsField:
    """Days that differ from the week, as (date, hours, words)."""

    def blank(rows: Sequence[Any]) -> Any:
        used = {day for day, _spans, _words in rows}
        day = date.fromisoformat(today())
        while day.isoformat() in used:
            day += timedelta(days=1)
        return day.isoformat(), (), ""

    return RowsField(name, tr("house.special_add"), SpecialRow, blank, tuple, list)


class KeyRow(Row):
    """A key and where it leads."""

    def __init__(self, picture: Callable[[], Picture | None]) -> None:
        super().__init__()
        self.key = Chooser(tr("house.menu_key"), self)
        self.key.fill([(key, key) for key in KEYS])
        self.key.setFixedWidth(64)
        self.place = PlaceField(tr("house.menu_key"), picture)
        self.row.addWidget(self.key)
        self.row.addWidget(self.place, 1)
        self.finish()
        self.setFocusProxy(self.key)
        self.key.activated.connect(lambda _n: self.changed.emit())
        self.place.changed.connect(self.changed)

    def value(self) -> Any:
        return self.key.currentData() or "", self.place.value()

    def show_value(self, value: Any) -> None:
        self.key.choose(value[0])
        self.place.show_value(value[1])


def _free_key(used: Sequence[str]) -> str | None:
    return next((key for key in KEYS if key not in used), None)


def keys_field(name: str, picture: Callable[[], Picture | None]) -> RowsField:
    """Digit → destination."""

    def blank(rows: Sequence[Any]) -> Any | None:
        free = _free_key([key for key, _place in rows])
        now = picture()
        queue = next(iter(now.plan.queues), "") if now is not None else ""
        return (free, Destination(DestinationKind.QUEUE, queue)) if free is not None else None

    return RowsField(name, tr("house.key_add"), lambda: KeyRow(picture), blank, _mapping, lambda value: value.items())


class LanguageRow(Row):
    """A key and the language it changes to."""

    def __init__(self) -> None:
        super().__init__()
        self.key = Chooser(tr("house.menu_key"), self)
        self.key.fill([(key, key) for key in KEYS])
        self.key.setFixedWidth(64)
        self.language = Chooser(tr("house.language"), self)
        self.language.fill([(code, tr(f"house.language_{code}")) for code in LANGUAGES])
        self.row.addWidget(self.key)
        self.row.addWidget(self.language, 1)
        self.finish()
        self.setFocusProxy(self.key)
        self.key.activated.connect(lambda _n: self.changed.emit())
        self.language.activated.connect(lambda _n: self.changed.emit())

    def value(self) -> Any:
        return self.key.currentData() or "", self.language.currentData() or LANGUAGES[0]

    def show_value(self, value: Any) -> None:
        self.key.choose(value[0])
        self.language.choose(value[1])


def languages_field(name: str) -> RowsField:
    """Digit → language."""

    def blank(rows: Sequence[Any]) -> Any | None:
        free = _free_key([key for key, _language in rows])
        return (free, LANGUAGES[-1]) if free is not None else None

    return RowsField(name, tr("house.language_add"), LanguageRow, blank, _mapping, lambda value: value.items())


def _mapping(rows: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    return MappingProxyType({key: item for key, item in rows if key})


class OrderField(HouseField):
    """Codes that are chosen in an order: a tick takes one in or out, Alt+Left and Alt+Right move it."""

    def __init__(self, name: str, codes: Sequence[str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._codes = tuple(codes)
        self._order: tuple[str, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 2, 0, 2)
        self._row.setSpacing(6)
        self.chips: dict[str, ToggleChip] = {}
        for code in codes:
            chip = ToggleChip(code)
            chip.clicked.connect(lambda _on, code=code: self._tick(code))
            self.chips[code] = chip
            self._row.addWidget(chip)
        self._row.addWidget(label(tr("house.order_hint"), "caption", "text3", self))
        self._row.addStretch(1)

    def _tick(self, code: str) -> None:
        without = tuple(one for one in self._order if one != code)
        self._order = without if code in self._order else (*without, code)
        self._lay()
        self.changed.emit()

    def _lay(self) -> None:
        shown = (*self._order, *(code for code in self._codes if code not in self._order))
        for place, code in enumerate(shown):
            chip = self.chips[code]
            chip.setChecked(code in self._order)
            chip.setText(f"{place + 1} {code}" if code in self._order else code)
            if self._row.indexOf(chip) != place:
                self._row.insertWidget(place, chip)

    def value(self) -> Any:
        return self._order

    def show_value(self, value: Any) -> None:
        self._order = tuple(code for code in value if code in self.chips)
        self._lay()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        here = next((code for code, chip in self.chips.items() if chip.hasFocus()), "")
        if step and event.modifiers() & Qt.KeyboardModifier.AltModifier and here in self._order:
            order = list(self._order)
            at = order.index(here)
            if 0 <= at + step < len(order):
                order[at], order[at + step] = order[at + step], order[at]
                self._order = tuple(order)
                self._lay()
                self.changed.emit()
            return
        super().keyPressEvent(event)
