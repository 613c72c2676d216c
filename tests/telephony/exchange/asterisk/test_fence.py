# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may order: a higher epoch, a socket that is half open, an Asterisk that has forgotten.

Leaders that are stopped and woken are in tests/faults.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from telephony.exchange.asterisk.checking import signed
from telephony.exchange.asterisk.client import Ari, name
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk
from telephony.exchange.engine import List, SetAccount, SetOpen, Snapshot, StaleEpoch
from tests.telephony.exchange.peers import Phone, address


@pytest.fixture(autouse=True)
async def forgotten(asterisk: OwnAsterisk) -> AsyncIterator[None]:
    """Epochs begin anew for each test, as in an Asterisk that has just been started."""
    yield
    ari = Ari(asterisk.node())
    await ari.listen(0, lambda event: None, lambda why: None)
    await ari.ask("POST", "asterisk/variable", variable="TR_EPOCH", value="0")
    await ari.close()


async def test_a_higher_epoch_cuts_off_and_a_lower_one_changes_nothing(asterisk: OwnAsterisk, tmp_path: Path) -> None:
    node = asterisk.node()
    first = await AsteriskExchange.connect([node], tmp_path)
    await first.attach(1)
    second = await AsteriskExchange.connect([node], tmp_path)
    await second.attach(5)
    with pytest.raises(ConnectionError):
        while True:
            await first.fact()
    with pytest.raises(ConnectionError):
        await first.order(SetOpen(first.next_order(), 1, False))
    third = await AsteriskExchange.connect([node], tmp_path)
    with pytest.raises(StaleEpoch):
        await third.attach(4)
    listed = await third.order(List(3))
    assert isinstance(listed, Snapshot)
    assert listed.epoch == 5
    assert await second.order(SetOpen(second.next_order(), 5, True))  # it was not disturbed
    for exchange in (first, second, third):
        await exchange.close()


async def test_a_socket_that_is_half_open_is_found_out(asterisk: OwnAsterisk, tmp_path: Path) -> None:
    """Bytes go nowhere, no connection ends: within seconds the switchboard is told, and attaches again."""
    host, port = address(asterisk.http)
    passing = asyncio.Event()
    passing.set()
    pipes: set[asyncio.Task[None]] = set()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await passing.wait()
                writer.write(data)
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        for pair in ((reader, far_writer), (far_reader, writer)):
            pipes.add(asyncio.create_task(pipe(*pair)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    node = replace(asterisk.node(), url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    exchange = await AsteriskExchange.connect([node], tmp_path)
    await exchange.attach(1)
    passing.clear()
    began = time.monotonic()
    with pytest.raises(ConnectionError):
        while True:
            await asyncio.wait_for(exchange.fact(), 8)
    assert time.monotonic() - began < 6
    passing.set()
    again = await AsteriskExchange.connect([node], tmp_path)
    await again.attach(2)
    await exchange.close()
    await again.close()
    server.close()
    for task in pipes:
        task.cancel()
    await asyncio.gather(*pipes, return_exceptions=True)


async def test_what_asterisk_has_forgotten_is_pushed_again(asterisk: OwnAsterisk, tmp_path: Path) -> None:
    node = asterisk.node()
    first = await AsteriskExchange.connect([node], tmp_path)
    await first.attach(1)
    await first.order(SetAccount(first.next_order(), 1, "7001", "geheim"))
    ari = next(iter(first._switches.values())).ari
    for kind in ("endpoint", "aor", "auth"):  # as after a start of Asterisk
        assert (await ari.ask("DELETE", f"asterisk/config/dynamic/res_pjsip/{kind}/{name('7001')}")).good
    await first.close()
    second = await AsteriskExchange.connect([node], tmp_path)
    snapshot = await second.attach(2)
    assert "7001" in snapshot.accounts
    phone = Phone("7001", "geheim")
    await phone.open()
    assert await phone.register(address(asterisk.phones)) == 200
    await phone.close()
    await second.order(SetAccount(second.next_order(), 2, "7001", ""))
    await second.close()


async def test_leaders_come_and_go_while_devices_change(asterisk: OwnAsterisk, tmp_path: Path, long: bool) -> None:
    """Asterisk 22.10.1 locks itself up when the state of a device meets the end of a socket that hears of it."""
    node, over = asterisk.node(), asyncio.Event()

    async def changes(device: str) -> None:
        async with aiohttp.ClientSession(node.url, headers=signed(node)) as session:
            for state in itertools.cycle(("INUSE", "NOT_INUSE")):
                if over.is_set():
                    return
                async with session.put(f"/ari/deviceStates/Stasis:{device}", params={"deviceState": state}) as answer:
                    assert answer.status < 400

    changing = [asyncio.create_task(changes(f"noise-{n}")) for n in range(4)]
    try:
        for epoch in range(1, 1001 if long else 61):
            leader = await AsteriskExchange.connect([node], tmp_path)
            async with asyncio.timeout(5):
                await leader.attach(epoch)
            if epoch % 2:  # as if it were killed
                _reset(next(iter(leader._switches.values())).ari)
            await leader.close()
    finally:
        over.set()
        await asyncio.gather(*changing)


def _reset(ari: Ari) -> None:
    socket = ari._main._socket
    connection = socket._response.connection if socket is not None else None
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
