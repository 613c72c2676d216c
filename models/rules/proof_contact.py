# SPDX-License-Identifier: GPL-3.0-or-later
"""One contact, event by event: offers, responsibility, consult and transfer, hold, recording, and the one outcome.

`Contact.take` is fed the contact's events in their order; `violations` grows. What is missing at the end
is said by `proof_closing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from models.rules.proof_log import AFTER_THE_END, Event, House, Violation
from models.rules.proof_way import PlanWay

REFUSED_CONSULT = frozenset({"not_free", "nobody_free"})
AFTER_THE_CUSTOMER = frozenset(
    {
        "offered", "ringing", "responsible", "connected", "consult_started", "transferred", "held", "resumed", "queued",
        "menu", "announced", "position", "sent_outside", "outside_answered", "voicemail", "merged", "parked",
        "picked_up", "taken_over",
    }
)  # fmt: skip


@dataclass
class Ring:
    """A staff phone being rung."""

    who: str
    leg: str
    role: str
    offered: float
    ringing: float | None = None
    accepted: float | None = None


@dataclass
class Stretch:
    """A time somebody was responsible."""

    who: str
    leg: str
    since: float
    connected: float | None = None
    until: float | None = None
    ring: Ring | None = None


@dataclass
class Transfer:
    """A completed transfer; `begun` is when the engineer's phone was first asked for."""

    by: str
    to: str
    at: float
    begun: float


