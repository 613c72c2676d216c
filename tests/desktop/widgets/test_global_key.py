# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer key works while another program's window has the focus: proved on a real X server without a screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.widgets.global_key import GlobalKey

HOLDER = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit
from desktop.widgets.global_key import GlobalKey
app = QApplication([])
key = GlobalKey()
assert key.available, "an X server can do it"
count = [0]
def pressed():
    count[0] += 1
    print("PRESSED", flush=True)
    if count[0] == 1:
        key.hold(False)
        print("RELEASED", flush=True)
key.pressed.connect(pressed)
key.hold(True)
print("HOLDING", flush=True)
QTimer.singleShot(30000, app.quit)
app.exec()
"""

OTHER = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLineEdit
app = QApplication([])
field = QLineEdit()
field.show()
field.activateWindow()
field.setFocus()
field.textEdited.connect(lambda text: print("TYPED", text, flush=True))
print("FOCUSED", flush=True)
QTimer.singleShot(30000, app.quit)
app.exec()
"""

PRESS = """
import ctypes, ctypes.util, time
x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
t = ctypes.CDLL(ctypes.util.find_library("Xtst") or "libXtst.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
x.XKeysymToKeycode.restype = ctypes.c_ubyte
x.XFlush.argtypes = [ctypes.c_void_p]
t.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
d = x.XOpenDisplay(None)
codes = [x.XKeysymToKeycode(d, sym) for sym in (0xFFE3, 0xFFE1, ord("a"))]
for code in codes:
    t.XTestFakeKeyEvent(d, code, 1, 0)
for code in reversed(codes):
    t.XTestFakeKeyEvent(d, code, 0, 0)
x.XFlush(d)
time.sleep(0.2)
"""


def test_without_an_x_server_it_says_so(qapp: QApplication):
    key = GlobalKey()
    assert not key.available
    key.hold(True)
    assert not key.held
    key.close()


def _line(process: subprocess.Popen[str], wanted: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(wanted):
            return line.strip()
    raise AssertionError(f"{wanted} never came; the process ended with {process.poll()}")


def _x_server(tmp_path: Path) -> tuple[subprocess.Popen[bytes], str]:
    read, write = os.pipe()
    with (tmp_path / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stderr=log,
        )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    return server, f":{number}"


def test_the_chord_is_heard_while_another_window_has_the_focus(tmp_path: Path):
    if shutil.which("Xvfb") is None:
        pytest.fail("Xvfb is needed for this test; the set-up of the tests installs it")
    server, display = _x_server(tmp_path)
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": os.pathsep.join(sys.path)}
    started: list[subprocess.Popen[str]] = []

    def run(program: str) -> subprocess.Popen[str]:
        made = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        started.append(made)
        return made

    heard = ""

    try:
        holder = run(HOLDER)
        _line(holder, "HOLDING")
        other = run(OTHER)
        _line(other, "FOCUSED")
        subprocess.run([sys.executable, "-c", PRESS], env=environment, check=True, timeout=30)
        assert _line(holder, "PRESSED") == "PRESSED"
        assert _line(holder, "RELEASED") == "RELEASED"
        subprocess.run([sys.executable, "-c", PRESS], env=environment, check=True, timeout=30)
    finally:
        for one in started:
            one.terminate()
            rest, _ = one.communicate(timeout=10)
            heard += rest
        server.terminate()
        server.wait(timeout=10)
    assert "PRESSED" not in heard, "given back after the call, the chord belongs to others again"
