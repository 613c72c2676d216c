# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole service for tests: real PostgreSQL, real link and desks' clients, an exchange without telephones."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import insert, text

from models.contacts import disposition
from models.kinds import AgentState, Group
from models.rules import proof, proof_log
from models.settings import Settings
from models.store import people
from models.store.address import write_address
from models.verbs.registry import SYSTEM
from models.verbs.runner import run_verb
from models.work import queue
from telephony import messages as link
from telephony.exchange.engine import Exchange
from telephony.service.archive import Archive
from telephony.service.client import LinkClient
from telephony.service.clockwork import SiteTime
from telephony.service.exchange_door import Addresses
from telephony.service.journal import Event, files, read_lines
from telephony.service.leading import Leading
from telephony.service.link import Link
from tests.conftest import Site
from tests.telephony.service.fakes import FakeExchange

T = TypeVar("T")
SOON = 5.0
QUICK: dict[str, Any] = {"ring_cadence_s": 0.1, "wrap_up_s": 20.0, "lease_renew_s": 0.2, "lease_ttl_s": 0.6}


class DeskUnderTest:
    """A desk without screen or handset: what it was told, and how to wait for more."""

    def __init__(self, person: str, client: LinkClient) -> None:
        self.person, self.client = person, client
        self.heard: list[object] = []
        self._news = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self.client.messages():
            self.heard.append(message)
            self._news.set()

    async def until(
        self, kind: type[T], where: Callable[[T], bool] = lambda _: True, since: int = 0, within: float = SOON
    ) -> T:
        """The first message of this kind that fits, from `heard[since]` on."""
        try:
            async with asyncio.timeout(within):
                while True:
                    for message in self.heard[since:]:
                        if isinstance(message, kind) and where(message):
                            return message
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            told = "\n".join(str(each) for each in self.heard[since:] if not isinstance(each, link.Colleagues))
            raise AssertionError(f"{self.person} was never told such a {kind.__name__}; he heard\n{told}") from None

    def last(self, kind: type[T]) -> T:
        return [each for each in self.heard if isinstance(each, kind)][-1]

    async def send(self, message: link.ToServer) -> None:
        await self.client.send(message)

    async def verb(self, key: str, name: str, **args: Any) -> link.VerbDone | link.VerbRefused:
        since = len(self.heard)
        await self.send(link.Verb(key, name, args))
        return await self.until(link.VerbDone | link.VerbRefused, lambda done: done.key == key, since)  # type: ignore

    async def state(self, state: AgentState) -> link.MyState:
        return await self.until(link.MyState, lambda told: told.state is state and told is self.last(link.MyState))

    async def close(self, goodbye: bool = False) -> None:
        await self.client.close(goodbye)
        await asyncio.gather(self._listening, return_exceptions=True)


