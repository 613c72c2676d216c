# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers' lines, pushed into Asterisk's memory: endpoint, aor, identify, auth and registration; and how they fare.

ARI tells whether a provider's address answers OPTIONS; whether it took our registration is read from the manager
interface by HTTP, where the same user may use it, and is `unknown` where not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from typing import TYPE_CHECKING

from telephony.exchange.asterisk.accounts import fields, pushed
from telephony.exchange.asterisk.ami import Ami, Message
from telephony.exchange.asterisk.placing import FORMATS
from telephony.exchange.asterisk.settings import FROM_TRUNK, TRUNK, TRUNK_TRANSPORT
from telephony.exchange.engine import Trunk, TrunkChanged, TrunkNow

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

LOOK_S = 1.0
QUALIFY_S, QUALIFY_TIMEOUT_S = 5, 3.0
RETRY_S, EXPIRES_S = 10, 300
SIGNS_OFF_S = 5.0  # so long a provider's challenge may take to come when its registration is given up
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,253}")
_USER = re.compile(r"[A-Za-z0-9+*._@-]{0,64}")
_STATES = {
    "Registered": ("registered", 200), "Rejected": ("refused", 403), "Stopped": ("refused", 403),
    "Unregistered": ("unknown", 0), "Registered (Expired)": ("unknown", 0),
}  # fmt: skip


