# SPDX-License-Identifier: GPL-3.0-or-later
"""One RTP port: the UDP socket of one leg. Relays packets as they come; buffers voice for mixer and recorder.

Symmetric: RTP goes where the far end's RTP comes from. Voice is G.711 at 8 kHz; times by CLOCK_MONOTONIC in seconds.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable

from telephony.exchange.embedded import dtmf
from telephony.exchange.embedded.g711 import FRAME, SILENCE
from telephony.exchange.embedded.sip import Addr

_FIELDS = struct.Struct("!HII")  # sequence, timestamp, SSRC from byte 2
_HEADER = struct.Struct("!BBHII")
HEADER_BYTES = 12
LARGEST = 2048
BATCH = 8  # datagrams taken per wake-up
LATCH_IDLE = 1.0  # a silent source may be replaced by another one of the same host after this time
MIXER_PREFETCH = 3 * FRAME
TAPE_PREFETCH = 10 * FRAME  # the recorder has time, so late packets leave no gap
MAX_FILL = 10  # lost packets that are replaced by silence; a longer jump is a new stream


class Buffer:
    """Encoded voice between the far end's clock and ours: bytes in as they come, 20 ms out per tick."""

    def __init__(self, prefetch: int) -> None:
        self._prefetch = prefetch
        self._limit = prefetch * 2 + 20 * FRAME
        self._bytes = bytearray()
        self._flowing = False
        self._sequence = -1

    def push(self, sequence: int, payload: bytes, silence: bytes) -> None:
        """Append a packet; lost ones before it become silence, late ones are left out."""
        if self._sequence >= 0:
            ahead = (sequence - self._sequence) & 0xFFFF
            if ahead == 0 or ahead > 0xFF00:
                return
            if 1 < ahead <= MAX_FILL:
                self._bytes += (silence * (len(payload) // FRAME + 1))[: len(payload)] * (ahead - 1)
        self._sequence = sequence
        self._bytes += payload
        if len(self._bytes) > self._limit:
            del self._bytes[: len(self._bytes) - self._prefetch]

    def pull(self) -> bytes | None:
        """The next 20 ms, None while there is nothing to hear."""
        if not self._flowing:
            if len(self._bytes) < self._prefetch:
                return None
            self._flowing = True
        if len(self._bytes) < FRAME:
            self._flowing = False
            return None
        frame = bytes(self._bytes[:FRAME])
        del self._bytes[:FRAME]
        return frame


class RtpPort:
    """`outs` are the ports that hear this one directly. `on_first` is called at the first packet after `arm()`."""

    def __init__(self, sock: socket.socket, counts: Counter[str]) -> None:
        self.sock = sock
        self.address: Addr = sock.getsockname()[:2]
        self.counts = counts
        self.law = 0
        self.digits_type = -1
        self.signalled: Addr | None = None
        self.may_send = True
        self.expects = True
        self.outs: tuple[RtpPort, ...] = ()
        self.passes_digits = False
        self.mixer: Buffer | None = None
        self.tape: Buffer | None = None
        self.sender = dtmf.Sender()
        self.on_first: Callable[[], None] | None = None
        self.on_digit: Callable[[str], object] | None = None
        self.heard_at = 0.0
        self.heard = False
        self.received = self.sent = 0
        self._remote: Addr | None = None
        self._latched = False
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._timestamp = random.getrandbits(31)
        self._source: int | None = None  # SSRC that is relayed to this port now
        self._shift_sequence = self._shift_timestamp = 0
        self._event_timestamp: int | None = None
        self._event_start = 0
        self._buffer = bytearray(LARGEST)
        self._view = memoryview(self._buffer)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def close(self) -> None:
        """Let go of the port; harmless when repeated."""
        if self.sock.fileno() >= 0:
            self._loop.remove_reader(self.sock.fileno())
            self.sock.close()
        self.outs = ()
        self.mixer = self.tape = None
        self.on_first = self.on_digit = None

    def aim(self, remote: Addr) -> None:
        """Send to the address that was signalled, until RTP comes from another."""
        self.signalled = self._remote = remote
        self._latched = False

    def arm(self) -> None:
        """Report the next packet as the first."""
        self.heard = False

    def _readable(self) -> None:
        for _ in range(BATCH):
            if self.sock.fileno() < 0:
                return
            try:
                size, source = self.sock.recvfrom_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # a closed port of the far end answers with ICMP
                self.counts["rtp_errors"] += 1
                return
            self._packet(size, source)

    def _packet(self, size: int, source: Addr) -> None:
        buffer = self._buffer
        if size < HEADER_BYTES or buffer[0] & 0xC0 != 0x80:
            self.counts["not_rtp"] += 1
            return
        kind = buffer[1] & 0x7F
        if 72 <= kind <= 76:  # RTCP on the same port, RFC 5761
            return
        now = time.monotonic()
        if not self._is_ours(source, now):
            self.counts["foreign_rtp"] += 1
            return
        start = HEADER_BYTES + 4 * (buffer[0] & 0x0F)
        if buffer[0] & 0x10 and size >= start + 4:  # header extension
            start += 4 + 4 * int.from_bytes(buffer[start + 2 : start + 4], "big")
        if start >= size:
            self.counts["not_rtp"] += 1
            return
        sequence, timestamp, ssrc = _FIELDS.unpack_from(buffer, 2)
        self.heard_at = now
        self.received += 1
        if kind == self.digits_type:
            self._event(start, size, timestamp)
            if not self.passes_digits:
                return
        elif kind != self.law:
            self.counts["other_payload"] += 1
            return
        else:
            if self.mixer is not None:
                self.mixer.push(sequence, bytes(self._view[start:size]), SILENCE[self.law])
            if self.tape is not None:
                self.tape.push(sequence, bytes(self._view[start:size]), SILENCE[self.law])
        for out in self.outs:
            out.relay(buffer, size, sequence, timestamp, ssrc, kind == self.digits_type)
        if not self.heard:
            self.heard = True
            if self.on_first:
                self.on_first()

    def _is_ours(self, source: Addr, now: float) -> bool:
        """Latch the first source; another one of the signalled host may follow only when the first fell silent."""
        if source == self._remote and self._latched:
            return True
        if not self._latched:
            self._latched = True
            self._remote = source
            return True
        if self.signalled and source[0] == self.signalled[0] and now - self.heard_at > LATCH_IDLE:
            self._remote = source
            return True
        return False

    def _event(self, start: int, size: int, timestamp: int) -> None:
        """One digit is many packets of one timestamp."""
        if timestamp == self._event_timestamp:
            return
        digit = dtmf.read(self._view[start:size])
        if digit:
            self._event_timestamp = timestamp
            if self.on_digit:
                self.on_digit(digit)

    def relay(self, buffer: bytearray, size: int, sequence: int, timestamp: int, ssrc: int, digits: bool) -> None:
        """Send a packet of another port on as ours; the header in `buffer` is overwritten."""
        if self._remote is None or not self.may_send or self.sender.busy or (digits and self.digits_type < 0):
            return
        marker = buffer[1] & 0x80
        if self._source != ssrc:
            self._source = ssrc
            self._shift_sequence = self._sequence + 1 - sequence
            self._shift_timestamp = self._timestamp + FRAME - timestamp
            marker = 0x80
        self._sequence = (sequence + self._shift_sequence) & 0xFFFF
        self._timestamp = (timestamp + self._shift_timestamp) & 0xFFFFFFFF
        kept = bytes(buffer[:HEADER_BYTES])
        buffer[1] = marker | (self.digits_type if digits else self.law)
        _FIELDS.pack_into(buffer, 2, self._sequence, self._timestamp, self._ssrc)
        self._send(memoryview(buffer)[:size])
        buffer[:HEADER_BYTES] = kept

    def emit(self, payload: bytes) -> None:
        """Send 20 ms of encoded voice of our own making."""
        if self._remote is None or not self.may_send:
            return
        marker = 0x80 if self._source is not None else 0
        self._source = None
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        self._send(_HEADER.pack(0x80, self.law | marker, self._sequence, self._timestamp, self._ssrc) + payload)

    def emit_event(self) -> None:
        """Send the event packet of this tick while digits are being sent."""
        packet = self.sender.next()
        self._source = None
        if packet is None or self._remote is None or self.digits_type < 0:
            self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
            return
        if packet.marker:
            self._event_start = self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        self._sequence = (self._sequence + 1) & 0xFFFF
        kind = self.digits_type | (0x80 if packet.marker else 0)
        self._send(_HEADER.pack(0x80, kind, self._sequence, self._event_start, self._ssrc) + packet.payload)
        if packet.last:
            self._timestamp = (self._event_start + dtmf.TONE_FRAMES * dtmf.UNITS) & 0xFFFFFFFF

    def _send(self, packet: bytes | memoryview) -> None:
        try:
            self.sock.sendto(packet, self._remote or ("", 0))
            self.sent += 1
        except OSError:
            self.counts["rtp_errors"] += 1


class PortPool:
    """Even UDP ports of a range, begun at a random one so that two exchanges of one machine seldom meet."""

    def __init__(self, host: str, first: int, last: int) -> None:
        self.host = host
        self.counts: Counter[str] = Counter()
        self._first = first + first % 2
        self._count = max(1, (last - self._first + 1) // 2)
        self._next = random.randrange(self._count)

    def open(self) -> RtpPort:
        """A new port; raises OSError when the whole range is taken."""
        for _ in range(self._count):
            number = self._first + 2 * self._next
            self._next = (self._next + 1) % self._count
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            try:
                sock.bind((self.host, number))
            except OSError:
                sock.close()
                continue
            return RtpPort(sock, self.counts)
        raise OSError("no free RTP port in the range")
