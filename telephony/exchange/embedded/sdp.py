# SPDX-License-Identifier: GPL-3.0-or-later
"""Session descriptions for G.711 audio with RFC 4733 digits: what the far end said, checked, and what we say.

Payload types: 0 PCMU, 8 PCMA. Raises BadSdp for everything that would hurt the media tick or cannot be talked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from telephony.exchange.embedded.sip import Addr, MediaDescription, parse_sdp, usable

PCMU, PCMA = 0, 8
NAMES = {PCMU: "PCMU", PCMA: "PCMA"}
DIGITS = 101  # payload type we offer for RFC 4733

_MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class BadSdp(ValueError):
    """The description is broken or offers nothing we talk."""


@dataclass(frozen=True)
class Media:
    """The far end's audio: where it wants RTP (None on hold by 0.0.0.0), the laws it talks in its order, its payload
    type for digits, and its direction as it sees it. `sections` are the m= lines of the offer, (line, is ours)."""

    address: Addr | None
    laws: tuple[int, ...]
    digits: int | None
    direction: str
    sections: tuple[tuple[str, bool], ...]

    @property
    def listens(self) -> bool:
        """Whether it wants to hear us."""
        return self.address is not None and self.direction in ("sendrecv", "recvonly")

    @property
    def talks(self) -> bool:
        """Whether it will send."""
        return self.direction in ("sendrecv", "sendonly")


def read(text: str, laws: tuple[int, ...] = (PCMU, PCMA)) -> Media:
    """The audio of a description, with those of `laws` it offers; raises BadSdp when there are none."""
    try:
        described = parse_sdp(text)
    except (ValueError, IndexError, TypeError) as error:
        raise BadSdp(f"unreadable: {error}") from None
    chosen = next((m for m in described.media if _plain_audio(m)), None)
    if chosen is None:
        raise BadSdp("no RTP/AVP audio")
    connection = chosen.connection or described.connection
    if connection is None:
        raise BadSdp("no address")
    address: Addr | None = (connection.address.split("/")[0], chosen.port)
    direction = next((d for d in _MIRROR if d in chosen.attributes), None) or next(
        (d for d in _MIRROR if d in described.attributes), "sendrecv"
    )
    if connection.address == "0.0.0.0":  # the hold of RFC 2543
        address, direction = None, "inactive" if direction in ("inactive", "recvonly") else "sendonly"
    elif address is None or not usable(address):
        raise BadSdp(f"not an address for RTP: {address}")
    formats = [int(f) for f in chosen.formats if f.isascii() and f.isdigit() and int(f) < 128]
    common = tuple(f for f in formats if f in laws)
    if not common:
        raise BadSdp("no common codec")
    digits = next(
        (
            c.payload_type
            for c in chosen.codecs
            if c.encoding_name.lower() == "telephone-event" and c.clock_rate == 8000
        ),
        None,
    )
    sections = tuple(
        (f"{m.media} {0 if m is not chosen else 1} {m.proto} {' '.join(m.formats)}", m is chosen)
        for m in described.media
    )
    return Media(address, common, digits if digits is not None and 0 < digits < 128 else None, direction, sections)


def _plain_audio(media: MediaDescription) -> bool:
    return media.media == "audio" and media.proto == "RTP/AVP" and media.port != 0


def offer(here: Addr, laws: tuple[int, ...], version: int = 1) -> str:
    """Our offer of `laws` in that order, with digits."""
    return _head(here, version) + _audio(here, laws, DIGITS, "sendrecv")


def answer(here: Addr, theirs: Media, law: int, version: int = 1) -> str:
    """Our answer: one law, their payload type for digits, one m= line for each of theirs, the others refused."""
    text = _head(here, version)
    for line, ours in theirs.sections:
        text += _audio(here, (law,), theirs.digits, _MIRROR[theirs.direction]) if ours else f"m={line}\r\n"
    return text


_SESSION = secrets.randbelow(1 << 31)


def _head(here: Addr, version: int) -> str:
    host = here[0]
    return f"v=0\r\no=- {_SESSION} {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"


def _audio(here: Addr, laws: tuple[int, ...], digits: int | None, direction: str) -> str:
    formats = [str(law) for law in laws] + ([str(digits)] if digits is not None else [])
    lines = [f"m=audio {here[1]} RTP/AVP {' '.join(formats)}"]
    lines += [f"a=rtpmap:{law} {NAMES[law]}/8000" for law in laws]
    if digits is not None:
        lines += [f"a=rtpmap:{digits} telephone-event/8000", f"a=fmtp:{digits} 0-15"]
    lines += ["a=ptime:20", f"a={direction}"]
    return "\r\n".join(lines) + "\r\n"
