# SPDX-License-Identifier: GPL-3.0-or-later
"""What the process is told at its start: addresses, folders, trunks. Raises BadSettings with words for the operator."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from dataclasses import dataclass, fields, replace
from pathlib import Path

from telephony.exchange.embedded.sip import Addr

ANY = "*"
LINGER_S = 60.0  # without a switchboard the exchange ends this long after its last call
MEDIA_TIMEOUT_S = 60.0  # a call nobody sends sound in ends after this long
MAX_CALLS = 100


class BadSettings(ValueError):
    """A setting cannot be used; says which and why."""


@dataclass(frozen=True)
class Trunk:
    """One provider. Calls come from `host`, ours go to host:port, with digest when `secret` is set (port 0: none).

    `numbers` are ours that may be called through it ("*" any). `trusted`: its P-Asserted-Identity is believed.
    """

    name: str
    host: str
    port: int = 5060
    user: str = ""
    secret: str = ""
    trusted: bool = False
    numbers: tuple[str, ...] = (ANY,)
    caller_id: str = ""
    ip: str = ""

    @property
    def address(self) -> Addr:
        """Where calls of ours go."""
        return (self.ip or self.host, self.port)

    def takes(self, number: str) -> bool:
        """Whether `number` is one of ours at this trunk."""
        return ANY in self.numbers or number.lstrip("+") in {own.lstrip("+") for own in self.numbers}

    def believes(self, source: Addr) -> bool:
        """Whether an asserted identity from `source` counts. Every user of this machine is 127.0.0.1, so there the
        port has to be the trunk's."""
        return self.trusted and (source == self.address or not ipaddress.ip_address(source[0]).is_loopback)


LOOPBACK = Trunk("local", "127.0.0.1", port=0, ip="127.0.0.1")  # whoever is on this machine may call, nobody is dialled


@dataclass(frozen=True)
class Settings:
    """Everything the process needs."""

    data: Path
    trunk: Addr
    phones: Addr
    control: Path
    recordings: Path
    trunks: tuple[Trunk, ...] = (LOOPBACK,)
    language: str = "zh_CN"
    rtp_first: int = 30000
    rtp_last: int = 39998
    linger_s: float = LINGER_S
    media_timeout_s: float = MEDIA_TIMEOUT_S
    max_calls: int = MAX_CALLS


def address(text: str) -> Addr:
    """HOST:PORT with a numeric IPv4 host; raises BadSettings."""
    host, _, port = text.rpartition(":")
    try:
        ipaddress.IPv4Address(host)
        number = int(port)
    except ValueError:
        raise BadSettings(f"{text!r} is not an IPv4 address with a port") from None
    if ipaddress.IPv4Address(host).is_unspecified:
        raise BadSettings(f"{text!r}: name the address itself, callers are told to send their voice there")
    if not 0 <= number < 65536:
        raise BadSettings(f"{text!r}: a port is 0 to 65535")
    return (host, number)


def read_trunks(path: Path) -> tuple[Trunk, ...]:
    """The trunks of a JSON file, a list of objects; host names are looked up now. Raises BadSettings."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from None
    if not isinstance(rows, list):
        raise BadSettings(f"{path}: a list of trunks is needed")
    return tuple(_trunk(path, row) for row in rows)


_KINDS = {"name": str, "host": str, "port": int, "user": str, "secret": str, "trusted": bool, "caller_id": str}


def _trunk(path: Path, row: object) -> Trunk:
    if not isinstance(row, dict):
        raise BadSettings(f"{path}: a trunk is an object")
    known = {f.name for f in fields(Trunk)} - {"ip"}
    if strange := set(row) - known:
        raise BadSettings(f"{path}: unknown {', '.join(sorted(map(str, strange)))}")
    for name, kind in _KINDS.items():
        if name in row and (not isinstance(row[name], kind) or (kind is int and isinstance(row[name], bool))):
            raise BadSettings(f"{path}: {name} must be {kind.__name__}")
    if not row.get("name") or not row.get("host"):
        raise BadSettings(f"{path}: a trunk needs name and host")
    numbers = row.get("numbers", [ANY])
    if not isinstance(numbers, list) or not all(isinstance(n, str) for n in numbers):
        raise BadSettings(f"{path}: numbers must be a list of strings")
    if re.search(r'[\s"<>;]', str(row.get("user", "")) + str(row.get("caller_id", ""))):
        raise BadSettings(f"{path}: user and caller_id hold no spaces or quotes")
    trunk = Trunk(**{**row, "numbers": tuple(numbers)})
    if not 0 <= trunk.port < 65536:
        raise BadSettings(f"{path}: a port is 0 to 65535")
    try:
        ip = socket.getaddrinfo(trunk.host, None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0]
    except OSError as error:
        raise BadSettings(f"{path}: {trunk.host}: {error}") from None
    return replace(trunk, ip=str(ip))


def trunk_of(trunks: tuple[Trunk, ...], source: Addr) -> Trunk | None:
    """The trunk a datagram came from: the one with this very port, else one of this host."""
    exact = next((t for t in trunks if t.address == source), None)
    return exact or next((t for t in trunks if t.address[0] == source[0]), None)
