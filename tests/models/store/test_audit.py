# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: appended by many at once, sealed, and every tampering found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from models.store import audit, founding
from models.store.audit import Head, Proof
from tests.conftest import Site

LINES = 20


@pytest.fixture
async def sealed(site: Site) -> AsyncIterator[Site]:
    """A site with a sealed chain of LINES."""
    service = site.service()
    async with service.transaction() as connection:
        for number in range(LINES):
            await audit.append(connection, "1001", "ticket.open", {"ticket": number, "题": "|"})
    async with service.transaction() as connection:
        assert await audit.seal(connection) == LINES
    yield site


async def _verify(site: Site, kept: Head | None = None) -> Proof:
    async with site.owner().reading() as connection:
        return await audit.verify(connection, kept)


async def _head(site: Site) -> Head:
    async with site.owner().reading() as connection:
        head = await audit.head(connection)
    assert head is not None
    return head


async def _tamper(site: Site, *statements: str) -> None:
    """As the superuser, with the triggers off: nobody else gets this far."""
    admin = await founding.connect_admin(site.server, site.address.database)
    await admin.execute("SET session_replication_role = replica")
    for statement in statements:
        await admin.execute(statement)
    await admin.close()


async def test_an_untouched_chain_holds(sealed: Site) -> None:
    proof = await _verify(sealed, await _head(sealed))
    assert proof.holds and (proof.sealed, proof.open) == (LINES, 0)


async def test_the_chain_goes_on_over_many_seals(sealed: Site) -> None:
    service = sealed.service()
    for _ in range(3):
        async with service.transaction() as connection:
            await audit.append(connection, "system", "night")
        async with service.transaction() as connection:
            assert await audit.seal(connection) == 1
    assert (await _verify(sealed)).holds


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE tr.audit SET actor = '1002' WHERE id = 7", "broken"),
        ("UPDATE tr.audit SET what = 'x' WHERE id = 7", "broken"),
        ("UPDATE tr.audit SET at = at + interval '1 microsecond' WHERE id = 7", "broken"),
        ("UPDATE tr.audit SET detail = detail || '{\"ticket\": 99}' WHERE id = 7", "broken"),
        ("DELETE FROM tr.audit WHERE id = 7", "broken"),
        ("DELETE FROM tr.seal WHERE id = 7", "broken"),
        ("DELETE FROM tr.audit WHERE id = 7; DELETE FROM tr.seal WHERE id = 7", "broken"),
        ("UPDATE tr.seal SET hash = sha256('x') WHERE id = 7", "broken"),
        ("UPDATE tr.seal SET n = n + 100 WHERE id = 20", "broken"),
        ("UPDATE tr.seal SET id = -id WHERE id IN (7, 8); UPDATE tr.seal SET id = 15 + id WHERE id < 0", "broken"),
        ("INSERT INTO tr.audit (actor, what) VALUES ('1001', 'slipped in')", "unsealed"),
        ("INSERT INTO tr.audit_open (id) VALUES (4711)", "lost"),
        ("DELETE FROM tr.seal WHERE id = 20", "unsealed"),
    ],
)
async def test_tampering_is_found(sealed: Site, statement: str, where: str) -> None:
    await _tamper(sealed, statement)
    proof = await _verify(sealed)
    assert not proof.holds
    assert getattr(proof, where)


async def test_a_cut_off_or_rewritten_end_is_found_by_a_head_kept_elsewhere(sealed: Site) -> None:
    kept = await _head(sealed)
    await _tamper(sealed, "DELETE FROM tr.audit WHERE id > 15", "DELETE FROM tr.seal WHERE id > 15")
    assert (await _verify(sealed)).holds  # from inside it cannot be seen
    assert not (await _verify(sealed, kept)).head_kept


async def test_rows_stay_even_for_their_owner(sealed: Site) -> None:
    connection = await sealed.owner().connect_raw()
    for statement in (
        "UPDATE tr.audit SET actor = 'x'",
        "DELETE FROM tr.audit",
        "TRUNCATE tr.audit",
        "UPDATE tr.seal SET n = 0",
        "DELETE FROM tr.seal",
        "TRUNCATE tr.seal",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_nobody_who_idles_in_a_transaction_stops_the_others(sealed: Site) -> None:
    service = sealed.service()

    async def write(number: int) -> None:
        for _ in range(10):
            async with service.transaction() as connection:
                await audit.append(connection, str(number), "call")

    async with service.transaction() as idle:
        await audit.append(idle, "idle", "call")
        await asyncio.wait_for(asyncio.gather(*map(write, range(4))), 10)
        async with service.transaction() as connection:
            assert await audit.seal(connection) == 40
    async with service.transaction() as connection:
        assert await audit.seal(connection) == 1  # the late one comes after those that overtook it
    assert (await _verify(sealed)).holds


async def test_two_sealers_make_one_chain(sealed: Site) -> None:
    service = sealed.service()
    async with service.transaction() as connection:
        for _ in range(50):
            await audit.append(connection, "1001", "call")

    async def seal() -> int:
        async with service.transaction() as connection:
            return await audit.seal(connection)

    assert sum(await asyncio.gather(*(seal() for _ in range(5)))) == 50
    assert (await _verify(sealed)).holds
