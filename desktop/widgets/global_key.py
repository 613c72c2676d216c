# SPDX-License-Identifier: GPL-3.0-or-later
"""One key chord that works while another program has the focus: Ctrl+Shift+A, held only while a call rings.

X11: XGrabKey on the root window by ctypes and libX11. Windows: RegisterHotKey. Elsewhere (Wayland, macOS, offscreen)
`available` is False and the chord works inside the application only.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import sys
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication, QObject, QSocketNotifier, Signal
from PySide6.QtGui import QGuiApplication

log = logging.getLogger(__name__)

X_CONTROL, X_SHIFT, X_LOCK, X_NUM_LOCK = 1 << 2, 1 << 0, 1 << 1, 1 << 4
X_KEY_PRESS = 2
X_GRAB_ASYNC = 1
X_EVENT_SIZE = 192
"""sizeof(XEvent) on 64-bit: 24 longs."""
WIN_CONTROL, WIN_SHIFT, WIN_NO_REPEAT, WM_HOTKEY = 0x2, 0x4, 0x4000, 0x0312
WIN_ID = 0x3A11
LETTER = "a"


class _XKey:
    """Holds the chord on an X server by a connection of its own."""

    def __init__(self, pressed: Any) -> None:
        name = ctypes.util.find_library("X11") or "libX11.so.6"
        self._x = x = ctypes.CDLL(name)
        x.XOpenDisplay.restype = ctypes.c_void_p
        x.XOpenDisplay.argtypes = [ctypes.c_char_p]
        x.XDefaultRootWindow.restype = ctypes.c_ulong
        x.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        x.XKeysymToKeycode.restype = ctypes.c_ubyte
        x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        x.XGrabKey.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_ulong, ctypes.c_int,
                               ctypes.c_int, ctypes.c_int]  # fmt: skip
        x.XUngrabKey.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_ulong]
        x.XConnectionNumber.argtypes = [ctypes.c_void_p]
        x.XPending.argtypes = [ctypes.c_void_p]
        x.XNextEvent.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        x.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
        x.XCloseDisplay.argtypes = [ctypes.c_void_p]
        self._display = x.XOpenDisplay(None)
        if not self._display:
            raise OSError("no X display can be opened")
        # Another program may hold the chord already: that error must not end the process.
        self._refused = 0
        handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._handler = handler(self._error)
        x.XSetErrorHandler.argtypes = [handler]
        x.XSetErrorHandler(self._handler)
        self._root = x.XDefaultRootWindow(self._display)
        self._code = x.XKeysymToKeycode(self._display, ord(LETTER))
        self._pressed = pressed
        self._notifier = QSocketNotifier(x.XConnectionNumber(self._display), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)

    def _error(self, _display: int, _event: int) -> int:
        self._refused += 1
        return 0

    def _masks(self) -> tuple[int, ...]:
        base = X_CONTROL | X_SHIFT
        return tuple(base | extra for extra in (0, X_LOCK, X_NUM_LOCK, X_LOCK | X_NUM_LOCK))

    def hold(self) -> bool:
        """Take the chord, whatever the lock keys say; whether it was free."""
        self._refused = 0
        for mask in self._masks():
            self._x.XGrabKey(self._display, self._code, mask, self._root, 0, X_GRAB_ASYNC, X_GRAB_ASYNC)
        self._x.XSync(self._display, 0)
        return self._refused == 0

    def release(self) -> None:
        for mask in self._masks():
            self._x.XUngrabKey(self._display, self._code, mask, self._root)
        self._x.XSync(self._display, 0)

    def _read(self) -> None:
        event = ctypes.create_string_buffer(X_EVENT_SIZE)
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, event)
            if int.from_bytes(event.raw[:4], sys.byteorder) == X_KEY_PRESS:
                self._pressed()

    def close(self) -> None:
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._x.XCloseDisplay(self._display)


class _WindowsKey(QAbstractNativeEventFilter):
    """Holds the chord by RegisterHotKey; WM_HOTKEY comes through Qt's own message loop."""

    def __init__(self, pressed: Any) -> None:
        super().__init__()
        self._pressed = pressed
        self._user: Any = ctypes.WinDLL("user32")  # type: ignore[attr-defined]
        app = QCoreApplication.instance()
        if app is not None:
            app.installNativeEventFilter(self)

    def hold(self) -> bool:
        return bool(self._user.RegisterHotKey(None, WIN_ID, WIN_CONTROL | WIN_SHIFT | WIN_NO_REPEAT, ord("A")))

    def release(self) -> None:
        self._user.UnregisterHotKey(None, WIN_ID)

    def nativeEventFilter(self, kind: Any, message: Any) -> Any:
        from ctypes import wintypes

        found = wintypes.MSG.from_address(int(message))
        if found.message == WM_HOTKEY and found.wParam == WIN_ID:
            self._pressed()
            return True, 0
        return False, 0

    def close(self) -> None:
        self.release()
        app = QCoreApplication.instance()
        if app is not None:
            app.removeNativeEventFilter(self)


class GlobalKey(QObject):
    """`pressed` when the chord was pressed anywhere. `hold(True)` only while it means something."""

    pressed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: _XKey | _WindowsKey | None = None
        self._held = False
        try:
            if QGuiApplication.platformName() == "xcb":
                self._key = _XKey(self.pressed.emit)
            elif sys.platform == "win32" and QGuiApplication.platformName() == "windows":
                self._key = _WindowsKey(self.pressed.emit)
        except (OSError, AttributeError) as error:
            log.warning("the answer key works inside this program only: %s", error)

    @property
    def available(self) -> bool:
        """Whether this platform can do it at all."""
        return self._key is not None

    @property
    def held(self) -> bool:
        return self._held

    def hold(self, on: bool) -> None:
        """Take or give back the chord."""
        if self._key is None or on == self._held:
            return
        if on:
            if not self._key.hold():
                log.warning("another program holds Ctrl+Shift+A; it works inside this program only")
        else:
            self._key.release()
        self._held = on

    def close(self) -> None:
        """Give everything back."""
        if self._key is not None:
            self.hold(False)
            self._key.close()
            self._key = None
