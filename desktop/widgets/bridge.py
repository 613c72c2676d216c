# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge between Qt and the event loop: one qasync loop, coroutines that are kept alive and logged.

`start(coro)` is what a clicked button calls; `run(app, main)` is the life of a desk. Real-time audio never runs here.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import PySide6
import qasync
from PySide6.QtCore import QLibraryInfo
from PySide6.QtWidgets import QApplication

from resources.i18n import tr

log = logging.getLogger(__name__)

LEAKY = ((6, 12, 0),)
"""Versions that lose a reference to None and True at every call and abort after some thousand calls."""

_running: set[asyncio.Task[Any]] = set()


class UnsuitableQt(RuntimeError):
    """Qt cannot show windows here, or must not; the text says what to do about it."""


def check_pyside(version: str = PySide6.__version__) -> None:
    """Raise UnsuitableQt for a PySide6 that is known to abort."""
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers in LEAKY:
        raise UnsuitableQt(tr("shell.qt_leaky", version))


def check_screen() -> None:
    """Raise UnsuitableQt where Qt would abort the process without a word of ours: no screen, or a library missing.

    Only X servers are looked at; elsewhere the platform is part of the system.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform in ("win32", "darwin") or os.environ.get("WAYLAND_DISPLAY") or chosen not in ("", "xcb"):
        return
    display = os.environ.get("DISPLAY", "")
    if not display:
        raise UnsuitableQt(tr("shell.qt_no_screen"))
    plugin = f"{QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)}/platforms/libqxcb.so"
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
        ctypes.CDLL(plugin)
    except OSError as missing:
        raise UnsuitableQt(tr("shell.qt_library", str(missing))) from None
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise UnsuitableQt(tr("shell.qt_display", display))


def references_lost(rounds: int = 2000) -> int:
    """How many references to None and True `rounds` Qt calls lose; a sound binding loses none (a few are noise)."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None) + sys.getrefcount(True)
    for _ in range(rounds):
        thing.setObjectName("")
        thing.blockSignals(True)
        thing.isWidgetType()
    return before - (sys.getrefcount(None) + sys.getrefcount(True))


def start(coro: Coroutine[Any, Any, Any], failed: Callable[[Exception], None] | None = None) -> asyncio.Task[Any]:
    """Run `coro` on the loop, keep it alive, log what it raises (or hand it to `failed`)."""
    task = asyncio.get_running_loop().create_task(coro) if _loop_runs() else asyncio.ensure_future(coro)
    _running.add(task)

    def ended(done: asyncio.Task[Any]) -> None:
        _running.discard(done)
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            return
        if failed is not None and isinstance(error, Exception):
            failed(error)
        else:
            log.error("a task of the desk failed", exc_info=error)

    task.add_done_callback(ended)
    return task


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` on a qasync loop until it returns the exit status; what it left running is cancelled."""
    check_pyside()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        try:
            return loop.run_until_complete(main())
        finally:
            for task in list(_running):
                task.cancel()
            if _running:
                loop.run_until_complete(asyncio.gather(*_running, return_exceptions=True))
