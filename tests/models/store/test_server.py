# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded server: started by many at once, killed, its port taken, its version wrong."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from models.settings import Settings
from models.store.address import read_address
from models.store.database import connect_service
from models.store.errors import DatabaseAway, ServerError
from models.store.founding import connect_admin, init, open_embedded
from models.store.ground import SOCKET_PATH_BYTES, find_programs
from models.store.server import OWNER, EmbeddedServer, Running

_START = """
import sys
from pathlib import Path
from models.store.server import EmbeddedServer
running = EmbeddedServer(Path(sys.argv[1]), durable=False).start()
print(running.pid, running.port)
"""


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(data_dir, durable=False)
    try:
        yield server
    finally:
        server.stop()


def _kill(running: Running) -> None:
    """The postmaster dies without a word. Its children see it and leave by themselves."""
    os.kill(running.pid, signal.SIGKILL)


async def _answers(server: EmbeddedServer) -> bool:
    admin = await connect_admin(server)
    try:
        return bool(await admin.fetchval("SELECT true"))
    finally:
        await admin.close()


async def test_four_programs_at_once_make_one_server(data_dir: Path, server: EmbeddedServer) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", _START, str(data_dir)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {program.communicate(timeout=60)[0].strip() for program in programs}
    assert [program.returncode for program in programs] == [0, 0, 0, 0]
    running = server.start()
    assert answers == {f"{running.pid} {running.port}"}
    assert await _answers(server)


async def test_a_killed_server_starts_again_with_everything_committed(server: EmbeddedServer) -> None:
    first = server.start()
    admin = await connect_admin(server)
    await admin.execute("CREATE TABLE kept AS SELECT 7 AS n")
    await admin.execute("CHECKPOINT")
    _kill(first)
    second = await asyncio.to_thread(server.start)
    assert second.pid != first.pid
    admin = await connect_admin(server)
    assert await admin.fetchval("SELECT n FROM kept") == 7
    await admin.close()


async def test_a_foreign_pid_in_the_lock_file_is_no_server(server: EmbeddedServer) -> None:
    running = server.start()
    server.stop()
    pid_file = server.data / "postmaster.pid"
    lines = f"{os.getpid()}\n{server.data}\n{int(time.time())}\n{running.port}\n{running.socket_dir}\n127.0.0.1\n"
    pid_file.write_text(lines, encoding="ascii")
    server.ground.give(pid_file)
    assert server.start().pid != os.getpid()
    assert await _answers(server)


async def test_a_zombie_is_no_server(data_dir: Path) -> None:
    """A container's first process may never bury its children: a dead server must not count as a living one."""
    server = EmbeddedServer(data_dir, durable=False)
    running = server.start()
    server.stop()
    child = subprocess.Popen(["sleep", "0"])
    try:
        while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)
        pid_file = server.data / "postmaster.pid"
        pid_file.write_text(f"{child.pid}\n{server.data}\n0\n{running.port}\n{running.socket_dir}\n", encoding="ascii")
        server.ground.give(pid_file)
        assert server.start().pid != child.pid
        assert await _answers(server)
    finally:
        server.stop()
        child.wait()


async def test_a_taken_port_is_left_to_its_owner_and_the_address_follows(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    server, address = await open_embedded(settings, durable=False)
    service = connect_service(data_dir, settings)
    try:
        await service.clock()
        await asyncio.to_thread(server.stop)
        with pytest.raises(DatabaseAway):
            await service.clock()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", address.port))
            other.listen()
            _, moved = await open_embedded(settings, durable=False)
        assert moved.port != address.port
        assert read_address(data_dir) == moved
        assert abs(await service.clock() - time.time()) < 60  # the same Database finds it at its new place
    finally:
        await service.close()
        server.stop()


def test_data_of_another_version_is_refused_in_words(server: EmbeddedServer) -> None:
    server.start()
    server.stop()
    version = (server.data / "PG_VERSION").read_text()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerError) as refused:
        server.start()
    assert refused.value.key == "store.server_version"
    assert "PostgreSQL 9" in str(refused.value)
    (server.data / "PG_VERSION").write_text(version)


