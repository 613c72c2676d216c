# SPDX-License-Identifier: GPL-3.0-or-later
"""The live draft in the engineer's centre: every field with its author, the engineer's own part open for writing.

The flow is told what the widgets show once an arrived draft, or another's change to it, has really been painted: so a
hand-over can be proved to have carried everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.panes.draft_choices import ChoiceRow, HandlingRow, StepsRow
from desktop.panes.draft_row import DraftRow, ReadRow, WriteRow
from desktop.panes.form_footer import saved_words
from desktop.panes.section import HEADER_H, bar, spoken_line
from desktop.panes.tasks import attempts_words, running_clock
from desktop.widgets.buttons import Button, LinkButton
from desktop.widgets.chips import Chip
from desktop.widgets.figures import minute
from desktop.widgets.frames import FOOTER, upright
from desktop.widgets.labels import EmptyPlace, IconLabel, label
from models.rules import guide
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from models.cards import TaskLine

NOTE = "note_to_engineer"
OWN = ("diagnosis", "diagnosis_steps", "solution", "remote_attempt", "service_mode", "parts")
FIRST = ("customer_name", "model", "symptom", "warranty")
"""Customer, product, fault, warranty: what the engineer must see without scrolling."""
REST = tuple(field.name for field in guide.FIELDS if field.name not in OWN and field.name not in FIRST)


class DraftBody(QWidget):
    """The painted rows: says when a paint pass over a changed draft has ended."""

    def __init__(self, pane: LiveDraftPane) -> None:
        super().__init__()
        self._pane = pane

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._pane.owes_paint:
            self._pane.owes_paint = False
            # Rows are painted after this widget: the report waits for the end of the paint pass.
            QTimer.singleShot(0, self._pane.report_painted)


class LiveDraftPane(QFrame):
    """`rows` by field name. `owes_paint`: somebody else's text has been laid out and not yet been painted."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.owes_paint = False
        self._told: tuple[str, dict[str, str]] = ("", {})
        self._draft = ""
        self.rows: dict[str, DraftRow] = {}
        self.setProperty("role", "pane")
        self.setAccessibleName(tr("engineer.draft"))
        self.setMinimumWidth(520)

        header, row = bar("header", HEADER_H)
        row.addWidget(label(tr("engineer.draft"), "title"))
        self._number = label("", "caption", "text2")
        row.addWidget(self._number)
        row.addStretch(1)
        self.still_on = Chip("", "call", "headset")
        row.addWidget(self.still_on)

        self._note = QFrame()
        self._note.setProperty("role", "spoken")
        self._note_who = label("", "section", "accent")
        self._note_at = label("", "caption", "text2")
        self.note_words = spoken_line()
        inside = QVBoxLayout(self._note)
        inside.setContentsMargins(12, 8, 12, 9)
        inside.setSpacing(1)
        head = QHBoxLayout()
        head.addWidget(self._note_who)
        head.addStretch(1)
        head.addWidget(self._note_at)
        inside.addLayout(head)
        inside.addWidget(self.note_words)
        self._note_room = QWidget()
        room = QVBoxLayout(self._note_room)
        room.setContentsMargins(20, 12, 20, 12)
        room.addWidget(self._note)

        self._none = EmptyPlace("ticket", tr("engineer.draft_none"))
        self._body = DraftBody(self)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._note_room)
        for name in OWN:
            self._add_row(name)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._body)

        self.saved = IconLabel("check", "", "caption", "text2", 14)
        self.missing = LinkButton("", tone="ring.text")
        self.missing.clicked.connect(self._to_missing)
        self._line = upright()
        self.claim_first = label(tr("engineer.claim_to_write"), "caption", "text2")
        self.claim_first.hide()
        self.give_back = Button("")
        self.give_back.clicked.connect(self._give_back)
        self.submit = Button(tr("engineer.submit"), "primary", hint="Ctrl+Enter")
        self.submit.clicked.connect(lambda: self._desk.sheet.submit())
        self._footer = QFrame()
        self._footer.setProperty("role", "footer")
        self._footer.setFixedHeight(FOOTER)
        foot = QHBoxLayout(self._footer)
        foot.setContentsMargins(20, 0, 20, 0)
        foot.setSpacing(8)
        for part in (self.saved, self._line, self.missing):
            foot.addWidget(part)
        foot.addStretch(1)
        foot.addWidget(self.claim_first)
        foot.addWidget(self.give_back)
        foot.addWidget(self.submit)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (header, self._none):
            column.addWidget(part)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._footer)
        desk.sheet.changed.watch(self.refresh)
        desk.sheet.field_changed.watch(self._field_changed)
        desk.sheet.saved_changed.watch(self._show_footer)
        desk.calls.changed.watch(self._show_call)
        desk.tasks.changed.watch(self._show_call)
        self.refresh()

    def _add_row(self, name: str) -> DraftRow:
        match name:
            case "diagnosis_steps":
                row: DraftRow = StepsRow(self._desk, name)
            case "remote_attempt":
                row = ChoiceRow(self._desk, name)
            case "service_mode":
                row = HandlingRow(self._desk, name)
            case _ if name in OWN:
                row = WriteRow(self._desk, name)
            case _:
                row = ReadRow(self._desk, name)
        order = self._order(name)
        before = sum(1 for other in self.rows if order.index(other) < order.index(name))
        self.rows[name] = row
        self._column.insertWidget(1 + before, row)  # under the note
        return row

    def _order(self, *more: str) -> list[str]:
        """What it is about, the engineer's own part, then the rest of the guide, then what no guide knows."""
        draft = self._desk.sheet.draft
        known = [*FIRST, *OWN, *REST]
        extra = {*(draft.fields if draft else ()), *self.rows, *more} - set(known)
        return [*known, *sorted(extra)]

    def refresh(self) -> None:
        """Another draft, or the same one read anew."""
        draft = self._desk.sheet.draft
        here = draft is not None
        self._none.setVisible(not here)
        self._scroll.setVisible(here)
        self._footer.setVisible(here)
        self._number.setText(draft.number if draft is not None else "")
        if draft is not None and draft.draft != self._draft:
            self._draft = draft.draft
            for name in [name for name in self.rows if name not in OWN]:
                row = self.rows.pop(name)
                self._column.removeWidget(row)
                row.hide()  # else a show still on its way makes it a window
                row.setParent(None)
                row.deleteLater()
        for name in self._order():
            if self._desk.sheet.value(name) and name not in self.rows:
                self._add_row(name)
        for row in self.rows.values():
            row.refresh()
        self._show_writable()
        self._show_note()
        self._show_call()
        self._show_footer()
        self._owe()

    def _field_changed(self, name: str) -> None:
        if name not in self.rows and self._desk.sheet.value(name):
            self._add_row(name)
        if name in self.rows:
            self.rows[name].refresh()
        if name in ("product_line", "warranty", "fault_class"):
            self.rows["service_mode"].refresh()
        if name == NOTE:
            self._show_note()
        self._show_footer()
        written = self._desk.sheet.author(name)
        if written is not None and self._desk.me is not None and written.by != self._desk.me.person:
            self._owe()

    def _owe(self) -> None:
        if self._desk.sheet.draft is not None:
            self.owes_paint = True
            self._body.update()

    def values(self) -> dict[str, str]:
        """What the widgets show, field by field, empty ones left out."""
        shown = {name: row.shown() for name, row in self.rows.items()}
        return {name: value for name, value in shown.items() if value}

    def report_painted(self) -> None:
        """The paint pass is over: tell the flow what stands on the screen, once per content."""
        draft = self._desk.sheet.draft
        if draft is None:
            return
        now = (draft.draft, self.values())
        if now != self._told:
            self._told = now
            self._desk.sheet.draft_painted(dict(now[1]))

    def _show_note(self) -> None:
        sheet, task = self._desk.sheet, self._desk.tasks.current
        written = sheet.author(NOTE)
        text, who, at = sheet.value(NOTE), written.by_name if written else "", written.at if written else 0.0
        draft = sheet.draft
        if not text and task is not None and draft is not None and task.draft == draft.draft:
            text, who, at = task.note, task.created_by_name, task.created
        self._note_room.setVisible(bool(text))
        self._note_who.setText(tr("engineer.note_from", who))
        self._note_at.setText(minute(at) if at else "")
        self.note_words.setText(text)
        if NOTE in self.rows:
            # It stands on top in words; its row would say it twice.
            self.rows[NOTE].setVisible(False)

    def _show_call(self) -> None:
        call = self._desk.calls.call
        consulting = call is not None and bool(call.peer) and not call.responsible
        self.still_on.setVisible(consulting)
        if call is not None and consulting:
            self.still_on.set(tr("engineer.still_on", f"{call.peer_name} {call.peer}".strip()))
        self._show_writable()
        mine = call is not None and call.stage in ("talking", "held") and call.responsible
        back = (call.handed_by_name or call.handed_by) if call is not None and mine else ""
        self.give_back.setVisible(bool(back))
        self.give_back.set_text(tr("engineer.give_back", back))
        if call is None and self._desk.sheet.draft is None:
            self._show_task()

    def _of_task(self) -> TaskLine | None:
        """The chosen task, when its sheet stands here between calls."""
        draft, task = self._desk.sheet.draft, self._desk.tasks.current
        if self._desk.calls.call is not None or draft is None or task is None or task.draft != draft.contact:
            return None
        return task

    def _show_writable(self) -> None:
        """The sheet of a task nobody has claimed is there to be read: whoever claims it writes in it."""
        task, me = self._of_task(), self._desk.me
        mine = task is None or (me is not None and task.claimed_by == me.person)
        for row in self.rows.values():
            row.body.setEnabled(mine or (isinstance(row, ReadRow) and row.edit is None))
            row.read_only = not mine
        self.claim_first.setVisible(not mine)
        self.submit.setVisible(mine)

    def _show_task(self) -> None:
        """Without a sheet on the screen the chosen task says what it is about."""
        task = self._desk.tasks.current
        if task is None:
            self._none.words.setText(tr("engineer.draft_none"))
            return
        clock = running_clock(task, self._desk.now())
        rest = f"{clock[0]} {clock[1].words}" if clock is not None else ""
        parts = (task.customer_name, task.title, task.note, rest, attempts_words(task))
        self._none.words.setText(tr("card.dot").join(part for part in parts if part))

    def _show_footer(self) -> None:
        icon, words, tone = saved_words(self._desk)
        self.saved.set(icon, words, tone)
        missing = self._desk.sheet.missing() if self._desk.sheet.draft else ()
        self.missing.set_text(tr("engineer.missing_some", len(missing)) if missing else "")
        self.missing.setToolTip(tr("form.missing_join").join(tr(f"guide.field_{name}") for name in missing))
        self.missing.setVisible(bool(missing))
        self._line.setVisible(bool(missing))
        draft = self._desk.sheet.draft
        done = draft is not None and bool(draft.ticket)
        why = tr("form.done") if done else tr("form.missing_first", len(missing)) if missing else ""
        self.submit.say_why(why)

    def _to_missing(self) -> None:
        missing = self._desk.sheet.missing()
        if missing:
            self.focus_field(missing[0])

    def focus_field(self, name: str) -> None:
        """Open the row of a field for writing, making it if it was empty so far."""
        row = self.rows.get(name) or self._add_row(name)
        row.show()
        row.refresh()
        if isinstance(row, ReadRow):
            row.open_editor()
            if row.edit is not None:
                row.edit.take_focus()
        elif isinstance(row, WriteRow):
            row.edit.take_focus()
        elif isinstance(row, ChoiceRow) and row.options:
            next(iter(row.options.values())).setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._column.activate()
        self._scroll.ensureWidgetVisible(row)

    def _give_back(self) -> None:
        call = self._desk.calls.call
        if call is not None and call.handed_by:
            self._desk.transfer.transfer(call.handed_by, True)