class Room:
    """One service process's inside, on a fresh site."""

    def __init__(self, site: Site, exchange: FakeExchange, journals: Path, settings: Settings) -> None:
        self.site, self.exchange, self.journals, self.settings = site, exchange, journals, settings
        self.tokens: dict[str, str] = {}
        self.desks: list[DeskUnderTest] = []
        self._task: asyncio.Task[None] | None = None
        self.url = ""
        self.port = 0

    async def open(self, connect: Callable[[], Any] | None = None) -> None:
        """Start the service and wait until it leads."""
        database = self.site.service()
        self.clock = SiteTime()
        self.archive = Archive(database, self.clock.now)

        async def default() -> Exchange:
            return self.exchange.client()

        there = Addresses("127.0.0.1:5060", "127.0.0.1:5062")
        self.link = Link(self.archive, self.clock, lambda: self.leading.house, lambda: there, b"key")
        self.leading = Leading(
            self.settings, self.archive, self.clock, connect or default, self.link, self.journals
        )
        self.port = await self.link.start("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._task = asyncio.create_task(self.leading.run())
        leads = asyncio.create_task(self.leading.leads.wait())
        await asyncio.wait([leads, self._task], timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
        leads.cancel()
        if self._task.done():
            await self._task
        assert self.leading.leads.is_set(), "it does not lead"

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self.link.stop()

    async def add(self, person: str, *groups: Group, name: str = "", skills: tuple[str, ...] = ()) -> None:
        await self.site.add(person, *groups, name=name, skills=skills, extension=person)
        database = await self.site.person(person)
        self.tokens[person] = (await people.sign_in(database)).token

    async def desk(self, person: str, ready: bool = True, phone: bool = True) -> DeskUnderTest:
        """Sign in; with a registered phone and ready unless told otherwise."""
        client = LinkClient(f"desk-{person}", person)
        desk = DeskUnderTest(person, client)
        self.desks.append(desk)
        client.start(self.url, self.tokens[person])
        await desk.until(link.Welcome)
        if phone:
            self.exchange.register(person)
        if ready:
            await desk.send(link.ChooseState(AgentState.READY))
            await desk.state(AgentState.READY)
        return desk

    async def database_away(self) -> None:
        """Nobody answers at the database's address any more, and whoever is connected is cut."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        async with self.site.owner().reading() as connection:
            write_address(self.site.data_dir, replace(self.site.address, port=port))
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename LIKE '%_switchboard'"
                )
            )

    def database_back(self) -> None:
        write_address(self.site.data_dir, self.site.address)

    def events(self, call: str | None = None) -> list[Event]:
        """What the journals of this machine hold, all epochs."""
        found = [
            line
            for path in files(self.journals, self.settings.site)
            for line, _ in read_lines(path)
            if isinstance(line, Event)
        ]
        return found if call is None else [event for event in found if event.call == call]

    def kinds(self, call: str) -> list[str]:
        return [event.kind for event in self.events(call)]

    async def errand(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """A verb of the system, carried out at once."""
        return await run_verb(self.archive.database, SYSTEM, verb, args, "", now=self.clock.now())

    async def one(self, sql: str) -> Any:
        async with self.archive.database.reading() as connection:
            return (await connection.execute(text(sql))).scalar_one()

    async def shipped(self) -> None:
        """Returns when the database has everything the journal has."""
        assert self.leading.switchboard is not None and self.leading.shipper is not None
        await self.leading.switchboard.journal.durable()
        assert await self.leading.shipper.drained()

    def violations(self) -> list[str]:
        """What the checker has against the log so far; the floor may still be at work."""
        log = [
            proof_log.Event(line.site, line.epoch, line.seq, line.at, line.call, line.kind, line.who, line.data)
            for line in self.events()
        ]
        house = proof_log.House(rings=self.settings.rings, cadence_s=self.settings.ring_cadence_s)
        return [str(wrong) for wrong in proof.prove(log, house=house, live=True).violations]

    async def until_kind(self, call: str, kind: str, times: int = 1) -> None:
        await until(lambda: self.kinds(call).count(kind) >= times, f"{kind} of {call} in {self.kinds(call)}")


async def until(true: Callable[[], object], what: str = "", within: float = SOON) -> None:
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen in time: {what}")
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def room_of(site: Site, journals: Path, **settings: Any) -> AsyncIterator[Room]:
    chosen = site.settings.model_copy(update={**QUICK, **settings})
    async with site.owner().transaction() as connection:
        await connection.execute(
            insert(queue).values(id="hotline", words_zh="热线", words_en="Hotline", numbers=["400"], skills=[])
        )
        for code, parent in (("phone", ""), ("solved", "phone")):
            await connection.execute(
                insert(disposition).values(code=code, parent=parent, words_zh="电话解决", words_en="Solved", place=1)
            )
    room = Room(site, FakeExchange(), journals, chosen)
    room.exchange.recordings = site.settings.data_dir / "recordings"
    try:
        await room.open()
        yield room
    finally:
        for desk in room.desks:
            await desk.close()
        await room.close()
    if wrong := room.violations():
        raise AssertionError("\n".join([*wrong, *map(str, room.events())]))
