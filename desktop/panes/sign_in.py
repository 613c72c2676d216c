# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in window, 860 x 520: number, extension, password, team, the state afterwards, and checks that run before.

A failed check explains itself and never blocks the password; an error stands under the password field.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from desktop.flows.front import SignInFailed
from desktop.panes.settings_menu import LANGUAGE_NAMES, stored
from desktop.widgets import icons
from desktop.widgets.bridge import start
from desktop.widgets.buttons import Button
from desktop.widgets.focus import show_focus_everywhere
from desktop.widgets.frames import Card, empty_layout
from desktop.widgets.labels import ElideLabel, IconLabel, label, wrapped
from desktop.widgets.theme import Theme, current, restyle
from models.kinds import AgentState, StateReason
from resources import VERSION, i18n
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from desktop.flows.front import Check, FrontDesk

WIDTH, HEIGHT = 860, 520
PANEL = 332
HIDE_PANEL_BELOW = 700
SIGNS = {"ok": ("check", "ready.text"), "warn": ("warn", "ring.text"), "bad": ("warn", "miss.text"),
         "busy": ("clock", "text3")}  # fmt: skip
CHECK_ICONS = {"headset": "headset", "server": "wifi", "drafts": "ticket"}
AFTER: tuple[tuple[str, AgentState, StateReason | None], ...] = (
    ("state.not_ready", AgentState.NOT_READY, StateReason.SEATED),
    ("state.ready", AgentState.READY, None),
)
"""The state after sign-in; nobody is rung before he is seated, so not ready comes first."""


def mark_pixmap_icon(theme: Theme) -> QIcon:
    """The window's icon: the ringing diamond in ink."""
    return icons.icon("state-ring", theme.color("accent"), 64)


