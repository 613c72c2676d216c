# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones: accounts pushed into Asterisk's memory, and which of them are registered where.

An object that stands in Asterisk's own configuration files cannot be changed from here; the order is refused then.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from typing import TYPE_CHECKING

from telephony.exchange.asterisk.calls import BETWEEN
from telephony.exchange.asterisk.client import Reply, name
from telephony.exchange.asterisk.settings import (
    FROM_PHONES,
    NODE,
    PHONE_TRANSPORT,
    TRUNK,
    ready_device,
)
from telephony.exchange.engine import PhoneLost, PhoneNow, PhoneRegistered

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

TELLS_S = 0.1
SOONEST_S, LATEST_S = 1, 3600  # how long a binding lives
GONE = ("Removed", "Unreachable")
_EXTENSION = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ADDRESS = re.compile(r"sips?:(?:[^@]*@)?(\[[^]]+\]|[^:;>]+)(?::(\d+))?")


def pushed(kind: str, item: str) -> str:
    """The path of an object of PJSIP."""
    return f"asterisk/config/dynamic/res_pjsip/{kind}/{name(item)}"


def fields(values: dict[str, str]) -> dict[str, object]:
    """The body that sets these."""
    return {"fields": [{"attribute": key, "value": value} for key, value in values.items()]}


def address_of(uri: str) -> str:
    """HOST:PORT of a contact."""
    found = _ADDRESS.match(uri)
    return f"{found[1]}:{found[2] or 5060}" if found else ""


def is_secure(uri: str) -> bool:
    """Whether a contact is reached by encrypted signalling."""
    return uri.lower().startswith("sips:") or "transport=tls" in uri.lower()


