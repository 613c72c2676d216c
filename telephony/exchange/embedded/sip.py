# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to aiosipua: its parser and header types, and what this exchange builds out of them.

Addresses are (numeric IPv4 address, port). Parsing raises ValueError for anything that is not a usable SIP message.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from aiosipua.headers import (
    Address,
    CSeq,
    SipUri,
    Via,
    parse_address,
    parse_auth,
    parse_cseq,
    parse_uri,
    parse_via,
    stringify_uri,
)
from aiosipua.message import SipMessage, SipRequest, SipResponse
from aiosipua.sdp import MediaDescription, parse_sdp
from aiosipua.utils import generate_branch, generate_tag

__all__ = [
    "Addr", "Address", "CSeq", "MediaDescription", "SipMessage", "SipRequest", "SipResponse", "SipUri", "Via",
    "address_of", "display_name", "generate_branch", "generate_tag", "parse", "parse_address", "parse_auth",
    "parse_cseq", "parse_sdp", "parse_uri", "parse_via", "reason_of", "reply_to", "stringify_uri", "usable", "user_of",
]  # fmt: skip

Addr = tuple[str, int]

ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO"
PRODUCT = "Three Rings"

_REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}


def reason_of(code: int) -> str:
    """The reason phrase of a status code."""
    return _REASONS.get(code, "Failure" if code >= 300 else "OK")


@lru_cache(maxsize=4096)
def _numeric(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def usable(address: Addr) -> bool:
    """Whether a datagram may be sent there: asyncio closes its socket for a port out of range, and a name would
    block the loop in DNS."""
    host, port = address
    return isinstance(port, int) and 0 < port < 65536 and _numeric(host)


def address_of(uri: SipUri) -> Addr | None:
    """Where a request for `uri` goes, or None when that cannot be said without DNS or is out of range."""
    address = (uri.host, 5060 if uri.port is None else uri.port)
    return address if usable(address) else None


def parse(data: bytes) -> SipRequest | SipResponse:
    """The message in one datagram; raises ValueError for what cannot be answered at all."""
    message = SipMessage.parse(data.lstrip(b"\r\n"))
    if not message.headers.get("via") or not message.call_id:
        raise ValueError("no Via or Call-ID")
    via = message.headers.get("via")[0]
    parse_via(via)
    if isinstance(message, SipResponse) and not 100 <= message.status_code <= 699:
        raise ValueError("status code out of range")
    return message


def reply_to(
    request: SipRequest,
    code: int,
    tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: str = "",
    reason: str = "",
) -> SipResponse:
    """A response with the headers RFC 3261 §8.2.6 asks for; `tag` is put on To when it has none."""
    response = SipResponse(status_code=code, reason_phrase=reason or reason_of(code))
    for name in ("Via", "Record-Route"):
        for value in request.headers.get(name):
            response.headers.append(name, value)
    for name in ("From", "To", "Call-ID", "CSeq"):
        value = request.get_header(name)
        if value is not None:
            if name == "To" and tag and code > 100 and ";tag=" not in value.lower():
                value = f"{value};tag={tag}"
            response.headers.set_single(name, value)
    for name, value in headers:
        response.headers.append(name, value)
    if body:
        response.headers.set_single("Content-Type", "application/sdp")
        response.body = body.encode()
    return response


def user_of(uri: str) -> str:
    """The user part of a SIP or tel URI, without parameters; empty when there is none."""
    if uri.lower().startswith("tel:"):
        return uri[4:].split(";")[0]
    return (parse_uri(uri).user or "").split(";")[0].split(":")[0]


def display_name(address: Address | None) -> str:
    """The name a caller gives himself, or an empty string."""
    return (address.display_name or "").strip() if address else ""
