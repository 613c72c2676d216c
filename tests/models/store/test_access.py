# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person's own connection may do: read what his groups read, and write not one row anywhere."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.base import metadata
from models.kinds import Group
from models.store import founding
from models.store.access import EVERYBODY, OWN, READERS
from models.store.address import read_address
from models.store.database import connect_owner, connect_person
from models.store.errors import SignInRefused, SiteError
from tests.conftest import PASSWORD, Cluster, Site, reachable_dir

REFUSED = "42501"


async def _sqlstate(connection: asyncpg.Connection, statement: str) -> str:
    """The state of a refused statement, "" when it went through (it is rolled back either way)."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return str(getattr(error, "sqlstate", "?"))
    finally:
        await transaction.rollback()
    return ""


async def test_a_person_with_every_group_cannot_write_one_row(site: Site) -> None:
    await site.add("1001", *Group)
    connection = await (await site.person("1001")).connect_raw()
    went_through: list[str] = []
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'tr'")
        assert {row[0] for row in tables} >= {table.name for table in metadata.sorted_tables}
        for (table,) in tables:
            name = f'tr."{table}"'
            column = await connection.fetchval(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", f"tr.{table}"
            )
            for statement in (
                f"INSERT INTO {name} DEFAULT VALUES",
                f'UPDATE {name} SET "{column}" = DEFAULT',
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE",
                f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY",
                f"SELECT 1 FROM {name} FOR UPDATE",
            ):
                if await _sqlstate(connection, statement) != REFUSED:
                    went_through.append(statement)
    finally:
        await connection.close()
    assert went_through == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE tr.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE FUNCTION tr.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE tr_test_owner",
        "SET ROLE tr_test_switchboard",
        "GRANT tr_test_administrator TO test_1001",
        "ALTER ROLE test_1001 CREATEROLE",
        "ALTER ROLE test_1002 PASSWORD 'x'",
        "SELECT lo_create(0)",
        "SELECT tr_api.check_token('x')",
        "SELECT tr_api.seal()",
        "SELECT * FROM tr.session_token",
        "SELECT * FROM tr.verb_key",
        "COPY tr.customer FROM PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_catalog.setval('tr.customer_id_seq', 1)",
    ],
)
async def test_a_person_cannot(site: Site, statement: str) -> None:
    await site.add("1001", Group.AGENT)
    await site.add("1002", Group.AGENT)
    connection = await (await site.person("1001")).connect_raw()
    try:
        assert await _sqlstate(connection, statement) == REFUSED
    finally:
        await connection.close()


def test_every_table_has_a_line_of_readers() -> None:
    tables = {table.name for table in metadata.sorted_tables}
    assert set(READERS) == tables
    assert set(OWN) <= tables


async def test_groups_read_what_the_table_says(site: Site) -> None:
    service = site.service()
    async with service.transaction() as connection:
        await connection.execute(text("INSERT INTO tr.customer (name, created, changed) VALUES ('王芳', 0, 0)"))
    for number, group in enumerate(Group):
        person = f"{2000 + number}"
        await site.add(person, group)
        async with (await site.person(person)).reading() as connection:
            seen = (await connection.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one()
            assert seen == (1 if group in READERS["customer"] else 0), group
            assert READERS["person"] == EVERYBODY
            assert (await connection.execute(text("SELECT count(*) FROM tr.person"))).scalar_one() >= 1


async def test_a_person_sees_only_his_own_recordings(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    await site.add("1002", Group.AGENT)
    await site.add("1003", Group.SUPERVISOR)
    async with site.service().transaction() as connection:
        for contact, agent in (("c1", "1001"), ("c2", "1002"), ("c3", "1002")):
            await connection.execute(
                text("INSERT INTO tr.recording (contact, agent, file, started) VALUES (:c, :a, :c, 0)"),
                {"c": contact, "a": agent},
            )
    for person, expected in (("1001", ["c1"]), ("1002", ["c2", "c3"]), ("1003", ["c1", "c2", "c3"])):
        async with (await site.person(person)).reading() as connection:
            found = await connection.execute(text("SELECT contact FROM tr.recording ORDER BY 1"))
            assert list(found.scalars()) == expected


async def test_the_service_role_only_adds_facts_and_reads_no_tokens(site: Site) -> None:
    connection = await site.service().connect_raw()
    try:
        for statement in (
            "UPDATE tr.contact_event SET kind = 'x'",
            "DELETE FROM tr.contact_event",
            "DELETE FROM tr.ticket_event",
            "UPDATE tr.audit SET actor = 'x'",
            "DELETE FROM tr.audit",
            "DELETE FROM tr.audit_open",
            "INSERT INTO tr.seal (n, id, prev, hash) VALUES (1, 1, '', '')",
            "SELECT * FROM tr.session_token",
            "UPDATE tr.person SET active = true",
            "TRUNCATE tr.customer",
            "CREATE TABLE tr.mine (a int)",
            "CREATE ROLE mine",
        ):
            assert await _sqlstate(connection, statement) == REFUSED, statement
    finally:
        await connection.close()


async def test_two_sites_in_one_cluster_cannot_see_each_other(cluster: Cluster, site: Site) -> None:
    await site.add("1001", *Group)
    with reachable_dir() as other_dir:
        other = await founding.init(cluster.server, "other", other_dir)
        admin = await founding.connect_admin(cluster.server)
        try:
            for role, password in (
                (site.address.login("1001"), PASSWORD),
                (site.address.service, (site.data_dir / "keys" / site.address.service).read_text()),
                (site.address.owner, (site.data_dir / "keys" / site.address.owner).read_text()),
            ):
                for database in (other.database, "postgres", "template1"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await asyncpg.connect(
                            host="127.0.0.1", port=other.port, user=role, password=password, database=database
                        )
            with pytest.raises(SignInRefused):
                await connect_person(other, "1001", PASSWORD)  # no such login there, though the number is the same
            with reachable_dir() as third_dir, pytest.raises(SiteError) as taken:
                await founding.init(cluster.server, "other", third_dir)
            assert taken.value.key == "store.site_taken"
            assert await founding.init(cluster.server, "other", other_dir) == read_address(other_dir)
            owner = connect_owner(other_dir)
            if admin.get_server_version().major >= founding.GOOD_VERSION:  # before, CREATEROLE reaches every role
                with pytest.raises(DBAPIError):
                    async with owner.transaction() as connection:
                        await connection.execute(text(f'ALTER ROLE "{site.address.login("1001")}" NOLOGIN'))
            await owner.close()
        finally:
            await admin.execute(f'DROP DATABASE "{other.database}" WITH (FORCE)')
            for (role,) in await admin.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'tr\\_other\\_%'"):
                await admin.execute(f'DROP OWNED BY "{role}"')
            roles = await admin.fetch(
                "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tr\\_other\\_%' ORDER BY rolname = 'tr_other_owner'"
            )
            for (role,) in roles:
                await admin.execute(f'DROP ROLE "{role}"')
            await admin.close()
