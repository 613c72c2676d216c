# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration of one phone: what is wished, what the server said, which change the desk hears. Pure.

Moments are seconds of one steady clock, given by the engine.
"""

from __future__ import annotations

from telephony.phone.engine import Capabilities, Register, RegistrationChanged
from telephony.phone.signalling import is_phone_word, registration_why

UNREACHABLE_AFTER_S = 6.0  # SIP itself gives a request 32 s: too long for a person who waits
REGISTRATION_S = 60
RETRY_S = 5
TRANSPORTS = ("udp", "tcp", "tls")
MEDIA = ("", "sdes")


def why_not(wanted: Register, able: Capabilities, transports: tuple[str, ...] = TRANSPORTS) -> str:
    """Why an engine cannot register so: "" | bad_address | no_tls | no_srtp | no_trust | media_needs_tls."""
    if not is_phone_word(wanted.extension) or not wanted.server or any(c.isspace() for c in wanted.server):
        return "bad_address"
    if wanted.transport == "tls" and not able.tls:
        return "no_tls"
    if wanted.transport not in transports:
        return "bad_address"
    if wanted.media and (wanted.media not in MEDIA or not able.srtp):
        return "no_srtp"
    if wanted.transport == "tls" and not wanted.trust:
        return "no_trust"
    if wanted.media and wanted.transport != "tls":
        return "media_needs_tls"  # the keys stand in the call's own words: in the clear they hide nothing
    return ""


class Registration:
    """One registration at a time; the next wish replaces the last."""

    def __init__(self) -> None:
        self.wanted: Register | None = None
        self.registered = False
        self._why: str | None = None
        self._due = 0.0

    def want(self, command: Register, moment: float) -> None:
        """Register so from now on."""
        self.wanted, self.registered, self._why = command, False, None
        self._due = moment + UNREACHABLE_AFTER_S

    def give_up(self) -> None:
        """Be registered nowhere."""
        self.wanted, self._due = None, 0.0

    def silent(self, moment: float) -> bool:
        """Whether the first answer is overdue."""
        return bool(self._due) and moment >= self._due

    def heard(self, code: int, active: bool, why: str = "") -> RegistrationChanged | None:
        """The server's answer; None when nothing changed, or when it answers the end of an older registration."""
        if self.wanted is not None and not active and 200 <= code < 300:
            return None
        self._due = 0.0
        why = why or registration_why(code, self.registered)
        if why == self._why and active == self.registered:
            return None
        self.registered, self._why = active, why
        return RegistrationChanged(active, code, why)
