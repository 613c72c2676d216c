# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 3261 §17 with RFC 6026: retransmission both ways, ACK to failures, time-outs, duplicates, CANCEL rules.

Times in seconds. A client transaction that times out delivers a 408 made here, marked by `timed_out`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable

from telephony.exchange.embedded.sip import (
    Addr,
    SipRequest,
    SipResponse,
    generate_branch,
    generate_tag,
    parse_address,
    parse_via,
    reply_to,
)
from telephony.exchange.embedded.wire import SipSocket

log = logging.getLogger(__name__)

T1 = 0.5
T2 = 4.0
LINGER = 64 * T1
SERVER_LIMIT = 20000  # transactions kept at once; a flood beyond that is dropped, not answered

Key = tuple[str, str, str]


class ServerTransaction:
    """One request of the far end and what we answered. The last answer is repeated for each duplicate; failures to
    INVITE until the ACK, and 200 to INVITE until `confirm()`, else `on_unconfirmed` is called after 32 s."""

    def __init__(self, layer: Transactions, key: Key, request: SipRequest, source: Addr, received_at: float) -> None:
        self.layer = layer
        self.key = key
        self.request = request
        self.source = source
        self.received_at = received_at
        self.tag = generate_tag()
        self.final = 0
        self.on_cancel: Callable[[], None] | None = None
        self.on_unconfirmed: Callable[[], None] | None = None
        self._last: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None

    def reply(self, code: int, headers: tuple[tuple[str, str], ...] = (), body: str = "", reason: str = "") -> None:
        """Answer; after a final answer later ones are ignored."""
        if self.final:
            return
        response = reply_to(self.request, code, self.tag, headers, body, reason)
        self._last = bytes(response)
        self.layer.socket.send(self._last, self.source)
        if code < 200:
            return
        self.final = code
        if self.request.method == "INVITE":
            self.layer.expire_server(self.key)
            self._repeat(T1, self.layer.loop.time() + LINGER)

    def confirm(self) -> None:
        """The ACK came: stop repeating."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.on_unconfirmed = None

    def again(self) -> None:
        """A duplicate of the request came."""
        if self._last is not None:
            self.layer.socket.send(self._last, self.source)

    def _repeat(self, interval: float, until: float) -> None:
        def fire() -> None:
            self._timer = None
            if self.layer.loop.time() >= until:
                if self.final < 300 and self.on_unconfirmed:
                    self.on_unconfirmed()
                return
            self.layer.counts["repeated_answers"] += 1
            self.again()
            self._repeat(min(interval * 2, T2), until)

        self._timer = self.layer.loop.call_later(interval, fire)


class ClientTransaction:
    """One request of ours. `on_response` gets every provisional and each distinct final answer once."""

    def __init__(
        self,
        layer: Transactions,
        request: SipRequest,
        to: Addr,
        branch: str,
        on_response: Callable[[SipResponse], None],
    ) -> None:
        self.layer = layer
        self.request = request
        self.to = to
        self.branch = branch
        self.on_response = on_response
        self.proceeding = False
        self.final = 0
        self.timed_out = False
        self._raw = bytes(request)
        self._interval = T1
        self._until = layer.loop.time() + LINGER
        self._timer: asyncio.TimerHandle | None = None
        self._cancel_asked = self._cancel_sent = False
        self._acks: dict[str, tuple[bytes, Addr]] = {}

    def start(self) -> None:
        """Send for the first time."""
        self.layer.socket.send(self._raw, self.to)
        self._timer = self.layer.loop.call_later(self._interval, self._again)

    def cancel(self) -> None:
        """CANCEL as RFC 3261 §9.1 allows: not before a provisional answer, not after a final one."""
        if self.final or self._cancel_asked:
            return
        self._cancel_asked = True
        if self.proceeding:
            self._send_cancel()

    def acknowledge(self, tag: str, raw: bytes, to: Addr) -> None:
        """Keep and send the ACK of a 200 whose To tag is `tag`; it is repeated for each repeated 200."""
        self._acks[tag] = (raw, to)
        self.layer.socket.send(raw, to)

    def received(self, response: SipResponse) -> None:
        """A response with our branch came."""
        code = response.status_code
        invite = self.request.method == "INVITE"
        if code < 200:
            if self.final:
                return
            first, self.proceeding = not self.proceeding, True
            if invite:
                self._stop()
                if self._cancel_asked and first:
                    self._send_cancel()
            self.on_response(response)
            return
        if invite and code >= 300:
            self._acknowledge_failure(response)
        if invite and code < 300:
            ack = self._acks.get(_to_tag(response))
            if ack is not None:
                self.layer.counts["repeated_200"] += 1
                self.layer.socket.send(*ack)
                return
        elif self.final:
            return
        if not self.final:
            self.final = code
            self._stop()
            self.layer.expire_client(self.branch, self.request.method)
        self.on_response(response)

    def _send_cancel(self) -> None:
        if self._cancel_sent:
            return
        self._cancel_sent = True
        cancel = SipRequest(method="CANCEL", uri=self.request.uri)
        cancel.headers.append("Via", self.request.headers.get("via")[0])
        for name in ("From", "To", "Call-ID", "Max-Forwards"):
            value = self.request.get_header(name)
            if value is not None:
                cancel.headers.set_single(name, value)
        for value in self.request.headers.get("route"):
            cancel.headers.append("Route", value)
        cancel.headers.set_single("CSeq", f"{(self.request.get_header('cseq') or '1').split()[0]} CANCEL")
        self.layer.start_client(cancel, self.to, self.branch, lambda _response: None)
        # the far end may never answer the INVITE any more
        self._timer = self.layer.loop.call_later(LINGER, self._give_up)

    def _again(self) -> None:
        self._timer = None
        if self.final:
            return
        if self.layer.loop.time() >= self._until:
            self._give_up()
            return
        self.layer.counts["repeated_requests"] += 1
        self.layer.socket.send(self._raw, self.to)
        self._interval = self._interval * 2 if self.request.method == "INVITE" else min(self._interval * 2, T2)
        self._timer = self.layer.loop.call_later(self._interval, self._again)

    def _give_up(self) -> None:
        if self.final:
            return
        self.final = 408
        self.timed_out = True
        self._stop()
        self.layer.expire_client(self.branch, self.request.method)
        self.on_response(reply_to(self.request, 408))

    def _acknowledge_failure(self, response: SipResponse) -> None:
        ack = SipRequest(method="ACK", uri=self.request.uri)
        ack.headers.append("Via", self.request.headers.get("via")[0])
        ack.headers.set_single("From", self.request.get_header("from") or "")
        ack.headers.set_single("To", response.get_header("to") or "")
        ack.headers.set_single("Call-ID", self.request.call_id or "")
        ack.headers.set_single("CSeq", f"{(self.request.get_header('cseq') or '1').split()[0]} ACK")
        ack.headers.set_single("Max-Forwards", "70")
        for value in self.request.headers.get("route"):
            ack.headers.append("Route", value)
        self.layer.socket.send(bytes(ack), self.to)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _to_tag(response: SipResponse) -> str:
    return parse_address(response.get_header("to") or "").tag or ""


class Transactions:
    """The transactions of one socket. `on_request(transaction)` gets each new request once, `on_ack(request, source)`
    each ACK to a 200."""

    def __init__(
        self, name: str, on_request: Callable[[ServerTransaction], None], on_ack: Callable[[SipRequest, Addr], None]
    ) -> None:
        self.socket = SipSocket(name, self._received)
        self.counts: Counter[str] = Counter()
        self.loop = asyncio.get_running_loop()
        self._on_request = on_request
        self._on_ack = on_ack
        self._servers: dict[Key, ServerTransaction] = {}
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._expiries: deque[tuple[float, Callable[[], None]]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None

    async def open(self, host: str, port: int) -> None:
        """Bind; raises OSError when the port is taken."""
        await self.socket.open(host, port)
        self._sweep()

    def close(self) -> None:
        """Let go of the port; nothing is sent any more."""
        if self._sweeper:
            self._sweeper.cancel()
        self.socket.close()

    @property
    def sent_by(self) -> str:
        """host:port for Via and Contact."""
        host, port = self.socket.address
        return f"{host}:{port}"

    def request(self, request: SipRequest, to: Addr, on_response: Callable[[SipResponse], None]) -> ClientTransaction:
        """Send `request` (without Via) in a new transaction."""
        branch = generate_branch()
        request.headers.remove("via")
        request.headers.append("Via", self.via(branch))
        return self.start_client(request, to, branch, on_response)

    def via(self, branch: str = "") -> str:
        """A Via value of ours; for an ACK to a 200 the branch is new."""
        return f"SIP/2.0/UDP {self.sent_by};branch={branch or generate_branch()};rport"

    def start_client(
        self, request: SipRequest, to: Addr, branch: str, on_response: Callable[[SipResponse], None]
    ) -> ClientTransaction:
        """Send a request that has its Via already."""
        transaction = ClientTransaction(self, request, to, branch, on_response)
        self._clients[(branch, request.method)] = transaction
        transaction.start()
        return transaction

    def expire_server(self, key: Key) -> None:
        """Forget a server transaction after its lingering time."""
        self._expiries.append((self.loop.time() + LINGER, lambda: self._servers.pop(key, None) and None))

    def expire_client(self, branch: str, method: str) -> None:
        """Forget a client transaction after its lingering time."""
        self._expiries.append((self.loop.time() + LINGER, lambda: self._clients.pop((branch, method), None) and None))

    def _sweep(self) -> None:
        now = self.loop.time()
        while self._expiries and self._expiries[0][0] <= now:
            self._expiries.popleft()[1]()
        self._sweeper = self.loop.call_later(1.0, self._sweep)

    def _received(self, message: SipRequest | SipResponse, source: Addr, received_at: float) -> None:
        via = parse_via(message.headers.get("via")[0])
        branch = via.branch or ""
        if isinstance(message, SipResponse):
            cseq = message.cseq
            client = self._clients.get((branch, cseq.method)) if cseq else None
            if client is None:
                self.counts["stray_responses"] += 1
            else:
                client.received(message)
            return
        self._received_request(message, source, received_at, branch, f"{via.host}:{via.port}")

    def _received_request(
        self, message: SipRequest, source: Addr, received_at: float, branch: str, sent_by: str
    ) -> None:
        method = message.method
        try:
            cseq = message.cseq
            whole = bool(
                branch and cseq and cseq.method == method and message.from_addr and message.to_addr and method.isalpha()
            )
        except ValueError:
            whole = False
        if not whole:
            self.counts["bad_requests"] += 1
            if method != "ACK":
                self.socket.send(bytes(reply_to(message, 400, generate_tag())), source)
            return
        if method == "ACK":
            server = self._servers.get((branch, sent_by, "INVITE"))
            if server is not None and server.final >= 300:
                server.confirm()
            else:
                self._on_ack(message, source)
            return
        key = (branch, sent_by, method)
        server = self._servers.get(key)
        if server is not None:
            self.counts["repeated_in"] += 1
            server.again()
            return
        if len(self._servers) >= SERVER_LIMIT:
            self.counts["flood"] += 1
            return
        server = self._servers[key] = ServerTransaction(self, key, message, source, received_at)
        if method != "INVITE":
            self.expire_server(key)  # from the start, so that none stays when its answer cannot be made
        if method == "CANCEL":
            self._cancel(server, self._servers.get((branch, sent_by, "INVITE")))
            return
        try:
            self._on_request(server)
        except Exception:
            self.counts["failed"] += 1
            log.exception("%s of %s could not be handled", method, source)
            try:
                server.reply(500)
            except ValueError:
                self._servers.pop(key, None)

    def _cancel(self, cancel: ServerTransaction, invite: ServerTransaction | None) -> None:
        if invite is None or invite.source[0] != cancel.source[0]:
            cancel.reply(481)
            return
        cancel.tag = invite.tag
        cancel.reply(200)
        if not invite.final:
            invite.reply(487)
            if invite.on_cancel:
                invite.on_cancel()
