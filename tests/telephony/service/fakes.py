# SPDX-License-Identifier: GPL-3.0-or-later
"""A telephone exchange without telephones: keeps the Protocol's words, and does what a test tells it to.

It refuses what a real one refuses (stale epochs, unknown calls and legs, unregistered phones) and reports legs ringing,
answered and ended with media. `phones` that are registered ring by themselves unless they are in `silent`.
"""

from __future__ import annotations

import asyncio
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

from telephony.exchange import engine
from telephony.exchange.engine import StaleEpoch

BEGINS = frozenset({"dial", "callback", "staff"})  # an agent is rung before there is a customer


@dataclass
class FakeLeg:
    leg: str
    side: str
    number: str
    extension: str = ""
    stage: str = "ringing"


@dataclass
class FakeCall:
    call: str
    from_number: str
    to_number: str
    direction: str = "in"
    legs: dict[str, FakeLeg] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()
    recording: str = ""
    received_at: float = 0.0
    heard: list[str] = field(default_factory=list)  # what the customer was played
    supervised: dict[str, tuple[str, str]] = field(default_factory=dict)  # leg: (whom it hears, how)
    paused: bool = False  # the recording


class FakeExchange:
    """One site's exchange; several clients can be made of it with `client()`."""

    def __init__(self) -> None:
        self.epoch = 0
        self.calls: dict[str, FakeCall] = {}
        self.accounts: dict[str, str] = {}
        self.phones: set[str] = set()
        self.silent: set[str] = set()
        self.recordings: Path | None = None  # where a second of silence is recorded
        self.mute: set[str] = set()  # legs that send no sound
        self.orders: list[engine.Order] = []
        self.open = False
        self.gone = False
        self.facilities = engine.Facilities("fake")
        self.trunks: dict[str, engine.Trunk] = {}
        self.ready: dict[str, bool] = {}
        self._clients: list[FakeClient] = []

    def client(self) -> FakeClient:
        made = FakeClient(self)
        self._clients.append(made)
        return made

    def report(self, fact: engine.Fact) -> None:
        for client in self._clients:
            if client.epoch == self.epoch:
                client.facts.put_nowait(fact)

    def die(self) -> None:
        self.gone = True
        for client in self._clients:
            client.facts.put_nowait(None)

    # ---- what tests do ----------------------------------------------------------------------------------------

    def register(self, extension: str) -> None:
        self.phones.add(extension)
        self.report(engine.PhoneRegistered(extension, "127.0.0.1:5062", time.monotonic()))

    def unregister(self, extension: str) -> None:
        self.phones.discard(extension)
        self.report(engine.PhoneLost(extension, time.monotonic()))

    def arrive(self, call: str, number: str = "13800138000", to: str = "400", name: str = "") -> None:
        now = time.monotonic()
        self.calls[call] = FakeCall(call, number, to, received_at=now, legs={call: FakeLeg(call, "customer", number)})
        self.report(engine.CallArrived(call, number, name, to, "trunk", now, now))

    def ringing(self, extension: str) -> FakeLeg | None:
        """The leg that rings at this phone."""
        for call in self.calls.values():
            for leg in call.legs.values():
                if leg.extension == extension and leg.stage == "ringing":
                    return leg
        return None

    def call_of(self, leg: FakeLeg) -> FakeCall:
        return next(call for call in self.calls.values() if call.legs.get(leg.leg) is leg)

    def prompts_over(self, call: str) -> None:
        """What was said to the caller is through."""
        self.report(engine.PromptEnded(call, call, time.monotonic()))

    def press(self, call: str, digit: str) -> None:
        self.report(engine.DigitPressed(call, call, digit, time.monotonic()))

    def pick_up(self, extension: str) -> None:
        leg = self.ringing(extension)
        assert leg is not None, f"{extension} does not ring"
        self._answer(self.call_of(leg), leg)

    def customer_picks_up(self, call: str) -> None:
        self._answer(self.calls[call], self.calls[call].legs[call])

    def put_down(self, call: str, leg: str, why: str = "bye", code: int = 0) -> None:
        """The far end of a leg ends it."""
        self._end(self.calls[call], leg, "far", why, code)

    def leg_at(self, extension: str) -> tuple[str, str]:
        """(call, leg) of the phone's answered or ringing leg."""
        for call in self.calls.values():
            for leg in call.legs.values():
                if leg.extension == extension:
                    return call.call, leg.leg
        raise AssertionError(f"{extension} has no call")

    def _answer(self, call: FakeCall, leg: FakeLeg) -> None:
        leg.stage = "answered"
        self.report(engine.LegAnswered(call.call, leg.leg, time.monotonic()))
        if leg.leg not in self.mute:
            self.report(engine.MediaStarted(call.call, leg.leg, time.monotonic()))

    def _end(self, call: FakeCall, leg: str, by: str, why: str, code: int = 0) -> None:
        if call.legs.pop(leg, None) is None:
            return
        now = time.monotonic()
        self.report(engine.LegEnded(call.call, leg, by, code, why, now))
        if not call.legs:
            if call.recording:
                self.report(engine.RecordingEnded(call.call, call.recording, 1.0, "ended", now))
            del self.calls[call.call]
            self.report(engine.CallEnded(call.call, now))

    # ---- orders -----------------------------------------------------------------------------------------------

    def snapshot(self, order: int) -> engine.Snapshot:
        calls = tuple(
            engine.CallNow(
                call.call, call.from_number, "", call.to_number, call.direction, call.received_at,
                call.call in call.legs and call.legs[call.call].stage == "answered",
                tuple(engine.LegNow(x.leg, x.side, x.stage, x.number, x.extension) for x in call.legs.values()),
                call.groups, call.recording,
            )
            for call in self.calls.values()
        )  # fmt: skip
        phones = tuple(engine.PhoneNow(each, "127.0.0.1:5062") for each in sorted(self.phones))
        return engine.Snapshot(order, self.epoch, time.monotonic(), calls, phones, tuple(sorted(self.accounts)))

    def obey(self, order: engine.Order) -> engine.Done | engine.Snapshot | engine.Refused:
        self.orders.append(order)
        if order.epoch < self.epoch and not isinstance(order, engine.List):
            return engine.Refused(order.order, "stale_epoch")
        match order:
            case engine.Attach() | engine.List():
                return self.snapshot(order.order)
            case engine.SetOpen(open=wanted):
                self.open = wanted
            case engine.SetAccount(extension=extension, secret=secret):
                if secret:
                    self.accounts[extension] = secret
                else:
                    self.accounts.pop(extension, None)
                    self.unregister(extension)
            case engine.SetTrunk(trunk=trunk):
                self.trunks[trunk.name] = trunk
                self.report(engine.TrunkChanged(trunk.name, "open", 200, "", time.monotonic()))
            case engine.RemoveTrunk(trunk=name):
                self.trunks.pop(name, None)
            case engine.SetReady(extension=extension, on=on):
                self.ready[extension] = on
            case engine.Dial(call=call, leg=leg, number=number):
                found = self.calls.setdefault(call, FakeCall(call, "", number, "out"))
                found.legs[leg] = FakeLeg(leg, "customer", number)
                self.report(engine.LegRinging(call, leg, time.monotonic()))
            case engine.Ring(call=call) if call not in self.calls and order.headers.get("X-Role") in BEGINS:
                self.calls[call] = FakeCall(call, "", "", "out")
                return self._about_call(order, self.calls[call])
            case _:
                if order.call not in self.calls:
                    return engine.Refused(order.order, "no_such_call")
                return self._about_call(order, self.calls[order.call])
        return engine.Done(order.order)

    def _about_call(self, order: engine.Order, call: FakeCall) -> engine.Done | engine.Refused:
        match order:
            case engine.Ring(leg=leg, extension=extension):
                if leg in call.legs:
                    return engine.Refused(order.order, "exists")
                if extension not in self.phones:
                    return engine.Refused(order.order, "not_registered")
                call.legs[leg] = FakeLeg(leg, "staff", extension, extension)
                if extension not in self.silent:
                    self.report(engine.LegRinging(call.call, leg, time.monotonic()))
            case engine.Answer():
                self._answer(call, call.legs[call.call])
            case engine.Ringback():
                call.heard.append("ringback")
            case engine.Play(leg=leg, prompts=prompts, then=then):
                if leg not in call.legs:
                    return engine.Refused(order.order, "no_such_leg")
                if leg == call.call:
                    call.heard.extend([*prompts, then])
            case engine.Supervise(leg=leg, of=of, mode=mode):
                if leg not in call.legs or of not in call.legs:
                    return engine.Refused(order.order, "no_such_leg")
                call.supervised.pop(leg, None)
                if mode != "off":
                    call.supervised[leg] = (of, mode)
            case engine.PauseRecording(on=on):
                if not call.recording:
                    return engine.Refused(order.order, "bad_order")
                call.paused = on
            case engine.Connect(groups=groups):
                if any(leg not in call.legs for group in groups for leg in group):
                    return engine.Refused(order.order, "no_such_leg")
                call.groups = groups
                for leg in {leg for group in groups for leg in group}:
                    call.supervised.pop(leg, None)
            case engine.Drop(leg=leg):
                if leg not in call.legs:
                    return engine.Refused(order.order, "no_such_leg")
                self._end(call, leg, "us", "dropped")
            case engine.EndCall() | engine.Refuse():
                for leg in list(call.legs):
                    self._end(call, leg, "us", "dropped")
            case engine.Record(file=file):
                call.recording = file
                if self.recordings is not None:
                    silence(self.recordings / file)
            case _:
                pass
        return engine.Done(order.order)


