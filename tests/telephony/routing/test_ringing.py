# SPDX-License-Identifier: GPL-3.0-or-later
"""The three-ring rule, read as stories."""

from __future__ import annotations

import pytest

from models.kinds import AgentState, HangUpBy, Outcome, StateReason
from telephony.calls import (
    AgentSignedIn,
    AlarmSupervisor,
    AnswerAndWait,
    CallerHungUp,
    CallOver,
    CustomerFound,
    DropLeg,
    JoinCaller,
    KeyPressed,
    MediaBothWays,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    PlayRingback,
    PromiseCallback,
    RingAgent,
    StateChosen,
    WithdrawOffer,
)
from tests.telephony.routing.script import Story

READY, RINGING, RESERVED = AgentState.READY, AgentState.RINGING, AgentState.RESERVED


def test_a_free_agent_is_rung_while_the_caller_hears_ringing():
    story = Story()
    story.sign_in("1001")
    story.call()
    assert story.ordered(PlayRingback) == [PlayRingback("c1", answered=False)]
    assert [(ring.agent, ring.role) for ring in story.ordered(RingAgent)] == [("1001", "offer")]
    assert not story.ordered(AnswerAndWait)
    assert story.state() == (RESERVED, None)
    story.rings("1001")
    assert story.state() == (RINGING, None)


def test_the_agent_who_answers_is_joined_responsible_and_then_connected():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.rings("1001")
    story.now += 4
    story.answers("1001")
    (join,) = story.ordered(JoinCaller)
    assert join.leg == story.ordered(RingAgent)[0].leg
    assert [note.who for note in story.notes("responsible")] == ["1001"]
    assert not story.notes("connected")
    story.happens(MediaBothWays("c1", "1001"))
    assert [note.who for note in story.notes("connected")] == ["1001"]
    assert story.state() == (AgentState.ON_CALL, None)


def test_after_three_rings_the_next_agent_is_rung_and_the_first_does_not_respond():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    started = story.now
    story.wait(14.9)
    assert not story.ordered(WithdrawOffer)
    story.wait(0.2)
    (withdrawn,) = story.ordered(WithdrawOffer)
    assert (withdrawn.agent, withdrawn.why) == ("1001", "missed")
    assert story.when("missed") == [pytest.approx(started + 15, abs=0.01)]
    assert story.state("1001") == (AgentState.NOT_RESPONDING, StateReason.MISSED)
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "1002"]
    assert not story.ordered(AnswerAndWait), "the caller goes on hearing ringing"


def test_the_cadence_is_a_setting():
    story = Story(cadence_s=3.0)
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(9.1)
    assert story.state("1001")[0] is AgentState.NOT_RESPONDING


def test_nobody_is_rung_unattended_after_a_miss_until_he_acts():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(15.1)
    story.rings("1002")
    story.answers("1002")
    story.call("c2")
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "1002"]
    story.happens(StateChosen("1001", READY))
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "1002", "1001"]


def test_the_offer_clock_starts_with_the_180_and_only_with_the_first():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.wait(3)
    story.rings("1001")
    story.wait(10)
    story.rings("1001")
    story.wait(5.1)
    assert story.state("1001") == (AgentState.NOT_RESPONDING, StateReason.MISSED)


def test_the_promise_clock_starts_with_the_first_ringback_and_is_never_reset():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(16)
    story.rings("1002")
    assert story.when("ringback") == [pytest.approx(story.the_call().arrived)]


def test_after_music_the_ring_tone_and_the_promise_start_with_the_offer():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call()
    assert [wait.announcement for wait in story.ordered(AnswerAndWait)] == ["waiting"]
    assert not story.notes("ringback")
    story.wait(20)
    story.happens(StateChosen("1001", READY))
    assert story.ordered(PlayRingback) == [PlayRingback("c1", answered=True)]
    assert story.when("ringback") == [story.now]


def test_a_phone_that_never_says_180_is_unreachable_after_five_seconds():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.wait(5.1)
    assert [withdrawn.why for withdrawn in story.ordered(WithdrawOffer)] == ["unreachable"]
    assert story.state("1001") == (AgentState.NOT_READY, StateReason.DEVICE_LOST)
    assert story.ordered(RingAgent)[-1].agent == "1002"
    assert not story.notes("missed")


def test_an_accept_in_time_wins_and_the_200_has_two_seconds():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(14.9)
    story.happens(OfferAccepted("c1", "1001"))
    story.wait(1.5)
    story.answers("1001")
    assert [join.agent for join in story.ordered(JoinCaller)] == ["1001"]


