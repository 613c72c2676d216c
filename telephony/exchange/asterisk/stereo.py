# SPDX-License-Identifier: GPL-3.0-or-later
"""Two mono recordings of Asterisk made into one stereo WAV at 8 kHz, durable when `write()` returns; on a thread."""

from __future__ import annotations

import errno
import io
import logging
import os
import wave
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

RATE, WIDTH = 8000, 2


def samples(data: bytes) -> np.ndarray:
    """What a mono WAV holds; a header that was not finished is read by the length of the file."""
    if len(data) < 44:
        return np.zeros(0, dtype=np.int16)
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, WIDTH, RATE):
                log.error("Asterisk recorded in another form than 8 kHz mono 16 bit")
                return np.zeros(0, dtype=np.int16)
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        raw = data[44:]
    raw = raw or data[44:]
    return np.frombuffer(raw[: len(raw) // WIDTH * WIDTH], dtype="<i2").astype(np.int16)


def write(path: Path, sides: list[bytes]) -> tuple[float, str]:
    """(seconds, why): left and right beside each other in a new file. why: ended | exists | disk_full | failed."""
    left, right = (samples(side) for side in sides)
    both = np.zeros((max(len(left), len(right)), 2), dtype="<i2")
    both[: len(left), 0] = left
    both[: len(right), 1] = right
    seconds = len(both) / RATE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as raw:
            with wave.open(raw, "wb") as file:
                file.setnchannels(2)
                file.setsampwidth(WIDTH)
                file.setframerate(RATE)
                file.writeframes(both.tobytes())
            raw.flush()
            os.fsync(raw.fileno())
        _sync(path.parent)
    except FileExistsError:
        return seconds, "exists"
    except OSError as error:
        log.error("recording %s: %s", path.name, error)
        return seconds, "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "failed"
    return seconds, "ended"


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