class Lines:
    """The trunks of one node. `first`: the node that registers them; the others only carry calls."""

    def __init__(self, switch: NodeSwitch) -> None:
        self._switch = switch
        self.first = True
        self._answers: dict[str, bool] = {}  # whether the provider answers OPTIONS
        self._states: dict[str, TrunkNow] = {}
        self._told: dict[str, TrunkNow] = {}
        self._back: set[str] = set()  # providers that answer again: no need to wait for Asterisk's next attempt
        self._known: set[str] = set()
        self._signing_off: dict[str, asyncio.TimerHandle] = {}

    def trunk(self, called: str) -> Trunk | None:
        """The trunk called so, or the first one."""
        return next((t for t in self._switch.book.trunks.values() if t.port and called in (t.name, "")), None)

    def answers(self, called: str) -> bool:
        """Whether the provider answered the last OPTIONS."""
        return self._answers.get(called, False)

    def is_full(self, trunk: Trunk) -> bool:
        """Whether it carries as many legs as it may."""
        used = sum(leg.trunk == trunk.name for _, leg in self._switch.channels.values())
        return 0 < trunk.max_calls <= used

    def now(self) -> tuple[TrunkNow, ...]:
        """How they fare."""
        return tuple(self._state(trunk) for trunk in self._switch.book.trunks.values())

    async def set_trunk(self, trunk: Trunk) -> str:
        """New or changed, effective at once."""
        good = _NAME.fullmatch(trunk.name) and _HOST.fullmatch(trunk.host) and _USER.fullmatch(trunk.username)
        codecs = [FORMATS[codec] for codec in trunk.codecs if codec in FORMATS]
        if not good or not codecs or not 0 <= trunk.port < 65536 or trunk.transport not in ("udp", "tcp", "tls"):
            return "bad_order"
        if self._switch.book.trunks.get(trunk.name) == trunk and trunk.name in self._known:
            return ""
        await self._remove(trunk.name)
        self._states.pop(trunk.name, None)
        why = await self._push(trunk, codecs)
        if why:
            await self._remove(trunk.name)
            return why
        self._known.add(trunk.name)
        self._switch.book.trunks[trunk.name] = trunk
        self.tell()
        return ""

    async def remove_trunk(self, called: str) -> str:
        """Calls that stand go on."""
        if self._switch.book.trunks.pop(called, None) is None:
            return "no_trunk"
        self._states.pop(called, None)
        self._told.pop(called, None)
        await self._remove(called)
        return ""

    async def push_again(self, endpoints: set[str]) -> None:
        """After a start of Asterisk: what it has forgotten."""
        for trunk in list(self._switch.book.trunks.values()):
            if f"{TRUNK}{trunk.name}" in endpoints:
                self._known.add(trunk.name)
            else:
                why = await self.set_trunk(trunk)
                if why:
                    log.error("trunk %s is not in Asterisk: %s", trunk.name, why)

    async def _remove(self, called: str) -> None:
        item = f"{TRUNK}{called}"
        self._known.discard(called)
        self._answers.pop(called, None)
        registered = await self._switch.ari.ask("DELETE", pushed("registration", item))
        for kind in ("identify", "endpoint", "aor"):
            await self._switch.ari.ask("DELETE", pushed(kind, item))
        if registered.good:  # Asterisk signs off by itself and needs the secret when it is asked for it
            loop = asyncio.get_running_loop()
            self._signing_off[called] = loop.call_later(SIGNS_OFF_S, self._forget_secret, called)
        else:
            self._forget_secret(called)

    def _forget_secret(self, called: str) -> None:
        if timer := self._signing_off.pop(called, None):
            timer.cancel()
        with contextlib.suppress(ConnectionError):
            self._switch.ari.ask("DELETE", pushed("auth", f"{TRUNK}{called}"))

    async def _push(self, trunk: Trunk, codecs: list[str]) -> str:
        item = f"{TRUNK}{trunk.name}"
        server = f"sip:{trunk.host}:{trunk.port or 5060}"
        if trunk.transport != "udp":
            server += f"\\;transport={trunk.transport}"
        objects: list[tuple[str, dict[str, str]]] = []
        if timer := self._signing_off.pop(trunk.name, None):
            timer.cancel()
        if trunk.secret:
            auth = {"auth_type": "digest", "username": trunk.username, "password": trunk.secret}
            objects.append(("auth", auth | {"supported_algorithms_uac": "SHA-256,MD5"}))
        aor = {"qualify_frequency": str(QUALIFY_S), "qualify_timeout": str(QUALIFY_TIMEOUT_S)} if trunk.port else {}
        objects.append(("aor", aor | ({"contact": server} if trunk.port else {"max_contacts": "1"})))
        endpoint = {
            "transport": TRUNK_TRANSPORT if trunk.transport == "udp" else "", "context": FROM_TRUNK, "aors": item,
            "identify_by": "ip", "callerid": "", "disallow": "all", "allow": ",".join(codecs), "direct_media": "no",
            "allow_transfer": "no", "trust_id_inbound": "yes" if trunk.trusted else "no", "send_pai": "no",
            "from_domain": trunk.host, "rtp_symmetric": "yes", "force_rport": "yes", "timers": "no",
            "dtmf_mode": "rfc4733",
        }  # fmt: skip
        if trunk.external_address:
            endpoint["media_address"] = trunk.external_address
        if trunk.secret:
            endpoint["outbound_auth"] = item
        objects.append(("endpoint", endpoint))
        objects.append(("identify", {"endpoint": item, "match": ",".join(trunk.sources) or trunk.host}))
        if trunk.register and self.first:
            objects.append(
                (
                    "registration",
                    {
                        "server_uri": server, "client_uri": f"sip:{trunk.username}@{trunk.host}",
                        "contact_user": trunk.username, "transport": endpoint["transport"],
                        "outbound_auth": item if trunk.secret else "", "expiration": str(EXPIRES_S),
                        "retry_interval": str(RETRY_S), "forbidden_retry_interval": str(RETRY_S),
                        "max_retries": "10000",
                        "fatal_retry_interval": str(RETRY_S), "auth_rejection_permanent": "no",
                        "max_random_initial_delay": "0", "line": "no",
                    },
                )
            )  # fmt: skip
        for kind, values in objects:
            body = fields({key: value for key, value in values.items() if value or key == "callerid"})
            reply = await self._switch.ari.ask("PUT", pushed(kind, item), body)
            if not reply.good:
                return f"Asterisk does not take the {kind}: {reply.status} {reply.data}"
        return ""

    # ---- how they fare ----------------------------------------------------------------------------------------------

    def contact(self, aor: str, status: str) -> bool:
        """What Asterisk says of a provider's address; false when it is no trunk's."""
        if not aor.startswith(TRUNK):
            return False
        called = aor.removeprefix(TRUNK)
        if status in ("Reachable", "Unreachable"):
            self._answers[called] = status == "Reachable"
            if status == "Reachable":
                self._back.add(called)
            self.tell()
        return True

    def _state(self, trunk: Trunk) -> TrunkNow:
        answers = self._answers.get(trunk.name, True)
        if trunk.register and self.first:
            state = self._states.get(trunk.name) or TrunkNow(trunk.name, "unknown")
            if answers or state.state == "registered":
                return state
        return TrunkNow(trunk.name, "open" if answers else "unreachable", 0 if answers else 408)

    def tell(self) -> None:
        """TrunkChanged for each that fares otherwise than last told."""
        for trunk in self._switch.book.trunks.values():
            state = self._state(trunk)
            if self._told.get(trunk.name) != state and state.state != "unknown":
                self._told[trunk.name] = state
                self._switch.fact(TrunkChanged(state.trunk, state.state, state.code, state.why, time.monotonic()))

    async def run(self) -> None:
        """Look at the registrations while there are any, where AMI lets us."""
        node = self._switch.node
        while node.ami:
            try:
                ami = await Ami.connect(node.ami, node.ami_user, node.ami_password)
                try:
                    await self._look(ami)
                finally:
                    await ami.close()
            except ConnectionError as error:
                log.warning("the registrations of trunks cannot be read: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _look(self, ami: Ami) -> None:
        while True:
            if any(t.register for t in self._switch.book.trunks.values()) and self.first:
                for called in self._back & {t.name for t in self._switch.book.trunks.values() if t.register}:
                    if self._states.get(called, TrunkNow(called, "unknown")).state != "registered":
                        await ami.action("PJSIPRegister", Registration=f"{TRUNK}{called}")
                self._back.clear()
                await ami.action("PJSIPShowRegistrationsOutbound")
            for message in _taken(ami.events):
                if message is None:
                    raise ConnectionError("AMI ended")
                called = message.get("ObjectName", "").removeprefix(TRUNK)
                if message.get("Event") == "OutboundRegistrationDetail" and called in self._switch.book.trunks:
                    state, code = _STATES.get(message.get("Status", ""), ("unknown", 0))
                    self._states[called] = TrunkNow(called, state, code)
            self.tell()
            await asyncio.sleep(LOOK_S)


def _taken(events: asyncio.Queue[Message | None]) -> list[Message | None]:
    return [events.get_nowait() for _ in range(events.qsize())]
