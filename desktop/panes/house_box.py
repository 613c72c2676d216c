# SPDX-License-Identifier: GPL-3.0-or-later
"""A field of the set-up with its label above and, below, what is wrong with it or what another did to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.panes.house_fields import HouseField
from desktop.widgets.buttons import LinkButton
from desktop.widgets.labels import label, set_tone, wrapped
from resources.i18n import known, tr

COLUMNS = 6


@dataclass(frozen=True)
class Spec:
    """How one field (or several that are edited as one) stands in the editor. `span` of six columns. `label` "" when
    the editor says itself what it is. `read` and `write` join fields; by default the field of this name."""

    field: str
    make: Callable[[str], HouseField]
    span: int = 2
    label: str = ""
    also: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None
    write: Callable[[Any], Mapping[str, Any]] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field, *self.also)

    def of(self, part: Any) -> Any:
        return self.read(part) if self.read is not None else getattr(part, self.field)

    def written(self, value: Any) -> Mapping[str, Any]:
        return self.write(value) if self.write is not None else {self.field: value}


class FieldBox(QWidget):
    """`changed` at every key; `chosen` with the field and whether the other's value is taken."""

    changed = Signal()
    chosen = Signal(str, bool)

    def __init__(self, kind: str, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        words = field_words(kind, spec.field)
        self.field = spec.make(words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        above = words if spec.label == "" else "" if spec.label == "-" else tr(spec.label)
        self._label = label(above, "caption", "text2", self)
        self._label.setVisible(bool(above))
        column.addWidget(self._label)
        column.addWidget(self.field)
        self.note = wrapped("", "caption", "miss.text", self)
        self.note.hide()
        column.addWidget(self.note)
        self._choice = QWidget(self)
        row = QHBoxLayout(self._choice)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.take = LinkButton(tr("house.take_theirs"))
        self.keep = LinkButton(tr("house.keep_mine"))
        row.addWidget(self.take)
        row.addWidget(self.keep)
        row.addStretch(1)
        self._choice.hide()
        column.addWidget(self._choice)
        column.addStretch(1)
        self.field.changed.connect(self.changed)
        self.take.clicked.connect(lambda: self.chosen.emit(spec.field, True))
        self.keep.clicked.connect(lambda: self.chosen.emit(spec.field, False))

    def say(self, fault: str, theirs: str = "", arrived: str = "") -> None:
        """Red for what is wrong, amber for two values of one field, a plain note for what another just changed."""
        words = fault or theirs or arrived
        self.note.setText(words)
        self.note.setVisible(bool(words))
        set_tone(self.note, "miss.text" if fault else "ring.text" if theirs else "accent")
        self._choice.setVisible(bool(theirs))
        self.field.mark(bool(fault))
        self.field.setAccessibleDescription(words)


def field_words(kind: str, field: str) -> str:
    """What a field is called: its own name for this kind of part, or the one all kinds share."""
    key = f"house.{kind}_{field}"
    return tr(key) if known(key) else tr(f"house.field_{field}")
