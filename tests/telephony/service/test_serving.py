# SPDX-License-Identifier: GPL-3.0-or-later
"""The real process: its own PostgreSQL and exchange, real SIP peers; killed and started again during a call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from models.kinds import AgentState, Group
from models.settings import Settings
from models.store import founding, people
from models.store.database import Database, connect_owner, connect_person, connect_service
from models.store.server import EmbeddedServer
from models.work import queue
from telephony import messages as link
from telephony.exchange.embedded.client import running
from telephony.service.client import Connected, LinkClient
from tests.conftest import PASSWORD, reachable_dir
from tests.telephony.exchange.conftest import end
from tests.telephony.exchange.peers import Caller, Phone, address
from tests.telephony.service.room import DeskUnderTest, until

START_S = 30.0


class Serving:
    """``python -m telephony.service.serve`` on a directory of its own. The database is the test's and outlives it."""

    def __init__(self, data: Path, settings: Settings, server: EmbeddedServer) -> None:
        self.data, self.settings, self.server = data, settings, server
        self.process: asyncio.subprocess.Process | None = None
        self.desks: list[DeskUnderTest] = []
        self.peers: list[Any] = []
        self.service: Database = connect_service(data, settings)
        self.said: list[str] = []
        self._reader: asyncio.Task[None] | None = None

    async def start(self, *arguments: str, **surroundings: str) -> None:
        self.said = []
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "telephony.service.serve", "--data", str(self.data), *arguments,
            env={**os.environ, "TR_SITE": self.settings.site, "TR_RING_CADENCE_S": "0.5", **surroundings},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self.process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None and process.stderr is not None

        async def drain(stream: asyncio.StreamReader) -> None:
            while line := await stream.readline():
                self.said.append(line.decode().rstrip())

        await asyncio.gather(drain(process.stdout), drain(process.stderr))

    async def until_said(self, pattern: str, within: float = START_S) -> str:
        found: list[str] = []

        def look() -> bool:
            found[:] = [line for line in self.said if re.match(pattern, line)]
            return bool(found)

        try:
            await until(look, within=within)
        except AssertionError:
            raise AssertionError(f"never said {pattern}:\n" + "\n".join(self.said)) from None
        return found[0]

    async def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None and self._reader is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), 15.0)
        await self._reader
        return status

    async def desk(self, person: str) -> DeskUnderTest:
        database = await connect_person(self.data, person, PASSWORD, self.settings)
        token = (await people.sign_in(database)).token
        await database.close()
        place = json.loads((self.data / "site.json").read_text(encoding="utf-8"))
        desk = DeskUnderTest(person, LinkClient("desk", person))
        self.desks.append(desk)
        desk.client.start(place["link"], token)
        await desk.until(link.Welcome)
        return desk

    async def phone(self, desk: DeskUnderTest) -> Phone:
        welcome = desk.last(link.Welcome)
        phone = Phone(welcome.extension, welcome.sip_secret)
        self.peers.append(await phone.open())
        assert await phone.register(address(welcome.sip_server)) == 200
        return phone

    async def caller(self, number: str = "13800138000") -> Caller:
        caller = Caller(number)
        self.peers.append(await caller.open())
        return caller

    async def one(self, sql: str) -> Any:
        async with self.service.reading() as connection:
            return (await connection.execute(text(sql))).scalar_one()

    async def until_one(self, sql: str, wanted: Any) -> None:
        for _ in range(200):
            found = await self.one(sql)
            if found == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{sql} is {found!r}, not {wanted!r}\n" + "\n".join(self.said))

    async def close(self) -> None:
        for desk in self.desks:
            await desk.close()
        for peer in self.peers:
            await peer.close()
        if self.process is not None and self.process.returncode is None:
            await self.kill(signal.SIGTERM)
        found = running(self.data / "exchange")
        if found is not None:
            end(found.pid)
        await self.service.close()


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    with reachable_dir() as data:
        settings = Settings(site="live", data_dir=data)
        server, _ = await founding.open_embedded(settings, durable=False)
        try:
            owner = connect_owner(data, settings)
            await people.add(owner, "1001", "林晓雯", (Group.AGENT,), PASSWORD, extension="1001")
            async with owner.transaction() as connection:
                await connection.execute(
                    insert(queue).values(
                        id="hotline", words_zh="热线", words_en="Hotline", numbers=["400"], disposition_required=False
                    )
                )
            await owner.close()
            made = Serving(data, settings, server)
            try:
                yield made
            finally:
                await made.close()
        finally:
            await asyncio.to_thread(server.stop)


async def test_a_real_call_survives_the_death_of_the_switchboard(serving: Serving) -> None:
    await serving.start("--open-when-staffed")
    await serving.until_said("SERVING ")
    desk = await serving.desk("1001")
    phone = await serving.phone(desk)
    await desk.send(link.ChooseState(AgentState.READY))
    trunk = (await serving.until_said("READY ")).split()[1]
    caller = await serving.caller()
    customer = caller.call(address(trunk), "400")
    offer = await desk.until(link.Offer)
    assert offer.from_number == "+8613800138000"
    (await phone.rung()).answer()
    talking = await desk.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
    await desk.until(link.CallIs, lambda call: call.draft != "")

    since = len(desk.heard)
    await serving.kill()
    heard = len(customer.voice.heard())
    await asyncio.sleep(0.3)
    assert len(customer.voice.heard()) > heard + 800  # they go on talking
    port = json.loads((serving.data / "site.json").read_text(encoding="utf-8"))["link_port"]
    await serving.start(TR_LINK_PORT=str(port))
    await desk.until(Connected, since=since, within=START_S)
    found = await desk.until(link.CallIs, lambda call: call.stage == "talking", since=since, within=START_S)
    assert (found.call, found.responsible) == (talking.call, True)
    assert desk.last(link.Welcome).sip_secret == phone.secret

    customer.hang_up()
    await desk.until(link.CallIs, lambda call: call.stage == "wrap_up", since=since)
    await desk.send(link.FinishWrapUp(talking.call))
    await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)
    await serving.until_one(f"SELECT outcome FROM tr.contact WHERE id = '{talking.call}'", "answered")
    await serving.until_one(f"SELECT count(*) FROM tr.recording WHERE contact = '{talking.call}' AND seconds > 0", 1)
    file = await serving.one("SELECT file FROM tr.recording")
    assert (serving.data / "recordings" / file).stat().st_size > 1000

    since = len(desk.heard)
    exchange = running(serving.data / "exchange")
    assert exchange is not None
    os.kill(exchange.pid, signal.SIGKILL)
    again = await desk.until(link.Welcome, since=since, within=START_S)
    assert again.sip_server == desk.last(link.Welcome).sip_server == exchange.phones
    assert await phone.register(address(again.sip_server)) == 200
    await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)
    caller.call(address(trunk), "400")
    await desk.until(link.Offer, since=since)
    (await phone.rung()).answer()
    await desk.until(link.CallIs, lambda call: call.connected_at > 0, since=since)

    owner = connect_owner(serving.data, serving.settings)
    await people.disable(owner, "1001")
    await owner.close()
    assert (await desk.until(link.Rejected)).why == "disabled"
    assert await serving.kill(signal.SIGTERM) == 0
