# SPDX-License-Identifier: GPL-3.0-or-later
"""Microphone and speaker by ALSA, for a SIP engine that was built without sound: the Linux wheel of pjsua2 is.

Frames are 20 ms of 8 kHz mono 16-bit (320 bytes). A device runs on a thread of its own; `frame` and `put` never wait.
Raises OSError for a device that cannot be opened.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import sys
import threading
import time
from collections import deque
from functools import lru_cache
from typing import Any

log = logging.getLogger(__name__)

RATE = 8000
SAMPLES = 160
SILENCE = bytes(2 * SAMPLES)
LATENCY_US = 60_000
QUEUE = 4  # frames between the sound card's clock and the engine's
DEFAULT = "default"
_PLAYBACK, _CAPTURE = 0, 1
_S16_LE, _INTERLEAVED, _NONBLOCK = 2, 3, 1
_CARDS = ("sysdefault:", "plughw:", "pulse", "pipewire")  # names that convert rates; hw: and its like do not

_Mute = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
_mute = _Mute(lambda *_: None)


@lru_cache(maxsize=1)
def _library() -> Any:
    """libasound, None where there is none."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(ctypes.util.find_library("asound") or "libasound.so.2")
    except OSError:
        return None
    library.snd_device_name_get_hint.restype = ctypes.c_void_p
    library.snd_device_name_get_hint.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.snd_device_name_free_hint.argtypes = [ctypes.c_void_p]
    library.snd_strerror.restype = ctypes.c_char_p
    for name in ("snd_pcm_readi", "snd_pcm_writei"):
        getattr(library, name).restype = ctypes.c_long
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong]
    library.snd_pcm_open.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    library.snd_pcm_set_params.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 2 + [ctypes.c_uint] * 2 + [
        ctypes.c_int, ctypes.c_uint]  # fmt: skip
    library.snd_pcm_recover.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    library.snd_pcm_close.argtypes = library.snd_pcm_drop.argtypes = [ctypes.c_void_p]
    library.snd_pcm_nonblock.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.snd_lib_error_set_handler(_mute)  # it would write to stderr for every card there is not
    return library


def names() -> tuple[tuple[str, int, int], ...]:
    """(name, inputs, outputs) of what can be opened: the default first, none at all without a working default."""
    library = _library()
    if library is None:
        return ()
    records, plays = int(_opens(DEFAULT, _CAPTURE)), int(_opens(DEFAULT, _PLAYBACK))
    if not records and not plays:
        return ()
    found = {DEFAULT: (DEFAULT, records, plays)}
    hints = ctypes.POINTER(ctypes.c_void_p)()
    if library.snd_device_name_hint(-1, b"pcm", ctypes.byref(hints)) == 0:
        index = 0
        while hints[index]:
            name, way = (_hint(library, hints[index], key) for key in (b"NAME", b"IOID"))
            if name.startswith(_CARDS):
                found.setdefault(name, (name, int(way != "Output"), int(way != "Input")))
            index += 1
        library.snd_device_name_free_hint(hints)
    return tuple(found.values())


class Microphone:
    """Records from one device until closed."""

    def __init__(self, name: str) -> None:
        self._pcm = _open(name, _CAPTURE)
        self._frames: deque[bytes] = deque(maxlen=QUEUE)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def frame(self) -> bytes:
        """The next 20 ms, silence when nothing has come yet."""
        return self._frames.popleft() if self._frames else SILENCE

    def close(self) -> None:
        """Release the device."""
        self._closing = True
        self._thread.join()
        _library().snd_pcm_close(self._pcm)

    def _run(self) -> None:
        library, buffer = _library(), ctypes.create_string_buffer(len(SILENCE))
        while not self._closing:
            got = library.snd_pcm_readi(self._pcm, buffer, SAMPLES)
            if got < 0:
                if library.snd_pcm_recover(self._pcm, int(got), 1) < 0:
                    time.sleep(0.2)  # unplugged: silence until it is chosen anew
                continue
            if len(self._frames) == QUEUE:
                time.sleep(0.01)  # nobody takes them, or this clock is the quicker one: the oldest goes
            self._frames.append(buffer.raw[: got * 2].ljust(len(SILENCE), b"\0"))


class Speaker:
    """Plays on one device until closed."""

    def __init__(self, name: str) -> None:
        self._pcm = _open(name, _PLAYBACK)
        self._frames: deque[bytes] = deque(maxlen=QUEUE)
        self._come = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def put(self, frame: bytes) -> None:
        """Play 20 ms; the oldest waiting frame goes when the device is behind."""
        self._frames.append(frame)
        self._come.set()

    def close(self) -> None:
        """Release the device."""
        self._closing = True
        self._come.set()
        self._thread.join()
        _library().snd_pcm_drop(self._pcm)
        _library().snd_pcm_close(self._pcm)

    def _run(self) -> None:
        library = _library()
        while not self._closing:
            self._come.wait()
            self._come.clear()
            while self._frames and not self._closing:
                frame = self._frames.popleft()
                done = library.snd_pcm_writei(self._pcm, frame, len(frame) // 2)
                if done < 0 and library.snd_pcm_recover(self._pcm, int(done), 1) < 0:
                    time.sleep(0.2)


def _opens(name: str, way: int) -> bool:
    try:
        pcm = _open(name, way)
    except OSError:
        return False
    _library().snd_pcm_close(pcm)
    return True


def _open(name: str, way: int) -> ctypes.c_void_p:
    library, pcm = _library(), ctypes.c_void_p()
    if library is None:
        raise OSError("ALSA is not installed (libasound.so.2)")
    code = library.snd_pcm_open(ctypes.byref(pcm), name.encode(), way, _NONBLOCK)  # a busy card must not stop the phone
    if code < 0:
        raise OSError(f"{name}: {library.snd_strerror(code).decode()}")
    library.snd_pcm_nonblock(pcm, 0)
    code = library.snd_pcm_set_params(pcm, _S16_LE, _INTERLEAVED, 1, RATE, 1, LATENCY_US)
    if code < 0:
        library.snd_pcm_close(pcm)
        raise OSError(f"{name}: {library.snd_strerror(code).decode()}")
    return pcm


def _hint(library: Any, hint: int, key: bytes) -> str:
    text = library.snd_device_name_get_hint(hint, key)
    if not text:
        return ""
    said = ctypes.cast(text, ctypes.c_char_p).value or b""
    ctypes.CDLL(None).free(ctypes.c_void_p(text))
    return said.decode(errors="replace")
