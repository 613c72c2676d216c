# SPDX-License-Identifier: GPL-3.0-or-later
"""A site of a given size for benches, made once and kept in the user's cache; loading is never inside a clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from models.settings import SYSTEM_DATA, Settings, default_data_dir
from models.store import demo
from models.store.database import Database, connect_owner, connect_person, connect_service
from models.store.founding import open_embedded

PASSWORD = "three-rings-bench"


@dataclass
class BenchSite:
    """A running site. Attributes: `settings`, `customers`."""

    settings: Settings
    customers: int

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def service(self, connections: int = 10) -> Database:
        """The service role's database."""
        return connect_service(self.data_dir, self.settings, connections=connections)


def place_of(customers: int) -> Path:
    """Where a site of this size lies; as root PostgreSQL runs as another user and needs a place it can reach."""
    base = SYSTEM_DATA if default_data_dir() == SYSTEM_DATA else user_cache_path("three-rings", appauthor=False)
    return base / f"bench-{customers}"


@asynccontextmanager
async def bench_site(customers: int) -> AsyncIterator[BenchSite]:
    """The running site with `customers`, loaded at the first use; its server stops afterwards."""
    settings = Settings().model_copy(update={"data_dir": place_of(customers), "site": "bench"})
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    server, _ = await open_embedded(settings)
    try:
        owner, service = connect_owner(settings.data_dir, settings), connect_service(settings.data_dir, settings)
        try:
            await demo.fill(owner, service, customers=customers, password=PASSWORD)
        finally:
            await owner.close()
            await service.close()
        yield BenchSite(settings, customers)
    finally:
        await asyncio.to_thread(server.stop)


async def person_database(site: BenchSite, person: str, password: str) -> Database:
    """A person's own connection to it."""
    return await connect_person(site.data_dir, person, password, site.settings)
