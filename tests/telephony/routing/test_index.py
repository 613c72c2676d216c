# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept from step to step says the same as asking everybody anew: who fits, who is first, who waits, when."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.kinds import AgentState
from models.rules.plan import Plan, QueuePlan, Relaxation, Strategy
from telephony.calls import (
    AgentSignedIn,
    AgentSignedOut,
    CallArrived,
    CallerHungUp,
    CustomerFound,
    Event,
    LeaseRenewed,
    MediaBothWays,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneReachable,
    PhoneUnreachable,
    PlanChanged,
    StateChosen,
    TimePassed,
    WrapUpFinished,
)
from telephony.routing import line, matching, queues, standing
from telephony.routing.floor import Floor, IllegalTransition, Settings, Turn
from telephony.routing.router import due, step
from telephony.routing.standing import Need, Standee

AGENTS, CALLS, SKILLS = ("1001", "1002", "1003", "1004"), ("c1", "c2", "c3", "c4", "c5"), ("a", "b")

PLANS = (
    Plan(),
    *(
        Plan(
            {
                "400": QueuePlan(
                    "400", "热", "H", strategy=strategy, skills={"a": 4}, priority=5,
                    relax=(Relaxation(10, 2), Relaxation(20, 5, drop=True)),
                ),
                "vip": QueuePlan("vip", "贵", "V", strategy=strategy, members=("1003", "1001")),
            }
        )
        for strategy in Strategy
    ),
)  # fmt: skip


def events(chance: random.Random, floor: Floor, n: int) -> Event:
    """Something that may happen, mostly to who it can concern."""
    agent, call = chance.choice(AGENTS), chance.choice(CALLS)
    ringing = [(each.id, offer) for each in floor.calls.values() for offer in each.offers]
    talking = [each for each in floor.calls.values() if each.agent]
    skills = frozenset(chance.sample(SKILLS, chance.randint(0, 2)))
    levels = {skill: chance.randint(1, 5) for skill in skills}
    some: list[Event] = [
        AgentSignedIn(agent, agent, agent, skills, frozenset({"400"}), levels=levels),
        AgentSignedOut(agent), PhoneReachable(agent), PhoneReachable(agent), PhoneUnreachable(agent),
        StateChosen(agent, AgentState.READY), StateChosen(agent, AgentState.READY),
        StateChosen(agent, AgentState.NOT_READY), LeaseRenewed(agent), WrapUpFinished(agent), TimePassed(),
        CallArrived(f"c{n}", "+8613800138000", "400", chance.choice(("400", "vip", "other")), frozenset()),
        CallArrived(f"c{n}", "", "400", "400", skills), CallerHungUp(call),
        CustomerFound(call, "k", chance.choice(("gold", "normal")), agent), PlanChanged(chance.choice(PLANS)),
    ]  # fmt: skip
    for id, offer in ringing:
        some += [OfferRinging(id, offer.agent), OfferAnswered(id, offer.agent), OfferFailed(id, offer.agent, "busy")]
    some += [MediaBothWays(each.id, each.agent) for each in talking] + [CallerHungUp(each.id) for each in talking]
    return chance.choice(some)


@settings(max_examples=60)
@given(st.integers(0, 1_000_000))
def test_what_is_kept_is_what_everybody_would_say(seed: int):
    chance = random.Random(seed)
    floor, now = Floor(Settings(wrap_up_s=10)), 1000.0
    for n in range(80):
        now += chance.choice((0.0, 0.001, 1.0, 5.0, 9.0))
        try:
            floor, _ = step(floor, events(chance, floor, n), now)
        except IllegalTransition:
            continue
        assert due(floor) == due(replace(floor, index=None)), "the heap and all deadlines agree"
        kept, anew = Turn(floor, now), Turn(replace(floor, index=None), now)
        assert kept.line == anew.line or [s[:4] for s in kept.line.spots] == [s[:4] for s in anew.line.spots]
        for call in floor.calls.values():
            one, other = kept.standing, anew.standing
            mine = one.fitting(queues.need_of(kept, call))
            theirs = other.fitting(queues.need_of(anew, call))
            assert set(one.people(mine)) == set(other.people(theirs))
            assert list(one.people(mine & one.free)) == list(other.people(theirs & other.free)), "the idle order too"
            if call.waits and call.owed is None:
                assert not mine & one.free, "nobody waits whom a free agent fits"
        joined = {call.id: call.agent for call in floor.calls.values() if call.agent}
        assert len(set(joined.values())) == len(joined)


@given(st.data())
def test_the_bitmaps_answer_as_one_loop_over_all_agents(data: st.DataObject):
    chance = random.Random(data.draw(st.integers(0, 10**6)))
    people: dict[str, Standee] = {}
    book, now = standing.build({}), 0.0
    need = Need("q", (("a", 3),), ("a",))
    for _ in range(60):
        now += chance.choice((0.0, 1.0))
        agent = f"{chance.randrange(30)}"
        free, was = chance.random() < 0.5, people.get(agent)
        idle = now if free and (was is None or not was.free) else was.idle_since if was is not None else 0.0
        skills = frozenset(chance.sample(SKILLS, chance.randint(0, 2)))
        levels = {skill: chance.randint(1, 5) for skill in skills}
        people[agent] = Standee(
            frozenset(chance.sample(("q", "r"), chance.randint(0, 2))), skills, levels,
            AgentState.READY if free else AgentState.ON_CALL, free, True, idle,
        )  # fmt: skip
        book = standing.updated(book, {agent: people[agent]})
        able = [
            (each.idle_since, id)
            for id, each in people.items()
            if each.free and "q" in each.queues and "a" in each.skills and each.levels["a"] >= 3
        ]
        assert book.longest_idle(need) == min(able, default=(0, None))[1]


@given(st.lists(st.integers(0, 63), max_size=6))
def test_the_pass_serves_as_many_as_is_possible_and_nobody_earlier_loses(fits: list[int]):
    given_ = matching.match(fits, lambda _, bits: bits & -bits)
    assert len(set(given_.values())) == len(given_) and all(fits[call] & bit for call, bit in given_.items())

    def possible(calls: list[int]) -> bool:
        return any(
            all(fits[call] >> agent & 1 for call, agent in zip(calls, order, strict=True))
            for order in permutations(range(6), len(calls))
        )

    best: list[int] = []
    for call in range(len(fits)):  # whoever can be added to those before him is
        if possible([*best, call]):
            best.append(call)
    assert sorted(given_) == best


def test_the_line_keeps_its_order_through_changes():
    need = Need("q")
    a, b, c = ((True, at, at, id, need) for at, id in ((3.0, "a"), (1.0, "b"), (2.0, "c")))
    one = line.updated(line.Line(), {"a": a, "b": b, "c": c})
    assert [spot[3] for spot in one.spots] == ["b", "c", "a"]
    front = (False, 3.0, 3.0, "a", need)
    two = line.updated(one, {"a": front, "b": None})
    assert [spot[3] for spot in two.spots] == ["a", "c"] and line.updated(two, {"a": front}) is two
