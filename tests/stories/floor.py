# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole hotline for a story: its own PostgreSQL, the real service process, real desks with real handsets.

A ring is one second here, so that three rings do not take the tests' patience; everything else is as shipped.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from desktop.flows.desk import Desk
from models.kinds import AgentState
from models.rules.proof import prove
from models.rules.proof_log import Event, House, Proof, TicketEvent
from models.settings import Settings
from models.store import demo, founding
from models.store.database import Database, connect_owner, connect_service
from models.store.server import EmbeddedServer
from telephony.exchange.embedded.client import running
from tests.conftest import reachable_dir
from tests.stories.customer import Customer

T = TypeVar("T")

SITE = "story"
PASSWORD = "three-rings-story"
CADENCE_S = 1.0
SOON = 12.0
KNOWN = "13800138000"  # 陈志远
PEOPLE = {"林晓雯": "1001", "周敏": "1007", "郭晨": "1012", "高建平": "2031", "苏婉清": "2044", "周立群": "3001"}


class Floor:
    """Synchronous to the story's steps: every method runs the floor's own event loop until it is done."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._reachable = reachable_dir()
        self.data = self._reachable.__enter__()
        self.own = Path(tempfile.mkdtemp(prefix="tr-desks-"))
        self.desks: dict[str, Desk] = {}
        self.customers: list[Customer] = []
        self.processes: list[asyncio.subprocess.Process] = []
        self.serving: asyncio.subprocess.Process | None = None
        self.trunk = ""
        self.settings = Settings(site=SITE, data_dir=self.data, ring_cadence_s=CADENCE_S)
        self.server: EmbeddedServer | None = None
        self.service: Database | None = None
        self.told: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._watchers: list[object] = []

    # ---- running ----------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
        """Run something of the floor to its end."""
        asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(asyncio.wait_for(work, seconds))

    def until(self, true: Callable[[], object], what: str, seconds: float = SOON) -> None:
        """Let the floor run until `true()`. Fails with `what` was awaited."""

        async def wait() -> None:
            end = time.monotonic() + seconds
            while not true():
                assert time.monotonic() < end, f"it did not come to this in {seconds:.0f} s: {what}"
                await asyncio.sleep(0.02)

        self.run(wait(), seconds + 5)

    def pass_time(self, seconds: float) -> None:
        """Let the floor go on."""
        self.run(asyncio.sleep(seconds), seconds + 10)

    # ---- opening and closing ----------------------------------------------------------------------------------

    def open(self, **surroundings: str) -> None:
        """Start database and service, lay down the demo's house."""
        self.server, _ = self.run(founding.open_embedded(self.settings, durable=False))
        self.service = connect_service(self.data, self.settings)
        owner = connect_owner(self.data, self.settings)
        self.run(demo.fill(owner, customers=40, password=PASSWORD))
        self.run(owner.close())
        self.start_service(**surroundings)

    def start_service(self, **surroundings: str) -> None:
        """Start (again) the switchboard's process."""
        environment = {**os.environ, "TR_SITE": SITE, "TR_RING_CADENCE_S": str(CADENCE_S), **surroundings}

        async def start() -> None:
            with (self.data / "serve.err").open("ab") as said:
                self.serving = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "telephony.service.serve", "--data", str(self.data), env=environment,
                    stdout=asyncio.subprocess.PIPE, stderr=said,
                )  # fmt: skip
            assert self.serving.stdout is not None
            while line := (await self.serving.stdout.readline()).decode():
                if found := re.match(r"READY (\S+)", line):
                    self.trunk = found[1]
                    return
            raise AssertionError((self.data / "serve.err").read_text()[-2000:])

        self.run(start())

    def kill_service(self) -> None:
        """kill −9 of the switchboard."""
        assert self.serving is not None
        self.serving.kill()
        self.run(self.serving.wait())

    def close(self) -> None:
        """End everything this floor started, by pid."""
        for customer in self.customers:
            customer.end()
        for desk in self.desks.values():
            with suppress(Exception):
                self.run(desk.close())
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            self.run(process.wait())
        if self.serving is not None and self.serving.returncode is None:
            self.serving.terminate()
            self.run(self.serving.wait())
        with suppress(ProcessLookupError):
            found = running(self.data / "exchange")
            if found is not None:
                os.kill(found.pid, signal.SIGTERM)
        if self.service is not None:
            self.run(self.service.close())
        if self.server is not None:
            self.server.stop()
        self.loop.run_until_complete(self._settle())
        self.loop.close()
        asyncio.set_event_loop(None)
        self._reachable.__exit__(None, None, None)

    async def _settle(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()

    # ---- people -----------------------------------------------------------------------------------------------

    def sign_in(self, name: str, ready: bool = True) -> Desk:
        """A person sits down at a desk of his own; `ready`: and shows himself ready, with a registered handset."""
        person = PEOPLE[name]

        async def sit_down() -> Desk:
            desk = Desk(self.data, self.own / person, no_sound=True)
            await desk.sign_in.sign_in(person, PASSWORD)
            return desk

        desk = self.desks[name] = self.run(sit_down())
        heard = self.told[name] = []
        watcher = _Listener(heard)
        self._watchers.append(watcher)
        desk.refused.watch(watcher.hear)
        desk.told.watch(watcher.hear)
        self.until(lambda: desk.handset_up, f"{name}'s handset is registered")
        if ready:
            self.ready(name)
        return desk

    def ready(self, name: str) -> None:
        """He shows himself ready."""
        desk = self.desks[name]
        desk_state = desk.calls
        self._on_loop(lambda: desk_state.choose(AgentState.READY))
        self.until(lambda: self.state(name) is AgentState.READY, f"{name} is ready")

    def do(self, name: str, act: Callable[[Desk], object]) -> None:
        """Let a person do something at his desk."""
        self._on_loop(lambda: act(self.desks[name]))

    def _on_loop(self, act: Callable[[], object]) -> None:
        async def once() -> None:
            act()

        self.run(once())

    def state(self, name: str) -> AgentState | None:
        """His state, as his desk knows it."""
        found = self.desks[name].calls.state
        return found.state if found is not None else None

    # ---- customers --------------------------------------------------------------------------------------------

    def call(self, number: str = KNOWN, **how: Any) -> Customer:
        """A customer calls."""
        customer = Customer(self.data, self.trunk, number, **how)
        self.customers.append(customer)
        return customer

    # ---- what is written --------------------------------------------------------------------------------------

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read the database as the service."""
        assert self.service is not None
        service = self.service

        async def read() -> list[Any]:
            async with service.reading() as connection:
                return list((await connection.execute(text(sql), values)).all())

        return self.run(read())

    def kinds(self) -> list[str]:
        """Kinds of everything written in the event log so far, in order."""
        return [row.kind for row in self.rows("SELECT kind FROM tr.contact_event ORDER BY epoch, seq")]

    def written(self, kind: str, seconds: float = SOON) -> dict[str, Any]:
        """Wait for a line of this kind in the event log; its data with `who`."""
        query = "SELECT who, data FROM tr.contact_event WHERE kind = :kind ORDER BY epoch DESC, seq DESC LIMIT 1"
        found: list[Any] = []

        def there() -> bool:
            found[:] = self.rows_now(query, kind=kind)
            return bool(found)

        end = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < end, f"nothing of kind {kind} was written in {seconds:.0f} s: {self.kinds()}"
            self.pass_time(0.05)
        return {"who": found[0].who, **found[0].data}

    rows_now = rows

    def proof(self, live: bool = False) -> Proof:
        """What the checker says of everything written so far."""
        events = [
            Event(*row)
            for row in self.rows(
                "SELECT site, epoch, seq, at, contact, kind, who, data FROM tr.contact_event ORDER BY epoch, seq"
            )
        ]
        tickets = [
            TicketEvent(*row)
            for row in self.rows(
                "SELECT id, at, contact, ticket, draft, kind, who, data FROM tr.ticket_event ORDER BY id"
            )
        ]
        return prove(events, tickets, None, house=House(cadence_s=CADENCE_S), live=live)


class _Listener:
    """Keeps what a desk told its person."""

    def __init__(self, heard: list[tuple[str, tuple[str, ...]]]) -> None:
        self._heard = heard

    def hear(self, words: str, args: tuple[str, ...]) -> None:
        self._heard.append((words, args))
