# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin client of ARI: events and commands on one WebSocket, reading by HTTP before there is one.

Commands are carried out in the order they are given, one after the other: Asterisk does not see a second one that comes
with the first in one packet, so the next is sent when the last was answered. Nothing is sent while it is in doubt that
the Stasis application is ours: after a gap of the loop the epoch is read first. `Reply.status` is an HTTP status.
Raises ConnectionError when Asterisk is gone, silent, or obeys somebody else.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

import aiohttp

from telephony.exchange.asterisk.settings import EPOCH, Node

log = logging.getLogger(__name__)

GAP_S = 1.0  # a loop that stood still for longer may have been replaced meanwhile
BEAT_S = 0.2
ASK_S = 1.0  # how often Asterisk is asked whether it is there and ours
SILENCE_S = 3.0  # unanswered for this long, it is gone
HTTP_S = 10.0

Event = dict[str, Any]


def clock() -> float:
    """Seconds that go on while the machine sleeps, where there are such."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True)
class Reply:
    """What a command was answered: `data` is the decoded body, its text when it is no JSON, None when empty."""

    status: int
    data: Any = None

    @property
    def good(self) -> bool:
        return self.status < 400


def name(part: str) -> str:
    """One part of a path: ids and names may hold characters that mean something there."""
    return quote(part, safe="~-._")


class Ari:
    """One node. `listen()` makes it ours; `ask()` before that, or after it was lost, raises ConnectionError."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.sent = 0
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._outgoing: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._numbers = count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._beat = clock()
        self._doubt = False
        self.epoch = 0
        self._lost: Callable[[str], None] | None = None
        self.why_gone = "not attached"

    # ---- reading, by HTTP -------------------------------------------------------------------------------------------

    async def read(self, path: str, **query: str) -> Reply:
        """GET without the event socket: changes nothing and needs no lead."""
        try:
            async with self._session().get(f"{self.node.url}/ari/{path}", params=query) as response:
                return Reply(response.status, _decoded(await response.text()))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionError(f"{self.node.name} at {self.node.url}/ari/{path}: {error!r}") from error

    async def fetch(self, path: str) -> bytes | None:
        """The bytes of a file, None when there is none."""
        try:
            async with self._session().get(f"{self.node.url}/ari/{path}") as response:
                return await response.read() if response.status < 400 else None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionError(f"{self.node.name}: {error!r}") from error

    async def hear_only(self, kinds: tuple[str, ...]) -> None:
        """Let Asterisk send these events alone. By HTTP, because on the event socket this is never answered."""
        wanted = {"allowed": [{"type": kind} for kind in kinds]}
        try:
            async with self._session().put(
                f"{self.node.url}/ari/applications/{name(self.node.app)}/eventFilter", json=wanted
            ) as response:
                if response.status >= 400:
                    log.warning("%s: events are not filtered: %s", self.node.name, await response.text())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionError(f"{self.node.name}: {error!r}") from error

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            who = base64.b64encode(f"{self.node.user}:{self.node.password}".encode()).decode()
            self._http = aiohttp.ClientSession(
                headers={"Authorization": f"Basic {who}"}, timeout=aiohttp.ClientTimeout(total=HTTP_S)
            )
        return self._http

    # ---- leading, by the event socket -------------------------------------------------------------------------------

    async def listen(self, epoch: int, heard: Callable[[Event], None], lost: Callable[[str], None]) -> None:
        """Take over the application; whoever had it is cut off. `lost(why)` is called once when it is ours no more."""
        query = {"app": self.node.app, "subscribeAll": "true"}
        try:
            self._socket = await self._session().ws_connect(
                f"{self.node.url}/ari/events", params=query, max_msg_size=0, autoping=True
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionError(f"{self.node.name} at {self.node.url}: {error!r}") from error
        self.epoch, self._lost = epoch, lost
        self._beat, self._doubt, self.why_gone = clock(), False, ""
        self._tasks = [
            asyncio.create_task(self._read(self._socket, heard), name="ari events"),
            asyncio.create_task(self._write(self._socket), name="ari commands"),
        ]

    def keep_asking(self) -> None:
        """From now on the epoch in Asterisk must be ours."""
        self._tasks.append(asyncio.create_task(self._beating(), name="ari heartbeat"))
        self._tasks.append(asyncio.create_task(self._asking(), name="ari epoch"))

    def ask(self, method: str, path: str, body: object = None, **query: str) -> asyncio.Future[Reply]:
        """Give one command; the future has its reply. Several in a row are carried out in this order."""
        if self._socket is None or self.why_gone:
            raise ConnectionError(f"{self.node.name}: {self.why_gone}")
        number, text, reply = self._request(method, path, body, query)
        self._outgoing.put_nowait((number, text))
        return reply

    def _request(
        self, method: str, path: str, body: object, query: dict[str, str]
    ) -> tuple[str, str, asyncio.Future[Reply]]:
        number = str(next(self._numbers))
        request: dict[str, object] = {
            "type": "RESTRequest", "request_id": number, "transaction_id": number, "method": method, "uri": path,
            "query_strings": [{"name": key, "value": value} for key, value in query.items()],
        }  # fmt: skip
        if body is not None:
            request |= {"content_type": "application/json", "message_body": json.dumps(body)}
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        reply.add_done_callback(_seen)
        self._waiting[number] = reply
        return number, json.dumps(request), reply

    async def close(self) -> None:
        """Let go; what stands in Asterisk goes on."""
        self._gone("closed", tell=False)
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        while tasks:  # a cancellation may be lost in wait_for()
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=BEAT_S)
        if self._socket is not None:
            with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError):
                await asyncio.wait_for(self._socket.close(), 1.0)
        if self._http is not None:
            await self._http.close()

    def _gone(self, why: str, tell: bool = True) -> None:
        if self.why_gone:
            return
        self.why_gone = why
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(ConnectionError(f"{self.node.name}: {why}"))
        self._waiting.clear()
        if tell:
            log.warning("%s is gone: %s", self.node.name, why)
            if self._lost:
                self._lost(why)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, heard: Callable[[Event], None]) -> None:
        why = "the event socket ended"
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                event = json.loads(message.data)
                kind = event.get("type")
                if kind == "RESTResponse":
                    if event["status_code"] >= 400:
                        log.info("%s: %s %s", event.get("uri"), event["status_code"], event.get("message_body"))
                    reply = self._waiting.pop(str(event.get("request_id")), None)
                    if reply is not None and not reply.done():
                        reply.set_result(Reply(event["status_code"], _decoded(event.get("message_body") or "")))
                elif kind == "ApplicationReplaced":
                    why = "replaced by another switchboard"
                    break
                else:
                    heard(event)
        except (aiohttp.ClientError, OSError, ValueError, KeyError) as error:
            why = f"the event socket failed: {error!r}"
        self._gone(why)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                number, text = await self._outgoing.get()
                reply = self._waiting.get(number)
                if self._in_doubt():
                    await self._make_sure(socket)
                # from the check above to the write inside there is no await
                self.sent += 1
                await socket.send_str(text)
                if reply is not None:
                    await asyncio.wait([reply], timeout=SILENCE_S)
                    if not reply.done():
                        self._gone(f"no answer for {SILENCE_S:.0f} s")
                        return
        except (ConnectionError, TimeoutError, aiohttp.ClientError, OSError) as error:
            self._gone(str(error) or repr(error))

    # ---- the fence --------------------------------------------------------------------------------------------------

    def _in_doubt(self) -> bool:
        now = clock()
        if now - self._beat > GAP_S:
            log.warning("the loop stood still for %.1f s", now - self._beat)
            self._doubt = True
        self._beat = max(self._beat, now) if self._doubt else self._beat
        return self._doubt

    async def _make_sure(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Nothing goes out before Asterisk has said, on this very socket, that our epoch still counts."""
        while self._doubt:
            began = clock()
            _, text, reply = self._request("GET", "asterisk/variable", None, {"variable": EPOCH})
            await socket.send_str(text)
            if not self._is_ours(await asyncio.wait_for(reply, SILENCE_S)):
                raise ConnectionError("another switchboard leads")
            if clock() - began < GAP_S:
                self._doubt = False
                self._beat = clock()

    def _is_ours(self, reply: Reply) -> bool:
        value = reply.data.get("value", "") if reply.good and isinstance(reply.data, dict) else ""
        return str(value) == str(self.epoch)

    async def _beating(self) -> None:
        while not self.why_gone:
            now = clock()
            if now - self._beat > GAP_S:
                self._doubt = True
            self._beat = now
            await asyncio.sleep(BEAT_S)

    async def _asking(self) -> None:
        """Finds a socket that is half open, and an epoch that is no longer ours, while nothing is ordered."""
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(ASK_S)
                if not self._is_ours(await self.ask("GET", "asterisk/variable", variable=EPOCH)):
                    self._gone("another switchboard leads, or Asterisk was started again")
                    return


def _decoded(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _seen(future: asyncio.Future[Reply]) -> None:
    """A reply that nobody waits for may fail without a word of asyncio's."""
    if not future.cancelled():
        future.exception()
