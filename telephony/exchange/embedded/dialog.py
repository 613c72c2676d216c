# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP dialog (RFC 3261 §12): tags, sequence numbers, remote target and route set, and the requests inside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.exchange.embedded.sip import (
    PRODUCT,
    Addr,
    SipRequest,
    SipResponse,
    address_of,
    parse_address,
    parse_uri,
    stringify_uri,
)


@dataclass
class Dialog:
    """`local` and `remote` are whole From/To values with tags; `peer` is where the first request went or came from."""

    call_id: str
    local: str
    remote: str
    local_tag: str
    remote_tag: str
    local_seq: int
    remote_seq: int
    target: str
    contact: str
    peer: Addr
    routes: list[str] = field(default_factory=list)
    fixed_peer: bool = False  # a phone is always reached at the address its registration came from

    def next_hop(self) -> Addr:
        """Where a request of this dialog goes: first route, else remote target, else where the dialog came from."""
        if self.fixed_peer:
            return self.peer
        uri = parse_address(self.routes[0]).uri if self.routes else parse_uri(self.target)
        return address_of(uri) or self.peer

    def request(self, method: str, seq: int | None = None, body: str = "") -> SipRequest:
        """A request without Via. `seq` repeats a sequence number (ACK)."""
        if seq is None:
            self.local_seq += 1
            seq = self.local_seq
        uri, routes = self.target, list(self.routes)
        if routes:
            first = parse_address(routes[0]).uri
            if "lr" not in first.params:  # a strict router takes the request URI, RFC 3261 §12.2.1.1
                routes = [*routes[1:], f"<{self.target}>"]
                uri = stringify_uri(first)
        request = SipRequest(method=method, uri=uri)
        for route in routes:
            request.headers.append("Route", route)
        request.headers.set_single("From", self.local)
        request.headers.set_single("To", self.remote)
        request.headers.set_single("Call-ID", self.call_id)
        request.headers.set_single("CSeq", f"{seq} {method}")
        request.headers.set_single("Max-Forwards", "70")
        request.headers.set_single("User-Agent", PRODUCT)
        if method == "INVITE":
            request.headers.set_single("Contact", self.contact)
        if body:
            request.headers.set_single("Content-Type", "application/sdp")
            request.body = body.encode()
        return request

    def accepts(self, seq: int) -> bool:
        """Whether a request with this sequence number is new; remembers it."""
        if seq <= self.remote_seq:
            return False
        self.remote_seq = seq
        return True


def from_request(request: SipRequest, tag: str, contact: str, peer: Addr, fixed_peer: bool = False) -> Dialog:
    """The dialog of a call that comes to us."""
    sender, receiver = request.get_header("from") or "", request.get_header("to") or ""
    seq = request.cseq
    return Dialog(
        call_id=request.call_id or "",
        local=f"{receiver};tag={tag}",
        remote=sender,
        local_tag=tag,
        remote_tag=parse_address(sender).tag or "",
        local_seq=0,
        remote_seq=seq.seq if seq else 0,
        target=_contact_uri(request) or f"sip:{peer[0]}:{peer[1]}",
        contact=contact,
        peer=peer,
        routes=list(request.headers.get("record-route")),
        fixed_peer=fixed_peer,
    )


def from_response(request: SipRequest, response: SipResponse, peer: Addr, fixed_peer: bool = False) -> Dialog:
    """The dialog of a call that we placed, from its 200."""
    sender, receiver = request.get_header("from") or "", response.get_header("to") or ""
    seq = request.cseq
    return Dialog(
        call_id=request.call_id or "",
        local=sender,
        remote=receiver,
        local_tag=parse_address(sender).tag or "",
        remote_tag=parse_address(receiver).tag or "",
        local_seq=seq.seq if seq else 1,
        remote_seq=0,
        target=_contact_uri(response) or request.uri,
        contact=request.get_header("contact") or "",
        peer=peer,
        routes=list(reversed(response.headers.get("record-route"))),
        fixed_peer=fixed_peer,
    )


def _contact_uri(message: SipRequest | SipResponse) -> str:
    contacts = message.headers.get("contact")
    if not contacts:
        return ""
    uri = parse_address(contacts[0]).uri
    return stringify_uri(uri) if uri.host else ""
