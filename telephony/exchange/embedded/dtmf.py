# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits as RFC 4733 events: reading them out of payloads, and the paced packets that send one.

Times in 20 ms frames of 160 timestamp units.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

DIGITS = "0123456789*#ABCD"
TONE_FRAMES = 5  # 100 ms, well over the 40 ms every receiver must accept
END_PACKETS = 3  # RFC 4733 §2.5.1.4
GAP_FRAMES = 4
VOLUME = 10
_EVENT = struct.Struct("!BBH")
UNITS = 160


def read(payload: bytes | memoryview) -> str:
    """The digit of an event payload, empty when it is none."""
    if len(payload) < _EVENT.size:
        return ""
    event = payload[0]
    return DIGITS[event] if event < len(DIGITS) else ""


@dataclass(frozen=True)
class EventPacket:
    """One packet to send; all packets of an event carry the timestamp of its first."""

    payload: bytes
    marker: bool
    last: bool


class Sender:
    """Gives the packets of queued digits one frame at a time."""

    def __init__(self) -> None:
        self._frames: deque[EventPacket | None] = deque()

    def queue(self, digits: str) -> None:
        """Append digits; raises ValueError for characters that are none."""
        wanted = digits.upper()
        if not wanted or any(d not in DIGITS for d in wanted):
            raise ValueError(f"not digits: {digits!r}")
        for digit in wanted:
            event = DIGITS.index(digit)
            for n in range(1, TONE_FRAMES + 1):
                self._frames.append(EventPacket(_EVENT.pack(event, VOLUME, n * UNITS), n == 1, False))
            for n in range(END_PACKETS):
                payload = _EVENT.pack(event, 0x80 | VOLUME, TONE_FRAMES * UNITS)
                self._frames.append(EventPacket(payload, False, n == END_PACKETS - 1))
            self._frames.extend([None] * GAP_FRAMES)

    @property
    def busy(self) -> bool:
        """Whether voice has to wait."""
        return bool(self._frames)

    def next(self) -> EventPacket | None:
        """The packet of this frame, None in the gap between digits."""
        return self._frames.popleft()
