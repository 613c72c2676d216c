# SPDX-License-Identifier: GPL-3.0-or-later
"""The control socket: orders in, facts out, JSON lines. One leader at a time; the highest epoch leads.

A Unix socket in a 0700 folder; who connects must be the same user. Raises BadSettings for a path that is too long.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import socket
import stat
import struct
import tempfile
from pathlib import Path

from telephony.exchange.embedded.settings import BadSettings
from telephony.exchange.embedded.switch import Switch
from telephony.exchange.engine import ORDERS, Attach, Fact, List, Order, Refused
from telephony.wire import BadMessage, decode, encode

log = logging.getLogger(__name__)

LONGEST_PATH = 100  # sockaddr_un holds 108 bytes on Linux, 104 elsewhere
LONGEST_LINE = 1 << 20
LONGEST_BACKLOG = 8 << 20  # bytes a leader may fall behind before he is cut off
EPOCH_FILE = "epoch"


def default_path(data: Path) -> Path:
    """In the data folder when its path is short enough, else in a folder of its own among the temporary ones."""
    path = data / "control" / "s"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"threerings-exchange-{name}" / "s"


def private_folder(path: Path) -> None:
    """Make or check a folder that only we can enter. Raises BadSettings for anything else in its place."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise BadSettings(f"{path} is not a folder of this user")
    path.chmod(0o700)


def check_path(path: Path) -> None:
    """Raise BadSettings when no socket can have this path."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise BadSettings(f"the path of the control socket is longer than {LONGEST_PATH} bytes: {path}")


class Control:
    """Serves one Switch. `report()` is to be given to the Switch."""

    def __init__(self, path: Path, data: Path) -> None:
        check_path(path)
        self.path = path
        self._epoch_file = data / EPOCH_FILE
        self._switch: Switch | None = None
        self._server: asyncio.Server | None = None
        self._leader: asyncio.StreamWriter | None = None
        self._epoch = self._remembered()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, switch: Switch) -> None:
        """Listen; an old socket of a dead process is removed (the lock says that it is dead)."""
        self._switch = switch
        switch.epoch = self._epoch
        private_folder(self.path.parent)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self.path), limit=LONGEST_LINE)

    async def close(self) -> None:
        """Cut everybody off and remove the socket."""
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    def report(self, fact: Fact) -> None:
        """Send a fact to the leader; without one it is not kept, the next leader asks for a Snapshot."""
        if self._leader is not None:
            self._send(self._leader, fact)

    def _send(self, writer: asyncio.StreamWriter, message: object) -> None:
        if writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > LONGEST_BACKLOG:
            log.error("a connection does not read; cut off")
            writer.transport.abort()
            return
        writer.write(encode(message).encode() + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if not _same_user(writer):
                log.error("a connection of another user was refused")
                return
            while line := await reader.readline():
                self._line(line, writer)
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError) as error:
            log.info("control connection ended: %r", error)
        finally:
            self._tasks.discard(task)
            self._gone(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _gone(self, writer: asyncio.StreamWriter) -> None:
        if self._leader is writer:
            self._leader = None
            if self._switch:
                self._switch.leaderless()

    def _line(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        switch = self._switch
        assert switch is not None
        try:
            order: Order = decode(line, ORDERS)
        except BadMessage as error:
            log.error("not an order: %s", error)
            self._send(writer, Refused(0, "bad_order"))
            return
        if isinstance(order, List):
            self._send(writer, switch.snapshot(order.order))
        elif order.epoch < self._epoch or (not isinstance(order, Attach) and writer is not self._leader):
            self._send(writer, Refused(order.order, "stale_epoch"))
        elif isinstance(order, Attach):
            self._attach(order, writer, switch)
        elif order.epoch != self._epoch:
            self._send(writer, Refused(order.order, "bad_order"))
        else:
            try:
                answer = switch.carry_out(order)
            except Exception as error:
                log.exception("a %s failed", type(order).__name__)
                answer = Refused(order.order, f"failed: {error!r}")
            self._send(writer, answer)

    def _attach(self, order: Attach, writer: asyncio.StreamWriter, switch: Switch) -> None:
        older, self._leader = self._leader, writer
        if older is not None and older is not writer:
            older.close()
        if order.epoch != self._epoch:
            self._epoch = order.epoch
            self._remember(order.epoch)
        switch.leader(order.epoch)
        self._send(writer, switch.snapshot(order.order))

    def _remembered(self) -> int:
        try:
            return int(self._epoch_file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            log.error("%s is not a number; epochs begin anew", self._epoch_file)
            return 0

    def _remember(self, epoch: int) -> None:
        """So that an older switchboard is refused after a restart of ours too."""
        new = self._epoch_file.with_suffix(".new")
        try:
            new.write_text(str(epoch), encoding="ascii")
            new.replace(self._epoch_file)
        except OSError as error:
            log.error("the epoch cannot be kept: %s", error)


def _same_user(writer: asyncio.StreamWriter) -> bool:
    sock: socket.socket = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's mode keeps others out
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] == os.getuid()