@dataclass
class Contact:
    """Everything known of one contact so far."""

    id: str
    house: House
    violations: list[Violation] = field(default_factory=list[Violation])
    arrived: Event | None = None
    ended: Event | None = None
    customer: str = ""
    open: dict[str, Ring] = field(default_factory=dict[str, Ring])
    rings: list[Ring] = field(default_factory=list[Ring])
    dialled: dict[str, str] = field(default_factory=dict[str, str])
    stretches: list[Stretch] = field(default_factory=list[Stretch])
    now: Stretch | None = None
    consult: tuple[str, str] | None = None  # (to, leg)
    consult_leg: str = ""  # of an engineer who picked up
    consult_begun: dict[str, float] = field(default_factory=dict[str, float])
    owed: str = ""  # who must become responsible after a transfer
    transfers: list[Transfer] = field(default_factory=list[Transfer])
    held: bool = False
    ringback: float | None = None
    waited: bool = False
    customer_gone: bool = False
    staff_gone: bool = False
    dial_failed: bool = False
    promised: bool = False
    wrapping: dict[str, float] = field(default_factory=dict[str, float])
    painted: list[Event] = field(default_factory=list[Event])
    hashes: list[Event] = field(default_factory=list[Event])
    drafts_painted: list[Event] = field(default_factory=list[Event])
    recordings: dict[str, Event | None] = field(default_factory=dict[str, "Event | None"])
    left_alone: float | None = None
    way: PlanWay = field(default_factory=PlanWay)
    epoch: int = -1
    epochs: int = 0
    last: float = 0.0
    first: float | None = None

    def wrong(self, invariant: str, words: str) -> None:
        self.violations.append(Violation(invariant, self.id, words))

    def take(self, event: Event) -> None:
        """The next event of this contact."""
        if event.epoch != self.epoch:
            self._new_epoch(event.epoch)
        self.first = event.at if self.first is None else self.first
        if self.arrived is None and event.kind not in ("arrived", "alarm"):
            self.wrong("log", f"{event.kind} before the contact arrived")
            if event.kind == "ended":
                self.wrong("I8", "ended without having arrived")
        if self.ended is not None and event.kind not in AFTER_THE_END and event.kind != "ended":
            self.wrong("log", f"{event.kind} after its end")
        if self.customer_gone and event.kind in AFTER_THE_CUSTOMER:
            self.wrong("log", f"{event.kind} after the customer hung up")
        self._left_alone(event)
        self.last = max(self.last, event.at)
        responsible = self.now.who if self.now is not None else ""
        consulted = self.consult[0] if self.consult is not None else ""
        taken = self.way.taken
        for invariant, words in self.way.take(event, responsible, consulted, self.consult_leg):
            self.wrong(invariant, words)
        if event.kind == "responsible" and taken is not None:
            self.dialled[taken[1]] = taken[0]  # he is known by the leg he supervised with
        handle: Callable[[Event], None] | None = getattr(self, f"on_{event.kind}", None)
        if handle is not None:
            handle(event)

    def _new_epoch(self, epoch: int) -> None:
        """A new leader drops what only rang; who talks goes on."""
        self.epoch = epoch
        self.epochs += 1
        self.open.clear()
        self.consult, self.consult_leg, self.owed = None, "", ""
        self.held = False
        self.way.watching.clear()
        self.way.taken = None

    def _left_alone(self, event: Event) -> None:
        if self.left_alone is None or event.kind in AFTER_THE_END:
            return
        if self.way.parked or (self.way.waits is not None and self.way.over is None):
            self.left_alone = None  # he is on a numbered place with music, or not on the line at all
            return
        seconds = event.at - self.left_alone
        if seconds > self.house.stuck_s and self.epochs < 2:
            self.wrong("I5", f"the customer was left alone for {seconds:.1f} s")
        self.left_alone = None

    # ---- arriving, ringing ------------------------------------------------------------------------------------

    def on_arrived(self, event: Event) -> None:
        if self.arrived is not None:
            self.wrong("I8", "arrived twice")
            return
        self.arrived = event

    def on_customer_found(self, event: Event) -> None:
        self.customer = str(event.data.get("customer", ""))

    def on_ringback(self, event: Event) -> None:
        if self.ringback is not None:
            self.wrong("log", "the promise clock was started twice")
            return
        self.ringback = event.at

    def on_waiting_answered(self, event: Event) -> None:
        self.waited = True

    def on_offered(self, event: Event) -> None:
        leg = _leg(event)
        if leg in self.open or any(ring.leg == leg for ring in self.rings) or leg in self.dialled:
            self.wrong("log", f"leg {leg} was offered twice")
            return
        if self.now is not None and self.now.who == event.who:
            self.wrong("I2", f"{event.who} is offered the call he has")
        if self.now is not None and event.data.get("role") != "consult":
            self.wrong("I2", f"offered to {event.who} while {self.now.who} is responsible")
        ring = Ring(event.who, leg, str(event.data.get("role", "")), event.at)
        self.open[leg] = ring
        self.rings.append(ring)

    def on_ringing(self, event: Event) -> None:
        leg = _leg(event)
        ring = self.open.get(leg)
        if ring is None:
            if leg not in self.dialled:
                self.wrong("log", f"{event.who} rings without having been offered the call")
        elif ring.ringing is not None:
            self.wrong("log", f"the offer clock of {event.who} was started twice")
        else:
            ring.ringing = event.at

    def on_accepted(self, event: Event) -> None:
        ring = self.open.get(_leg(event))
        if ring is None:
            self.wrong("log", f"{event.who} accepted what he was not offered")
            return
        if ring.ringing is not None and event.at > ring.ringing + self.house.offer_s + self.house.tick_s:
            self.wrong("log", f"an accept of {event.who} counted after three rings")
        ring.accepted = event.at

    def _close(self, event: Event, leg: str) -> Ring | None:
        """The offer of this leg is over; checks how long it rang."""
        ring = self.open.pop(leg, None)
        if ring is None:
            return None
        if ring.who != event.who and event.kind != "consult_answered":
            self.wrong("log", f"{event.kind} of {event.who} ends the offer to {ring.who}")
        own = self.house.no_ringing_s if ring.ringing is None else self.house.offer_s
        seconds = event.at - (ring.offered if ring.ringing is None else ring.ringing)
        if seconds > own + self.house.accepted_s + self.house.tick_s:
            self.wrong("I4", f"{ring.who} was rung for {seconds:.1f} s, longer than {self.house.rings} rings")
        return ring

    def on_declined(self, event: Event) -> None:
        if self._close(event, _leg(event)) is None:
            self.wrong("log", f"{event.kind} by {event.who}, who was not offered the call")

    on_lost_race = on_declined
    on_withdrawn = on_declined

    def on_missed(self, event: Event) -> None:
        ring = self._close(event, _leg(event))
        if ring is None:
            self.wrong("log", f"missed by {event.who}, who was not offered the call")
        elif ring.ringing is None:
            self.wrong("log", f"missed by {event.who}, whose phone never rang")
        elif event.at - ring.ringing < self.house.offer_s - self.house.tick_s:
            self.wrong("log", f"missed by {event.who} before three rings were over")

    # ---- responsibility ---------------------------------------------------------------------------------------

    def on_dialled(self, event: Event) -> None:
        self.dialled[_leg(event)] = event.who

    def on_dial_failed(self, event: Event) -> None:
        self.dial_failed = True

    def on_responsible(self, event: Event) -> None:
        leg = _leg(event)
        if self.now is not None:
            self.wrong("I2", f"{event.who} is responsible while {self.now.who} is")
        ring = self._close(event, leg)
        known = ring is not None or self.dialled.get(leg) == event.who or self.consult_leg == leg
        if not known:
            self.wrong("I2", f"{event.who} is responsible without having been offered the call")
        if self.owed and self.owed != event.who:
            self.wrong("I2", f"transferred to {self.owed}, but {event.who} is responsible")
        if not self.owed and leg and leg == self.consult_leg:
            self.wrong("I2", f"{event.who} was consulted and is responsible without a transfer")
        if ring is None and self.consult_leg == leg:
            ring = next((each for each in self.rings if each.leg == leg), None)
        self.owed = self.consult_leg = ""
        self._begin(Stretch(event.who, leg, event.at, ring=ring))

    def on_adopted(self, event: Event) -> None:
        if self.now is not None and self.now.who != event.who:
            self.wrong("I2", f"{event.who} is adopted while {self.now.who} is responsible")
        if self.now is None:
            self._begin(Stretch(event.who, _leg(event), event.at, connected=event.at))
        elif self.now.connected is None:
            # The switchboard died between joining the two and hearing them: found talking, they are connected.
            self.now.connected = event.at

    def _begin(self, stretch: Stretch) -> None:
        self.now = stretch
        self.stretches.append(stretch)

    def on_released(self, event: Event) -> None:
        if self.now is None or self.now.who != event.who:
            self.wrong("I2", f"{event.who} is released without having been responsible")
            return
        self.now.until = event.at
        self.now = None
        self.held = False
        self.left_alone = event.at

    def on_connected(self, event: Event) -> None:
        leg = _leg(event)
        if not any(ring.leg == leg for ring in self.rings) and leg not in self.dialled and self.epochs < 2:
            self.wrong("log", f"connected with {event.who} without offered or dialled")
        if self.now is None or self.now.who != event.who or self.now.leg != leg:
            self.wrong("I2", f"connected with {event.who}, who is not responsible")
            return
        if self.now.connected is not None:
            self.wrong("log", f"connected twice with {event.who}")
            return
        for ring in self.open.values():
            if ring.role == "offer":
                self.wrong("I2", f"connected with {event.who} while {ring.who} is still rung")
        self.now.connected = event.at

    # ---- hold, consult, transfer ------------------------------------------------------------------------------

    def on_held(self, event: Event) -> None:
        if self.now is None or self.held:
            self.wrong("log", "held twice" if self.held else "held by nobody")
        self.held = True

    def on_resumed(self, event: Event) -> None:
        if not self.held:
            self.wrong("log", "resumed without having been held")
        self.held = False

    def on_consult_started(self, event: Event) -> None:
        to, leg = str(event.data.get("to", "")), _leg(event)
        if self.now is None or self.now.who != event.who:
            self.wrong("I2", f"{event.who} consults about a call that is not his")
        if self.consult is not None:
            self.wrong("log", "a second consult before the first one ended")
        if leg not in self.open:
            self.wrong("log", f"a consult with {to}, whose phone was not rung")
        self.consult = (to, leg)
        self.consult_begun[to] = event.at

    def on_consult_answered(self, event: Event) -> None:
        leg = _leg(event)
        ring = self._close(event, leg)
        if self.consult is None or self.consult[1] != leg or ring is None:
            self.wrong("log", f"a consult with {event.data.get('to')} was answered that did not begin")
        self.consult_leg = leg

    def on_consult_ended(self, event: Event) -> None:
        why = event.data.get("why")
        if self.consult is None:
            if why not in REFUSED_CONSULT:
                self.wrong("log", "a consult ended that did not begin")
            return
        if self.consult[0] != event.data.get("to"):
            self.wrong("log", f"a consult with {event.data.get('to')} ended, it was with {self.consult[0]}")
        self.consult = None
        if why != "completed":
            self.consult_leg = ""

    def on_transferred(self, event: Event) -> None:
        to, leg = str(event.data.get("to", "")), _leg(event)
        if not leg or leg != self.consult_leg:
            self.wrong("I2", f"transferred to {to}, who did not pick up")
        if not self.stretches or self.stretches[-1].who != event.who:
            self.wrong("I2", f"transferred by {event.who}, who was not responsible")
        self.owed = to
        self.transfers.append(Transfer(event.who, to, event.at, self.consult_begun.get(to, event.at)))

    # ---- screens, recording, the end --------------------------------------------------------------------------

    def on_card_painted(self, event: Event) -> None:
        self.painted.append(event)

    def on_draft_hash(self, event: Event) -> None:
        self.hashes.append(event)

    def on_draft_painted(self, event: Event) -> None:
        self.drafts_painted.append(event)

    def on_recording_started(self, event: Event) -> None:
        file = str(event.data.get("file", ""))
        if file in self.recordings:
            self.wrong("log", f"recording {file} started twice")
        self.recordings[file] = None

    def on_recording_ended(self, event: Event) -> None:
        file = str(event.data.get("file", ""))
        if file not in self.recordings:
            self.wrong("log", f"recording {file} ended without having started")
        elif self.recordings[file] is not None:
            self.wrong("log", f"recording {file} ended twice")
        self.recordings[file] = event

    def on_customer_hung_up(self, event: Event) -> None:
        if self.customer_gone:
            self.wrong("log", "the customer hung up twice")
        self.customer_gone = True

    def on_staff_hung_up(self, event: Event) -> None:
        self.staff_gone = True

    def on_promised(self, event: Event) -> None:
        if self.promised:
            self.wrong("I1", "a call-back was promised twice")
        self.promised = True

    def on_wrap_up_started(self, event: Event) -> None:
        if event.who in self.wrapping:
            self.wrong("log", f"wrap-up of {event.who} started twice")
        his = [stretch for stretch in self.stretches if stretch.who == event.who]
        if not his or his[-1].connected is None:
            self.wrong("log", f"wrap-up of {event.who}, who never talked")
        self.wrapping[event.who] = event.at

    def on_wrap_up_ended(self, event: Event) -> None:
        if self.wrapping.pop(event.who, None) is None:
            self.wrong("log", f"wrap-up of {event.who} ended without having started")

    def on_ended(self, event: Event) -> None:
        if self.ended is not None:
            self.wrong("I8", f"two outcomes: {self.ended.data.get('outcome')} and {event.data.get('outcome')}")
            return
        self.ended = event
        if self.now is not None:
            self.wrong("I2", f"ended while {self.now.who} is still responsible")
        for ring in self.open.values():
            self.wrong("I4", f"ended while {ring.who} is still rung")
        if self.consult is not None:
            self.wrong("I4", f"ended while {self.consult[0]} is still consulted")
        if self.owed:
            self.wrong("I2", f"transferred to {self.owed}, who never became responsible")


def _leg(event: Event) -> str:
    return str(event.data.get("leg", ""))
