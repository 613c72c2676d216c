# SPDX-License-Identifier: GPL-3.0-or-later
"""Which phones are reachable and where: accounts pushed by the switchboard, bindings made by REGISTER with digest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from telephony.exchange.embedded.digest import LOCKOUT_SECONDS, Guard, Verdict
from telephony.exchange.embedded.sip import Addr, Address, SipRequest, parse_address, stringify_uri, user_of
from telephony.exchange.embedded.transactions import ServerTransaction

LONGEST = 3600  # seconds a binding lives at most
DEFAULT = 3600


@dataclass(frozen=True)
class Binding:
    """A registered phone: `contact` is the URI it is called by, `source` where its REGISTER came from."""

    contact: str
    source: Addr
    expires_at: float
    call_id: str


class Registrar:
    """`registered(extension, address)` and `lost(extension)` are called when a phone becomes reachable or is gone."""

    def __init__(self, registered: Callable[[str, str], None], lost: Callable[[str], None]) -> None:
        self.secrets: dict[str, str] = {}
        self.bindings: dict[str, Binding] = {}
        self.guard = Guard(self.secrets.get)
        self._registered = registered
        self._lost = lost

    def set_account(self, extension: str, secret: str) -> None:
        """Let `extension` register with `secret`; empty removes it. Another secret than before ends the binding."""
        if self.secrets.get(extension) == secret:
            return
        if secret:
            self.secrets[extension] = secret
        else:
            self.secrets.pop(extension, None)
        self.drop(extension)

    def find(self, extension: str) -> Binding | None:
        """The binding of a phone that is reachable now."""
        binding = self.bindings.get(extension)
        return binding if binding and binding.expires_at > time.monotonic() else None

    def at(self, source: Addr) -> str | None:
        """The extension whose binding was made from this address."""
        return next(
            (e for e, b in self.bindings.items() if b.source == source and b.expires_at > time.monotonic()), None
        )

    def drop(self, extension: str) -> None:
        """Forget a binding: unregistered, expired, or found unreachable."""
        if self.bindings.pop(extension, None) is not None:
            self._lost(extension)

    def tidy(self) -> None:
        """Called now and then: expired bindings are lost phones."""
        now = time.monotonic()
        for extension in [e for e, b in self.bindings.items() if b.expires_at <= now]:
            self.drop(extension)
        self.guard.tidy()

    def admitted(self, transaction: ServerTransaction, user: str) -> bool:
        """Whether the request proves to be of `user`; otherwise it has been answered."""
        match self.guard.check(transaction.request, user, transaction.source[0]):
            case Verdict.GOOD:
                return True
            case Verdict.NONE:
                transaction.reply(401, self.guard.challenges())
            case Verdict.STALE:
                transaction.reply(401, self.guard.challenges(stale=True))
            case Verdict.LOCKED:
                transaction.reply(403, (("Retry-After", str(int(LOCKOUT_SECONDS))),))
            case Verdict.WRONG:
                transaction.reply(403)
        return False

    def register(self, transaction: ServerTransaction) -> None:
        """Answer a REGISTER."""
        request = transaction.request
        address = parse_address(request.get_header("to") or "")
        user = address.uri.user or ""
        if not user:
            transaction.reply(400)
            return
        if not self.admitted(transaction, user):
            return
        contacts = [] if request.headers.get("contact") == ["*"] else request.contact
        if request.headers.get("contact") == ["*"]:
            self.drop(user)
        for contact in contacts:
            self._bind(user, contact, request, transaction.source)
        binding = self.find(user)
        headers: tuple[tuple[str, str], ...] = ()
        if binding:
            headers = (("Contact", f"<{binding.contact}>;expires={round(binding.expires_at - time.monotonic())}"),)
        transaction.reply(200, headers)

    def _bind(self, user: str, contact: Address, request: SipRequest, source: Addr) -> None:
        seconds = _seconds(contact.params.get("expires"), _seconds(request.get_header("expires"), DEFAULT))
        uri = stringify_uri(contact.uri)
        present = self.bindings.get(user)
        if seconds <= 0:
            if present and (present.contact == uri or present.source == source):
                self.drop(user)
            return
        if not user_of(uri) and not contact.uri.host:
            return
        self.bindings[user] = Binding(uri, source, time.monotonic() + min(seconds, LONGEST), request.call_id or "")
        if present is None or present.source != source or present.contact != uri:
            self._registered(user, f"{source[0]}:{source[1]}")


def _seconds(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
