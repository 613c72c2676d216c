# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the set-up and of the recall list: `python -m tests.desktop.pictures_house DIR [name …]`, offscreen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from desktop.panes.house_page import HousePage
from desktop.panes.house_parts import PartsPage
from desktop.panes.house_recall import RecallPage
from desktop.panes.window import MainWindow
from models.rules.plan import Strategy
from resources import i18n
from telephony import messages as link
from tests.desktop.guided_desk import dressed, settle
from tests.desktop.house_desk import QUEUES, HouseDesk

SIZE = QSize(1366, 768)


def _page(window: MainWindow, tab: str) -> PartsPage:
    page = window.current_page()
    assert isinstance(page, HousePage)
    page.show_tab(tab)
    made = page.current
    settle()
    return made  # type: ignore[return-value]


def queues(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "queue")
    desk.dry()
    page.choose("servers")


def changed(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "queue")
    page.choose("servers")
    edit = page.editor.edit
    assert edit is not None
    for field, value in (
        ("strategy", Strategy.LONGEST_IDLE),
        ("priority", 200),
        ("max_wait_s", 180.0),
        ("overflow", None),
    ):
        desk.house.put(edit, field, value)
    desk.somebody_saves("queue", replace(QUEUES[0], priority=90, target_s=15))
    desk.dry()


def strategy(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "queue")
    page.choose("servers")
    settle()
    bar = page.editor._area.verticalScrollBar()
    bar.setValue(420)


def hours(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "calendar")
    page.choose("office")
    page.editor.boxes["weekly"].field.setFocus()
    desk.dry()


def menus(desk: HouseDesk, window: MainWindow) -> None:
    _page(window, "menu").choose("main")


def numbers(desk: HouseDesk, window: MainWindow) -> None:
    _page(window, "number").choose("+864008123456")


def trunks(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "trunk")
    page.choose("backup")
    desk.house.heard(link.TrunkTested("backup", "+8613800138000", "failed", 403, "Forbidden", 0.4))


def outbound(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "outbound")
    page.choose("2")
    page.number.show_value("+1 202 555 0143")  # type: ignore[attr-defined]
    page.person.show_value("1001")  # type: ignore[attr-defined]


def blocked(desk: HouseDesk, window: MainWindow) -> None:
    _page(window, "blocked").choose("+86170")


def phones(desk: HouseDesk, window: MainWindow) -> None:
    _page(window, "device").choose("8107")


def skills(desk: HouseDesk, window: MainWindow) -> None:
    page = _page(window, "skills")
    page.grid.setFocus()  # type: ignore[attr-defined]
    desk.dry()


def presets(desk: HouseDesk, window: MainWindow) -> None:
    _page(window, "presets")
    desk.dry()


def recall(desk: HouseDesk, window: MainWindow) -> None:
    window.show_page("recall")
    page = window.current_page()
    assert isinstance(page, RecallPage)
    desk.recall.choose("32")


SITUATIONS: dict[str, Callable[[HouseDesk, MainWindow], None]] = {
    made.__name__: made
    for made in (
        queues, changed, strategy, hours, menus, numbers, trunks, outbound, blocked, phones, skills, presets, recall,
    )
}  # fmt: skip


def take(folder: Path, names: tuple[str, ...] = (), looks: tuple[str, ...] = ("light", "dark")) -> list[Path]:
    """Grab every situation (or those named) in both languages and themes; returns the files."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for language in i18n.LANGUAGES:
        for look in looks:
            theme = dressed(language, look)
            for name in names or tuple(SITUATIONS):
                desk = HouseDesk()
                desk.sign_in_as("supervisor")
                assert desk.me is not None
                desk.me = replace(desk.me, groups=("supervisor", "administrator"))
                window = MainWindow(desk, theme)  # type: ignore[arg-type]
                window.resize(SIZE)
                window.show()
                window.activateWindow()
                window.show_page("house")
                desk.live()
                SITUATIONS[name](desk, window)
                settle()
                file = folder / f"{name}-{language}-{look}.png"
                window.grab().save(str(file))
                taken.append(file)
                window.close()
                window.deleteLater()
                settle()
    return taken


if __name__ == "__main__":
    for picture in take(Path(sys.argv[1]), tuple(sys.argv[2:])):
        print(picture)
