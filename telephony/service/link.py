# SPDX-License-Identifier: GPL-3.0-or-later
"""The link's server: one WebSocket a desk, typed messages both ways, the newest desk of a person wins.

Nothing a desk sends is met with silence: an order is carried out or refused in words, a message that is none is refused
and the link lives on. Messages to a desk leave in the order they were told.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import WSMsgType, web

from models.rules import outbound
from models.store.errors import DatabaseAway
from telephony import messages as link
from telephony.messages import TO_SERVER, Hello, Refusal, Rejected, ToDesk, Welcome
from telephony.service import asks, outside, recordings_door, wishes_door
from telephony.service.adopting import RECORDINGS
from telephony.service.archive import Archive, Person
from telephony.service.clockwork import SiteTime
from telephony.service.exchange_door import Addresses
from telephony.service.floor_log import log
from telephony.service.house import House
from telephony.service.live import Seat
from telephony.service.rights import may_oversee, may_set_up
from telephony.service.switchboard import Switchboard
from telephony.service.verbs_door import VerbsDoor
from telephony.wire import BadMessage, decode, encode

LARGEST_MESSAGE = 256 * 1024
FRAME_LIMIT = 4 * 1024 * 1024  # beyond this the socket itself is closed
HELLO_WITHIN_S = 10.0
HEARTBEAT_S = 10.0
LONGEST_QUEUE = 5000
BOARD_EVERY_S = 0.25
RECHECK_S = 30.0
EXTENSION = re.compile(r"[A-Za-z0-9]{1,16}")
CHANGES_GATHERED_S = 0.05


class Desk:
    """One connection of one person. Sending is queued; `tell` gives what is done when it is on the wire."""

    def __init__(self, socket: web.WebSocketResponse, who: Person, token: str, queues: bool) -> None:
        self.socket, self.who, self.token, self.queues = socket, who, token, queues
        self.watches_board = False
        self.watches_trunks = False
        self.closing = ""
        self._outbox: asyncio.Queue[tuple[str, asyncio.Future[None]] | None] = asyncio.Queue(LONGEST_QUEUE)
        self._writer = asyncio.get_running_loop().create_task(self._write(), name=f"desk-{who.person}")

    def tell(self, message: ToDesk) -> Awaitable[None]:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._outbox.put_nowait((encode(message), written))
        except asyncio.QueueFull:
            # A desk that does not read for so long is gone; it will read everything again when it comes back.
            log.warning("desk_too_slow", person=self.who.person)
            written.set_result(None)
            self._writer.cancel()
        return written

    async def reject(self, why: str) -> None:
        """Say why and close."""
        if not self.closing:
            self.closing = why
            with contextlib.suppress(asyncio.QueueFull):
                self.tell(Rejected(why))
                self._outbox.put_nowait(None)

    async def finish(self) -> None:
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while (item := await self._outbox.get()) is not None:
                text, written = item
                await self.socket.send_str(text)
                if not written.done():
                    written.set_result(None)
        except (ConnectionError, RuntimeError) as error:
            log.info("desk_gone", person=self.who.person, why=str(error))
        finally:
            while not self._outbox.empty():
                left = self._outbox.get_nowait()
                if left is not None and not left[1].done():
                    left[1].set_result(None)
            await self.socket.close()


class Link:
    """The server. `lead` hands it the switchboard that leads now, or None: then desks are told to come back."""

    def __init__(
        self,
        archive: Archive,
        clock: SiteTime,
        house: Callable[[], House],
        exchange: Callable[[], Addresses],
        key: bytes,
    ) -> None:
        self._archive, self._clock, self._house, self._exchange, self._key = archive, clock, house, exchange, key
        self.desks: dict[str, Desk] = {}
        self.switchboard: Switchboard | None = None
        self.verbs = VerbsDoor(archive, self)
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._changed: dict[tuple[str, str], int] = {}
        self._known: dict[str, Person] = {}  # tokens seen good, for the time the database is away
        self.port = 0

    async def start(self, host: str, port: int) -> int:
        """Listen; answers the port. Raises OSError when it is in use."""
        application = web.Application()
        application.router.add_get("/link", self._serve)
        settings = self._house().settings
        recordings_door.add_routes(application, self._archive, lambda: settings.data_dir / RECORDINGS)
        wishes_door.add_routes(application, self._archive, settings, self._clock.now, self._why_not_dial, self._wished)
        runner = self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        self.port = runner.addresses[0][1]
        self._tasks = [asyncio.create_task(self._recheck_now_and_then()), asyncio.create_task(self._push_boards())]
        return self.port

    def _why_not_dial(self, e164: str) -> str:
        """The house's own words against calling this number at all."""
        return outbound.forbidden(outbound.rule_for(self._house().plan, e164))

    def _wished(self, wish: dict[str, str]) -> None:
        if self.switchboard is not None:
            outside.wished(self.switchboard, wish)

    async def stop(self) -> None:
        ending = [*self._tasks, *self._under_way]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for desk in list(self.desks.values()):
            await desk.socket.close(code=1001, message=b"server stops")
        if self._runner is not None:
            await self._runner.cleanup()

    def lead(self, switchboard: Switchboard | None) -> None:
        """From now on orders go to this switchboard; everybody connected is seated there."""
        self.switchboard = switchboard
        if switchboard is not None:
            for desk in self.desks.values():
                seat = self._seat(desk)
                switchboard.seating.sign_in(seat)
                if seat.extension not in switchboard.phones:
                    # The exchange is a new one and does not know this phone: welcomed again, it registers again.
                    self._go_on(self._welcome_again(desk, seat, switchboard))

    async def _welcome_again(self, desk: Desk, seat: Seat, switchboard: Switchboard) -> None:
        await switchboard.seating.open_account(seat)
        desk.tell(self._words_of_welcome(desk, seat))

    def _go_on(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    # ---- telling desks ----------------------------------------------------------------------------------------

    def tell(self, person: str, message: ToDesk) -> Awaitable[None] | None:
        desk = self.desks.get(person)
        return desk.tell(message) if desk is not None else None

    def tell_all(self, message: ToDesk) -> None:
        for desk in self.desks.values():
            desk.tell(message)

    def changed(self, kind: str, id_: str, version: int) -> None:
        """Something was committed: every desk is told, equal news within a moment once."""
        if not self._changed:
            asyncio.get_running_loop().call_later(CHANGES_GATHERED_S, self._tell_changes)
        self._changed[kind, id_] = max(version, self._changed.get((kind, id_), 0))

    def _tell_changes(self) -> None:
        gathered, self._changed = self._changed, {}
        for (kind, id_), version in gathered.items():
            self.tell_all(link.Changed(kind, id_, version))

    async def _push_boards(self) -> None:
        while True:
            await asyncio.sleep(BOARD_EVERY_S)
            board = self.switchboard
            if board is not None and board.trunks.dirty:
                trunks = board.trunks.picture()
                for desk in self.desks.values():
                    if desk.watches_trunks:
                        desk.tell(trunks)
            watchers = [desk for desk in self.desks.values() if desk.watches_board]
            if board is not None and watchers and board.showing.board_dirty:
                picture = board.showing.board()
                for desk in watchers:
                    desk.tell(picture)

    # ---- one desk ---------------------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=FRAME_LIMIT)
        await socket.prepare(request)
        desk = await self._hello(socket)
        if desk is None:
            await socket.close()
            return socket
        try:
            await self._welcome(desk)
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._heard(desk, frame.data)
                elif frame.type is WSMsgType.BINARY:
                    desk.tell(Refusal("", "link.not_understood"))
        finally:
            if self.desks.get(desk.who.person) is desk:
                del self.desks[desk.who.person]
                self.verbs.forget(desk.who.person)
            await desk.finish()
        return socket

    async def _hello(self, socket: web.WebSocketResponse) -> Desk | None:
        """The desk behind this connection, or None after it was told why not."""
        try:
            text = await asyncio.wait_for(socket.receive_str(), HELLO_WITHIN_S)
            hello = decode(text, TO_SERVER)
        except (TimeoutError, TypeError, BadMessage, RuntimeError):
            hello = None
        if not isinstance(hello, Hello):
            await _send(socket, Refusal("Hello", "link.hello_first"))
            return None
        if self.switchboard is None:
            await _send(socket, Rejected("not_leading"))
            return None
        try:
            who = await self._archive.check_token(hello.token)
        except DatabaseAway:
            who = self._known.get(_digest(hello.token))
            if who is None or who.expires < self._clock.now():
                await _send(socket, Refusal("Hello", "link.database_away"))
                return None
        if who is None:
            self._known.pop(_digest(hello.token), None)
            await _send(socket, Rejected("bad_token"))
            return None
        self._known[_digest(hello.token)] = who
        if hello.extension and hello.extension != who.extension:
            if not EXTENSION.fullmatch(hello.extension) or await self._is_anothers(hello.extension, who.person):
                await _send(socket, Refusal("Hello", "link.extension_taken", (hello.extension[:16],)))
                return None
            who = who.with_extension(hello.extension)
        return Desk(socket, who, hello.token, hello.queues)

    async def _is_anothers(self, extension: str, person: str) -> bool:
        """A desk may use a telephone that is nobody's own, never that of somebody else: his calls would ring there."""
        board = self.switchboard
        if board is not None and board.extensions.get(extension, person) != person:
            return True
        try:
            return await self._archive.owner_of(extension) not in ("", person)
        except DatabaseAway:
            return True

    async def _welcome(self, desk: Desk) -> None:
        who = desk.who
        older = self.desks.get(who.person)
        if older is not None:
            await older.reject("replaced")
        self.desks[who.person] = desk
        seat = self._seat(desk)
        if self.switchboard is not None:
            # The phone will register as soon as its desk has heard the secret, so the exchange must know it by then.
            await self.switchboard.seating.open_account(seat)
        desk.tell(self._words_of_welcome(desk, seat))
        board = self.switchboard
        if board is not None:
            board.seating.sign_in(seat)
            desk.tell(link.Colleagues(board.showing.colleagues()))
            desk.tell(board.showing.parked())
            desk.tell(board.showing.glimpse())

    def _words_of_welcome(self, desk: Desk, seat: Seat) -> Welcome:
        who, exchange = desk.who, self._exchange()
        return Welcome(
            who.person, who.name, who.groups, self._clock.now(), exchange.phones, seat.extension, seat.secret,
            self._house().for_desks(), exchange.secure_phones, exchange.media, exchange.trust,
        )  # fmt: skip

    def _seat(self, desk: Desk) -> Seat:
        who = desk.who
        # Made from the token, so that a restarted switchboard gives the registered phone the same secret again.
        secret = hmac.new(self._key, desk.token.encode(), hashlib.sha256).hexdigest()[:32]
        queues = self._house().queues_of(who.person, who.groups, who.levels)
        return Seat(
            who.person, who.name, who.groups, who.skills, queues, who.extension, secret, desk.queues, who.levels
        )

    async def _heard(self, desk: Desk, text: str) -> None:
        if len(text) > LARGEST_MESSAGE:
            desk.tell(Refusal("", "link.too_large", (str(LARGEST_MESSAGE // 1024),)))
            return
        try:
            message = decode(text, TO_SERVER)
        except BadMessage as error:
            log.warning("message_not_understood", person=desk.who.person, why=str(error)[:200])
            desk.tell(Refusal("", "link.not_understood"))
            return
        try:
            await self._do(desk, message)
        except Exception as error:
            log.error("message_failed", error, person=desk.who.person, message=type(message).__name__)
            desk.tell(Refusal(type(message).__name__, "link.our_fault"))

    async def _do(self, desk: Desk, message: link.ToServer) -> None:
        board = self.switchboard
        match message:
            case link.Ping(n):
                desk.tell(link.Pong(n, self._clock.now()))
            case link.Verb():
                self.verbs.take(desk.who, message, desk.tell)
            case Hello():
                desk.tell(Refusal("Hello", "link.hello_once"))
            case link.WatchTrunks(on):
                if not may_set_up(desk.who.groups):
                    desk.tell(Refusal("WatchTrunks", "link.not_your_right"))
                else:
                    desk.watches_trunks = on
                    if on and board is not None:
                        desk.tell(board.trunks.picture())
            case link.WatchBoard(on):
                if not may_oversee(desk.who.groups):
                    desk.tell(Refusal("WatchBoard", "link.not_your_right"))
                else:
                    desk.watches_board = on
                    if on and board is not None:
                        desk.tell(board.showing.board())
            case _ if board is None:
                desk.tell(Refusal(type(message).__name__, "link.not_leading"))
            case link.FinishWrapUp():
                # The disposition may still be on its way to the database: ask when it has arrived.
                self.verbs.afterwards(desk.who.person, lambda: self._ask(desk, board, message))
            case link.Goodbye():
                self._ask(desk, board, message)
                desk.closing = "goodbye"
                await desk.socket.close()
            case _:
                self._ask(desk, board, message)

    def _ask(self, desk: Desk, board: Switchboard, wish: asks.Wish) -> None:
        refusal = asks.ask(board, desk.who.person, wish)
        if refusal is not None:
            desk.tell(refusal)

    # ---- tokens that end --------------------------------------------------------------------------------------

    async def recheck(self, person: str = "") -> None:
        """Cut whoever is no longer who he was: disabled, revoked, expired. A call under way goes on at the exchange."""
        for desk in list(self.desks.values()):
            if person not in ("", desk.who.person):
                continue
            try:
                who = await self._archive.check_token(desk.token)
            except DatabaseAway:
                return
            if who is None:
                expired = desk.who.expires <= self._clock.now()
                self._known.pop(_digest(desk.token), None)
                if self.switchboard is not None:
                    self.switchboard.seating.sign_out(desk.who.person)
                await desk.reject("bad_token" if expired else "disabled")

    async def _recheck_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            await self.recheck()


async def _send(socket: web.WebSocketResponse, message: ToDesk) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.send_str(encode(message))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
