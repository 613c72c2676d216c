# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Asterisks under one switchboard: a caller of one is served by an agent of the other; one may go away alone."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from telephony.exchange.asterisk.configuration import Peer
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.fetch import Installation
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    LegAnswered,
    LegEnded,
    PhoneRegistered,
    Ring,
    SetAccount,
    SetOpen,
    SetTrunk,
    Trunk,
)
from tests.telephony.exchange.conversations import AGENT, CUSTOMER, hears
from tests.telephony.exchange.peers import Phone, address
from tests.telephony.exchange.site import Site

CUSTOMERS = "127.0.0.2"


def free() -> str:
    """A free UDP address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{trial.getsockname()[1]}"


@pytest.fixture
async def both(installation: Installation, tmp_path: Path) -> AsyncIterator[tuple[Site, OwnAsterisk, OwnAsterisk]]:
    """A switchboard that leads nodes east and west, and both of them."""
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    trunks = {"east": free(), "west": free()}
    east, west = [
        await start_asterisk(
            folder / each, name=each, trunk=trunks[each], installation=installation,
            peers=tuple(Peer(other, trunks[other]) for other in trunks if other != each),
        )
        for each in trunks
    ]  # fmt: skip
    client = await AsteriskExchange.connect([east.node(), west.node()], tmp_path)
    await client.attach(1)
    site = Site(client, address(east.trunk), address(west.phones), tmp_path, 1)
    site.caller_host = CUSTOMERS
    await site.do(SetTrunk, Trunk("world", CUSTOMERS))
    await site.do(SetOpen, True)
    yield site, east, west
    await site.leave()
    for each in (east, west):
        await each.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_a_caller_of_one_node_talks_to_an_agent_of_the_other(
    both: tuple[Site, OwnAsterisk, OwnAsterisk],
) -> None:
    site, _, _ = both
    assert site.client.facilities.nodes == 2
    phone = await site.phone("1001", AGENT)  # registers in the west
    customer = (await site.caller("13800138000", CUSTOMER)).call(site.trunk, "400")  # comes to the east
    call = (await site.fact(CallArrived)).call
    await site.do(Ring, call, "a1", "1001", {"X-Queue": "售后"})
    agent = await phone.rung()
    assert (agent.header("X-Call-Id"), agent.header("X-Queue")) == (call, "售后")
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.do(Answer, call)
    await site.do(Connect, call, ((call, "a1"),))
    await customer.reaches("answered")
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    customer.hang_up()
    await site.fact(LegEnded, leg=call, by="far", why="bye")


async def test_one_node_goes_away_and_the_other_goes_on(both: tuple[Site, OwnAsterisk, OwnAsterisk]) -> None:
    site, east, west = both
    customer = (await site.caller("13800138000", CUSTOMER)).call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    await west.stop()
    await site.do(Answer, call)  # the east knows nothing of it
    await customer.reaches("answered")
    phone = Phone("1002", "geheim", AGENT)
    await site.do(SetAccount, "1002", "geheim")
    site.peers.append(await phone.open())
    assert await phone.register(address(east.phones)) == 200
    await site.fact(PhoneRegistered, extension="1002")
    await site.do(Ring, call, "a1", "1002", {})
    await phone.rung()
    assert not site.seen(CallEnded)
    await east.stop()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(8):
            while not site._listening.done():
                await asyncio.sleep(0.02)
    assert site._listening.done()  # no node is left: the exchange is gone
