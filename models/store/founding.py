# SPDX-License-Identifier: GPL-3.0-or-later
"""Founding a site, bringing it up to date, and looking whether it is sound: what `db init|upgrade|check` do.

`init` works on the embedded server or on any PostgreSQL ≥ 15 by an administrator's URL. Everything it does may be
done again after a crash in the middle. Raises SiteError, DatabaseAway.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
from sqlalchemy import text

from models.settings import Settings
from models.store.address import (
    SiteAddress,
    check_site_name,
    database_name,
    make_key,
    read_address,
    read_key,
    write_address,
)
from models.store.database import Database, connect_owner, connect_service
from models.store.errors import DatabaseAway, SiteError, StoreError
from models.store.migrations.run import head_revision, is_current, migrate, revision_of
from models.store.scram import verifier
from models.store.server import OWNER, EmbeddedServer
from resources.i18n import tr

LEAST_VERSION = 15
GOOD_VERSION = 16  # from here on the owner can only touch roles it made itself
CLOCK_S = 2.0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report: whether it is well, and what to say (a catalogue key with its arguments)."""

    well: bool
    key: str
    args: tuple[object, ...] = ()

    @property
    def words(self) -> str:
        return tr(self.key, *self.args)


async def init(where: EmbeddedServer | str, site: str, data_dir: Path) -> SiteAddress:
    """Found `site`: owner, database, roles, tables. Refuses a name already used in that cluster."""
    check_site_name(site)
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    address = await found(where, site, data_dir)
    make_key(data_dir, address.service)
    write_address(data_dir, address)
    await upgrade(data_dir)
    return address


async def open_embedded(settings: Settings, *, durable: bool = True) -> tuple[EmbeddedServer, SiteAddress]:
    """Start the embedded server of the data directory, found the site if it is new, else bring it up to date."""
    data_dir = settings.data_dir
    server = await asyncio.to_thread(EmbeddedServer, data_dir, bindir=settings.pg_bindir, durable=durable)
    running = await asyncio.to_thread(server.start)
    try:
        address = read_address(data_dir)
    except SiteError as error:
        if error.key != "store.site_missing":
            raise
        return server, await init(server, settings.site, data_dir)
    if address.port != running.port:
        address = replace(address, port=running.port)
        write_address(data_dir, address)
    await upgrade(data_dir, always=False)
    return server, address


async def open_site(settings: Settings) -> tuple[EmbeddedServer | None, SiteAddress]:
    """What a start does: the configured URL's site, or the embedded one (its server is the first of the answer)."""
    if settings.database_url is None:
        return await open_embedded(settings)
    if not (settings.data_dir / "site.json").exists():
        return None, await init(settings.database_url, settings.site, settings.data_dir)
    await upgrade(settings.data_dir, always=False)
    return None, read_address(settings.data_dir)


async def upgrade(data_dir: Path, *, always: bool = True) -> str:
    """Bring tables and access to this program's version; answers the revision. Several at once wait for each other.

    `always=False` does nothing when everything is at this version by its own marks.
    """
    address = read_address(data_dir)
    service_key = read_key(data_dir, address.service)  # never a new one here: another machine may use the old
    database = connect_owner(data_dir)
    try:
        async with database.transaction() as connection:
            if always or not await connection.run_sync(is_current, address):
                await connection.run_sync(migrate, address, service_key)
            return str(await connection.run_sync(revision_of))
    finally:
        await database.close()


async def check(data_dir: Path) -> list[Finding]:
    """What is wrong with the site's database and what to do; never raises for a fault it can name."""
    try:
        address = read_address(data_dir)
        database = connect_service(data_dir)
    except StoreError as error:
        return [Finding(False, error.key, error.args_)]
    try:
        findings = [Finding(True, "store.check_site", (address.site, address.host, address.port))]
        return findings + await _look(database)
    except StoreError as error:
        return [Finding(False, error.key, error.args_)]
    finally:
        await database.close()


async def _look(database: Database) -> list[Finding]:
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int / 10000 AS major,"
                    " current_setting('fsync') = 'on' AS fsync, current_setting('data_checksums') = 'on' AS checksums,"
                    " extract(epoch FROM clock_timestamp())::float8 AS clock"
                )
            )
        ).one()
        drift = abs(row.clock - time.time())
    owner_revision = await _revision(database)
    good = row.major >= GOOD_VERSION
    return [
        Finding(good, "store.check_version" if good else "store.check_version_old", (row.major,)),
        Finding(row.fsync, "store.check_fsync" if row.fsync else "store.check_fsync_off"),
        Finding(row.checksums, "store.check_checksums" if row.checksums else "store.check_checksums_off"),
        Finding(drift < CLOCK_S, "store.check_clock", (f"{drift:.1f}",)),
        Finding(
            owner_revision == head_revision(),
            "store.check_revision" if owner_revision == head_revision() else "store.check_revision_old",
            (owner_revision, head_revision()),
        ),
    ]


