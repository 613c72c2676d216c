# SPDX-License-Identifier: GPL-3.0-or-later
"""A leg that we place: ringing one of our phones, or dialling a number over a trunk with its digest."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field

from telephony.exchange.embedded import digest, sdp
from telephony.exchange.embedded.dialog import from_response
from telephony.exchange.embedded.legs import Leg, Line, Owner, why_failed
from telephony.exchange.embedded.rtp import RtpPort
from telephony.exchange.embedded.sip import ALLOW, PRODUCT, Addr, SipRequest, SipResponse, generate_tag, parse_address
from telephony.exchange.embedded.transactions import ClientTransaction

log = logging.getLogger(__name__)

ANSWERS_AT_ALL = 4.0  # seconds within which a far end says at least 100, else it is unreachable
CHALLENGES = 3  # a far end that challenges more often has refused us


@dataclass(frozen=True)
class Placing:
    """Whom to call: request URI, where to send, who we say we are, the laws to offer, and the trunk's credentials."""

    uri: str
    to: Addr
    sender: str
    laws: tuple[int, ...]
    headers: dict[str, str] = field(default_factory=dict)
    user: str = ""
    secret: str = ""
    timeout_s: float = 60.0
    fixed_peer: bool = False
    trunk: str = ""
    external: str = ""


class OutboundLeg(Leg):
    """Begins with `place()`."""

    def __init__(
        self,
        line: Line,
        owner: Owner,
        leg_id: str,
        side: str,
        number: str,
        extension: str,
        port: RtpPort,
        placing: Placing,
    ) -> None:
        super().__init__(line, owner, leg_id, side, number, extension, port, placing.trunk, placing.external)
        self._placing = placing
        self._transaction: ClientTransaction | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._sender = f"{placing.sender};tag={generate_tag()}"
        self._call_id = f"{secrets.token_hex(12)}@{line.transactions.socket.address[0]}"
        self._seq = 1
        self._challenged = 0
        self._answering = False

    def place(self) -> None:
        """Send the INVITE."""
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(ANSWERS_AT_ALL, self._silent),
            loop.call_later(self._placing.timeout_s, self._unanswered),
        ]
        self._invite(None)

    @property
    def rung_at(self) -> Addr:
        """Where the INVITE goes."""
        return self._placing.to

    def drop(self, code: int = 480) -> None:
        del code  # CANCEL and BYE carry none
        self._end_our_side("us", 0, "dropped")

    def ended(self, by: str, code: int, why: str) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        super().ended(by, code, why)

    def _end_our_side(self, by: str, code: int, why: str) -> None:
        if self.stage == "ended":
            return
        if self.stage == "answered":
            self.bye()
        elif self._transaction:
            self._transaction.cancel()
        self.ended(by, code, why)

    def _invite(self, credentials: tuple[str, str] | None) -> None:
        placing, line = self._placing, self.line
        invite = SipRequest(method="INVITE", uri=placing.uri)
        invite.headers.set_single("From", self._sender)
        invite.headers.set_single("To", f"<{placing.uri.split(';')[0]}>")
        invite.headers.set_single("Call-ID", self._call_id)
        invite.headers.set_single("CSeq", f"{self._seq} INVITE")
        invite.headers.set_single("Max-Forwards", "70")
        invite.headers.set_single("Contact", self.contact)
        invite.headers.set_single("Allow", ALLOW)
        invite.headers.set_single("User-Agent", PRODUCT)
        for name, value in placing.headers.items():
            invite.headers.set_single(name, value)
        if credentials:
            invite.headers.set_single(*credentials)
        invite.headers.set_single("Content-Type", "application/sdp")
        invite.body = sdp.offer(self.here, placing.laws).encode()
        self._transaction = line.transactions.request(invite, placing.to, self._responded)

    def _responded(self, response: SipResponse) -> None:
        code = response.status_code
        if code < 200:
            self._progress(response)
        elif code < 300:
            self._accepted(response)
        elif code in (401, 407) and self._again_with_digest(response):
            return
        elif self.stage != "ended":
            timed_out = bool(self._transaction and self._transaction.timed_out)
            self.ended("system" if timed_out else "far", code, why_failed(code, timed_out))

    def _progress(self, response: SipResponse) -> None:
        if self.stage == "ended":
            return
        if self._timers:
            self._timers[0].cancel()
        if response.body and response.status_code in (180, 183):
            try:
                media = sdp.read(response.text, self._placing.laws)
            except sdp.BadSdp as error:
                log.info("leg %s: early description not usable: %s", self.id, error)
            else:
                self.hear(media, media.laws[0])
                self.early = True
                self.owner.leg_changed(self)
        rings = response.status_code == 180 or (response.status_code == 183 and not self._placing.fixed_peer)
        if rings and self.stage == "new":
            self.stage = "ringing"
            self.owner.leg_ringing(self)

    def _accepted(self, response: SipResponse) -> None:
        transaction = self._transaction
        if transaction is None:
            return
        dialog = from_response(transaction.request, response, self._placing.to, self._placing.fixed_peer)
        ack = dialog.request("ACK", seq=self._seq)
        ack.headers.append("Via", self.line.transactions.via())
        for name in ("authorization", "proxy-authorization"):
            value = transaction.request.get_header(name)
            if value:
                ack.headers.set_single(name, value)
        transaction.acknowledge(parse_address(dialog.remote).tag or "", bytes(ack), dialog.next_hop())
        if self.stage == "ended" or self.dialog is not None:  # cancelled meanwhile, or a second branch answered
            bye = dialog.request("BYE")
            self.line.transactions.request(bye, dialog.next_hop(), lambda _response: None)
            return
        self.dialog = dialog
        self.line.enter(dialog, self)
        try:
            if response.body or not self.early:  # some trunks describe themselves in the 183 only
                media = sdp.read(response.text, self._placing.laws)
                self.hear(media, media.laws[0])
        except sdp.BadSdp as error:
            log.info("leg %s: answer not usable: %s", self.id, error)
            self.bye()
            self.ended("us", 488, "reject")
            return
        for timer in self._timers:
            timer.cancel()
        self.stage = "answered"
        self.owner.leg_answered(self)

    def _again_with_digest(self, response: SipResponse) -> bool:
        placing = self._placing
        if self.stage == "ended" or not placing.secret or self._challenged >= CHALLENGES:
            return False
        credentials = digest.answer(response, "INVITE", placing.uri, placing.user, placing.secret)
        asked = [*response.headers.get("www-authenticate"), *response.headers.get("proxy-authenticate")]
        stale = any("stale=true" in value.replace(" ", "").lower() for value in asked)
        if credentials is None or (self._challenged and not stale):
            return False
        self._challenged += 1
        self._seq += 1
        self._invite(credentials)
        return True

    def _silent(self) -> None:
        if self._transaction and not self._transaction.proceeding and self.stage == "new":
            self._end_our_side("system", 408, "unreachable")

    def _unanswered(self) -> None:
        if self.stage in ("new", "ringing"):
            self._end_our_side("us", 0, "no_answer")
