# SPDX-License-Identifier: GPL-3.0-or-later
"""Agent states: choices, next state, leases, the sixty seconds, wrap-up."""

from __future__ import annotations

import pytest

from models.kinds import AgentState, StateReason
from telephony.calls import (
    AgentSignedIn,
    AgentSignedOut,
    AgentStateChanged,
    CallerHungUp,
    LeaseRenewed,
    OfferFailed,
    PhoneReachable,
    PhoneUnreachable,
    RingAgent,
    StateChosen,
    WithdrawOffer,
    WrapUpExtended,
    WrapUpFinished,
)
from telephony.routing.floor import IllegalTransition
from tests.telephony.routing.script import Story

READY, NOT_READY, ON_CALL, WRAP_UP = AgentState.READY, AgentState.NOT_READY, AgentState.ON_CALL, AgentState.WRAP_UP


def test_who_signs_in_is_seated_and_not_rung_before_he_says_so():
    story = Story()
    story.sign_in("1001", ready=False)
    assert story.state() == (NOT_READY, StateReason.SEATED)
    story.call()
    assert not story.ordered(RingAgent)


def test_a_phone_that_registered_before_its_person_signed_in_counts():
    story = Story()
    story.happens(PhoneReachable("1001"))
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    story.happens(StateChosen("1001", READY))
    assert story.state() == (READY, None)


def test_a_choice_during_a_call_is_the_next_state_and_comes_after_wrap_up():
    story = Story()
    story.sign_in("1001")
    story.talk()
    story.happens(StateChosen("1001", NOT_READY, StateReason.MEAL))
    assert story.state() == (ON_CALL, None)
    (told,) = [order for order in story.orders if isinstance(order, AgentStateChanged)]
    assert (told.next_state, told.next_reason) == (NOT_READY, StateReason.MEAL)
    story.happens(CallerHungUp("c1"))
    assert story.state() == (WRAP_UP, None)
    story.happens(WrapUpFinished("1001"))
    assert story.state() == (NOT_READY, StateReason.MEAL)


def test_a_choice_while_ringing_holds_when_the_caller_goes():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.rings("1001")
    story.happens(StateChosen("1001", NOT_READY, StateReason.BREAK))
    story.happens(CallerHungUp("c1"))
    assert story.state() == (NOT_READY, StateReason.BREAK)


def test_wrap_up_has_an_end_that_can_be_put_off_twice():
    story = Story(wrap_up_s=20)
    story.sign_in("1001")
    story.talk()
    story.happens(CallerHungUp("c1"))
    until = story.agent().until
    assert until == story.now + 20
    story.happens(WrapUpExtended("1001"))
    story.happens(WrapUpExtended("1001"))
    assert story.agent().until == until + 60
    with pytest.raises(IllegalTransition, match="extended 2 times"):
        story.happens(WrapUpExtended("1001"))
    story.wait(79)
    assert story.state() == (WRAP_UP, None)
    story.wait(1.1)
    assert story.state() == (READY, None)
    assert [note.data["why"] for note in story.notes("wrap_up_ended")] == ["timeout"]


def test_a_house_may_want_the_agent_to_say_when_he_is_done():
    story = Story(wrap_up_s=20, ready_after_wrap_up=False)
    story.sign_in("1001")
    story.talk()
    story.happens(CallerHungUp("c1"))
    story.wait(21)
    assert story.state() == (NOT_READY, StateReason.WRAP_UP_TIMEOUT)


@pytest.mark.parametrize("event", [WrapUpFinished("1001"), WrapUpExtended("1001"), StateChosen("1001", ON_CALL)])
def test_impossible_commands_name_state_and_event(event: WrapUpFinished | WrapUpExtended | StateChosen):
    story = Story()
    story.sign_in("1001")
    before = story.floor
    with pytest.raises(IllegalTransition, match=rf"{type(event).__name__}.*ready"):
        story.happens(event)
    assert story.floor is before


def test_nobody_who_is_signed_out_chooses_a_state():
    with pytest.raises(IllegalTransition, match="signed_out"):
        Story().happens(StateChosen("1001", READY))


def test_a_desk_that_stops_renewing_is_reaped_and_comes_back_within_sixty_seconds():
    story = Story()
    story.sign_in("1001")
    story.wait(15.1, desks=False)
    assert story.state() == (NOT_READY, StateReason.DESKTOP_LOST)
    story.wait(50, desks=False)
    story.happens(LeaseRenewed("1001"))
    assert story.state() == (READY, None)


