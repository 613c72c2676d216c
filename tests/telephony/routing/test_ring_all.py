# SPDX-License-Identifier: GPL-3.0-or-later
"""A call that rings at everybody: one gets it, the others lost a race and missed nothing."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.kinds import AgentState
from models.rules.plan import Plan, QueuePlan, Strategy
from telephony.calls import (
    AgentSignedOut,
    CallerHungUp,
    CallOver,
    DropLeg,
    JoinCaller,
    MediaBothWays,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    PlanChanged,
    RingAgent,
    WithdrawOffer,
    WrapUpFinished,
)
from tests.telephony.routing.script import Story

READY = AgentState.READY


def rings_everybody(*agents: str) -> Story:
    story = Story(lease_s=3600.0)
    story.happens(PlanChanged(Plan({"400": QueuePlan("400", "热线", "Hotline", strategy=Strategy.RING_ALL)})))
    story.sign_in(*agents)
    return story


def test_everybody_rings_and_who_answers_gets_it():
    story = rings_everybody("1001", "1002", "1003")
    orders = story.call()
    assert sorted(o.agent for o in orders if isinstance(o, RingAgent)) == ["1001", "1002", "1003"]
    for agent in ("1001", "1002", "1003"):
        story.rings(agent)
    orders = story.answers("1002")
    assert {(o.agent, o.why) for o in orders if isinstance(o, WithdrawOffer)} == {
        ("1001", "lost_race"),
        ("1003", "lost_race"),
    }
    assert [o.agent for o in orders if isinstance(o, JoinCaller)] == ["1002"]
    assert story.state("1001")[0] is story.state("1003")[0] is READY and not story.notes("missed")


def test_an_accept_stops_the_others_and_a_phone_that_then_stays_silent_rings_everybody_again():
    story = rings_everybody("1001", "1002", "1003")
    story.call()
    for agent in ("1001", "1002", "1003"):
        story.rings(agent)
    story.happens(OfferAccepted("c1", "1003"))
    assert [offer.agent for offer in story.the_call().offers] == ["1003"]
    story.wait(15.1)
    assert {offer.agent for offer in story.the_call().offers} == {"1001", "1002"}


def test_a_miss_counts_for_all_and_changes_a_state_only_at_the_second_in_a_row():
    story = rings_everybody("1001", "1002")
    story.call()
    story.rings("1001")
    story.rings("1002")
    story.wait(15.0)
    assert sorted(note.who for note in story.notes("missed")) == ["1001", "1002"]
    assert {offer.agent for offer in story.the_call().offers} == {"1001", "1002"}, "still ready, rung again"
    story.rings("1001")
    story.rings("1002")
    story.wait(15.0)
    assert len(story.notes("missed")) == 4
    states = Counter(story.state(agent)[0] for agent in ("1001", "1002"))
    assert states[AgentState.NOT_RESPONDING] == 1, "and the last reachable one is spared"


def test_an_answered_call_forgives_a_miss():
    story = rings_everybody("1001", "1002")
    story.call()
    story.rings("1001")
    story.rings("1002")
    story.wait(15.0)
    assert story.agent("1001").misses == 1
    story.answers("1001")
    assert story.agent("1001").misses == 0


def test_one_who_refuses_leaves_the_others_ringing():
    story = rings_everybody("1001", "1002")
    story.call()
    story.happens(OfferFailed("c1", "1001", "rejected"))
    assert [offer.agent for offer in story.the_call().offers] == ["1002"]
    story.happens(AgentSignedOut("1002"))
    assert not story.the_call().offers and story.state("1002")[0] is AgentState.SIGNED_OUT


def test_a_caller_who_hangs_up_frees_everybody():
    story = rings_everybody("1001", "1002")
    story.call()
    story.rings("1001")
    orders = story.happens(CallerHungUp("c1"))
    assert {o.why for o in orders if isinstance(o, WithdrawOffer)} == {"caller_gone"}
    assert story.state("1001")[0] is story.state("1002")[0] is READY
    assert len([o for o in orders if isinstance(o, CallOver)]) == 1


@pytest.mark.parametrize("accepting", [False, True])
def test_two_who_answer_within_a_millisecond(long: bool, accepting: bool):
    """One is joined, the other's phone is put down and he is free; so often, in every order."""
    chance = random.Random(f"{accepting}")
    story = rings_everybody("1001", "1002", "1003")
    for n in range(10_000 if long else 300):
        call = f"c{n}"
        story.call(call)
        legs = {offer.agent: offer.leg for offer in story.the_call(call).offers}
        for agent in legs:
            if chance.random() < 0.7:
                story.rings(agent, call)
        first, second = chance.sample(sorted(legs), 2)
        presses = [first, second] if chance.random() < 0.5 else [second, first]
        story.log.clear()
        if accepting:
            for agent in presses:
                story.happens(OfferAccepted(call, agent))
                story.now += chance.random() / 1000
        for agent in (first, second):
            story.happens(OfferAnswered(call, agent, legs[agent]))
            story.now += chance.random() / 1000
        [joined] = [order.agent for order in story.ordered(JoinCaller)]
        loser = second if joined == first else first
        assert joined == (presses[0] if accepting else first)
        assert [(drop.agent, drop.leg) for drop in story.ordered(DropLeg)] == [(loser, legs[loser])]
        assert story.state(loser)[0] is READY and not story.agent(loser).call
        assert not story.notes("missed") and {note.who for note in story.notes("lost_race")} == set(legs) - {joined}
        story.happens(MediaBothWays(call, joined))
        story.happens(CallerHungUp(call))
        story.happens(WrapUpFinished(joined))
        assert len(story.ordered(CallOver)) == 1 and not story.floor.calls
