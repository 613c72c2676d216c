# SPDX-License-Identifier: GPL-3.0-or-later
"""How this site reaches its exchange: the embedded one is started if absent, an Asterisk is one's own or the site's.

`Addresses`: `trunk` and `phones` are HOST:PORT. Raises StartFailed with words when there can be no exchange at all,
ConnectionError when one that ran before cannot be reached now.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from models.settings import Settings
from telephony.exchange.asterisk.settings import OWN, Node
from telephony.exchange.embedded.client import EmbeddedExchange, StartFailed, start_if_absent
from telephony.exchange.engine import Exchange
from telephony.service.adopting import RECORDINGS

if TYPE_CHECKING:
    from telephony.exchange.asterisk.certificates import Certificate
    from telephony.exchange.asterisk.fetch import Installation

log = logging.getLogger(__name__)

LONGEST_SOCKET_PATH = 90


@dataclass(frozen=True)
class Addresses:
    """Where trunks and phones find the exchange. `secure_phones` where phones may speak TLS, "" nowhere; `trust` the
    fingerprint of what it shows then, `media` "sdes" when it encrypts sound."""

    trunk: str = ""
    phones: str = ""
    secure_phones: str = ""
    media: str = ""
    trust: str = ""


class Door(Protocol):
    """One exchange, or several under one name."""

    recordings: Path

    async def open(self) -> Addresses:
        """See that it runs and say where; the same addresses as before when it had to be started again."""
        ...

    async def connect(self) -> Exchange:
        """A connection that has not attached yet."""
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


class AsteriskDoor:
    """Asterisk by ARI: the machines that the site's file names, otherwise one of our own, fetched and configured."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nodes: tuple[Node, ...] = ()
        self._before = Addresses()
        self.recordings = settings.data_dir / RECORDINGS

    async def open(self) -> Addresses:
        from telephony.exchange.asterisk.nodes import BadNodes, site_nodes

        try:
            self._nodes = site_nodes(self._settings.data_dir) or (await self._own_node(),)
        except BadNodes as error:
            raise StartFailed(str(error)) from error
        first = self._nodes[0]
        media = "sdes" if first.srtp and first.tls else ""
        self._before = Addresses(first.trunk_address, first.phone_address, first.tls_address, media, first.trust)
        return self._before

    async def _own_node(self) -> Node:
        # Only a site with Asterisk loads what speaks to it.
        from telephony.exchange.asterisk.fetch import find_asterisk
        from telephony.exchange.asterisk.own import StartFailed as AsteriskFailed
        from telephony.exchange.asterisk.own import start_asterisk
        from telephony.exchange.asterisk.packages import NoAsterisk

        settings, host, before = self._settings, near(self._settings.host), self._before
        try:
            installation = await asyncio.to_thread(find_asterisk)
            own = await start_asterisk(
                settings.data_dir / OWN,
                trunk=before.trunk or f"{settings.host}:{settings.trunk_port}",
                phones=before.phones or f"{host}:{settings.phone_port}",
                phones_tls=before.secure_phones or f"{host}:{settings.phone_tls_port}",
                certificate=await asyncio.to_thread(_certificate, settings.data_dir / OWN / "tls", installation, host),
                installation=installation,
            )
        except (AsteriskFailed, NoAsterisk) as error:
            raise StartFailed(str(error)) from error
        return own.node()

    async def connect(self) -> Exchange:
        from telephony.exchange.asterisk.engine import AsteriskExchange

        self.recordings.mkdir(parents=True, exist_ok=True)
        return await AsteriskExchange.connect(self._nodes, self.recordings)


def _certificate(directory: Path, installation: Installation, host: str) -> Certificate | None:
    """Without one telephones speak in the clear, as they do with the exchange of this program."""
    from telephony.exchange.asterisk.certificates import NoCertificate, kept_certificate

    try:
        return kept_certificate(directory, installation, host)
    except NoCertificate as error:
        log.warning("no TLS for telephones: %s", error)
        return None


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
