# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's end of the link: connects, keeps its lease, knows site time, and comes back after any break. No Qt.

`messages()` yields what the server says, and Connected / Disconnected of its own. A rejected token ends it: the reason
is in the Rejected message. `send` raises NotConnected while the link is down, so that a caller keeps what it wanted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp

from telephony.messages import TO_DESK, Goodbye, Hello, Ping, Pong, Rejected, Renew, ToDesk, ToServer, Welcome
from telephony.service.floor_log import log
from telephony.wire import BadMessage, decode, encode

RECONNECT_S = (1.0, 2.0, 3.0, 5.0)
PINGS = 8
PING_EVERY_S = 0.05
PING_AGAIN_S = 60.0
RENEW_S = 5.0
CONNECT_TIMEOUT_S = 5.0
HEARTBEAT_S = 10.0
LARGEST_MESSAGE = 4 * 1024 * 1024


class NotConnected(ConnectionError):
    """The link is down at this moment; the client is trying again by itself."""


@dataclass(frozen=True)
class Connected:
    """The link stands and the token was good; Welcome follows."""


@dataclass(frozen=True)
class Disconnected:
    """The link broke. `again_in` seconds until the next try, None when it will not try again."""

    why: str
    again_in: float | None


FromLink = ToDesk | Connected | Disconnected


class LinkClient:
    """One desk's link. `start` with the address and the token of sign_in(); `close` says goodbye."""

    def __init__(self, desk: str, extension: str = "", queues: bool = True, renew_s: float = RENEW_S) -> None:
        self._desk, self._extension, self._queues, self._renew_s = desk, extension, queues, renew_s
        self._token = ""
        self._where: Callable[[], str] = str
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._run: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[FromLink | None] = asyncio.Queue()
        self._asked: dict[int, float] = {}
        self._quickest = float("inf")
        self._offset: float | None = None
        self._pings = 0
        self._closing = False
        self._synced = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._socket is not None and not self._socket.closed

    def site_now(self) -> float:
        """Site time by this machine's monotonic clock. Before the first answer it is the machine's own clock."""
        return time.monotonic() + self._offset if self._offset is not None else time.time()

    async def clock_known(self) -> None:
        """Returns once the first pings were answered."""
        await self._synced.wait()

    def start(self, url: str | Callable[[], str], token: str) -> None:
        """Begin to connect to `url` (http://host:port or ws://…/link) with the session token.

        A callable is asked before every try: a server that was started again may listen elsewhere.
        """
        if self._run is not None:
            raise RuntimeError("this link was started before")
        self._where = url if callable(url) else lambda: url
        self._token = token
        self._run = asyncio.get_running_loop().create_task(self._stay_connected(), name="link")

    def _url(self) -> str:
        address = self._where().replace("ws://", "http://", 1).replace("wss://", "https://", 1)
        return address if address.endswith("/link") else address.rstrip("/") + "/link"

    async def send(self, message: ToServer) -> None:
        """Send one message; raises NotConnected."""
        socket = self._socket
        if socket is None or socket.closed:
            raise NotConnected("the link is down")
        try:
            await socket.send_str(encode(message))
        except (ConnectionError, RuntimeError, aiohttp.ClientError) as error:
            raise NotConnected(str(error)) from None

    async def messages(self) -> AsyncIterator[FromLink]:
        """Everything the server says, in order, until the link is closed for good."""
        while (message := await self._inbox.get()) is not None:
            yield message

    async def close(self, goodbye: bool = True) -> None:
        """Sign out (unless `goodbye` is False) and stop."""
        self._closing = True
        if goodbye and self.connected:
            try:
                await self.send(Goodbye())
            except NotConnected:
                log.info("goodbye_not_sent")
        if self._socket is not None:
            await self._socket.close()
        if self._run is not None:
            self._run.cancel()
            await asyncio.gather(self._run, return_exceptions=True)
        self._inbox.put_nowait(None)

    async def _stay_connected(self) -> None:
        failed = 0
        while not self._closing:
            try:
                welcomed, final = await self._one_connection()
                why = final or "closed"
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                welcomed, final, why = False, "", str(error) or type(error).__name__
            failed = 0 if welcomed else failed
            again = None if final or self._closing else RECONNECT_S[min(failed, len(RECONNECT_S) - 1)]
            self._inbox.put_nowait(Disconnected(why, again))
            if again is None:
                self._inbox.put_nowait(None)
                return
            failed += 1
            await asyncio.sleep(again)

    async def _one_connection(self) -> tuple[bool, str]:
        """(whether we were welcomed, why it is final or "")."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(self._url(), heartbeat=HEARTBEAT_S, max_msg_size=LARGEST_MESSAGE) as socket,
        ):
            await socket.send_str(encode(Hello(self._token, self._desk, self._extension, self._queues)))
            tasks: list[asyncio.Task[None]] = []
            welcomed = False
            try:
                async for frame in socket:
                    if frame.type is not aiohttp.WSMsgType.TEXT:
                        continue
                    message = self._understood(frame.data)
                    if isinstance(message, Welcome):
                        welcomed, self._socket = True, socket
                        self._inbox.put_nowait(Connected())
                        tasks = [asyncio.create_task(self._renew(socket)), asyncio.create_task(self._measure(socket))]
                    match message:
                        case Pong():
                            self._answered(message)
                        case Rejected("not_leading"):
                            # The next switchboard is on its way: nobody is signed out for that.
                            raise ConnectionError("not_leading")
                        case Rejected(why):
                            self._inbox.put_nowait(message)
                            return welcomed, why
                        case None:
                            pass
                        case _:
                            self._inbox.put_nowait(message)
            finally:
                self._socket = None
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        return welcomed, ""

    def _understood(self, text: str) -> ToDesk | None:
        try:
            return decode(text, TO_DESK)
        except BadMessage as error:
            # A newer server may say more than this desk knows.
            log.warning("message_not_understood", why=str(error))
            return None

    async def _renew(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not socket.closed:
            await socket.send_str(encode(Renew()))
            await asyncio.sleep(self._renew_s)

    async def _measure(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not socket.closed:
            self._quickest = float("inf")
            for _ in range(PINGS):
                self._pings += 1
                self._asked[self._pings] = time.monotonic()
                await socket.send_str(encode(Ping(self._pings)))
                await asyncio.sleep(PING_EVERY_S)
            await asyncio.sleep(PING_AGAIN_S)
            self._asked.clear()

    def _answered(self, pong: Pong) -> None:
        asked, now = self._asked.pop(pong.n, None), time.monotonic()
        if asked is None:
            return
        if now - asked < self._quickest:
            self._quickest = now - asked
            self._offset = pong.site_time - (asked + now) / 2
        self._synced.set()
