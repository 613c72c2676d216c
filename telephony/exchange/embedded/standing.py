# SPDX-License-Identifier: GPL-3.0-or-later
"""How one trunk fares: REGISTER with digest, refreshed and tried again, or OPTIONS where no registration is needed.

States as in TrunkNow: registered | refused | unreachable | open | unknown. Times in seconds.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from telephony.exchange.embedded import digest
from telephony.exchange.embedded.sip import ALLOW, PRODUCT, Addr, SipRequest, SipResponse, generate_tag, parse_address
from telephony.exchange.embedded.transactions import Transactions
from telephony.exchange.engine import Trunk

EXPIRES_S = 300  # asked for; the registrar may shorten it
REFRESH = 0.75  # of what was granted
PROBE_S = 20.0
ANSWER_S = 4.0  # as for a call: who says nothing in this time is unreachable
FIRST_RETRY_S, LONGEST_RETRY_S = 2.0, 60.0
CHALLENGES = 2  # the second only for a stale nonce


class Standing:
    """One trunk with its state. `changed(name, state, code, why)` is called when the state is another one."""

    def __init__(self, trunk: Trunk, line: Transactions, changed: Callable[[str, str, int, str], None]) -> None:
        self.trunk = trunk
        self.address: Addr | None = None
        self.state, self.code, self.why = "unknown", 0, ""
        self._line = line
        self._changed = changed
        self._retry_s = FIRST_RETRY_S
        self._timer: asyncio.TimerHandle | None = None
        self._call_id = secrets.token_hex(12)
        self._tag = generate_tag()
        self._seq = 0
        self._attempt = 0  # answers of an attempt that was given up count no more
        self._expires = EXPIRES_S
        self._challenged = 0
        self._stopped = False

    def start(self, address: Addr) -> None:
        """The address is known: find out how it fares, again and again."""
        self.address = address
        if not self.trunk.port:
            self._is("open", 0, "")
        else:
            self._ask()

    def same_binding(self, trunk: Trunk) -> bool:
        """Whether another setting registers the same Contact for the same user at the same place."""
        mine, other = (
            (each.register, each.username, each.host, each.port, each.external_address) for each in (self.trunk, trunk)
        )
        return mine == other

    def stop(self, sign_off: bool = True) -> None:
        """Leave it; a registration is given back, whatever is answered, unless a successor renews it."""
        self._stopped = True
        if self._timer:
            self._timer.cancel()
        self._attempt += 1
        if sign_off and self.state == "registered":
            attempt, self._expires, self._challenged = self._attempt, 0, 0
            self._send("REGISTER", None, lambda response: self._signed_off(response, attempt))

    def failed(self, state: str, code: int, why: str) -> float:
        """Say so; the seconds until it is tried again, longer each time."""
        self._is(state, code, why)
        wait, self._retry_s = self._retry_s, min(self._retry_s * 2, LONGEST_RETRY_S)
        return wait

    def _is(self, state: str, code: int, why: str) -> None:
        if self._stopped or (state, code) == (self.state, self.code):
            return
        self.state, self.code, self.why = state, code, why
        self._changed(self.trunk.name, state, code, why)

    def _again_in(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if self._stopped else self._line.loop.call_later(seconds, self._ask)

    def _ask(self) -> None:
        self._attempt += 1
        self._challenged = 0
        attempt = self._attempt
        if self._timer:
            self._timer.cancel()
        self._timer = self._line.loop.call_later(ANSWER_S, self._silent)
        self._send(
            "REGISTER" if self.trunk.register else "OPTIONS", None, lambda response: self._answered(response, attempt)
        )

    def _silent(self) -> None:
        self._attempt += 1
        self._again_in(self.failed("unreachable", 408, "no answer"))

    def _answered(self, response: SipResponse, attempt: int) -> None:
        code = response.status_code
        if attempt != self._attempt or code < 200:
            return
        if not self.trunk.register:
            self._probed(response)
        elif code < 300:
            self._retry_s = FIRST_RETRY_S
            self._is("registered", 0, "")
            self._again_in(self._granted(response) * REFRESH)
        elif code == 423 and self._expires == EXPIRES_S < (least := _seconds(response.get_header("min-expires"))):
            self._expires = int(least)  # once; who wants still more the next time is taken for a refusal
            self._again_in(0.0)
        elif not self._with_digest(response, lambda answer: self._answered(answer, attempt)):
            self._again_in(self.failed("refused", code, response.reason_phrase))

    def _probed(self, response: SipResponse) -> None:
        """Any answer shows that it is there; only 403 and a failing server say that it would take no call."""
        code = response.status_code
        if code == 403 or (code >= 500 and code != 501):
            self._again_in(self.failed("refused", code, response.reason_phrase))
        else:
            self._retry_s = FIRST_RETRY_S
            self._is("open", 0, "")
            self._again_in(PROBE_S)

    def _signed_off(self, response: SipResponse, attempt: int) -> None:
        if attempt == self._attempt:
            self._with_digest(response, lambda answer: None)

    def _with_digest(self, response: SipResponse, answered: Callable[[SipResponse], None]) -> bool:
        """Answer a challenge; false when it is none, cannot be answered, or refuses what we said."""
        if response.status_code not in (401, 407) or not self.trunk.secret or self._challenged >= CHALLENGES:
            return False
        asked = [*response.headers.get("www-authenticate"), *response.headers.get("proxy-authenticate")]
        stale = any("stale=true" in value.replace(" ", "").lower() for value in asked)
        if self._challenged and not stale:
            return False
        credentials = digest.answer(response, "REGISTER", self._uri, self.trunk.username, self.trunk.secret)
        if credentials is None:
            return False
        self._challenged += 1
        self._send("REGISTER", credentials, answered)
        return True

    def _granted(self, response: SipResponse) -> float:
        """The seconds we are registered for: of our Contact, else of the answer, else what we asked."""
        ours = self._contact.strip("<>")
        for value in response.headers.get("contact"):
            address = parse_address(value)
            seconds = _seconds(address.params.get("expires"))
            if ours.split("@")[-1] in value and seconds:
                return seconds
        return _seconds(response.get_header("expires")) or float(self._expires)

    @property
    def _uri(self) -> str:
        return f"sip:{self.trunk.host}:{self.trunk.port}"

    @property
    def _contact(self) -> str:
        host, port = self._line.socket.address
        return f"<sip:{self.trunk.username or 'exchange'}@{self.trunk.external_address or host}:{port}>"

    def _send(self, method: str, credentials: tuple[str, str] | None, answered: Callable[[SipResponse], None]) -> None:
        if self.address is None:
            return
        self._seq += 1
        who = f"<sip:{self.trunk.username or 'exchange'}@{self.trunk.host}>"
        request = SipRequest(method=method, uri=self._uri)
        request.headers.set_single("From", f"{who};tag={self._tag}")
        request.headers.set_single("To", who if method == "REGISTER" else f"<{self._uri}>")
        request.headers.set_single("Call-ID", self._call_id)
        request.headers.set_single("CSeq", f"{self._seq} {method}")
        request.headers.set_single("Max-Forwards", "70")
        request.headers.set_single("Contact", self._contact)
        request.headers.set_single("Allow", ALLOW)
        request.headers.set_single("User-Agent", PRODUCT)
        if method == "REGISTER":
            request.headers.set_single("Expires", str(self._expires))
        if credentials:
            request.headers.set_single(*credentials)
        self._line.request(request, self.address, answered)


def _seconds(text: str | None) -> float:
    """A number of seconds in a header, 0 for none."""
    return float(text[:6]) if text and text.isascii() and text.isdigit() else 0.0
