# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the desk in its situations: `python -m tests.desktop.pictures DIR [name …]`, offscreen, 1366 x 768.

Every situation in Chinese and English, light and dark, from a desk of plain data; nothing is signed in anywhere.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panes.sign_in import SignInWindow
from desktop.panes.welcome import Welcome
from desktop.panes.window import MainWindow
from desktop.widgets.theme import Theme, current
from resources import i18n
from tests.desktop.fake_desk import NOW, CallLogLine, FakeDesk

SIZE = QSize(1366, 768)


def _window(desk: FakeDesk) -> MainWindow:
    window = MainWindow(desk, current())
    window.resize(SIZE)
    return window


def ready(desk: FakeDesk) -> QWidget:
    return _window(desk)


def ringing(desk: FakeDesk) -> QWidget:
    desk.ring()
    return _window(desk)


def unknown(desk: FakeDesk) -> QWidget:
    desk.ring(known=False)
    return _window(desk)


def in_call(desk: FakeDesk) -> QWidget:
    desk.ring()
    desk.answer()
    return _window(desk)


def held(desk: FakeDesk) -> QWidget:
    desk.answer()
    desk.hold_on()
    return _window(desk)


def consulting(desk: FakeDesk) -> QWidget:
    desk.answer()
    desk.consult()
    return _window(desk)


def armed(desk: FakeDesk) -> QWidget:
    desk.answer()
    window = _window(desk)
    desk.calls.press_hang_up()
    return window


def reason(desk: FakeDesk) -> QWidget:
    desk.answer()
    window = _window(desk)
    desk.calls.hang_up_reason_wanted = True
    desk.customer_leaves()
    return window


def wrap_up(desk: FakeDesk) -> QWidget:
    desk.answer(521)
    desk.wrap_up()
    desk.calls.disposition = "hw.memory"
    return _window(desk)


def offline(desk: FakeDesk) -> QWidget:
    desk.answer()
    desk.database_up = desk.handset_up = False
    desk.database_down_since = desk.handset_down_since = time.monotonic() - 12
    window = _window(desk)
    desk.refused.tell("shell.link_down", ())
    desk.told.tell("shell.offer_missed", ())
    return window


def dial_box(desk: FakeDesk) -> QWidget:
    desk.calls.log = (
        CallLogLine(NOW - 600, "+8613800138000", "in", "陈志远", "ended"),
        CallLogLine(NOW - 4000, "+865395550126", "out", "", "ended"),
        CallLogLine(NOW - 9000, "+8613700009036", "in", "孙强", "missed"),
    )
    window = _window(desk)
    window.show()
    window.open_dial_box("+8613800138000")
    return window


def keys(desk: FakeDesk) -> QWidget:
    window = _window(desk)
    window.show()
    window.key_list.toggle()
    return window


def sign_in(desk: FakeDesk) -> QWidget:
    return SignInWindow(desk, current(), person="1001", password="geheimer")


def welcome(desk: FakeDesk) -> QWidget:
    return Welcome(current())


def components(desk: FakeDesk) -> QWidget:
    from tests.desktop.component_sheet import sheet

    made = sheet()
    made.resize(SIZE)
    return made


SITUATIONS: dict[str, Callable[[FakeDesk], QWidget]] = {
    made.__name__: made
    for made in (
        ready,
        ringing,
        unknown,
        in_call,
        held,
        consulting,
        armed,
        reason,
        wrap_up,
        offline,
        dial_box,
        keys,
        sign_in,
        welcome,
        components,
    )
}


def take(folder: Path, names: tuple[str, ...] = ()) -> list[Path]:
    """Grab every situation (or those named) in both languages and themes; returns the files."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for language in i18n.LANGUAGES:
        i18n.use(language)
        for theme in ("light", "dark"):
            Theme("dark" if theme == "dark" else "light").apply()
            for name in names or tuple(SITUATIONS):
                desk = FakeDesk()
                desk.sign_in_as("agent")
                widget = SITUATIONS[name](desk)
                widget.show()
                widget.activateWindow()
                for _ in range(5):
                    app.processEvents()
                file = folder / f"{name}-{language}-{theme}.png"
                widget.grab().save(str(file))
                taken.append(file)
                widget.close()
                widget.deleteLater()
                app.processEvents()
    return taken


if __name__ == "__main__":
    for picture in take(Path(sys.argv[1]), tuple(sys.argv[2:])):
        print(picture)