def silence(file: Path) -> None:
    """A stereo WAV of one second."""
    file.parent.mkdir(exist_ok=True)
    with wave.open(str(file), "wb") as made:
        made.setnchannels(2)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(4 * 8000))


class FakeClient:
    """The Protocol's side of it: one switchboard's connection."""

    def __init__(self, exchange: FakeExchange) -> None:
        self._exchange = exchange
        self.facilities = exchange.facilities
        self._number = 0
        self.epoch = -1
        self.facts: asyncio.Queue[engine.Fact | None] = asyncio.Queue()
        self.closed = False

    def next_order(self) -> int:
        self._number += 1
        return self._number

    async def attach(self, epoch: int) -> engine.Snapshot:
        self._alive()
        if epoch < self._exchange.epoch:
            raise StaleEpoch(str(epoch))
        self.epoch = self._exchange.epoch = epoch
        answer = self._exchange.obey(engine.Attach(self.next_order(), epoch))
        assert isinstance(answer, engine.Snapshot)
        return answer

    async def order(self, order: engine.Order) -> engine.Done | engine.Snapshot | engine.Refused:
        self._alive()
        await asyncio.sleep(0)
        return self._exchange.obey(order)

    async def fact(self) -> engine.Fact:
        fact = await self.facts.get()
        if fact is None:
            raise ConnectionError("the exchange is gone")
        return fact

    async def close(self) -> None:
        self.closed = True

    def _alive(self) -> None:
        if self._exchange.gone or self.closed:
            raise ConnectionError("the exchange is gone")
