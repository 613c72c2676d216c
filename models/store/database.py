# SPDX-License-Identifier: GPL-3.0-or-later
"""One site's database as one role: pooled connections, short transactions, quick reads.

`connect_owner` and `connect_service` take their password from the data directory's keys, `connect_person` from the
person. Every new connection reads ``site.json`` again, for a restarted embedded server may listen on another port.
Raises SignInRefused and DatabaseAway in place of the driver's own errors.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from models.settings import Settings
from models.store.address import SiteAddress, read_address, read_key
from models.store.errors import DatabaseAway, SignInRefused

_AWAY_STATES = ("08", "57P01", "57P02", "57P03")  # connection lost, shutting down, crashed, starting up


class Database:
    """A small pool of connections of one role. Nothing is connected before the first use; `close()` at the end."""

    def __init__(
        self,
        address_of: Callable[[], SiteAddress],
        user: str,
        password: str,
        *,
        connections: int = 5,
        settings: Settings | None = None,
    ) -> None:
        self._address_of = address_of
        self.user = user
        self._password = password
        self.settings = settings or Settings()
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=self.connect_raw, pool_size=connections, max_overflow=0
        )
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)

    @property
    def address(self) -> SiteAddress:
        return self._address_of()

    async def connect_raw(self) -> asyncpg.Connection:
        """A connection of its own, outside the pool (a listener's, or the pool's next)."""
        settings = self.settings
        address = self._address_of()
        try:
            return await asyncpg.connect(
                host=address.host,
                port=address.port,
                database=address.database,
                user=self.user,
                password=self._password,
                timeout=math.ceil(settings.connect_timeout_s),
                server_settings={
                    "application_name": "three rings",
                    "statement_timeout": f"{settings.statement_timeout_s * 1000:.0f}",
                    "lock_timeout": f"{settings.lock_timeout_s * 1000:.0f}",
                },
            )
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError) as error:
            # From None: a chained driver error names roles and databases in a log or a message box.
            key = (
                "store.wrong_password" if isinstance(error, asyncpg.InvalidPasswordError) else "store.database_missing"
            )
            raise SignInRefused(key) from None
        except asyncpg.InvalidAuthorizationSpecificationError:
            raise SignInRefused("store.person_disabled") from None
        except asyncpg.InsufficientPrivilegeError:
            raise SignInRefused("store.no_access") from None
        except asyncpg.TooManyConnectionsError:
            raise SignInRefused("store.too_many") from None
        except (
            OSError,
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.InterfaceError,
        ) as error:
            raise DatabaseAway("store.away", address.host, address.port) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """BEGIN, COMMIT at the end, ROLLBACK at an exception. Keep it short: it holds locks."""
        with _Away(self._address_of):
            async with self.engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """AUTOCOMMIT: each SELECT is its own, one round trip. For the screens' reads."""
        with _Away(self._address_of):
            async with self._reader.connect() as connection:
                yield connection

    async def clock(self) -> float:
        """The server's clock, seconds since the epoch: the anchor of site time."""
        async with self.reading() as connection:
            return float(
                (await connection.execute(text("SELECT extract(epoch FROM clock_timestamp())::float8"))).scalar_one()
            )

    async def close(self) -> None:
        await self.engine.dispose()


async def fetch(connection: AsyncConnection, query: str, *args: Any) -> list[Any]:
    """Rows of a read in the driver's own words ($1, $2), prepared once a connection.

    For the one question asked while a telephone rings: the same read through the toolkit takes three times as long.
    """
    proxied = connection.sync_connection
    assert proxied is not None, "the connection is open"
    driver: Any = proxied.connection.driver_connection
    return list(await driver.fetch(query, *args))


def connect_owner(data_dir: Path, settings: Settings | None = None) -> Database:
    """The site's owner: makes tables, roles and people. Raises SiteError when this user may not."""
    address = read_address(data_dir)
    key = read_key(data_dir, address.owner)
    settings = (settings or Settings()).model_copy(update={"statement_timeout_s": 600.0})
    return Database(partial(read_address, data_dir), address.owner, key, connections=2, settings=settings)


def connect_service(data_dir: Path, settings: Settings | None = None, *, connections: int = 10) -> Database:
    """The service role, which runs every verb. Raises SiteError when this user may not."""
    address = read_address(data_dir)
    key = read_key(data_dir, address.service)
    return Database(partial(read_address, data_dir), address.service, key, connections=connections, settings=settings)


async def connect_person(
    where: Path | SiteAddress, person: str, password: str, settings: Settings | None = None
) -> Database:
    """A person, who may read. `where` is the data directory or an address. Raises SignInRefused, DatabaseAway."""
    if isinstance(where, SiteAddress):
        address = where
        address_of: Callable[[], SiteAddress] = partial(_same, address)
    else:
        address = read_address(where)
        address_of = partial(read_address, where)
    database = Database(address_of, address.login(person.strip()), password, connections=2, settings=settings)
    try:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except BaseException:
        await database.close()
        raise
    return database


def _same(address: SiteAddress) -> SiteAddress:
    return address


class _Away:
    """Turns a lost connection inside the block into DatabaseAway; a rule the database refused stays what it was."""

    def __init__(self, address_of: Callable[[], SiteAddress]) -> None:
        self._address_of = address_of  # asked only when it is needed: it reads a file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DBAPIError):
            state = str(getattr(error.orig, "sqlstate", None) or "")
            lost = error.connection_invalidated or state.startswith(_AWAY_STATES)
        else:
            lost = isinstance(error, (ConnectionError, asyncpg.InterfaceError))
        if lost:
            address = self._address_of()
            raise DatabaseAway("store.away", address.host, address.port) from error


def _refuse_closed(dbapi_connection: Any, record: object, proxy: object) -> None:
    """A connection the server has cut is known to be closed without asking: the pool makes another, free of charge."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError()
