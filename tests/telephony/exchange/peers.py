# SPDX-License-Identifier: GPL-3.0-or-later
"""Small SIP peers for tests: a customer who calls, a phone that registers and is rung, a trunk that is dialled.

They stand on the exchange's own transaction layer and send real RTP on loopback: a steady tone out, samples in.
Frequencies in Hz, times in seconds, samples int16 at 8 kHz.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from telephony.exchange.embedded import digest, sdp
from telephony.exchange.embedded.dialog import from_request, from_response
from telephony.exchange.embedded.sip import (
    Addr,
    SipRequest,
    SipResponse,
    generate_branch,
    generate_tag,
    parse_address,
    reply_to,
)
from telephony.exchange.embedded.transactions import ClientTransaction, ServerTransaction, Transactions
from tests.telephony.exchange.talk import PATIENCE, Talk, until
from tests.telephony.exchange.voice import HOST, Voice, loudness, silent_blocks

__all__ = [
    "HOST", "PATIENCE", "Addr", "Caller", "Peer", "Phone", "Talk", "Trunk", "Voice", "address", "loudness",
    "silent_blocks", "until",
]  # fmt: skip


def address(text: str) -> Addr:
    """("127.0.0.1", 5060) of "127.0.0.1:5060"."""
    host, _, port = text.rpartition(":")
    return (host, int(port))


class Peer:
    """What caller, phone and trunk have in common: a socket, its talks, BYE and ACK."""

    def __init__(self, name: str, hz: float = 1000.0) -> None:
        self.name = name
        self.hz = hz
        self.host = HOST
        self.to = ""  # the number in To when it is another one than in the request URI
        self.laws: tuple[int, ...] = (sdp.PCMA, sdp.PCMU)
        self.talks: list[Talk] = []
        self.past: list[Talk] = []
        self.transactions = Transactions(name, self._request, self._ack)

    async def open(self, port: int = 0) -> Peer:
        """Bind."""
        await self.transactions.open(self.host, port)
        return self

    @property
    def here(self) -> Addr:
        """Its SIP address."""
        return self.transactions.socket.address

    @property
    def contact(self) -> str:
        """Its Contact."""
        return f"<sip:{self.name}@{self.transactions.sent_by}>"

    async def close(self) -> None:
        """Hang up whatever goes on and unbind."""
        for talk in list(self.talks):
            if talk.state == "answered" and talk.dialog:
                talk.hang_up()
            talk.over()
        for talk in self.past:
            talk.voice.close()
        await asyncio.sleep(0)
        self.transactions.close()

    def voice(self, law: int) -> Voice:
        """The RTP end of a new call."""
        return Voice(self.hz, law, self.host)

    def call(
        self, to: Addr, number: str, headers: dict[str, str] | None = None, body: str | None = None, sender: str = ""
    ) -> Talk:
        """INVITE `number` at `to`; the talk goes on by itself. `body` replaces the offer ("" sends none)."""
        talk = Talk(self, self.voice(self.laws[0]))
        self.talks.append(talk)
        self.past.append(talk)
        uri = f"sip:{number}@{to[0]}:{to[1]}"
        invite = SipRequest(method="INVITE", uri=uri)
        invite.headers.set_single(
            "From", sender or f"<sip:{self.name}@{self.transactions.sent_by}>;tag={generate_tag()}"
        )
        invite.headers.set_single("To", f"<sip:{self.to}@{to[0]}>" if self.to else f"<{uri}>")
        invite.headers.set_single("Call-ID", generate_branch())
        invite.headers.set_single("CSeq", "1 INVITE")
        invite.headers.set_single("Max-Forwards", "70")
        invite.headers.set_single("Contact", self.contact)
        for name, value in (headers or {}).items():
            invite.headers.set_single(name, value)
        offer = sdp.offer(talk.voice.here, self.laws) if body is None else body
        if offer:
            invite.headers.set_single("Content-Type", "application/sdp")
            invite.body = offer.encode()
        talk.invite = invite
        talk.transaction = self.transactions.request(invite, to, lambda response: self._placed(talk, response))
        return talk

    def _placed(self, talk: Talk, response: SipResponse) -> None:
        talk.code = response.status_code
        talk.codes.append(response.status_code)
        assert talk.invite and talk.transaction
        if response.status_code in (180, 183):
            talk.state = "ringing"
        elif 200 <= response.status_code < 300:
            if talk.dialog is None:
                talk.dialog = from_response(talk.invite, response, talk.transaction.to)
            self.acknowledge(talk, talk.transaction, talk.invite, response)
            talk.hear(response.text)
            talk.state = "answered"
        elif response.status_code >= 300:
            talk.over()

    def acknowledge(
        self, talk: Talk, transaction: ClientTransaction, invite: SipRequest, response: SipResponse
    ) -> None:
        """ACK a 200; with our answer when the offer came in it."""
        assert talk.dialog and invite.cseq
        ack = talk.dialog.request("ACK", seq=invite.cseq.seq)
        if not invite.body:
            media = sdp.read(response.text)
            ack.headers.set_single("Content-Type", "application/sdp")
            ack.body = sdp.answer(talk.voice.here, media, media.laws[0]).encode()
        ack.headers.append("Via", self.transactions.via())
        tag = parse_address(response.get_header("to") or "").tag or ""
        transaction.acknowledge(tag, bytes(ack), talk.dialog.next_hop())

    def _find(self, request: SipRequest) -> Talk | None:
        for talk in self.talks:
            if talk.dialog and talk.dialog.call_id == request.call_id:
                return talk
        return None

    def _request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        talk = self._find(request)
        if talk is not None and parse_address(request.get_header("to") or "").tag:
            talk.requests.append(request)
            if request.method == "INVITE":
                talk.offered_again(transaction)
            else:
                transaction.reply(talk.answers.get(request.method, 200))
            if request.method == "BYE":
                talk.over()
        elif request.method == "INVITE":
            self._rung(transaction)
        elif request.method == "OPTIONS":
            transaction.reply(200)
        else:
            transaction.reply(481)

    def _rung(self, transaction: ServerTransaction) -> None:
        talk = Talk(self, self.voice(self.laws[0]))
        talk.invite = transaction.request
        talk.server = transaction
        talk.offers.append(transaction)
        talk.dialog = from_request(transaction.request, transaction.tag, self.contact, transaction.source)
        transaction.on_cancel = talk.over
        self.talks.append(talk)
        self.past.append(talk)
        self.incoming(talk)

    def incoming(self, talk: Talk) -> None:
        """A call came; the peer rings. Others may answer at once."""
        talk.ring()

    def _ack(self, request: SipRequest, source: Addr) -> None:
        del source
        talk = self._find(request)
        if talk is not None:
            talk.acked = True
            for server in talk.offers:
                server.confirm()

    async def rung(self, seconds: float = PATIENCE) -> Talk:
        """The first call that rings here now."""
        await until(lambda: any(t.server and t.state in ("ringing", "trying") for t in self.talks), seconds)
        return next(t for t in self.talks if t.server and t.state in ("ringing", "trying"))

    async def ask(self, method: str, to: Addr, headers: dict[str, str] | None = None, uri: str = "") -> SipResponse:
        """One request outside a dialog and its final answer."""
        request = SipRequest(method=method, uri=uri or f"sip:{to[0]}:{to[1]}")
        request.headers.set_single("From", f"<sip:{self.name}@{self.host}>;tag={generate_tag()}")
        request.headers.set_single("To", f"<sip:{self.name}@{self.host}>")
        request.headers.set_single("Call-ID", generate_branch())
        request.headers.set_single("CSeq", f"1 {method}")
        request.headers.set_single("Max-Forwards", "70")
        for name, value in (headers or {}).items():
            request.headers.set_single(name, value)
        answer: asyncio.Future[SipResponse] = asyncio.get_running_loop().create_future()

        def came(response: SipResponse) -> None:
            if response.status_code >= 200 and not answer.done():
                answer.set_result(response)

        self.transactions.request(request, to, came)
        return await asyncio.wait_for(answer, PATIENCE)


class Caller(Peer):
    """A customer at the trunk side."""


class Phone(Peer):
    """A desk's handset: registers with digest, rings when it is called."""

    def __init__(self, name: str, secret: str, hz: float = 1500.0) -> None:
        super().__init__(name, hz)
        self.secret = secret

    async def register(self, to: Addr, expires: int = 60, algorithm: str = "") -> int:
        """REGISTER; the final status code. `algorithm` leaves the choice to the digest when empty."""
        headers = {"Contact": self.contact, "Expires": str(expires)}
        asked = await self.ask("REGISTER", to, headers)
        if asked.status_code != 401:
            return asked.status_code
        credentials = self.credentials(asked, "REGISTER", f"sip:{to[0]}:{to[1]}", algorithm)
        return (await self.ask("REGISTER", to, headers | dict([credentials]))).status_code

    def credentials(self, challenge: SipResponse, method: str, uri: str, algorithm: str = "") -> tuple[str, str]:
        """The header that answers a challenge, by one algorithm or the best offered."""
        only = reply_to(SipRequest(method=method, uri=uri), challenge.status_code)
        for value in challenge.headers.get("www-authenticate"):
            if not algorithm or f"algorithm={algorithm}," in value:
                only.headers.append("WWW-Authenticate", value)
        answer = digest.answer(only, method, uri, self.name, self.secret)
        assert answer
        return answer


