# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets that are no SIP, or nearly."""

from __future__ import annotations

MALFORMED = [
    b"",
    b"\r\n\r\n",
    b"\0" * 2000,
    b"INVITE",
    b"INVITE sip:a SIP/2.0\r\n\r\n",
    b"INVITE sip:a@b SIP/7.0\r\nVia: SIP/2.0/UDP h:99999;rport=99999;branch=z9hG4bKq\r\n\r\n",
    b"SIP/2.0 999999 What\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKnone\r\nCSeq: 99999999999 INVITE\r\n\r\n",
    b"ACK sip:a@b SIP/2.0\r\nCall-ID: nobody\r\nCSeq: 1 ACK\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\n" + b"X-Long: " + b"x" * 60000 + b"\r\n\r\n",
]
INVITE = (
    "INVITE sip:200@h SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{n}\r\nFrom: <sip:a@127.0.0.1>;tag=f{n}\r\n"
    "To: <sip:200@h>\r\nCall-ID: m{n}\r\nCSeq: {cseq}\r\nContact: <sip:a@127.0.0.1:{contact}>\r\nMax-Forwards: 70\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)
GOOD_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {codec}\r\n"


def malformed() -> list[bytes]:
    """All of them."""
    made = list(MALFORMED)
    plain = dict(via="127.0.0.1:9", cseq="1 INVITE", contact="9", sdp=GOOD_SDP.format(port=9, codec=8))
    for n, change in enumerate(
        [
            dict(via="127.0.0.1:70000"),
            dict(via="127.0.0.1:9;rport=70000"),
            dict(contact="70000"),
            dict(cseq="-1 INVITE"),
            dict(cseq="99999999999999999999 INVITE"),
            dict(sdp=GOOD_SDP.format(port=999999, codec=8)),
            dict(sdp=GOOD_SDP.format(port=9, codec=18)),
            dict(sdp="v=0\r\nm=audio x y z\r\n"),
            dict(sdp="\0\1\2" * 50),
            dict(length="-5"),
            dict(length="999999"),
        ]
    ):
        words = {**plain, "n": str(n), **change}
        words.setdefault("length", str(len(words["sdp"])))
        made.append(INVITE.format(**words).encode())
    return made
