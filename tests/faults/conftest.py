# SPDX-License-Identifier: GPL-3.0-or-later
"""The real exchanges that faults are tried on: one embedded one and one Asterisk per worker."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from telephony.exchange.asterisk.client import Ari
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from telephony.exchange.asterisk.settings import EPOCH
from telephony.exchange.embedded.client import Addresses, EmbeddedExchange, start_if_absent
from telephony.exchange.engine import Exchange
from tests.conftest import Site
from tests.faults.house import House, house_of
from tests.telephony.exchange.conftest import end
from tests.telephony.exchange.installed import asterisk_or_skip
from tests.telephony.exchange.peers import address

RING_S = 0.4


@pytest.fixture
def embedded() -> Iterator[Addresses]:
    """A running embedded exchange of this test."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))  # a short one: the path of a socket may not be long
    (folder / "trunks.json").write_text(json.dumps([]), encoding="utf-8")
    where = asyncio.run(start_if_absent(folder, trunks=folder / "trunks.json"))
    yield where
    end(where.pid)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def running_asterisk() -> Iterator[OwnAsterisk]:
    """The Asterisk of this worker."""
    installation = asterisk_or_skip()
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    own = asyncio.run(start_asterisk(folder / "asterisk", installation=installation))
    yield own
    asyncio.run(own.stop())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=("embedded", "asterisk"))
def exchange(request: pytest.FixtureRequest) -> Addresses | OwnAsterisk:
    """A running exchange of each kind in turn."""
    return request.getfixturevalue("embedded" if request.param == "embedded" else "running_asterisk")


async def forget_epochs(own: OwnAsterisk) -> None:
    """Epochs begin anew, as in an Asterisk that has just been started."""
    ari = Ari(own.node())
    await ari.listen(0, lambda event: None, lambda why: None)
    await ari.ask("POST", "asterisk/variable", variable=EPOCH, value="0")
    await ari.close()


@pytest.fixture
async def house(exchange: Addresses | OwnAsterisk, site: Site, tmp_path: Path) -> AsyncIterator[House]:
    """A house with nobody in it, on each exchange in turn."""
    if isinstance(exchange, OwnAsterisk):
        await forget_epochs(exchange)
        node = exchange.node()

        async def connect() -> Exchange:
            return await AsteriskExchange.connect([node], site.data_dir / "recordings")

        (site.data_dir / "recordings").mkdir()
    else:
        control = exchange.control

        async def connect() -> Exchange:
            return await EmbeddedExchange.connect(control)

    places = (address(exchange.trunk), address(exchange.phones))
    async with house_of(site, tmp_path / "journal", connect, lambda: places, ring_cadence_s=RING_S) as made:
        yield made
