# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin client of ARI: events and commands on WebSockets, reading by HTTP before there are any.

What concerns the node goes over the socket of the events, what concerns a call over the lane that its id gives it, so
that calls do not wait for each other while the commands of one keep their order. `Reply.status` is an HTTP status.
Raises ConnectionError when Asterisk is gone, silent, or obeys somebody else.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import zlib
from collections.abc import Callable
from urllib.parse import quote

import aiohttp

from telephony.exchange.asterisk.lane import Event, Lane, Pulse, Reply, decoded, end
from telephony.exchange.asterisk.settings import EPOCH, Node

log = logging.getLogger(__name__)

LANES = 4
# Asterisk 22.10.1 locks itself up for good when the state of a device changes in the moment in which a socket that
# hears of them is closed (it takes the lock of device states and that of the session in both orders). We need not hear.
UNHEARD = "deviceState:"
NOT_SUBSCRIBED = 422
BEAT_S = 0.2
ASK_S = 1.0  # how often Asterisk is asked whether it is there and ours
HTTP_S = 10.0


def name(part: str) -> str:
    """One part of a path: ids and names may hold characters that mean something there."""
    return quote(part, safe="~-._")


class Ari:
    """One node. `listen()` makes it ours; `ask()` before that, or after it was lost, raises ConnectionError."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._http: aiohttp.ClientSession | None = None
        self._pulse = Pulse()
        self._lost: Callable[[str], None] | None = None
        self._main = Lane(node.name, self._pulse, _nobody, self._gone)
        self._lanes: list[Lane] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def epoch(self) -> int:
        """As which leader we are here."""
        return self._pulse.epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._pulse.epoch = epoch

    @property
    def sent(self) -> int:
        """How many commands went out."""
        return self._main.sent + sum(lane.sent for lane in self._lanes)

    @property
    def why_gone(self) -> str:
        """Empty while it obeys us."""
        return self._main.why_gone

    # ---- reading, by HTTP -------------------------------------------------------------------------------------------

    async def read(self, path: str, **query: str) -> Reply:
        """GET without the event socket: changes nothing and needs no lead."""
        try:
            async with self._session().get(f"{self.node.url}/ari/{path}", params=query) as response:
                return Reply(response.status, decoded(await response.text()))
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

    async def _hear_of_no_devices(self) -> None:
        """By HTTP, because on the event socket this is not always answered."""
        path = f"{self.node.url}/ari/applications/{name(self.node.app)}/subscription"
        async with self._session().delete(path, params={"eventSource": UNHEARD}) as response:
            if response.status >= 400 and response.status != NOT_SUBSCRIBED:  # the leader before us may have done it
                log.warning("%s: device states are heard of: %s", self.node.name, await response.text())

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            who = base64.b64encode(f"{self.node.user}:{self.node.password}".encode()).decode()
            self._http = aiohttp.ClientSession(
                headers={"Authorization": f"Basic {who}"}, timeout=aiohttp.ClientTimeout(total=HTTP_S)
            )
        return self._http

    # ---- leading ----------------------------------------------------------------------------------------------------

    async def listen(self, epoch: int, heard: Callable[[Event], None], lost: Callable[[str], None]) -> None:
        """Take over the applications; whoever had them is cut off. `lost(why)` is called once when one is ours no
        more."""
        self.epoch, self._lost, app = epoch, lost, self.node.app
        self._pulse.feel()
        self._main = Lane(self.node.name, self._pulse, heard, self._gone)
        self._lanes = [Lane(self.node.name, self._pulse, _nobody, self._gone) for _ in range(LANES)]
        try:
            await self._main.open(self._session(), self.node.url, app=app, subscribeAll="true")
            await self._hear_of_no_devices()
            for number, lane in enumerate(self._lanes, 1):
                await lane.open(self._session(), self.node.url, app=f"{app}-lane{number}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionError(f"{self.node.name} at {self.node.url}: {error!r}") from error

    def keep_asking(self) -> None:
        """From now on the epoch in Asterisk must be ours."""
        self._tasks.append(asyncio.create_task(self._beating(), name="ari heartbeat"))
        self._tasks.append(asyncio.create_task(self._asking(), name="ari epoch"))

    def ask(self, method: str, path: str, body: object = None, **query: str) -> asyncio.Future[Reply]:
        """Give a command that concerns no call."""
        return self._main.ask(method, path, body, **query)

    def lane(self, call: str) -> Lane:
        """Where the commands of a call go."""
        return self._lanes[zlib.crc32(call.encode()) % LANES] if self._lanes else self._main

    async def close(self) -> None:
        """Let go; what stands in Asterisk goes on."""
        for lane in (self._main, *self._lanes):
            lane.lost("closed", tell=False)
        await end(self._tasks)
        await asyncio.gather(*(lane.close() for lane in (self._main, *self._lanes)))
        if self._http is not None:
            await self._http.close()

    def _gone(self, why: str) -> None:
        """One socket does not obey any more: then none does."""
        lost, self._lost = self._lost, None
        for lane in (self._main, *self._lanes):
            lane.lost(why, tell=False)
        if lost is not None:
            log.warning("%s is gone: %s", self.node.name, why)
            lost(why)

    # ---- the fence --------------------------------------------------------------------------------------------------

    async def _beating(self) -> None:
        while not self.why_gone:
            self._pulse.feel()
            await asyncio.sleep(BEAT_S)

    async def _asking(self) -> None:
        """Finds a socket that is half open, and an epoch that is no longer ours, while nothing is ordered."""
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(ASK_S)
                for lane in (self._main, *self._lanes):
                    if not lane.is_ours(await lane.ask("GET", "asterisk/variable", variable=EPOCH)):
                        self._gone("another switchboard leads, or Asterisk was started again")
                        return


def _nobody(event: Event) -> None:
    """Lanes carry no events."""
