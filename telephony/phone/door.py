# SPDX-License-Identifier: GPL-3.0-or-later
"""The local socket between a desk and its handset: where it is, who may pass.

A Unix socket in a 0700 directory with the peer's uid checked; where there is none, loopback TCP whose port and secret
stand in a file only its owner can read (the secret is the first line sent). Raises DoorClosed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

HAS_UNIX = hasattr(socket, "AF_UNIX") and sys.platform != "win32"
SECRET_WAIT_S = 5.0
LINE_LIMIT = 1 << 20
Visitor = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class DoorClosed(ConnectionError):
    """Nobody is behind the door, it is another person's, or the directory around it is not safe."""


def runtime_dir() -> Path:
    """The person's own directory for sockets, made when it is missing. Short: a Unix socket path ends at 107 bytes."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and HAS_UNIX and Path(given).is_dir() and os.access(given, os.W_OK):
        return private_dir(Path(given) / "threerings")
    user = str(os.getuid()) if HAS_UNIX else os.environ.get("USERNAME", "user")
    return private_dir(Path(tempfile.gettempdir()) / f"threerings-{user}")


def private_dir(path: Path) -> Path:
    """Make or check a directory that only its owner can enter. Raises DoorClosed for anything else in its place."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not HAS_UNIX:
        return path
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise DoorClosed(f"{path} is not a directory of this person: remove it or set XDG_RUNTIME_DIR")
    if stat.S_IMODE(state.st_mode) & 0o077:
        path.chmod(0o700)
    return path


def door_of(site: str, person: str, directory: Path | None = None) -> Path:
    """The socket of this person's handset at this site."""
    name = hashlib.sha256(f"{site}\0{person}".encode()).hexdigest()[:12]
    return (directory or runtime_dir()) / f"h-{name}.sock"


async def open_door(path: Path, visitor: Visitor, unix: bool = HAS_UNIX) -> asyncio.Server:
    """Listen at `path`. The caller holds the lock of this path, so what lies there is a leftover and is removed."""
    _clear(path)
    if unix:

        async def admit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if peer(writer)[0] not in (os.getuid(), None):
                writer.close()
                return
            await visitor(reader, writer)

        server = await asyncio.start_unix_server(admit, path, limit=LINE_LIMIT)
        os.chmod(path, 0o600)
        return server
    secret = secrets.token_hex(16)

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            said = await asyncio.wait_for(reader.readline(), SECRET_WAIT_S)
        except (TimeoutError, ValueError, ConnectionError):
            said = b""
        if not hmac.compare_digest(said.strip(), secret.encode()):
            writer.close()
            return
        await visitor(reader, writer)

    server = await asyncio.start_server(ask, "127.0.0.1", 0, limit=LINE_LIMIT)
    port = server.sockets[0].getsockname()[1]
    note = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(note, "w") as file:
        file.write(f"{port} {secret}")
    return server


async def knock(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the handset at `path`. Raises DoorClosed when nobody answers or it is not this person's."""
    try:
        note = _note(path)
        if note is None:
            reader, writer = await asyncio.open_unix_connection(path, limit=LINE_LIMIT)
            if peer(writer)[0] not in (os.getuid(), None):
                writer.close()
                raise DoorClosed(f"{path} belongs to another person")
            return reader, writer
        port, secret = note
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port), limit=LINE_LIMIT)
        writer.write(secret.encode() + b"\n")
        return reader, writer
    except (OSError, ValueError) as error:
        raise DoorClosed(f"nobody behind {path}: {error}") from None


def peer(writer: asyncio.StreamWriter) -> tuple[int | None, int | None]:
    """(uid, pid) of the other end where the system tells it (Linux), else (None, None)."""
    line = writer.get_extra_info("socket")
    if line is None or not hasattr(socket, "SO_PEERCRED") or line.family != socket.AF_UNIX:
        return None, None
    pid, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid, pid


def _clear(path: Path) -> None:
    private_dir(path.parent)
    path.unlink(missing_ok=True)


def _note(path: Path) -> tuple[str, str] | None:
    """Port and secret of a TCP door, None when `path` is a socket."""
    if HAS_UNIX and path.is_socket():
        return None
    port, secret = path.read_text().split()
    return port, secret


class Lock:
    """Held by the one handset of a path for its life; the system gives it back even after kill −9."""

    def __init__(self, path: Path) -> None:
        private_dir(path.parent)
        self._file = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Whether nobody else holds it."""
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give it back."""
        os.close(self._file)
