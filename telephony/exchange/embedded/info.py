# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits as SIP INFO (application/dtmf-relay, application/dtmf): reading them, and sending one after the other."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from telephony.exchange.embedded import dtmf
from telephony.exchange.embedded.sip import SipRequest, SipResponse

log = logging.getLogger(__name__)

RELAY = "application/dtmf-relay"
DURATION_MS = 160
_BY_NUMBER = {"10": "*", "11": "#"}  # some phones name the event, not the key


def read(request: SipRequest) -> str:
    """The digit of an INFO, empty when it carries none."""
    kind = (request.content_type or "").split(";")[0].strip().lower()
    text = request.text.strip()
    if kind == RELAY:
        for line in text.splitlines():
            name, _, value = line.partition("=")
            if name.strip().lower() == "signal":
                text = value.strip()
                break
    elif kind != "application/dtmf":
        return ""
    text = _BY_NUMBER.get(text, text).upper()
    return text if len(text) == 1 and text in dtmf.DIGITS else ""


class InfoSender:
    """`send(request body, content type, answered)` sends one INFO in the dialog; the next one waits for its answer, so
    that the digits arrive in order over UDP."""

    def __init__(self, send: Callable[[str, str, Callable[[SipResponse], None]], None]) -> None:
        self._send = send
        self._waiting: deque[str] = deque()
        self._busy = False

    def queue(self, digits: str) -> None:
        """Append digits; raises ValueError for characters that are none."""
        wanted = digits.upper()
        if not wanted or any(digit not in dtmf.DIGITS for digit in wanted):
            raise ValueError(f"not digits: {digits!r}")
        self._waiting.extend(wanted)
        if not self._busy:
            self._next()

    def _next(self) -> None:
        self._busy = bool(self._waiting)
        if self._busy:
            body = f"Signal={self._waiting.popleft()}\r\nDuration={DURATION_MS}\r\n"
            self._send(body, RELAY, self._answered)

    def _answered(self, response: SipResponse) -> None:
        if response.status_code < 200:
            return
        if response.status_code >= 300:
            log.warning("the far end takes no digits by INFO: %d", response.status_code)
            self._waiting.clear()
        self._next()
