# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the shared database as this person: what the database itself lets him see, nothing else.

A read while the database is away raises DatabaseAway; the desk goes on talking and keeps its forms, and a probe once
a second tells when it is back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from desktop.flows.facts import Topic
from models.store.database import Database
from models.store.errors import DatabaseAway, SignInRefused

log = logging.getLogger(__name__)
T = TypeVar("T")
PROBE_S = 1.0


class Reading:
    """Attributes: `up`, `down_since` (monotonic seconds); `changed` is told when the database goes or comes back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.up = True
        self.down_since = 0.0
        self.changed = Topic("database")
        self._probe: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None

    async def read(self, what: Callable[..., Awaitable[T]], *args: Any) -> T:
        """`what(connection, *args)`; tried twice, since a broken connection shows late. Raises DatabaseAway."""
        try:
            return await self._read(what, *args)
        except DatabaseAway:
            await asyncio.sleep(0.05)
        try:
            return await self._read(what, *args)
        except DatabaseAway:
            self._tell(False)
            raise

    async def _read(self, what: Callable[..., Awaitable[T]], *args: Any) -> T:
        async with self.database.reading() as connection:
            result = await what(connection, *args)
        self._tell(True)
        return result

    def doubt(self) -> None:
        """Somebody else could not reach the database: look whether we can, so that the screen says it."""
        if self.up and (self._look is None or self._look.done()):
            self._look = asyncio.get_running_loop().create_task(self._try(), name="database doubt")

    async def _try(self) -> None:
        try:
            await self.read(_nothing)
        except (DatabaseAway, SignInRefused) as away:
            log.info("the database does not answer: %s", away)

    async def close(self) -> None:
        """Let the connections go."""
        for task in (self._probe, self._look):
            if task is not None:
                task.cancel()
        await self.database.close()

    def _tell(self, up: bool) -> None:
        if up == self.up:
            return
        self.up = up
        self.down_since = 0.0 if up else time.monotonic()
        if not up:
            self._probe = asyncio.get_running_loop().create_task(self._ask_until_back(), name="database probe")
        self.changed.tell()

    async def _ask_until_back(self) -> None:
        while not self.up:
            await asyncio.sleep(PROBE_S)
            try:
                await self._read(_nothing)
            except DatabaseAway:
                continue
            except SignInRefused as refused:
                log.warning("the database lets this person in no more: %s", refused)
                return


async def _nothing(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("SELECT 1")
