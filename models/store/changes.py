# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed: NOTIFY with kind, id and version, never the data; and a listener that survives a lost database.

Anybody may send a notification, so a receiver reads again under its own rights and never acts on the words alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.store.database import Database
from models.store.errors import DatabaseAway

CHANNEL = "tr_change"
_FIRST_RETRY_S = 0.05
_LAST_RETRY_S = 1.0
_HEARTBEAT_WAIT_S = 1.0
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")


class Change(NamedTuple):
    """`kind` is a table's name. RESYNC means: notifications may have been missed, read everything again."""

    kind: str
    id: str
    version: int


RESYNC = Change("*", "", 0)


async def notify(connection: AsyncConnection, kind: str, id: object, version: int = 0) -> None:
    """Tell at the commit of this transaction that row `id` of `kind` has a new version."""
    await connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": f"{kind}:{version}:{id}"})


class Listener:
    """``async for change in listener``: RESYNC first and after every reconnect, then the changes in their order.

    LISTEN stands before RESYNC is given out, so what the reader reads upon it misses nothing. A half-open connection
    tells nobody it is dead: a heartbeat finds it. Raises SignInRefused when the person may not come back.
    """

    def __init__(self, database: Database, *, heartbeat_s: float | None = None) -> None:
        self._database = database
        self._heartbeat_s = heartbeat_s or database.settings.heartbeat_s
        self._connection: asyncpg.Connection | None = None
        self._closed = asyncio.Event()
        self.connected = asyncio.Event()

    async def close(self) -> None:
        """End the iteration; safe to call twice."""
        self._closed.set()
        if self._connection is not None:
            self._connection.terminate()

    async def __aiter__(self) -> AsyncIterator[Change]:
        pause = _FIRST_RETRY_S
        while not self._closed.is_set():
            heard: asyncio.Queue[Change | None] = asyncio.Queue()
            try:
                connection = await self._database.connect_raw()
            except DatabaseAway:
                await self._wait(pause)
                pause = min(pause * 2, _LAST_RETRY_S)
                continue
            self._connection = connection
            heart = asyncio.ensure_future(self._listen(connection, heard))
            try:
                while (change := await heard.get()) is not None:
                    pause = _FIRST_RETRY_S
                    yield change
            finally:
                self.connected.clear()
                heart.cancel()
                await asyncio.gather(heart, return_exceptions=True)
                connection.terminate()
                self._connection = None

    async def _listen(self, connection: asyncpg.Connection, heard: asyncio.Queue[Change | None]) -> None:
        """Fill `heard` until the connection is lost, then put None."""

        def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            if (change := _read(str(payload))) is not None:
                heard.put_nowait(change)

        connection.add_termination_listener(lambda _connection: heard.put_nowait(None))
        try:
            await connection.add_listener(CHANNEL, hear)
            heard.put_nowait(RESYNC)
            self.connected.set()
            while not self._closed.is_set():
                await self._wait(self._heartbeat_s)
                await connection.execute("SELECT 1", timeout=_HEARTBEAT_WAIT_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            connection.terminate()
        finally:
            heard.put_nowait(None)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return


def _read(payload: str) -> Change | None:
    """None for what nobody of us has sent."""
    kind, _, rest = payload.partition(":")
    version, colon, id = rest.partition(":")
    if not (kind.isidentifier() and colon and version.isdigit()):
        return None
    return Change(kind, id, int(version))
