# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes to the trunk socket: who may call which of our numbers, and how a call begins or is refused."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from telephony.exchange.embedded import sdp
from telephony.exchange.embedded.legs import InboundLeg
from telephony.exchange.embedded.session import Call
from telephony.exchange.embedded.settings import Trunk, trunk_of
from telephony.exchange.embedded.sip import ALLOW, Addr, SipRequest, display_name, parse_address, user_of
from telephony.exchange.embedded.transactions import ServerTransaction
from telephony.exchange.engine import CallArrived

if TYPE_CHECKING:
    from telephony.exchange.embedded.switch import Switch

log = logging.getLogger(__name__)

WITHHELD = ("anonymous", "unknown", "unavailable", "restricted")


def from_trunk(switch: Switch, transaction: ServerTransaction) -> None:
    """OPTIONS and INVITE of a configured trunk; nothing else, and nobody else."""
    request = transaction.request
    trunk = trunk_of(switch.settings.trunks, transaction.source)
    if request.method == "REGISTER":
        transaction.reply(405, (("Allow", ALLOW),))
    elif request.method == "OPTIONS":
        transaction.reply(403 if trunk is None else 200 if switch.open_for_calls else 503, (("Allow", ALLOW),))
    else:
        _invite(switch, transaction, trunk)


def _invite(switch: Switch, transaction: ServerTransaction, trunk: Trunk | None) -> None:
    request = transaction.request
    from_number, from_name = identity(request, trunk, transaction.source)
    to_number = user_of(request.uri)

    def refuse(code: int, why: str) -> None:
        transaction.reply(code)
        switch.refused(from_number, to_number, code, why)

    if trunk is None:
        refuse(403, "not_a_trunk")
        return
    if not switch.open_for_calls:
        refuse(503, "closed")
        return
    if len(switch.calls) >= switch.settings.max_calls:
        refuse(503, "full")
        return
    if not trunk.takes(to_number):
        refuse(404, "not_our_number")
        return
    transaction.reply(100)
    media: sdp.Media | None = None
    if request.body:
        kind = (request.content_type or "").split(";")[0].strip().lower()
        if kind != "application/sdp":
            refuse(415, "no_session_description")
            return
        try:
            media = sdp.read(request.text)
        except sdp.BadSdp as error:
            log.info("call of %s to %s refused: %s", from_number, to_number, error)
            refuse(488, str(error))
            return
    try:
        port = switch.ports.open()
    except OSError as error:
        refuse(503, str(error))
        return
    port.law = sdp.PCMA
    call = Call(switch, switch.new_call_id(), from_number, from_name, to_number, "in", transaction.received_at)
    switch.begin(call)
    call.add(InboundLeg(switch.trunk_line, call, transaction, media, call.id, from_number, port))
    arrived = CallArrived(
        call.id, from_number, from_name, to_number, trunk.name, time.monotonic(), transaction.received_at
    )
    switch.fact(arrived)
    if not switch.led:
        switch.look_after(call)


def identity(request: SipRequest, trunk: Trunk | None, source: Addr) -> tuple[str, str]:
    """(number, name) of the caller: the asserted identity of a trunk we believe, else From. Withheld is empty."""
    header = request.get_header("from") or ""
    if trunk is not None and trunk.believes(source):
        header = request.get_header("p-asserted-identity") or header
    address = parse_address(header)
    number = address.uri.user or ""
    if not number and header.lower().lstrip("<").startswith("tel:"):
        number = user_of(header.strip("<>"))
    number = number.split(";")[0]
    if number.lower() in WITHHELD:
        return "", ""
    return number, display_name(address)
