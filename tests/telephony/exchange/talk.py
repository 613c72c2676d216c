# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of a test peer: what it does with it and what it has seen of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from telephony.exchange.embedded import sdp
from telephony.exchange.embedded.dialog import Dialog
from telephony.exchange.embedded.sip import SipRequest, SipResponse
from telephony.exchange.embedded.transactions import ClientTransaction, ServerTransaction
from tests.telephony.exchange.voice import Voice

if TYPE_CHECKING:
    from tests.telephony.exchange.peers import Peer

PATIENCE = 10.0


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
        self.offers: list[ServerTransaction] = []  # INVITEs that came, the first and further ones
        self.answers: dict[str, int] = {}  # other answers than 200 to requests in the dialog

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
    def offered_again(self, transaction: ServerTransaction) -> None:
        """A re-INVITE: the law stays, our description is repeated."""
        assert self.dialog
        self.offers.append(transaction)
        text = transaction.request.text
        if text:
            media = sdp.read(text)
            self.voice.remote = media.address
            body = sdp.answer(self.voice.here, media, self.voice.law)
        else:
            body = sdp.offer(self.voice.here, (self.voice.law,))
        transaction.reply(200, (("Contact", self.dialog.contact),), body)

    def infos(self) -> str:
        """The digits that came by INFO."""
        return "".join(
            line.partition("=")[2].strip()
            for request in self.requests
            if request.method == "INFO"
            for line in request.text.splitlines()
            if line.startswith("Signal")
        )

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
