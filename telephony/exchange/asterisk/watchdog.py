# SPDX-License-Identifier: GPL-3.0-or-later
"""A small process beside Asterisk: when the switchboard is gone, it hands the waiting callers to Asterisk's own queue.

Whether the switchboard is there is asked of the switchboard itself, through its event socket: every second the event
TRPing with a number goes to the application, and whoever reads its events sets the global variable TR_PONG to that
number. A socket that is merely open answers nothing. Three unanswered pings, and waiting callers are redirected to
the context `fallback`; who talks is left alone. When pings are answered again, nothing more is redirected; who went to
the queue stays there. The queue's members mirror the device states `Stasis:ready-<extension>` all the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from telephony.exchange.asterisk.ami import Ami, Message
from telephony.exchange.asterisk.asking import Asking
from telephony.exchange.asterisk.dialplan import READY_CONTEXT
from telephony.exchange.asterisk.rescue import rescue
from telephony.exchange.asterisk.settings import FALLBACK_CONTEXT, FALLBACK_QUEUE, Node, ready_device

log = logging.getLogger(__name__)

PING, PONG = "TRPing", "TR_PONG"
PING_S = 1.0
MISSED = 3  # pings in a row that nobody answered: the switchboard is gone
RETRY_S = 1.0  # Asterisk itself is away: try again after this
TOLD_S = 5.0  # the longest that Asterisk may take to tell its queue's members
MIRROR_S = 10.0  # how often the members are compared with what the phones say, beside every single change
READY = ready_device("")


@dataclass
class Pings:
    """Who answers. Numbers go up with the clock, so that an answer to an earlier watchdog is none to this one."""

    last: int = 0
    missed: int = 0

    def next(self, answered: str) -> int:
        """Count the answer to the last ping and give the next number."""
        heard = int(answered) if answered.isdigit() else 0
        self.missed = 0 if heard and heard >= self.last else self.missed + bool(self.last)
        self.last = max(self.last + 1, int(time.time() * 1000))
        return self.last

    @property
    def gone(self) -> bool:
        return self.missed >= MISSED


class Watchdog:
    """One Asterisk's. `told(gone)` hears every change."""

    def __init__(
        self, node: Node, ami: str, *, ping_s: float = PING_S, told: Callable[[bool], None] | None = None
    ) -> None:
        self.node = node
        self.gone = False
        self.moved = 0
        self._address = ami
        self._ping_s = ping_s
        self._told = told
        self._asking = Asking(node)
        self._pings = Pings()  # kept when the connection is lost: that alone is no answer

    async def run(self) -> None:
        """Watch until cancelled; an Asterisk that is away or starts again is waited for."""
        try:
            while True:
                try:
                    await self._watch()
                except ConnectionError as error:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():  # told to end just as the connection was lost
                        raise asyncio.CancelledError from None
                    log.warning("%s: %s", self.node.name, error)
                await asyncio.sleep(RETRY_S)
        finally:
            await self._asking.close()

    async def _watch(self) -> None:
        ami = await Ami.connect(self._address, self.node.user, self.node.password)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ping(ami))
                tasks.create_task(self._mirror(ami))
        except* ConnectionError as group:
            raise ConnectionError(str(group.exceptions[0])) from None
        finally:
            await ami.close()

    # ---- is anybody there? ------------------------------------------------------------------------------------------

    async def _ping(self, ami: Ami) -> None:
        pings = self._pings
        due = time.monotonic()
        while True:
            number = pings.next(await self._asking.value(PONG))
            if pings.gone != self.gone:
                self._say(pings.gone)
            await self._asking.ask(
                "POST", f"events/user/{PING}", {"variables": {"ping": str(number)}}, application=self.node.app
            )
            if self.gone:
                await self._help(ami)
            due = max(due + self._ping_s, time.monotonic())  # after a pause of this machine the pings do not pile up
            await asyncio.sleep(due - time.monotonic())

    def _say(self, gone: bool) -> None:
        self.gone = gone
        log.warning("%s: the switchboard %s", self.node.name, "is gone" if gone else "is back")
        if self._told:
            self._told(gone)

    async def _help(self, ami: Ami) -> None:
        todo = rescue(await self._asking.list("channels"), await self._asking.list("bridges"))
        for name in todo.ringing:
            await ami.action("Hangup", Channel=name, Cause="26")  # answered elsewhere: no missed call on the phone
        for name in todo.callers:
            answer = await ami.action("Redirect", Channel=name, Context=FALLBACK_CONTEXT, Exten="s", Priority="1")
            done = answer.get("Response") == "Success"
            self.moved += done
            log.warning("%s: %s to the queue: %s", self.node.name, name, answer.get("Message", ""))

    # ---- who would serve them ---------------------------------------------------------------------------------------

    async def _mirror(self, ami: Ami) -> None:
        """Members follow the device states: at once by event, and by comparing from time to time."""
        while True:
            await self._compare(ami)
            deadline = time.monotonic() + MIRROR_S
            with contextlib.suppress(TimeoutError):
                while (rest := deadline - time.monotonic()) > 0:
                    async with asyncio.timeout(rest):  # wait_for would lose a cancellation that comes with an event
                        event = await ami.events.get()
                    if event is None:
                        raise ConnectionError("AMI ended")
                    device = event.get("Device", "")
                    if event.get("Event") == "DeviceStateChange" and device.startswith(READY):
                        await self._member(ami, device.removeprefix(READY), event.get("State") == "NOT_INUSE")

    async def _compare(self, ami: Ami) -> None:
        states = await self._asking.list("deviceStates")
        ready = {
            row["name"].removeprefix(READY)
            for row in states
            if row["name"].startswith(READY) and row["state"] == "NOT_INUSE"
        }
        members = await members_of(ami)
        for extension in sorted(ready ^ members):
            await self._member(ami, extension, extension in ready)

    async def _member(self, ami: Ami, extension: str, ready: bool) -> None:
        if ready:
            await ami.action(
                "QueueAdd", Queue=FALLBACK_QUEUE, Interface=f"PJSIP/{extension}", MemberName=extension,
                StateInterface=f"hint:{extension}@{READY_CONTEXT}",
            )  # fmt: skip
        else:
            await ami.action("QueueRemove", Queue=FALLBACK_QUEUE, Interface=f"PJSIP/{extension}")


async def members_of(ami: Ami) -> set[str]:
    """The extensions that the queue has as members. Other events that come meanwhile keep their place."""
    kept: list[Message | None] = []
    found: set[str] = set()
    await ami.action("QueueStatus", Queue=FALLBACK_QUEUE)
    try:
        while True:
            async with asyncio.timeout(TOLD_S):
                event = await ami.events.get()
            match (event or {}).get("Event"):
                case "QueueMember":
                    found.add((event or {}).get("Location", "").removeprefix("PJSIP/"))
                case "QueueStatusComplete":
                    return found
                case None:
                    raise ConnectionError("AMI ended")
                case _:
                    kept.append(event)
    except TimeoutError:
        raise ConnectionError("AMI: the queue's state is not told") from None
    finally:
        for event in kept:
            ami.events.put_nowait(event)