@dataclass
class Trunk(Peer):
    """A provider that is dialled: asks for digest when `secret` is set, then does what `plan` says for the number:
    a status code to refuse, "ring" to ring only, "answer", or "early" (183 with sound, answered by the test).

    It takes REGISTER for `expires` seconds and refuses less than `least` with 423; `deaf` lets it answer nothing at
    all; it thinks for `takes_s` about each REGISTER. `registered` counts good ones."""

    user: str = "trunk"
    secret: str = ""
    algorithm: str = "MD5"
    proxy: bool = True
    plan: dict[str, int | str] = field(default_factory=dict)
    hz: float = 1000.0
    record_route: str = ""
    expires: int = 60
    least: int = 0
    deaf: bool = False
    takes_s: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(self.user, self.hz)
        self.guard = digest.Guard(lambda user: self.secret if user == self.user else None)
        self.challenged = 0
        self.invites: list[SipRequest] = []
        self.registers: list[SipRequest] = []
        self.registered = 0
        socket = self.transactions.socket
        receive = socket._receive
        socket._receive = lambda message, source, at: None if self.deaf else receive(message, source, at)

    def _rung(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        self.invites.append(request)
        if self.secret and not self._admitted(request, transaction):
            return
        if self.record_route:
            request.headers.append("Record-Route", self.record_route)
        super()._rung(transaction)

    def _request(self, transaction: ServerTransaction) -> None:
        if transaction.request.method == "REGISTER":
            asyncio.get_running_loop().call_later(self.takes_s, self._register, transaction)
        else:
            super()._request(transaction)

    def _register(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        self.registers.append(request)
        if self.secret and not self._admitted(request, transaction):
            return
        if 0 < int(request.get_header("expires") or 0) < self.least:
            transaction.reply(423, (("Min-Expires", str(self.least)),))
            return
        contact = request.get_header("contact") or ""
        leaving = request.get_header("expires") == "0" or "expires=0" in contact
        self.registered = 0 if leaving else self.registered + 1
        headers = () if leaving else (("Contact", f"{contact.split(';')[0]};expires={self.expires}"),)
        transaction.reply(200, headers)

    def _admitted(self, request: SipRequest, transaction: ServerTransaction) -> bool:
        copy = SipRequest(method=request.method, uri=request.uri)
        for name in ("proxy-authorization", "authorization"):
            for value in request.headers.get(name):
                copy.headers.append("Authorization", value)
        if self.guard.check(copy, self.user, self.host) is digest.Verdict.GOOD:
            return True
        self.challenged += 1
        chosen = [value for _, value in self.guard.challenges() if f"algorithm={self.algorithm}," in value]
        proxy = self.proxy and request.method == "INVITE"
        name = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
        transaction.reply(407 if proxy else 401, ((name, chosen[0]),))
        return False

    def incoming(self, talk: Talk) -> None:
        number = parse_address(talk.header("to")).uri.user or ""
        match self.plan.get(number, "answer"):
            case int() as code:
                talk.reject(code)
            case "ring":
                talk.ring()
            case "early":
                talk.early()
            case _:
                talk.ring()
                talk.answer()
