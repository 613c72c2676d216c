# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of one call on pyVoIP's RTP: G.711 of either law, 20 ms frames of 8 kHz 16-bit mono (320 bytes), events.

pyVoIP's own stream speaks µ-law under the name of A-law, keeps 8 of 16 bits, everything it ever heard, and breaks at
sequence number 65535; here its packets and payload types are used and the stream is our own.
"""

from __future__ import annotations

import logging
import socket
import struct
from collections import deque

from telephony.phone.pyvoip_library import RTP, audioop

log = logging.getLogger(__name__)

FRAME = 160  # samples
SILENCE = bytes(2 * FRAME)
AHEAD = 2  # frames kept before the first is played
MOST = 8  # frames kept at all: beyond it the oldest goes
KEYS = "0123456789*#ABCD"
EVENT_STEPS = 8  # of 20 ms
EVENT_PAUSE = 4
EVENT_ENDS = 3
EVENT_VOLUME = 10
_ENCODE = {0: "lin2ulaw", 8: "lin2alaw"}
_DECODE = {0: "ulaw2lin", 8: "alaw2lin"}


class Stream(RTP.RTPClient):
    """Sends to and hears from one address; `digits` collects what was pressed there."""

    def __init__(self, bind: str) -> None:
        self.sin = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sin.bind((bind, 0))
        self.sin.setblocking(False)
        super().__init__({8: RTP.PayloadType.PCMA}, bind, self.sin.getsockname()[1], "", 0, RTP.TransmitType.SENDRECV)
        self.law, self.events = 8, -1
        self.sending = self.hearing = True
        self.heard_any = False
        self.digits: deque[str] = deque()
        self._heard: deque[bytes] = deque(maxlen=MOST)
        self._filled = False
        self._last_event = -1
        self._presses: deque[bytes] = deque()  # payloads of events still to be sent, b"" is a pause
        self._event_start = 0

    @property
    def port(self) -> int:
        return int(self.inPort)

    def aim(self, host: str, port: int, law: int, events: int, way: str) -> None:
        """Where and how the far side wants it; `way` is the far side's word."""
        self.outIP, self.outPort, self.law, self.events = socket.gethostbyname(host), port, law, events
        self.assoc = {law: RTP.PayloadType(law), **({events: RTP.PayloadType.EVENT} if events >= 0 else {})}
        self.sending = way in ("sendrecv", "recvonly") and port > 0 and host != "0.0.0.0"
        self.hearing = way in ("sendrecv", "sendonly")

    def stop(self) -> None:
        """Release the port."""
        self.NSD = False
        self.sin.close()

    def press(self, digits: str) -> bool:
        """Send digits as events; False where the far side takes none."""
        if self.events < 0:
            return False
        for digit in digits.upper():
            event = KEYS.index(digit)
            steps = [*range(1, EVENT_STEPS + 1), *([EVENT_STEPS] * (EVENT_ENDS - 1))]
            for place, step in enumerate(steps):
                end = 0x80 if place >= EVENT_STEPS - 1 else 0
                self._presses.append(struct.pack("!BBH", event, end | EVENT_VOLUME, step * FRAME))
            self._presses.extend([b""] * EVENT_PAUSE)
        return True

    def take(self) -> None:
        """Read every packet that came."""
        while self.NSD:
            try:
                packet = self.sin.recv(2048)
            except BlockingIOError:
                return
            except OSError as error:
                log.debug("RTP: %s", error)  # the far port is closed
                return
            try:
                self.parse_packet(packet)
            except (RTP.RTPParseError, ValueError, IndexError) as error:
                log.debug("RTP: %s", error)

    def parse_packet(self, packet: bytes) -> None:
        if len(packet) < 12:
            raise RTP.RTPParseError("too short")
        message = RTP.RTPMessage(packet, self.assoc)
        payload = message.payload
        if message.extension and len(payload) >= 4:
            payload = payload[4 + 4 * int.from_bytes(payload[2:4], "big") :]
        if message.padding and payload:
            payload = payload[: -payload[-1]]
        kind = packet[1] & 0x7F
        if kind == self.events:
            if message.timestamp != self._last_event and payload and payload[0] < len(KEYS):
                self._last_event = message.timestamp
                self.digits.append(KEYS[payload[0]])
        elif kind in _DECODE and self.hearing:
            self.heard_any = True
            sound = getattr(audioop, _DECODE[kind])(payload, 2)
            for start in range(0, len(sound), len(SILENCE)):
                self._heard.append(sound[start : start + len(SILENCE)].ljust(len(SILENCE), b"\0"))

    def next_heard(self) -> bytes:
        """The next 20 ms of the far side, silence when nothing has come."""
        if not self._filled:
            self._filled = len(self._heard) >= AHEAD
        if not self._filled or not self._heard:
            self._filled = False
            return SILENCE
        return self._heard.popleft()

    def speak(self, frame: bytes) -> None:
        """Send 20 ms: the frame, or a piece of a digit in its place."""
        self.outTimestamp = (self.outTimestamp + FRAME) & 0xFFFFFFFF
        if self._presses:
            piece = self._presses.popleft()
            if piece:
                begins = struct.unpack("!H", piece[2:4])[0] == FRAME
                if begins:
                    self._event_start = self.outTimestamp
                self._send(self.events, piece, self._event_start, begins)
                return
        if self.sending:
            self._send(self.law, getattr(audioop, _ENCODE[self.law])(frame, 2), self.outTimestamp, False)

    def _send(self, kind: int, payload: bytes, timestamp: int, marked: bool) -> None:
        self.outSequence = (self.outSequence + 1) & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if marked else 0), self.outSequence, timestamp, self.outSSRC
        )  # fmt: skip
        try:
            self.sin.sendto(head + payload, (self.outIP, self.outPort))
        except OSError as error:
            log.debug("RTP: %s", error)


def loudness(frame: bytes) -> float:
    """0…1 of full scale, as a meter shows it."""
    return min(1.0, round(audioop.rms(frame, 2) / 32768 * 2, 3))
