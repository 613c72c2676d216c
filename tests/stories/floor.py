# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole hotline for the stories of one file: its own PostgreSQL, the real service process, real desks and handsets.

A ring is one second here, so that three rings do not take the tests' patience; everything else is as shipped. The
house stays open from story to story; `end_story` sends everybody home, and what is written from then on is the next's.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
from sqlalchemy import delete, insert, text

from desktop.flows.desk import Desk
from desktop.flows.sign_in import SignInFailed
from models.kinds import AgentState
from models.routing import trunk
from models.rules.proof import prove
from models.rules.proof_log import Event, House, TicketEvent
from models.settings import Settings
from models.store import demo, founding, people
from models.store.database import Database, connect_owner, connect_service
from models.store.server import EmbeddedServer
from telephony.exchange.asterisk import own as asterisk
from telephony.exchange.embedded.client import running
from telephony.phone.door import door_of
from tests.conftest import reachable_dir
from tests.stories.cable import Cable
from tests.stories.customer import Customer
from tests.telephony.exchange.peers import Trunk

T = TypeVar("T")

PASSWORD = "three-rings-story"
CADENCE_S = 1.0
SOON = 12.0
NUMBERS = itertools.count(1)
KNOWN = "13800138000"  # 陈志远
PEOPLE = {"林晓雯": "1001", "周敏": "1007", "郭晨": "1012", "高建平": "2031", "苏婉清": "2044", "周立群": "3001"}


