# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor of one part of the set-up: sections of fields, what a save would change, and the save itself.

Faults stand at their fields as one types. What another stored meanwhile is taken over where nothing was written here
and shown side by side where it was; nothing is overwritten unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.flows.house_check import NAME_FIELD
from desktop.flows.house_edit import Edit
from desktop.panes.house_box import COLUMNS, FieldBox, Spec, field_words
from desktop.panes.house_fields import TextField
from desktop.panes.house_names import title_words, value_words
from desktop.panes.section import FOOTER_H, HEADER_H, bar
from desktop.widgets.buttons import Button
from desktop.widgets.frames import Strip
from desktop.widgets.labels import ElideLabel, EmptyPlace, label, section
from models.rules.refusals import in_words
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.house import HouseFlow

PREVIEW_LINES = 5
SIDE = 20


class PartEditor(QFrame):
    """`show_edit` with what is edited, None for nothing. `sections`: (title key, its fields). `head` is the row at the
    right of the title, for switches of the kind's own."""

    def __init__(
        self, flow: HouseFlow, kind: str, sections: Sequence[tuple[str, Sequence[Spec]]], empty: str,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._flow, self.kind = flow, kind
        self.edit: Edit | None = None
        self._showing = False
        self.setProperty("role", "pane")
        self.setAccessibleName(tr(f"house.tab_{kind}"))
        header, self.head = bar("header", HEADER_H, SIDE)
        self.title = ElideLabel("", "title")
        self.head.addWidget(self.title, 1)
        self.strip = Strip("ring", "warn")
        self.strip.hide()
        self.strip.acted.connect(self._forget)
        self.boxes: dict[str, FieldBox] = {}
        self._body = QWidget()
        self._body.setProperty("role", "pane")
        self.column = QVBoxLayout(self._body)
        self.column.setContentsMargins(SIDE, 12, SIDE, 16)
        self.column.setSpacing(0)
        for title, specs in sections:
            self._add_section(title, specs)
        self.column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._body)
        self._none = EmptyPlace("info", tr(empty))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(header)
        outer.addWidget(self.strip)
        outer.addWidget(self._none, 1)
        outer.addWidget(self._area, 1)
        self.preview = self._preview()
        outer.addWidget(self.preview)
        outer.addWidget(self._footer())
        self.show_edit(None)

    # ---- building -----------------------------------------------------------------------------------------------

    def _add_section(self, title: str, specs: Sequence[Spec]) -> None:
        if title:
            self.column.addWidget(section(tr(title)))
            self.column.addSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        for n in range(COLUMNS):
            grid.setColumnStretch(n, 1)
        row = at = 0
        for spec in specs:
            if at + spec.span > COLUMNS:
                row, at = row + 1, 0
            box = FieldBox(self.kind, spec)
            box.changed.connect(lambda box=box: self._written(box))
            box.chosen.connect(self._chosen)
            self.boxes[spec.field] = box
            grid.addWidget(box, row, at, 1, spec.span)
            at += spec.span
        self.column.addLayout(grid)
        self.column.addSpacing(18)

    def _preview(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "facts")
        column = QVBoxLayout(frame)
        column.setContentsMargins(SIDE, 10, SIDE, 10)
        column.setSpacing(2)
        head = QHBoxLayout()
        self._preview_title = section(tr("house.preview"))
        head.addWidget(self._preview_title)
        head.addStretch(1)
        column.addLayout(head)
        self._lines: list[tuple[QWidget, ElideLabel, ElideLabel, ElideLabel]] = []
        for _ in range(PREVIEW_LINES):
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            name, old, new = ElideLabel("", "caption", "text2"), ElideLabel("", "caption", "text3"), ElideLabel("")
            name.setFixedWidth(150)
            name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            row.addWidget(name)
            row.addWidget(old, 2)
            row.addWidget(label("→", "caption", "text3"))
            row.addWidget(new, 3)
            column.addWidget(line)
            self._lines.append((line, name, old, new))
        self._more = label("", "caption", "text3")
        column.addWidget(self._more)
        return frame

    def _footer(self) -> QFrame:
        footer, row = bar("footer", FOOTER_H, SIDE)
        self.state = ElideLabel("", "caption", "text2")
        self.remove = Button(tr("house.remove"), "quiet", size=32)
        self.discard = Button(tr("house.discard"))
        self.save = Button(tr("house.save"), "primary", hint="Ctrl+Enter")
        row.addWidget(self.state, 1)
        for button in (self.remove, self.discard, self.save):
            row.addWidget(button)
        self.remove.clicked.connect(self._remove)
        self.discard.clicked.connect(self._discard)
        self.save.clicked.connect(self.finish)
        return footer

    # ---- what stands ---------------------------------------------------------------------------------------------

    def show_edit(self, edit: Edit | None) -> None:
        """Show this one from the top; the same one again only brings what changed."""
        fresh = edit is not self.edit
        self.edit = edit
        self._area.setVisible(edit is not None)
        self._none.setVisible(edit is None)
        for widget in (self.save, self.discard, self.remove):
            widget.setVisible(edit is not None)
        if edit is None:
            self.title.setText(tr(f"house.tab_{self.kind}"))
            self.preview.hide()
            self.strip.hide()
            self.state.setText("")
            return
        if fresh:
            self._area.verticalScrollBar().setValue(0)
        self.refresh()

    def refresh(self) -> None:
        """Bring every field, note and button up to what is edited."""
        edit = self.edit
        if edit is None:
            return
        self._showing = True
        locked = not self._flow.may_edit(self.kind)
        for box in self.boxes.values():
            box.field.refresh()
            box.field.show_value(box.spec.of(edit.now))
            box.field.setEnabled(not locked)
            if isinstance(box.field, TextField) and box.spec.field == NAME_FIELD.get(self.kind):
                box.field.set_fixed(not edit.new)
        self._showing = False
        self.title.setText(self.title_of(edit))
        self._say()

    def title_of(self, edit: Edit) -> str:
        return tr(f"house.new_{self.kind}") if edit.new else title_words(self.kind, edit.now)

    def problems(self) -> Mapping[str, str]:
        """Field → words: what cannot be read, then what makes no sense, then what the house refused."""
        edit = self.edit
        if edit is None:
            return {}
        found = {name: words for name, box in self.boxes.items() if (words := box.field.problem())}
        for field, (words, args) in self._flow.faults(edit).items():
            found.setdefault(self._box_of(field), in_words(words, args))
        if edit.refused is not None and self._box_of(edit.refused_field) in self.boxes:
            found.setdefault(self._box_of(edit.refused_field), in_words(*edit.refused))
        return found

    def _box_of(self, field: str) -> str:
        return next((name for name, box in self.boxes.items() if field in box.spec.fields), field)

    def _say(self) -> None:
        edit = self.edit
        if edit is None:
            return
        problems = self.problems()
        for name, box in self.boxes.items():
            theirs = next((edit.theirs[field] for field in box.spec.fields if field in edit.theirs), None)
            clash = any(field in edit.theirs for field in box.spec.fields)
            said = value_words(self._flow.picture, name, theirs) if clash else ""
            arrived = any(field in edit.arrived for field in box.spec.fields)
            box.say(
                problems.get(name, ""),
                tr("house.theirs", edit.by, said) if clash else "",
                tr("house.arrived", edit.by) if arrived else "",
            )
        self._say_strip(edit)
        self._say_changes(edit)
        self._say_buttons(edit, problems)

    def _say_strip(self, edit: Edit) -> None:
        refused = edit.refused is not None and self._box_of(edit.refused_field) not in self.boxes
        words = ""
        fault = self._flow.faults(edit).get("")
        if edit.gone:
            words = tr("house.gone")
        elif fault is not None:
            words = in_words(*fault)
            refused = True
        elif edit.theirs:
            words = tr("house.clash", edit.by, len(edit.theirs))
            refused = False
        elif refused and edit.refused is not None:
            words = in_words(*edit.refused)
        elif edit.arrived:
            words = tr("house.arrived_strip", edit.by)
        self.strip.set_look("miss" if refused or edit.gone else "ring", "warn" if refused or edit.gone else "info")
        self.strip.say(words, tr("house.forget") if edit.gone else "")
        self.strip.setVisible(bool(words))

    def _say_changes(self, edit: Edit) -> None:
        changes = () if edit.new else edit.changes()
        self.preview.setVisible(bool(changes))
        self._preview_title.setText(tr("house.preview_count", len(changes)))
        picture = self._flow.picture
        for n, (line, name, old, new) in enumerate(self._lines):
            line.setVisible(n < len(changes))
            if n < len(changes):
                change = changes[n]
                name.setText(field_words(self.kind, change.field))
                old.setText(value_words(picture, change.field, change.old))
                new.setText(value_words(picture, change.field, change.new))
        more = len(changes) - PREVIEW_LINES
        self._more.setVisible(more > 0)
        self._more.setText(tr("house.preview_more", more) if more > 0 else "")

    def _say_buttons(self, edit: Edit, problems: Mapping[str, str]) -> None:
        why = ""
        if not self._flow.may_edit(self.kind):
            why = tr("house.why_not_yours")
        elif edit.saving:
            why = tr("house.saving")
        elif edit.theirs:
            why = tr("house.why_clash")
        elif problems:
            why = tr("house.why_faults", len(problems))
        elif not edit.dirty:
            why = tr("house.why_nothing")
        self.save.say_why(why)
        self.discard.setEnabled(edit.dirty and not edit.saving)
        self.remove.setVisible(not edit.new and self._flow.may_edit(self.kind))
        mark = self._flow.picture.mark(self.kind, edit.id) if self._flow.picture is not None else None
        by = tr("house.changed_by", mark.by, mark.version) if mark is not None and mark.by else ""
        self.state.setText(why if why and (edit.dirty or edit.saving) else by)

    # ---- what the person does ------------------------------------------------------------------------------------

    def _written(self, box: FieldBox) -> None:
        if self._showing or self.edit is None:
            return
        if not box.field.problem():
            for field, value in box.spec.written(box.field.value()).items():
                self._flow.put(self.edit, field, value)
        self._say()

    def _chosen(self, name: str, theirs: bool) -> None:
        if self.edit is not None:
            for field in self.boxes[name].spec.fields:
                self._flow.take(self.edit, field, theirs)

    def finish(self) -> None:
        """Ctrl+Enter: store it, when nothing speaks against it."""
        if self.edit is not None and self.save.isEnabled():
            self._flow.save(self.edit)

    def _discard(self) -> None:
        if self.edit is not None:
            self._flow.drop(self.edit)

    def _remove(self) -> None:
        if self.edit is not None:
            self._flow.remove(self.edit)

    def _forget(self) -> None:
        if self.edit is not None and self.edit.gone:
            self._flow.drop(self.edit)
