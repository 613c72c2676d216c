# SPDX-License-Identifier: GPL-3.0-or-later
"""A real exchange process on free ports for each test that asks for one, and the peers that call it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from telephony.exchange.embedded.client import Addresses, EmbeddedExchange, start_if_absent
from telephony.exchange.engine import SetOpen
from tests.telephony.exchange.peers import address
from tests.telephony.exchange.site import Site


class EmbeddedSite(Site):
    """The embedded exchange: its process, and its folder. A `shared` one is left as it was found."""

    def __init__(
        self, where: Addresses, client: EmbeddedExchange, data: Path, epoch: int = 1, shared: bool = False
    ) -> None:
        super().__init__(client, address(where.trunk), address(where.phones), where.recordings, epoch)
        self.where = where
        self.data = data
        self.shared = shared

    async def close(self) -> None:
        """Let everybody go and end the process, or leave a shared one as it was found."""
        for peer in self.peers:
            await peer.close()
        if self.shared:
            await self.clear()
        await self.leave()
        if not self.shared:
            end(self.where.pid)


def end(pid: int, seconds: float = 10.0) -> None:
    """End a process of this test and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and alive(pid):
        time.sleep(0.01)
    if alive(pid):
        os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def data() -> Any:
    """A short folder: the path of a socket may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def start(data: Path, **options: Any) -> EmbeddedSite:
    """Start an exchange, attach with epoch 1 and open it."""
    where = await start_if_absent(data, **options)
    client = await EmbeddedExchange.connect(where.control)
    await client.attach(1)
    site = EmbeddedSite(where, client, data)
    await site.do(SetOpen, True)
    return site


@dataclass(frozen=True)
class Shared:
    """One exchange for all tests of a worker that neither end nor abandon it. Its trunks are this machine and, for
    calls that go out, a provider at `provider_port` with user acme and password geheim."""

    where: Addresses
    folder: Path
    provider_port: int
    epochs: Iterator[int]


def free_port() -> int:
    """A UDP port that is free now, below those the system and the exchange give out."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", random.randrange(20000, 29999)))
            return int(sock.getsockname()[1])


@pytest.fixture(scope="session")
def shared_exchange() -> Iterator[Shared]:
    """The exchange of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    port = free_port()
    provider = {"name": "acme", "host": "127.0.0.1", "port": port, "user": "acme", "secret": "geheim"}
    rows = [{"name": "local", "host": "127.0.0.1", "port": 0}, provider | {"caller_id": "4006001"}]
    (folder / "trunks.json").write_text(json.dumps(rows), encoding="utf-8")
    where = asyncio.run(start_if_absent(folder, trunks=folder / "trunks.json"))
    yield Shared(where, folder, port, count(1))
    end(where.pid)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def site(shared_exchange: Shared) -> AsyncIterator[EmbeddedSite]:
    """An open exchange that this test leads."""
    client = await EmbeddedExchange.connect(shared_exchange.where.control)
    epoch = next(shared_exchange.epochs)
    await client.attach(epoch)
    site = EmbeddedSite(shared_exchange.where, client, shared_exchange.folder, epoch, shared=True)
    await site.do(SetOpen, True)
    try:
        yield site
    finally:
        await site.close()


@pytest.fixture
async def own_site(data: Path) -> AsyncIterator[EmbeddedSite]:
    """An exchange of this test alone."""
    site = await start(data)
    try:
        yield site
    finally:
        await site.close()
