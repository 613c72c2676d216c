# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings: stereo WAV at 8 kHz, written by one thread so that a slow disk is never heard.

The header is made right once a second, so a killed process leaves a readable file; `repair()` fits the last second in.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from telephony.exchange.embedded.g711 import FRAME, RATE, Samples

log = logging.getLogger(__name__)

FLUSH_FRAMES = 50  # a second
CHANNELS, WIDTH = 2, 2
_BLOCK = CHANNELS * WIDTH
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
HEADER_BYTES = _HEADER.size
Ended = Callable[[float, str], None]  # seconds of audio, why: ended | disk_full | failed


def _header(data_bytes: int) -> bytes:
    rate, block = RATE * _BLOCK, _BLOCK
    form = (b"WAVE", b"fmt ", 16, 1, CHANNELS, RATE, rate, block, 8 * WIDTH)
    return _HEADER.pack(b"RIFF", HEADER_BYTES - 8 + data_bytes, *form, b"data", data_bytes)


def repair(folder: Path) -> list[str]:
    """Make the headers of our recordings fit their length; the names of those that did not."""
    repaired = []
    for path in sorted(folder.glob("*.wav")):
        try:
            with path.open("r+b") as file:
                head = file.read(HEADER_BYTES)
                size = (path.stat().st_size - HEADER_BYTES) // _BLOCK * _BLOCK
                if len(head) == HEADER_BYTES and head != (right := _header(size)) and head[20:40] == right[20:40]:
                    file.seek(0)
                    file.write(right)
                    repaired.append(path.name)
        except OSError as error:
            log.error("recording %s cannot be repaired: %s", path.name, error)
    return repaired


class Recording:
    """One file being written. `put()` takes 20 ms of both sides and never blocks."""

    def __init__(self, writer: Writer, path: Path, ended: Ended) -> None:
        self.path = path
        self._writer = writer
        self._ended = ended
        self._left: list[Samples] = []
        self._right: list[Samples] = []
        self._closed = False
        self._file: BinaryIO | None = None  # from here on touched by the writer's thread only
        self._written = 0
        self._why = "ended"

    def put(self, left: Samples, right: Samples) -> None:
        """20 ms of the customer and of the staff."""
        self._left.append(left)
        self._right.append(right)
        if len(self._left) >= FLUSH_FRAMES:
            self._flush()

    def close(self) -> None:
        """Finish the file; `ended` is called on the loop when it is durable."""
        if not self._closed:
            self._closed = True
            self._flush()
            self._writer.tell(self._finish)

    def _flush(self) -> None:
        if self._left:
            both = np.stack([np.concatenate(self._left), np.concatenate(self._right)], axis=1)
            data = both.astype("<i2").tobytes()
            self._left, self._right = [], []
            self._writer.tell(lambda: self._write(data))

    def open(self) -> None:
        """Create the file; raises FileExistsError and other OSErrors."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(handle, "wb")
        self._file.write(_header(0))
        self._file.flush()

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(data)
            self._written += len(data)
            self._mark()
        except OSError as error:
            self._why = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "failed"
            log.error("recording %s: %s", self.path.name, error)
            self._finish()

    def _mark(self) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._file.write(_header(self._written))
        self._file.seek(0, os.SEEK_END)
        self._file.flush()

    def _finish(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with file:
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.path.parent)
        except OSError as error:
            self._why = "disk_full" if error.errno == errno.ENOSPC else "failed"
            log.error("recording %s: %s", self.path.name, error)
        self._writer.report(self._ended, self._written / (RATE * _BLOCK), self._why)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Writer:
    """The thread that touches the disk. `call` brings a result back to the loop (loop.call_soon_threadsafe)."""

    def __init__(self, folder: Path, call: Callable[..., object]) -> None:
        self.folder = folder
        self._call = call
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    def begin(self, name: str, ended: Ended) -> Recording:
        """Start `name` in the folder; raises FileExistsError when there is such a file, OSError for other reasons."""
        recording = Recording(self, self.folder / name, ended)
        recording.open()
        return recording

    def tell(self, job: Callable[[], None]) -> None:
        """Do `job` on the thread, after all earlier ones."""
        self._jobs.put(job)

    def report(self, ended: Ended, seconds: float, why: str) -> None:
        """Called on the thread: bring the end of a recording to the loop, which may be closed already."""
        try:
            self._call(ended, seconds, why)
        except RuntimeError:
            log.info("a recording ended after the loop")

    def close(self) -> None:
        """Wait until everything is on the disk."""
        self._jobs.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                log.exception("a recording's step failed")


__all__ = ["FRAME", "Recording", "Writer", "repair"]
