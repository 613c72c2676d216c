# SPDX-License-Identifier: GPL-3.0-or-later
"""One person's desk without its window: joins link, database, handset and outbox to the flows that panes ask.

Everything runs on one event loop. Links, databases and handsets may go away at any moment: each tells
`connection_changed`, and what was typed or asked is kept.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from desktop.flows.asking import Asking
from desktop.flows.call import CallFlow
from desktop.flows.facts import Topic
from desktop.flows.front import Check, SignInFailed
from desktop.flows.handover import TasksFlow, TransferFlow
from desktop.flows.handset import Handset, HandsetLost, kept_session
from desktop.flows.house import HouseFlow
from desktop.flows.house_recall import RecallFlow
from desktop.flows.outbox import Outbox, Refused
from desktop.flows.reading import Reading
from desktop.flows.registering import registration
from desktop.flows.sign_in import SignIn
from desktop.flows.supervise import BoardFlow
from desktop.flows.ticket import SheetFlow
from models.rules.refusals import spoken
from models.store.address import read_address
from models.store.database import Database
from models.store.errors import DatabaseAway, SiteError
from resources.i18n import known
from telephony import messages as link
from telephony.phone import engine as phone
from telephony.phone.sound import microphones
from telephony.service.client import Connected, Disconnected, LinkClient, NotConnected
from telephony.service.place import LinkPlace, read_place

log = logging.getLogger(__name__)
T = TypeVar("T")


class Desk:
    """Attributes: the flows (`calls`, `sheet`, `transfer`, `tasks`, `board`, `sign_in`), `me` once welcomed, and what
    is up: link, database, handset."""

    def __init__(self, data_dir: Path, own_dir: Path, no_sound: bool = False) -> None:
        self.data_dir = data_dir
        self.own_dir = own_dir  # this person's own files on this machine: outbox, settings
        self.signed_in = Topic("signed_in")
        self.signed_out = Topic("signed_out")
        self.connection_changed = Topic("connection_changed")
        self.refused = Topic("refused")
        self.told = Topic("told")
        self.me: link.Welcome | None = None
        self.link_up = False
        self.link_down_since = 0.0
        self.handset_up = False
        self.handset_down_since = 0.0
        self.handset_why = ""
        self.devices: tuple[phone.Device, ...] = ()
        self.capabilities: phone.Capabilities | None = None
        self._registration: phone.Register | None = None  # as the handset was told last
        self.calls = CallFlow(self)
        self.sheet = SheetFlow(self)
        self.transfer = TransferFlow(self)
        self.tasks = TasksFlow(self)
        self.board = BoardFlow(self)
        self.house = HouseFlow(self)
        self.recall = RecallFlow(self)
        self.sign_in = SignIn(self)
        self._no_sound = no_sound
        self._link: LinkClient | None = None
        self._place: LinkPlace | None = None
        self._reading: Reading | None = None
        self._outbox: Outbox | None = None
        self._handset: Handset | None = None
        self._asking = Asking(lambda: self._link if self.link_up else None, self._doubt_database)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._keep: dict[str, str] = {}
        self._ways_out: asyncio.Queue[Any] = asyncio.Queue()

    # ---- what panes and flows ask -----------------------------------------------------------------------------

    def now(self) -> float:
        """Site time, seconds since the epoch."""
        return self._link.site_now() if self._link is not None else time.time()

    @property
    def database_up(self) -> bool:
        return self._reading is not None and self._reading.up

    @property
    def database_down_since(self) -> float:
        return self._reading.down_since if self._reading is not None else 0.0

    @property
    def unsent(self) -> int:
        """Verbs that the database has not got yet."""
        return self._outbox.unsent if self._outbox is not None else 0

    def send(self, message: Any) -> None:
        """Send one message over the link, in order; a link that is down is said, not kept: orders are for now."""
        if self._link is None or not self.link_up:
            self.refused.tell("shell.link_down", ())
            return
        self._ways_out.put_nowait(message)

    def send_after_outbox(self, message: Any) -> None:
        """Send it once everything typed before has reached the database (or it is known that it cannot just now)."""
        self.start(self._after_outbox(message))

    def post(self, verb: str, args: dict[str, Any], stream: str = "") -> Awaitable[dict[str, Any]]:
        """Queue a business verb; nothing typed is ever lost. A refusal is also told by `refused`."""
        if self._outbox is None:
            raise RuntimeError("nobody is signed in")
        return self._outbox.post(verb, args, stream)

    async def ask_now(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        """Carry a verb out at once, or not at all: nothing of it is kept on this machine, because it holds a secret.

        Raises Refused, also when the link is down.
        """
        return await self._asking.now(verb, args)

    def flush(self, stream: str = "") -> None:
        """Send what was typed without waiting for a pause."""
        if self._outbox is not None:
            self._outbox.flush(stream)

    def pending(self, stream: str) -> str | None:
        """A field's value that is still on its way to the database."""
        return self._outbox.pending(stream) if self._outbox is not None else None

    async def outbox_empty(self, wait_s: float = 2.0) -> None:
        """Returns when nothing waits any more, or after `wait_s`."""
        self.flush()
        until = time.monotonic() + wait_s
        while self.unsent and time.monotonic() < until:
            await asyncio.sleep(0.01)

    async def read(self, what: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Read the database as this person. Raises DatabaseAway."""
        if self._reading is None:
            raise DatabaseAway("store.away", "", "")
        return await self._reading.read(what, *args)

    def phone(self, command: phone.Command) -> None:
        """One command for the handset."""
        if self._handset is not None:
            self._handset.do(command)

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let something run; a failure is logged, a rule's refusal told to the person."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def link_address(self) -> tuple[str, int]:
        """Where the server listens. Raises SiteError when this machine knows of none."""
        place = read_place(self.data_dir)
        return place.host, place.port

    def recording_address(self, what: str) -> tuple[str, str]:
        """Where the service gives out sound (`voicemail/12`), and the token to show there."""
        host, port = self.link_address()
        return f"http://{host}:{port}/sound/{what}", self._keep.get("token", "")

    def _link_url(self) -> str:
        """Where the link is now: the server may listen elsewhere after it was started again."""
        try:
            self._place = read_place(self.data_dir)
        except SiteError as error:
            log.warning("the site's file cannot be read just now: %s", error)
        return self._place.url if self._place is not None else ""

    @property
    def _here(self) -> str:
        """This site on this machine: two data directories may hold sites of the same name (two demos, say)."""
        return f"{self.data_dir.resolve()}"

    def unsent_on_disk(self) -> int:
        """How many unsent verbs lie in outboxes of this machine (any person's)."""
        return sum(Outbox.count(path) for path in self.own_dir.glob("outbox-*.sqlite"))

    async def headset_check(self) -> Check:
        """Whether a sound device is there; without one the calls still work, silently."""
        if self._no_sound:
            return Check("headset", "warn", "sign_in.headset_none")
        names = await microphones()
        if not names:
            return Check("headset", "warn", "sign_in.headset_none")
        return Check("headset", "ok", "sign_in.headset_ok", (names[0],))

    # ---- coming and going -------------------------------------------------------------------------------------

    async def enter(self, person: str, password: str, token: str, database: Database, extension: str = "") -> None:
        """The token is good: open outbox, handset and link. Raises SignInFailed when the server refuses it."""
        self._keep = {"person": person, "password": password, "token": token, "extension": extension}
        self._reading = Reading(database)
        self._reading.changed.watch(self._database_changed)
        site = database.address.site
        self._outbox = Outbox(self.own_dir / f"outbox-{site}-{person}.sqlite", self._asking.verb, self._stored)
        self._handset = Handset(
            self._here,
            person,
            on_report=self._phone_reported,
            on_lost=self._handset_lost,
            on_back=self._phone_reported,
            sound=not self._no_sound,
        )
        self.start(self._bring_up_handset(self._handset))
        self._place = read_place(self.data_dir)
        self._link = LinkClient(desk=f"{os.uname().nodename if hasattr(os, 'uname') else 'desk'}-{os.getpid()}",
                                extension=extension)  # fmt: skip
        self._link.start(self._link_url, token)
        welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spawn(self._listen(self._link, welcomed))
        self._spawn(self._speak(self._link))
        try:
            await asyncio.wait_for(welcomed, 10.0)
        except TimeoutError:
            await self.close(goodbye=False)  # a call that the handset may have goes on
            raise SignInFailed("sign_in.server_away") from None
        except SignInFailed:
            await self.close(goodbye=False)
            raise

    async def come_back(self, person: str) -> bool:
        """After a crash: a handset of this person still runs and kept his session. Returns whether it did."""
        kept = await kept_session(self._here, person)
        if not kept.get("token"):
            return False
        login = read_address(self.data_dir).login(person)
        database = Database(partial(read_address, self.data_dir), login, kept["password"], connections=2)
        await self.enter(kept["person"], kept["password"], kept["token"], database, kept.get("extension", ""))
        return True

    async def close(self, goodbye: bool = True) -> None:
        """Sign out and let everything go; unsent verbs stay on disk."""
        if self._handset is not None:
            await self._handset.close(goodbye)
        if self._link is not None:
            await self._link.close(goodbye)
        if self._outbox is not None:
            await self._outbox.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._reading is not None:
            await self._reading.close()
        self._link = self._outbox = self._handset = self._reading = None
        self.me = None
        self.link_up = self.handset_up = False

    # ---- the link ---------------------------------------------------------------------------------------------

    async def _listen(self, client: LinkClient, welcomed: asyncio.Future[None]) -> None:
        async for message in client.messages():
            match message:
                case Connected():
                    self.link_up = True
                    self.connection_changed.tell()
                case Disconnected():
                    self.link_up = False
                    self.link_down_since = time.monotonic()
                    self._asking.give_up()
                    self.connection_changed.tell()
                case link.Welcome():
                    self._welcome(message)
                    if not welcomed.done():
                        welcomed.set_result(None)
                    self._hear(message)
                case link.Rejected():
                    if not welcomed.done():
                        welcomed.set_exception(SignInFailed(f"link.rejected_{message.why}"))
                    else:
                        self.told.tell(f"link.rejected_{message.why}", ())
                        self.signed_out.tell(message.why)
                case link.Refusal():
                    self.refused.tell(message.words, spoken(message.words, message.args))
                case link.VerbDone() | link.VerbRefused():
                    self._asking.answered(message)
                case _:
                    self._hear(message)

    def _hear(self, message: object) -> None:
        for flow in (self.calls, self.sheet, self.transfer, self.tasks, self.board, self.house, self.recall):
            flow.heard(message)

    def _welcome(self, welcome: link.Welcome) -> None:
        first = self.me is None
        self.me = welcome
        self._keep["extension"] = welcome.extension
        self._registration = None  # the exchange may be a new one
        self._register()
        self.phone(phone.Keep(dict(self._keep)))
        if self._outbox is not None:
            self._outbox.link_up()
        self.start(self.calls.read_log())
        if first:
            self.signed_in.tell()

    async def _speak(self, client: LinkClient) -> None:
        while True:
            message = await self._ways_out.get()
            try:
                await client.send(message)
            except NotConnected:
                self.refused.tell("shell.link_down", ())

    def _doubt_database(self) -> None:
        if self._reading is not None:
            self._reading.doubt()

    async def _after_outbox(self, message: Any) -> None:
        await self.outbox_empty()
        if self.unsent or not self.database_up:
            self.sheet.tell_unstored()
        self.send(message)

    # ---- outbox, database, handset ----------------------------------------------------------------------------

    def _stored(self, stream: str, stored: str, what: Any) -> None:
        if stored == "refused":
            self.refused.tell(what.words, spoken(what.words, what.args))
        self.sheet.stored(stream, stored, what)

    def _database_changed(self) -> None:
        self.connection_changed.tell()
        if self.database_up:
            self.sheet.database_back()
            self.tasks.refresh()

    def _phone_reported(self, report: phone.Report) -> None:
        match report:
            case phone.HandsetNow():
                self.devices, self.capabilities = report.devices, report.capabilities
                self._register()
                self._handset_is(report.registered, "")
            case phone.RegistrationChanged():
                self._handset_is(report.registered, report.why)
            case phone.CommandRefused():
                key = f"phone.why_{report.why}"
                self.refused.tell(*((key, ()) if known(key) else ("phone.why_other", (report.why,))))
            case _:
                pass
        self.calls.phone_reported(report)

    def _register(self) -> None:
        """Once it is known what the exchange offers and what the telephone can do: as safely as both of them can."""
        if self.me is None or self.capabilities is None:
            return
        wanted = registration(self.me, self.capabilities)
        if wanted is not None and wanted != self._registration:
            self._registration = wanted
            self.phone(wanted)

    def _handset_is(self, up: bool, why: str) -> None:
        if up != self.handset_up or why != self.handset_why:
            self.handset_up, self.handset_why = up, why
            self.handset_down_since = 0.0 if up else time.monotonic()
            self.connection_changed.tell()

    def _handset_lost(self, why: str) -> None:
        self.calls.handset_lost()
        self._handset_is(False, why)

    async def _bring_up_handset(self, handset: Handset) -> None:
        try:
            self._phone_reported(await handset.start())
        except HandsetLost as lost:
            log.error("no handset: %s", lost)
            self._handset_lost(lost.why)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Refused:
            log.info("refused by a rule; the person was told")
        except (DatabaseAway, ConnectionError) as away:
            log.info("not now: %s", away)
        except Exception:
            log.exception("a piece of work at the desk failed")