class InkPanel(QFrame):
    """The left side: the mark, the name, what the product promises."""

    def __init__(self, company: str, server: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(PANEL)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 36, 32, 26)
        column.setSpacing(4)
        column.addSpacing(72)
        line = tr("sign_in.product_line", company) if company else tr("sign_in.product_line_plain")
        self._labels = [label(tr("shell.product"), "mark", "onpanel", self), label(line, "say", "onpanel", self)]
        for words in self._labels:
            column.addWidget(words)
        column.addStretch(1)
        column.addSpacing(40)
        self._labels.append(label(tr("sign_in.promise"), "say", "onpanel", self))
        column.addWidget(self._labels[-1])
        column.addSpacing(12)
        parts = [tr("sign_in.version", VERSION)]
        if server:
            parts.append(tr("sign_in.on_server", server))
        self._labels.append(label("·".join(parts), "caption", "onpanel2", self))
        column.addWidget(self._labels[-1])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), PANEL_INK)
        white = QColor("#FFFFFF")
        painter.setPen(QPen(white, 3.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.translate(56, 60)
        painter.save()
        painter.rotate(45)
        painter.drawRoundedRect(QRectF(-15.5, -15.5, 31, 31), 2, 2)
        painter.restore()
        painter.setPen(QPen(white, 4.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, half in ((-8, 5), (0, 10), (8, 5)):
            painter.drawLine(x, -half, x, half)
        painter.resetTransform()
        y = self._labels[2].y() - 28
        painter.setPen(QPen(white, 1))
        for n in range(3):
            box = QRectF(32.5 + n * 92, y + 0.5, 83, 9)
            painter.setBrush(white if n == 0 else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 3, 3)
        painter.end()


PANEL_INK = QColor("#1F2925")
"""The panel is ink on paper in both themes, so its white words keep their contrast."""


class IconEdit(QLineEdit):
    """A field with an icon at the left and a remark at the right."""

    def __init__(self, icon: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self.remark = icon, ""
        self.setAccessibleName(name)
        self.setProperty("large", True)
        self.setTextMargins(25, 0, 0, 0)

    def say(self, remark: str) -> None:
        """A remark inside the field at the right."""
        self.remark = remark
        width = self.fontMetrics().horizontalAdvance(remark) + 6 if remark else 0
        self.setTextMargins(25, 0, width, 0)
        self.setAccessibleDescription(remark)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = current()
        painter = QPainter(self)
        icons.render(painter, self._icon_name, QRectF(11, (self.height() - 16) / 2, 16, 16), theme.color("text2"))
        if self.remark:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.color("text3"))
            where = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(0, 0, self.width() - 11, self.height()), where, self.remark)
        painter.end()


class SignInWindow(QWidget):
    """`signed_in` when the desk is ready, `closed` when the person gave up."""

    signed_in = Signal()
    closed = Signal()

    def __init__(
        self, desk: Desk | FrontDesk, theme: Theme, person: str = "", password: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._theme = desk, theme
        self._busy = False
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(HIDE_PANEL_BELOW - PANEL)
        self.setMaximumWidth(WIDTH)
        self.resize(WIDTH, HEIGHT)
        self.setProperty("role", "pane")
        self.setWindowIcon(mark_pixmap_icon(theme))
        self._outer = QHBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        show_focus_everywhere()
        self._build(person or str(stored().value("person", "")), password, str(stored().value("extension", "")))
        desk.sign_in.checked.watch(self._show_checks)
        desk.sign_in.begin_checks()

    # ---- building -------------------------------------------------------------------------------------------------

    def _build(self, person: str, password: str, extension: str) -> None:
        empty_layout(self._outer)
        self.setWindowTitle(tr("sign_in.window"))
        self.panel = InkPanel("", "", self)
        self._outer.addWidget(self.panel)
        form = QFrame(self)
        form.setProperty("role", "pane")
        column = QVBoxLayout(form)
        column.setContentsMargins(40, 24, 40, 24)
        column.setSpacing(4)
        self._outer.addWidget(form, 1)
        top = QHBoxLayout()
        top.addWidget(label(tr("sign_in.title"), "name", "text", form))
        top.addStretch(1)
        name = tr(f"shell.{LANGUAGE_NAMES[i18n.language()]}")
        self.language = Button(name, icon="globe", size=28, parent=form)
        self.language.setAccessibleName(tr("sign_in.language", name))
        self.language.clicked.connect(self._language_menu)
        top.addWidget(self.language)
        column.addLayout(top)
        column.addSpacing(8)
        self.number = IconEdit("user", tr("sign_in.number"), form)
        self.number.setText(person)
        self.extension = IconEdit("phone", tr("sign_in.extension"), form)
        self.extension.setText(extension)
        self.extension.setPlaceholderText(tr("sign_in.extension_any"))
        column.addLayout(self._pair((tr("sign_in.number"), self.number), (tr("sign_in.extension"), self.extension)))
        column.addSpacing(8)
        self.password = IconEdit("key", tr("sign_in.password"), form)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setText(password)
        column.addWidget(label(tr("sign_in.password"), "caption", "text2", form))
        column.addWidget(self.password)
        self.error = wrapped("", "caption", "miss.text", form)
        self.error.setMinimumHeight(18)
        column.addWidget(self.error)
        self.team = QComboBox(form)
        self.team.setProperty("large", True)
        self.team.setAccessibleName(tr("sign_in.team"))
        self.team.addItem(tr("sign_in.team_own"))
        self.after = QComboBox(form)
        self.after.setProperty("large", True)
        self.after.setAccessibleName(tr("sign_in.after"))
        for words, _state, _reason in AFTER:
            self.after.addItem(tr(words))
        column.addLayout(self._pair((tr("sign_in.team"), self.team), (tr("sign_in.after"), self.after)))
        column.addSpacing(10)
        self.checks = Card(parent=form, spacing=10)
        self._check_rows = QVBoxLayout()
        self._check_rows.setSpacing(9)
        self.checks.body.addLayout(self._check_rows)
        column.addWidget(self.checks)
        column.addStretch(1)
        bottom = QHBoxLayout()
        bottom.setSpacing(12)
        self.remember = QCheckBox(tr("sign_in.remember"), form)
        self.remember.setChecked(bool(stored().value("person", "")))
        bottom.addWidget(self.remember)
        bottom.addStretch(1)
        self.forgot = Button(tr("sign_in.forgot"), "link", size=28, parent=form)
        self.forgot.clicked.connect(self._say_forgot)
        bottom.addWidget(self.forgot)
        self.button = Button(tr("sign_in.sign_in"), "primary", hint="Enter", size=40, parent=form)
        self.button.setMinimumWidth(148)
        self.button.clicked.connect(self.submit)
        bottom.addWidget(self.button)
        column.addLayout(bottom)
        self._order()
        for field in (self.number, self.extension, self.password):
            field.returnPressed.connect(self.submit)
            field.textEdited.connect(self._edited)
        self._show_checks()
        (self.password if person else self.number).setFocus()

    def _pair(self, left: tuple[str, QWidget], right: tuple[str, QWidget]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        for (name, field), stretch in ((left, 302), (right, 132)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(label(name, "caption", "text2"))
            column.addWidget(field)
            row.addLayout(column, stretch)
        return row

    def _order(self) -> None:
        order = (self.number, self.extension, self.password, self.team, self.after, self.remember, self.forgot,
                 self.button, self.language)  # fmt: skip
        for before, behind in pairwise(order):
            QWidget.setTabOrder(before, behind)

    # ---- what the person does -------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Sign in with what stands in the fields."""
        if self._busy:
            return
        self._set_busy(True)
        self._say("")
        start(self._sign_in())

    async def _sign_in(self) -> None:
        number = self.number.text().strip()
        try:
            await self._desk.sign_in.sign_in(number, self.password.text(), self.extension.text().strip())
        except SignInFailed as failed:
            self._say(tr(failed.words, *failed.words_args))
            self.password.selectAll()
            self.password.setFocus()
            return
        finally:
            self._set_busy(False)
        keep = stored()
        keep.setValue("person", number if self.remember.isChecked() else "")
        keep.setValue("extension", self.extension.text().strip() if self.remember.isChecked() else "")
        self.password.clear()
        _words, state, reason = AFTER[self.after.currentIndex()]
        if state is AgentState.READY:
            self._desk.calls.choose(state, reason)
        self.signed_in.emit()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.button.set_text(tr("sign_in.busy") if busy else tr("sign_in.sign_in"), "" if busy else "Enter")
        self.button.setEnabled(not busy)

    def _say(self, words: str) -> None:
        self.error.setText(words)
        self.password.setAccessibleDescription(words)
        restyle(self.password, wrong=bool(words))

    def _say_forgot(self) -> None:
        self._say(tr("sign_in.forgot_how"))

    def _edited(self, text: str) -> None:
        if self.error.text():
            self._say("")

    def _language_menu(self) -> None:
        menu = QMenu(self)
        for number, code in enumerate(i18n.LANGUAGES, start=1):
            name = tr(f"shell.{LANGUAGE_NAMES[code]}")
            action = menu.addAction(f"&{number}   {name}")
            action.triggered.connect(lambda _checked=False, code=code: self.use_language(code))
        menu.popup(self.language.mapToGlobal(self.language.rect().bottomLeft()))

    def use_language(self, code: str) -> None:
        """Speak another language, keeping what was typed."""
        typed = (self.number.text(), self.password.text(), self.extension.text())
        stored().setValue("language", code)
        i18n.use(code)
        self._theme.apply()
        self._build(*typed)

    # ---- what stands ----------------------------------------------------------------------------------------------

    def _show_checks(self) -> None:
        empty_layout(self._check_rows)
        for check in self._desk.sign_in.checks:
            self._check_rows.addLayout(self._check_row(check))

    def _check_row(self, check: Check) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(IconLabel(CHECK_ICONS.get(check.what, "info"), tone="text2", size=14, parent=self))
        words = tr(check.words, *check.args) if check.state != "busy" else tr(f"sign_in.what_{check.what}")
        row.addWidget(ElideLabel(words, "body", "text", self), 1)
        sign, tone = SIGNS[check.state]
        state = tr(f"sign_in.state_{check.what}_{check.state}")
        row.addWidget(IconLabel(sign, state, "caption", tone, 14, self))
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_CapsLock:
            self.password.say("" if self.password.remark else tr("sign_in.caps"))
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panel.setVisible(self.width() >= HIDE_PANEL_BELOW)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)

    def centre(self) -> None:
        """In the middle of the screen."""
        screen = QGuiApplication.primaryScreen()
        if screen is not None:
            self.move(screen.availableGeometry().center() - self.rect().center())