class Floor:
    """Synchronous to the story's steps: every method runs the floor's own event loop until it is done."""

    def __init__(self, exchange: str = "embedded") -> None:
        self.exchange = exchange
        self.loop = asyncio.new_event_loop()
        self._reachable = reachable_dir()
        self.data = self._reachable.__enter__()
        self.own = Path(tempfile.mkdtemp(prefix="tr-desks-"))
        self.desks: dict[str, Desk] = {}
        self.cables: dict[str, Cable] = {}
        self.customers: list[Customer] = []
        self.processes: list[asyncio.subprocess.Process] = []
        self.serving: asyncio.subprocess.Process | None = None
        self.trunk = ""
        # Handsets are found by site and person, so every floor of this machine has a name of its own.
        self.site = f"s{os.getpid()}x{next(NUMBERS)}"
        self.settings = Settings(site=self.site, data_dir=self.data, ring_cadence_s=CADENCE_S)
        self.server: EmbeddedServer | None = None
        self.service: Database | None = None
        self.trunk_peer = self.run(_trunk())  # the world beyond the trunk, when the house dials
        self.told: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self.own_desks: dict[str, asyncio.subprocess.Process] = {}
        self._hands: list[asyncio.Task[None]] = []
        self._watchers: list[object] = []
        self._begins = (0, 0)  # (epoch, seq) of the last line of the event log before this story

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

    def poll(self, true: Callable[[], object], what: str, seconds: float = SOON) -> None:
        """Like until, for what reads the database: `true` is asked outside the loop."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"it did not come to this in {seconds:.0f} s: {what}"
            self.pass_time(0.03)

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
        self.run(self._lay_trunk(owner))
        self.run(owner.close())
        self.start_service(**surroundings)

    async def _lay_trunk(self, owner: Database) -> None:
        """Customers call in over it, and the house dials out over it."""
        host, port = self.trunk_peer.here
        async with owner.transaction() as connection:
            await connection.execute(delete(trunk))
            await connection.execute(insert(trunk).values(name="far", host=host, port=port))

    def start_service(self, **surroundings: str) -> None:
        """Start (again) the switchboard's process."""
        environment = {
            **os.environ, "TR_SITE": self.site, "TR_RING_CADENCE_S": str(CADENCE_S), "TR_EXCHANGE": self.exchange,
            **surroundings,
        }  # fmt: skip

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

    def stop_database(self) -> None:
        """Stop PostgreSQL."""
        assert self.server is not None
        self.run(asyncio.to_thread(self.server.stop))

    def start_database(self) -> None:
        """Start PostgreSQL unless it runs."""
        assert self.server is not None
        self.run(asyncio.to_thread(self.server.start))

    def kill_service(self) -> None:
        """kill −9 of the switchboard."""
        assert self.serving is not None
        self.serving.kill()
        self.run(self.serving.wait())

    def end_story(self) -> None:
        """Everybody goes home, what was killed is started again, and the event log counts from here."""
        for customer in self.customers:
            customer.end()
        self._send_home()
        self.start_database()
        if self.serving is None or self.serving.returncode is not None:
            self.start_service()
        if not self._quiet():
            self._rebuild()
        self.customers.clear()
        self.told.clear()
        self._watchers.clear()
        for row in self.rows("SELECT epoch, seq FROM tr.contact_event ORDER BY epoch DESC, seq DESC LIMIT 1"):
            self._begins = (row.epoch, row.seq)

    def _quiet(self, seconds: float = 3.0) -> bool:
        """Whether every contact has its outcome."""
        query = (
            "SELECT count(*) AS n FROM tr.contact_event WHERE kind = 'arrived' AND contact NOT IN"
            " (SELECT contact FROM tr.contact_event WHERE kind = 'ended')"
        )
        end = time.monotonic() + seconds
        while self.rows(query)[0].n:
            if time.monotonic() > end:
                return False
            self.pass_time(0.1)
        return True

    def _rebuild(self) -> None:
        """A story left a call behind: end the exchange, which gives it its outcome."""
        self.kill_exchange()
        assert self._quiet(15.0), "a call without an outcome stays behind"
        self.run(self._end_service())
        self.start_service()

    def kill_exchange(self) -> None:
        """End the exchange's process with all its calls."""
        with suppress(ProcessLookupError):
            found = running(self.data / "exchange") or asterisk.running(self.data / "asterisk")
            if found is not None:
                os.kill(found.pid, signal.SIGTERM)

    def _send_home(self) -> None:
        async def home() -> None:
            for hand in self._hands:
                hand.cancel()
            await asyncio.gather(*self._hands, return_exceptions=True)
            await asyncio.gather(*(desk.close() for desk in self.desks.values()), return_exceptions=True)
            for cable in self.cables.values():
                await cable.close()
            for process in self.processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()

        handsets = [self.handset_of(name) for name in self.own_desks]  # they outlive their desks
        self.run(home())
        for handset in handsets:
            if handset is not None:
                handset.kill()
        self.desks.clear()
        self.cables.clear()
        self.own_desks.clear()
        self._hands.clear()
        self.processes.clear()

    async def _end_service(self) -> None:
        if self.serving is not None and self.serving.returncode is None:
            self.serving.terminate()
            await self.serving.wait()

    def close(self) -> None:
        """End everything this floor started, by pid."""
        for customer in self.customers:
            customer.end()
        self._send_home()
        self.run(self._end_service())
        self.kill_exchange()
        self.run(self.trunk_peer.close())
        if self.service is not None:
            self.run(self.service.close())
        if self.server is not None:
            self.server.stop()
        self.loop.run_until_complete(self._settle())
        self.loop.close()
        asyncio.set_event_loop(None)
        self._reachable.__exit__(None, None, None)
        shutil.rmtree(self.own, ignore_errors=True)

    async def _settle(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()

    # ---- people -----------------------------------------------------------------------------------------------

    def sign_in(self, name: str, ready: bool = True, cable: bool = False) -> Desk:
        """A person sits down at a desk of his own; `ready`: and shows himself ready, with a registered handset.

        `cable`: the link is reached by a cable that may be pulled out.
        """
        person = PEOPLE[name]
        if cable:
            self.cables[name] = Cable(self.data, self.own / f"cable-{next(NUMBERS)}")

        data = self.run(self.cables[name].open()) if cable else self.data
        desk = self.desks[name] = self.run(self.sit_down(person, PASSWORD, data))
        heard = self.told[name] = []
        watcher = _Listener(heard)
        self._watchers.append(watcher)
        desk.refused.watch(watcher.hear)
        desk.told.watch(watcher.hear)
        self.until(lambda: desk.handset_up, f"{name}'s handset is registered")
        if ready:
            self.ready(name)
        return desk

    def new_desk(self, person: str, data: Path | None = None) -> Desk:
        """A desk at which nobody has signed in yet."""
        return Desk(data or self.data, self.own / f"{person}-{next(NUMBERS)}", no_sound=True)

    async def sit_down(self, person: str, password: str, data: Path | None = None) -> Desk:
        """A desk of this person, signed in. Raises SignInFailed."""
        desk = self.new_desk(person, data)
        try:
            await desk.sign_in.sign_in(person, password)
        except SignInFailed:
            await desk.close()
            raise
        return desk

    def disable(self, person: str) -> None:
        """As the administrator does it."""

        async def cut() -> None:
            owner = connect_owner(self.data, self.settings)
            await people.disable(owner, person)
            await owner.close()

        self.run(cut())

    def ready(self, name: str) -> None:
        """He shows himself ready."""
        desk = self.desks[name]
        desk_state = desk.calls
        self.on_loop(lambda: desk_state.choose(AgentState.READY))
        self.until(lambda: self.state(name) is AgentState.READY, f"{name} is ready")

    def do(self, name: str, act: Callable[[Desk], object]) -> None:
        """Let a person do something at his desk."""
        self.on_loop(lambda: act(self.desks[name]))

    def on_loop(self, act: Callable[[], object]) -> None:
        """Do something of the desks where they live."""

        async def once() -> None:
            act()

        self.run(once())

    def state(self, name: str) -> AgentState | None:
        """His state, as his desk knows it."""
        found = self.desks[name].calls.state
        return found.state if found is not None else None

    # ---- desks of their own, handsets -------------------------------------------------------------------------

    def start_desk(self, name: str, password: str = PASSWORD, before: str = "") -> None:
        """A whole desk with its window as a process, played by a robot; `before`: Python that runs first."""
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TR_DEMO_PASSWORD": password}
        if not password:
            del environment["TR_DEMO_PASSWORD"]
        script = f"import sys; {before}from desktop.app import main; sys.exit(main())"

        async def start() -> None:
            with (self.data / "desk.err").open("ab") as said:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", script, "--data", str(self.data), "--person", PEOPLE[name],
                    "--robot", "agent", "--no-sound", env=environment, stdout=asyncio.subprocess.PIPE, stderr=said,
                )  # fmt: skip
            self.own_desks[name] = process
            self.processes.append(process)
            assert process.stdout is not None
            while line := await process.stdout.readline():
                if line.startswith(b"SIGNED IN"):
                    return
            raise AssertionError((self.data / "desk.err").read_text()[-2000:])

        self.run(start(), 30.0)

    def kill_desk(self, name: str) -> None:
        """kill −9 of a desk of its own process; its handset lives on."""
        self.own_desks[name].kill()
        self.run(self.own_desks[name].wait())

    def handset_of(self, name: str) -> psutil.Process | None:
        """The process of a person's handset."""
        door = str(door_of(str(self.data.resolve()), PEOPLE[name]))
        for process in psutil.process_iter(["cmdline"]):
            if door in (process.info["cmdline"] or ()):
                return process
        return None

    def kill_handset(self, name: str) -> None:
        """kill −9 of a person's handset."""
        found = self.handset_of(name)
        assert found is not None
        found.kill()

    def let_answer(self) -> None:
        """From now on everybody at a desk answers what rings and finishes his wrap-ups."""
        self._hands = [self.loop.create_task(_answer_all(desk)) for desk in self.desks.values()]

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

    def as_owner(self, sql: str, **values: Any) -> None:
        """Change the database as its owner."""

        async def change() -> None:
            owner = connect_owner(self.data, self.settings)
            async with owner.transaction() as connection:
                await connection.execute(text(sql), values)
            await owner.close()

        self.run(change())

    def events(self, kind: str = "") -> list[Any]:
        """What this story wrote in the event log (of one kind, if given), in order."""
        epoch, seq = self._begins
        return self.rows(
            "SELECT contact, kind, at, who, data FROM tr.contact_event WHERE (epoch, seq) > (:epoch, :seq)"
            " AND (:kind = '' OR kind = :kind) ORDER BY epoch, seq",
            epoch=epoch,
            seq=seq,
            kind=kind,
        )

    def written(self, kind: str, seconds: float = SOON, **data: Any) -> dict[str, Any]:
        """Wait for a line of this kind with these data in the event log; the newest one's data with `who`."""
        end = time.monotonic() + seconds
        while True:
            for row in reversed(self.events(kind)):
                line = {"who": row.who, "at": row.at, "contact": row.contact, **row.data}
                if data.items() <= line.items():
                    return line
            if time.monotonic() > end:
                seen = [(row.kind, row.who, row.data) for row in self.events()]
                raise AssertionError(f"no {kind} {data} was written in {seconds:.0f} s: {seen}")
            self.pass_time(0.05)

    def draft(self) -> int:
        """The sheet of the newest contact."""
        return self.rows("SELECT max(id) AS id FROM tr.draft")[0].id

    def violations(self) -> list[str]:
        """What the checker has against the house and against the contacts of this story."""
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
        proof = prove(events, tickets, None, house=House(cadence_s=CADENCE_S), live=False)
        ours = {"", *(event.contact for event in events if (event.epoch, event.seq) > self._begins)}
        return [str(violation) for violation in proof.violations if violation.contact in ours]


async def _trunk() -> Trunk:
    trunk = Trunk()
    await trunk.open()
    return trunk


async def _answer_all(desk: Desk) -> None:
    while True:
        calls = desk.calls
        if calls.offer is not None and calls.offer.ring_started:
            calls.accept()
        elif calls.call is not None and calls.call.stage == "wrap_up" and desk.link_up:
            calls.set_disposition("hardware.power", "", ())
            calls.finish_wrap_up()
            await asyncio.sleep(0.5)
        await asyncio.sleep(0.05)


class _Listener:
    """Keeps what a desk told its person."""

    def __init__(self, heard: list[tuple[str, tuple[str, ...]]]) -> None:
        self._heard = heard

    def hear(self, words: str, args: tuple[str, ...]) -> None:
        self._heard.append((words, args))
