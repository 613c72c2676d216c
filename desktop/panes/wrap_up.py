# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrap-up: the disposition in two levels by digits, a note, what follows. Two digits and Ctrl+Enter usually do.

The suggested disposition is marked, never chosen for the agent. `WrapUpFacts` is the right column: how the call went,
what the sheet still lacks, what is next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.widgets.buttons import Button
from desktop.widgets.chips import ToggleChip
from desktop.widgets.digit_list import DigitList, DigitRow
from desktop.widgets.figures import second
from desktop.widgets.frames import Pane, hairline, upright
from desktop.widgets.labels import ElideLabel, IconLabel, KeyHint, label
from models.cards import Disposition
from resources.i18n import language, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from desktop.widgets.theme import Theme

FOLLOW_UPS = (("revisit", "check"), ("send_number", "chat"), ("article", "book"))
"""What may follow a contact, with its icon; `wrap_up.follow_<name>`."""


def words_of(disposition: Disposition) -> str:
    """A disposition in the language in use."""
    return disposition.words_en if language() == "en" else disposition.words_zh


class WrapUpPage(Pane):
    """The centre of the agent's page after a call."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._desk = desk
        self._contact = ""
        self._known: tuple[Disposition, ...] = ()
        self.setAccessibleName(tr("wrap_up.title"))
        self._add_head()
        self._add_lists()
        self._add_note()
        self._add_footer()
        desk.calls.changed.watch(self.refresh)
        desk.sheet.saved_changed.watch(self._show_saved)
        desk.sheet.changed.watch(self._show_saved)
        self.refresh()

    # ---- building -------------------------------------------------------------------------------------------------

    def _add_head(self) -> None:
        head = QFrame(self)
        head.setProperty("role", "header")
        head.setFixedHeight(52)
        row = QHBoxLayout(head)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(12)
        row.addWidget(label(tr("wrap_up.title"), "title", "text", head))
        row.addWidget(ElideLabel(tr("wrap_up.how"), "body", "text2", head), 1)
        self.number = label("", "caption", "text2", head)
        row.addWidget(self.number)
        self.body.addWidget(head)

    def _add_lists(self) -> None:
        lists = QHBoxLayout()
        lists.setSpacing(0)
        lists.setContentsMargins(0, 0, 0, 0)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setContentsMargins(12, 10, 12, 8)
            column.setSpacing(4)
        first = label(tr("wrap_up.level_1"), "section", "text3", self)
        first.setContentsMargins(12, 0, 0, 0)
        self.level_2_name = label(tr("wrap_up.level_2"), "section", "text3", self)
        self.level_2_name.setContentsMargins(12, 0, 0, 0)
        self.categories = DigitList(tr("wrap_up.level_1"), self)
        self.details = DigitList(tr("wrap_up.level_2"), self)
        left.addWidget(first)
        left.addWidget(self.categories, 1)
        right.addWidget(self.level_2_name)
        right.addWidget(self.details, 1)
        lists.addLayout(left, 300)
        line = upright(40, self)
        line.setMaximumHeight(16777215)
        line.setMinimumHeight(0)
        lists.addWidget(line)
        lists.addLayout(right, 401)
        self.body.addLayout(lists, 1)
        self.setFocusProxy(self.categories)
        self.categories.picked.connect(self._category)
        self.details.picked.connect(self._detail)
        self.details.installEventFilter(self)

    def _add_note(self) -> None:
        self.body.addWidget(hairline(self))
        column = QVBoxLayout()
        column.setContentsMargins(20, 12, 20, 14)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(label(tr("wrap_up.note"), "caption", "text2", self))
        head.addStretch(1)
        head.addWidget(KeyHint("N", self))
        head.addWidget(label(tr("wrap_up.note_key"), "caption", "text3", self))
        column.addLayout(head)
        self.note = QPlainTextEdit(self)
        self.note.setAccessibleName(tr("wrap_up.note"))
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(64)
        self.note.installEventFilter(self)
        column.addWidget(self.note)
        column.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(tr("wrap_up.follow_ups"), "caption", "text2", self))
        self.follow_ups: dict[str, ToggleChip] = {}
        for name, icon in FOLLOW_UPS:
            chip = ToggleChip(tr(f"wrap_up.follow_{name}"), icon, self)
            chip.toggled.connect(self._keep)
            self.follow_ups[name] = chip
            row.addWidget(chip)
        row.addStretch(1)
        column.addLayout(row)
        self.body.addLayout(column)

    def _add_footer(self) -> None:
        row = self.add_footer()
        self.saved = IconLabel("check", "", "caption", "text2", 14, self)
        self.complete = IconLabel("warn", "", "body", "ring.text", 16, self)
        row.addWidget(self.saved)
        row.addWidget(upright(20, self))
        row.addWidget(self.complete)
        row.addStretch(1)
        self.other = Button(tr("wrap_up.other_category"), hint="Backspace", parent=self)
        self.other.clicked.connect(self.back_to_categories)
        row.addWidget(self.other)

    # ---- what the person does -------------------------------------------------------------------------------------

    def pick(self, digit: int) -> bool:
        """A digit outside a text field: picks in the level whose turn it is."""
        level = self.details if self.categories.chosen and not self.categories.hasFocus() else self.categories
        return level.pick(digit)

    def write_note(self) -> None:
        """N: straight into the note."""
        self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def back_to_categories(self) -> None:
        """Backspace: another category."""
        self.categories.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _category(self, code: str) -> None:
        inner = [one for one in self._known if one.parent == code]
        chosen = self._desk.calls.disposition
        self.details.fill(tuple(self._row(one) for one in inner), chosen)
        self.level_2_name.setText(tr("wrap_up.level_2_of", self.categories.words_of(code)))
        if not inner:
            self._desk.calls.set_disposition(code, self.note.toPlainText().strip(), self._follow_up_names())
            return
        self.details.setFocus(Qt.FocusReason.OtherFocusReason)

    def _detail(self, code: str) -> None:
        self._desk.calls.set_disposition(code, self.note.toPlainText().strip(), self._follow_up_names())
        self._show_saved()

    def _keep(self, on: bool = False) -> None:
        """Note or follow-ups changed: send them with the code there is."""
        code = self._desk.calls.disposition
        if code:
            self._desk.calls.set_disposition(code, self.note.toPlainText().strip(), self._follow_up_names())

    def _follow_up_names(self) -> tuple[str, ...]:
        return tuple(name for name, chip in self.follow_ups.items() if chip.isChecked())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self._keep()
        if watched is self.details and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) \
                and event.key() == Qt.Key.Key_Backspace:  # fmt: skip
            self.back_to_categories()
            return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """The form that had the focus is gone: it comes to the categories, unless somebody types elsewhere."""
        super().showEvent(event)
        focus = QApplication.focusWidget()
        if focus is None or not focus.isVisible() or self.isAncestorOf(focus):
            self.categories.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_N and not event.modifiers():
            self.write_note()
            return
        super().keyPressEvent(event)

    def store_note(self) -> None:
        """Before the contact is finished: what was typed last goes along."""
        if self.note.hasFocus():
            self._keep()

    # ---- what stands ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        calls = self._desk.calls
        call = calls.call
        if call is None or call.stage != "wrap_up":
            return
        if call.call != self._contact or calls.dispositions != self._known:
            fresh = call.call != self._contact
            self._contact, self._known = call.call, calls.dispositions
            self._start(fresh)
        self._show_saved()

    def _start(self, fresh: bool) -> None:
        """Another contact: nothing chosen, nothing typed."""
        if fresh:
            self.note.setPlainText("")
            for chip in self.follow_ups.values():
                chip.blockSignals(True)
                chip.setChecked(False)
                chip.blockSignals(False)
        chosen = self._desk.calls.disposition
        of = {one.code: one for one in self._known}
        parent = of[chosen].parent or chosen if chosen in of else ""
        self.categories.fill(tuple(self._row(one) for one in self._known if not one.parent), parent)
        inner = tuple(self._row(one) for one in self._known if one.parent and one.parent == parent)
        self.details.fill(inner, chosen)
        name = tr("wrap_up.level_2_of", self.categories.words_of(parent)) if parent else tr("wrap_up.level_2")
        self.level_2_name.setText(name)

    def _row(self, one: Disposition) -> DigitRow:
        suggested = self._desk.calls.suggested
        inner = any(each.parent == one.code for each in self._known)
        marked = suggested == one.code or (inner and suggested.startswith(f"{one.code}."))
        return DigitRow(one.code, words_of(one), tr("wrap_up.suggested") if marked and not inner else "", inner)

    def _show_saved(self, *_: object) -> None:
        sheet = self._desk.sheet
        self.number.setText(sheet.draft.number if sheet.draft else "")
        at = sheet.saved.central_at
        words = tr("wrap_up.saved", second(at)) if at and not sheet.saved.unsent else tr("wrap_up.saved_here")
        self.saved.set("check", words, "text2")
        lacking = len(sheet.missing("sheet")) if sheet.draft else 0
        coded = bool(self._desk.calls.disposition)
        if lacking == 0 and coded:
            self.complete.set("check", tr("wrap_up.all_there"), "ready.text")
        elif not coded:
            self.complete.set("warn", tr("wrap_up.no_code"), "ring.text")
        else:
            self.complete.set("warn", tr("wrap_up.sheet_lacks", lacking), "ring.text")
        self.other.setEnabled(bool(self.categories.chosen))
