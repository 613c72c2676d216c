# SPDX-License-Identifier: GPL-3.0-or-later
"""What the process is told at its start: addresses, folders, trunks. Raises BadSettings with words for the operator."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, fields
from pathlib import Path

from telephony.exchange.embedded.sip import Addr
from telephony.exchange.embedded.trunks import LOOPBACK, problem
from telephony.exchange.engine import Trunk

LINGER_S = 60.0  # without a switchboard the exchange ends this long after its last call
MEDIA_TIMEOUT_S = 60.0  # a call nobody sends sound in ends after this long
MAX_CALLS = 100


class BadSettings(ValueError):
    """A setting cannot be used; says which and why."""


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
    """The trunks of a JSON file, a list of objects with the fields of a Trunk. Raises BadSettings."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from None
    if not isinstance(rows, list):
        raise BadSettings(f"{path}: a list of trunks is needed")
    return tuple(_trunk(path, row) for row in rows)


_KINDS = {
    "name": str, "host": str, "port": int, "transport": str, "register": bool, "username": str, "secret": str,
    "caller_id": str, "trusted": bool, "external_address": str, "max_calls": int,
}  # fmt: skip
_LISTS = ("numbers", "sources", "codecs")


def _trunk(path: Path, row: object) -> Trunk:
    if not isinstance(row, dict):
        raise BadSettings(f"{path}: a trunk is an object")
    given = {("username" if name == "user" else str(name)): value for name, value in row.items()}
    if strange := set(given) - {field.name for field in fields(Trunk)}:
        raise BadSettings(f"{path}: unknown {', '.join(sorted(strange))}")
    for name, kind in _KINDS.items():
        if name in given and (not isinstance(given[name], kind) or (kind is int and isinstance(given[name], bool))):
            raise BadSettings(f"{path}: {name} must be {kind.__name__}")
    for name in _LISTS:
        words = given.get(name, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise BadSettings(f"{path}: {name} must be a list of strings")
    given |= {name: tuple(given[name]) for name in _LISTS if name in given}
    trunk = Trunk(**{"name": "", "host": "", **given})
    if wrong := problem(trunk):
        raise BadSettings(f"{path}: {wrong}")
    return trunk
