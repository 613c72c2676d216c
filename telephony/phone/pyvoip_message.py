# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP messages for the pyVoIP engine: read by its parser after they were put in the one form it reads, and written.

Raises BadSip for what is no message at all.
"""

from __future__ import annotations

import re
import secrets

from telephony.phone.pyvoip_library import RTP, SIP

METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "REGISTER", "REFER", "UPDATE", "NOTIFY", "MESSAGE",
           "SUBSCRIBE", "PRACK", "PUBLISH"]  # fmt: skip
ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO"
AGENT = "Three Rings handset"
EVENTS = 101
LAWS = {8: "PCMA", 0: "PCMU"}
_COMPACT = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "c": "Content-Type",
            "l": "Content-Length", "k": "Supported", "s": "Subject", "e": "Content-Encoding"}  # fmt: skip
_SPELLED = {name.lower(): name for name in (
    "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Type", "Content-Length", "Record-Route", "Expires",
    "WWW-Authenticate", "Proxy-Authenticate")}  # fmt: skip
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
_PARSED = ("Via", "From", "To", "Call-ID", "CSeq", "Content-Type", "Content-Length")


class BadSip(ValueError):
    """Not a SIP message that can be read."""


class Message(SIP.SIPMessage):
    """One message. `fields` has every header as (name, value) in order; `sdp` the lines of its session description."""

    def __init__(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        try:
            self.text = head.decode()
            first, *rest = re.sub(r"\r?\n[ \t]+", " ", self.text).split("\r\n")
        except UnicodeDecodeError:
            raise BadSip("not text") from None
        self.fields = [_field(line) for line in rest]
        kinds = [value for name, value in self.fields if name == "Content-Type"]
        self.sdp = body.decode(errors="replace") if kinds and kinds[0].lower().startswith("application/sdp") else ""
        self.plain = body
        lines = [_known(first), *(f"{name}: {value}" for name, value in self.fields if name in _PARSED)]
        described = _described(self.sdp) if self.sdp else ""
        try:
            super().__init__("\r\n".join(lines).encode() + b"\r\n\r\n" + described.encode())
        except Exception as error:  # its parser raises whatever it stumbles upon
            raise BadSip(f"{type(error).__name__}: {error}") from None
        if any(not self.headers.get(name) for name in _NEEDED):
            raise BadSip("a header is missing")
        self.uri = "" if self.is_answer else first.split(" ")[1]
        self.code = int(first.split(" ")[1]) if self.is_answer else 0

    def parse(self, data: bytes) -> None:
        self.SIPCompatibleMethods = METHODS  # its own list has four
        super().parse(data)

    @property
    def is_answer(self) -> bool:
        return self.type == SIP.SIPMessageType.RESPONSE

    @property
    def call_id(self) -> str:
        return str(self.headers["Call-ID"])

    @property
    def number(self) -> int:
        return int(self.headers["CSeq"]["check"])

    @property
    def asked(self) -> str:
        """The method, of an answer the one it answers."""
        return str(self.headers["CSeq"]["method"])

    @property
    def branch(self) -> str:
        return str(self.headers["Via"][0].get("branch", ""))

    def all(self, name: str) -> list[str]:
        """Every value of a header in order; of Via and routes also those that share a line."""
        found = [value for field, value in self.fields if field == name]
        if name in ("Via", "Record-Route"):
            return [part.strip() for value in found for part in re.split(r",(?=\s*(?:<|SIP/))", value)]
        return found

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def tag(self, name: str) -> str:
        found = re.search(r";\s*tag=([^;\s]+)", self.first(name))
        return found[1] if found else ""


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise BadSip(f"no header: {line[:40]!r}")
    name = name.strip()
    return _COMPACT.get(name.lower()) or _SPELLED.get(name.lower(), name), value.strip()


def _known(first: str) -> str:
    """pyVoIP knows an enumeration of answers; another code is read as the first of its hundred."""
    words = first.split(" ", 2)
    if len(words) < 2 or words[0] != "SIP/2.0":
        return first
    if not words[1].isdigit() or not 100 <= int(words[1]) <= 699:
        raise BadSip("no status")
    try:
        SIP.SIPStatus(int(words[1]))
    except ValueError:
        words[1] = f"{words[1][0]}00"
    return " ".join(words)


def _described(sdp: str) -> str:
    """The lines of a session description that decide about sound; pyVoIP stumbles over many others."""
    lines = [line.strip() for line in sdp.replace("\r\n", "\n").split("\n")]
    kept = [line for line in lines if line[:2] in ("v=", "c=", "m=") or line.startswith("a=rtpmap:")]
    return "\r\n".join(line.replace("RTP/SAVPF", "RTP/SAVP").replace("RTP/AVPF", "RTP/AVP") for line in kept)


def far_sound(message: Message) -> tuple[str, int, int, int, str] | None:
    """(address, port, law, payload type of events or −1, direction) of the first audio in G.711, else None."""
    for media in message.body.get("m", []):
        if media["type"] != "audio" or media["protocol"] != RTP.RTPProtocol.AVP or not 0 <= media["port"] <= 65535:
            continue
        laws = [int(word) for word in media["methods"] if word in ("0", "8")]
        hosts = [line["address"] for line in message.body.get("c", [])]
        if not laws or not hosts:
            continue
        events = [int(kind) for kind, said in media["attributes"].items()
                  if said.get("rtpmap", {}).get("name", "").lower() == "telephone-event"]  # fmt: skip
        way = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", message.sdp, re.MULTILINE)
        return hosts[-1], media["port"], laws[0], events[0] if events else -1, way[1] if way else "sendrecv"
    return None


def description(address: str, port: int, laws: tuple[int, ...], events: int, way: str, version: int) -> str:
    """Our own session description."""
    kinds = [*laws, *([events] if events >= 0 else [])]
    lines = ["v=0", f"o=- {port} {version} IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
             f"m=audio {port} RTP/AVP {' '.join(map(str, kinds))}"]  # fmt: skip
    lines += [f"a=rtpmap:{law} {LAWS[law]}/8000" for law in laws]
    lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"] if events >= 0 else []
    return "\r\n".join([*lines, "a=ptime:20", f"a={way}", ""])


def request(method: str, uri: str, via: str, fields: dict[str, str], extra: dict[str, str], body: str = "",
            kind: str = "application/sdp") -> bytes:  # fmt: skip
    """One request; `via` is our own address."""
    lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {via};rport;branch={new_branch()}", "Max-Forwards: 70"]
    lines += [f"{name}: {value}" for name, value in {**fields, **extra}.items()]
    return _finished(lines, body, kind)


def response(asked: Message, code: int, tag: str, extra: dict[str, str] | None = None, body: str = "") -> bytes:
    """The answer to a request."""
    to = asked.first("To")
    lines = [f"SIP/2.0 {code} {SIP.SIPStatus(code).phrase}", *(f"Via: {via}" for via in asked.all("Via"))]
    lines += [f"Record-Route: {route}" for route in asked.all("Record-Route")]
    lines += [f"From: {asked.first('From')}", f"To: {to}" if asked.tag("To") or not tag else f"To: {to};tag={tag}"]
    lines += [f"Call-ID: {asked.call_id}", f"CSeq: {asked.number} {asked.asked}"]
    lines += [f"{name}: {value}" for name, value in (extra or {}).items()]
    return _finished(lines, body, "application/sdp")


def new_branch() -> str:
    return "z9hG4bK" + secrets.token_hex(10)


def _finished(lines: list[str], body: str, kind: str) -> bytes:
    lines = [*lines, f"User-Agent: {AGENT}", f"Allow: {ALLOWED}", *([f"Content-Type: {kind}"] if body else [])]
    content = body.encode()
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def uri_of(name_addr: str) -> str:
    """The bare URI of a Contact or From."""
    found = re.search(r"<([^>]+)>", name_addr)
    return found[1] if found else name_addr.split(";")[0].strip()


def place_of(uri: str) -> tuple[str, int]:
    """Host and port of a SIP URI or host:port. Raises BadSip."""
    found = re.match(r"(?:sips?:)?(?:[^@]*@)?\[?([^\]:;>?\s]+)\]?(?::(\d+))?", uri.strip("<> "))
    port = int(found[2] or 5060) if found else 0
    if found is None or not 0 < port < 65536:
        raise BadSip(f"no address: {uri[:60]!r}")
    return found[1], port
