# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener: in order, only after the commit, back after a lost or silent connection, deaf to forgeries."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from models.kinds import Group
from models.store import founding, people
from models.store.changes import CHANNEL, RESYNC, Change, Listener, notify
from models.store.errors import SignInRefused
from tests.conftest import Site


class Ear:
    """Collects what a listener gives out."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.heard: asyncio.Queue[Change] = asyncio.Queue()
        self.task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        async for change in self.listener:
            self.heard.put_nowait(change)

    async def next(self) -> Change:
        return await asyncio.wait_for(self.heard.get(), 10)

    async def close(self) -> None:
        await self.listener.close()
        await asyncio.wait_for(asyncio.gather(self.task, return_exceptions=True), 5)


@pytest.fixture
async def ear(site: Site) -> AsyncIterator[Ear]:
    await site.add("1001", Group.AGENT)
    ear = Ear(Listener(await site.person("1001"), heartbeat_s=0.2))
    assert await ear.next() == RESYNC
    yield ear
    await ear.close()


async def test_changes_arrive_in_order_after_their_commit(site: Site, ear: Ear) -> None:
    async with site.service().transaction() as connection:
        await notify(connection, "ticket", 7, 3)
        await notify(connection, "draft", "a:b", 4)
        await asyncio.sleep(0.05)
        assert ear.heard.empty()
    assert [await ear.next(), await ear.next()] == [Change("ticket", "7", 3), Change("draft", "a:b", 4)]


async def test_what_is_rolled_back_is_never_told(site: Site, ear: Ear) -> None:
    service = site.service()
    with pytest.raises(ZeroDivisionError):
        async with service.transaction() as connection:
            await notify(connection, "ticket", 1, 1)
            raise ZeroDivisionError
    async with service.transaction() as connection:
        await notify(connection, "ticket", 2, 1)
    assert await ear.next() == Change("ticket", "2", 1)


async def test_a_lost_connection_comes_back_and_says_that_it_was_away(site: Site, ear: Ear) -> None:
    service = site.service()
    for round in range(3):
        admin = await founding.connect_admin(site.server)
        cut = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_1001' AND query LIKE '%'"
        )
        await admin.close()
        assert cut
        assert await ear.next() == RESYNC
        async with service.transaction() as connection:
            await notify(connection, "ticket", round, 1)
        assert await ear.next() == Change("ticket", str(round), 1)


async def test_a_half_open_connection_is_found_by_the_heartbeat(site: Site, ear: Ear) -> None:
    """A stopped backend sends no end: only asking tells."""
    admin = await founding.connect_admin(site.server, site.address.database)
    pid = await admin.fetchval(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'test_1001' AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
        " ORDER BY backend_start DESC LIMIT 1"
    )
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert await ear.next() == RESYNC
    finally:
        os.kill(pid, signal.SIGCONT)
        await admin.close()


async def test_words_that_are_no_change_are_dropped(site: Site, ear: Ear) -> None:
    async with site.service().transaction() as connection:
        for payload in ("", "off sue", "ticket:x:1", "ticket:1", "a b:1:2", "*:0:", "ticket:-1:1"):
            await connection.execute(text("SELECT pg_notify(:c, :p)"), {"c": CHANNEL, "p": payload})
        await notify(connection, "ticket", 9, 1)
    assert await ear.next() == Change("ticket", "9", 1)


async def test_a_disabled_listener_is_told_why_it_ends(site: Site, ear: Ear) -> None:
    await people.disable(site.owner(), "1001")
    with pytest.raises(SignInRefused) as refused:
        await asyncio.wait_for(ear.task, 10)
    assert refused.value.key == "store.person_disabled"
