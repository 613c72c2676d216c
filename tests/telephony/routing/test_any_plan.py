# SPDX-License-Identifier: GPL-3.0-or-later
"""No plan without faults leaves a call without an outcome, whatever its callers press and its agents do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.kinds import AgentState
from models.rules.plan import (
    Blocked,
    Calendar,
    Callback,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    Plan,
    QueuePlan,
    Strategy,
)
from models.rules.plan_check import faults
from telephony.calls import (
    AgentLegGone,
    AgentSignedIn,
    CallArrived,
    CallbackOver,
    CallbackQueued,
    CallerHungUp,
    CallOver,
    CustomerAnswered,
    CustomerLegFailed,
    Event,
    HangUpAsked,
    KeyPressed,
    LeaseRenewed,
    MediaBothWays,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OutsideAnswered,
    OutsideFailed,
    PhoneReachable,
    PlanChanged,
    PromptOver,
    QueueCallback,
    StateChosen,
    TimePassed,
    WrapUpFinished,
)
from telephony.routing.floor import Call, Floor, IllegalTransition, Settings, Stage
from telephony.routing.router import due, step
from tests.telephony.routing.event_log import EventLog
from tests.telephony.routing.planned import MONDAY_NOON, OFFICE

QUEUES = ("q1", "q2")
MENUS = ("m1", "m2")
AGENTS = ("1001", "1002")
NUMBER = "4001234567"
KEYS = "0123456789*#"

destinations = st.one_of(
    st.builds(Destination, st.just(DestinationKind.QUEUE), st.sampled_from(QUEUES), st.sampled_from(("", "closed"))),
    st.builds(Destination, st.just(DestinationKind.MENU), st.sampled_from(MENUS)),
    st.builds(Destination, st.just(DestinationKind.VOICEMAIL), st.sampled_from(QUEUES)),
    st.builds(Destination, st.just(DestinationKind.CALLBACK), st.sampled_from(QUEUES)),
    st.just(Destination(DestinationKind.NUMBER, "+861088886666")),
    st.builds(Destination, st.just(DestinationKind.PERSON), st.sampled_from((*AGENTS, "7777"))),
    st.just(Destination(DestinationKind.ANNOUNCE, "closed")),
    st.builds(Destination, st.just(DestinationKind.HANG_UP), st.just(""), st.sampled_from(("", "closed"))),
)
maybe = st.one_of(st.none(), destinations)


def queue_plans(name: str) -> st.SearchStrategy[QueuePlan]:
    return st.builds(
        QueuePlan,
        st.just(name), st.just(name), st.just(name),
        strategy=st.sampled_from(Strategy),
        max_wait_s=st.sampled_from((0.0, 20.0)),
        max_waiting=st.sampled_from((0, 1)),
        overflow=destinations,
        unserved=maybe,
        closed=maybe,
        calendar=st.sampled_from(("", "office", "never")),
        emergency=st.sampled_from((False, False, False, True)),
        welcome=st.sampled_from(("", "welcome")),
        recording_notice=st.booleans(),
        position_every_s=st.sampled_from((0.0, 15.0)),
        callback=st.sampled_from(Callback),
        callback_retry_s=st.sampled_from((20.0, 300.0)),
    )  # fmt: skip


def menu_plans(name: str) -> st.SearchStrategy[Menu]:
    return st.builds(
        Menu,
        st.just(name), st.just("menu_example"),
        st.dictionaries(st.sampled_from("12345"), destinations, min_size=1, max_size=3),
        destinations,
        languages=st.sampled_from(({}, {"9": "en"})),
        tries=st.integers(1, 2),
    )  # fmt: skip


plans = st.builds(
    lambda q1, q2, m1, m2, to, emergency: Plan(
        {"q1": q1, "q2": q2}, {"n": DialledNumber(NUMBER, to)}, {"m1": m1, "m2": m2},
        {"office": OFFICE, "never": Calendar("never")}, (Blocked("+86139"), Blocked("withheld", "blocked")),
        emergency=emergency, first="q1",
    ),
    queue_plans("q1"), queue_plans("q2"), menu_plans("m1"), menu_plans("m2"), destinations,
    st.sampled_from(("", "", "", "", "closed_emergency")),
)  # fmt: skip

numbers = st.sampled_from(("+8613800138000", "+8613800138000", "+8613800138001", "+8613900139000", ""))
moves = st.tuples(st.integers(0, 13), st.integers(0, 5), st.sampled_from(KEYS), st.sampled_from((0.0, 1.0, 6.0, 25.0)))


class Watched:
    """Plays a plan and counts the outcomes. `over` must hold every call once in the end."""

    def __init__(self, plan: Plan) -> None:
        self.floor, self.now = Floor(Settings(wrap_up_s=5.0)), MONDAY_NOON
        self.begun: Counter[str] = Counter()
        self.over: Counter[str] = Counter()
        self.owed: Counter[str] = Counter()
        self.settled: Counter[str] = Counter()
        self.log = EventLog()
        self.play(PlanChanged(plan))
        for agent in AGENTS:
            self.play(PhoneReachable(agent))
            self.play(AgentSignedIn(agent, agent, agent, frozenset(), frozenset(QUEUES)))

    def play(self, event: Event) -> None:
        try:
            self.floor, orders = step(self.floor, event, self.now)
        except IllegalTransition:
            return
        self.log.take(event, orders, self.now)
        for order in orders:
            match order:
                case CallOver(call):
                    self.over[call] += 1
                    assert call not in self.floor.calls
                case QueueCallback(callback):
                    self.owed[callback.call] += 1
                    self.begun[callback.call] += 1
                case CallbackOver(call):
                    self.settled[call] += 1
                case _:
                    pass
        for call in self.floor.calls.values():
            assert (call.stage is Stage.TALKING) <= bool(call.agent)
            moving = call.stage in (Stage.TOLD, Stage.MENU, Stage.MESSAGE)
            assert not moving or call.way.until is not None, "nothing would ever end this"

    def move(self, kind: int, which: int, key: str) -> None:
        calls = sorted(self.floor.calls)
        call = self.floor.calls[calls[which % len(calls)]] if calls else None
        agent = AGENTS[which % 2]
        match kind:
            case 0:
                self.play(StateChosen(agent, AgentState.READY))
            case 1:
                self.play(WrapUpFinished(agent))
            case _ if call is not None:
                self.about(call, kind, key)
            case _:
                pass

    def about(self, call: Call, kind: int, key: str) -> None:
        ringing = call.offers[0].agent if call.offers else ""
        match kind:
            case 2 | 3:
                self.play(KeyPressed(call.id, key))
            case 4 | 5:
                self.play(PromptOver(call.id))
            case 6 if ringing:
                self.play(OfferRinging(call.id, ringing))
            case 7 | 8 if ringing:
                self.play(OfferAnswered(call.id, ringing))
                self.play(MediaBothWays(call.id, ringing))
            case 6 | 7 | 8 if call.stage is Stage.DIALLING:
                self.play(CustomerAnswered(call.id) if kind < 8 else CustomerLegFailed(call.id, "busy"))
            case 9 if ringing:
                self.play(OfferFailed(call.id, ringing, "rejected"))
            case 10:
                self.play(OutsideAnswered(call.id, call.way.outside_leg))
            case 11:
                self.play(OutsideFailed(call.id, call.way.outside_leg, "busy"))
            case 12:
                self.play(CallerHungUp(call.id))
            case 13 if call.agent:
                self.play(AgentLegGone(call.id, call.agent) if key < "5" else HangUpAsked(call.id, call.agent, "x"))
            case _:
                pass

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(400):
            when = due(self.floor)
            if when is None or when > until:
                self.now = until
                return
            self.now = max(self.now, when)
            self.play(TimePassed())
        raise AssertionError(f"time stands still at {self.now}: {due(self.floor)}")


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(plans, st.lists(numbers, min_size=1, max_size=4), st.lists(moves, max_size=40))
def test_no_plan_without_faults_leaves_a_call_without_an_outcome(
    plan: Plan, callers: list[str], script: list[tuple[int, int, str, float]]
) -> None:
    queues = {name: replace(each, overflow=each.overflow) for name, each in plan.queues.items()}
    plan = replace(plan, queues=queues)
    assume(not faults(plan))
    watched = Watched(plan)
    for n, number in enumerate(callers):
        watched.begun[f"c{n}"] += 1
        watched.play(CallArrived(f"c{n}", number, NUMBER, ""))
    for kind, which, key, seconds in script:
        for agent in AGENTS:
            watched.play(LeaseRenewed(agent))
        watched.wait(seconds)
        watched.move(kind, which, key)

    # Who is told something, pressed no key, leaves a message or rings outside is done in the end without any act.
    watched.wait(600)
    for call in watched.floor.calls.values():
        assert call.stage not in (Stage.TOLD, Stage.MENU, Stage.MESSAGE, Stage.FAREWELL), call
        assert call.stage is not Stage.OUTSIDE or call.way.outside_joined
    for id, call in list(watched.floor.calls.items()):
        if call.owed is None or call.owed.reached:
            watched.play(CallerHungUp(id))
    watched.wait(60)
    left = set(watched.floor.calls)
    assert all(watched.floor.calls[id].owed for id in left), "only call-backs wait on"
    assert +watched.over == Counter({id: 1 for id in watched.begun if id not in left})
    assert all(n == 1 for id, n in watched.owed.items())
    assert all(watched.settled[id] == (id not in left) for id in watched.owed if watched.floor.calls.get(id) is None)
    assert watched.log.violations(live=bool(left)) == ()


@settings(max_examples=30)
@given(st.lists(numbers.filter(bool), min_size=2, max_size=5))
def test_no_two_call_backs_wait_for_one_number_in_one_queue(wishes: list[str]) -> None:
    watched = Watched(Plan({"q1": QueuePlan("q1", "q", "q")}, first="q1"))
    for n, number in enumerate(wishes):
        watched.play(CallbackQueued(f"w{n}", number, "q1", watched.now))
    waiting = [call.number for call in watched.floor.calls.values() if call.owed]
    assert len(waiting) == len(set(waiting)) == len(set(wishes))
