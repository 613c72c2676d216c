# SPDX-License-Identifier: GPL-3.0-or-later
"""What a DialOut means: the URI to call, after everything in it was checked. Raises Refused."""

from __future__ import annotations

from telephony.phone.engine import DialOut, Register
from telephony.phone.own_thread import Refused
from telephony.phone.signalling import is_phone_word, may_send_header


def target_of(command: DialOut, wanted: Register | None) -> str:
    """A SIP URI as given, or that extension at the server of the registration."""
    target = command.target
    if not target.lower().startswith(("sip:", "sips:", "<sip")):
        if wanted is None:
            raise Refused("not_registered")
        if not is_phone_word(target):
            raise Refused("bad_address")
        target = server_uri(wanted, target)
    if command.caller and not is_phone_word(command.caller):
        raise Refused("bad_address")
    if not all(may_send_header(name, value) for name, value in command.headers.items()):
        raise Refused("bad_header")
    return target


def server_uri(wanted: Register, user: str = "") -> str:
    """The server, or an extension at it, by the transport of the registration."""
    how = "" if wanted.transport == "udp" else f";transport={wanted.transport}"
    return f"sip:{user}@{wanted.server}{how}" if user else f"sip:{wanted.server}{how}"
