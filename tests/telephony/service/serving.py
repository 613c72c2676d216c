# SPDX-License-Identifier: GPL-3.0-or-later
"""The real process for tests: a site with its own PostgreSQL, exchange, desks and SIP peers, all ended afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from models.kinds import Group
from models.routing import trunk
from models.settings import Settings
from models.store import founding, people
from models.store.database import Database, connect_owner, connect_person, connect_service
from models.store.server import EmbeddedServer
from models.work import queue
from telephony import messages as link
from telephony.exchange.asterisk import own as asterisk
from telephony.exchange.embedded.client import running
from telephony.service.client import LinkClient
from tests.conftest import PASSWORD, reachable_dir
from tests.telephony.exchange.conftest import end
from tests.telephony.exchange.installed import asterisk_or_skip
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
        self.exchange = "embedded"
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

    async def phone(self, desk: DeskUnderTest, hz: float = 1500.0) -> Phone:
        welcome = desk.last(link.Welcome)
        phone = Phone(welcome.extension, welcome.sip_secret, hz)
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
        left = asterisk.running(self.data / "asterisk")
        if left is not None:
            await left.stop()
        await self.service.close()


@contextlib.asynccontextmanager
async def serving_site(staff: Mapping[str, Group]) -> AsyncIterator[Serving]:
    """A founded site with these people, one queue for 400 and a trunk on loopback; nothing runs yet but PostgreSQL."""
    with reachable_dir() as data:
        settings = Settings(site="live", data_dir=data)
        server, _ = await founding.open_embedded(settings, durable=False)
        try:
            owner = connect_owner(data, settings)
            for person, group in staff.items():
                await people.add(owner, person, f"员工{person}", (group,), PASSWORD, extension=person)
            async with owner.transaction() as connection:
                await connection.execute(
                    insert(queue).values(
                        id="hotline", words_zh="热线", words_en="Hotline", numbers=["400"], disposition_required=False
                    )
                )
                await connection.execute(insert(trunk).values(name="north", host="127.0.0.1"))
            await owner.close()
            made = Serving(data, settings, server)
            try:
                yield made
            finally:
                await made.close()
        finally:
            await asyncio.to_thread(server.stop)


async def need_asterisk() -> None:
    """Skip the test where no Asterisk is present and none can be fetched."""
    await asyncio.to_thread(asterisk_or_skip)
