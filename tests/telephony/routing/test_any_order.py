# SPDX-License-Identifier: GPL-3.0-or-later
"""Any interleaving of events keeps the invariants: nobody doubly responsible, nobody stuck, one outcome a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.kinds import AgentState, StateReason
from models.rules.plan import Plan, QueuePlan, Strategy
from telephony.calls import (
    Adopted,
    AgentLegGone,
    AgentSignedIn,
    AgentSignedOut,
    AgentStateChanged,
    BackAsked,
    CallArrived,
    CallerHungUp,
    CallOver,
    CompleteAsked,
    ConsultAsked,
    CustomerAnswered,
    CustomerFound,
    CustomerLegFailed,
    DialledOut,
    Event,
    HangUpAsked,
    HoldAsked,
    KeyPressed,
    LeaseRenewed,
    MediaBothWays,
    Note,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Order,
    PhoneReachable,
    PhoneUnreachable,
    PlanChanged,
    RingAgent,
    StateChosen,
    TimePassed,
    WrapUpExtended,
    WrapUpFinished,
)
from telephony.routing import ringing
from telephony.routing.agents import BUSY
from telephony.routing.floor import Call, Floor, IllegalTransition, Offer, Settings, Stage
from telephony.routing.router import due, step

AGENTS = ("1001", "1002", "2001")
QUEUE, SKILL = "400", "printer"


def _in(agent: str) -> AgentSignedIn:
    skills = frozenset({SKILL}) if agent == "2001" else frozenset[str]()
    return AgentSignedIn(agent, agent, agent, skills, frozenset({QUEUE}))


PLANS = (
    Plan(),
    Plan({QUEUE: QueuePlan(QUEUE, "热线", "Hotline", strategy=Strategy.RING_ALL)}),
    Plan({QUEUE: QueuePlan(QUEUE, "热线", "Hotline", strategy=Strategy.ROUND_ROBIN, members=("2001", "1001"))}),
)

# How likely each is follows from how often it stands here. (call, agent, other) -> event
MAKERS: list[Callable[[str, str, str], Event]] = [
    lambda c, a, o: _in(a),
    lambda c, a, o: AgentSignedOut(a),
    lambda c, a, o: StateChosen(a, AgentState.READY),
    lambda c, a, o: StateChosen(a, AgentState.READY),
    lambda c, a, o: StateChosen(a, AgentState.READY),
    lambda c, a, o: StateChosen(a, AgentState.NOT_READY, StateReason.BREAK),
    lambda c, a, o: StateChosen(a, AgentState.NOT_READY, by="9001"),
    lambda c, a, o: LeaseRenewed(a),
    lambda c, a, o: LeaseRenewed(a),
    lambda c, a, o: PhoneReachable(a),
    lambda c, a, o: PhoneUnreachable(a),
    lambda c, a, o: CallArrived(c, "" if c == "c3" else "+8613800138000", "400", QUEUE),
    lambda c, a, o: CallArrived(c, "+8613800138000", "400", QUEUE),
    lambda c, a, o: CallArrived(c, "+8613800138000", "400", QUEUE),
    lambda c, a, o: CustomerFound(c, "k1"),
    lambda c, a, o: DialledOut(c, a, "+8613900139000"),
    lambda c, a, o: CustomerAnswered(c),
    lambda c, a, o: CustomerLegFailed(c, "busy"),
    lambda c, a, o: OfferRinging(c, a),
    lambda c, a, o: OfferRinging(c, a),
    lambda c, a, o: OfferRinging(c, a),
    lambda c, a, o: OfferAccepted(c, a),
    lambda c, a, o: OfferAnswered(c, a),
    lambda c, a, o: OfferAnswered(c, a),
    lambda c, a, o: OfferAnswered(c, a),
    lambda c, a, o: OfferFailed(c, a, "rejected"),
    lambda c, a, o: OfferFailed(c, a, "unreachable"),
    lambda c, a, o: MediaBothWays(c, a),
    lambda c, a, o: MediaBothWays(c, a),
    lambda c, a, o: CallerHungUp(c),
    lambda c, a, o: AgentLegGone(c, a),
    lambda c, a, o: AgentLegGone(c, a, lost=True),
    lambda c, a, o: HoldAsked(c, a, True),
    lambda c, a, o: HoldAsked(c, a, False),
    lambda c, a, o: HangUpAsked(c, a, "1"),
    lambda c, a, o: ConsultAsked(c, a, to=o),
    lambda c, a, o: ConsultAsked(c, a, to=o, attended=False),
    lambda c, a, o: ConsultAsked(c, a, skills=frozenset({SKILL})),
    lambda c, a, o: CompleteAsked(c, a),
    lambda c, a, o: BackAsked(c, a),
    lambda c, a, o: KeyPressed(c, "1"),
    lambda c, a, o: WrapUpFinished(a),
    lambda c, a, o: WrapUpExtended(a),
    lambda c, a, o: TimePassed(),
    lambda c, a, o: PlanChanged(PLANS[int(a) % len(PLANS)]),
    lambda c, a, o: PlanChanged(PLANS[int(o) % len(PLANS)]),
    lambda c, a, o: Adopted(c, "+8613800138000", "400", QUEUE, a, f"{c}.0.9", 990.0),
]

moves = st.tuples(
    st.sampled_from(MAKERS),
    st.sampled_from(("c1", "c2", "c3", "c4", "c5", "c6")),
    st.sampled_from(AGENTS),
    st.sampled_from(AGENTS),
    st.sampled_from((0.0, 0.0, 0.01, 0.5, 2.0, 5.0, 15.0)),
    st.booleans(),
    st.integers(0, 9),
)

OF_WHO_RINGS = OfferRinging | OfferAccepted | OfferAnswered | OfferFailed
OF_WHO_TALKS = MediaBothWays | AgentLegGone | HoldAsked | HangUpAsked | ConsultAsked | CompleteAsked | BackAsked


def aimed(floor: Floor, event: Event) -> Event:
    """The same event about somebody whom it can concern: a blind one seldom gets through three rings and a transfer."""
    if isinstance(event, OF_WHO_RINGS):
        ringing_now = [(call.id, offer.agent) for call in floor.calls.values() for offer in offers(call)]
        if ringing_now:
            call, agent = ringing_now[int(event.agent) % len(ringing_now)]
            return replace(event, call=call, agent=agent)
    elif isinstance(event, OF_WHO_TALKS):
        talking_now = [call for call in floor.calls.values() if call.agent]
        if talking_now:
            call = talking_now[int(event.agent) % len(talking_now)]
            engineer = call.consult.engineer if call.consult is not None else ""
            gone = isinstance(event, AgentLegGone | HangUpAsked) and event.agent == engineer
            return replace(event, call=call.id, agent=engineer if gone else call.agent)
    return event


# A story that the random part may break into at any place: a call with 1001, and 2001 asked for help.
OPENING: tuple[Event, ...] = (
    CallArrived("c0", "+8613800138000", "400", QUEUE),
    OfferRinging("c0", "1001"),
    OfferAnswered("c0", "1001"),
    MediaBothWays("c0", "1001"),
    ConsultAsked("c0", "1001", to="2001"),
    OfferRinging("c0", "2001"),
    OfferAnswered("c0", "2001"),
    CompleteAsked("c0", "1001"),
)


class Watch:
    """Plays events and looks at every floor and every order between them."""

    def __init__(self) -> None:
        self.floor = Floor(Settings(wrap_up_s=20))
        self.now = 1000.0
        self.begun: Counter[str] = Counter()
        self.over: Counter[str] = Counter()
        self.states: dict[str, AgentState] = {}
        self.responsible: dict[str, str] = {}
        for agent in AGENTS:
            for event in (PhoneReachable(agent), _in(agent), StateChosen(agent, AgentState.READY)):
                self.play(event)

    def play(self, event: Event) -> None:
        begins = isinstance(event, CallArrived | DialledOut | Adopted)
        if begins and event.call in self.begun:  # ids of calls are never used twice
            return
        before = self.floor
        try:
            self.floor, orders = step(before, event, self.now)
        except IllegalTransition as refused:
            assert type(event).__name__ in str(refused)
            assert self.floor is before
            return
        if begins:
            self.begun[event.call] += 1
        self.look_at_orders(orders)
        self.look_at_floor()

    def look_at_orders(self, orders: tuple[Order, ...]) -> None:
        for order in orders:
            match order:
                case AgentStateChanged(agent, state):
                    self.states[agent] = state
                case RingAgent(agent=agent):
                    assert self.states[agent] is AgentState.RESERVED
                case Note(call, "responsible" | "adopted", _, who):
                    assert call not in self.responsible, "two responsible agents"
                    assert who not in self.responsible.values(), "responsible for two calls"
                    self.responsible[call] = who
                case Note(call, "released", _, who):
                    assert self.responsible.pop(call) == who
                case CallOver(call):
                    assert call not in self.responsible
                    self.over[call] += 1
                    assert self.over[call] == 1 and call not in self.floor.calls
                case _:
                    pass

    def look_at_floor(self) -> None:
        held: Counter[str] = Counter()
        for call in self.floor.calls.values():
            assert call.agent == self.responsible.get(call.id, "")
            for agent in self.people_of(call):
                held[agent] += 1
                assert self.floor.agents[agent].call == call.id
                assert self.floor.agents[agent].state in BUSY
            for offer in offers(call):
                # What is overdue ends with the next event or tick; nothing rings longer than that.
                assert ringing.expiry(offer, self.floor.settings) > self.now
                if offer.ringing_at is not None:
                    assert ringing.expiry(offer, self.floor.settings) - offer.ringing_at <= 15 + 2
            assert (call.stage is Stage.TALKING) <= bool(call.agent)
        assert all(count == 1 for count in held.values()), "one agent on two calls"
        for person in self.floor.agents.values():
            with_call = person.state in (AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL)
            assert with_call == (held[person.id] == 1), (person, self.floor.calls)
            assert bool(person.call) == (person.state in BUSY)
            assert (person.until is not None) == (person.state is AgentState.WRAP_UP)
            assert self.states.get(person.id, person.state) is person.state, "a change nobody was told of"

    def people_of(self, call: Call) -> set[str]:
        people = {offer.agent for offer in offers(call)} | {call.agent, call.back_to}
        if call.consult is not None:
            people.add(call.consult.engineer)
        return people - {""}

    def let_time_pass(self) -> None:
        for _ in range(300):
            when = due(self.floor)
            if when is None:
                return
            self.now = max(self.now, when)
            self.play(TimePassed())
        raise AssertionError(f"time never stands still: {due(self.floor)} at {self.now}")


def offers(call: Call) -> list[Offer]:
    asked = call.consult.offer if call.consult is not None else None
    return [*call.offers, *([asked] if asked is not None else [])]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(moves, min_size=20, max_size=60), st.integers(0, len(OPENING)), st.booleans())
def test_any_interleaving_keeps_the_invariants(
    script: list[tuple[Callable[[str, str, str], Event], str, str, str, float, bool, int]],
    opened: int,
    desks: bool,
) -> None:
    watch = Watch()
    for event in OPENING[:opened]:
        watch.play(event)
    for make, call, agent, other, seconds, ticks, blind in script:
        until = watch.now + seconds
        while ticks and (when := due(watch.floor)) is not None and when < until:
            watch.now = max(when, watch.now)
            watch.play(TimePassed())
        watch.now = until
        for agent in AGENTS if desks else ():
            watch.play(LeaseRenewed(agent))
        event = make(call, agent, other)
        watch.play(event if blind == 0 else aimed(watch.floor, event))

    watch.let_time_pass()
    stuck = (AgentState.RESERVED, AgentState.RINGING, AgentState.WRAP_UP)
    assert not [person for person in watch.floor.agents.values() if person.state in stuck]

    for call in list(watch.floor.calls):
        watch.play(CallerHungUp(call))
    watch.let_time_pass()
    assert watch.over == watch.begun, "every call that began has one outcome"
    assert not watch.floor.calls
    assert not [person for person in watch.floor.agents.values() if person.state in BUSY]
