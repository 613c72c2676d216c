# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange itself: two SIP lines, the calls, and what each order of the switchboard does to them.

Single-threaded on its loop. `report(fact)` gets every fact; without a leader waiting callers are taken care of here.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from telephony.exchange.embedded import arrival, orders
from telephony.exchange.embedded.dialling import OutboundLeg
from telephony.exchange.embedded.legs import Leg
from telephony.exchange.embedded.lines import SipLine
from telephony.exchange.embedded.media import Ticker
from telephony.exchange.embedded.recorder import Writer, repair
from telephony.exchange.embedded.registrar import Registrar
from telephony.exchange.embedded.rtp import PortPool
from telephony.exchange.embedded.session import WAITING, Call
from telephony.exchange.embedded.settings import Settings
from telephony.exchange.embedded.sip import ALLOW
from telephony.exchange.embedded.sounds import MUSIC, Library, NoSuchSound
from telephony.exchange.embedded.transactions import ServerTransaction
from telephony.exchange.embedded.trunks import TrunkBook
from telephony.exchange.engine import (
    Answer,
    Attach,
    CallId,
    CallRefused,
    Connect,
    Dial,
    Done,
    Drop,
    EndCall,
    Fact,
    List,
    Order,
    PauseRecording,
    PhoneLost,
    PhoneNow,
    PhoneRegistered,
    Play,
    Record,
    Refuse,
    Refused,
    RemoveTrunk,
    Ring,
    Ringback,
    SendDigits,
    SetAccount,
    SetOpen,
    SetReady,
    SetTrunk,
    Snapshot,
    Supervise,
    Trunk,
    TrunkChanged,
)

log = logging.getLogger(__name__)

CHECK_S = 0.5
LEADERLESS_GRACE_S = 2.0  # a switchboard that restarts may be back by then
REMEMBERED_CALLS = 2000
INBOUND = "in-"  # begins the id of every call that came to us, so an order for one that is over rings nobody


