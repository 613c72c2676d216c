# SPDX-License-Identifier: GPL-3.0-or-later
"""Many RTP ends in one thread: G.711 packets every 20 ms, spread evenly, each carrying the time it was sent.

A payload is relayed as it is, so its receiver knows how long it was under way. Delays in milliseconds.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Sequence

from telephony.exchange.embedded import sdp
from telephony.exchange.embedded.sip import Addr
from tests.telephony.exchange.voice import Voice

FRAME_S = 0.02
FRAME = 160
_HEAD = struct.Struct("!BBHIId")  # RTP header and the time of sending as the first 8 bytes of the voice
HEAD_BYTES = 20
RECEIVE_BUFFER = 1 << 18


class Talker(Voice):
    """The RTP end of one leg. It is not on the event loop: `talk()` moves it."""

    def __init__(self, law: int, host: str) -> None:  # the parent's would put it on the loop
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.sock.bind((host, 0))
        self.here: Addr = self.sock.getsockname()
        self.law = law
        self.digits_type = sdp.DIGITS
        self.remote: Addr | None = None
        self.sent = self.received = 0
        self._packet = bytearray(b"\xd5" * (12 + FRAME))
        self._sequence, self._timestamp = 100, 1000

    def close(self) -> None:
        self.sock.close()

    def send(self) -> None:
        """One packet of 20 ms, stamped now."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        ssrc = id(self) & 0xFFFFFFFF
        _HEAD.pack_into(self._packet, 0, 0x80, self.law, self._sequence, self._timestamp, ssrc, time.monotonic())
        self.sock.sendto(self._packet, self.remote or self.here)
        self.sent += 1


def talk(talkers: Sequence[Talker], seconds: float) -> list[float]:
    """Let all of them talk and listen; the delay of every packet that arrived. Counts in `sent` and `received`."""
    delays: list[float] = []
    poll = select.epoll()
    by_handle = {talker.sock.fileno(): talker for talker in talkers}
    for handle in by_handle:
        poll.register(handle, select.EPOLLIN)
    buffer = bytearray(2048)
    step = FRAME_S / len(talkers)
    due = time.monotonic()
    end = due + seconds
    at = 0
    try:
        while (now := time.monotonic()) < end + 0.2:  # the last ones still arrive
            while due <= now < end:
                talkers[at].send()
                at = (at + 1) % len(talkers)
                due += step
            for handle, _ in poll.poll(max(0.0, min(due, end + 0.2) - time.monotonic()) if now < end else 0.02):
                talker = by_handle[handle]
                try:
                    while True:
                        size = talker.sock.recv_into(buffer)
                        arrived = time.monotonic()
                        if size == len(talker._packet) and buffer[1] & 0x7F == talker.law:
                            talker.received += 1
                            delays.append((arrived - _HEAD.unpack_from(buffer)[5]) * 1000)
                except BlockingIOError:
                    continue
                except OSError:  # ICMP of a port that is closed by now
                    continue
    finally:
        poll.close()
    return delays
