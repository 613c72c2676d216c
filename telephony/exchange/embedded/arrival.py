# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes to the trunk socket: who may call which of our numbers, and how a call begins or is refused."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from telephony.exchange.embedded import sdp, trunks
from telephony.exchange.embedded.legs import InboundLeg
from telephony.exchange.embedded.session import Call
from telephony.exchange.embedded.sip import ALLOW, Addr, SipRequest, display_name, parse_address, user_of
from telephony.exchange.embedded.standing import Standing
from telephony.exchange.embedded.transactions import ServerTransaction
from telephony.exchange.engine import CallArrived, Trunk

if TYPE_CHECKING:
    from telephony.exchange.embedded.switch import Switch

log = logging.getLogger(__name__)

WITHHELD = ("anonymous", "unknown", "unavailable", "restricted")


def from_trunk(switch: Switch, transaction: ServerTransaction) -> None:
    """OPTIONS and INVITE of a configured trunk; nothing else, and nobody else."""
    request = transaction.request
    standing = switch.trunks.of(transaction.source)
    if request.method == "REGISTER":
        transaction.reply(405, (("Allow", ALLOW),))
    elif request.method == "OPTIONS":
        transaction.reply(403 if standing is None else 200 if switch.open_for_calls else 503, (("Allow", ALLOW),))
    else:
        _invite(switch, transaction, standing)


def _invite(switch: Switch, transaction: ServerTransaction, standing: Standing | None) -> None:
    request = transaction.request
    from_number, from_name = identity(request, standing, transaction.source)
    to_number = dialled(request, standing)

    def refuse(code: int, why: str) -> None:
        transaction.reply(code)
        switch.refused(from_number, to_number, code, why)

    if standing is None:
        refuse(403, "not_a_trunk")
        return
    trunk = standing.trunk
    if not switch.open_for_calls:
        refuse(503, "closed")
        return
    if len(switch.calls) >= switch.settings.max_calls or switch.is_full(trunk):
        refuse(503, "full")
        return
    if not trunks.takes(trunk, to_number):
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
            media = _preferred(sdp.read(request.text, trunks.laws(trunk)), trunk)
        except sdp.BadSdp as error:
            log.info("call of %s to %s refused: %s", from_number, to_number, error)
            refuse(488, str(error))
            return
    try:
        port = switch.ports.open()
    except OSError as error:
        refuse(503, str(error))
        return
    port.law = trunks.laws(trunk)[0]
    call = Call(
        switch, switch.new_call_id(), from_number, from_name, to_number, "in", transaction.received_at, trunk.name
    )
    switch.begin(call)
    call.add(
        InboundLeg(
            switch.trunk_line, call, transaction, media, call.id, from_number, port, trunk.name, trunk.external_address
        )
    )
    arrived = CallArrived(
        call.id, from_number, from_name, to_number, trunk.name, time.monotonic(), transaction.received_at
    )
    switch.fact(arrived)
    if not switch.led:
        switch.look_after(call)


def _preferred(media: sdp.Media, trunk: Trunk) -> sdp.Media:
    """What is offered, in the order the trunk's setting asks for."""
    return replace(media, laws=tuple(law for law in trunks.laws(trunk) if law in media.laws))


def dialled(request: SipRequest, standing: Standing | None) -> str:
    """The number that was called. A registrar calls the Contact we gave it; then the number stands in To."""
    number = user_of(request.uri)
    if standing is not None and standing.trunk.register and number == standing.trunk.username:
        return parse_address(request.get_header("to") or "").uri.user or number
    return number


def identity(request: SipRequest, standing: Standing | None, source: Addr) -> tuple[str, str]:
    """(number, name) of the caller: the asserted identity of a trunk we believe, else From. Withheld is empty."""
    header = request.get_header("from") or ""
    if standing is not None and trunks.believes(standing, source):
        header = request.get_header("p-asserted-identity") or header
    address = parse_address(header)
    number = address.uri.user or ""
    if not number and header.lower().lstrip("<").startswith("tel:"):
        number = user_of(header.strip("<>"))
    number = number.split(";")[0]
    if number.lower() in WITHHELD:
        return "", ""
    return number, display_name(address)
