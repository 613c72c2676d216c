# SPDX-License-Identifier: GPL-3.0-or-later
"""The composition root of a desk: joins Qt, the event loop, the flows and the window, for a person or for a robot.

The sign-in window is painted first; database, link, telephone and the main window are loaded behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication

from desktop.flows.front import FrontDesk, SignInFailed
from desktop.panes.settings_menu import stored
from desktop.panes.sign_in import SignInWindow
from desktop.widgets import bridge
from desktop.widgets.theme import Theme
from resources.i18n import LANGUAGES, tr, use

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

log = logging.getLogger(__name__)

SITE_FILE = "site.json"
"""What tells a desk where its site is; the switchboard writes it."""
STAIR = 36
"""Pixels between windows that overlap on a small screen."""


@dataclass(frozen=True)
class DeskOptions:
    """What a desk is started with. `robot` names the group it plays, "" for a person. `theme` "": the one he chose.

    `place` 0…2 when three desks share a screen."""

    data_dir: Path
    person: str = ""
    theme: str = ""
    no_sound: bool = False
    robot: str = ""
    tone: int = 0
    pictures: Path | None = None
    place: int | None = None


def make_application(theme_name: str) -> tuple[QApplication, Theme]:
    """The one QApplication of this process, with the theme applied. Raises UnsuitableQt."""
    bridge.check_pyside()
    bridge.check_screen()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("three-rings")
    app.setApplicationDisplayName(tr("shell.product"))
    theme = Theme("dark" if theme_name == "dark" else "light")
    theme.apply()
    return app, theme


def use_chosen() -> None:
    """Speak the language that the person chose on this machine before, Chinese if none."""
    chosen = str(stored().value("language", ""))
    use(chosen if chosen in LANGUAGES else LANGUAGES[0])


def run_desk(options: DeskOptions) -> int:
    """Open the desk and stay until its window closes; returns the exit status."""
    if not options.robot and not (options.data_dir / SITE_FILE).exists():
        print(tr("shell.no_site", options.data_dir), file=sys.stderr)
        return 1
    try:
        app, theme = make_application(options.theme or str(stored().value("theme", "light")))
    except bridge.UnsuitableQt as unsuitable:
        print(unsuitable, file=sys.stderr)
        return 1
    if not options.robot:
        theme.key_hints = bool(stored().value("key_hints", True, bool))
        theme.reduced_motion = bool(stored().value("reduced_motion", False, bool))
        theme.apply()
    return bridge.run(app, lambda: _desk(options, theme))


async def _desk(options: DeskOptions, theme: Theme) -> int:
    own = options.data_dir / "desks" if options.robot else user_data_path("three-rings", appauthor=False) / "desk"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        except NotImplementedError:  # Windows: closing the window is the way there
            break
    front = FrontDesk()
    window = None if options.robot else _sign_in_window(front, options, theme, over)
    desk = await _load_desk(options, own)
    front.become(desk)
    try:
        if not await _enter(desk, options, window, over):
            return 1
        print("SIGNED IN", desk.me.person if desk.me else "", flush=True)
        from desktop.panes.window import MainWindow, is_small

        main = MainWindow(desk, theme)
        main.closed.connect(over.set)
        if options.place is not None:
            main.move(place_on(main.screen().availableGeometry(), main.frameGeometry().size(), options.place))
        if options.place is None and not options.robot and is_small(main.screen().availableGeometry().size()):
            main.showMaximized()
        else:
            main.show()
        if window is not None:
            window.hide()
        desk.tasks.refresh()
        if options.robot:
            from desktop.robot import play

            robot = asyncio.get_running_loop().create_task(play(desk, main, options))
            await over.wait()
            robot.cancel()
            await asyncio.gather(robot, return_exceptions=True)
        else:
            await over.wait()
        main.hide()
        return 0
    finally:
        await desk.close()


def place_on(screen: QRect, size: QSize, place: int, of: int = 3) -> QPoint:
    """The corner of one of `of` windows: side by side where they fit, else overlapping evenly, every bar in sight."""
    right = max(0, screen.width() - size.width())
    down = 0 if right >= size.width() * (of - 1) else max(STAIR, screen.height() - size.height())
    steps = QPoint(max(STAIR, min(right // (of - 1), size.width())), max(STAIR, down // (of - 1)) if down else 0)
    return screen.topLeft() + steps * place


async def _load_desk(options: DeskOptions, own: Path) -> Desk:
    """Import what is heavy in a thread, so that the window painted meanwhile answers; then make the desk."""
    await asyncio.sleep(0)
    await asyncio.to_thread(import_module, "desktop.flows.desk")  # no Qt in there: Qt is the main thread's
    from desktop.flows.desk import Desk

    return Desk(options.data_dir, own, no_sound=options.no_sound)


def _sign_in_window(front: FrontDesk, options: DeskOptions, theme: Theme, over: asyncio.Event) -> SignInWindow:
    password = os.environ.get("TR_DEMO_PASSWORD", "")
    window = SignInWindow(front, theme, person=options.person, password=password)
    window.closed.connect(over.set)
    window.show()
    return window


async def _enter(desk: Desk, options: DeskOptions, window: SignInWindow | None, over: asyncio.Event) -> bool:
    """Come back to a session that the handset kept, sign the robot in, or ask the person. False: he gave up."""
    from models.store.errors import StoreError

    try:
        if options.person and await desk.come_back(options.person):
            return True
    except (SignInFailed, StoreError) as failed:
        log.info("the kept session is of no use any more: %s", failed)
    if window is None:
        try:
            await desk.sign_in.sign_in(options.person, os.environ.get("TR_DEMO_PASSWORD", ""))
        except SignInFailed as failed:
            log.error("%s", tr(failed.words, *failed.words_args))
            return False
        return True
    done = asyncio.Event()
    window.signed_in.connect(done.set)
    waits = [asyncio.ensure_future(done.wait()), asyncio.ensure_future(over.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return done.is_set()


def ask_role(theme_name: str) -> str:
    """The newcomer's choice: agent, engineer, supervisor or all. Raises SystemExit when he closes the window."""
    from desktop.panes.welcome import Welcome

    try:
        app, theme = make_application(theme_name)
    except bridge.UnsuitableQt as unsuitable:
        raise SystemExit(str(unsuitable)) from None
    chosen: list[str] = []
    welcome = Welcome(theme)
    welcome.chosen.connect(chosen.append)
    welcome.chosen.connect(lambda _role: app.quit())
    welcome.show()
    app.exec()
    welcome.hide()
    if not chosen:
        raise SystemExit(0)
    return chosen[0]


def main() -> int:
    """`python -m desktop.app`: a desk as the demo starts it."""
    parser = argparse.ArgumentParser(description="One desk.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--person", default="")
    parser.add_argument("--language", default="", choices=("", *LANGUAGES))
    parser.add_argument("--theme", default="", choices=("", "light", "dark"))
    parser.add_argument("--robot", default="", help="agent, engineer or supervisor")
    parser.add_argument("--tone", type=int, default=0, help="Hz under the robot's speech")
    parser.add_argument("--no-sound", action="store_true")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--place", type=int, choices=(0, 1, 2), help="of three windows on one screen")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    if given.language:
        use(given.language)
    else:
        use_chosen()
    return run_desk(
        DeskOptions(
            given.data, given.person, given.theme, given.no_sound, given.robot, given.tone, given.pictures, given.place
        )
    )


if __name__ == "__main__":
    sys.exit(main())