class Switch:
    """Opens with `open()`; orders by `carry_out()`."""

    def __init__(self, settings: Settings, prompts: Path, report: Callable[[Fact], None]) -> None:
        loop = asyncio.get_running_loop()
        self.settings = settings
        self.library = Library(prompts, settings.language)
        settings.recordings.mkdir(parents=True, exist_ok=True)
        for name in repair(settings.recordings):
            log.warning("recording %s was cut short; its header fits again", name)
        self.writer = Writer(settings.recordings, loop.call_soon_threadsafe)
        self.registrar = Registrar(self._registered, self._lost)
        self.trunk_line = SipLine("trunk", self._from_trunk)
        self.phone_line = SipLine("phones", self._from_phone)
        self.trunks = TrunkBook(settings.trunks, self.trunk_line.transactions, self._trunk_changed)
        self.ports = PortPool(settings.trunk[0], settings.rtp_first, settings.rtp_last)
        self.phone_ports = PortPool(settings.phones[0], settings.rtp_first, settings.rtp_last)
        self.calls: dict[CallId, Call] = {}
        self.open_for_calls = False
        self.led = False
        self.epoch = 0
        self.busy_at = time.monotonic()  # when there was last a call or a leader
        self._past: deque[CallId] = deque(maxlen=REMEMBERED_CALLS)
        self._report = report
        self._loop = loop
        self._ticker: Ticker | None = None
        self._handles: list[asyncio.TimerHandle] = []

    async def open(self) -> None:
        """Bind both lines and start the tick; raises OSError when a port is taken."""
        await self.trunk_line.transactions.open(*self.settings.trunk)
        try:
            await self.phone_line.transactions.open(*self.settings.phones)
        except OSError:
            self.trunk_line.transactions.close()
            raise
        self._ticker = Ticker(lambda: [call.media for call in self.calls.values()])
        self.trunks.open()
        self._check()

    async def close(self) -> None:
        """Hang up on everybody and finish the recordings."""
        for call in list(self.calls.values()):
            call.end()
        if self._ticker:
            self._ticker.close()
        for handle in self._handles:
            handle.cancel()
        await self.trunks.close()
        await asyncio.to_thread(self.writer.close)
        await asyncio.sleep(0)
        self.trunk_line.transactions.close()
        self.phone_line.transactions.close()

    # ---- facts --------------------------------------------------------------------------------------------------

    def fact(self, fact: Fact) -> None:
        """Tell the leader."""
        self._report(fact)

    def begin(self, call: Call) -> None:
        """A call begins."""
        self.calls[call.id] = call
        if self._ticker:
            self._ticker.wake()

    def call_over(self, call: Call) -> None:
        """No leg is left."""
        self.calls.pop(call.id, None)
        self._past.append(call.id)
        self.busy_at = time.monotonic()

    def leg_gone(self, call: Call, leg: Leg, why: str) -> None:
        """A leg ended. A phone that said nothing is lost; without a leader who is left over is looked after here."""
        binding = self.registrar.find(leg.extension)
        if why == "unreachable" and binding and isinstance(leg, OutboundLeg) and leg.rung_at == binding.source:
            self.registrar.drop(leg.extension)
        if not self.led and not call.over:
            served = any(other.side == "staff" for other in call.legs.values())
            if call.is_idle or (call.direction == "out" and not served):
                call.end()
            else:
                self.look_after(call)

    def _registered(self, extension: str, address: str) -> None:
        self.fact(PhoneRegistered(extension, address, time.monotonic()))

    def _lost(self, extension: str) -> None:
        self.fact(PhoneLost(extension, time.monotonic()))

    def _trunk_changed(self, trunk: str, state: str, code: int, why: str) -> None:
        log.info("trunk %s: %s %s", trunk, state, f"{code} {why}".strip("0 "))
        self.fact(TrunkChanged(trunk, state, code, why, time.monotonic()))

    # ---- without a leader ---------------------------------------------------------------------------------------

    def leader(self, epoch: int) -> None:
        """A switchboard leads from now on."""
        self.epoch = epoch
        self.led = True

    def leaderless(self) -> None:
        """The leader is gone: after a moment, look after who is not yet talking."""
        self.led = False
        self.busy_at = time.monotonic()
        self._handles = [h for h in self._handles if h.when() > self._loop.time()]
        self._handles.append(self._loop.call_later(LEADERLESS_GRACE_S, self._look_after_all))

    def _look_after_all(self) -> None:
        if not self.led:
            for call in list(self.calls.values()):
                if call.is_idle:
                    call.end()
                else:
                    self.look_after(call)

    def look_after(self, call: Call) -> None:
        """A caller whom no staff hears gets the announcement for who must wait, then music."""
        caller = call.caller
        if caller is None or call.has_staff:
            return
        if caller.stage != "answered" and not caller.answer():
            return
        try:
            call.play(caller.id, (WAITING,), MUSIC)
        except NoSuchSound as error:
            log.error("no sound %s", error)

    # ---- time ---------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        now = time.monotonic()
        if self.calls or self.led:
            self.busy_at = now
        for call in list(self.calls.values()):
            try:
                call.check(now, self.settings.media_timeout_s)
            except Exception:
                log.exception("call %s could not be checked", call.id)
        self.registrar.tidy()
        self._handles = [h for h in self._handles if h.when() > self._loop.time()]
        self._handles.append(self._loop.call_later(CHECK_S, self._check))

    @property
    def idle_s(self) -> float:
        """Seconds without a call and without a leader."""
        return 0.0 if self.calls or self.led else time.monotonic() - self.busy_at

    # ---- SIP ----------------------------------------------------------------------------------------------------

    def _from_trunk(self, transaction: ServerTransaction) -> None:
        arrival.from_trunk(self, transaction)

    def _from_phone(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        match request.method:
            case "REGISTER":
                self.registrar.register(transaction)
            case "OPTIONS":
                transaction.reply(200, (("Allow", ALLOW),))
            case _:
                extension = self.registrar.at(transaction.source)
                # phones are rung; they never dial by themselves, the switchboard dials for them
                if extension is None or self.registrar.admitted(transaction, extension):
                    transaction.reply(403)

    def refused(self, from_number: str, to_number: str, code: int, why: str) -> None:
        """A call that never became one."""
        self.fact(CallRefused(self.new_call_id(), from_number, to_number, code, why, time.monotonic()))

    def new_call_id(self) -> CallId:
        """The id of a call that comes to us."""
        return INBOUND + secrets.token_hex(8)

    # ---- orders -------------------------------------------------------------------------------------------------

    def snapshot(self, order: int) -> Snapshot:
        """Everything that stands."""
        phones = tuple(
            PhoneNow(extension, f"{binding.source[0]}:{binding.source[1]}")
            for extension in sorted(self.registrar.bindings)
            if (binding := self.registrar.find(extension))
        )
        calls = tuple(call.now() for call in self.calls.values())
        accounts = tuple(sorted(self.registrar.secrets))
        return Snapshot(order, self.epoch, time.monotonic(), calls, phones, accounts, self.trunks.now())

    def is_past(self, call_id: CallId) -> bool:
        """Whether this id may not begin a new call of ours."""
        return call_id in self._past or call_id.startswith(INBOUND) or not call_id

    def is_full(self, trunk: Trunk) -> bool:
        """Whether the trunk carries as many calls as it may."""
        legs = (leg for call in self.calls.values() for leg in call.legs.values())
        return trunk.max_calls > 0 and sum(leg.trunk == trunk.name for leg in legs) >= trunk.max_calls

    def carry_out(self, order: Order) -> Done | Refused | Snapshot:
        """Do what an order says; its epoch has been checked. Never raises for a bad order."""
        why = ""
        match order:
            case Attach() | List():
                return self.snapshot(order.order)
            case SetOpen():
                self.open_for_calls = order.open
            case SetAccount():
                why = orders.set_account(self, order)
            case Ring():
                why = orders.ring(self, order)
            case Dial():
                why = orders.dial(self, order)
            case SetTrunk():
                why = orders.set_trunk(self, order.trunk)
            case RemoveTrunk():
                why = "" if self.trunks.remove(order.trunk) else "no_trunk"
            case SetReady():
                pass  # a leaderless caller is looked after here without the agents
            case (
                Ringback() | Answer() | Refuse() | Play() | Connect() | Drop() | EndCall() | Record()
                | PauseRecording() | SendDigits() | Supervise()
            ):  # fmt: skip
                call = self.calls.get(order.call)
                why = orders.for_call(call, order) if call else "no_such_call"
            case _:
                assert_never(order)
        return Refused(order.order, why) if why else Done(order.order)