async def _revision(database: Database) -> str:
    async with database.reading() as connection:
        found = await connection.execute(text("SELECT version_num FROM tr.alembic_version"))
        return str(found.scalar_one_or_none())


# ---- as administrator of the cluster ---------------------------------------------------------------------------


async def connect_admin(where: EmbeddedServer | str, database: str = "postgres") -> asyncpg.Connection:
    """The embedded server's superuser by its socket, or whoever the URL names."""
    try:
        if isinstance(where, EmbeddedServer):
            running = where.running_or_raise()
            return await asyncpg.connect(host=str(running.socket_dir), port=running.port, user=OWNER, database=database)
        return await asyncpg.connect(where.replace("postgresql+asyncpg://", "postgresql://"), timeout=10)
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise DatabaseAway("store.away_url") from error
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError):
        raise SiteError("store.url_refused") from None
    except (ValueError, asyncpg.InterfaceError):
        raise SiteError("store.url_unreadable") from None


async def found(where: EmbeddedServer | str, site: str, data_dir: Path) -> SiteAddress:
    admin = await connect_admin(where)
    try:
        host, port = await _tcp_place(where, admin)
        address = SiteAddress(site, host, port, database_name(site))
        major = admin.get_server_version().major
        if major < LEAST_VERSION:
            raise SiteError("store.too_old", major, LEAST_VERSION)
        await _make_owner(admin, address, data_dir)
        await _make_database(where, admin, address)
        return address
    except asyncpg.InsufficientPrivilegeError as error:
        raise SiteError("store.url_rights") from error
    finally:
        await admin.close()


async def _tcp_place(where: EmbeddedServer | str, admin: asyncpg.Connection) -> tuple[str, int]:
    if isinstance(where, EmbeddedServer):
        return "127.0.0.1", where.port
    place = admin._addr  # the driver chose among the URL's hosts and knows which one answered
    if isinstance(place, str):
        return place.rsplit("/", 1)[0], int(place.rsplit(".", 1)[1])
    return str(place[0]), int(place[1])


async def _make_owner(admin: asyncpg.Connection, address: SiteAddress, data_dir: Path) -> None:
    """The key is on the disk before the role is made, and the role is marked with it: so an init that died half-way
    goes on, while a site of somebody else is never taken over."""
    used = await admin.fetch(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, $1) OR starts_with(rolname::text, $2)",
        f"tr_{address.site}_",
        f"{address.site}_",
    )
    key = make_key(data_dir, address.owner)
    mark = "Three Rings " + hashlib.sha256(key.encode()).hexdigest()[:32]
    if used:
        found = await admin.fetchval(
            "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1", address.owner
        )
        if found != mark:
            raise SiteError("store.site_taken", address.site)
        return
    async with admin.transaction():
        owner = f'"{address.owner}"'
        await admin.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{verifier(key)}'")
        await admin.execute(f"COMMENT ON ROLE {owner} IS '{mark}'")
        await admin.execute(f"GRANT pg_signal_backend TO {owner}")  # to cut off a disabled person
        if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await admin.execute(f"GRANT {owner} TO CURRENT_USER")  # or it could not give the database away


async def _make_database(where: EmbeddedServer | str, admin: asyncpg.Connection, address: SiteAddress) -> None:
    name = f'"{address.database}"'
    owner = await admin.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", address.database)
    if owner is None:
        await admin.execute(f"CREATE DATABASE {name} OWNER \"{address.owner}\" TEMPLATE template0 ENCODING 'UTF8'")
    elif owner != address.owner:
        raise SiteError("store.database_taken", address.database)
    await admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    if isinstance(where, EmbeddedServer):
        # This cluster is ours alone: nobody but its superuser has business outside the sites' databases.
        await admin.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
        await admin.execute("REVOKE ALL ON DATABASE template1 FROM PUBLIC")
        inside = await connect_admin(where, address.database)
        try:
            await inside.execute(_NO_LARGE_OBJECTS)
        finally:
            await inside.close()


# Everybody may make large objects, whatever his grants; a person's connection shall not write even those.
_NO_LARGE_OBJECTS = """DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lowrite', 'lo_unlink',
      'lo_truncate', 'lo_truncate64')
  LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$"""
