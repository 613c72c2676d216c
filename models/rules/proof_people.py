# SPDX-License-Identifier: GPL-3.0-or-later
"""The people across all contacts: one responsibility, one ringing phone, states that fit the calls, nobody stuck.

`People.take` is fed every event of a site in order; `closing` looks at where everybody was left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from models.kinds import AgentState, StateReason
from models.rules.proof_log import Event, House, Violation

RUNG = frozenset({AgentState.RESERVED, AgentState.RINGING})
MAY_BE_RESERVED = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL})
"""A ready agent is rung; one whose phone was lost in a call is rung for the same caller."""
RESTING = frozenset({AgentState.NOT_READY, AgentState.NOT_RESPONDING})
"""Who rests is not rung, but may pick up a caller, dial, supervise or talk to a colleague of his own will."""
OF_HIS_OWN_WILL = "pick_up"
AFTER_A_MISS = frozenset(
    {
        (AgentState.NOT_RESPONDING, StateReason.MISSED),
        (AgentState.NOT_READY, StateReason.DESKTOP_LOST),
        (AgentState.NOT_READY, StateReason.DEVICE_LOST),
    }
)
FORGETS_MISSES = frozenset({AgentState.ON_CALL, AgentState.NOT_READY, AgentState.NOT_RESPONDING})
"""States after which a miss where everybody was rung is the first again."""

ENDS_AN_OFFER = frozenset({"missed", "declined", "withdrawn", "lost_race", "responsible"})


@dataclass
class Person:
    """Where one agent is, as his last agent_state says."""

    state: str = ""
    since: float = 0.0
    call: str = ""
    epoch: int = -1
    responsible: str = ""
    consulted: str = ""
    rung: dict[str, str] = field(default_factory=dict[str, str])  # leg: contact
    missed: str = ""  # the contact of a miss that his state must show
    declined: bool = False
    spared: bool = False  # the alarm that he is the last reachable agent
    wrapping: str = ""
    rested: bool = False  # he rested when he was reserved
    misses: int = 0  # in a row, of calls that rang at everybody


class People:
    """All agents of a site."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.people: dict[str, Person] = {}
        self.ended: dict[str, float] = {}
        self.rings_all: set[str] = set()  # contacts whose last offers went to everybody at once
        self.violations: list[Violation] = []
        self.epoch = -1
        self.last = 0.0

    def wrong(self, invariant: str, contact: str, words: str) -> None:
        self.violations.append(Violation(invariant, contact, words))

    def take(self, event: Event) -> None:
        """The next event of the site."""
        if event.epoch != self.epoch:
            self.epoch = event.epoch
            for person in self.people.values():
                person.rung.clear()
                person.consulted, person.missed, person.declined, person.misses = "", "", False, 0
        self.last = max(self.last, event.at)
        handle: Callable[[Event, Person], None] | None = getattr(self, f"on_{event.kind}", None)
        if handle is not None:
            handle(event, self.people.setdefault(event.who, Person()))
        if event.kind in ENDS_AN_OFFER:
            self.people.setdefault(event.who, Person()).rung.pop(str(event.data.get("leg", "")), None)

    def on_offered(self, event: Event, person: Person) -> None:
        for other in person.rung.values():
            self.wrong("I2", event.contact, f"{event.who} is rung for it and for {other} at the same time")
        if person.responsible:
            self.wrong("I2", event.contact, f"{event.who} is rung for it while he has {person.responsible}")
        if person.state and person.epoch == event.epoch and person.state not in RUNG:
            self.wrong("I2", event.contact, f"{event.who} is rung while {person.state}")
        if person.rested and event.data.get("role") != OF_HIS_OWN_WILL:
            self.wrong("I2", event.contact, f"{event.who} is rung while he rests")
        person.rested = False
        person.rung[str(event.data.get("leg", ""))] = event.contact

    def on_responsible(self, event: Event, person: Person) -> None:
        if person.responsible and person.responsible != event.contact:
            self.wrong("I2", event.contact, f"{event.who} is responsible for it and for {person.responsible}")
        person.responsible = event.contact
        person.consulted = ""

    on_adopted = on_responsible

    def on_released(self, event: Event, person: Person) -> None:
        if person.responsible == event.contact:
            person.responsible = ""

    def on_consult_answered(self, event: Event, _person: Person) -> None:
        to = self.people.setdefault(str(event.data.get("to", "")), Person())
        to.consulted = event.contact
        to.rung.pop(str(event.data.get("leg", "")), None)

    def on_consult_ended(self, event: Event, _person: Person) -> None:
        if event.data.get("why") != "completed":
            self.people.setdefault(str(event.data.get("to", "")), Person()).consulted = ""

    def on_missed(self, event: Event, person: Person) -> None:
        person.missed = event.contact
        person.spared = False
        person.misses += event.contact in self.rings_all

    def on_chosen(self, event: Event, _person: Person) -> None:
        if event.data.get("strategy") == "ring_all":
            self.rings_all.add(event.contact)
        else:
            self.rings_all.discard(event.contact)

    def on_declined(self, event: Event, person: Person) -> None:
        person.declined = True

    def on_alarm(self, event: Event, _person: Person) -> None:
        if event.data.get("what") == "last_agent_missed":
            self.people.setdefault(str(event.data.get("agent", "")), Person()).spared = True

    def on_wrap_up_started(self, event: Event, person: Person) -> None:
        person.wrapping = event.contact

    def on_wrap_up_ended(self, event: Event, person: Person) -> None:
        person.wrapping = ""

    def on_ended(self, event: Event, _person: Person) -> None:
        self.ended[event.contact] = event.at
        for person in self.people.values():
            if person.responsible == event.contact:
                person.responsible = ""
            for leg in [leg for leg, contact in person.rung.items() if contact == event.contact]:
                del person.rung[leg]

    def on_agent_state(self, event: Event, person: Person) -> None:
        state, reason = str(event.data.get("state", "")), str(event.data.get("reason") or "")
        call = str(event.data.get("call") or "")
        if state not in set(AgentState):
            self.wrong("log", call, f"{event.who}: there is no state {state!r}")
            return
        if person.state and person.epoch == event.epoch:
            self._check_change(event, person, state, reason, call)
            self._check_time(event.who, person, event.at)
        along = call and not person.rung and person.state in (*RESTING, AgentState.READY)  # he supervises, or dials
        if state == AgentState.ON_CALL and call not in (person.responsible, person.consulted) and not along:
            self.wrong("I2", call, f"{event.who} is on_call without being responsible or consulted")
        if state in (AgentState.READY, AgentState.WRAP_UP) and person.responsible:
            self.wrong("I2", person.responsible, f"{event.who} is {state} and still responsible")
        if state == AgentState.WRAP_UP and not person.wrapping:
            self.wrong("log", call, f"{event.who} is in a wrap-up that did not start")
        person.state, person.since, person.call, person.epoch = state, event.at, call, event.epoch
        person.missed, person.declined = "", False
        if state in FORGETS_MISSES:
            person.misses = 0

    def _check_change(self, event: Event, person: Person, state: str, reason: str, call: str) -> None:
        who, before = event.who, person.state
        person.rested = state == AgentState.RESERVED and before in RESTING
        if state == AgentState.RESERVED and before not in MAY_BE_RESERVED and not person.rested:
            self.wrong("I2", call, f"{who} is reserved while {before}")
        if state == AgentState.RINGING and before not in RUNG:
            self.wrong("log", call, f"{who} is ringing after {before}")
        if state == AgentState.WRAP_UP and before not in (AgentState.ON_CALL, AgentState.WRAP_UP):
            self.wrong("log", call, f"{who} is in wrap-up after {before}")
        if before == AgentState.WRAP_UP and state != before and person.wrapping:
            self.wrong("log", person.wrapping, f"{who} is {state} and his wrap-up has not ended")
        if person.missed:
            spared = state == AgentState.READY and person.spared
            signed_out = state == AgentState.SIGNED_OUT
            forgiven = state == AgentState.READY and person.missed in self.rings_all and person.misses == 1
            if not (spared or signed_out or forgiven or (state, reason) in AFTER_A_MISS):
                self.wrong("log", person.missed, f"{who} missed it and is {state} {reason}".rstrip())
        elif before in RUNG and state == AgentState.NOT_RESPONDING:
            self.wrong("log", person.call, f"{who} is not responding without having missed anything")
        if before in RUNG and reason == StateReason.REJECTED and not person.declined:
            self.wrong("log", person.call, f"{who} is not ready as if he had rejected a call")

    def _check_time(self, who: str, person: Person, now: float) -> None:
        """How long he was in the state that ends at `now`."""
        seconds = now - person.since
        house = self.house
        if person.state in RUNG and seconds > house.offer_s + house.accepted_s + house.stuck_s:
            self.wrong("I4", person.call, f"{who} was {person.state} for {seconds:.0f} s")
        if person.state == AgentState.WRAP_UP and seconds > house.wrap_up_s + house.stuck_s:
            self.wrong("I4", person.call, f"{who} was in wrap-up for {seconds:.0f} s")
        over = self.ended.get(person.call)
        if person.state == AgentState.ON_CALL and over is not None and now - over > house.stuck_s:
            self.wrong("I4", person.call, f"{who} was on_call for {now - over:.0f} s after its end")

    def closing(self, *, live: bool) -> None:
        """Where everybody is when the log ends."""
        for who, person in self.people.items():
            if person.missed and not live:
                self.wrong("log", person.missed, f"{who} missed it and no state says so")
            if person.epoch != self.epoch:
                continue
            self._check_time(who, person, self.last)
            stuck = person.state in RUNG or (person.state == AgentState.ON_CALL and person.call in self.ended)
            if stuck and not live:
                self.wrong("I4", person.call, f"{who} was left {person.state}")
