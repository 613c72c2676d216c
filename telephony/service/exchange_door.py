# SPDX-License-Identifier: GPL-3.0-or-later
"""How this site reaches its exchange: the embedded one is started if absent, an Asterisk is one's own or the site's.

`Addresses`: `trunk` and `phones` are HOST:PORT. Raises StartFailed with words when there can be no exchange at all,
ConnectionError when one that ran before cannot be reached now.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.settings import Settings
from telephony.exchange.asterisk.settings import Node
from telephony.exchange.embedded.client import EmbeddedExchange, StartFailed, start_if_absent
from telephony.exchange.engine import Exchange
from telephony.service.adopting import RECORDINGS

LONGEST_SOCKET_PATH = 90
NODES = "asterisk.json"  # in the data directory: the site's own Asterisk machines


@dataclass(frozen=True)
class Addresses:
    """Where trunks and phones find the exchange, and how phones speak with it (udp | tls, "" | sdes)."""

    trunk: str
    phones: str
    transport: str = "udp"
    media: str = ""
    certificate: str = ""


class Door(Protocol):
    """One exchange, or several under one name."""

    recordings: Path

    async def open(self) -> Addresses:
        """See that it runs and say where; the same addresses as before when it had to be started again."""
        ...

    async def connect(self) -> Exchange:
        """A connection that has not attached yet."""
        ...

    async def stop(self) -> None:
        """The service ends on purpose. An exchange that can stand alone goes on."""
        ...


def near(host: str) -> str:
    """The address that somebody on this machine can use for a host that means «all»."""
    return "127.0.0.1" if host == "0.0.0.0" else host


class EmbeddedDoor:
    """The exchange of this program: a process of its own session that outlives the switchboard."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses: Addresses | None = None
        self._control = _control(settings.data_dir / "exchange")
        self.recordings = settings.data_dir / RECORDINGS

    async def open(self) -> Addresses:
        settings, before = self._settings, self._addresses
        trunks = settings.data_dir / "trunks.json"
        # After a crash of the exchange the same ports are taken again, so that trunk and phones find it.
        found = await start_if_absent(
            settings.data_dir / "exchange",
            trunk=before.trunk if before else f"{settings.host}:{settings.trunk_port}",
            phones=before.phones if before else f"{near(settings.host)}:{settings.phone_port}",
            control=self._control,
            recordings=self.recordings,
            trunks=trunks if trunks.exists() else None,
        )
        self.recordings, self._control = found.recordings, found.control
        self._addresses = Addresses(found.trunk, found.phones)
        return self._addresses

    async def connect(self) -> Exchange:
        return await EmbeddedExchange.connect(self._control)

    async def stop(self) -> None:
        return


class AsteriskDoor:
    """Asterisk by ARI: the machines that the site's file names, otherwise one of our own, fetched and configured."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nodes: tuple[Node, ...] = ()
        self.recordings = settings.data_dir / RECORDINGS

    async def open(self) -> Addresses:
        from telephony.exchange.asterisk.nodes import BadNodes, read_nodes

        file = self._settings.data_dir / NODES
        if file.exists():
            try:
                self._nodes = read_nodes(file)
            except BadNodes as error:
                raise StartFailed(str(error)) from error
        else:
            self._nodes = (await self._own_node(),)
        first = self._nodes[0]
        return Addresses(first.trunk_address, first.phone_address)

    async def _own_node(self) -> Node:
        # Only a site with Asterisk loads what speaks to it.
        from telephony.exchange.asterisk.own import StartFailed as AsteriskFailed
        from telephony.exchange.asterisk.own import start_asterisk
        from telephony.exchange.asterisk.packages import NoAsterisk

        settings = self._settings
        try:
            own = await start_asterisk(
                settings.data_dir / "asterisk",
                trunk=f"{settings.host}:{settings.trunk_port}",
                phones=f"{near(settings.host)}:{settings.phone_port}",
            )
        except (AsteriskFailed, NoAsterisk) as error:
            raise StartFailed(str(error)) from error
        return own.node()

    async def connect(self) -> Exchange:
        from telephony.exchange.asterisk.engine import AsteriskExchange

        self.recordings.mkdir(parents=True, exist_ok=True)
        return await AsteriskExchange.connect(self._nodes, self.recordings)

    async def stop(self) -> None:
        return


def door(settings: Settings) -> Door:
    """The exchange that the settings name."""
    match settings.exchange:
        case "asterisk":
            return AsteriskDoor(settings)
        case _:
            return EmbeddedDoor(settings)


def _control(data: Path) -> Path:
    """The exchange's socket: in its data directory, or in a short private one when that path is too long."""
    there = data.absolute() / "control" / "s"
    if len(str(there)) <= LONGEST_SOCKET_PATH:
        return there
    digest = hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tr-{os.getuid()}-{digest}" / "s"
