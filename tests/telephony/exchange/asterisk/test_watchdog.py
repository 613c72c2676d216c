# SPDX-License-Identifier: GPL-3.0-or-later
"""The brain is killed, stopped, comes back: waiting callers reach ready agents through Asterisk's own queue."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telephony.exchange.asterisk.ami import Ami
from telephony.exchange.asterisk.asking import Asking
from telephony.exchange.asterisk.own import OwnAsterisk
from telephony.exchange.asterisk.settings import ready_device
from telephony.exchange.asterisk.watchdog import MISSED, PING_S, Pings, Watchdog, members_of
from tests.telephony.exchange.peers import PATIENCE, Caller, Peer, Phone, Talk, address, until

ROOT = Path(__file__).resolve().parents[4]
QUICK_S = 0.2


class Scene:
    """An Asterisk with its watchdog, its phones and callers, and a brain when one is wanted."""

    def __init__(self, asterisk: OwnAsterisk) -> None:
        self.asterisk = asterisk
        self.asking = Asking(asterisk.node())
        self.peers: list[Peer] = []
        self.brain: asyncio.subprocess.Process | None = None
        self.watchdog = Watchdog(asterisk.watchdog_node(), asterisk.ami, ping_s=QUICK_S)

    async def put(self, kind: str, name: str, **fields: str) -> None:
        body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
        status, said = await self.asking.ask("PUT", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}", body)
        assert status == 200, said

    async def phone(self, extension: str, ready: bool = True) -> Phone:
        """A registered phone whose agent is ready or not."""
        await self.put("auth", extension, auth_type="digest", username=extension, password="s")
        await self.put("aor", extension, max_contacts="1", remove_existing="yes")
        await self.put(
            "endpoint", extension, transport="phone-udp", context="from-phones", auth=extension, aors=extension,
            disallow="all", allow="alaw,ulaw", direct_media="no", allow_transfer="no",
        )  # fmt: skip
        phone = Phone(extension, "s")
        self.peers.append(await phone.open())
        assert await phone.register(address(self.asterisk.phones), algorithm="MD5") == 200
        await self.ready(extension, ready)
        return phone

    async def ready(self, extension: str, on: bool) -> None:
        state = "NOT_INUSE" if on else "INUSE"
        status, _ = await self.asking.ask("PUT", f"deviceStates/{ready_device(extension)}", deviceState=state)
        assert status == 204

    async def caller(self, number: str) -> Talk:
        """Somebody who calls 400 over a trunk of his own."""
        caller = Caller(number)
        self.peers.append(await caller.open())
        name = f"trunk-{number}"
        await self.put(
            "endpoint", name, transport="trunk-udp", context="from-trunk", identify_by="ip", disallow="all",
            allow="alaw,ulaw", direct_media="no", allow_transfer="no",
        )  # fmt: skip
        await self.put("identify", name, endpoint=name, match=f"127.0.0.1:{caller.here[1]}")
        return caller.call(address(self.asterisk.trunk), "400")

    async def lead(self, extension: str = "") -> None:
        """Start a brain and wait until the watchdog hears it."""
        node = self.asterisk.node()
        words = ["-m", "tests.telephony.exchange.asterisk.brain", node.url, node.user, node.password]
        self.brain = await asyncio.create_subprocess_exec(
            sys.executable, *words, *([extension] if extension else []), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert self.brain.stdout is not None
        assert await asyncio.wait_for(self.brain.stdout.readline(), PATIENCE) == b"ready\n"

    async def end_brain(self) -> None:
        if self.brain is not None and self.brain.returncode is None:
            self.brain.kill()
            self.brain.send_signal(signal.SIGCONT)
            await self.brain.wait()

    async def in_queue(self) -> int:
        """How many callers are in Asterisk's own queue."""
        return sum(one["dialplan"]["app_name"] == "Queue" for one in await self.asking.list("channels"))

    async def in_stasis(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while sum(one["dialplan"]["app_name"] == "Stasis" for one in await self.asking.list("channels")) != count:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    async def members(self, wanted: set[str]) -> None:
        ami = await Ami.connect(self.asterisk.ami, self.watchdog.node.user, self.watchdog.node.password)
        try:
            deadline = time.monotonic() + PATIENCE
            while (found := await members_of(ami)) != wanted:
                assert time.monotonic() < deadline, found
                await asyncio.sleep(0.05)
        finally:
            await ami.close()

    async def close(self) -> None:
        await self.end_brain()
        for peer in self.peers:
            await peer.close()
        for row in await self.asking.list("channels"):
            await self.asking.ask("DELETE", f"channels/{row['id']}")
        for row in await self.asking.list("deviceStates"):
            await self.asking.ask("DELETE", f"deviceStates/{row['name']}")
        await self.asking.close()


@asynccontextmanager
async def watched(scene: Scene) -> AsyncIterator[Watchdog]:
    task = asyncio.create_task(scene.watchdog.run())
    try:
        yield scene.watchdog
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene(asterisk: OwnAsterisk) -> AsyncIterator[Scene]:
    scene = Scene(asterisk)
    try:
        yield scene
    finally:
        await scene.close()


async def answered(phone: Phone) -> Talk:
    talk = await phone.rung()
    talk.answer()
    await until(lambda: talk.acked)
    return talk


async def test_without_a_brain_a_call_goes_straight_to_a_ready_agent(scene: Scene):
    async with watched(scene):
        phone = await scene.phone("101")
        idle = await scene.phone("102", ready=False)
        await scene.members({"101"})
        talk = await scene.caller("13800000001")
        await answered(phone)
        await until(lambda: talk.state == "answered")
        assert idle.past == [], "who is not ready is not rung"


async def test_an_agent_who_talks_is_not_rung_for_the_next_caller(scene: Scene):
    async with watched(scene):
        phone = await scene.phone("103")
        await scene.members({"103"})
        first = await scene.caller("13800000002")
        his = await answered(phone)
        await until(lambda: first.state == "answered")
        second = await scene.caller("13800000003")
        await until(lambda: second.codes)
        await asyncio.sleep(1.5)  # longer than the queue's retry
        assert len(phone.past) == 1 and second.state != "answered"
        his.hang_up()
        await until(lambda: len(phone.past) == 2)
        await answered(phone)
        await until(lambda: second.state == "answered")


async def test_members_follow_the_ready_agents(scene: Scene):
    async with watched(scene):
        for extension in ("104", "105"):
            await scene.ready(extension, True)
        await scene.members({"104", "105"})
        await scene.ready("104", False)
        await scene.members({"105"})
        await scene.ready("105", False)
        await scene.members(set())


async def test_a_watchdog_that_starts_late_finds_the_ready_and_forgets_the_others(scene: Scene):
    await scene.ready("106", True)
    ami = await Ami.connect(scene.asterisk.ami, scene.watchdog.node.user, scene.watchdog.node.password)
    await ami.action("QueueAdd", Queue="threerings", Interface="PJSIP/199")
    await ami.close()
    async with watched(scene):
        await scene.members({"106"})


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_the_brain_is_gone_and_who_waits_is_served(scene: Scene, sign: signal.Signals):
    scene.watchdog = Watchdog(scene.asterisk.watchdog_node(), scene.asterisk.ami)
    async with watched(scene) as watchdog:
        phone = await scene.phone("107")
        await scene.lead()
        talk = await scene.caller("13800000004")
        await until(lambda: talk.state == "answered")
        await asyncio.sleep(2 * PING_S)
        assert not watchdog.gone and watchdog.moved == 0, "a brain that answers keeps its callers"
        assert scene.brain is not None
        began = time.monotonic()
        os.kill(scene.brain.pid, sign)
        await answered(phone)
        took = time.monotonic() - began
        assert (MISSED - 1) * PING_S < took < (MISSED + 2) * PING_S
        assert talk.state == "answered", "the caller was never hung up"
        # one who calls now, into a socket that nobody reads, is helped as well
        other = await scene.phone("108")
        late = await scene.caller("13800000005")
        await answered(other)
        await until(lambda: late.state == "answered")


async def test_who_talks_is_left_alone(scene: Scene):
    async with watched(scene) as watchdog:
        phone = await scene.phone("109", ready=False)
        await scene.lead("109")
        talk = await scene.caller("13800000006")
        his = await answered(phone)
        await scene.in_stasis(2)
        await asyncio.sleep(4 * QUICK_S)
        assert scene.brain is not None and not watchdog.gone
        os.kill(scene.brain.pid, signal.SIGSTOP)
        await until(lambda: watchdog.gone)
        await asyncio.sleep(3 * QUICK_S)
        assert watchdog.moved == 0 and await scene.in_queue() == 0
        assert (talk.state, his.state) == ("answered", "answered")


async def test_a_phone_that_rings_in_vain_is_silenced(scene: Scene):
    async with watched(scene) as watchdog:
        phone = await scene.phone("110", ready=False)
        await scene.lead("110")
        await scene.caller("13800000007")
        ringing = await phone.rung()
        assert scene.brain is not None
        os.kill(scene.brain.pid, signal.SIGKILL)
        await until(lambda: ringing.state == "ended")
        assert watchdog.gone
        await until(lambda: watchdog.moved == 1)


async def test_the_brain_comes_back_and_redirecting_ends(scene: Scene):
    async with watched(scene) as watchdog:
        await scene.lead()
        talk = await scene.caller("13800000008")
        await until(lambda: talk.state == "answered")
        assert scene.brain is not None
        os.kill(scene.brain.pid, signal.SIGSTOP)
        await until(lambda: watchdog.moved == 1)
        os.kill(scene.brain.pid, signal.SIGCONT)
        await until(lambda: not watchdog.gone)
        late = await scene.caller("13800000009")
        await until(lambda: late.state == "answered")
        await asyncio.sleep(4 * QUICK_S)
        assert watchdog.moved == 1 and await scene.in_queue() == 1, (
            "who is in the queue stays there, the new one is ours"
        )


async def test_the_watchdog_waits_for_an_asterisk_that_is_away(scene: Scene):
    away = Watchdog(scene.asterisk.watchdog_node(), "127.0.0.1:9")
    task = asyncio.create_task(away.run())
    await asyncio.sleep(0.2)
    assert not task.done() and not away.gone
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_ends_when_told_even_as_an_event_comes(scene: Scene):
    ami = await Ami.connect(scene.asterisk.ami, scene.watchdog.node.user, scene.watchdog.node.password)
    task = asyncio.create_task(scene.watchdog._mirror(ami))
    await asyncio.sleep(0.2)  # it has compared and waits for the next event
    ami.events.put_nowait({"Event": "PeerStatus"})
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=1.0)
    await ami.close()
    await scene.watchdog._asking.close()
    assert done and task.cancelled()


async def test_a_lost_connection_does_not_bring_the_brain_back(scene: Scene):
    said: list[bool] = []
    scene.watchdog = Watchdog(scene.asterisk.watchdog_node(), scene.asterisk.ami, ping_s=QUICK_S, told=said.append)
    async with watched(scene):
        await until(lambda: said == [True])
    async with watched(scene):  # connects anew, and still nobody answers
        await asyncio.sleep(3 * QUICK_S)
    assert said == [True]


def test_pings_are_counted_in_a_row():
    pings = Pings()
    pings.next("")
    for _ in range(MISSED):
        assert not pings.gone
        pings.next("1")
    assert pings.gone
    pings.next(str(pings.last))
    assert not pings.gone and pings.missed == 0
