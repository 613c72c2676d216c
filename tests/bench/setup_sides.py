# SPDX-License-Identifier: GPL-3.0-or-later
"""The two sides of the `setup` bench: an Asterisk led by our switchboard, and the same Asterisk with its app_queue.

Build, configuration, trunk, accounts and phones are the same, pushed by the same engine. For the peer the engine then
lets go, the agents become members of the queue that the configuration has for such times (`leastrecent`, which is our
longest idle; no Answer before Queue), and the dialled number goes straight to it.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from telephony.exchange.asterisk.ami import Ami
from telephony.exchange.asterisk.configuration import WATCHDOG_USER, Peer
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from telephony.exchange.asterisk.settings import FALLBACK_CONTEXT, FALLBACK_QUEUE, FROM_TRUNK
from telephony.exchange.engine import Refused, SetAccount, SetOpen, SetTrunk, Trunk
from tests.bench import setup_sipp
from tests.bench.setup_brain import Brain
from tests.bench.setup_sipp import Step
from tests.telephony.exchange.peers import Addr, address

NUMBER = "400"
EXTENSIONS = tuple(f"{1000 + n}" for n in range(100))


@dataclass(frozen=True)
class Played:
    """A step, and what it cost: seconds of CPU of all Asterisks and of this process, and the brain's orders."""

    step: Step
    asterisk_s: float
    brain_s: float
    orders: int


class Side:
    """Running Asterisks with registered agents. `brain` is who leads them, nobody for the peer."""

    def __init__(self, folder: Path, nodes: list[OwnAsterisk], port: int, brain: Brain | None = None) -> None:
        self.folder, self.nodes, self.port, self.brain = folder, nodes, port, brain
        self._processes = [psutil.Process(node.pid) for node in nodes]

    async def play(self, rate: int, seconds: float, traced: bool = False) -> Played:
        """Calls at this rate for so long."""
        trunks = [address(node.trunk) for node in self.nodes]
        orders, asterisk, brain = self._orders(), self._asterisk_s(), time.process_time()
        step = await setup_sipp.play(self.folder, trunks, self.port, rate, round(rate * seconds), traced)
        if self.brain is not None and not self.brain.leads:
            step = replace(step, why="the switchboard was lost")
        spent = self._asterisk_s() - asterisk, time.process_time() - brain
        return Played(step, *spent, self._orders() - orders - 1)  # asking for the number takes one

    async def delays(self, rate: int, seconds: float) -> list[float]:
        """Seconds from INVITE to the agent's INVITE of every call at this rate."""
        await self.play(rate, seconds, traced=True)
        return setup_sipp.delays(self.folder)

    def _orders(self) -> int:
        return self.brain.orders() if self.brain is not None else 0

    def _asterisk_s(self) -> float:
        return sum(times.user + times.system for times in (each.cpu_times() for each in self._processes))


@contextlib.asynccontextmanager
async def peer() -> AsyncIterator[Side]:
    """A fresh Asterisk whose own queue serves the callers."""
    async with _asterisks(("node1",)) as (folder, nodes):
        exchange = await _exchange(nodes, folder)
        port = await _phones(exchange, nodes)
        await exchange.close()
        ami = await Ami.connect(nodes[0].ami, WATCHDOG_USER, nodes[0].watchdog_password)
        try:
            for extension in EXTENSIONS:
                await _do(ami, "QueueAdd", Queue=FALLBACK_QUEUE, Interface=f"PJSIP/{extension}", MemberName=extension)
            # an exact number comes before the pattern that leads to the switchboard
            await _do(
                ami, "DialplanExtensionAdd", Context=FROM_TRUNK, Extension=NUMBER, Priority="1", Application="Goto",
                ApplicationData=f"{FALLBACK_CONTEXT},s,1",
            )  # fmt: skip
        finally:
            await ami.close()
        yield Side(folder, nodes, port)


@contextlib.asynccontextmanager
async def ours(names: tuple[str, ...] = ("node1",)) -> AsyncIterator[Side]:
    """Fresh Asterisks, led together by our switchboard."""
    async with _asterisks(names) as (folder, nodes):
        exchange = await _exchange(nodes, folder)
        try:
            port = await _phones(exchange, nodes)
            brain = await Brain.open(exchange, folder, EXTENSIONS, epoch=2)
            try:
                yield Side(folder, nodes, port, brain)
            finally:
                await brain.close()
        finally:
            await exchange.close()


@contextlib.asynccontextmanager
async def _asterisks(names: tuple[str, ...]) -> AsyncIterator[tuple[Path, list[OwnAsterisk]]]:
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    trunks = {name: f"127.0.0.1:{setup_sipp.free_port()}" for name in names}
    nodes: list[OwnAsterisk] = []
    try:
        for name in names:
            peers = tuple(Peer(other, trunks[other]) for other in names if other != name)
            nodes.append(await start_asterisk(folder / name, name=name, trunk=trunks[name], peers=peers))
        yield folder, nodes
    finally:
        for node in nodes:
            await node.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _exchange(nodes: list[OwnAsterisk], folder: Path) -> AsteriskExchange:
    exchange = await AsteriskExchange.connect([node.node() for node in nodes], folder / "recordings")
    await exchange.attach(1)
    orders = [SetTrunk(exchange.next_order(), 1, Trunk("world", setup_sipp.CUSTOMERS, port=0))]
    accounts = [SetAccount(exchange.next_order(), 1, each, setup_sipp.secret_of(each)) for each in EXTENSIONS]
    for order in [*orders, *accounts, SetOpen(exchange.next_order(), 1, True)]:
        answer = await exchange.order(order)
        if isinstance(answer, Refused):
            raise RuntimeError(f"{order}: {answer.why}")
    return exchange


async def _phones(exchange: AsteriskExchange, nodes: list[OwnAsterisk]) -> int:
    """Register the agents, shared out among the nodes; the port where they are."""
    port = setup_sipp.free_port()
    registrars: list[Addr] = [address(node.phones) for node in nodes]
    await setup_sipp.register({each: registrars[n % len(nodes)] for n, each in enumerate(EXTENSIONS)}, port)
    return port


async def _do(ami: Ami, name: str, **headers: str) -> None:
    answer = await ami.action(name, **headers)
    if answer.get("Response") != "Success":
        raise RuntimeError(f"{name}: {answer.get('Message')}")