def test_a_desk_that_comes_back_later_finds_itself_not_ready():
    story = Story()
    story.sign_in("1001")
    story.wait(80, desks=False)
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    assert story.state() == (NOT_READY, StateReason.SEATED)


def test_a_break_comes_back_as_a_break():
    story = Story()
    story.sign_in("1001")
    story.happens(StateChosen("1001", NOT_READY, StateReason.MEAL))
    story.wait(16, desks=False)
    assert story.state() == (NOT_READY, StateReason.DESKTOP_LOST)
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    assert story.state() == (NOT_READY, StateReason.MEAL)


def test_a_desk_lost_in_a_call_leaves_the_call_and_its_state_alone():
    story = Story()
    story.sign_in("1001")
    story.talk()
    story.wait(40, desks=False)
    assert story.state() == (ON_CALL, None)
    assert story.the_call().agent == "1001"
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    assert story.state() == (ON_CALL, None)


def test_a_desk_lost_while_ringing_sends_the_call_on():
    story = Story(cadence_s=10)
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    while story.now < 1016:
        story.now += 2
        story.happens(LeaseRenewed("1002"))
    assert story.state("1001") == (NOT_READY, StateReason.DESKTOP_LOST)
    assert story.ordered(WithdrawOffer)[0].why == "unreachable"
    assert story.ordered(RingAgent)[-1].agent == "1002"


def test_a_lost_phone_makes_not_ready_and_its_return_ready_again():
    story = Story()
    story.sign_in("1001")
    story.happens(PhoneUnreachable("1001"))
    assert story.state() == (NOT_READY, StateReason.DEVICE_LOST)
    story.wait(30)
    story.happens(PhoneReachable("1001"))
    assert story.state() == (READY, None)


def test_a_lost_phone_while_ringing_sends_the_call_on():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.happens(PhoneUnreachable("1001"))
    assert story.state("1001") == (NOT_READY, StateReason.DEVICE_LOST)
    assert story.ordered(RingAgent)[-1].agent == "1002"


def test_desk_and_phone_lost_together_need_both_back():
    story = Story()
    story.sign_in("1001")
    story.happens(PhoneUnreachable("1001"))
    story.wait(20, desks=False)
    assert story.state() == (NOT_READY, StateReason.DESKTOP_LOST)
    story.happens(LeaseRenewed("1001"))
    assert story.state() == (NOT_READY, StateReason.DEVICE_LOST)
    story.happens(PhoneReachable("1001"))
    assert story.state() == (READY, None)


@pytest.mark.parametrize("state", ["ready", "ringing", "on_call", "wrap_up"])
def test_signing_out_in_any_state(state: str):
    story = Story()
    story.sign_in("1001", "1002")
    if state in ("on_call", "wrap_up"):
        story.talk()
    elif state == "ringing":
        story.call()
        story.rings("1001")
    if state == "wrap_up":
        story.happens(CallerHungUp("c1"))
    story.happens(AgentSignedOut("1001"))
    story.happens(AgentSignedOut("1001"))
    if state == "on_call":
        assert story.state() == (ON_CALL, None)
        story.happens(CallerHungUp("c1"))
        story.happens(WrapUpFinished("1001"))
    if state == "ringing":
        assert story.ordered(RingAgent)[-1].agent == "1002"
    assert story.state() == (AgentState.SIGNED_OUT, None)


def test_a_supervisor_forces_and_is_named_as_the_reason():
    story = Story()
    story.sign_in("1001")
    story.happens(StateChosen("1001", NOT_READY, by="9001"))
    assert story.state() == (NOT_READY, StateReason.SUPERVISOR)
    story.happens(StateChosen("1001", READY, by="9001"))
    story.talk()
    story.happens(CallerHungUp("c1"))
    story.happens(StateChosen("1001", READY, by="9001"))
    assert story.state() == (READY, None)


def test_idle_time_goes_on_through_an_offer_that_came_to_nothing():
    story = Story()
    story.sign_in("1001", "1002")
    idle = story.agent().idle_since
    story.call()
    story.wait(2)
    story.happens(CallerHungUp("c1"))
    assert story.agent().idle_since == idle
    story.call("c2")
    assert story.ordered(RingAgent)[-1].agent == "1001"


def test_a_failed_offer_for_a_call_that_is_over_changes_nothing():
    story = Story()
    story.sign_in("1001")
    story.call()
    story.happens(CallerHungUp("c1"))
    assert story.happens(OfferFailed("c1", "1001", "cancelled")) == ()
    assert story.state() == (READY, None)
