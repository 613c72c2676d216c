# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk as the switchboard holds it: the Exchange Protocol over one or several nodes led together.

A call lives on the node it came to; a phone that is registered at another node is rung through that one. With several
nodes the loss of one ends its calls and nothing else; it is attached again when it is back. Facts of all nodes come in
one stream, in the order in which they arrived here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from telephony.exchange.asterisk import listing, orders, placing
from telephony.exchange.asterisk.book import book_of
from telephony.exchange.asterisk.settings import Node
from telephony.exchange.asterisk.switch import NodeSwitch
from telephony.exchange.engine import (
    Answer,
    Attach,
    CallEnded,
    Connect,
    Dial,
    Done,
    Drop,
    EndCall,
    Facilities,
    Fact,
    LegEnded,
    List,
    Order,
    PauseRecording,
    PhoneLost,
    PhoneNow,
    Play,
    Record,
    Refuse,
    Refused,
    RemoveTrunk,
    Ring,
    Ringback,
    SendDigits,
    SetAccount,
    SetOpen,
    SetReady,
    SetTrunk,
    Snapshot,
    StaleEpoch,
    Supervise,
)

log = logging.getLogger(__name__)

TRY_AGAIN_S = 0.5


class AsteriskExchange:
    """Made by `connect()`; `attach()` takes the lead of every node. Facts wait in order until `fact()` takes them."""

    def __init__(self, nodes: Sequence[Node], recordings: Path) -> None:
        self._recordings = recordings
        self._nodes = {node.name: node for node in nodes}
        self._switches: dict[str, NodeSwitch] = {}
        self._facts: asyncio.Queue[Fact | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._orders = 0
        self._epoch = 0
        self._leads = False
        self._why_gone = ""
        self._open: bool | None = None
        self.facilities = Facilities(
            "asterisk", tls=all(n.tls for n in nodes), srtp=all(n.srtp for n in nodes), own_queue=True,
            brings_recordings=True, nodes=len(nodes),
        )  # fmt: skip

    @classmethod
    async def connect(cls, nodes: Sequence[Node], recordings: Path) -> AsteriskExchange:
        """Look whether a node answers. Raises ConnectionError when none does."""
        if not nodes or len({node.name for node in nodes}) != len(nodes):
            raise ValueError("each node of the exchange needs a name of its own")
        exchange = cls(nodes, recordings)
        found = await asyncio.gather(*(_answers(exchange._new(node)) for node in nodes))
        if not any(found):
            raise ConnectionError(f"no Asterisk answers at {', '.join(node.url for node in nodes)}")
        return exchange

    def _new(self, node: Node) -> NodeSwitch:
        return NodeSwitch(node, book_of(node), self._recordings, self._facts.put_nowait, self._lost)

    # ---- leading ----------------------------------------------------------------------------------------------------

    async def attach(self, epoch: int) -> Snapshot:
        """Take the lead. Raises StaleEpoch when a higher epoch has attached, ConnectionError when it is gone."""
        if self._why_gone:
            raise ConnectionError(self._why_gone)
        self._epoch, self._leads = epoch, True
        waiting = [node for node in self._nodes.values() if node.name not in self._switches]
        found = await asyncio.gather(*(self._attach_node(node) for node in waiting), return_exceptions=True)
        failures = [error for error in found if isinstance(error, BaseException)]
        stale = next((error for error in failures if isinstance(error, StaleEpoch)), None)
        other = next((error for error in failures if not isinstance(error, StaleEpoch | ConnectionError)), None)
        if stale or other or not self._switches:
            self._leads = False
            await self._leave()
            raise stale or other or ConnectionError(str(failures[0]) if failures else "no node")
        for switch in self._switches.values():
            if switch.ari.epoch != epoch:
                await switch.raise_epoch(epoch)
        for node in waiting:
            if node.name not in self._switches:
                self._later(node)
        return await self._snapshot(0)

    async def _attach_node(self, node: Node) -> None:
        switch = self._new(node)
        try:
            await switch.attach(self._epoch)
            await switch.accounts.read()
            switch.lines.first = node.name == next(iter(self._nodes))
            await switch.accounts.find()
            await switch.push_again()
            if self._open is not None:
                await switch.set_open(self._open)
            await listing.adopt(switch)
        except BaseException:
            await switch.close()
            raise
        self._switches[node.name] = switch
        switch.begin()

    def _lost(self, switch: NodeSwitch, why: str) -> None:
        """A node does not obey any more: alone it is the exchange, among others its calls are lost."""
        if self._switches.get(switch.node.name) is not switch:
            return
        del self._switches[switch.node.name]
        self._start(switch.close())
        replaced = "switchboard" in why
        if replaced or not self._switches:
            self._gone(f"{switch.node.name}: {why}")
            return
        now = time.monotonic()
        for call in switch.calls.values():
            for leg in call.legs.values():
                self._facts.put_nowait(LegEnded(call.id, leg.id, "system", 0, "lost", now))
            self._facts.put_nowait(CallEnded(call.id, now))
        for extension in switch.accounts.phones:
            if self._where(extension) is None:
                self._facts.put_nowait(PhoneLost(extension, now))
        self._later(switch.node)

    def _later(self, node: Node) -> None:
        self._start(self._again(node))

    async def _again(self, node: Node) -> None:
        while self._leads and not self._why_gone:
            await asyncio.sleep(TRY_AGAIN_S)
            try:
                await self._attach_node(node)
            except ConnectionError as error:
                log.info("%s: %s", node.name, error)
            except StaleEpoch:
                self._gone("a higher epoch leads")
            else:
                return

    def _gone(self, why: str) -> None:
        if not self._why_gone:
            self._why_gone = why
            self._leads = False
            for switch in list(self._switches.values()):
                self._start(switch.close())
            self._switches.clear()
            self._facts.put_nowait(None)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _leave(self) -> None:
        switches = list(self._switches.values())
        self._switches.clear()
        await asyncio.gather(*(switch.close() for switch in switches))

    # ---- the protocol -----------------------------------------------------------------------------------------------

    def next_order(self) -> int:
        """A number for the next order."""
        self._orders += 1
        return self._orders

    async def fact(self) -> Fact:
        """The next fact. Raises ConnectionError when the exchange is gone and all its facts were taken."""
        fact = await self._facts.get()
        if fact is None:
            self._facts.put_nowait(None)
            raise ConnectionError(self._why_gone or "the exchange is gone")
        return fact

    async def close(self) -> None:
        """Let go of the connection; the exchange and its calls go on."""
        self._gone("closed")
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def order(self, order: Order) -> Done | Snapshot | Refused:
        """Carry out one order. Raises ConnectionError when the exchange is gone."""
        if self._why_gone:
            raise ConnectionError(self._why_gone)
        if isinstance(order, List):
            return await self._snapshot(order.order)
        if isinstance(order, Attach):
            try:
                return replace(await self.attach(order.epoch), order=order.order)
            except StaleEpoch:
                return Refused(order.order, "stale_epoch")
        if not self._leads or order.epoch < self._epoch:
            return Refused(order.order, "stale_epoch")
        if order.epoch != self._epoch:
            return Refused(order.order, "bad_order")
        why = await self._carry_out(order)
        if self._why_gone:
            raise ConnectionError(self._why_gone)
        return Refused(order.order, why) if why else Done(order.order)

    async def _carry_out(self, order: Order) -> str:
        match order:
            case Attach() | List():
                return ""
            case SetOpen():
                self._open = order.open
                return await self._everywhere(lambda switch: switch.set_open(order.open))
            case SetAccount():
                return await self._everywhere(lambda s: s.accounts.set_account(order.extension, order.secret))
            case SetReady():
                return await self._everywhere(lambda s: s.accounts.set_ready(order.extension, order.on))
            case SetTrunk():
                return await self._everywhere(lambda s: s.lines.set_trunk(order.trunk))
            case RemoveTrunk():
                return await self._everywhere(lambda s: s.lines.remove_trunk(order.trunk))
            case Ring():
                return await self._ring(order)
            case Dial():
                switch = self._of(order.call) or next(iter(self._switches.values()))
                return await placing.dial(switch, order)
            case (
                Ringback() | Answer() | Refuse() | Play() | Connect() | Drop() | EndCall() | Record()
                | PauseRecording() | SendDigits() | Supervise()
            ):  # fmt: skip
                switch = self._of(order.call)
                call = switch.calls.get(order.call) if switch else None
                if switch is None or call is None:
                    return "no_such_call"
                return await orders.for_call(switch, call, order)
            case _:
                assert_never(order)

    async def _ring(self, order: Ring) -> str:
        there = self._where(order.extension)
        switch = self._of(order.call) or there or next(iter(self._switches.values()))
        far = there.node if there is not None and there is not switch else None
        return await placing.ring(switch, order, far)

    async def _everywhere(self, do: Callable[[NodeSwitch], Awaitable[str]]) -> str:
        """The first reason of any node, empty when all did it."""
        asked = [do(switch) for switch in self._switches.values()]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        # A node that dies this moment is told everything again when it is back; the others have done their part.
        lost = [each for each in answers if isinstance(each, ConnectionError)]
        found = [each for each in answers if not isinstance(each, BaseException)]
        worse = next((each for each in answers if isinstance(each, BaseException) and each not in lost), None)
        if worse is not None or not found:
            raise worse or lost[0]
        return next((why for why in found if why), "")

    def _of(self, call: str) -> NodeSwitch | None:
        return next((switch for switch in self._switches.values() if call in switch.calls), None)

    def _where(self, extension: str) -> NodeSwitch | None:
        return next((switch for switch in self._switches.values() if extension in switch.accounts.phones), None)

    async def _snapshot(self, number: int) -> Snapshot:
        """From memory while we lead, else read from the nodes without changing anything."""
        if self._leads:
            switches = list(self._switches.values())
            epoch = self._epoch
        else:
            switches = [self._new(node) for node in self._nodes.values()]
            epoch = max(await asyncio.gather(*(switch.epoch() for switch in switches)))
            for switch in switches:
                await switch.accounts.read()
                switch.calls = (await listing.read(switch)).calls
        phones: dict[str, PhoneNow] = {}
        for switch in switches:
            phones |= {phone.extension: phone for phone in switch.accounts.now()}
        known = sorted({extension for switch in switches for extension in switch.accounts.known})
        calls = tuple(call.now() for switch in switches for call in switch.calls.values())
        trunks = switches[0].lines.now() if switches else ()
        if not self._leads:
            await asyncio.gather(*(switch.close() for switch in switches))
        return Snapshot(number, epoch, time.monotonic(), calls, tuple(phones.values()), tuple(known), trunks)


async def _answers(switch: NodeSwitch) -> bool:
    try:
        return (await switch.ari.read("asterisk/ping")).good
    except ConnectionError as error:
        log.info("%s", error)
        return False
    finally:
        await switch.close()
