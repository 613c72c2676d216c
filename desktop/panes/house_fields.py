# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields the house is set up with: text, whole numbers, durations, choices, ticks, lists of words.

Each tells `changed` at every key, `value()` is what stands in it and `problem()` the words of what cannot be read.
Durations are seconds, written m:ss or h:mm:ss, or a bare number of seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.widgets.labels import label, wrapped
from desktop.widgets.theme import restyle
from resources.i18n import tr

Options = Callable[[], Sequence[tuple[str, str]]]
"""(code, words) of what can be chosen now."""


class HouseField(QWidget):
    """One editor. `show_value` never tells `changed`."""

    changed = Signal()

    def value(self) -> Any:
        """What stands in it."""
        raise TypeError(f"{type(self).__name__} has no value")

    def show_value(self, value: Any) -> None:
        """Show a value."""
        raise TypeError(f"{type(self).__name__} shows no value")

    def problem(self) -> str:
        """Words of what cannot be read in it, "" when all can."""
        return ""

    def mark(self, wrong: bool) -> None:
        """Show or take away the red border."""

    def refresh(self) -> None:
        """What can be chosen has changed."""


def _wear(widget: QWidget, wrong: bool) -> None:
    if bool(widget.property("wrong")) != wrong:
        restyle(widget, wrong=wrong)


class TextField(HouseField):
    """A line of text. `fixed` once stored: an id is never changed."""

    def __init__(self, name: str = "", hint: str = "", secret: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(hint)
        if secret:
            self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit)
        self.setFocusProxy(self.edit)
        self.edit.textEdited.connect(lambda _text: self.changed.emit())

    def value(self) -> Any:
        return self.edit.text().strip()

    def show_value(self, value: Any) -> None:
        if self.edit.text().strip() != str(value):
            self.edit.setText(str(value))

    def mark(self, wrong: bool) -> None:
        _wear(self.edit, wrong)

    def set_fixed(self, fixed: bool) -> None:
        self.edit.setReadOnly(fixed)
        self.edit.setFocusPolicy(Qt.FocusPolicy.ClickFocus if fixed else Qt.FocusPolicy.StrongFocus)


class NumberField(TextField):
    """A whole number between two bounds, with its unit behind it."""

    def __init__(self, name: str, least: int = 0, most: int = 1_000_000, unit: str = "") -> None:
        super().__init__(name)
        self._least, self._most = least, most
        self._kept = least
        if unit:
            row = self.layout()
            assert row is not None
            row.addWidget(label(unit, "caption", "text3", self))

    def read(self) -> int | None:
        text = self.edit.text().strip()
        number = int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None
        return number if number is not None and self._least <= number <= self._most else None

    def value(self) -> Any:
        number = self.read()
        if number is not None:
            self._kept = number
        return self._kept

    def show_value(self, value: Any) -> None:
        self._kept = int(value)
        if self.read() != self._kept:
            self.edit.setText(str(self._kept))

    def problem(self) -> str:
        return "" if self.read() is not None else tr("house.fault_range", self._least, self._most)


def clock_words(seconds: float) -> str:
    """3:05, 1:00:00; whole seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_value(text: str) -> float | None:
    """The seconds of such words, None for anything else."""
    if re.fullmatch(r"[0-9]{1,7}", text):
        return float(text)
    if not re.fullmatch(r"[0-9]{1,4}(:[0-5][0-9]){1,2}", text):
        return None
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return float(seconds)


class DurationField(TextField):
    """Seconds as m:ss. 0 says what it means (`nothing`)."""

    def __init__(self, name: str, nothing: str = "") -> None:
        super().__init__(name)
        self._kept = 0.0
        self._nothing = label("", "caption", "text3", self)
        self._nothing_words = nothing
        row = self.layout()
        assert row is not None
        row.addWidget(self._nothing)
        self.edit.textChanged.connect(self._explain)

    def _explain(self) -> None:
        nothing = clock_value(self.edit.text().strip()) == 0
        self._nothing.setText(self._nothing_words if nothing else tr("house.unit_clock"))

    def value(self) -> Any:
        seconds = clock_value(self.edit.text().strip())
        if seconds is not None:
            self._kept = seconds
        return self._kept

    def show_value(self, value: Any) -> None:
        self._kept = float(value)
        if clock_value(self.edit.text().strip()) != self._kept:
            self.edit.setText(clock_words(self._kept))
        self._explain()

    def problem(self) -> str:
        return "" if clock_value(self.edit.text().strip()) is not None else tr("house.fault_clock")


class Chooser(QComboBox):
    """A drop-down whose wheel never changes what was not meant, and that shows unknown codes as they are."""

    def __init__(
        self, name: str, parent: QWidget | None = None, name_of: Callable[[str], str] = str
    ) -> None:
        super().__init__(parent)
        self._name_of = name_of
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(3)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def fill(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these; what is chosen stays chosen."""
        if [(self.itemData(n), self.itemText(n)) for n in range(self.count())] == list(options):
            return
        code = self.currentData()
        self.blockSignals(True)
        self.clear()
        for each, words in options:
            self.addItem(words, each)
        self.blockSignals(False)
        self.choose(code if code is not None else self.itemData(0))

    def choose(self, code: Any) -> None:
        """Show a code; one that is not on offer shows by its name, so nothing is hidden."""
        at = self.findData(code)
        if at < 0 and code:
            self.addItem(self._name_of(str(code)), code)
            at = self.count() - 1
        if at != self.currentIndex():
            self.setCurrentIndex(at)


