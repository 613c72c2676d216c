# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of the live draft: label, value, who wrote it and when; editable in place when it is asked for.

A change by another since the last look keeps a sunken background until the row is hovered or focused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panes.form_field import FieldEdit
from desktop.widgets.bars import AuthorDot
from desktop.widgets.figures import grouped, minute
from desktop.widgets.labels import ElideLabel, label, wrapped
from desktop.widgets.theme import current
from models.rules import guide
from resources.i18n import known, language, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

LABEL_W = {"zh_CN": 84, "en": 112}
AUTHOR_W = 132
ROW_MIN = 33
SYSTEM = "system"


def told(name: str, value: str) -> str:
    """A field's raw value as it is read on the screen."""
    field = guide.FIELD.get(name)
    if field is None or not value:
        return value
    if field.kind == "phone":
        return grouped(value)
    if field.kind == "choice":
        key = field.choice_label(value)
        return tr(key) if known(key) else value
    if field.kind == "chips":
        keys = [(code, field.choice_label(code)) for code in value.split(",")]
        return tr("form.missing_join").join(tr(key) if known(key) else code for code, key in keys)
    return value


class AuthorMark(QWidget):
    """Initial, name and time of the last writer; the system's own mark when it was filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(AUTHOR_W)
        self._dot = AuthorDot("")
        self._words = ElideLabel("", "caption", "text3")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._dot, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words, 1)

    def show_author(self, desk: Desk, name: str) -> None:
        """Who wrote field `name`, or who is typing in it now."""
        written = desk.sheet.author(name)
        typing = desk.sheet.typing(name)
        me = desk.me.person if desk.me is not None else ""
        if typing:
            self._dot.set(typing[:1], False)
            self._words.setText(tr("engineer.author_typing", typing))
        elif desk.sheet.unstored(name):
            self._dot.set("…", False)
            self._words.setText(tr("form.unstored"))
        elif written is None or not written.value:
            self._dot.set("", False)
            self._words.setText(tr("engineer.author_none"))
        elif written.by == SYSTEM:
            self._dot.set(tr("engineer.system_mark"), False)
            self._words.setText(tr("engineer.author_system"))
        else:
            self._dot.set(written.by_name[:1], written.by == me)
            self._words.setText(tr("engineer.author_line", written.by_name, minute(written.at)))
        self._dot.setVisible(bool(typing or (written is not None and written.value)))


class DraftRow(QWidget):
    """A row over field `name`. `body` is what stands in the middle: a label here, an editor in other rows."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self._desk = desk
        self.name = name
        self._version = -1
        self.fresh = False
        self.read_only = False
        self.setMinimumHeight(ROW_MIN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        key = f"guide.field_{name}"
        words = tr(key) if known(key) else name
        self.setAccessibleName(words)
        title = label(words, "body", "text2")
        title.setWordWrap(True)
        title.setFixedWidth(LABEL_W[language()])
        self.author = AuthorMark()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(20, 6, 14, 7)
        self._row.setSpacing(10)
        self._row.addWidget(title, 0, Qt.AlignmentFlag.AlignTop)
        self.body = self.make_body()
        self._row.addWidget(self.body, 1)
        self._row.addWidget(self.author, 0, Qt.AlignmentFlag.AlignTop)

    def make_body(self) -> QWidget:
        """What stands in the middle."""
        raise TypeError(f"{type(self).__name__} has no body")

    def shown(self) -> str:
        """The raw value that the widget shows now."""
        raise TypeError(f"{type(self).__name__} shows nothing")

    def refresh(self) -> None:
        """Value and author anew; a later version by another is marked as fresh."""
        written = self._desk.sheet.author(self.name)
        me = self._desk.me.person if self._desk.me is not None else ""
        version = written.version if written is not None else 0
        if written is not None and self._version >= 0 and version > self._version and written.by not in (me, SYSTEM):
            self.fresh = True
        self._version = version
        self.author.show_author(self._desk, self.name)
        self.update()

    def look(self) -> None:
        """The person has seen it."""
        if self.fresh:
            self.fresh = False
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.look()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.look()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = current()
        if self.fresh:
            painter.fillRect(self.rect(), theme.color("sunken"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("border"))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -2), 4, 4)
        painter.end()


class ReadRow(DraftRow):
    """A field somebody else filled in. Enter or a double click opens it for editing; `opened` tells its name."""

    opened = Signal(str)

    def make_body(self) -> QWidget:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._value = ""
        self.edit: FieldEdit | None = None
        middle = QWidget()
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.words = wrapped("", "body", "text")
        self._column.addWidget(self.words)
        return middle

    def shown(self) -> str:
        if self.edit is not None:
            return self.edit.shown()
        return self._value if self.words.text() == told(self.name, self._value) else self.words.text()

    def refresh(self) -> None:
        value = self._desk.sheet.value(self.name)
        if value != self._value:
            self._value = value
            self.words.setText(told(self.name, value))
        if self.edit is not None:
            self.edit.refresh()
        else:
            written = self._desk.sheet.author(self.name)
            if written is not None and written.conflict:
                self.open_editor()
        super().refresh()

    def open_editor(self) -> None:
        """Edit in place."""
        field = guide.FIELD.get(self.name)
        if field is None or self.edit is not None or self.read_only:
            return
        self.edit = FieldEdit(self._desk, field)
        self.edit.hide_head()
        self.words.hide()
        self._column.addWidget(self.edit)
        self.setFocusProxy(self.edit.editor)
        self.opened.emit(self.name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open_and_focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self._open_and_focus()
            return
        super().keyPressEvent(event)

    def _open_and_focus(self) -> None:
        self.open_editor()
        if self.edit is not None:
            self.edit.take_focus()


class WriteRow(DraftRow):
    """A field of the engineer's own part: its editor is always open."""

    def make_body(self) -> QWidget:
        self.edit = FieldEdit(self._desk, guide.FIELD[self.name])
        self.edit.hide_head()
        return self.edit

    def shown(self) -> str:
        return self.edit.shown()

    def refresh(self) -> None:
        self.edit.refresh()
        super().refresh()
