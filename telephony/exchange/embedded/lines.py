# SPDX-License-Identifier: GPL-3.0-or-later
"""One SIP side of the exchange, trunks or phones: a socket with its transactions and the book of its dialogs."""

from __future__ import annotations

import logging
from collections.abc import Callable

from telephony.exchange.embedded.dialog import Dialog
from telephony.exchange.embedded.legs import Leg
from telephony.exchange.embedded.sip import ALLOW, Addr, SipRequest, parse_address
from telephony.exchange.embedded.transactions import ServerTransaction, Transactions

log = logging.getLogger(__name__)


class SipLine:
    """Requests inside a dialog go to their leg when its far end sent them; `outside(transaction)` gets the others."""

    def __init__(self, name: str, outside: Callable[[ServerTransaction], None]) -> None:
        self.name = name
        self.transactions = Transactions(name, self._request, self._ack)
        self._outside = outside
        self._legs: dict[tuple[str, str], Leg] = {}

    def enter(self, dialog: Dialog, leg: Leg) -> None:
        """Let requests of `dialog` find `leg`."""
        self._legs[(dialog.call_id, dialog.local_tag)] = leg

    def leave(self, dialog: Dialog) -> None:
        """The dialog is over; later requests get 481."""
        self._legs.pop((dialog.call_id, dialog.local_tag), None)

    def _find(self, request: SipRequest, source: Addr) -> Leg | None:
        to_tag = parse_address(request.get_header("to") or "").tag or ""
        leg = self._legs.get((request.call_id or "", to_tag)) if to_tag else None
        if leg is None or leg.dialog is None:
            return None
        remote_tag = parse_address(request.get_header("from") or "").tag or ""
        known = {leg.dialog.peer[0], leg.dialog.next_hop()[0]}
        return leg if remote_tag == leg.dialog.remote_tag and source[0] in known else None

    def _request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        tagged = bool(parse_address(request.get_header("to") or "").tag)
        if tagged and request.method not in ("REGISTER", "OPTIONS"):
            leg = self._find(request, transaction.source)
            if leg is not None:
                leg.in_dialog(transaction)
            else:
                transaction.reply(481)
            return
        if request.get_header("max-forwards") == "0":
            transaction.reply(483)
        elif request.method in ("BYE", "INFO", "UPDATE", "PRACK"):
            transaction.reply(481)
        elif request.headers.get("require") and request.method == "INVITE":
            transaction.reply(420, tuple(("Unsupported", word) for word in request.headers.get("require")))
        elif request.method in ("INVITE", "OPTIONS", "REGISTER"):
            self._outside(transaction)
        else:
            transaction.reply(405, (("Allow", ALLOW),))

    def _ack(self, request: SipRequest, source: Addr) -> None:
        leg = self._find(request, source)
        if leg is not None:
            leg.confirmed(request)
