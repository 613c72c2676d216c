# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's line as the house sets it up, and what is wrong with one. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

CODECS = ("PCMA", "PCMU", "G722")
TRANSPORTS = ("udp", "tcp", "tls")
MOST_NUMBERS = 500

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HOST = re.compile(
    r"(?=.{1,253}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
# What could end a line of SIP or of the exchange's configuration early.
_PLAIN = re.compile(r"[!-~]{0,128}")
_UNSAFE = frozenset('"<>;\\[]')


@dataclass(frozen=True)
class TrunkLine:
    """The fields of `telephony.exchange.orders.Trunk`, so that `Trunk(**asdict(line))` is the order's part."""

    name: str
    host: str
    port: int = 5060
    transport: str = "udp"
    register: bool = False
    username: str = ""
    secret: str = field(default="", repr=False)
    caller_id: str = ""
    numbers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ("PCMA", "PCMU")
    trusted: bool = False
    external_address: str = ""
    max_calls: int = 0


@dataclass(frozen=True)
class DeskPhone:
    """A hardware phone that registers at the exchange. `person` is whose it is, "" of whoever sits there."""

    extension: str
    name: str
    person: str = ""
    secret: str = field(default="", repr=False)


def trunk_fault(line: TrunkLine, secret_set: bool) -> str:
    """The first field that cannot be, "" when all is well. `secret_set`: a secret stands or comes with it."""
    wrong: tuple[tuple[str, bool], ...] = (
        ("name", not _NAME.fullmatch(line.name)),
        ("host", not is_host(line.host)),
        ("port", not 0 < line.port < 65536),
        ("transport", line.transport not in TRANSPORTS),
        ("username", not _plain(line.username) or (line.register and not line.username)),
        ("secret", not _PLAIN.fullmatch(line.secret) or (line.register and not secret_set)),
        ("caller_id", bool(line.caller_id) and not _NUMBER.fullmatch(line.caller_id)),
        ("numbers", len(line.numbers) > MOST_NUMBERS or not all(_NUMBER.fullmatch(each) for each in line.numbers)),
        ("sources", not all(_is_source(each) for each in line.sources)),
        ("codecs", not line.codecs or not set(line.codecs) <= set(CODECS) or len(set(line.codecs)) < len(line.codecs)),
        ("external_address", bool(line.external_address) and not is_host(line.external_address)),
        ("max_calls", line.max_calls < 0),
    )
    return next((name for name, fault in wrong if fault), "")


def is_host(text: str) -> bool:
    """Whether this is a name or an address that a packet could be sent to."""
    try:
        return not ip_address(text).is_multicast
    except ValueError:
        return bool(_HOST.fullmatch(text)) and not text.replace(".", "").isdigit()


def _is_source(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return is_host(text)
    return True


def _plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and not _UNSAFE & set(text)
