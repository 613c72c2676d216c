# SPDX-License-Identifier: GPL-3.0-or-later
"""The trunks of the exchange: which are set, who of them a datagram comes from, what each may bring, how each fares."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Iterator

from telephony.exchange.embedded.sdp import PCMA, PCMU
from telephony.exchange.embedded.sip import Addr, usable
from telephony.exchange.embedded.standing import Standing
from telephony.exchange.embedded.transactions import Transactions
from telephony.exchange.engine import Trunk, TrunkNow

ANY = "*"
LAWS = {"PCMA": PCMA, "PCMU": PCMU}
LOOPBACK = Trunk("local", "127.0.0.1", port=0)  # whoever is on this machine may call, nobody is dialled
_LIKELY = {"registered": 0, "open": 0, "unknown": 1}
_NAME = re.compile(r"[\w.-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_STRANGE = re.compile(r'[\s"<>;@]')


def problem(trunk: Trunk) -> str:
    """Why this exchange cannot have such a trunk; empty when it can. Port 0: calls come over it and none go."""
    if not _NAME.fullmatch(trunk.name) or not _HOST.fullmatch(trunk.host):
        return "a trunk needs a name and a host"
    if not 0 <= trunk.port < 65536:
        return "a port is 0 to 65535"
    if trunk.transport != "udp":
        return f"the embedded exchange speaks to trunks by udp, not {trunk.transport}"
    if strange := [codec for codec in trunk.codecs if codec not in LAWS]:
        return f"the embedded exchange does not speak {', '.join(strange)}"
    if not trunk.codecs:
        return "a trunk needs a codec"
    if _STRANGE.search(trunk.username + trunk.caller_id):
        return "user and caller_id hold no spaces or quotes"
    if trunk.register and not (trunk.username and trunk.port):
        return "registering needs a user name and a port"
    if trunk.max_calls < 0:
        return "max_calls is 0 or more"
    for source in trunk.sources:
        try:
            ipaddress.IPv4Network(source, strict=False)
        except ValueError:
            return f"{source!r} is not an IPv4 address or network"
    if trunk.external_address:
        try:
            ipaddress.IPv4Address(trunk.external_address)
        except ValueError:
            return f"{trunk.external_address!r} is not an IPv4 address"
    return ""


def takes(trunk: Trunk, number: str) -> bool:
    """Whether `number` is one of ours at this trunk."""
    if not trunk.numbers or ANY in trunk.numbers:
        return True
    return number.lstrip("+") in {own.lstrip("+") for own in trunk.numbers}


def laws(trunk: Trunk) -> tuple[int, ...]:
    """Its codecs as payload types, by preference."""
    return tuple(LAWS[codec] for codec in trunk.codecs)


class TrunkBook:
    """`changed(trunk, state, code, why)` is called when a trunk fares differently. The first of equals is found."""

    def __init__(
        self, trunks: Iterable[Trunk], line: Transactions, changed: Callable[[str, str, int, str], None]
    ) -> None:
        self._line = line
        self._changed = changed
        self._standings: dict[str, Standing] = {}
        self._starting = tuple(trunks)
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin with the trunks of the start; the socket of the line is bound."""
        for trunk in self._starting:
            self.set(trunk)

    async def close(self) -> None:
        """Sign off where we are registered, without waiting for an answer."""
        for name in list(self._standings):
            self.remove(name)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, trunk: Trunk) -> None:
        """A new or changed trunk, without fault by `problem()`; the same again changes nothing."""
        before = self._standings.get(trunk.name)
        if before is not None:
            if before.trunk == trunk:
                return
            before.stop(sign_off=not before.same_binding(trunk))
        standing = Standing(trunk, self._line, self._changed)
        self._standings[trunk.name] = standing
        if usable((trunk.host, 5060)):
            standing.start((trunk.host, trunk.port))
        else:
            task = asyncio.get_running_loop().create_task(self._look_up(standing), name=f"trunk {trunk.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def remove(self, name: str) -> bool:
        """Whether there was such a trunk; its calls go on."""
        standing = self._standings.pop(name, None)
        if standing is not None:
            standing.stop()
        return standing is not None

    async def _look_up(self, standing: Standing) -> None:
        """Names are looked up beside the loop; one that is unknown is tried again."""
        while self._standings.get(standing.trunk.name) is standing:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(
                    standing.trunk.host, None, family=socket.AF_INET, type=socket.SOCK_DGRAM
                )
            except OSError as error:
                await asyncio.sleep(standing.failed("unreachable", 0, f"{standing.trunk.host}: {error}"))
                continue
            standing.start((str(found[0][4][0]), standing.trunk.port))
            return

    def __iter__(self) -> Iterator[Standing]:
        return iter(self._standings.values())

    def now(self) -> tuple[TrunkNow, ...]:
        """How all of them fare."""
        return tuple(TrunkNow(s.trunk.name, s.state, s.code, s.why) for s in self)

    def out(self, name: str) -> Standing | None:
        """The trunk called `name`; for "" the first that takes calls of ours, rather one that is known to answer."""
        able = [s for s in self if s.trunk.port and s.address and name in (s.trunk.name, "")]
        return min(able, key=lambda s: _LIKELY.get(s.state, 2), default=None)

    def of(self, source: Addr) -> Standing | None:
        """The trunk a datagram came from: the one of this very port, else the first that sends from this address."""
        senders = [s for s in self if _sends_from(s, source[0])]
        return next((s for s in senders if s.address == source), next(iter(senders), None))


def believes(standing: Standing, source: Addr) -> bool:
    """Whether an asserted identity from `source` counts. Every user of this machine is 127.0.0.1, so there the port
    has to be the trunk's."""
    own = source == standing.address
    return standing.trunk.trusted and (own or not ipaddress.ip_address(source[0]).is_loopback)


def _sends_from(standing: Standing, host: str) -> bool:
    sources = standing.trunk.sources
    if not sources:
        return standing.address is not None and standing.address[0] == host
    return any(ipaddress.IPv4Address(host) in ipaddress.IPv4Network(source, strict=False) for source in sources)
