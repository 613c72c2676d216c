# SPDX-License-Identifier: GPL-3.0-or-later
"""Sixty broken or hostile datagrams, each with a name. `here` is the sender's host:port, `there` the exchange's."""

from __future__ import annotations

from collections.abc import Iterator

_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} {proto} {formats}\r\n"


def _sdp(port: str = "40000", proto: str = "RTP/AVP", formats: str = "8") -> str:
    return _SDP.format(port=port, proto=proto, formats=formats)


def messages(here: str, there: str) -> Iterator[tuple[str, bytes]]:
    """(name, datagram)."""
    number = 0

    def message(
        method: str = "INVITE", first: str = "", body: str | None = None, drop: tuple[str, ...] = (), **changed: str
    ) -> bytes:
        nonlocal number
        number += 1
        headers = {
            "Via": f"SIP/2.0/UDP {here};branch=z9hG4bKm{number};rport",
            "From": f"<sip:x@{here}>;tag=m{number}",
            "To": f"<sip:400@{there}>",
            "Call-ID": f"malformed-{number}@{here}",
            "CSeq": f"1 {method}",
            "Contact": f"<sip:x@{here}>",
            "Max-Forwards": "70",
            "Content-Type": "application/sdp",
        }
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        for name in drop:
            headers.pop(name.replace("_", "-"), None)
        text = _sdp() if body is None else body
        headers.setdefault("Content-Length", str(len(text.encode("utf-8", "surrogateescape"))))
        lines = [first or f"{method} sip:400@{there} SIP/2.0", *(f"{n}: {v}" for n, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n" + text).encode("utf-8", "surrogateescape")

    via = "SIP/2.0/UDP {};branch=z9hG4bKv{}"
    for n, bad in enumerate(
        ["127.0.0.1:99999999", "127.0.0.1:65536", "127.0.0.1:0", "127.0.0.1:-5", "host.invalid:5060"]
    ):
        yield f"via {bad}", message(Via=via.format(bad, n))
        yield f"options via {bad}", message("OPTIONS", Via=via.format(bad, n + 50), body="")
    yield "via rport 70000", message(Via=via.format("127.0.0.1;rport=70000", 90))
    yield "via received nonsense", message(Via=via.format("127.0.0.1;received=999.999.1.1", 91))
    yield "via empty", message(Via="")
    yield "via nonsense", message(Via="(((")
    yield "via without branch", message(Via="SIP/2.0/UDP 127.0.0.1:5060")
    for bad in ("127.0.0.1:99999999", "127.0.0.1:0", "host.invalid:5060", "[::1]:99999", "127.0.0.1:abc"):
        yield f"contact {bad}", message(Contact=f"<sip:x@{bad}>")
    yield "contact nonsense", message(Contact="<<<>>>;;;")
    yield "contact star", message(Contact="*")
    for port in ("999999", "0", "-1", "70000", "abc", ""):
        yield f"sdp port {port}", message(body=_sdp(port=port))
    yield "sdp savp", message(body=_sdp(proto="RTP/SAVP"))
    yield "sdp formats nonsense", message(body=_sdp(formats="x y z"))
    yield "sdp no formats", message(body=_sdp(formats=""))
    yield "sdp format 8 and 300", message(body=_sdp(port="70001", formats="8 300"))
    yield "sdp no connection", message(body=_sdp().replace("c=IN IP4 127.0.0.1\r\n", ""))
    yield "sdp connection name", message(body=_sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 host.invalid"))
    yield "sdp connection ip6", message(body=_sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1"))
    yield "sdp connection short", message(body=_sdp().replace("c=IN IP4 127.0.0.1", "c=IN"))
    yield "sdp version", message(body=_sdp().replace("v=0", "v=x"))
    yield "sdp rtpmap", message(body=_sdp(port="80000") + "a=rtpmap:x PCMA/y\r\n")
    yield "sdp empty lines", message(body="\r\n\r\n===\r\n")
    yield "sdp binary", message(body="\x00\udcff\udcfe")
    yield "other content", message(Content_Type="text/plain")
    yield "content length short", message(Content_Length="1")
    yield "content length negative", message(Content_Length="-5", body=_sdp(port="x"))
    yield "content length nonsense", message(Content_Length="abc", body=_sdp(port="x"))
    yield "cseq other method", message(CSeq="1 BYE")
    yield "cseq nonsense", message(CSeq="x y z")
    yield "cseq huge", message(CSeq="99999999999999999999 INVITE", body=_sdp(port="x"))
    for name in ("From", "To", "Call_ID", "CSeq", "Via"):
        yield f"without {name}", message(drop=(name,))
    yield "from nonsense", message(From="<sip:", body=_sdp(port="x"))
    yield "from long", message(From=f"<sip:{'9' * 8000}@{here}>;tag=l", body=_sdp(port="x"))
    yield "no max forwards", message(Max_Forwards="0")
    yield "other version", message(first=f"INVITE sip:400@{there} SIP/7.0", body=_sdp(port="x"))
    yield "no uri", message(first="INVITE SIP/2.0")
    yield "method nonsense", message(first="()&%$ sip:x SIP/2.0", CSeq="1 ()&%$")
    yield "uri nonsense", message(first="INVITE :::::: SIP/2.0", body=_sdp(port="x"))
    yield "many headers", message(**{f"X{n}": "y" for n in range(400)})
    yield "register at the trunk", message("REGISTER", body="")
    yield "ack of nothing", message("ACK", body="")
    yield "cancel of nothing", message("CANCEL", body="")
    yield "bye of nothing", message("BYE", body="")
    yield "require", message(Require="100rel, x")
    yield "response out of the blue", f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKq\r\n\r\n".encode()
    yield "response 999", f"SIP/2.0 999 ?\r\nVia: SIP/2.0/UDP {here}\r\nCall-ID: a\r\n\r\n".encode()
    yield "response nonsense", b"SIP/2.0 abc\r\nVia: x\r\nCall-ID: a\r\n\r\n"
    yield "binary", bytes(range(256)) * 4
    yield "zeros", bytes(1400)
    yield "only line ends", b"\r\n" * 300
    yield "one word", b"INVITE"
    yield "injected header", message(From=f'"a\r\nX-Evil: 1" <sip:x@{here}>;tag=i', body=_sdp(port="x"))
