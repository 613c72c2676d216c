# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's process: database (embedded unless configured), exchange, link, switchboard; ends cleanly on SIGTERM.

Prints ``SERVING <link url>`` once desks may connect, ``STANDBY`` while another process leads, and ``READY <trunk
address>`` once callers are let in. Exit status 0 after SIGTERM, 1 when it cannot start; the reason is on stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
from pathlib import Path

from models.kinds import AgentState
from models.settings import Settings
from models.store import founding
from models.store.changes import RESYNC, Listener
from models.store.database import connect_service
from models.store.errors import StoreError
from models.store.server import EmbeddedServer
from resources.i18n import tr, use
from telephony.exchange.embedded.client import StartFailed
from telephony.exchange.engine import Exchange, SetOpen
from telephony.service.archive import Archive
from telephony.service.clockwork import SiteTime
from telephony.service.exchange_door import Addresses, door, near
from telephony.service.floor_log import log, write_to_stderr
from telephony.service.leading import Leading
from telephony.service.link import Link
from telephony.service.switchboard import Switchboard

STANDBY_SAID_S = 2.0
LOOK_FOR_STAFF_S = 0.1
LAST_ORDERS_S = 1.0
HOUSE_KINDS = frozenset(
    {
        "queue",
        "calendar",
        "menu",
        "dialled_number",
        "blocked_number",
        "outbound_rule",
        "trunk",
        "desk_phone",
        "setting",
        "plan",
    }
)


class Service:
    """All parts of one process; `run` until `stop` is set."""

    def __init__(self, settings: Settings, open_when_staffed: bool = False) -> None:
        self.settings, self.open_when_staffed = settings, open_when_staffed
        self.stop = asyncio.Event()
        self.link_port = 0
        self._door = door(settings)
        self._addresses = Addresses()
        self._said_serving = False

    async def run(self) -> None:
        """Raises StoreError, StartFailed or OSError with words when it cannot start."""
        server = await self._open_database()
        try:
            await self._serve()
        finally:
            if server is not None:
                await asyncio.to_thread(server.stop)

    async def _open_database(self) -> EmbeddedServer | None:
        """The embedded server when we had to start it ourselves: then it is ours to stop."""
        settings = self.settings
        if settings.database_url:
            if (settings.data_dir / "site.json").exists():
                await founding.upgrade(settings.data_dir)
            else:
                await founding.init(settings.database_url, settings.site, settings.data_dir)
            return None
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        ran_before = await asyncio.to_thread(_runs, settings)
        server, _ = await founding.open_embedded(settings)
        return None if ran_before else server

    async def _serve(self) -> None:
        settings = self.settings
        database = connect_service(settings.data_dir, settings)
        kept = settings.data_dir / "switchboard"
        kept.mkdir(mode=0o700, exist_ok=True)
        clock = SiteTime(kept / "clock.json")
        archive = Archive(database, clock.now)
        link = Link(archive, clock, lambda: leading.house, lambda: self._addresses, _key(kept))
        leading = Leading(settings, archive, clock, self._connect, link, kept / "journal")
        listener = Listener(database)
        try:
            await self._open_exchange()
            self.link_port = await link.start(settings.host, settings.link_port)
            workers = [
                asyncio.create_task(leading.run(), name="leading"),
                asyncio.create_task(self._open(leading), name="opening"),
                asyncio.create_task(self._listen(listener, link, leading), name="changes"),
            ]
            stopping = asyncio.create_task(self.stop.wait())
            try:
                await asyncio.wait([stopping, *workers], return_when=asyncio.FIRST_COMPLETED)
                for worker in workers:
                    if worker.done():
                        worker.result()
            finally:
                await self._close_house(leading)
                for task in (stopping, *workers):
                    task.cancel()
                await asyncio.gather(stopping, *workers, return_exceptions=True)
        finally:
            await listener.close()
            await link.stop()
            await database.close()

    # ---- the exchange -----------------------------------------------------------------------------------------

    async def _connect(self) -> Exchange:
        try:
            await self._open_exchange()
        except StartFailed as error:
            # It ran before: whatever keeps it from starting now may pass, and the next try says so again.
            raise ConnectionError(str(error)) from error
        return await self._door.connect()

    async def _open_exchange(self) -> None:
        before = self._addresses
        self._addresses = await self._door.open()
        if before.trunk and before != self._addresses:
            self._publish()

    def _publish(self) -> None:
        """Add to site.json where desks find the link and phones the exchange."""
        file = self.settings.data_dir / "site.json"
        told = json.loads(file.read_text(encoding="utf-8"))
        addresses = self._addresses
        told |= {
            "link_host": near(self.settings.host),
            "link_port": self.link_port,
            "link": f"http://{near(self.settings.host)}:{self.link_port}",
            "sip_trunk": addresses.trunk,
            "sip_phones": addresses.phones,
            "recordings": str(self._door.recordings),
            "exchange": self.settings.exchange,
        }
        fresh = file.with_name(f".site.json.{os.getpid()}")
        fresh.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        fresh.chmod(0o644)
        os.replace(fresh, file)

    # ---- opening the house ------------------------------------------------------------------------------------

    async def _open(self, leading: Leading) -> None:
        """Let callers in whenever we lead (and, if wanted, somebody is there to answer)."""
        said_ready = False
        while True:
            try:
                await asyncio.wait_for(leading.leads.wait(), STANDBY_SAID_S)
            except TimeoutError:
                print("STANDBY", flush=True)
                self._say_serving()
                await leading.leads.wait()
            self._publish()  # desks look here before each try: they find who leads
            self._say_serving()
            board = leading.switchboard
            while board is not None and self.open_when_staffed and not said_ready and not staffed(board):
                await asyncio.sleep(LOOK_FOR_STAFF_S)
                board = leading.switchboard
            if board is not None:
                board.give_site(SetOpen, open=True)
                await board.ordering.quiet()
                if not said_ready and self._addresses.trunk:
                    said_ready = True
                    print(f"READY {self._addresses.trunk}", flush=True)
                await asyncio.wait([board.lost])

    def _say_serving(self) -> None:
        if not self._said_serving:
            self._said_serving = True
            print(f"SERVING http://{near(self.settings.host)}:{self.link_port}", flush=True)

    async def _close_house(self, leading: Leading) -> None:
        """Ended on purpose: no new callers. A standby that leads a moment later opens again."""
        board = leading.switchboard
        if board is not None:
            board.give_site(SetOpen, open=False)
            await asyncio.wait([asyncio.create_task(board.ordering.quiet())], timeout=LAST_ORDERS_S)

    async def _listen(self, listener: Listener, link: Link, leading: Leading) -> None:
        """News of the database: to the desks, and what concerns us to ourselves."""
        async for change in listener:
            link.changed(change.kind, change.id, change.version)
            everything = change == RESYNC
            try:
                if everything or change.kind == "person":
                    await link.recheck("" if everything else change.id)
                if (everything or change.kind == "task") and leading.tasks is not None:
                    await leading.tasks.read_again()
                if everything or change.kind in HOUSE_KINDS:
                    await leading.change_house()
            except StoreError as error:
                log.warning("change_not_followed", why=str(error), kind=change.kind)


