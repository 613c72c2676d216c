# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the pyVoIP engine: its dialog from INVITE to the last answer. All on the engine's thread."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from telephony.phone.digest import authorization
from telephony.phone.engine import PhoneCall
from telephony.phone.pyvoip_message import (
    EVENTS,
    BadSip,
    Message,
    description,
    far_sound,
    request,
    response,
    uri_of,
)
from telephony.phone.pyvoip_rtp import Stream
from telephony.phone.pyvoip_sound import Line
from telephony.phone.pyvoip_wire import Address, Repeated, Wire, address_of

log = logging.getLogger(__name__)

LAWS = (8, 0)
NO_COMMON_SOUND = 488
GONE_UNHEARD = 408
_MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class LegOwner(Protocol):
    """What a leg asks of and tells the engine."""

    bind: str
    wire: Wire

    def credentials(self) -> tuple[str, str]: ...
    def leg_changed(self, leg: Leg, view: PhoneCall) -> None: ...
    def leg_talks(self, leg: Leg) -> None: ...
    def leg_ended(self, leg: Leg, code: int) -> None: ...


class Leg:
    """See the functions for the two ways it begins; `view` is what the desk knows."""

    def __init__(self, engine: LegOwner, view: PhoneCall, call_id: str) -> None:
        self.engine, self.view, self.call_id = engine, view, call_id
        self.stream = Stream(engine.bind)
        self.tag = secrets.token_hex(6)
        self.line: Line | None = None  # its place at the mixer, once it sounds
        self.ended_by_us = self.over = self.sounding = False
        self.local = self.remote = self.target = ""  # From and To as written, where requests go
        self.route: list[str] = []
        self.next_hop: Address = ("", 0)
        self.contact = ""
        self._cseq = secrets.randbelow(1000) + 1
        self._version = 1
        self._invite: Message | None = None  # that came and is not yet finally answered
        self._source: Address = ("", 0)
        self._final: Repeated | None = None  # our last answer to it, until its ACK
        self._sent: Repeated | None = None  # our INVITE
        self._sent_message: Message | None = None
        self._extra: dict[str, str] = {}
        self._tried_secret = self._rings = self._cancelled = False

    # ---- they call ------------------------------------------------------------------------------------------------

    def arrive(self, invite: Message, source: Address) -> int:
        """Take an INVITE and ring; otherwise the status it was refused with."""
        self._invite, self._source = invite, source
        self.local = f"{invite.first('To')};tag={self.tag}"
        self.remote = invite.first("From")
        self.target = uri_of(invite.first("Contact") or self.remote)
        self.route, self.next_hop = invite.all("Record-Route"), source
        if invite.sdp and not self._aim(invite):
            return NO_COMMON_SOUND
        self._answer(180)
        return 0

    def accept(self) -> None:
        """Answer a ringing call: 200 until its ACK."""
        assert self._invite is not None
        way = "sendrecv"
        if self._invite.sdp and (far := far_sound(self._invite)):
            way = _MIRROR[far[4]]
        self._final = self._answer(200, self._described(way))
        self._repeat_final()
        if self._invite.sdp:
            self._sound()

    def refuse(self, code: int) -> None:
        """Refuse a ringing call."""
        self._final = self._answer(code)
        self._repeat_final()
        self._end(code)

    def cancelled(self) -> None:
        """The caller gave up."""
        if self._invite is not None and self.view.stage == "ringing" and self._final is None:
            self._final = self._answer(487)
            self._repeat_final()
            self._end(487)

    def acknowledged(self, ack: Message) -> None:
        """The caller has our last answer."""
        if self._final is None:
            return
        self._final.done = True
        if self.over or self.view.stage != "ringing":
            return
        if self._invite is not None and not self._invite.sdp:
            if not self._aim(ack):
                self.hang_up()
                return
            self._sound()
        self._invite = None
        self.engine.leg_changed(self, replace(self.view, stage="talking"))

    def asked_anew(self, invite: Message, source: Address) -> None:
        """A re-INVITE: hold, music, another place for the sound."""
        way = "sendrecv"
        if invite.sdp:
            if not self._aim(invite):
                self.engine.wire.answer(invite, response(invite, NO_COMMON_SOUND, self.tag), source)
                return
            way = _MIRROR[(far_sound(invite) or ("", 0, 0, 0, "sendrecv"))[4]]
        self.target = uri_of(invite.first("Contact") or self.target)
        answer = response(invite, 200, self.tag, {"Contact": self.contact}, self._described(way))
        self.engine.wire.answer(invite, answer, source)
        self._final = Repeated(answer, source)
        self._repeat_final()

    # ---- we call --------------------------------------------------------------------------------------------------

    def dial(self, uri: str, own: str, extra: dict[str, str], where: Address) -> None:
        """Send the INVITE; `own` is our URI as the far side shall see it."""
        self.target, self.next_hop, self._extra = uri, where, extra
        self.local, self.remote = f"<{own}>;tag={self.tag}", f"<{uri}>"
        self._send_invite({})

    def _send_invite(self, more: dict[str, str]) -> None:
        self._cseq += 1
        fields = {**self._fields("INVITE"), "Contact": self.contact, **self._extra, **more}
        data = request("INVITE", self.target, self.engine.wire.via, fields, {}, self._described("sendrecv"))
        self._sent_message = Message(data)
        self._sent = self.engine.wire.ask(data, self.next_hop, self._heard)

    def _heard(self, answer: Message | None) -> None:
        if answer is None:
            self._end(GONE_UNHEARD)
        elif answer.code < 200:
            if self._cancelled and not self._rings:
                self._send_cancel()
            self._rings = True
        elif answer.code < 300:
            self._answered(answer)
        else:
            self._acknowledge_failure(answer)
            challenge = answer.first("WWW-Authenticate" if answer.code == 401 else "Proxy-Authenticate")
            if answer.code in (401, 407) and not self._tried_secret and not self._cancelled:
                self._tried_secret = True
                user, secret = self.engine.credentials()
                said = authorization(challenge, "INVITE", self.target, user, secret) if user else ""
                if said:
                    self._send_invite({"Authorization" if answer.code == 401 else "Proxy-Authorization": said})
                    return
            self._end(answer.code)

    def _answered(self, answer: Message) -> None:
        if not answer.tag("To") or (self.view.stage == "talking" and answer.first("To") != self.remote):
            return
        first = self.view.stage == "calling" and not self.over
        if first:
            self.remote = answer.first("To")
            self.target = uri_of(answer.first("Contact") or self.target)
            self.route = answer.all("Record-Route")[::-1]
        via = self.engine.wire.via
        fields = {**self._fields("ACK"), "CSeq": f"{answer.number} ACK"}
        self.engine.wire.send(request("ACK", self.target, via, fields, {}), self._hop())
        if not first:
            return
        if self._cancelled or not self._aim(answer):
            self.engine.leg_changed(self, replace(self.view, stage="talking"))
            self.hang_up()
            return
        self._sound()
        self.engine.leg_changed(self, replace(self.view, stage="talking"))

    def _acknowledge_failure(self, answer: Message) -> None:
        sent = self._sent_message
        if sent is None or answer.number != sent.number:
            return
        lines = [f"ACK {sent.uri} SIP/2.0", f"Via: {sent.all('Via')[0]}", "Max-Forwards: 70"]
        lines += [f"From: {sent.first('From')}", f"To: {answer.first('To')}", f"Call-ID: {self.call_id}"]
        lines += [f"CSeq: {sent.number} ACK", "Content-Length: 0", "", ""]
        self.engine.wire.send("\r\n".join(lines).encode(), self.next_hop)

    def _send_cancel(self) -> None:
        sent = self._sent_message
        assert sent is not None
        lines = [f"CANCEL {sent.uri} SIP/2.0", f"Via: {sent.all('Via')[0]}", "Max-Forwards: 70"]
        lines += [f"From: {sent.first('From')}", f"To: {sent.first('To')}", f"Call-ID: {self.call_id}"]
        lines += [f"CSeq: {sent.number} CANCEL", "Content-Length: 0", "", ""]
        self.engine.wire.ask("\r\n".join(lines).encode(), self.next_hop, lambda answer: None)

    # ---- both -----------------------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """End it from here, at whatever stage it is."""
        if self.over:
            return
        self.ended_by_us = True
        if self.view.direction == "in" and self.view.stage == "ringing":
            if self._final is None:
                self.refuse(603)
                return
            self._final.done = True
        if self.view.stage == "calling":
            if not self._cancelled:
                self._cancelled = True
                if self._rings:
                    self._send_cancel()
            return
        self._ask("BYE", "", "", {}, lambda answer: None)
        self._end(200)

    def far_hung_up(self) -> None:
        self._end(200)

    def press(self, digits: str, by: str) -> bool:
        """Send digits; False where the far side takes none that way."""
        if by == "rtp":
            return self.stream.press(digits)
        self._press_next(digits.upper())
        return True

    def _press_next(self, digits: str) -> None:
        """One INFO after the other: they could overtake each other."""
        if digits and not self.over:
            body = f"Signal={digits[0]}\r\nDuration=160\r\n"
            self._ask("INFO", body, "application/dtmf-relay", {}, lambda answer: self._press_next(digits[1:]))

    def _ask(
        self, method: str, body: str, kind: str, extra: dict[str, str], heard: Callable[[Message | None], None]
    ) -> None:
        self._cseq += 1
        data = request(method, self.target, self.engine.wire.via, self._fields(method), extra, body, kind)
        self.engine.wire.ask(data, self._hop(), heard)

    def _fields(self, method: str) -> dict[str, str]:
        fields = {"From": self.local, "To": self.remote, "Call-ID": self.call_id, "CSeq": f"{self._cseq} {method}"}
        return {**fields, **({"Route": ", ".join(self.route)} if self.route else {})}

    def _hop(self) -> Address:
        try:
            return address_of(uri_of(self.route[0]) if self.route else self.target)
        except (BadSip, OSError):
            return self.next_hop

    def _answer(self, code: int, body: str = "") -> Repeated:
        assert self._invite is not None
        data = response(self._invite, code, self.tag, {"Contact": self.contact}, body)
        self.engine.wire.answer(self._invite, data, self._source)
        return Repeated(data, self._source)

    def _repeat_final(self) -> None:
        final = self._final
        assert final is not None
        self.engine.wire.after(0.5, lambda: self.engine.wire.repeat(final, 1.0))
        self.engine.wire.after(32.0, lambda: self._unheard(final))

    def _unheard(self, final: Repeated) -> None:
        if not final.done and not self.over:
            final.done = True
            self._ask("BYE", "", "", {}, lambda answer: None)
            self._end(GONE_UNHEARD)

    def _described(self, way: str) -> str:
        self._version += 1
        laws, events = (LAWS, EVENTS) if not self.stream.outPort else ((self.stream.law,), self.stream.events)
        return description(self.engine.bind, self.stream.port, laws, events, way, self._version)

    def _aim(self, message: Message) -> bool:
        far = far_sound(message)
        if far is None:
            return False
        try:
            self.stream.aim(*far)
        except OSError:
            return False
        return True

    def _sound(self) -> None:
        self.sounding = True
        self.engine.leg_talks(self)

    def _end(self, code: int) -> None:
        if not self.over:
            self.over = True
            self.engine.leg_ended(self, code)
