# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom each strategy rings, in which order callers are served, how demands relax, and why it says so."""

from __future__ import annotations

from typing import Any

import pytest

from models.kinds import AgentState
from models.rules.plan import Plan, QueuePlan, Relaxation, Strategy
from telephony.calls import (
    AgentSignedIn,
    CallArrived,
    CallerHungUp,
    ConsultAsked,
    CustomerFound,
    Note,
    PhoneReachable,
    PlanChanged,
    RingAgent,
    StateChosen,
    WithdrawOffer,
    WrapUpFinished,
)
from telephony.routing import why
from telephony.routing.router import due
from tests.telephony.routing.script import Story

QUEUE = "400"


def planned(strategy: Strategy = Strategy.LONGEST_IDLE, **more: Any) -> Story:
    story = Story()
    queue = QueuePlan(QUEUE, "热线", "Hotline", strategy=strategy, **more)
    story.happens(PlanChanged(Plan({QUEUE: queue})))
    return story


def sign_in(story: Story, agent: str, calls: int = 0, talk_s: float = 0.0, **levels: int) -> None:
    story.happens(PhoneReachable(agent))
    story.happens(
        AgentSignedIn(
            agent, agent, agent, frozenset(levels), frozenset({QUEUE}), levels=levels, calls_today=calls,
            talk_today_s=talk_s,
        )
    )  # fmt: skip
    story.happens(StateChosen(agent, AgentState.READY))
    story.now += 0.01


def rung(story: Story, call: str, **more: Any) -> list[str]:
    orders = story.happens(CallArrived(call, "+8613800138000", QUEUE, QUEUE, **more))
    return [order.agent for order in orders if isinstance(order, RingAgent)]


def test_fewest_calls_and_least_talk_time_go_by_today():
    for strategy in (Strategy.FEWEST_CALLS, Strategy.LEAST_TALK_TIME):
        story = planned(strategy)
        sign_in(story, "1001", calls=5, talk_s=50)
        sign_in(story, "1002", calls=2, talk_s=20)
        sign_in(story, "1003", calls=9, talk_s=90)
        assert rung(story, "c1") == ["1002"]
        assert rung(story, "c2") == ["1001"]


def test_a_finished_call_counts_for_today():
    story = planned(Strategy.FEWEST_CALLS)
    sign_in(story, "1001")
    story.talk("1001")
    story.now += 30
    story.happens(CallerHungUp("c1"))
    assert (story.agent().calls_today, story.agent().talk_today_s) == (1, 30)


def test_round_robin_goes_on_after_who_was_rung_last():
    story = planned(Strategy.ROUND_ROBIN, members=("1003", "1001", "1002"))
    for agent in ("1001", "1002", "1003"):
        sign_in(story, agent)
    turns = []
    for n in range(4):
        [agent] = rung(story, f"c{n}")
        turns.append(agent)
        story.happens(CallerHungUp(f"c{n}"))
    assert turns == ["1003", "1001", "1002", "1003"]


def test_linear_starts_at_the_top_and_rings_nobody_who_is_not_on_the_list():
    story = planned(Strategy.LINEAR, members=("1002", "1001"))
    for agent in ("1001", "1002", "1003"):
        sign_in(story, agent)
    assert [rung(story, f"c{n}") for n in range(3)] == [["1002"], ["1001"], []]


def test_random_decides_alike_when_it_is_played_again_and_reaches_everybody():
    def play() -> list[str]:
        story = planned(Strategy.RANDOM)
        for agent in ("1001", "1002", "1003"):
            sign_in(story, agent)
        chosen = []
        for n in range(30):
            chosen += rung(story, f"c{n}")
            story.happens(CallerHungUp(f"c{n}"))
        return chosen

    once = play()
    assert once == play() and set(once) == {"1001", "1002", "1003"}


def test_the_best_fit_comes_first_and_the_longest_idle_among_equals():
    story = planned(Strategy.SKILLS, skills={"printer": 1, "network": 1})
    sign_in(story, "1001", printer=2, network=3)
    sign_in(story, "1002", printer=5, network=4)
    sign_in(story, "1003", printer=4, network=5)
    sign_in(story, "1004", printer=5)
    assert [rung(story, f"c{n}") for n in range(4)] == [["1002"], ["1003"], ["1001"], []]


def test_demands_relax_at_their_instants_and_due_wakes_for_them():
    relax = (Relaxation(20, by=2), Relaxation(40, by=2), Relaxation(60, drop=True))
    story = planned(skills={"printer": 5}, relax=relax)
    sign_in(story, "1001", printer=2)
    sign_in(story, "1002")
    began = story.now
    assert rung(story, "c1") == []
    assert story.notes("waiting_answered")[-1].data == {"announcement": "waiting"}
    story.wait(100)
    rings = [(round(at - began, 3), o.agent) for at, o in story.log if isinstance(o, RingAgent)]
    assert rings[0] == (40, "1001"), "level 1 is asked for after two steps"
    assert min(at for at, agent in rings if agent == "1002") >= 60
    assert next(note.data["level"] for note in story.notes("chosen")) == 2


