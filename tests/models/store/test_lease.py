# SPDX-License-Identifier: GPL-3.0-or-later
"""The leader's lease: one leads, a stale one writes nothing, a stopped one does not block its successor."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.store import lease
from models.store.errors import DatabaseAway, StaleEpoch
from tests.conftest import Site

INSERT = text("INSERT INTO tr.customer (name, created, changed) VALUES (:name, 0, 0)")


async def _lapse(site: Site) -> None:
    async with site.owner().transaction() as connection:
        await connection.execute(text("UPDATE tr.lease SET until = clock_timestamp() - interval '1 ms'"))


async def test_one_leads_and_the_other_waits(site: Site) -> None:
    async with site.service().reading() as connection:
        assert await lease.take(connection, "a", 3) == 1
        assert await lease.take(connection, "b", 3) is None
        assert await lease.take(connection, "a", 3) == 1
        await lease.renew(connection, "a", 1, 3)
        with pytest.raises(StaleEpoch):
            await lease.renew(connection, "b", 1, 3)
        await lease.release(connection, "b", 1)
        assert await lease.take(connection, "b", 3) is None
        await lease.release(connection, "a", 1)
        assert await lease.take(connection, "b", 3) == 2
        assert await lease.current(connection) == 2


async def test_a_hundred_at_once_make_one_leader(site: Site) -> None:
    service = site.service()

    async def run(holder: int) -> int | None:
        async with service.reading() as connection:
            return await lease.take(connection, str(holder), 3)

    assert sorted(each or 0 for each in await asyncio.gather(*map(run, range(100)))) == [0] * 99 + [1]


async def test_who_slept_past_the_end_writes_nothing(site: Site) -> None:
    service = site.service()
    async with service.reading() as connection:
        first = await lease.take(connection, "a", 3)
        await _lapse(site)
        assert first == 1
    with pytest.raises(StaleEpoch) as stale:
        async with service.transaction() as connection:
            await connection.execute(INSERT, {"name": "早"})
            await lease.fence(connection, 1)
    assert stale.value.key == "store.stale_epoch"
    async with service.reading() as connection:
        assert await lease.take(connection, "b", 3) == 2
        assert await lease.take(connection, "a", 3) is None
        with pytest.raises(StaleEpoch):
            await lease.renew(connection, "a", 1, 3)
        assert (await connection.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one() == 0
    async with service.transaction() as connection:
        await lease.fence(connection, 2)
        await connection.execute(INSERT, {"name": "晚"})


async def test_the_epoch_grows_when_the_same_one_comes_back_late(site: Site) -> None:
    async with site.service().reading() as connection:
        assert await lease.take(connection, "a", 3) == 1
        await _lapse(site)
        assert await lease.take(connection, "a", 3) == 2


async def test_nothing_lands_under_an_older_epoch(site: Site) -> None:
    """While a fenced transaction is open the successor waits, however long its lease is over."""
    service = site.service()
    async with service.reading() as connection:
        await lease.take(connection, "a", 0.2)
    async with service.transaction() as leading:
        await lease.fence(leading, 1)
        await asyncio.sleep(0.3)
        async with service.reading() as connection:
            successor = asyncio.ensure_future(lease.take(connection, "b", 3))
            await asyncio.sleep(0.2)
            assert not successor.done()
            await leading.execute(INSERT, {"name": "前"})
            await leading.commit()
            assert await successor == 2


async def test_a_leader_stopped_in_a_transaction_is_cut_after_its_time(site: Site) -> None:
    service = site.service()
    async with service.reading() as connection:
        assert (await connection.execute(text("SHOW idle_in_transaction_session_timeout"))).scalar_one() == "4500ms"
        await lease.take(connection, "a", 0.1)
    stopped = await service.connect_raw()
    await stopped.execute("SET idle_in_transaction_session_timeout = '300ms'")
    await stopped.execute("BEGIN")
    await stopped.execute("SELECT 1 FROM tr.lease WHERE epoch = 1 FOR SHARE")
    await asyncio.sleep(0.1)  # the lease is over, but the stopped one holds its row
    begun = time.monotonic()
    async with service.reading() as connection:
        assert await lease.take(connection, "b", 3) == 2
        assert time.monotonic() - begun < 4  # of the 4.5 that the role has by itself
        left = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        assert (await connection.execute(left, {"pid": stopped.get_server_pid()})).scalar_one() == 0
    stopped.terminate()


async def test_a_lost_connection_is_told_as_such(site: Site) -> None:
    service = site.service()
    with pytest.raises(DatabaseAway):
        async with service.transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(DBAPIError):  # a rule the database refused is no lost connection
        async with service.transaction() as connection:
            await connection.execute(text("SELECT 1 / 0"))
    assert await service.clock() > 0