def test_an_accept_whose_200_never_comes_is_a_broken_phone_not_a_miss():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(14.9)
    story.happens(OfferAccepted("c1", "1001"))
    story.wait(2.1)
    assert story.state("1001") == (AgentState.NOT_READY, StateReason.DEVICE_LOST)
    assert not story.notes("missed")
    assert story.ordered(RingAgent)[-1].agent == "1002"


def test_an_accept_after_expiry_loses_even_if_no_clock_ticked_in_between():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.wait(10)
    story.now += 5.01
    story.happens(OfferAccepted("c1", "1001"))
    assert story.state("1001")[0] is AgentState.NOT_RESPONDING
    assert not story.notes("accepted")


def test_a_200_after_withdrawal_is_a_race_and_the_late_leg_is_dropped():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    late = story.ordered(RingAgent)[0].leg
    story.wait(15.1)
    story.answers("1001")
    assert story.orders == (DropLeg("c1", "1001", late),)
    story.rings("1002")
    story.answers("1002")
    assert [join.agent for join in story.ordered(JoinCaller)] == ["1002"]


def test_a_200_after_the_end_of_the_call_is_dropped_by_its_leg():
    story = Story()
    story.sign_in("1001")
    story.call()
    leg = story.ordered(RingAgent)[0].leg
    story.happens(CallerHungUp("c1"))
    assert story.happens(OfferAnswered("c1", "1001", leg)) == (DropLeg("c1", "1001", leg),)


@pytest.mark.parametrize("why", ["rejected", "busy"])
def test_who_rejects_is_not_ready_and_the_next_one_rings(why: str):
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.happens(OfferFailed("c1", "1001", why))
    assert story.state("1001") == (AgentState.NOT_READY, StateReason.REJECTED)
    assert story.ordered(RingAgent)[-1].agent == "1002"
    assert [note.data["why"] for note in story.notes("declined")] == [why]


def test_the_last_reachable_agent_is_counted_missed_but_stays_ready_and_is_asked_again_after_ten_seconds():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.rings("1001")
    story.wait(15.1)
    assert len(story.notes("missed")) == 1
    assert story.state() == (READY, None)
    assert AlarmSupervisor("last_agent_missed", "c1", "1001") in story.ordered(AlarmSupervisor)
    assert [wait.announcement for wait in story.ordered(AnswerAndWait)] == ["waiting"]
    story.wait(9.5)
    assert len(story.ordered(RingAgent)) == 1
    story.wait(0.6)
    assert len(story.ordered(RingAgent)) == 2
    assert story.state() == (RESERVED, None)


def test_when_everybody_free_was_offered_the_round_starts_over():
    story = Story()
    story.sign_in("1001", "1002", "1003")
    story.call()
    for agent in ("1001", "1002"):
        story.rings(agent)
        story.wait(15.1)
        story.happens(StateChosen(agent, READY))
    story.rings("1003")
    story.wait(15.1)
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "1002", "1003", "1001"]
    assert AlarmSupervisor("all_missed", "c1") in story.ordered(AlarmSupervisor)


def test_a_call_that_rang_and_then_has_nobody_free_gets_the_announcement_and_keeps_its_place():
    story = Story()
    story.sign_in("1001", "1002")
    story.talk("1001")
    story.call("c2")
    story.now += 1
    story.call("c3")
    story.rings("1002", "c2")
    story.happens(OfferFailed("c2", "1002", "rejected"))
    assert AnswerAndWait("c2", "waiting") in story.orders
    story.happens(StateChosen("1002", READY))
    assert story.ordered(RingAgent)[-1].call == "c2"


@pytest.mark.parametrize("signed_in", [False, True])
def test_nobody_reachable_is_said_at_once_alarmed_and_promised(signed_in: bool):
    story = Story()
    if signed_in:  # one on a break who signs out later, one who did not respond
        story.sign_in("1001", "1002")
        story.call("c0")
        story.rings("1001", "c0")
        story.wait(15.1)
        story.happens(CallerHungUp("c0"))
        story.happens(StateChosen("1002", AgentState.SIGNED_OUT))
        assert story.state("1001")[0] is AgentState.NOT_RESPONDING
    story.call()
    assert AnswerAndWait("c1", "nobody") in story.orders
    assert AlarmSupervisor("nobody_reachable", "c1") in story.orders
    assert PromiseCallback("c1", "+8613800138000", "unserved") in story.orders
    story.sign_in("1003")
    assert story.ordered(RingAgent)[-1].agent == "1003"


