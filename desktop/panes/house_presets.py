# SPDX-License-Identifier: GPL-3.0-or-later
"""What the house sets for itself: its name, its number, and what the law asks of those who listen in.

Each is stored as soon as it is written, like the levels of skills, and says who changed it last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.flows.house import HouseFlow
from desktop.panes.house_fields import HouseField, TextField, TickField
from desktop.panes.section import HEADER_H, bar
from desktop.widgets.labels import label, set_tone, wrapped
from resources.i18n import tr
from telephony.numbers import UnusableNumber, normalise

PAD = 20
WIDTH = 460


def _no_number(text: str) -> str:
    """Why this cannot be the hotline's number, "" when it can: service numbers are numbers too."""
    try:
        normalise(text)
    except UnusableNumber:
        return tr("house.presets_number_wrong")
    return ""


class Preset(QWidget):
    """One of them, with what it is for below and who changed it last."""

    def __init__(
        self, flow: HouseFlow, name: str, field: HouseField, unset: Any, wrong: Callable[[str], str] = lambda _text: ""
    ) -> None:
        super().__init__()
        self._flow, self.name, self.field, self._unset, self._wrong = flow, name, field, unset, wrong
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        if isinstance(field, TextField):
            column.addWidget(label(tr(f"house.presets_{name}"), "caption", "text2"))
            field.edit.editingFinished.connect(self.store)
        else:
            field.changed.connect(self.store)
        column.addWidget(field)
        self.about = wrapped("", "caption", "text3")
        column.addWidget(self.about)

    def stored(self) -> Any:
        """What stands, or what counts when nothing was set."""
        picture = self._flow.picture
        return picture.presets.get(self.name, self._unset) if picture is not None else self._unset

    def refresh(self) -> None:
        """Show what stands; what is being written here is left alone."""
        picture = self._flow.picture
        if picture is None:
            return
        self.field.setEnabled(self._flow.may_edit("preset"))
        if not (isinstance(self.field, TextField) and self.field.edit.hasFocus() and self.field.edit.isModified()):
            self.field.show_value(self.stored())
        mark = picture.mark("preset", self.name)
        about = tr(f"house.presets_{self.name}_about")
        self._say(f"{about} {tr('house.changed_by', mark.by, mark.version)}" if mark.by else about)

    def store(self) -> None:
        """Store what is written when it is another value than what stands."""
        value = self.field.value()
        if value == self.stored() or not self._flow.may_edit("preset"):
            return
        wrong = self._wrong(value) if value else ""
        self.field.mark(bool(wrong))
        if wrong:
            self._say(wrong, wrong=True)
            return
        if isinstance(self.field, TextField):
            self.field.edit.setModified(False)
        self._flow.set_preset(self.name, value)

    def _say(self, words: str, wrong: bool = False) -> None:
        self.about.setText(words)
        set_tone(self.about, "miss.text" if wrong else "text3")


class PresetsPage(QFrame):
    """All of them, one below the other. `presets` by name."""

    def __init__(self, flow: HouseFlow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("house.tab_presets"))
        header, row = bar("header", HEADER_H, PAD)
        row.addWidget(label(tr("house.tab_presets"), "title"))
        row.addStretch(1)
        row.addWidget(label(tr("house.presets_keys"), "caption", "text3"))
        company = Preset(flow, "company", TextField(tr("house.presets_company")), "")
        hotline = Preset(flow, "hotline", TextField(tr("house.presets_hotline"), "400 812 3456"), "", _no_number)
        shown = Preset(flow, "supervision_shown", TickField(tr("house.presets_supervision_shown")), True)
        self.presets = {each.name: each for each in (company, hotline, shown)}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        inside = QVBoxLayout()
        inside.setContentsMargins(PAD, 16, PAD, 16)
        inside.setSpacing(18)
        for preset in self.presets.values():
            inside.addWidget(preset)
        inside.addStretch(1)
        column.addLayout(inside, 1)
        flow.changed.watch(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        for preset in self.presets.values():
            preset.refresh()

    def step(self, by: int) -> None:
        """The field above or below."""
        fields = [preset.field for preset in self.presets.values()]
        here = self.focusWidget()
        at = next((n for n, field in enumerate(fields) if field.focusProxy() is here), -by)
        fields[(at + by) % len(fields)].setFocus()

    def finish(self) -> None:
        """Ctrl+Enter: store what is written."""
        for preset in self.presets.values():
            preset.store()

    def panes(self) -> list[QWidget]:
        return [self]
