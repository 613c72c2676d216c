# SPDX-License-Identifier: GPL-3.0-or-later
"""The footer of the guided form: where the draft is saved, what is missing, back and next.

Saved here and saved centrally are two different things and are said in different words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from desktop.widgets.buttons import Button, LinkButton
from desktop.widgets.figures import second
from desktop.widgets.frames import FOOTER, upright
from desktop.widgets.labels import IconLabel
from desktop.widgets.theme import current
from models.rules import guide
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

LINKS = 3
LINKS_NARROW = 1


def saved_words(desk: Desk) -> tuple[str, str, str]:
    """Icon, words and tone of the saved mark."""
    saved = desk.sheet.saved
    if not saved.local:
        return "pencil", tr("form.saving"), "text3"
    if saved.unsent or saved.central_at is None:
        words = tr("form.saved_local_some", saved.unsent) if saved.unsent else tr("form.saved_local")
        return "check", words, "text2"
    return "check", tr("form.saved_at", second(saved.central_at)), "text2"


class FormFooter(QFrame):
    """`wanted` carries the name of a missing field whose link was pressed."""

    wanted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._narrow = False
        self._shown: tuple[tuple[str, str], ...] | None = None
        self.links: list[LinkButton] = []
        self.setProperty("role", "footer")
        self.setFixedHeight(FOOTER)
        self.saved = IconLabel("check", "", "caption", "text2", 14)
        self._line = upright()
        self.missing = IconLabel("warn", "", "body", "ring.text", 16)
        self._links = QWidget()
        self._link_row = QHBoxLayout(self._links)
        self._link_row.setContentsMargins(0, 0, 0, 0)
        self._link_row.setSpacing(0)
        self.back = Button(tr("form.back"), "quiet", hint="Y")
        self.back.setToolTip("Ctrl+Shift+Y")
        self.back.clicked.connect(lambda: self._desk.sheet.back())
        self.next = Button(tr("form.next"), "primary", hint="Ctrl+Shift+T")
        self.next.clicked.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(8)
        for part in (self.saved, self._line, self.missing, self._links):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        desk.sheet.saved_changed.watch(self._saved_changed)
        desk.connection_changed.watch(self._saved_changed)
        self.refresh()

    @property
    def last(self) -> bool:
        """Whether the current step is the last one, where the sheet becomes a ticket."""
        return self._desk.sheet.step == guide.STEPS[-1]

    def set_narrow(self, on: bool) -> None:
        """Beside the transfer panel there is room for one link only."""
        if on != self._narrow:
            self._narrow = on
            # Beside the transfer panel the panel holds the primary button.
            self.next.set_kind("secondary" if on else "primary")
            self._shown = None
            self.refresh()

    def refresh(self) -> None:
        """Saved mark, missing fields, what next does."""
        self._saved_changed()
        self._show_missing()
        draft = self._desk.sheet.draft
        self.back.setVisible(not self._narrow)
        self.back.setEnabled(self._desk.sheet.step != guide.STEPS[0])
        if not self.last:
            self.next.set_text(tr("form.next"), "" if self._narrow else "Ctrl+Shift+T")
            self.next.say_why("")
        else:
            self.next.set_text(tr("form.submit"), "" if self._narrow else "Ctrl+Enter")
            missing = self._desk.sheet.missing()
            done = draft is not None and bool(draft.ticket)
            why = tr("form.done") if done else tr("form.missing_first", len(missing)) if missing else ""
            self.next.say_why(why)

    def _saved_changed(self) -> None:
        icon, words, tone = saved_words(self._desk)
        self.saved.set(icon, words, tone)

    def _show_missing(self) -> None:
        missing = self._desk.sheet.missing() if self._desk.sheet.draft else ()
        split = self._two_texts()
        links = (*split, *(name for name in missing if name not in split))
        if missing:
            self.missing.set("warn", tr("form.missing", len(missing)), "ring.text")
        elif split:
            self.missing.set("warn", tr("form.two_texts", len(split)), "ring.text")
        else:
            self.missing.set("check", tr("form.missing_none"), "ready.text")
        shown = self._that_fit(links, split)
        if shown == self._shown:
            return
        self._shown = shown
        focused = next((number for number, link in enumerate(self.links) if link.hasFocus()), -1)
        for link in self.links:
            self._link_row.removeWidget(link)
            link.hide()  # else a show still on its way makes it a window
            link.setParent(None)
            link.deleteLater()
        self.links = []
        for name, words in shown:
            link = LinkButton(words, tone="ring.text")
            link.setMinimumWidth(self._link_width(words))
            link.setAccessibleName(tr(f"guide.field_{name}"))
            link.clicked.connect(lambda _on=False, name=name: self.wanted.emit(name))
            self._link_row.addWidget(link)
            self.links.append(link)
        has_draft = self._desk.sheet.draft is not None
        self.missing.setVisible(has_draft)
        self._line.setVisible(has_draft)
        if focused >= 0 and self.links:
            self.links[min(focused, len(self.links) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _two_texts(self) -> tuple[str, ...]:
        """Fields that two people wrote differently: they must not hide below the fold."""
        draft = self._desk.sheet.draft
        return tuple(name for name, field in draft.fields.items() if field.conflict) if draft is not None else ()

    @staticmethod
    def _link_width(words: str) -> int:
        return QFontMetrics(current().font("strong")).horizontalAdvance(words) + 6

    def _that_fit(self, names: tuple[str, ...], split: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """(name, words) of the links there is room for, the last one saying that there are more."""
        taken = (self.saved, self.missing, self.next, *(() if self._narrow else (self.back,)))
        room = self.width() - 40 - sum(part.sizeHint().width() + 12 for part in taken)
        shown: list[tuple[str, str]] = []
        for number, name in enumerate(names[: LINKS_NARROW if self._narrow else LINKS]):
            words = tr(f"guide.field_{name}")
            if name in split:
                words = tr("form.two_texts_of", words)
            rest = len(names) - number - 1
            longest = f"{words}{tr('form.missing_more')}"
            if shown and self._link_width(longest) > room:
                break
            room -= self._link_width(longest)
            shown.append((name, f"{words}{tr('form.missing_join').strip()}" if rest else words))
        if shown and len(shown) < len(names):
            name, words = shown[-1]
            words = words.removesuffix(tr("form.missing_join").strip())
            shown[-1] = (name, f"{words}{tr('form.missing_more')}")
        return tuple(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_missing()

    def _next(self) -> None:
        if self.last:
            self._desk.sheet.submit()
        else:
            self._desk.sheet.next_step()
