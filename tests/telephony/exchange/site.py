# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange as a test holds it, of whichever engine: orders with the right number and epoch, facts kept, peers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from telephony.exchange.engine import Done, EndCall, Exchange, Fact, PhoneRegistered, Refused, SetAccount, Snapshot
from tests.telephony.exchange.peers import PATIENCE, Addr, Caller, Peer, Phone, until

F = TypeVar("F")


class Site:
    """`trunk` and `phones` are where the exchange listens; `recordings` is the folder of its files."""

    def __init__(self, client: Exchange, trunk: Addr, phones: Addr, recordings: Path, epoch: int) -> None:
        self.client = client
        self.trunk = trunk
        self.phones = phones
        self.recordings = recordings
        self.epoch = epoch
        self.facts: list[Fact] = []
        self.peers: list[Peer] = []
        self.caller_host = self.phone_host = trunk[0]
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                self.facts.append(await self.client.fact())

    async def order(self, kind: Callable[..., Any], *args: Any, **named: Any) -> Done | Refused | Snapshot:
        """Send one order."""
        return await self.client.order(kind(self.client.next_order(), self.epoch, *args, **named))

    async def do(self, kind: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Send one order that has to be done."""
        answer = await self.order(kind, *args, **named)
        assert isinstance(answer, Done), answer

    async def refused(self, kind: Callable[..., Any], *args: Any, **named: Any) -> str:
        """Send one order that has to be refused; why it was."""
        answer = await self.order(kind, *args, **named)
        assert isinstance(answer, Refused), answer
        return answer.why

    async def fact(self, kind: type[F], seconds: float = PATIENCE, **wanted: Any) -> F:
        """The first fact of this kind with these fields, waiting for it."""
        deadline = time.monotonic() + seconds
        while True:
            for fact in self.facts:
                if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in wanted.items()):
                    return fact
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {kind.__name__} {wanted} among {self.facts}")
            await asyncio.sleep(0.005)

    def seen(self, kind: type[F], **wanted: Any) -> list[F]:
        """The facts of this kind, with these fields, so far."""
        return [
            fact
            for fact in self.facts
            if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in wanted.items())
        ]

    async def phone(self, extension: str, hz: float = 1500.0) -> Phone:
        """A registered phone, as far as the exchange has told."""
        before = len(self.seen(PhoneRegistered, extension=extension))
        await self.do(SetAccount, extension, f"secret-{extension}")
        phone = Phone(extension, f"secret-{extension}", hz)
        phone.host = self.phone_host
        self.peers.append(await phone.open())
        assert await phone.register(self.phones) == 200
        await until(lambda: len(self.seen(PhoneRegistered, extension=extension)) > before)
        return phone

    async def caller(self, number: str = "13800138000", hz: float = 1000.0) -> Caller:
        """A customer."""
        caller = Caller(number, hz)
        caller.host = self.caller_host
        self.peers.append(await caller.open())
        return caller

    async def clear(self) -> None:
        """Leave the exchange as it was found: no calls, no accounts."""
        snapshot = await self.client.attach(self.epoch)
        for call in snapshot.calls:
            await self.order(EndCall, call.call)
        for extension in snapshot.accounts:
            await self.do(SetAccount, extension, "")

    async def leave(self) -> None:
        """Let the peers hang up, and let go of the exchange."""
        for peer in self.peers:
            await peer.close()
        await self.client.close()
        await asyncio.gather(self._listening, return_exceptions=True)
