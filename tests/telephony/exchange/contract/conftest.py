# SPDX-License-Identifier: GPL-3.0-or-later
"""Every behaviour of the Exchange Protocol, tried on both engines: one exchange of each per worker, led anew per test.

Customers call from an address of their own, so that a trunk is known by its address and phones by their sign-in.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from telephony.exchange.asterisk.configuration import WATCHDOG_USER
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import start_asterisk
from telephony.exchange.embedded.client import EmbeddedExchange, start_if_absent
from telephony.exchange.engine import (
    Exchange,
    RemoveTrunk,
    SetOpen,
    SetTrunk,
    Snapshot,
    Trunk,
)
from tests.telephony.exchange import peers
from tests.telephony.exchange.conftest import end
from tests.telephony.exchange.peers import Addr, address, until
from tests.telephony.exchange.site import Site

ENGINES = ("embedded", "asterisk")
CUSTOMERS = "127.0.0.2"  # where customers call from
PROVIDER = "127.0.0.3"  # where providers are that tests set up by themselves
WORLD = Trunk("world", CUSTOMERS, numbers=("400", "401"))


@dataclass
class House:
    """One running exchange: where it listens, where its recordings are, and how a switchboard connects to it."""

    engine: str
    trunk: Addr
    phones: Addr
    recordings: Path
    connect: Callable[[], Awaitable[Exchange]]
    epochs: Iterator[int] = field(default_factory=lambda: count(1))
    silent: str = ""
    settles_s: float = 0.0  # Asterisk 22.10.1 may end when a leader goes while calls are still ending

    async def lead(self) -> ContractSite:
        """A switchboard that leads from now on. An exchange that did not answer once is not waited for again."""
        assert not self.silent, f"the exchange has not answered before: {self.silent}"
        epoch = next(self.epochs)
        try:
            client = await self.connect()
            snapshot = await client.attach(epoch)
        except ConnectionError as error:
            self.silent = repr(error)
            raise
        return ContractSite(self, client, epoch, snapshot)


class ContractSite(Site):
    """An exchange led by a test. `found` is what stood when it took the lead."""

    def __init__(self, house: House, client: Exchange, epoch: int, found: Snapshot) -> None:
        super().__init__(client, house.trunk, house.phones, house.recordings, epoch)
        self.house = house
        self.found = found
        self.caller_host = CUSTOMERS

    async def snapshot(self) -> Snapshot:
        """Everything that stands."""
        return await self.client.attach(self.epoch)

    async def provider(self, peer: peers.Trunk, **named: object) -> peers.Trunk:
        """A provider that answers at its own address, as the trunk "acme"."""
        peer.host = PROVIDER
        self.peers.append(await peer.open())
        trunk = Trunk("acme", PROVIDER, peer.here[1], username=peer.user, secret=peer.secret)
        await self.do(SetTrunk, replaced(trunk, **named))
        return peer

    async def vanish(self) -> None:
        """The leader is gone of a sudden, without a word to anybody."""
        await asyncio.sleep(self.house.settles_s)
        await self.client.close()
        await asyncio.sleep(self.house.settles_s)

    async def clear(self) -> None:
        await super().clear()
        for trunk in (await self.snapshot()).trunks:
            if trunk.trunk != WORLD.name:
                await self.do(RemoveTrunk, trunk.trunk)
        await self.do(SetTrunk, WORLD)
        for _ in range(200):
            if not (await self.snapshot()).calls:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"calls are left: {(await self.snapshot()).calls}")


def replaced(trunk: Trunk, **named: object) -> Trunk:
    """The trunk with other fields."""
    return Trunk(**{**vars(trunk), **named})


@pytest.fixture(scope="session")
def embedded_house() -> Iterator[House]:
    """The embedded exchange of this worker, without any trunk at its start."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    (folder / "trunks.json").write_text(json.dumps([]), encoding="utf-8")
    where = asyncio.run(start_if_absent(folder, trunks=folder / "trunks.json"))

    async def connect() -> Exchange:
        return await EmbeddedExchange.connect(where.control)

    yield House("embedded", address(where.trunk), address(where.phones), where.recordings, connect)
    end(where.pid)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def asterisk_house() -> Iterator[House]:
    """A real Asterisk of this worker."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    own = asyncio.run(start_asterisk(folder / "asterisk"))
    node = replace(own.node(), ami=own.ami, ami_user=WATCHDOG_USER, ami_password=own.watchdog_password)
    (folder / "recordings").mkdir()

    async def connect() -> Exchange:
        return await AsteriskExchange.connect((node,), folder / "recordings")

    yield House("asterisk", address(own.trunk), address(own.phones), folder / "recordings", connect, settles_s=0.1)
    asyncio.run(own.stop())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=ENGINES)
def house(request: pytest.FixtureRequest) -> House:
    """The exchange of each engine in turn."""
    return request.getfixturevalue(f"{request.param}_house")


@pytest.fixture
async def site(house: House) -> AsyncIterator[ContractSite]:
    """An open exchange that this test leads; afterwards nothing of the test is left in it."""
    site = await house.lead()
    await site.do(SetTrunk, WORLD)
    await site.do(SetOpen, True)
    yield site
    for peer in site.peers:
        await peer.close()
    last = await house.lead()  # the test may have lost the lead
    await site.leave()
    await last.clear()
    await last.vanish()
    await last.leave()


__all__ = ["ContractSite", "House", "until"]