class ChoiceField(HouseField):
    """One of several codes. `explain` gives the sentence under it for the chosen one."""

    def __init__(
        self, name: str, options: Options, explain: Callable[[str], str] | None = None,
        name_of: Callable[[str], str] = str,
    ) -> None:  # fmt: skip
        super().__init__()
        self._options, self._explain = options, explain
        self.box = Chooser(name, self, name_of)
        self.box.fill(options())
        self.box.activated.connect(self._chosen)
        self._why = wrapped("", "caption", "text2", self)
        self._why.setVisible(explain is not None)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        column.addWidget(self._why)
        self.setFocusProxy(self.box)

    def _chosen(self) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        if self._explain is not None:
            self._why.setText(self._explain(self.value()))

    def value(self) -> Any:
        return self.box.currentData() or ""

    def show_value(self, value: Any) -> None:
        self.box.choose(str(value))
        self._say()

    def mark(self, wrong: bool) -> None:
        _wear(self.box, wrong)

    def refresh(self) -> None:
        self.box.fill(self._options())


class TickField(HouseField):
    """Yes or no; its words stand behind the tick, so it needs no label above."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.box = QCheckBox(words, self)
        self.box.setAccessibleName(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.addWidget(self.box)
        self.setFocusProxy(self.box)
        self.box.clicked.connect(lambda _on: self.changed.emit())

    def value(self) -> Any:
        return self.box.isChecked()

    def show_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class DaysField(NumberField):
    """Whole days, kept in seconds."""

    DAY_S = 86_400

    def value(self) -> Any:
        return float(super().value() * self.DAY_S)

    def show_value(self, value: Any) -> None:
        super().show_value(round(value / self.DAY_S))


class WordsField(TextField):
    """Several words or numbers in one line, apart by spaces or commas. `kept` makes the stored kind of it."""

    def __init__(self, name: str, hint: str = "", kept: Callable[[Sequence[str]], Any] = tuple) -> None:
        super().__init__(name, hint)
        self._make = kept

    def value(self) -> Any:
        return self._make([word for word in re.split(r"[\s,，、;；]+", self.edit.text()) if word])

    def show_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText("，".join(sorted(value) if isinstance(value, frozenset) else value))


class ScoresField(HouseField):
    """A number for each of a few names, side by side (a customer's levels)."""

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.fields: dict[str, NumberField] = {}
        for code, words in names:
            row.addWidget(label(words, "caption", "text2", self))
            field = NumberField(words, 0, 100_000)
            field.changed.connect(self.changed)
            self.fields[code] = field
            row.addWidget(field, 1)
        self.setFocusProxy(next(iter(self.fields.values())).edit)

    def value(self) -> Any:
        return {code: field.value() for code, field in self.fields.items()}

    def show_value(self, value: Any) -> None:
        for code, field in self.fields.items():
            field.show_value(value.get(code, 0))

    def problem(self) -> str:
        return next((words for field in self.fields.values() if (words := field.problem())), "")

    def mark(self, wrong: bool) -> None:
        for field in self.fields.values():
            field.mark(wrong and bool(field.problem()))
