# SPDX-License-Identifier: GPL-3.0-or-later
"""The main window: call bar on top, rail at the left, strips that push, one page per role, the popover over all.

Knows no rule: it joins panes, chords and flows. A change of language builds everything anew; drafts live in the flow,
so nothing typed is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.call_bar import CallBar
from desktop.panes.dial_box import DialBox
from desktop.panes.hang_up_strip import HangUpStrip
from desktop.panes.key_list import KeyList
from desktop.panes.keypad import Keypad
from desktop.panes.pages import CALL_PAGES, PAGES, PageMaker
from desktop.panes.popover import MARGIN, FloatingPopover, IncomingPopover
from desktop.panes.rail import Rail
from desktop.panes.regions import panes_of, reachable, step_region
from desktop.panes.settings_menu import SettingsMenu
from desktop.panes.shortcuts import Shortcuts, in_text_field
from desktop.panes.sign_in import mark_pixmap_icon
from desktop.panes.strips import OfflineStrips
from desktop.panes.toast import Toasts
from desktop.panes.wrap_up import WrapUpPage
from desktop.widgets.focus import show_focus_everywhere
from desktop.widgets.global_key import GlobalKey
from desktop.widgets.labels import EmptyPlace
from resources import i18n
from resources.i18n import known, tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from desktop.widgets.theme import Theme

MINIMUM = QSize(1280, 680)
OPENED = QSize(1366, 768)
OF_ONES_OWN = ("dialling", "talking", "held", "consulting", "merged")
TITLE_H = 32  # about what a title bar takes


def is_small(screen: QSize) -> bool:
    """Whether the window as it opens would stick out of what the screen leaves for windows."""
    return screen.width() < OPENED.width() or screen.height() < OPENED.height() + TITLE_H


class MainWindow(QMainWindow):
    """`closed` when the person shuts it. `pages` replaces the makers (tests)."""

    closed = Signal()

    def __init__(
        self, desk: Desk, theme: Theme, pages: tuple[tuple[str, frozenset[str], str, PageMaker], ...] = PAGES
    ) -> None:
        super().__init__()
        self._desk, self._theme, self._makers = desk, theme, pages
        self._left_field: dict[str, QWidget] = {}
        self.page = ""
        self._mine = ""  # the call of one's own that this window has shown
        self.setMinimumSize(MINIMUM)
        self.resize(OPENED)
        self.setWindowIcon(mark_pixmap_icon(theme))
        show_focus_everywhere()
        self.keys = Shortcuts(self)
        self.global_key = GlobalKey(self)
        self.global_key.pressed.connect(self.accept)
        self._build()
        desk.calls.changed.watch(self._calls_changed)
        desk.signed_in.watch(self.rebuild)
        desk.refused.watch(self._refused)
        desk.told.watch(self._told)

    # ---- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        desk = self._desk
        self.setWindowTitle(self._title())
        central = QWidget(self)
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = CallBar(desk, central)
        column.addWidget(self.bar)
        below = QHBoxLayout()
        below.setSpacing(0)
        column.addLayout(below, 1)
        name = desk.me.name if desk.me else ""
        self.rail = Rail(name[:1], name, central)
        below.addWidget(self.rail)
        right = QVBoxLayout()
        right.setSpacing(0)
        self.strips = OfflineStrips(desk, central)
        right.addWidget(self.strips)
        self.workspace = QStackedWidget(central)
        self.workspace.setObjectName("workspace")
        right.addWidget(self.workspace, 1)
        below.addLayout(right, 1)
        self.setCentralWidget(central)
        # Nothing is pressed by a stray Space at the start: the focus stands nowhere until Tab moves it.
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        central.setFocus()
        self.toasts = Toasts(central)
        self.strip = HangUpStrip(desk, central)
        self.keypad = Keypad(desk, central)
        self.dial_box = DialBox(desk, central)
        self.key_list = KeyList(central)
        self.popover = IncomingPopover(desk, central)
        self.floating = FloatingPopover(desk, self)
        self._add_pages()
        self._connect()
        self._add_chords()
        self.popover.refresh()
        self.place_children()

    def _title(self) -> str:
        me = self._desk.me
        return tr("shell.window", me.person, me.name) if me else tr("shell.product")

    def _add_pages(self) -> None:
        self._pages: dict[str, QWidget | None] = {}
        mine = set(self._desk.me.groups) if self._desk.me else set()
        for page, groups, icon, _make in self._makers:
            if mine & groups:
                self._pages[page] = None
                self.rail.add(page, tr(f"shell.page_{page}"), icon)
        first = next(iter(self._pages), "")
        if first:
            self.show_page(first)
        elif self._desk.me is not None:
            self.workspace.addWidget(EmptyPlace("info", tr("shell.no_page"), self.workspace))

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_page)
        self.rail.settings_wanted.connect(self.open_settings)
        self.bar.keypad_wanted.connect(self.toggle_keypad)
        self.bar.dial_wanted.connect(self.toggle_dial_box)
        self.bar.armed.connect(self._strip_mode)

    def _add_chords(self) -> None:
        add, bar = self.keys.add, self.bar
        add("Ctrl+Shift+A", self.accept)
        add("Ctrl+Shift+R", self.reject)
        add("Ctrl+Shift+H", bar.controls.toggle_hold)
        add("Ctrl+Shift+M", bar.controls.toggle_mute)
        add("Ctrl+Shift+S", bar.state.open_menu)
        add("Ctrl+Shift+T", self._next)
        add("Ctrl+Shift+Y", self._previous)
        add("Ctrl+Shift+C", self.back_to_call)
        add("Ctrl+Shift+D", self.toggle_dial_box)
        add("Ctrl+Return", self.finish)
        add("Ctrl+Enter", self.finish)
        add("Esc", self.escape, ambiguous=True)
        add("F6", self.next_region)
        add("Shift+F6", self.previous_region)
        add("?", self._question)
        add("/", self._search)
        self.extend_key = add("E", self._extend)
        self.note_key = add("N", self._note)
        self.keys.add_digits(self._digit)
        self._digits_live()

    def rebuild(self) -> None:
        """Another person or another language: everything anew, the page stays."""
        page = self.page
        self.keys.drop()
        old = self.takeCentralWidget()
        self.floating.retire()
        self.page = ""
        self._left_field.clear()
        if old is not None:
            old.hide()
            old.deleteLater()
        self._build()
        if page in self._pages:
            self.show_page(page)

    def use_language(self, code: str) -> None:
        """Speak another language from now on."""
        i18n.use(code)
        self._theme.apply()
        self.rebuild()

    # ---- pages ----------------------------------------------------------------------------------------------------

    def show_page(self, page: str) -> None:
        """Change the page; the field that had the focus is remembered."""
        if page not in self._pages:
            return
        focus = QApplication.focusWidget()
        if self.page and focus is not None and self.workspace.isAncestorOf(focus):
            self._left_field[self.page] = focus
        widget = self._pages[page]
        if widget is None:
            make = next(maker for name, _groups, _icon, maker in self._makers if name == page)
            widget = make(self._desk, self._theme)
            self._pages[page] = widget
            self.workspace.addWidget(widget)
        self.workspace.setCurrentWidget(widget)
        self.page = page
        self.rail.show_chosen(page)

    def current_page(self) -> QWidget | None:
        """The page in sight, or None before sign-in."""
        return self._pages.get(self.page)

    def back_to_call(self) -> None:
        """Ctrl+Shift+C: the page of the live call, the field that was left."""
        if self._desk.calls.call is None:
            return
        page = self._show_call_page()
        field = self._left_field.get(page)
        try:
            if field is not None and field.isVisible():
                field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        except RuntimeError:  # the field was removed meanwhile
            self._left_field.pop(page, None)

    def _show_call_page(self) -> str:
        page = next((name for name in self._pages if name in CALL_PAGES), self.page)
        self.show_page(page)
        return page

    def _ask_page(self, *names: str) -> bool:
        """Call the first of these methods the page has; whether it has one."""
        page = self.current_page()
        for name in names:
            act = getattr(page, name, None)
            if callable(act):
                act()
                return True
        return False

    # ---- chords ---------------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Ctrl+Shift+A from anywhere."""
        if self._desk.calls.offer is not None:
            self._desk.calls.accept()

    def reject(self) -> None:
        """Ctrl+Shift+R: asks the reason in the popover."""
        for popover in (self.popover, self.floating):
            popover.ask_reason()
        self._digits_live()

    def _next(self) -> None:
        self._ask_page("next_step", "next_row")

    def _previous(self) -> None:
        self._ask_page("previous_step", "previous_row")

    def finish(self) -> None:
        """Ctrl+Enter: what this page is for; after a call, the end of wrap-up."""
        call = self._desk.calls.call
        if call is not None and call.stage == "wrap_up":
            wrap_up = self.wrap_up_page()
            if wrap_up is not None:
                wrap_up.store_note()
            self._desk.calls.finish_wrap_up()
        elif not self._desk.calls.hang_up_reason_wanted:
            self._ask_page("finish")

    def _extend(self) -> None:
        if self.bar.wrap.extend.isEnabled():
            self._desk.calls.extend_wrap_up()

    def _note(self) -> None:
        wrap_up = self.wrap_up_page()
        if wrap_up is not None:
            wrap_up.write_note()

    def wrap_up_page(self) -> WrapUpPage | None:
        """The wrap-up page in sight, or None."""
        page = self.current_page()
        if page is None:
            return None
        if isinstance(page, WrapUpPage):
            return page
        return next((one for one in page.findChildren(WrapUpPage) if one.isVisible()), None)

    def escape(self) -> None:
        """Disarm the hang-up; else close a panel; else leave the field. Never discards a draft."""
        if self.bar.controls.disarm() or self.bar.supervision.disarm():
            return
        for panel in (self.key_list, self.keypad, self.dial_box):
            if panel.isVisible():
                panel.hide()
                return
        if self.popover.asks_reason or self.floating.asks_reason:
            self.popover.ask_nothing()
            self.floating.ask_nothing()
            self._digits_live()
            return
        if self.toasts.dismiss():
            return
        page = self.current_page()
        close = getattr(page, "close_panel", None)
        if callable(close) and close():
            return
        focus = QApplication.focusWidget()
        if focus is not None and in_text_field():
            focus.clearFocus()

    def _digit(self, digit: int) -> None:
        for place in (self.floating, self.popover, self.strip):
            if place.pick(digit):
                self._digits_live()
                return
        if self.bar.supervision.pick(digit):
            return
        wrap_up = self.wrap_up_page()
        if wrap_up is not None:
            wrap_up.pick(digit)

    def _digits_live(self) -> None:
        call = self._desk.calls.call
        wrapping = call is not None and call.stage == "wrap_up"
        asking = self.popover.asks_reason or self.floating.asks_reason or self._desk.calls.hang_up_reason_wanted
        hearing = self._desk.board.listening is not None
        self.keys.digits_live(asking or wrapping or hearing)
        self.extend_key.setEnabled(wrapping)
        self.note_key.setEnabled(wrapping)

    def _question(self) -> None:
        if not in_text_field():
            self.key_list.toggle()

    def _search(self) -> None:
        if not in_text_field():
            self._ask_page("search", "focus_search")

    # ---- regions --------------------------------------------------------------------------------------------------

    def regions(self) -> list[QWidget]:
        """Call bar, rail, the panes of the page, then what stands over it."""
        over = [one for one in (self.dial_box, self.keypad, self.popover) if one.isVisible()]
        return reachable([self.bar, self.rail, *panes_of(self.current_page()), *over])

    def next_region(self) -> None:
        step_region(self.regions(), 1)

    def previous_region(self) -> None:
        step_region(self.regions(), -1)

    # ---- panels ---------------------------------------------------------------------------------------------------

    def toggle_keypad(self) -> None:
        """Tones during a call."""
        if self.keypad.isVisible():
            self.keypad.hide()
            return
        button = self.bar.controls.keypad
        self.keypad.adjustSize()
        # Both stand in the same window, so a detour over the screen gives the place in it.
        middle = self.mapFromGlobal(button.mapToGlobal(QPoint(button.width() // 2, 0))).x()
        self.keypad.move(middle - self.keypad.sizeHint().width() // 2, self.bar.height() + 4)
        self.keypad.open()

    def toggle_dial_box(self) -> None:
        """The dial box, at the right of the workspace."""
        if self.dial_box.isVisible():
            self.dial_box.hide()
        else:
            self.open_dial_box()

    def open_dial_box(self, number: str = "") -> None:
        """Open the dial box; with a number, fill it in."""
        self.place_children()
        self.dial_box.open_with(number)

    def open_settings(self) -> None:
        """Language, theme, hints, keys, leaving."""
        menu = SettingsMenu(self._theme, self)
        menu.language_chosen.connect(self.use_language, Qt.ConnectionType.QueuedConnection)
        menu.keys_wanted.connect(self.key_list.toggle)
        menu.leave_wanted.connect(self.close)
        menu.aboutToHide.connect(menu.deleteLater, Qt.ConnectionType.QueuedConnection)
        menu.open_beside(self.rail.settings)

    def place_children(self) -> None:
        """What floats over the page keeps its corner."""
        centre = self.centralWidget()
        if centre is None:
            return
        width, height = self.width(), self.height()
        edge = MARGIN if width < 2200 else 24
        self.popover.move(width - self.popover.width() - edge, height - self.popover.height() - edge)
        self.toasts.place()
        self.dial_box.place(QPoint(width - 12, self.bar.height() + 12), height - self.bar.height() - 24)
        self.strip.adjustSize()
        # Under the hang-up button, but never over the right edge.
        button = self.bar.controls.hang_up
        right = button.mapTo(centre, QPoint(button.width(), 0)).x() + 200
        self.strip.move(max(80, min(right, width - 80) - self.strip.width()), self.bar.height() + 6)

    def _strip_mode(self, mode: str) -> None:
        self.strip.show_mode(mode)
        if mode:
            self.place_children()
            self.strip.raise_()
        self._digits_live()

    # ---- what happened ----------------------------------------------------------------------------------------------

    def _calls_changed(self) -> None:
        call = self._desk.calls.call
        mine = call.call if call is not None and call.stage in OF_ONES_OWN else ""
        if mine and mine != self._mine:
            self._show_call_page()  # also from the monitor: a call that was taken over needs its card and sheet
        self._mine = mine
        self.global_key.hold(self._desk.calls.offer is not None)
        self._digits_live()

    def _refused(self, words: str, args: tuple[str, ...] = ()) -> None:
        self.toasts.say(tr(words, *args) if known(words) else tr("shell.refused"), error=True)

    def _told(self, words: str, args: tuple[str, ...] = ()) -> None:
        self.toasts.say(tr(words, *args) if known(words) else words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Once more after the layouts have moved: the strip stands under a button that moves with the width.
        QTimer.singleShot(0, self, self.place_children)
        self.place_children()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ActivationChange, QEvent.Type.WindowStateChange) and hasattr(self, "floating"):
            self.floating.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.floating.retire()
        self.global_key.close()
        self.closed.emit()
        super().closeEvent(event)
