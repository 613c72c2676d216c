# SPDX-License-Identifier: GPL-3.0-or-later
"""One field of the guided form: label over editor, written as typed, with what others do to it shown in place.

Every key goes to the flow at once and leaving the field flushes it. Another's text appears live; two texts for one
field stand side by side until one is chosen; a field that another person is typing in rests for as long as the flow
says so. A missing mandatory field is dashed amber and says so in its label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.panes.flow_row import FlowRow
from desktop.panes.form_conflict import ConflictBox
from desktop.widgets import icons
from desktop.widgets.chips import ToggleChip
from desktop.widgets.figures import grouped
from desktop.widgets.labels import label
from desktop.widgets.theme import current, restyle
from models.rules import guide
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

AREA_H = 76
SHORT_AREA_H = 56
JOIN = ","
BY_SYSTEM = "system"


class ChoiceBox(QComboBox):
    """A choice of codes. Digits 1–9 pick while it has the focus; the wheel never changes what was not focused."""

    picked = Signal(str)

    def __init__(self, field: guide.Field) -> None:
        super().__init__()
        self.setPlaceholderText(tr("form.choose"))
        for choice in field.choices:
            self.addItem(tr(field.choice_label(choice)), choice)
        self.setCurrentIndex(-1)
        self.setMinimumContentsLength(4)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(lambda number: self.picked.emit(self.itemData(number)))

    def wheelEvent(self, event: object) -> None:
        getattr(event, "ignore", lambda: None)()

    def keyPressEvent(self, event: object) -> None:
        text = getattr(event, "text", lambda: "")()
        if text.isdigit() and text != "0" and self.choose_number(int(text)):
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def choose_number(self, number: int) -> bool:
        """Pick the option with this number, from 1."""
        if not self.isEnabled() or not 1 <= number <= self.count():
            return False
        self.setCurrentIndex(number - 1)
        self.picked.emit(self.itemData(number - 1))
        return True

    def show_value(self, value: str) -> None:
        """Show a code; one that is not on offer shows as itself, so nothing is hidden."""
        number = self.findData(value) if value else -1
        if value and number < 0:
            self.addItem(value, value)
            number = self.count() - 1
        self.setCurrentIndex(number)


class ChipsBox(QWidget):
    """Several codes ticked at once; the text is the codes joined by commas in the order of the guide."""

    picked = Signal(str)

    def __init__(self, field: guide.Field) -> None:
        super().__init__()
        self.chips: dict[str, ToggleChip] = {}
        row = FlowRow(self, 8)
        row.setContentsMargins(0, 0, 0, 0)
        for choice in field.choices:
            chip = ToggleChip(tr(field.choice_label(choice)))
            chip.clicked.connect(self._tell)
            self.chips[choice] = chip
            row.addWidget(chip)

    def _tell(self) -> None:
        self.picked.emit(JOIN.join(code for code, chip in self.chips.items() if chip.isChecked()))

    def choose_number(self, number: int) -> bool:
        """Tick or untick the chip with this number, from 1."""
        if not 1 <= number <= len(self.chips):
            return False
        chip = list(self.chips.values())[number - 1]
        if chip.isEnabled():
            chip.click()
        return True

    def show_value(self, value: str) -> None:
        ticked = value.split(JOIN)
        for code, chip in self.chips.items():
            chip.setChecked(code in ticked)

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:  # type: ignore[override]
        next(iter(self.chips.values())).setFocus(reason)


class TextArea(QPlainTextEdit):
    """Several lines; Tab goes on to the next field."""

    typed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self._showing = False
        self.textChanged.connect(self._changed)

    def _changed(self) -> None:
        if not self._showing:
            self.typed.emit(self.toPlainText())

    def show_value(self, value: str) -> None:
        """Show a text and keep the cursor where the hand is."""
        if value == self.toPlainText():
            return
        self._showing = True
        cursor = self.textCursor()
        at = cursor.position()
        self.setPlainText(value)
        cursor = self.textCursor()
        cursor.setPosition(min(at, len(value)))
        self.setTextCursor(cursor)
        self._showing = False


class TextLine(QLineEdit):
    """One line; shown text keeps the cursor where the hand is."""

    def show_value(self, value: str) -> None:
        if value != self.text():
            at = self.cursorPosition()
            self.setText(value)
            self.setCursorPosition(min(at, len(value)) if self.hasFocus() else 0)


Editor = TextLine | TextArea | ChoiceBox | ChipsBox


class FieldEdit(QWidget):
    """A labelled field bound to the flow. `field` is the guide's definition."""

    def __init__(self, desk: Desk, field: guide.Field) -> None:
        super().__init__()
        self._desk = desk
        self.field = field
        self._stored = ""
        self.resting = False  # another person is typing here
        self._title = label(tr(field.label), "caption", "text2")
        self._required = label("", "caption", "ring.text")
        self._by = label("", "caption", "text3")
        self.editor: Editor = self._make_editor()
        self._title.setBuddy(self.editor)
        self._wrong = label("", "caption", "miss.text")
        self._wrong.setVisible(False)
        self.conflict = ConflictBox()
        self.conflict.chosen.connect(lambda text: self._desk.sheet.resolve(self.field.name, text))
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title)
        head.addWidget(self._required)
        head.addStretch(1)
        head.addWidget(self._by)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.editor)
        column.addWidget(self._wrong)
        column.addWidget(self.conflict)
        column.addStretch(1)
        self.refresh()

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of its step."""
        return self.field.kind in ("area", "chips") or self.field.name == "address"

    def _make_editor(self) -> Editor:
        field = self.field
        editor: Editor
        if field.kind == "choice":
            editor = ChoiceBox(field)
            editor.picked.connect(self._picked)
        elif field.kind == "chips":
            editor = ChipsBox(field)
            editor.picked.connect(self._picked)
        elif field.kind == "area":
            editor = TextArea()
            editor.setFixedHeight(AREA_H if field.required_sheet else SHORT_AREA_H)
            editor.typed.connect(self._typed)
        else:
            editor = TextLine()
            editor.textEdited.connect(self._typed)
            if field.kind == "date":
                editor.addAction(
                    icons.icon("cal", current().color("text2"), 16), QLineEdit.ActionPosition.TrailingPosition
                )
        hint = f"form.hint_{field.name}"
        if known(hint) and isinstance(editor, QLineEdit | QPlainTextEdit):
            editor.setPlaceholderText(tr(hint))
        editor.setAccessibleName(tr(field.label))
        targets: list[QObject] = list(editor.chips.values()) if isinstance(editor, ChipsBox) else [editor]
        for target in targets:
            target.installEventFilter(self)
        return editor

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self._desk.sheet.leave(self.field.name)
            self._check_number()
        return False

    def _written(self, value: str) -> str:
        """A value as it stands in the editor: numbers are grouped for reading, the stored text stays as it is."""
        return grouped(value) if self.field.kind == "phone" else value

    def _typed(self, value: str) -> None:
        self._stored = value
        self._wrong.setVisible(False)
        self._desk.sheet.write(self.field.name, value)

    def _picked(self, value: str) -> None:
        self._desk.sheet.write(self.field.name, value)
        self._desk.sheet.leave(self.field.name)

    def _check_number(self) -> None:
        """A call-back number that cannot be dialled is said now, not when somebody tries to keep the promise."""
        if self.field.kind != "phone" or not isinstance(self.editor, QLineEdit):
            return
        text = self.editor.text().strip()
        refusal = self._desk.calls.dial_refusal(text) if text else None
        self._wrong.setText(tr(refusal[0], *refusal[1]) if refusal else "")
        self._wrong.setVisible(refusal is not None)
        if bool(self.editor.property("wrong")) != (refusal is not None):
            restyle(self.editor, wrong=refusal is not None)

    def shown(self) -> str:
        """The value as the widget shows it."""
        match self.editor:
            case TextLine():
                return self._stored if self.editor.text() == self._written(self._stored) else self.editor.text()
            case TextArea():
                return self.editor.toPlainText()
            case ChoiceBox():
                return str(self.editor.currentData() or "")
            case ChipsBox():
                return JOIN.join(code for code, chip in self.editor.chips.items() if chip.isChecked())

    def refresh(self, values: Mapping[str, str] | None = None) -> None:
        """Show what the flow holds: value, author, who is typing, a conflict."""
        sheet = self._desk.sheet
        name = self.field.name
        value = sheet.value(name)
        if value != self.shown():
            self._stored = value
            self.editor.show_value(self._written(value))
        written = sheet.author(name)
        typing = sheet.typing(name)
        unstored = sheet.unstored(name)
        if typing:
            self._by.setText(tr("form.locked", typing))
        elif unstored:
            self._by.setText(tr("form.unstored"))
        else:
            self._by.setText(tr("form.from_system") if written and written.by == BY_SYSTEM and value else "")
        self._lock(bool(typing) or unstored)
        if written is not None and written.conflict:
            self.conflict.show_texts(value, written.by_name, written.conflict, written.conflict_by)
        else:
            self.conflict.hide_texts()
        self.mark_missing(values)

    def _lock(self, on: bool) -> None:
        self.resting = on
        match self.editor:
            case TextLine() | TextArea():
                if self.editor.isReadOnly() != on:
                    self.editor.setReadOnly(on)
            case ChoiceBox() | ChipsBox():
                if self.editor.isEnabled() == on:
                    self.editor.setEnabled(not on)

    def mark_missing(self, values: Mapping[str, str] | None = None) -> None:
        """Say whether it is mandatory, by what is filled in so far, and dash it while it is empty."""
        if values is None:
            values = {each.name: self._desk.sheet.value(each.name) for each in guide.FIELDS}
        needed = guide.required(self.field, values, "sheet")
        missing = needed and not values[self.field.name].strip()
        self._required.setText(tr("form.required") if needed else "")
        if bool(self.editor.property("missing")) != missing:
            restyle(self.editor, missing=missing)

    def hide_head(self) -> None:
        """Beside a label of its own, as in a row of the live draft."""
        for part in (self._title, self._required, self._by):
            part.hide()

    def take_focus(self) -> None:
        """Put the cursor in, at the end of what is written."""
        self.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if isinstance(self.editor, TextLine):
            self.editor.end(False)
