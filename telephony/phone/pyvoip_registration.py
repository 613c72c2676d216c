# SPDX-License-Identifier: GPL-3.0-or-later
"""REGISTER for the pyVoIP engine: answered challenges, renewed in time, tried again, given back."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from telephony.phone.digest import authorization
from telephony.phone.engine import Register
from telephony.phone.pyvoip_message import BadSip, Message, request
from telephony.phone.pyvoip_wire import Wire, address_of
from telephony.phone.registering import REGISTRATION_S, RETRY_S

BEFORE_END_S = 5.0
UNHEARD = 408


class Binding:
    """One REGISTER dialog; `heard(code, active)` gets every last answer. `end` gives it back."""

    def __init__(self, wire: Wire, bind: str, wanted: Register, heard: Callable[[int, bool], None]) -> None:
        self._wire, self._wanted, self._heard = wire, wanted, heard
        self._contact = f"<sip:{wanted.extension}@{bind}:{wire.port}>"
        self._uri, self._call_id, self._tag = f"sip:{wanted.server}", secrets.token_hex(12), secrets.token_hex(6)
        self._cseq = 0
        self._ended = False
        self.given_back = False

    def begin(self) -> None:
        """Register now, and again before it ends."""
        if not self._ended:
            self._send(REGISTRATION_S, "", False)

    def end(self) -> None:
        """Register no more; says so to the server."""
        if not self._ended:
            self._ended = True
            self._send(0, "", False)

    def _send(self, expires: int, said: str, proxy: bool) -> None:
        self._cseq += 1
        own = f"<sip:{self._wanted.extension}@{self._wanted.server}>"
        fields = {"From": f"{own};tag={self._tag}", "To": own, "Call-ID": self._call_id}
        fields |= {"CSeq": f"{self._cseq} REGISTER", "Contact": self._contact, "Expires": str(expires)}
        if said:
            fields["Proxy-Authorization" if proxy else "Authorization"] = said
        try:
            where = address_of(self._wanted.server)
        except (BadSip, OSError):
            self._wire.after(0.0, lambda: self._answered(None, expires, True))
            return
        data = request("REGISTER", self._uri, self._wire.via, fields, {})
        self._wire.ask(data, where, lambda answer: self._answered(answer, expires, bool(said)))

    def _answered(self, answer: Message | None, expires: int, tried: bool) -> None:
        code = UNHEARD if answer is None else answer.code
        if code < 200:
            return
        if answer is not None and code in (401, 407) and not tried:
            challenge = answer.first("WWW-Authenticate" if code == 401 else "Proxy-Authenticate")
            said = authorization(
                challenge, "REGISTER", self._uri, self._wanted.extension, self._wanted.secret
            )  # fmt: skip
            if said:
                self._send(expires, said, code == 407)
                return
        if expires == 0:
            self.given_back = True
            return
        if self._ended:
            return
        if answer is not None and 200 <= code < 300:
            self._wire.after(max(1.0, _granted(answer, self._contact) - BEFORE_END_S), self.begin)
            self._heard(code, True)
        else:
            if code not in (401, 403, 407):  # a wrong secret stays wrong
                self._wire.after(RETRY_S, self.begin)
            self._heard(code, False)


def _granted(answer: Message, contact: str) -> float:
    """Seconds the server keeps it: of our contact, of all, or what we asked for."""
    own = [value for value in answer.all("Contact") if contact.strip("<>") in value]
    for text in [
        *(value.partition("expires=")[2].split(";")[0].split(",")[0] for value in own),
        answer.first("Expires"),
    ]:
        if text.strip().isdigit():
            return float(text)
    return float(REGISTRATION_S)
