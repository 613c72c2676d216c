# SPDX-License-Identifier: GPL-3.0-or-later
"""The voice of a test peer: RTP with a steady tone out and samples in, and the ears that judge samples.

Frequencies in Hz, samples int16 at 8 kHz.
"""

from __future__ import annotations

import asyncio
import socket
import struct

import numpy as np
import numpy.typing as npt

from telephony.exchange.embedded import g711, sdp
from telephony.exchange.embedded.sip import Addr

HOST = "127.0.0.1"
LEVEL = 8000


def loudness(samples: npt.NDArray[np.int16], frequency: float) -> float:
    """Amplitude of one frequency in the samples."""
    if not len(samples):
        return 0.0
    t = np.arange(len(samples)) / g711.RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * frequency * t))))


def silent_blocks(samples: npt.NDArray[np.int16], level: float = 300.0) -> int:
    """How many 20 ms blocks are quieter than `level` (RMS)."""
    blocks = samples[: len(samples) // g711.FRAME * g711.FRAME].reshape(-1, g711.FRAME).astype(float)
    return int((np.sqrt((blocks**2).mean(axis=1)) < level).sum())


class Voice:
    """An RTP end: sends a tone (0 Hz: silence) while `talking`, keeps what it hears, collects RFC 4733 digits."""

    def __init__(self, hz: float, law: int = sdp.PCMA, host: str = HOST) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((host, 0))
        self.here: Addr = self.sock.getsockname()
        self.law = law
        self.digits_type = sdp.DIGITS
        self.remote: Addr | None = None
        self.talking = True
        self.digits = ""
        self.packets = 0
        self._heard: list[bytes] = []
        self._events: set[int] = set()
        self._pressed: list[tuple[int, bytes]] = []  # (timestamp, event) to send, one each tick
        self._hz = hz
        self._level = LEVEL
        self._sequence, self._timestamp, self._phase = 100, 1000, 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.sock.fileno(), self._read)
        self._due = self._loop.time()
        self._timer = self._loop.call_soon(self._tick)

    def close(self) -> None:
        """Stop sending and let go of the port."""
        self._timer.cancel()
        if self.sock.fileno() >= 0:
            self._loop.remove_reader(self.sock.fileno())
            self.sock.close()

    def heard(self) -> npt.NDArray[np.int16]:
        """Everything heard so far."""
        return g711.decode(self.law, b"".join(self._heard)) if self._heard else np.zeros(0, dtype=np.int16)

    def forget(self) -> None:
        """Begin to listen anew."""
        self._heard.clear()

    def hush(self) -> None:
        """Go on sending, but silence."""
        self._level = 0

    def speak(self) -> None:
        """Send the tone again."""
        self._level = LEVEL

    def press(self, digit: str) -> None:
        """Press a key for 100 ms: RFC 4733 packets in place of the voice, one each 20 ms, the end three times."""
        key, at = "0123456789*#ABCD".index(digit), self._timestamp + g711.FRAME * (len(self._pressed) + 1)
        for n in range(7):
            last = 0x80 if n > 4 else 0
            self._pressed.append((at, struct.pack("!BBH", key, last | 10, g711.FRAME * min(n + 1, 5))))
        self._pressed.append((at, self._pressed[-1][1]))

    def _tick(self) -> None:
        if self._pressed:
            at, event = self._pressed.pop(0)
            self._sequence += 1
            self._send(event, self.digits_type, at)
        elif self.remote and self.talking:
            t = (self._phase + np.arange(g711.FRAME)) / g711.RATE
            self._phase += g711.FRAME
            tone = (self._level * np.sin(2 * np.pi * self._hz * t)).astype(np.int16)
            self._sequence += 1
            self._send(g711.encode(self.law, tone), self.law, self._timestamp)
        self._timestamp += g711.FRAME
        self._due += g711.FRAME_SECONDS
        self._timer = self._loop.call_at(self._due, self._tick)

    def _send(self, payload: bytes, kind: int, timestamp: int) -> None:
        head = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, timestamp & 0xFFFFFFFF, id(self) & 0xFFFFFFFF)
        try:
            self.sock.sendto(head + payload, self.remote or self.here)
        except OSError:
            self.talking = False  # the other end has closed its port

    def _read(self) -> None:
        try:
            data = self.sock.recv(2048)
        except OSError:
            return
        self.packets += 1
        kind, timestamp = data[1] & 0x7F, struct.unpack_from("!I", data, 4)[0]
        if kind == self.law:
            self._heard.append(data[12:])
        elif kind == self.digits_type and timestamp not in self._events:
            self._events.add(timestamp)
            self.digits += "0123456789*#ABCD"[data[12]]