def test_due_names_the_instant_of_the_next_step():
    story = planned(skills={"printer": 5}, relax=(Relaxation(3.0),))
    sign_in(story, "1001", printer=4)
    rung(story, "c1")
    assert due(story.floor) == story.now + 3.0


def test_level_and_priority_are_worth_seconds_of_waiting_and_returned_callers_stay_in_front():
    story = planned()
    rung(story, "c1")
    story.now += 100
    rung(story, "c2")
    story.happens(CustomerFound("c2", "k", level="gold"))  # 180 points against 100 s
    sign_in(story, "1001")
    assert story.the_call("c2").offers and not story.the_call("c1").offers


def test_the_agent_who_knows_the_customer_is_rung_first():
    story = planned()
    sign_in(story, "1001")
    sign_in(story, "1002")
    assert rung(story, "c1") == ["1001"]
    orders = story.happens(CustomerFound("c1", "k", last_agent="1002"))
    assert [o.agent for o in orders if isinstance(o, RingAgent)] == ["1002"], "no phone had said 180 yet"
    assert [(o.agent, o.why) for o in orders if isinstance(o, WithdrawOffer)] == [("1001", "not_needed")]
    assert story.state("1001")[0] is AgentState.READY
    assert story.notes("chosen")[-1].data["strategy"] == "last_agent"


def test_a_phone_that_rings_already_is_not_taken_away_and_long_ago_does_not_count():
    for at, rings in ((0.0, True), (1.0, False)):
        story = planned(last_agent_s=60.0)
        sign_in(story, "1001")
        sign_in(story, "1002")
        rung(story, "c1")
        if rings:
            story.rings("1001")
        story.now += 0.1
        orders = story.happens(CustomerFound("c1", "k", last_agent="1002", last_agent_at=at))
        assert not [o for o in orders if isinstance(o, RingAgent)]


def test_the_engineer_who_had_this_customer_is_preferred():
    story = planned()
    sign_in(story, "1001")
    story.talk("1001")
    sign_in(story, "2001", printer=3)
    sign_in(story, "2002", printer=3)
    story.happens(CustomerFound("c1", "k", last_engineer="2002"))
    orders = story.happens(ConsultAsked("c1", "1001", skills=frozenset({"printer"})))
    assert [o.agent for o in orders if isinstance(o, RingAgent)] == ["2002"]
    assert story.notes("chosen")[-1].data["strategy"] == "last_engineer"


def test_several_freed_at_once_leave_nobody_waiting_whom_one_of_them_could_serve():
    story = Story()
    for agent, skills in (("1001", ("printer",)), ("1002", ())):
        story.sign_in(agent, skills=skills, ready=False)
    story.call("c1")
    story.call("c2", skills=("printer",))
    story.happens(PlanChanged(Plan(queues={QUEUE: QueuePlan(QUEUE, "热", "H", skills={"nobody": 1})})))
    story.happens(StateChosen("1001", AgentState.READY))
    story.happens(StateChosen("1002", AgentState.READY))
    assert not story.the_call("c1").offers
    story.happens(PlanChanged(Plan()))
    assert [story.the_call(call).offers[0].agent for call in ("c1", "c2")] == ["1002", "1001"]


def test_a_changed_plan_counts_at_once():
    story = planned(Strategy.LINEAR, members=("1002",))
    sign_in(story, "1001")
    assert rung(story, "c1") == []
    story.happens(PlanChanged(Plan({QUEUE: QueuePlan(QUEUE, "热", "H", members=("1001",))})))
    assert story.the_call("c1").offers[0].agent == "1001"


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_offer_is_preceded_by_its_reason_and_that_can_be_explained(strategy: Strategy):
    story = planned(strategy, skills={"printer": 2})
    for agent, level in (("1001", 2), ("1002", 5), ("1003", 1)):
        sign_in(story, agent, printer=level)
    rung(story, "c1", skills=frozenset({"printer"}))
    [note] = story.notes("chosen")
    assert note.data["strategy"] == strategy.value and note.data["eligible"]["count"] == 2
    assert note.data["eligible"]["best"][0][0] == note.data["chosen"][0]
    assert note.data["out"]["skills"] == 1
    kinds = [order.kind for _, order in story.log if isinstance(order, Note)]
    assert kinds.index("chosen") < kinds.index("offered")

    class Row:
        at, kind, who, data = 1.0, "chosen", "", note.data

    lines = why.explain([Row()])
    assert lines[0].words == f"why.by_{strategy.value}"
    assert {line.kind for line in lines} == {"choice", "eligible", "out"}


def test_who_wraps_up_and_comes_back_is_served_the_one_who_waits():
    story = planned()
    sign_in(story, "1001")
    story.talk("1001")
    rung(story, "c2")
    story.happens(CallerHungUp("c1"))
    orders = story.happens(WrapUpFinished("1001"))
    assert [(o.agent, o.call) for o in orders if isinstance(o, RingAgent)] == [("1001", "c2")]
