# SPDX-License-Identifier: GPL-3.0-or-later
"""One leg of a call: a SIP dialog with its RTP port, coming in or going out, with the same controls.

Stages: new, ringing, answered, ended. After `ended` the signalling finishes by itself in the background.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from telephony.exchange.embedded import info, sdp
from telephony.exchange.embedded.dialog import Dialog, from_request
from telephony.exchange.embedded.rtp import RtpPort
from telephony.exchange.embedded.sip import (
    ALLOW,
    PRODUCT,
    Addr,
    SipRequest,
    SipResponse,
    parse_address,
    stringify_uri,
)
from telephony.exchange.embedded.transactions import ServerTransaction, Transactions

log = logging.getLogger(__name__)


class Owner(Protocol):
    """The call that a leg tells what happens to it."""

    def leg_ringing(self, leg: Leg) -> None: ...
    def leg_answered(self, leg: Leg) -> None: ...
    def leg_ended(self, leg: Leg, by: str, code: int, why: str) -> None: ...
    def leg_pressed(self, leg: Leg, digit: str) -> None: ...
    def leg_changed(self, leg: Leg) -> None: ...


class Line(Protocol):
    """The SIP side a leg lives on: its transactions, and the book of dialogs in which requests find their leg."""

    transactions: Transactions

    def enter(self, dialog: Dialog, leg: Leg) -> None: ...
    def leave(self, dialog: Dialog) -> None: ...


class Leg(ABC):
    """What incoming and outgoing legs have in common: requests inside the dialog and hanging up."""

    def __init__(
        self,
        line: Line,
        owner: Owner,
        leg_id: str,
        side: str,
        number: str,
        extension: str,
        port: RtpPort,
        trunk: str = "",
        external: str = "",
    ) -> None:
        self.line = line
        self.owner = owner
        self.id = leg_id
        self.side = side
        self.number = number
        self.extension = extension
        self.port = port
        self.trunk = trunk
        self.external = external  # our address as the far end has to see it, empty: the one we are bound to
        self.stage = "new"
        self.dialog: Dialog | None = None
        self.answered_at = 0.0
        self.early = False  # early media may be heard
        self._offered: int | None = None  # sequence number of a 200 that carried our offer
        self._version = 1
        self._confirming: ServerTransaction | None = None
        self.info = info.InfoSender(self._send_info)
        port.on_digit = lambda digit: self.owner.leg_pressed(self, digit) if self.stage == "answered" else None

    @property
    def law(self) -> int:
        """Payload type of the voice, 0 or 8."""
        return self.port.law

    @property
    def here(self) -> Addr:
        """Where the far end is told to send its RTP."""
        return (self.external or self.port.address[0], self.port.address[1])

    @property
    def contact(self) -> str:
        """Where the far end is told to send its requests."""
        host, port = self.line.transactions.socket.address
        return f"<sip:exchange@{self.external or host}:{port}>"

    @abstractmethod
    def drop(self, code: int = 480) -> None:
        """End the leg from our side, whichever way fits."""

    def lose(self) -> None:
        """The far end is silent for good: hang up without hope of an answer."""
        if self.stage == "answered":
            self.bye()
            self.ended("system", 0, "lost")
        else:
            self.drop(480)

    def ended(self, by: str, code: int, why: str) -> None:
        """The leg is over: free the port and tell the owner, once."""
        if self.stage == "ended":
            return
        self.stage = "ended"
        self.port.close()
        self.owner.leg_ended(self, by, code, why)

    def bye(self) -> None:
        """Send BYE and leave the book."""
        if self.dialog is None:
            return
        request = self.dialog.request("BYE")
        self.line.transactions.request(request, self.dialog.next_hop(), lambda _response: None)
        self.line.leave(self.dialog)

    def hear(self, media: sdp.Media, law: int) -> None:
        """Take over where the far end wants its RTP."""
        port = self.port
        port.law = law
        port.digits_type = media.digits if media.digits is not None else -1
        if media.address is not None and media.address != port.signalled:
            port.aim(media.address)
        port.may_send = media.listens
        port.expects = media.talks

    def in_dialog(self, transaction: ServerTransaction) -> None:
        """A request of the far end inside the dialog."""
        request, dialog = transaction.request, self.dialog
        if dialog is None:
            transaction.reply(481)
            return
        cseq = request.cseq
        if cseq is None or not dialog.accepts(cseq.seq):
            transaction.reply(500)
            return
        match request.method:
            case "BYE":
                transaction.reply(200)
                self.line.leave(dialog)
                self.ended("far", 0, "bye")
            case "INVITE":
                self._offer_again(transaction, dialog)
            case "INFO":
                transaction.reply(200)
                digit = info.read(request)
                if digit and self.stage == "answered":
                    self.owner.leg_pressed(self, digit)
            case "OPTIONS":
                transaction.reply(200, (("Allow", ALLOW),))
            case _:
                transaction.reply(405, (("Allow", ALLOW),))

    def on_ack(self, request: SipRequest) -> None:
        """The ACK of a 200 of ours; it may carry the answer to our offer."""
        cseq = request.cseq
        if cseq and self._offered == cseq.seq and request.body:
            self._offered = None
            try:
                media = sdp.read(request.text, (self.port.law,))
            except sdp.BadSdp as error:
                log.info("leg %s: answer in ACK not usable: %s", self.id, error)
            else:
                self.hear(media, self.port.law)
                self.owner.leg_changed(self)

    def _offer_again(self, transaction: ServerTransaction, dialog: Dialog) -> None:
        """A re-INVITE: hold, resume, or a new address. The law stays, so no graph has to change."""
        request = transaction.request
        if self.stage != "answered":
            transaction.reply(491)
            return
        contacts = request.headers.get("contact")
        self._version += 1
        if request.body:
            try:
                media = sdp.read(request.text, (self.port.law,))
            except sdp.BadSdp as error:
                transaction.reply(488, reason=f"Not Acceptable Here: {error}"[:60])
                return
            body = sdp.answer(self.here, media, self.port.law, self._version)
            self.hear(media, self.port.law)
        else:
            cseq = request.cseq
            self._offered = cseq.seq if cseq else None
            body = sdp.offer(self.here, (self.port.law,), self._version)
        if contacts and not dialog.fixed_peer:
            target = _target(contacts[0])
            if target:
                dialog.target = target
        self._confirming = transaction
        transaction.on_unconfirmed = self._unconfirmed
        transaction.reply(200, (("Contact", dialog.contact), ("Allow", ALLOW)), body)
        self.owner.leg_changed(self)

    def _send_info(self, body: str, kind: str, answered: Callable[[SipResponse], None]) -> None:
        if self.dialog is None or self.stage != "answered":
            return
        request = self.dialog.request("INFO", body=body)
        request.headers.set_single("Content-Type", kind)
        self.line.transactions.request(request, self.dialog.next_hop(), answered)

    def confirmed(self, request: SipRequest) -> None:
        """An ACK found this leg's dialog."""
        cseq = request.cseq
        waiting = self._confirming
        if waiting is not None and cseq and waiting.request.cseq and waiting.request.cseq.seq == cseq.seq:
            waiting.confirm()
            self._confirming = None
        self.on_ack(request)

    def _unconfirmed(self) -> None:
        """Our 200 was never acknowledged: the far end is gone, RFC 3261 §13.3.1.4."""
        if self.stage != "ended":
            self.bye()
            self.ended("system", 408, "lost")


