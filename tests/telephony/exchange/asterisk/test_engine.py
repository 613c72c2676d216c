# SPDX-License-Identifier: GPL-3.0-or-later
"""What only this engine has: callers of Asterisk's own queue, prompts that keep nobody waiting, REFER, set-up times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from telephony.exchange.asterisk.client import Ari, name
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    List,
    Play,
    Record,
    RecordingEnded,
    Ring,
    SetOpen,
    SetTrunk,
    Trunk,
)
from tests.telephony.exchange.conversations import AGENT, CUSTOMER, arrived, bridged, hears
from tests.telephony.exchange.peers import address, until
from tests.telephony.exchange.site import Site

CUSTOMERS = "127.0.0.2"
SETTLES_S = 0.1  # Asterisk 22.10.1 may end when a leader goes while calls are still ending
NATIVE = "CHANNEL(audionativeformat)"
_epochs = count(1)


async def lead(asterisk: OwnAsterisk, recordings: Path) -> Site:
    """A switchboard that leads from now on, and what stood then as `site.found`."""
    client = await AsteriskExchange.connect([asterisk.node()], recordings)
    epoch = next(_epochs)
    await client.attach(epoch)
    site = Site(client, address(asterisk.trunk), address(asterisk.phones), recordings, epoch)
    site.caller_host = CUSTOMERS
    return site


@pytest.fixture
async def site(asterisk: OwnAsterisk, tmp_path: Path) -> AsyncIterator[Site]:
    """An open exchange that this test leads."""
    site = await lead(asterisk, tmp_path)
    await site.do(SetTrunk, Trunk("world", CUSTOMERS))
    await site.do(SetOpen, True)
    yield site
    for peer in site.peers:
        await peer.close()
    await asyncio.sleep(SETTLES_S)
    await site.leave()
    last = await lead(asterisk, tmp_path)
    await last.clear()
    await asyncio.sleep(SETTLES_S)
    await last.leave()


async def test_who_waits_in_asterisks_own_queue_is_found_and_may_be_let_go(
    site: Site, asterisk: OwnAsterisk, tmp_path: Path
) -> None:
    caller = await site.caller()
    await site.client.close()  # nobody leads
    customer = caller.call(site.trunk, "400")
    onlooker = await AsteriskExchange.connect([asterisk.node()], tmp_path)
    async with asyncio.timeout(8):  # a list needs no lead
        while not any(call.foreign for call in (await onlooker.order(List(1))).calls):  # type: ignore[union-attr]
            await asyncio.sleep(0.05)
    await onlooker.close()
    second = await lead(asterisk, tmp_path)
    (found,) = (await second.client.attach(second.epoch)).calls
    assert (found.foreign, found.from_number, found.direction) == (True, "13800138000", "in")
    assert found.to_number == "400"
    assert await second.refused(Ring, found.call, "a1", "1001", {})
    assert await second.refused(Connect, found.call, ())
    await second.do(Drop, found.call, found.call)
    await customer.reaches("ended")
    await second.fact(CallEnded, call=found.call)
    await second.leave()


async def test_orders_do_not_wait_for_a_prompt(site: Site) -> None:
    """Asterisk itself would let a command on this channel wait until the prompt is through."""
    phone = await site.phone("1001")
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await site.do(Play, call, call, ("waiting",), then="music")
    began = time.monotonic()
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    agent.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.do(Connect, call, ((call, "a1"),))
    assert time.monotonic() - began < 1.0
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]


async def test_a_phone_may_not_transfer_by_itself(site: Site) -> None:
    call, customer, agent = await bridged(site)
    assert agent.dialog
    for headers in ({}, {"Refer-Sub": "false"}):
        refer = agent.dialog.request("REFER")
        refer.headers.set_single("Refer-To", f"<sip:13900001111@{site.phones[0]}:{site.phones[1]}>")
        for header, value in headers.items():
            refer.headers.set_single(header, value)
        codes: list[int] = []
        agent.peer.transactions.request(
            refer, agent.dialog.next_hop(), lambda response, codes=codes: codes.append(response.status_code)
        )
        await until(lambda codes=codes: bool(codes))
        assert codes[-1] >= 400
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    assert not site.seen(LegEnded)
    await site.do(EndCall, call)


async def test_everybody_in_a_recorded_call_speaks_8_khz(site: Site, asterisk: OwnAsterisk) -> None:
    """One channel that could do 192 kHz has its bridge mixed at that: recording cost ten times as much."""
    call, _, _ = await bridged(site)
    await site.do(Record, call, "narrow.wav")
    ari = Ari(asterisk.node())
    try:
        async with asyncio.timeout(5):
            while len(ids := [row["id"] for row in (await ari.read("channels")).data if "~k~" in row["id"]]) < 2:
                await asyncio.sleep(0.02)
        rows = (await ari.read("channels")).data
        asked = [ari.read(f"channels/{name(row['id'])}/variable", variable=NATIVE) for row in rows]
        formats = {reply.data["value"].strip("()") for reply in await asyncio.gather(*asked)}
    finally:
        await ari.close()
    assert len(ids) == 2 and formats <= {"alaw", "ulaw", "slin"}


async def test_a_recording_whose_leader_died_is_finished_by_the_next(
    site: Site, asterisk: OwnAsterisk, tmp_path: Path
) -> None:
    call, customer, agent = await bridged(site)
    await site.do(Record, call, "left.wav")
    await asyncio.sleep(0.5)
    await site.client.close()
    customer.hang_up()
    agent.hang_up()
    await asyncio.sleep(0.2)
    second = await lead(asterisk, tmp_path)
    ended = await second.fact(RecordingEnded, call=call, file="left.wav")
    assert ended.why == "ended"
    assert ended.seconds > 0.4
    assert (tmp_path / "left.wav").is_file()
    await second.leave()


async def test_a_call_is_set_up_in_milliseconds(site: Site) -> None:
    """INVITE to the agent's INVITE, and INVITE to both in one bridge; the best of a few, on a busy machine."""
    phone = await site.phone("1001")
    rung: list[float] = []
    joined: list[float] = []
    phone.incoming = lambda talk: (talk.ring(), talk.answer())  # type: ignore[method-assign]
    for number in range(8):
        caller = await site.caller(f"1380013800{number}")
        began = time.monotonic()
        caller.call(site.trunk, "400")
        call = (await site.fact(CallArrived, from_number=f"1380013800{number}")).call
        await site.do(Ring, call, f"a{number}", "1001", {})
        rung.append(time.monotonic() - began)
        await site.fact(LegAnswered, leg=f"a{number}")
        await site.do(Answer, call)
        await site.do(Connect, call, ((call, f"a{number}"),))
        joined.append(time.monotonic() - began)
        await site.do(EndCall, call)
    print("ring", [round(1000 * s, 1) for s in sorted(rung)], "joined", [round(1000 * s, 1) for s in sorted(joined)])
    assert min(rung) < 0.1
    assert min(joined) < 0.2