class Accounts:
    """`phones` is {extension: contact URI} of those that are registered."""

    def __init__(self, switch: NodeSwitch) -> None:
        self._switch = switch
        self.phones: dict[str, str] = {}
        self.known: set[str] = set()  # extensions that Asterisk has an endpoint for

    def now(self) -> tuple[PhoneNow, ...]:
        """Who is registered here."""
        return tuple(PhoneNow(e, address_of(uri), is_secure(uri)) for e, uri in sorted(self.phones.items()))

    async def set_account(self, extension: str, secret: str) -> str:
        """Let `extension` register with `secret`; empty removes it. Another secret than before ends the binding."""
        if not _EXTENSION.fullmatch(extension) or extension.startswith((TRUNK, NODE)) or BETWEEN in extension:
            return "bad_order"
        book = self._switch.book
        if secret and extension in self.known and book.accounts.get(extension) == secret:
            return ""
        if not secret:
            book.accounts.pop(extension, None)
            return await self._remove(extension)
        had, before = extension in self.known, book.accounts.get(extension)
        self.known.add(extension)  # it may register before the last object of its account is answered for
        reply = await self._push(extension, secret)
        if not reply.good:
            if not had:
                self.known.discard(extension)
            return f"the account stands in a file of Asterisk's: {reply.status} {reply.data}"
        book.accounts[extension] = secret
        if had:
            self.unbind(extension)
        else:
            await self._bound_before(extension, trusted=before == secret)
        return ""

    async def push_again(self) -> None:
        """After a start of Asterisk: what it has forgotten."""
        for extension, secret in self._switch.book.accounts.items():
            if extension not in self.known and (await self._push(extension, secret)).good:
                self.known.add(extension)
                await self._bound_before(extension, trusted=True)
        for extension, ready in self._switch.book.ready.items():
            await self.set_ready(extension, ready)

    async def _bound_before(self, extension: str, *, trusted: bool) -> None:
        """A binding outlives Asterisk's own end, its endpoint does not: nothing tells of it when that is there again,
        nor when the phone registers once more. One that was made with a secret we do not know of ends."""
        if extension in self.phones:
            return
        uri = (await self._contacts([extension])).get(extension, "")
        if not uri or extension in self.phones:
            return
        self.phones[extension] = uri
        if trusted:
            self._switch.fact(PhoneRegistered(extension, address_of(uri), time.monotonic(), is_secure(uri)))
        else:
            self.unbind(extension)

    async def set_ready(self, extension: str, ready: bool) -> str:
        """Mirror an agent for the queue that serves while nobody leads."""
        if not _EXTENSION.fullmatch(extension):
            return "bad_order"
        self._switch.book.ready[extension] = ready
        device = f"deviceStates/{name(ready_device(extension))}"
        reply = await self._switch.ari.ask("PUT", device, deviceState="NOT_INUSE" if ready else "INUSE")
        return "" if reply.good else f"Asterisk refused: {reply.status} {reply.data}"

    async def _push(self, extension: str, secret: str) -> Reply:
        ari, node = self._switch.ari, self._switch.node
        auth = {"auth_type": "digest", "username": extension, "password": secret}
        reply = await ari.ask(
            "PUT", pushed("auth", extension), fields(auth | {"supported_algorithms_uas": "SHA-256,MD5"})
        )
        if reply.status == 400:  # before 22.5 there is MD5 only, and another name for it
            reply = await ari.ask("PUT", pushed("auth", extension), fields(auth | {"auth_type": "userpass"}))
        if not reply.good:
            return reply
        # a second PUT of an aor would make its present bindings permanent
        if not (await ari.ask("GET", pushed("aor", extension))).good:
            aor = {
                "max_contacts": "1", "remove_existing": "yes", "qualify_frequency": "0",
                "minimum_expiration": str(SOONEST_S), "maximum_expiration": str(LATEST_S),
                "default_expiration": str(LATEST_S),
            }  # fmt: skip
            reply = await ari.ask("PUT", pushed("aor", extension), fields(aor))
        if reply.good and not (await ari.ask("GET", pushed("endpoint", extension))).good:
            endpoint = {
                "context": FROM_PHONES,
                "auth": extension, "aors": extension, "identify_by": "username,auth_username", "callerid": "",
                "disallow": "all", "allow": "alaw,ulaw,g722", "direct_media": "no", "rtp_symmetric": "yes",
                "force_rport": "yes", "rewrite_contact": "yes", "allow_transfer": "no", "send_pai": "no",
                "trust_id_outbound": "yes", "dtmf_mode": "rfc4733", "timers": "no",
                "media_encryption": "sdes" if node.srtp else "no", "media_encryption_optimistic": "yes",
            }  # fmt: skip
            if not node.tls:  # else each is rung by the way it registered, in the clear or by TLS
                endpoint["transport"] = PHONE_TRANSPORT
            reply = await ari.ask("PUT", pushed("endpoint", extension), fields(endpoint))
        return reply

    async def _remove(self, extension: str) -> str:
        ari = self._switch.ari
        self.unbind(extension)
        if extension in self.known:
            self.known.discard(extension)
            for kind in ("endpoint", "aor", "auth"):
                await ari.ask("DELETE", pushed(kind, extension))
        # Asterisk tells of a binding through its endpoint, and that may have gone first: then it says nothing
        self.contact(extension, self.phones.get(extension, ""), "Removed")
        return ""

    def unbind(self, extension: str) -> None:
        """Forget a binding: Asterisk tells that it is removed."""
        uri = self.phones.get(extension)
        if uri is not None:
            mark = hashlib.md5(uri.encode(), usedforsecurity=False).hexdigest()
            self._switch.ari.ask("DELETE", pushed("contact", f"{extension};@{mark}"))

    async def is_there(self, extension: str) -> bool:
        """Whether a phone can be rung. Asterisk answers REGISTER a moment before it tells us."""
        until = time.monotonic() + TELLS_S
        while extension not in self.phones:
            if extension not in self.known or time.monotonic() > until:
                return False
            await asyncio.sleep(TELLS_S / 20)
        return True

    def contact(self, extension: str, uri: str, status: str) -> None:
        """What Asterisk says of a binding. A phone that moved is first there, then no longer here."""
        if status in GONE:
            if self.phones.get(extension) == uri:
                del self.phones[extension]
                self._switch.fact(PhoneLost(extension, time.monotonic()))
        elif extension in self.known and self.phones.get(extension) != uri:
            self.phones[extension] = uri
            self._switch.fact(PhoneRegistered(extension, address_of(uri), time.monotonic(), is_secure(uri)))

    async def read(self) -> None:
        """Which endpoints there are and who is registered, before there are events."""
        reply = await self._switch.ari.read("endpoints/PJSIP")
        rows = reply.data if reply.good and isinstance(reply.data, list) else []
        ours = [row for row in rows if not row["resource"].startswith((TRUNK, NODE))]
        self.known = {row["resource"] for row in ours}
        online = [row["resource"] for row in ours if row["state"] == "online"]
        self.phones = {extension: self.phones.get(extension, "") for extension in online}

    async def find(self) -> None:
        """Where the phones are of which it is only known that they are there."""
        self.phones |= await self._contacts([extension for extension, uri in self.phones.items() if not uri])

    async def _contacts(self, extensions: list[str]) -> dict[str, str]:
        """Where these are bound: functions of the dialplan say it, and those need a channel, which never rings."""
        ari, probe = self._switch.ari, f"probe{BETWEEN}{time.monotonic_ns()}"
        found: dict[str, str] = {}
        if not extensions:
            return found
        made = {"endpoint": f"PJSIP/{extensions[0]}", "app": self._switch.node.app, "channelId": probe}
        if not (await ari.ask("POST", "channels/create", made)).good:
            return found
        for extension in extensions:
            contacts = await self._function(probe, f"PJSIP_AOR({extension},contact)")
            contact = contacts.split(",")[0]
            found[extension] = await self._function(probe, f"PJSIP_CONTACT({contact},uri)") if contact else ""
        await ari.ask("DELETE", f"channels/{name(probe)}")
        return found

    async def _function(self, channel: str, function: str) -> str:
        reply = await self._switch.ari.ask("GET", f"channels/{name(channel)}/variable", variable=function)
        return str(reply.data.get("value", "")) if reply.good and isinstance(reply.data, dict) else ""
