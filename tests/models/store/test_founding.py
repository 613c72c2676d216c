# SPDX-License-Identifier: GPL-3.0-or-later
"""Founding a site: by an administrator's URL, half-way and again, and with names and addresses that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.settings import Settings
from models.store import address as addresses
from models.store import founding
from models.store.database import connect_owner, connect_service
from models.store.errors import DatabaseAway, SiteError, StoreError
from models.store.scram import verifier
from tests.conftest import Cluster, reachable_dir

_ADMIN, _WEAK = "url_admin", "url_weak"


@pytest.fixture
async def url(cluster: Cluster) -> AsyncIterator[str]:
    """The cluster as a stranger's: reached over TCP by an administrator with a password. Holds %s for the user."""
    admin = await founding.connect_admin(cluster.server)
    await admin.execute("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    await admin.execute(f"CREATE ROLE {_ADMIN} SUPERUSER LOGIN PASSWORD '{verifier('secret')}'")
    await admin.execute(f"CREATE ROLE {_WEAK} LOGIN PASSWORD '{verifier('secret')}'")
    yield f"postgresql://%s:secret@127.0.0.1:{cluster.server.port}/postgres"
    await admin.execute('DROP DATABASE IF EXISTS "tr_far" WITH (FORCE)')
    roles = await admin.fetch(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, 'tr_far_') ORDER BY rolname = 'tr_far_owner'"
    )
    for (role,) in roles:
        await admin.execute(f'DROP ROLE "{role}"')
    await admin.execute(f"DROP ROLE {_ADMIN}, {_WEAK}")
    await admin.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
    await admin.close()


async def test_a_site_is_founded_by_url(url: str) -> None:
    with reachable_dir() as data_dir:
        address = await founding.init(url % _ADMIN, "far", data_dir)
        assert (address.host, address.database) == ("127.0.0.1", "tr_far")
        assert addresses.read_address(data_dir) == address
        for database in (connect_owner(data_dir), connect_service(data_dir)):
            assert await database.clock() > 0
            await database.close()
        for key in (data_dir / "keys").iterdir():
            assert key.stat().st_mode & 0o077 == 0
        assert "secret" not in (data_dir / "site.json").read_text()


async def test_a_start_founds_the_urls_site_once_and_finds_it_again(url: str) -> None:
    with reachable_dir() as data_dir:
        settings = Settings(site="far", data_dir=data_dir, database_url=url % _ADMIN)
        first = await founding.open_site(settings)
        assert first == (None, addresses.read_address(data_dir))
        assert await founding.open_site(settings) == first


async def test_an_init_that_died_half_way_goes_on_but_nobody_elses_is_taken(url: str) -> None:
    with reachable_dir() as data_dir, reachable_dir() as other:
        await founding.found(url % _ADMIN, "far", data_dir)  # and then the power went
        with pytest.raises(SiteError) as taken:
            await founding.init(url % _ADMIN, "far", other)
        assert taken.value.key == "store.site_taken"
        await founding.init(url % _ADMIN, "far", data_dir)
        service = connect_service(data_dir)
        assert await service.clock() > 0
        await service.close()


async def test_an_administrator_without_rights_is_told_so(url: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError) as refused:
        await founding.init(url % _WEAK, "far", tmp_path)
    assert refused.value.key == "store.url_rights"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda url: url.replace("secret", "wrong"), "store.url_refused"),
        (lambda url: url.replace("/postgres", "/nowhere"), "store.url_refused"),
        (lambda url: "no url at all", "store.url_unreadable"),
        (lambda url: "postgresql://u:p@127.0.0.1:1/postgres", "store.away_url"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_so(url: str, tmp_path: Path, change: object, key: str) -> None:
    with pytest.raises((SiteError, DatabaseAway)) as refused:
        await founding.init(change(url % _ADMIN), "far", tmp_path)  # type: ignore[operator]
    assert isinstance(refused.value, StoreError)
    assert refused.value.key == key
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "A", "1a", "a_b", "a" * 17, "tr", "pg", "postgres", 'a"; --', "三声"])
async def test_a_name_that_cannot_be_a_site(cluster: Cluster, tmp_path: Path, name: str) -> None:
    with pytest.raises(SiteError) as refused:
        await founding.init(cluster.server, name, tmp_path)
    assert refused.value.key == "store.site_name"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"site": "a", "host": "b", "port": "c", "database": "d"}', "\xff"])
def test_a_damaged_site_file_is_told_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.json").write_text(text, encoding="latin-1")
    with pytest.raises(SiteError) as refused:
        addresses.read_address(tmp_path)
    assert refused.value.key == "store.site_unreadable"


def test_a_missing_key_is_told_so(tmp_path: Path) -> None:
    addresses.write_address(tmp_path, addresses.SiteAddress("main", "127.0.0.1", 1, "tr_main"))
    with pytest.raises(SiteError) as refused:
        connect_service(tmp_path)
    assert refused.value.key == "store.key_missing"
    assert addresses.make_key(tmp_path, "a") == addresses.make_key(tmp_path, "a")
