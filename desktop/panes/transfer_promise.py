# SPDX-License-Identifier: GPL-3.0-or-later
"""The promise of a call-back: the words to say, the number to reach him on, and the hand-over task made of the sheet.

The words name a time only when the house has a call-back clock. A withheld number is asked for. A sheet handed over
without a voice needs every mandatory field; what is missing is said before the button is pressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from desktop.panes.section import spoken_line
from desktop.widgets.buttons import Button
from desktop.widgets.figures import grouped, minute
from desktop.widgets.frames import hairline
from desktop.widgets.labels import IconLabel, label, wrapped
from desktop.widgets.theme import restyle
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class PromiseBox(QFrame):
    """Pinned to the bottom of the panel; on top, with the primary button, when nobody is free."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._first = False
        self.setProperty("role", "canvas")
        self.title = IconLabel("cb", tr("transfer.promise_title"), "strong", "text", 16)
        self._deadline = label("", "caption", "text2")
        self.say = spoken_line()
        self.number = QLineEdit()
        self.number.setAccessibleName(tr("transfer.promise_number"))
        self.number.setPlaceholderText(tr("transfer.promise_ask"))
        self.number.textEdited.connect(lambda _: self.refresh())
        self.number.returnPressed.connect(self._make)
        self.make = Button(tr("transfer.promise_make"))
        self.make.clicked.connect(self._make)
        self.why = wrapped("", "caption", "ring.text")
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self._deadline)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.number, 1)
        row.addWidget(self.make)
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 10, 16, 10)
        inner.setSpacing(6)
        inner.addLayout(head)
        inner.addWidget(self.say)
        inner.addLayout(row)
        inner.addWidget(self.why)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline())
        column.addLayout(inner)
        column.addWidget(hairline())

    def begin(self) -> None:
        """The panel opens: the number the customer gave, else the one he calls from."""
        call = self._desk.calls.call
        number = self._desk.sheet.value("callback_number") or (call.number if call is not None else "")
        self.number.setText(grouped(number))
        self.refresh()

    def set_first(self, first: bool) -> None:
        """On top because nobody is free: its button is the primary one."""
        self._first = first
        self.make.set_kind("primary" if first else "secondary")
        words = tr("transfer.promise_title_none" if first else "transfer.promise_title")
        self.title.set("cb", words, "text")

    def take_focus(self) -> None:
        self.number.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _refusal(self) -> str:
        """Why no promise can be made now, "" when it can."""
        text = self.number.text().strip()
        if not text:
            return tr("transfer.promise_need_number")
        refused = self._desk.calls.dial_refusal(text)
        if refused is not None:
            return tr(refused[0], *refused[1])
        missing = self._desk.sheet.missing("sheet")
        if missing:
            names = tr("form.missing_join").join(tr(f"guide.field_{name}") for name in missing)
            return f"{tr('form.missing', len(missing))}{names}"
        return ""

    def refresh(self) -> None:
        """Words, deadline and what still stands in the way."""
        me = self._desk.me
        text = self.number.text().strip()
        handover = me.settings.handover_s if me is not None else 0.0
        self._deadline.setText(tr("transfer.promise_deadline", minute(self._desk.now() + handover)))
        self._deadline.setVisible(handover > 0)
        callback = me.settings.callback_s if me is not None else None
        if not text:
            self.say.setText(tr("transfer.promise_say_no_number"))
        elif callback:
            self.say.setText(tr("transfer.promise_say", int(callback // 60), text))
        else:
            self.say.setText(tr("transfer.promise_say_untimed", text))
        why = self._refusal()
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.make.say_why(why)
        if bool(self.number.property("missing")) != (not text):
            restyle(self.number, missing=not text)

    def _make(self) -> None:
        if not self._refusal():
            self._desk.transfer.promise(self.number.text().strip(), self._desk.sheet.value("note_to_engineer"))
