# SPDX-License-Identifier: GPL-3.0-or-later
"""Small SIP peers for tests: a customer who calls, a phone that registers and is rung, a trunk that is dialled.

They stand on the exchange's own transaction layer and send real RTP on loopback: a steady tone out, samples in.
Frequencies in Hz, times in seconds, samples int16 at 8 kHz.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from telephony.exchange.embedded import digest, sdp
from telephony.exchange.embedded.dialog import Dialog, from_request, from_response
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
from tests.telephony.exchange.voice import HOST, Voice, loudness, silent_blocks

__all__ = ["HOST", "Caller", "Peer", "Phone", "Talk", "Trunk", "Voice", "address", "loudness", "silent_blocks", "until"]

PATIENCE = 10.0


def address(text: str) -> Addr:
    """("127.0.0.1", 5060) of "127.0.0.1:5060"."""
    host, _, port = text.rpartition(":")
    return (host, int(port))


async def until(check: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until `check()` is true. Raises TimeoutError naming nothing but the time."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        await asyncio.sleep(0.005)


class Talk:
    """One call of a peer: `state` is trying | ringing | answered | ended, `code` the last status seen."""

    def __init__(self, peer: Peer, voice: Voice) -> None:
        self.peer = peer
        self.voice = voice
        self.state = "trying"
        self.code = 0
        self.codes: list[int] = []
        self.dialog: Dialog | None = None
        self.invite: SipRequest | None = None
        self.transaction: ClientTransaction | None = None
        self.server: ServerTransaction | None = None
        self.acked = False
        self.requests: list[SipRequest] = []

    def header(self, name: str) -> str:
        """A header of the INVITE that came."""
        return (self.invite.get_header(name) or "") if self.invite else ""

    def hear(self, text: str) -> None:
        """Talk to where a description says."""
        media = sdp.read(text)
        self.voice.law = media.laws[0]
        self.voice.remote = media.address
        if media.digits is not None:
            self.voice.digits_type = media.digits

    # ---- as the one who is called
    def ring(self) -> None:
        """180."""
        assert self.server and self.dialog
        self.state = "ringing"
        self.server.reply(180, (("Contact", self.dialog.contact),))

    def early(self) -> None:
        """183 with sound before the answer."""
        assert self.server and self.dialog
        self.server.reply(183, (("Contact", self.dialog.contact),), self._answer_sdp())

    def answer(self) -> None:
        """200."""
        assert self.server and self.dialog
        self.state = "answered"
        self.server.reply(200, (("Contact", self.dialog.contact),), self._answer_sdp())

    def reject(self, code: int = 486) -> None:
        """A final refusal."""
        assert self.server
        self.state, self.code = "ended", code
        self.server.reply(code)
        self.voice.close()

    def _answer_sdp(self) -> str:
        assert self.invite
        media = sdp.read(self.invite.text)
        self.hear(self.invite.text)
        self.voice.law = next((law for law in self.peer.laws if law in media.laws), media.laws[0])
        return sdp.answer(self.voice.here, media, self.voice.law)

    # ---- both
    def peer_offer(self, direction: str) -> str:
        """An offer of ours with the law in use and this direction."""
        return sdp.offer(self.voice.here, (self.voice.law,), 2).replace("a=sendrecv", f"a={direction}")

    def hang_up(self) -> None:
        """BYE."""
        self.request("BYE")
        self.over()

    def cancel(self) -> None:
        """CANCEL."""
        assert self.transaction
        self.transaction.cancel()

    def request(self, method: str, body: str = "", content_type: str = "application/sdp") -> list[SipResponse]:
        """A request in the dialog; the answers come into the returned list."""
        assert self.dialog
        answers: list[SipResponse] = []
        message = self.dialog.request(method, body=body)
        if body:
            message.headers.set_single("Content-Type", content_type)

        def came(response: SipResponse) -> None:
            answers.append(response)
            if method == "INVITE" and 200 <= response.status_code < 300:
                self.peer.acknowledge(self, transaction, message, response)

        transaction = self.peer.transactions.request(message, self.dialog.next_hop(), came)
        return answers

    def over(self) -> None:
        """The call has ended."""
        self.state = "ended"
        self.voice.close()
        if self in self.peer.talks:
            self.peer.talks.remove(self)

    async def reaches(self, state: str, seconds: float = PATIENCE) -> Talk:
        """Wait for a state."""
        await until(lambda: self.state == state, seconds)
        return self


class Peer:
    """What caller, phone and trunk have in common: a socket, its talks, BYE and ACK."""

    def __init__(self, name: str, hz: float = 1000.0) -> None:
        self.name = name
        self.hz = hz
        self.laws: tuple[int, ...] = (sdp.PCMA, sdp.PCMU)
        self.talks: list[Talk] = []
        self.past: list[Talk] = []
        self.transactions = Transactions(name, self._request, self._ack)

    async def open(self, port: int = 0) -> Peer:
        """Bind."""
        await self.transactions.open(HOST, port)
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

    def call(
        self, to: Addr, number: str, headers: dict[str, str] | None = None, body: str | None = None, sender: str = ""
    ) -> Talk:
        """INVITE `number` at `to`; the talk goes on by itself. `body` replaces the offer ("" sends none)."""
        talk = Talk(self, Voice(self.hz, self.laws[0]))
        self.talks.append(talk)
        self.past.append(talk)
        uri = f"sip:{number}@{to[0]}:{to[1]}"
        invite = SipRequest(method="INVITE", uri=uri)
        invite.headers.set_single(
            "From", sender or f"<sip:{self.name}@{self.transactions.sent_by}>;tag={generate_tag()}"
        )
        invite.headers.set_single("To", f"<{uri}>")
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
            transaction.reply(200)
            if request.method == "BYE":
                talk.over()
        elif request.method == "INVITE":
            self._rung(transaction)
        elif request.method == "OPTIONS":
            transaction.reply(200)
        else:
            transaction.reply(481)

    def _rung(self, transaction: ServerTransaction) -> None:
        talk = Talk(self, Voice(self.hz))
        talk.invite = transaction.request
        talk.server = transaction
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
            if talk.server:
                talk.server.confirm()

    async def rung(self, seconds: float = PATIENCE) -> Talk:
        """The first call that rings here now."""
        await until(lambda: any(t.server and t.state in ("ringing", "trying") for t in self.talks), seconds)
        return next(t for t in self.talks if t.server and t.state in ("ringing", "trying"))

    async def ask(self, method: str, to: Addr, headers: dict[str, str] | None = None, uri: str = "") -> SipResponse:
        """One request outside a dialog and its final answer."""
        request = SipRequest(method=method, uri=uri or f"sip:{to[0]}:{to[1]}")
        request.headers.set_single("From", f"<sip:{self.name}@{HOST}>;tag={generate_tag()}")
        request.headers.set_single("To", f"<sip:{self.name}@{HOST}>")
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

    async def register(self, to: Addr, expires: int = 60, algorithm: str = "SHA-256") -> int:
        """REGISTER; the final status code."""
        headers = {"Contact": self.contact, "Expires": str(expires)}
        asked = await self.ask("REGISTER", to, headers)
        if asked.status_code != 401:
            return asked.status_code
        credentials = self.credentials(asked, "REGISTER", f"sip:{to[0]}:{to[1]}", algorithm)
        return (await self.ask("REGISTER", to, headers | dict([credentials]))).status_code

    def credentials(self, challenge: SipResponse, method: str, uri: str, algorithm: str = "SHA-256") -> tuple[str, str]:
        """The header that answers a challenge by one algorithm."""
        only = reply_to(SipRequest(method=method, uri=uri), challenge.status_code)
        for value in challenge.headers.get("www-authenticate"):
            if f"algorithm={algorithm}," in value:
                only.headers.append("WWW-Authenticate", value)
        answer = digest.answer(only, method, uri, self.name, self.secret)
        assert answer
        return answer


@dataclass
class Trunk(Peer):
    """A provider that is dialled: asks for digest when `secret` is set, then does what `plan` says for the number:
    a status code to refuse, "ring" to ring only, "answer", or "early" (183 with sound, answered by the test)."""

    user: str = "trunk"
    secret: str = ""
    algorithm: str = "MD5"
    proxy: bool = True
    plan: dict[str, int | str] = field(default_factory=dict)
    hz: float = 1000.0
    record_route: str = ""

    def __post_init__(self) -> None:
        super().__init__(self.user, self.hz)
        self.guard = digest.Guard(lambda user: self.secret if user == self.user else None)
        self.challenged = 0
        self.invites: list[SipRequest] = []

    def _rung(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        self.invites.append(request)
        if self.secret and not self._admitted(request, transaction):
            return
        if self.record_route:
            request.headers.append("Record-Route", self.record_route)
        super()._rung(transaction)

    def _admitted(self, request: SipRequest, transaction: ServerTransaction) -> bool:
        copy = SipRequest(method="INVITE", uri=request.uri)
        for name in ("proxy-authorization", "authorization"):
            for value in request.headers.get(name):
                copy.headers.append("Authorization", value)
        if self.guard.check(copy, self.user, HOST) is digest.Verdict.GOOD:
            return True
        self.challenged += 1
        chosen = [value for _, value in self.guard.challenges() if f"algorithm={self.algorithm}," in value]
        name = "Proxy-Authenticate" if self.proxy else "WWW-Authenticate"
        transaction.reply(407 if self.proxy else 401, ((name, chosen[0]),))
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
