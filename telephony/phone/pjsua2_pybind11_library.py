# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to the wheel `pjsua2-pybind11`: `pj` is its module, `C` the functions of PJSIP it ships and does not bind.

Both wheels call their module `pjsua2`, so this one runs in an environment of its own. It binds neither polling nor
players nor codecs; PJSIP itself lies beside it as a library whose functions take plain numbers and strings. All of them
belong on the one thread that made the endpoint. Raises EngineUnavailable at import.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import Any

from telephony.phone.engine import EngineUnavailable

WAY_OUT = (
    "Install it into an environment of its own with: pip install pjsua2-pybind11==0.1a3 (Python 3.11 or 3.12 on Linux"
    " x86-64), and name that environment's interpreter in TR_HANDSET_PYTHON."
)

try:
    import pjsua2
except ImportError as error:
    raise EngineUnavailable(f"The SIP engine pjsua2-pybind11 is not installed ({error}). {WAY_OUT}") from error
if not hasattr(pjsua2, "DtmfMethod"):
    raise EngineUnavailable(f"The module pjsua2 here is the one of pjsua2-python, not of pjsua2-pybind11. {WAY_OUT}")

pj: Any = pjsua2
TOO_MANY = 70010
INVALID_ID = -1
UNHOLD = 1


class _Text(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char_p), ("length", ctypes.c_ssize_t)]


def _text(words: str) -> Any:
    raw = words.encode()
    return ctypes.byref(_Text(raw, len(raw)))


class Library:
    """PJSIP's own functions. Each returns what PJSIP does: 0 or an error's number; ValueError where that is lost."""

    def __init__(self) -> None:
        beside = Path(pj.__file__).parent / "pjsua2_pybind11.libs"
        found = sorted(beside.glob("libpjsua-*"))
        if not found:
            raise EngineUnavailable(f"pjsua2-pybind11 is there without its libraries ({beside}). {WAY_OUT}")
        self._c = ctypes.CDLL(str(found[0]))

    def poll(self, milliseconds: int) -> int:
        """Let PJSIP work; its callbacks run inside. The interpreter is free meanwhile."""
        return int(self._c.pjsua_handle_events(ctypes.c_uint(milliseconds)))

    def prefer_codec(self, name: str, priority: int) -> int:
        """0 switches it off."""
        return int(self._c.pjsua_codec_set_priority(_text(name), ctypes.c_ubyte(priority)))

    def player(self, file: str, loop: bool) -> int:
        """The number of a new player."""
        number = ctypes.c_int(-1)
        if code := self._c.pjsua_player_create(_text(file), ctypes.c_uint(0 if loop else 1), ctypes.byref(number)):
            raise ValueError(f"player: {code}")
        return number.value

    def player_slot(self, player: int) -> int:
        """Its place at the bridge."""
        return int(self._c.pjsua_player_get_conf_port(ctypes.c_int(player)))

    def end_player(self, player: int) -> int:
        return int(self._c.pjsua_player_destroy(ctypes.c_int(player)))

    def connect(self, source: int, sink: int) -> int:
        """Let one place of the bridge be heard at another."""
        return int(self._c.pjsua_conf_connect(ctypes.c_int(source), ctypes.c_int(sink)))

    def disconnect(self, source: int, sink: int) -> int:
        return int(self._c.pjsua_conf_disconnect(ctypes.c_int(source), ctypes.c_int(sink)))

    def loudness(self, slot: int) -> int:
        """What this place gives to others, 0…255."""
        taken, given = ctypes.c_uint(0), ctypes.c_uint(0)
        self._c.pjsua_conf_get_signal_level(ctypes.c_int(slot), ctypes.byref(taken), ctypes.byref(given))
        return given.value


def status_of(error: BaseException) -> int:
    """PJSIP's number in an error of the wheel, which speaks in RuntimeError and words; 0 when there is none."""
    found = re.search(r"\(status=(\d+)\)", str(error))
    return int(found[1]) if found else 0


def words(error: BaseException) -> str:
    """An error in short words."""
    found = re.search(r"error: (.*?) \(status=(\d+)\)", str(error))
    return f"{found[1]} ({found[2]})" if found else str(error)
