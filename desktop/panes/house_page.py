# SPDX-License-Identifier: GPL-3.0-or-later
"""The page where routing is set up: a tab for each kind of part, and the dry run beside all of them.

Ctrl+PageUp and Ctrl+PageDown change the tab, Ctrl+Shift+T and Ctrl+Shift+Y the row, Ctrl+Enter stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.panes.house_arm import ArmedButton
from desktop.panes.house_dry_run import DryRunPane
from desktop.panes.house_editor import PartEditor
from desktop.panes.house_kind_lines import KindLines
from desktop.panes.house_kinds import Kinds
from desktop.panes.house_lines import OutboundPage, QueuePage, TrunkPage
from desktop.panes.house_menu_tree import MenuPage
from desktop.panes.house_parts import PartsPage
from desktop.panes.house_presets import PresetsPage
from desktop.panes.house_skills import SkillsPage
from desktop.panes.house_tabs import Tabs
from desktop.widgets.frames import Strip, splitter
from desktop.widgets.theme import Theme
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

TABS = ("queue", "calendar", "menu", "number", "trunk", "outbound", "blocked", "skills", "device", "presets")
DRY_RUN_W, DRY_RUN_MIN = 312, 272
EMERGENCY_PROMPT = "closed_emergency"
Page = PartsPage | SkillsPage | PresetsPage


class HousePage(QWidget):
    """`tabs` over `stack`; `dry_run` always in sight. Pages are made when their tab is first shown."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._flow, self._theme = desk, desk.house, theme
        self.kinds = Kinds(desk.house, desk.now)
        self._lines = KindLines(desk.house, desk.now)
        self.setAccessibleName(tr("shell.page_house"))
        self.tabs = Tabs([(tab, tr(f"house.tab_{tab}")) for tab in TABS])
        self.tabs.chosen.connect(self.show_tab)
        self.emergency = ArmedButton(tr("house.close_house"), tr("house.close_house_warning"))
        self.emergency.confirmed.connect(self._emergency)
        top = QFrame()
        top.setProperty("role", "header")
        top.setFixedHeight(44)
        row = QHBoxLayout(top)
        row.setContentsMargins(12, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.tabs)
        row.addStretch(1)
        row.addWidget(self.emergency)
        self.away = Strip("ring", "wifi", tr("house.away"))
        self.away.hide()
        self.closed = Strip("miss", "warn", tr("house.house_closed"))
        self.closed.hide()
        self.stack = QStackedWidget()
        self.dry_run = DryRunPane(desk)
        self.splitter = splitter((self.stack, 640, 1), (self.dry_run, DRY_RUN_MIN, 0))
        self.splitter.setSizes([980, DRY_RUN_W])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (top, self.away, self.closed):
            column.addWidget(part)
        column.addWidget(self.splitter, 1)
        self.pages: dict[str, Page] = {}
        for keys, by in (("Ctrl+PgUp", -1), ("Ctrl+PgDown", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.tabs.step(by))
        desk.house.changed.watch(self._changed)
        desk.house.trunks_changed.watch(self._live)
        desk.board.changed.watch(self._live)
        self.show_tab(TABS[0])
        self._changed()

    # ---- pages ---------------------------------------------------------------------------------------------------

    def show_tab(self, tab: str) -> None:
        """Show this kind of part."""
        if tab not in self.pages:
            self.pages[tab] = self._make(tab)
            self.stack.addWidget(self.pages[tab])
        self.stack.setCurrentWidget(self.pages[tab])
        self.tabs.show_chosen(tab)

    def _make(self, tab: str) -> Page:
        if tab == "skills":
            return SkillsPage(self._flow)
        if tab == "presets":
            return PresetsPage(self._flow)
        editor = PartEditor(self._flow, tab, getattr(self.kinds, tab)(), f"house.nothing_{tab}")
        special = {"queue": QueuePage, "trunk": TrunkPage, "outbound": OutboundPage, "menu": MenuPage}
        return special.get(tab, PartsPage)(
            self._flow, self._theme, tab, editor, lambda: self._lines.lines(tab), lambda: self.kinds.blank(tab)
        )

    @property
    def current(self) -> Page:
        """The page of the tab in sight."""
        return self.pages[self.tabs.current]

    def panes(self) -> list[QWidget]:
        """The regions for F6."""
        return [self.tabs, *self.current.panes(), self.dry_run]

    # ---- what stands ---------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.away.setVisible(self._flow.away)
        picture = self._flow.picture
        closed = picture is not None and bool(picture.plan.emergency)
        self.closed.setVisible(closed)
        self.emergency.say(
            tr("house.open_house" if closed else "house.close_house"),
            tr("house.open_house_warning" if closed else "house.close_house_warning"),
            "check" if closed else "warn",
        )
        self.emergency.setVisible(self._flow.may_edit("queue"))
        for tab in TABS:
            self.tabs.mark(tab, bool(self._flow.unsaved(tab)))

    def _live(self) -> None:
        page = self.pages.get(self.tabs.current)
        if isinstance(page, PartsPage) and self.isVisible():
            page.refresh_lines()

    # ---- what the person does ------------------------------------------------------------------------------------

    def _emergency(self) -> None:
        picture = self._flow.picture
        if picture is not None and picture.plan.emergency:
            self._flow.open_again("")
        else:
            self._flow.close_now("", EMERGENCY_PROMPT)

    def finish(self) -> None:
        """Ctrl+Enter."""
        self.current.finish()

    def next_row(self) -> None:
        self.current.step(1)

    def previous_row(self) -> None:
        self.current.step(-1)

    def focus_search(self) -> None:
        """/ : the number to try, or the people."""
        if isinstance(self.current, SkillsPage):
            self.current.focus_search()
        else:
            self.dry_run.number.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._flow.begin()
        # After the page before has hidden: the monitor lets the board go then.
        QTimer.singleShot(0, self, self._flow.watch_queues)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._flow.leave()
