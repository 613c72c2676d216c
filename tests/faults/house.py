# SPDX-License-Identifier: GPL-3.0-or-later
"""A house with a real exchange: real PostgreSQL, the switchboard in the test's process, SIP phones and callers.

Its people need no telling: they are ready, their desks renew, their wrap-up ends by itself. What phones do when they
are rung is the test's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from models.kinds import AgentState, Group
from models.routing import trunk
from models.rules import proof, proof_log
from models.work import queue
from telephony import messages as link
from telephony.exchange.engine import Exchange, List, SetOpen, Snapshot
from telephony.routing.floor import Floor
from telephony.service.journal import Event, files, read_lines
from tests.conftest import Site
from tests.telephony.exchange.peers import Addr, Caller, Peer, Phone, Talk
from tests.telephony.service.fakes import FakeExchange
from tests.telephony.service.room import QUICK, DeskUnderTest, Room, until

PATIENT_S = 20.0
CUSTOMERS = "127.0.0.1"
SETTLES_S = 0.1  # Asterisk 22.10.1 may end when a leader goes while calls are still ending
WRAP_UP_S = 0.2
REGISTERED_S = 3600


class House:
    """`where` tells the addresses of trunk and phones, which a new exchange may have changed."""

    def __init__(self, room: Room, where: Callable[[], tuple[Addr, Addr]]) -> None:
        self.room, self.where = room, where
        self.desks: dict[str, DeskUnderTest] = {}
        self.phones: dict[str, Phone] = {}
        self.peers: list[Peer] = []
        self._events: list[Event] = []
        self._read: dict[Path, int] = {}  # how much of each journal

    @property
    def floor(self) -> Floor:
        """The floor of who leads now; an empty one while nobody does."""
        board = self.room.leading.switchboard
        return board.floor if board is not None else Floor()

    async def sit_down(self, person: str) -> Phone:
        """An agent with a registered phone, ready."""
        await self.room.add(person, Group.AGENT)
        desk = self.desks[person] = await self.room.desk(person, ready=False, phone=False)
        welcome = desk.last(link.Welcome)
        phone = self.phones[person] = Phone(welcome.extension, welcome.sip_secret)
        self.peers.append(await phone.open())
        await self.register(phone)
        await self.ready(person)
        return phone

    async def register(self, phone: Phone) -> None:
        """As a handset does when its desk is welcomed."""
        end = time.monotonic() + PATIENT_S
        while (code := await phone.register(self.where()[1], REGISTERED_S)) != 200:
            assert time.monotonic() < end, f"{phone.name} is refused: {code}"
            await asyncio.sleep(0.1)  # its account may still be on the way to the exchange
        await until(lambda: phone.name in self.floor.phones, f"{phone.name} is registered", PATIENT_S)

    def heard(self) -> dict[str, int]:
        """How much each desk has been told until now."""
        return {person: len(desk.heard) for person, desk in self.desks.items()}

    async def are_back(self, since: dict[str, int]) -> None:
        """The desks are welcomed again and their handsets register, which forget whatever call they had."""
        for person, phone in self.phones.items():
            await self.desks[person].until(link.Welcome, since=since[person], within=PATIENT_S)
            for talk in list(phone.talks):
                talk.over()
            await self.register(phone)

    async def ready(self, *people: str) -> None:
        """They show themselves ready, if they are not."""
        for person in people or self.desks:
            await until(lambda person=person: person in self.floor.agents, f"{person} is not on the floor", PATIENT_S)
            if self.floor.agents[person].state is not AgentState.READY:
                await self.desks[person].send(link.ChooseState(AgentState.READY))
        await self.are(AgentState.READY, *people)

    async def are(self, state: AgentState, *people: str) -> None:
        """Wait until these, or all, are in this state."""

        def found() -> dict[str, AgentState | None]:
            agents = self.floor.agents
            return {each: agents[each].state if each in agents else None for each in people or self.desks}

        try:
            await until(lambda: set(found().values()) == {state}, within=PATIENT_S)
        except AssertionError:
            raise AssertionError(f"not all are {state}: {found()}, calls {self.floor.calls}") from None

    async def caller(self, number: str) -> Caller:
        """A customer."""
        caller = Caller(number)
        self.peers.append(await caller.open())
        return caller

    async def calls(self, number: str) -> Talk:
        """A customer who calls the hotline."""
        return (await self.caller(number)).call(self.where()[0], "400")

    def events(self) -> list[Event]:
        """The event log until now, of all epochs."""
        for path in files(self.room.journals, self.room.settings.site):
            for line, end in read_lines(path, self._read.get(path, 0)):
                self._read[path] = end
                if isinstance(line, Event):
                    self._events.append(line)
        return self._events

    def contact(self, number: str) -> str:
        """The newest call from this number, "" before it came."""
        arrived = [e.call for e in self.events() if e.kind == "arrived" and str(e.data["from"]).endswith(number)]
        return arrived[-1] if arrived else ""

    def lines(self, kind: str) -> list[tuple[str, str]]:
        """(call, who) of every line of this kind."""
        return [(event.call, event.who) for event in self.events() if event.kind == kind]

    def talking(self) -> dict[str, str]:
        """call: agent, of the calls in which two hear each other."""
        return {call.id: call.agent for call in self.floor.calls.values() if call.agent and call.connected}

    async def all_over(self) -> None:
        """No call stands any more, here or at the exchange, and each that came had one outcome."""

        def true() -> bool:
            board = self.room.leading.switchboard
            return board is not None and not board.floor.calls and self._open() == []

        try:
            await until(true, within=PATIENT_S)
        except AssertionError:
            raise AssertionError(f"calls are left: {self._open()}, on the floor {list(self.floor.calls)}") from None
        end = time.monotonic() + PATIENT_S
        while left := (await self.standing()).calls:
            assert time.monotonic() < end, f"the exchange still has {left}"
            await asyncio.sleep(0.02)
        outcomes = Counter(call for call, _ in self.lines("ended"))
        assert outcomes == Counter(call for call, _ in self.lines("arrived")), "one outcome each"
        assert set(outcomes.values()) <= {1}

    async def standing(self) -> Snapshot:
        """What the exchange says that it has."""
        board = self.room.leading.switchboard
        assert board is not None
        found = await board.exchange.order(List(board.exchange.next_order()))
        assert isinstance(found, Snapshot)
        return found

    def _open(self) -> list[str]:
        """What has begun and has no end: calls and recordings."""
        found: list[str] = []
        for begun, over in (("arrived", "ended"), ("recording_started", "recording_ended")):
            ended = {call for call, _ in self.lines(over)}
            found += [f"{call} ({begun})" for call, _ in self.lines(begun) if call not in ended]
        return found


@contextlib.asynccontextmanager
async def house_of(
    site: Site,
    journals: Path,
    connect: Callable[[], Awaitable[Exchange]],
    where: Callable[[], tuple[Addr, Addr]],
    recording_lacks_s: float = 2.0,
    **settings: Any,
) -> AsyncIterator[House]:
    """An open house; in the end the checker proves its event log. `recording_lacks_s` of a talk may be unrecorded."""
    chosen = site.settings.model_copy(update={**QUICK, "wrap_up_s": WRAP_UP_S, **settings})
    async with site.owner().transaction() as connection:
        await connection.execute(
            insert(queue).values(
                id="hotline", words_zh="热线", words_en="Hotline", numbers=["400"], disposition_required=False
            )
        )
        await connection.execute(insert(trunk).values(name="world", host=CUSTOMERS))
    room = Room(site, FakeExchange(), journals, chosen)
    house = House(room, where)
    try:
        await room.open(connect)
        opening = asyncio.create_task(_keep_open(room))
        yield house
        opening.cancel()
        await room.shipped()
        rules = proof_log.House(rings=chosen.rings, cadence_s=chosen.ring_cadence_s, recording_s=recording_lacks_s)
        log = [
            proof_log.Event(line.site, line.epoch, line.seq, line.at, line.call, line.kind, line.who, line.data)
            for line in house.events()
        ]
        violations = [str(wrong) for wrong in proof.prove(log, house=rules, live=True).violations]
        assert violations == [], violations
    finally:
        for peer in house.peers:
            await peer.close()
        for desk in room.desks:
            await desk.close()
        await asyncio.sleep(SETTLES_S)
        await room.close()


async def _keep_open(room: Room) -> None:
    """Whoever leads lets callers in."""
    while True:
        await room.leading.leads.wait()
        board = room.leading.switchboard
        if board is not None:
            board.give_site(SetOpen, open=True)
            await asyncio.wait([board.lost])
        await asyncio.sleep(0.01)