class InboundLeg(Leg):
    """A call that came to us. `media` is its offer, or None when it carries none and the ACK answers ours."""

    def __init__(
        self,
        line: Line,
        owner: Owner,
        transaction: ServerTransaction,
        media: sdp.Media | None,
        leg_id: str,
        number: str,
        port: RtpPort,
        trunk: str = "",
        external: str = "",
    ) -> None:
        super().__init__(line, owner, leg_id, "customer", number, "", port, trunk, external)
        self._transaction = transaction
        self._media = media
        transaction.on_cancel = self._cancelled
        self.dialog = from_request(transaction.request, transaction.tag, self.contact, transaction.source)
        line.enter(self.dialog, self)
        if media is not None:
            self.hear(media, media.laws[0])

    def ring(self) -> None:
        """180, again and again allowed."""
        if self.stage in ("new", "ringing") and self.dialog:
            self.stage = "ringing"
            self._transaction.reply(180, (("Contact", self.dialog.contact),))

    def answer(self) -> bool:
        """200 with our description; false when it was too late."""
        if self.stage not in ("new", "ringing") or self.dialog is None or self._transaction.final:
            return False
        self.stage = "answered"
        if self._media is not None:
            body = sdp.answer(self.here, self._media, self.port.law)
        else:
            cseq = self._transaction.request.cseq
            self._offered = cseq.seq if cseq else None
            body = sdp.offer(self.here, (self.port.law,))
        self._confirming = self._transaction
        self._transaction.on_unconfirmed = self._unconfirmed
        headers = (("Contact", self.dialog.contact), ("Allow", ALLOW), ("Server", PRODUCT))
        self._transaction.reply(200, headers, body)
        self.owner.leg_answered(self)
        return True

    def refuse(self, code: int) -> None:
        """A final refusal of a call that was not answered."""
        self._transaction.reply(code)
        if self.dialog:
            self.line.leave(self.dialog)

    def drop(self, code: int = 480) -> None:
        if self.stage == "ended":
            return
        if self.stage == "answered":
            self.bye()
            self.ended("us", 0, "dropped")
        else:
            self.refuse(code)
            self.ended("us", code, "dropped")

    def _cancelled(self) -> None:
        if self.dialog:
            self.line.leave(self.dialog)
        self.ended("far", 487, "cancel")


def why_failed(code: int, timed_out: bool) -> str:
    """The word of LegEnded for a final answer to a call we placed."""
    if timed_out:
        return "unreachable"
    match code:
        case 486 | 600:
            return "busy"
        case 404 | 410 | 484 | 604:
            return "not_found"
        case 408 | 480:
            return "no_answer"
        case 487:
            return "cancel"
        case _ if code >= 500 and code < 600:
            return "unreachable"
        case _:
            return "reject"


def _target(contact: str) -> str:
    uri = parse_address(contact).uri
    return stringify_uri(uri) if uri.host else ""
