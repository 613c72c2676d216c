# SPDX-License-Identifier: GPL-3.0-or-later
"""One socket for commands: carried out in the order they are given, each sent when the one before was answered.

Asterisk does not see a second command that comes with the first in one packet, and it works on one at a time for each
socket. A socket belongs to a Stasis application of its own, which a later switchboard takes: then this one is cut off.
Nothing is sent while that is in doubt: after a gap of the loop the epoch is read first, on this very socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp

from telephony.exchange.asterisk.settings import EPOCH

log = logging.getLogger(__name__)

GAP_S = 1.0  # a loop that stood still for longer may have been replaced meanwhile
SILENCE_S = 3.0  # unanswered for this long, it is gone
CANCEL_S = 0.2

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


def decoded(text: str) -> Any:
    """A body as Asterisk sends it."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them, but for the one that asks, until every one has ended."""
    left = {task for task in tasks if task is not asyncio.current_task()}
    while left:  # a cancellation may be lost in wait_for()
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_S)


class Pulse:
    """When the loop was last seen going. All sockets of a node share it; `epoch` is ours."""

    def __init__(self) -> None:
        self.epoch = 0
        self.beat = clock()
        self.gaps = 0

    def feel(self) -> int:
        """How often the loop has stood still so far."""
        now = clock()
        if now - self.beat > GAP_S:
            log.warning("the loop stood still for %.1f s", now - self.beat)
            self.gaps += 1
        self.beat = now
        return self.gaps


class Lane:
    """Begins with `open()`. `gone(why)` is called once when it obeys no more; `heard` gets the events."""

    def __init__(self, node: str, pulse: Pulse, heard: Callable[[Event], None], gone: Callable[[str], None]) -> None:
        self._node, self._pulse, self._heard, self._tell = node, pulse, heard, gone
        self.sent = 0
        self.why_gone = "not attached"
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._outgoing: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._numbers = count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._sure = 0  # of how many gaps it is known that we were still the leader after them

    async def open(self, session: aiohttp.ClientSession, url: str, **query: str) -> None:
        """Take over the application; whoever had it is cut off. Raises what aiohttp raises."""
        self._socket = await session.ws_connect(f"{url}/ari/events", params=query, max_msg_size=0, autoping=True)
        self.why_gone, self._sure = "", self._pulse.gaps
        self._tasks = [
            asyncio.create_task(self._read(self._socket), name="ari events"),
            asyncio.create_task(self._write(self._socket), name="ari commands"),
        ]

    def ask(self, method: str, path: str, body: object = None, **query: str) -> asyncio.Future[Reply]:
        """Give one command; the future has its reply. Several in a row are carried out in this order."""
        if self._socket is None or self.why_gone:
            raise ConnectionError(f"{self._node}: {self.why_gone}")
        number, text, reply = self._request(method, path, body, query)
        self._outgoing.put_nowait((number, text))
        return reply

    async def close(self) -> None:
        """Let go; what stands in Asterisk goes on."""
        self.lost("closed", tell=False)
        await end(self._tasks)
        if self._socket is not None:
            with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError):
                await asyncio.wait_for(self._socket.close(), 1.0)

    def lost(self, why: str, tell: bool = True) -> None:
        """From now on nothing is sent, and nobody waits for an answer any more."""
        if self.why_gone:
            return
        self.why_gone = why
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(ConnectionError(f"{self._node}: {why}"))
        self._waiting.clear()
        if tell:
            self._tell(why)

    def is_ours(self, reply: Reply) -> bool:
        """Whether the epoch that Asterisk named is ours."""
        value = reply.data.get("value", "") if reply.good and isinstance(reply.data, dict) else ""
        return str(value) == str(self._pulse.epoch)

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

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        why = "the event socket ended"
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                event = json.loads(message.data)
                kind = event.get("type")
                if kind == "RESTResponse":
                    self._answered(event)
                elif kind == "ApplicationReplaced":
                    why = "replaced by another switchboard"
                    break
                else:
                    self._heard(event)
        except (aiohttp.ClientError, OSError, ValueError, KeyError) as error:
            why = f"the event socket failed: {error!r}"
        self.lost(why)

    def _answered(self, event: Event) -> None:
        if event["status_code"] >= 400:
            log.info("%s: %s %s", event.get("uri"), event["status_code"], event.get("message_body"))
        reply = self._waiting.pop(str(event.get("request_id")), None)
        if reply is not None and not reply.done():
            reply.set_result(Reply(event["status_code"], decoded(event.get("message_body") or "")))

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                number, text = await self._outgoing.get()
                reply = self._waiting.get(number)
                if self._pulse.feel() != self._sure:
                    await self._make_sure(socket)
                # from the check above to the write inside there is no await
                self.sent += 1
                await socket.send_str(text)
                if reply is not None:
                    await asyncio.wait([reply], timeout=SILENCE_S)
                    if not reply.done():
                        self.lost(f"no answer for {SILENCE_S:.0f} s")
                        return
        except (ConnectionError, TimeoutError, aiohttp.ClientError, OSError) as error:
            self.lost(str(error) or repr(error))

    async def _make_sure(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Nothing goes out before Asterisk has said, on this very socket, that our epoch still counts."""
        while (gaps := self._pulse.feel()) != self._sure:
            _, text, reply = self._request("GET", "asterisk/variable", None, {"variable": EPOCH})
            await socket.send_str(text)
            if not self.is_ours(await asyncio.wait_for(reply, SILENCE_S)):
                raise ConnectionError("another switchboard leads")
            self._sure = gaps


def _seen(future: asyncio.Future[Reply]) -> None:
    """A reply that nobody waits for may fail without a word of asyncio's."""
    if not future.cancelled():
        future.exception()
