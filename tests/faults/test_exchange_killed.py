# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange is killed under calls: a new one is led, each caller is accounted for once, and the queue is built anew.

Once under a few calls, with --long twenty times under twenty; on either exchange.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from telephony.exchange.asterisk import own as asterisk
from telephony.exchange.asterisk.book import book_of
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.settings import OWN
from telephony.exchange.embedded.client import StartFailed, running
from telephony.exchange.engine import Exchange, List, SetAccount, Snapshot
from telephony.service.exchange_door import Addresses, door
from tests.conftest import Site
from tests.faults.house import PATIENT_S, House, house_of
from tests.telephony.exchange.conftest import end
from tests.telephony.exchange.installed import asterisk_or_skip
from tests.telephony.exchange.peers import Addr, Caller, Phone, Talk, address
from tests.telephony.service.room import until

QUICK = {"embedded": (1, 8, 3), "asterisk": (1, 5, 2)}  # kills, callers, agents
TALKED_S = 1.5  # a recording that has just begun is in nobody's file yet
WRITTEN_S = 1.5  # Asterisk writes its bindings to its database once a second
LACKS_S = 15.0
"""What Asterisk had not written yet is lost with it, 2 s; and the log takes a talk for over when a new one is led."""


class Mortal:
    """The exchange of a house, as the service starts it and starts it again."""

    def __init__(self, site: Site, kind: str) -> None:
        self.kind, self.data = kind, site.data_dir
        self.door = door(site.settings.model_copy(update={"exchange": kind}))
        self.addresses: Addresses

    async def connect(self) -> Exchange:
        try:
            self.addresses = await self.door.open()
        except StartFailed as error:
            raise ConnectionError(str(error)) from error
        return await self.door.connect()

    def where(self) -> tuple[Addr, Addr]:
        return address(self.addresses.trunk), address(self.addresses.phones)

    @property
    def pid(self) -> int:
        if self.kind == "asterisk":
            found = asterisk.running(self.data / OWN)
            return found.pid if found is not None else 0
        where = running(self.data / "exchange")
        return where.pid if where is not None else 0

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        if self.pid:
            end(self.pid)


@pytest.fixture(params=("embedded", "asterisk"))
async def mortal(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Mortal]:
    if request.param == "asterisk":
        await asyncio.to_thread(asterisk_or_skip)
    made = Mortal(site, request.param)
    await made.door.open()
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


@pytest.fixture
async def mortal_house(mortal: Mortal, site: Site, tmp_path: Path) -> AsyncIterator[House]:
    async with house_of(site, tmp_path / "journal", mortal.connect, mortal.where, LACKS_S) as house:
        yield house


async def test_each_caller_is_accounted_for_once_and_the_queue_is_built_anew(
    mortal_house: House, mortal: Mortal, long: bool
) -> None:
    house = mortal_house
    kills, callers, agents = (20, 20, 6) if long else QUICK[mortal.kind]
    for n in range(agents):
        phone = await house.sit_down(f"{1001 + n}")
        phone.incoming = _answers  # type: ignore[method-assign]
    customers = [await house.caller(f"139000000{n:02}") for n in range(callers)]
    for n in range(kills):
        talks = await _all_call(house, customers, agents)
        epoch, since = house.room.leading.epoch, house.heard()
        await asyncio.sleep(TALKED_S)
        mortal.kill()
        for talk in talks:  # they hear nothing any more
            talk.over()
        await until(
            lambda epoch=epoch: house.room.leading.leads.is_set() and house.room.leading.epoch > epoch,
            "a new exchange is led", PATIENT_S,
        )  # fmt: skip
        await house.are_back(since)
        await house.all_over()
        outcomes = Counter(event.data["outcome"] for event in house.events() if event.kind == "ended")
        assert outcomes == {"answered": agents * (n + 1), "abandoned": (callers - agents) * (n + 1)}
        await house.ready()
    talks = await _all_call(house, customers, agents)  # and whoever waits is served in the end
    for _ in range(callers):
        served = await _one_who_talks(house, talks)
        served.hang_up()
    await house.all_over()
    await house.room.shipped()
    assert await house.room.one("SELECT count(*) FROM tr.contact") == callers * (kills + 1)
    assert await house.room.one("SELECT count(*) FROM tr.contact WHERE outcome IS NULL") == 0


async def test_a_phone_outlives_its_asterisk_and_is_known_to_the_next_one(tmp_path: Path) -> None:
    """The binding is kept by Asterisk itself, the account is pushed anew; whoever has another secret now has to show
    it first."""
    installation = await asyncio.to_thread(asterisk_or_skip)
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    known, changed = Phone("1001", "geheim"), Phone("1002", "geheim")
    own = await asterisk.start_asterisk(folder, installation=installation)
    node = own.node()
    try:
        first = await AsteriskExchange.connect([node], tmp_path)
        await first.attach(1)
        for phone in (known, changed):
            await first.order(SetAccount(first.next_order(), 1, phone.name, phone.secret))
            await phone.open()
            assert await phone.register(address(own.phones), 600) == 200
        await asyncio.sleep(WRITTEN_S)
        os.kill(own.pid, signal.SIGKILL)
        await first.close()
        await until(lambda: not own.alive, "it is gone", PATIENT_S)  # killing takes its time on a busy machine
        own = await asterisk.start_asterisk(folder, installation=installation)
        node = own.node()
        book_of(node).accounts[known.name] = known.secret  # as of an Asterisk of the site, whose address is its own
        second = await AsteriskExchange.connect([node], tmp_path)
        await second.attach(2)
        await second.order(SetAccount(second.next_order(), 2, changed.name, "another"))
        phones = {known.name}
        await _until(lambda: _registered(second), phones)
        assert await changed.register(address(own.phones), 600) != 200
        changed.secret = "another"
        assert await changed.register(address(own.phones), 600) == 200
        await _until(lambda: _registered(second), {known.name, changed.name})
        await second.close()
    finally:
        await known.close()
        await changed.close()
        await own.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _registered(exchange: Exchange) -> set[str]:
    found = await exchange.order(List(exchange.next_order()))
    assert isinstance(found, Snapshot)
    return {phone.extension for phone in found.phones}


async def _until(look: Callable[[], Awaitable[object]], wanted: object) -> None:
    end = time.monotonic() + PATIENT_S
    while (found := await look()) != wanted:
        assert time.monotonic() < end, f"{found}, not {wanted}"
        await asyncio.sleep(0.05)


async def _all_call(house: House, customers: list[Caller], agents: int) -> list[Talk]:
    """Some talk, the others wait."""
    talks = [customer.call(house.where()[0], "400") for customer in customers]
    try:
        await until(lambda: all(talk.state == "answered" for talk in talks), within=PATIENT_S)
    except AssertionError:
        raise AssertionError(f"not all are answered: {[(talk.state, talk.codes) for talk in talks]}") from None
    await until(lambda: len(house.talking()) == agents, f"{agents} talk", PATIENT_S)
    assert len(house.floor.calls) == len(customers)
    return talks


async def _one_who_talks(house: House, talks: list[Talk]) -> Talk:
    """A customer who has been served and was not yet let go."""
    found: list[Talk] = []

    def look() -> bool:
        calls = house.talking()
        found[:] = [talk for talk in talks if talk.state == "answered" and house.contact(talk.peer.name) in calls]
        return bool(found)

    await until(look, "somebody is served", PATIENT_S)
    return found[0]


def _answers(talk: Talk) -> None:
    talk.ring()
    talk.answer()
