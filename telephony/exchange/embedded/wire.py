# SPDX-License-Identifier: GPL-3.0-or-later
"""One UDP socket for SIP: every datagram in is guarded, every destination out is checked before the kernel sees it."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable

from telephony.exchange.embedded.sip import Addr, SipRequest, SipResponse, parse, usable

log = logging.getLogger(__name__)

KEEPALIVE_BYTES = 4  # RFC 5626: CRLFCRLF or CRLF
LARGEST = 65535
RECEIVE_BUFFER = 1 << 20

Receiver = Callable[[SipRequest | SipResponse, Addr, float], None]


class SipSocket(asyncio.DatagramProtocol):
    """`receive(message, source, received_at)` is called for each message; what is not SIP is counted and dropped."""

    def __init__(self, name: str, receive: Receiver) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.address: Addr = ("", 0)
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str, port: int) -> None:
        """Bind; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        self.address = sock.getsockname()[:2]
        transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)
        self._transport = transport

    def close(self) -> None:
        """Let go of the port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def send(self, raw: bytes, to: Addr) -> None:
        """Send one datagram; a destination that would end the socket or block in DNS is counted and dropped."""
        if self._transport is None or not usable(to) or len(raw) > LARGEST:
            self.counts["not_sent"] += 1
            return
        try:
            self._transport.sendto(raw, to)
        except (OSError, OverflowError, ValueError) as error:
            self.counts["send_failed"] += 1
            log.warning("%s: cannot send to %s: %s", self.name, to, error)

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        received_at = time.monotonic()
        if len(data) <= KEEPALIVE_BYTES:
            return
        source = (str(addr[0]), int(addr[1]))
        try:
            message = parse(data)
        except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
            self.counts["not_sip"] += 1
            log.debug("%s: dropped %d bytes from %s: %s", self.name, len(data), source, error)
            return
        try:
            self._receive(message, source, received_at)
        except Exception:
            self.counts["failed"] += 1
            log.exception("%s: a message of %s could not be handled", self.name, source)

    def error_received(self, exc: Exception) -> None:
        self.counts["icmp"] += 1
