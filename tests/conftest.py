# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of every room: one embedded PostgreSQL per worker, and from it a fresh site per test or module.

The cluster starts once per worker, founds a site, and turns its database into a template; every site is a copy of it,
made in some 50 ms.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest

from models.kinds import Group
from models.settings import Settings
from models.store import founding, people
from models.store.access import database_statements
from models.store.address import SiteAddress, write_address
from models.store.database import Database, connect_owner, connect_person, connect_service
from models.store.server import EmbeddedServer

# What the test command tries is the same each time; `--hypothesis-profile=wander` looks further.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("wander", deadline=None)
hypothesis.settings.load_profile("steady")

SITE = "test"
PASSWORD = "three rings 三声"
_TEMPLATE = "tr_template"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="repeat the slow faults as often as the promises count them")
    parser.addoption(
        "--exchange", choices=("embedded", "asterisk"), default="embedded", help="what the stories are told on"
    )


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the slow faults are repeated to their full count."""
    return bool(request.config.getoption("--long"))


@contextmanager
def reachable_dir() -> Iterator[Path]:
    """A temporary directory that the user PostgreSQL runs as can reach (pytest's own are closed to it under root)."""
    path = Path(tempfile.mkdtemp(prefix="tr-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@dataclass
class Site:
    """A fresh site: its directory holds site.json and the keys, as a real data directory does."""

    server: EmbeddedServer
    address: SiteAddress
    data_dir: Path
    settings: Settings
    _open: list[Database] = field(default_factory=list)

    def owner(self) -> Database:
        return self._keep(connect_owner(self.data_dir, self.settings))

    def service(self) -> Database:
        return self._keep(connect_service(self.data_dir, self.settings))

    async def add(
        self, person: str, *groups: Group, name: str = "", skills: tuple[str, ...] = (), extension: str = ""
    ) -> None:
        """A person with PASSWORD."""
        owner = self.owner()
        await people.add(owner, person, name or f"员工{person}", groups, PASSWORD, skills=skills, extension=extension)

    async def person(self, person: str) -> Database:
        """The person's own connection."""
        return self._keep(await connect_person(self.data_dir, person, PASSWORD, self.settings))

    async def close(self) -> None:
        for database in self._open:
            await database.close()

    def _keep(self, database: Database) -> Database:
        self._open.append(database)
        return database


@dataclass
class Cluster:
    """One embedded server with a founded site as template. `sites()` makes copies of it, one at a time."""

    server: EmbeddedServer
    data_dir: Path

    @asynccontextmanager
    async def site(self) -> AsyncIterator[Site]:
        address = SiteAddress(SITE, "127.0.0.1", self.server.port, f"tr_{SITE}")
        admin = await founding.connect_admin(self.server)
        try:
            await admin.execute(f'CREATE DATABASE "{address.database}" TEMPLATE {_TEMPLATE} OWNER "{address.owner}"')
            for statement in database_statements(address):
                await admin.execute(statement)
            with tempfile.TemporaryDirectory(prefix="tr-site-") as name:
                data_dir = Path(name)
                shutil.copytree(self.data_dir / "keys", data_dir / "keys")
                write_address(data_dir, address)
                site = Site(self.server, address, data_dir, Settings(site=SITE, data_dir=data_dir))
                try:
                    yield site
                finally:
                    await site.close()
        finally:
            await admin.execute(f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)')
            logins = await admin.fetch("SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, $1)", f"{SITE}_")
            for row in logins:
                await admin.execute(f'DROP ROLE "{row["rolname"]}"')
            await admin.close()


async def _found(server: EmbeddedServer, data_dir: Path) -> None:
    address = await founding.init(server, SITE, data_dir)
    admin = await founding.connect_admin(server)
    try:
        await admin.execute(f'ALTER DATABASE "{address.database}" RENAME TO {_TEMPLATE}')
    finally:
        await admin.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """This worker's own PostgreSQL, without fsync: nothing in it outlives the tests."""
    with reachable_dir() as path:
        server = EmbeddedServer(path, durable=False)
        server.start()
        try:
            asyncio.run(_found(server, path))
            yield Cluster(server, path)
        finally:
            server.stop()


@pytest.fixture
async def site(cluster: Cluster) -> AsyncIterator[Site]:
    """A fresh site for one test."""
    async with cluster.site() as fresh:
        yield fresh


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that an embedded server of the test's own can use."""
    with reachable_dir() as path:
        yield path
