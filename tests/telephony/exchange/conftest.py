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
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from telephony.exchange.embedded.client import Addresses, EmbeddedExchange, start_if_absent
from telephony.exchange.engine import Done, EndCall, Fact, Refused, SetAccount, SetOpen, Snapshot
from tests.telephony.exchange.peers import PATIENCE, Caller, Peer, Phone, address

F = TypeVar("F")


class Site:
    """One exchange with its client: orders are sent with the right number and epoch, facts are kept."""

    def __init__(
        self, where: Addresses, client: EmbeddedExchange, data: Path, epoch: int = 1, shared: bool = False
    ) -> None:
        self.shared = shared
        self.where = where
        self.client = client
        self.data = data
        self.epoch = epoch
        self.trunk = address(where.trunk)
        self.phones = address(where.phones)
        self.facts: list[Fact] = []
        self.peers: list[Peer] = []
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                self.facts.append(await self.client.fact())

    async def order(self, kind: Callable[..., Any], *args: Any, **named: Any) -> Done | Refused | Snapshot:
        """Send one order."""
        return await self.client.order(kind(self.client.next_order(), self.epoch, *args, **named))

    async def do(self, kind: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Send one order that has to be done."""
        answer = await self.order(kind, *args, **named)
        assert isinstance(answer, Done), answer

    async def fact(self, kind: type[F], seconds: float = PATIENCE, **wanted: Any) -> F:
        """The first fact of this kind with these fields, waiting for it."""
        deadline = time.monotonic() + seconds
        while True:
            for fact in self.facts:
                if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in wanted.items()):
                    return fact
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {kind.__name__} {wanted} among {self.facts}")
            await asyncio.sleep(0.005)

    def seen(self, kind: type[F]) -> list[F]:
        """The facts of this kind so far."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def phone(self, extension: str, hz: float = 1500.0) -> Phone:
        """A registered phone."""
        await self.do(SetAccount, extension, f"secret-{extension}")
        phone = Phone(extension, f"secret-{extension}", hz)
        self.peers.append(await phone.open())
        assert await phone.register(self.phones) == 200
        return phone

    async def caller(self, number: str = "13800138000", hz: float = 1000.0) -> Caller:
        """A customer."""
        caller = Caller(number, hz)
        self.peers.append(await caller.open())
        return caller

    async def close(self) -> None:
        """Let everybody go and end the process, or leave a shared one as it was found."""
        for peer in self.peers:
            await peer.close()
        if self.shared:
            snapshot = await self.client.attach(self.epoch)
            for call in snapshot.calls:
                await self.order(EndCall, call.call)
            for extension in snapshot.accounts:
                await self.do(SetAccount, extension, "")
        await self.client.close()
        await asyncio.gather(self._listening, return_exceptions=True)
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


async def start(data: Path, **options: Any) -> Site:
    """Start an exchange, attach with epoch 1 and open it."""
    where = await start_if_absent(data, **options)
    client = await EmbeddedExchange.connect(where.control)
    await client.attach(1)
    site = Site(where, client, data)
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
async def site(shared_exchange: Shared) -> AsyncIterator[Site]:
    """An open exchange that this test leads."""
    client = await EmbeddedExchange.connect(shared_exchange.where.control)
    epoch = next(shared_exchange.epochs)
    await client.attach(epoch)
    site = Site(shared_exchange.where, client, shared_exchange.folder, epoch, shared=True)
    await site.do(SetOpen, True)
    try:
        yield site
    finally:
        await site.close()


@pytest.fixture
async def own_site(data: Path) -> AsyncIterator[Site]:
    """An exchange of this test alone."""
    site = await start(data)
    try:
        yield site
    finally:
        await site.close()
