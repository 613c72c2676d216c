# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP status codes and the hang-up causes of Asterisk, and the words of LegEnded for both."""

from __future__ import annotations

CAUSES = {
    404: 1, 486: 17, 408: 18, 480: 19, 403: 21, 410: 22, 502: 27, 484: 28, 501: 29, 503: 34, 500: 38, 488: 58, 603: 88,
}  # fmt: skip
"""The cause that makes Asterisk answer an INVITE with this code; every other code is sent by PJSIPHangup."""

_CODES = {1: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 27: 502, 28: 484, 34: 503, 38: 500}


def code_of(cause: int) -> int:
    """The SIP code that a cause stands for, where the channel did not say its own."""
    return _CODES.get(cause, 480)


def why_failed(code: int) -> str:
    """The word of LegEnded for a final answer to a call we placed."""
    match code:
        case 486 | 600:
            return "busy"
        case 404 | 410 | 484 | 604:
            return "not_found"
        case 408 | 480:
            return "no_answer"
        case 487:
            return "cancel"
        case _ if 500 <= code < 600:
            return "unreachable"
        case _:
            return "reject"
