# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange per data folder: an exclusive lock on a file, held by the system until the process is gone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

LOCK_FILE = "exchange.lock"


class AlreadyRunning(Exception):
    """Another exchange holds the folder; `pid` when it could be read, else 0."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"{folder} is in use by process {pid or '?'}")
        self.folder = folder
        self.pid = pid


def take(folder: Path) -> BinaryIO:
    """Hold `folder` as long as the returned file stays open. Raises AlreadyRunning."""
    path = folder / LOCK_FILE
    file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")  # noqa: SIM115 - kept open on purpose
    try:
        _lock(file)
    except OSError:
        text = file.read(20).strip()
        file.close()
        raise AlreadyRunning(folder, int(text) if text.isdigit() else 0) from None
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(64)  # beyond the pid, which others may read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
