# SPDX-License-Identifier: GPL-3.0-or-later
"""The one UDP socket of the pyVoIP engine, and what makes UDP reliable: repeated requests, repeated answers.

Seconds of a steady clock. All on the engine's thread, but `wake`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import select
import socket
import time
from collections import OrderedDict
from collections.abc import Callable

from telephony.phone.pyvoip_message import BadSip, Message, place_of

log = logging.getLogger(__name__)

T1_S, T2_S, GIVE_UP_S = 0.5, 4.0, 32.0
RING_S = 180.0
BIGGEST = 65535
REMEMBERED = 200  # answers kept for requests that come again
Address = tuple[str, int]
Heard = Callable[[Message | None], None]


class Repeated:
    """One message sent again until `done`; a request is `over` with its last answer."""

    def __init__(self, data: bytes, where: Address) -> None:
        self.data, self.where, self.done, self.over = data, where, False, False


class Wire:
    """`heard(request, source)` takes requests that are new; answers go to who asked."""

    def __init__(self, bind: str, port: int, heard: Callable[[Message, Address], None]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((bind, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self.via = f"{bind}:{self.port}"
        self._wakes, self._wake = socket.socketpair()
        self._wakes.setblocking(False)
        self._wake.setblocking(False)
        self._heard = heard
        self._asked: dict[tuple[str, str], tuple[Repeated, Heard]] = {}
        self._answered: OrderedDict[tuple[str, str], tuple[bytes, Address]] = OrderedDict()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def close(self) -> None:
        for end in (self._socket, self._wakes, self._wake):
            end.close()

    def wake(self) -> None:
        """End a wait; from any thread."""
        try:
            self._wake.send(b".")
        except OSError:
            return  # it wakes already, or is closed

    def turn(self, seconds: float) -> None:
        """Take what came, run what is due; waits for `seconds` at most."""
        if self._timers:
            seconds = min(seconds, max(0.0, self._timers[0][0] - time.monotonic()))
        ready, _, _ = select.select([self._socket, self._wakes], [], [], seconds)
        if self._wakes in ready:
            self._wakes.recv(4096)
        if self._socket in ready:
            self._take_all()
        while self._timers and self._timers[0][0] <= time.monotonic():
            self._guard(heapq.heappop(self._timers)[2])

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), what))

    def send(self, data: bytes, where: Address) -> None:
        """Send once; a network that refuses is a packet lost."""
        try:
            self._socket.sendto(data, where)
        except OSError as error:
            log.info("SIP to %s: %s", where, error)

    def ask(self, data: bytes, where: Address, heard: Heard) -> Repeated:
        """Send a request until it is answered; `heard` gets each answer, None when none comes in 32 s.

        A call that rings may do so for RING_S. Last answers that come again are heard again for 32 s.
        """
        message = Message(data)
        sent, key = Repeated(data, where), (message.branch, message.asked)
        self._asked[key] = (sent, heard)

        def give_up() -> None:
            if sent.done and not sent.over:
                self.after(RING_S, end)
            else:
                end()

        def end() -> None:
            del self._asked[key]
            if not sent.over:
                sent.done = sent.over = True
                heard(None)

        self.repeat(sent)
        self.after(GIVE_UP_S, give_up)
        return sent

    def repeat(self, sent: Repeated, wait: float = T1_S, until: float = 0.0) -> None:
        """Send now and again, ever slower, until `sent.done` or 32 s are over."""
        until = until or time.monotonic() + GIVE_UP_S
        if not sent.done and time.monotonic() < until:
            self.send(sent.data, sent.where)
            self.after(wait, lambda: self.repeat(sent, min(2 * wait, T2_S), until))

    def answer(self, asked: Message, data: bytes, where: Address) -> None:
        """Answer a request; it gets the same answer when it comes again."""
        self._answered[asked.branch, asked.asked] = (data, where)
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        self.send(data, where)

    def _take_all(self) -> None:
        for _ in range(50):
            try:
                data, source = self._socket.recvfrom(BIGGEST)
            except BlockingIOError:
                return
            except OSError as error:  # the far port is closed: said on Linux and Windows with the next read
                log.debug("SIP: %s", error)
                continue
            self._guard(lambda data=data, source=source: self._take(data, source))

    def _take(self, data: bytes, source: Address) -> None:
        if len(data) < 12:
            return  # keep-alive
        try:
            message = Message(data)
        except BadSip as error:
            log.info("from %s, no SIP: %s", source, error)
            return
        key = (message.branch, message.asked)
        if message.is_answer:
            if key in self._asked:
                sent, heard = self._asked[key]
                # an INVITE need not be sent again after a provisional answer
                sent.done = sent.done or message.code >= 200 or message.asked == "INVITE"
                sent.over = sent.over or message.code >= 200
                heard(message)
            return
        if message.asked != "ACK" and key in self._answered:
            self.send(*self._answered[key])
            return
        self._heard(message, source)

    @staticmethod
    def _guard(what: Callable[[], None]) -> None:
        try:
            what()
        except Exception:
            log.exception("SIP")


def address_of(uri: str) -> Address:
    """Where a URI is. Raises BadSip, OSError for a name nobody knows."""
    host, port = place_of(uri)
    return socket.gethostbyname(host), port