def test_a_break_is_not_nobody():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call()
    assert [wait.announcement for wait in story.ordered(AnswerAndWait)] == ["waiting"]
    assert not story.ordered(PromiseCallback)


def test_a_waiting_caller_hears_when_the_last_one_goes():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call()
    story.happens(StateChosen("1001", AgentState.SIGNED_OUT))
    assert [wait.announcement for wait in story.ordered(AnswerAndWait)] == ["waiting", "nobody"]


def test_key_one_promises_a_call_back_confirms_it_and_ends_the_call():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call()
    story.happens(KeyPressed("c1", "5"))
    assert not story.orders
    story.happens(KeyPressed("c1", "1"))
    assert PromiseCallback("c1", "+8613800138000", "asked") in story.orders
    assert AnswerAndWait("c1", "promised") in story.orders
    story.wait(10)
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.CALLBACK, HangUpBy.SYSTEM)]


def test_a_caller_without_a_number_is_not_promised_what_cannot_be_kept():
    story = Story()
    story.call(number="")
    story.happens(KeyPressed("c1", "1"))
    assert not story.ordered(PromiseCallback)
    assert "c1" in story.floor.calls


def test_calls_are_served_by_arrival_and_agents_by_idle_time():
    story = Story()
    story.sign_in("1001", "1002", "1003")
    story.talk("1001", "c1")
    story.happens(CallerHungUp("c1"))
    story.wait(61)  # back to ready after wrap-up: the shortest idle one
    for call in ("c2", "c3", "c4", "c5", "c6"):
        story.call(call)
        story.now += 0.1
    assert [(ring.call, ring.agent) for ring in story.ordered(RingAgent)[1:]] == [
        ("c2", "1002"),
        ("c3", "1003"),
        ("c4", "1001"),
    ]
    story.rings("1003", "c3")
    story.happens(CallerHungUp("c3"))
    assert story.ordered(RingAgent)[-1].call == "c5"


def test_skills_decide_who_may_be_rung():
    story = Story()
    story.sign_in("1001")
    story.sign_in("1002", skills=("printer",))
    story.call(skills=("printer",))
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1002"]


def test_two_calls_at_once_for_one_agent_the_second_queues():
    story = Story()
    story.sign_in("1001")
    story.call("c1")
    story.call("c2")
    assert [ring.call for ring in story.ordered(RingAgent)] == ["c1"]
    assert AnswerAndWait("c2", "waiting") in story.orders


def test_a_caller_who_waits_too_long_is_told_to_the_supervisor_once():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call()
    story.wait(400)
    assert [alarm.what for alarm in story.ordered(AlarmSupervisor)] == ["long_wait"]


@pytest.mark.parametrize("at", ["arrived", "ringing", "waiting"])
def test_a_caller_who_hangs_up_has_exactly_one_outcome_and_frees_everybody(at: str):
    story = Story()
    story.sign_in("1001", ready=at != "waiting")
    story.call()
    if at == "ringing":
        story.rings("1001")
    story.happens(CallerHungUp("c1"))
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ABANDONED, HangUpBy.CUSTOMER)]
    assert PromiseCallback("c1", "+8613800138000", "abandoned") in story.ordered(PromiseCallback)
    if at != "waiting":
        assert story.state() == (READY, None)
        assert story.ordered(WithdrawOffer)[-1].why == "caller_gone"


def test_the_caller_is_gone_while_the_agent_clicks_answer_and_the_agent_is_ready_again():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.rings("1001")
    story.happens(OfferAccepted("c1", "1001"))
    story.happens(CallerHungUp("c1"))
    story.happens(OfferAccepted("c1", "1001"))
    assert story.state() == (READY, None)
    story.call("c2")
    assert story.ordered(RingAgent)[-1].agent == "1001"


def test_a_customer_found_later_stands_with_the_call():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.happens(CustomerFound("c1", "k7", "gold", "1002"))
    assert (story.the_call().customer, story.the_call().level, story.the_call().last_agent) == ("k7", "gold", "1002")
    story.happens(CustomerFound("gone", "k8"))


def test_a_second_arrival_of_the_same_call_is_refused():
    from telephony.routing.floor import IllegalTransition

    story = Story()
    story.call()
    with pytest.raises(IllegalTransition, match=r"CallArrived.*waiting"):
        story.call()


def test_offers_go_to_signed_in_people_only():
    story = Story()
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    story.happens(StateChosen("1001", READY))
    assert story.state() == (AgentState.NOT_READY, StateReason.DEVICE_LOST), "no phone, no ringing"
    story.call()
    assert not story.ordered(RingAgent)