def test_an_initdb_that_was_killed_is_begun_again(server: EmbeddedServer) -> None:
    half = server.ground.root / "data.init"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert (server.data / "PG_VERSION").exists()
    assert not half.exists()


def test_a_start_that_runs_is_answered_at_once(server: EmbeddedServer) -> None:
    first = server.start()
    assert server.start() == first


async def test_nobody_is_trusted_and_the_superuser_has_no_door_on_tcp(server: EmbeddedServer) -> None:
    running = server.start()
    for user in (OWNER, "postgres", "nobody"):
        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
            await asyncpg.connect(host="127.0.0.1", port=running.port, user=user, password="x", database="postgres")
    assert running.socket_dir.stat().st_mode & 0o077 == 0
    admin = await connect_admin(server)
    assert await admin.fetchval("SHOW data_checksums") == "on"
    assert await admin.fetchval("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust'") == 0
    assert await admin.fetchval("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL") == 0
    await admin.close()


async def test_a_deep_directory_gets_a_short_socket(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    for each in (deep.parent, deep):
        each.chmod(0o711)
    server = EmbeddedServer(deep, durable=False)
    try:
        running = server.start()
        assert len(os.fsencode(running.socket_dir / f".s.PGSQL.{running.port}")) <= SOCKET_PATH_BYTES
        assert await _answers(server)
    finally:
        server.stop()
        if server.ground.socket_dir.exists():
            server.ground.socket_dir.rmdir()


def test_a_named_bindir_without_programs_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServerError) as refused:
        find_programs(tmp_path)
    assert refused.value.key == "store.server_bindir"
    assert str(tmp_path) in str(refused.value)


def _system_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


async def test_the_systems_postgresql_serves_too(data_dir: Path) -> None:
    """The fall-back stays true: founding a site works on whatever the system has (15 is the oldest)."""
    programs = _system_programs() or find_programs()
    server = EmbeddedServer(data_dir, bindir=programs, durable=False)
    server.start()
    try:
        address = await init(server, "main", data_dir)
        service = connect_service(data_dir)
        assert address.site == "main"
        assert abs(await service.clock() - time.time()) < 60
        await service.close()
    finally:
        server.stop()


if os.geteuid() == 0:

    def test_as_root_it_runs_as_the_system_user(server: EmbeddedServer) -> None:
        running = server.start()
        assert psutil.Process(running.pid).username() == "threerings"
        assert pwd.getpwuid(server.data.stat().st_uid).pw_name == "threerings"

    async def test_a_private_directory_is_not_opened_but_worked_around(tmp_path: Path) -> None:
        closed = tmp_path / "home"
        closed.mkdir(mode=0o700)
        server = EmbeddedServer(closed / "data", durable=False)
        root = server.ground.root
        try:
            server.start()
            assert not root.is_relative_to(tmp_path)
            assert closed.stat().st_mode & 0o777 == 0o700
            assert EmbeddedServer(closed / "data", durable=False).ground.root == root
            assert await _answers(server)
        finally:
            server.stop()
            server.remove()
        assert not root.exists()

    async def test_programs_in_a_private_place_are_copied_to_where_they_can_be_run(
        tmp_path: Path, data_dir: Path
    ) -> None:
        """A virtual environment under a home of mode 0700."""
        original = find_programs()
        private = tmp_path / "lib" / "postgresql" / "bin"
        shutil.copytree(original.parent, private.parent)
        for libraries in original.parent.parent.parent.glob("*.libs"):
            shutil.copytree(libraries, tmp_path / libraries.name)
        tmp_path.chmod(0o700)
        server = EmbeddedServer(data_dir, bindir=private, durable=False)
        try:
            server.start()
            assert not server.bindir.is_relative_to(tmp_path)
            assert EmbeddedServer(data_dir, bindir=private, durable=False).bindir == server.bindir
            assert await _answers(server)
        finally:
            server.stop()
            shutil.rmtree(server.bindir.parent.parent.parent)