def staffed(board: Switchboard) -> bool:
    """Whether an agent is ready whose phone rings."""
    return any(
        agent.state is AgentState.READY and person in board.floor.phones and agent.queues
        for person, agent in board.floor.agents.items()
    )


def _runs(settings: Settings) -> bool:
    try:
        EmbeddedServer(settings.data_dir, bindir=settings.pg_bindir).running_or_raise()
    except StoreError:
        return False
    return True


def _key(directory: Path) -> bytes:
    """The secret that phones' secrets are made with; kept, so that they outlive a restart."""
    file = directory / "phone.key"
    if not file.exists():
        fresh = directory / f"phone.key.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(32))
        os.replace(fresh, file)
    return file.read_bytes()


async def serve(settings: Settings, open_when_staffed: bool = False) -> None:
    """Run the service until SIGTERM or SIGINT."""
    service = Service(settings, open_when_staffed)
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, service.stop.set)
    await service.run()


def run_serve(settings: Settings, open_when_staffed: bool = False) -> int:
    """The exit status; what keeps it from starting is said on standard error."""
    write_to_stderr()
    use(settings.language)
    try:
        asyncio.run(serve(settings, open_when_staffed))
    except (StoreError, StartFailed) as error:
        print(str(error), file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        print(tr("link.cannot_listen", f"{settings.host}:{settings.link_port}", error), file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the site's data directory")
    parser.add_argument("--open-when-staffed", action="store_true", help="refuse callers until an agent is ready")
    given = parser.parse_args()
    settings = Settings()
    if given.data is not None:
        settings = settings.model_copy(update={"data_dir": given.data.absolute()})
    raise SystemExit(run_serve(settings, given.open_when_staffed))


if __name__ == "__main__":
    main()
