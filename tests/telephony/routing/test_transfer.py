# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking, holding, transferring, dialling out, losing a phone, and adoption after a restart."""

from __future__ import annotations

import pytest

from models.kinds import AgentState, HangUpBy, Outcome, StateReason
from telephony.calls import (
    AbortHandover,
    Adopted,
    AgentLegGone,
    AgentSignedIn,
    AnswerAndWait,
    BackAsked,
    BeginHandover,
    CallerHungUp,
    CallOver,
    CommitHandover,
    CompleteAsked,
    ConsultAsked,
    CustomerAnswered,
    CustomerLegFailed,
    DialCustomer,
    DialledOut,
    DropLeg,
    EndTheCall,
    HangUpAsked,
    HoldAsked,
    HoldCaller,
    JoinCaller,
    JoinConsult,
    MediaBothWays,
    OfferFailed,
    PhoneReachable,
    PhoneUnreachable,
    RingAgent,
    StateChosen,
    WithdrawOffer,
    WrapUpFinished,
)
from telephony.routing.floor import IllegalTransition
from tests.telephony.routing.script import Story

READY, NOT_READY, ON_CALL, WRAP_UP = AgentState.READY, AgentState.NOT_READY, AgentState.ON_CALL, AgentState.WRAP_UP


def talking(*engineers: str, skills: tuple[str, ...] = ("printer",)) -> Story:
    """1001 talks with the customer; the engineers have the skills and another queue."""
    story = Story()
    story.sign_in("1001")
    story.sign_in(*engineers, queue="engineers", skills=skills)
    story.talk()
    return story


def consulting(attended: bool = True) -> Story:
    story = talking("2001", "2002")
    story.happens(ConsultAsked("c1", "1001", to="2001", attended=attended))
    story.rings("2001")
    story.answers("2001")
    return story


def test_hold_and_resume():
    story = talking()
    story.happens(HoldAsked("c1", "1001", True))
    assert any(isinstance(order, HoldCaller) for order in story.orders)
    assert story.happens(HoldAsked("c1", "1001", True)) == ()
    story.happens(HoldAsked("c1", "1001", False))
    assert any(isinstance(order, JoinCaller) for order in story.orders)
    assert (len(story.notes("held")), len(story.notes("resumed"))) == (1, 1)
    with pytest.raises(IllegalTransition, match=r"HoldAsked.*talking"):
        story.happens(HoldAsked("c1", "2001", True))


def test_the_customer_hangs_up_first_and_wrap_up_begins():
    story = talking()
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert EndTheCall("c1") in story.orders
    assert story.state() == (WRAP_UP, None)
    assert len(story.notes("released")) == 1


def test_the_agent_hangs_up_and_the_reason_is_logged():
    story = talking()
    story.happens(HangUpAsked("c1", "1001", "abusive"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.STAFF)]
    assert story.notes("staff_hung_up")[0].data == {"reason": "abusive"}
    assert story.happens(HangUpAsked("c1", "1001")) == (), "the call was over already"


def test_a_hang_up_at_the_phone_ends_the_call_too():
    story = talking()
    story.happens(AgentLegGone("c1", "1001"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.STAFF)]


def test_a_caller_the_agent_never_heard_gets_the_next_agent():
    story = Story()
    story.sign_in("1001", "1002")
    story.call()
    story.rings("1001")
    story.answers("1001")
    story.happens(AgentLegGone("c1", "1001"))
    assert story.ordered(RingAgent)[-1].call == "c1"
    assert not story.ordered(CallOver)


def test_attended_transfer_moves_responsibility_and_draft_when_completed():
    story = talking("2001")
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    assert BeginHandover("c1", "1001", "2001") in story.orders
    assert any(isinstance(order, HoldCaller) for order in story.orders)
    assert story.ordered(RingAgent)[-1].role == "consult"
    story.rings("2001")
    story.answers("2001")
    assert any(isinstance(order, JoinConsult) for order in story.orders)
    assert story.the_call().agent == "1001", "a consult never moves responsibility"
    story.happens(MediaBothWays("c1", "2001"))
    story.happens(CompleteAsked("c1", "1001"))
    assert CommitHandover("c1", "1001", "2001") in story.orders
    assert any(isinstance(order, DropLeg) and order.agent == "1001" for order in story.orders)
    assert story.the_call().agent == "2001"
    assert story.state("1001") == (WRAP_UP, None)
    assert story.state("2001") == (ON_CALL, None)
    kinds = [order.kind for _, order in story.log if hasattr(order, "kind")]
    assert kinds.index("released") < kinds.index("transferred") < len(kinds) - kinds[::-1].index("responsible")
    story.happens(MediaBothWays("c1", "2001"))
    assert [note.who for note in story.notes("connected")] == ["1001", "2001"]
    assert story.happens(AgentLegGone("c1", "1001")) == (), "the leg that was dropped says good-bye"
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert story.state("2001") == (WRAP_UP, None)


def test_blind_transfer_completes_when_the_engineer_answers():
    story = consulting(attended=False)
    assert story.the_call().agent == "2001"
    assert CommitHandover("c1", "1001", "2001") in story.orders
    assert not story.ordered(JoinConsult)


def test_completing_while_the_engineer_rings_completes_when_he_answers():
    story = talking("2001")
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.rings("2001")
    story.happens(CompleteAsked("c1", "1001"))
    assert story.the_call().agent == "1001"
    story.answers("2001")
    assert story.the_call().agent == "2001"


def test_back_to_the_customer_frees_the_engineer_and_keeps_the_draft():
    story = consulting()
    story.happens(BackAsked("c1", "1001"))
    assert AbortHandover("c1", "1001", "2001") in story.orders
    assert any(isinstance(order, JoinCaller) and order.agent == "1001" for order in story.orders)
    assert story.state("2001") == (READY, None)
    assert story.the_call().agent == "1001"
    assert story.notes("consult_ended")[-1].data["why"] == "back"


def test_back_while_the_engineer_still_rings():
    story = talking("2001")
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.rings("2001")
    story.happens(BackAsked("c1", "1001"))
    assert story.ordered(WithdrawOffer)[-1].why == "not_needed"
    assert story.state("2001") == (READY, None)


def test_by_skills_the_longest_idle_engineer_is_rung_and_a_miss_tries_the_next_one():
    story = talking("2001", "2002")
    story.happens(ConsultAsked("c1", "1001", skills=frozenset({"printer"})))
    assert story.ordered(RingAgent)[-1].agent == "2001"
    story.rings("2001")
    story.wait(15.1)
    assert story.state("2001") == (AgentState.NOT_RESPONDING, StateReason.MISSED)
    assert story.ordered(RingAgent)[-1].agent == "2002"
    begun = [(order.from_agent, order.to_agent) for order in story.ordered(BeginHandover)]
    assert begun == [("1001", "2001"), ("1001", "2002")]
    assert story.ordered(AbortHandover) == [AbortHandover("c1", "1001", "2001")]


def test_a_named_engineer_who_misses_gives_the_customer_back_to_the_agent():
    story = talking("2001", "2002")
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.rings("2001")
    story.wait(15.1)
    assert story.the_call().consult is None
    assert story.ordered(JoinCaller)[-1].agent == "1001"
    assert story.notes("consult_ended")[-1].data == {"to": "2001", "why": "missed"}
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "2001"]


@pytest.mark.parametrize(("to", "why"), [("2001", "not_free"), ("", "nobody_free")])
def test_no_engineer_free_is_an_answer(to: str, why: str):
    story = talking()
    story.sign_in("2001", queue="engineers", skills=("printer",), ready=False)
    story.happens(ConsultAsked("c1", "1001", to=to, skills=frozenset({"printer"}) if not to else frozenset()))
    assert story.notes("consult_ended")[-1].data["why"] == why
    assert not story.ordered(HoldCaller)
    assert story.the_call().consult is None


@pytest.mark.parametrize("answered", [False, True])
def test_the_customer_hangs_up_during_the_consult(answered: bool):
    story = consulting() if answered else talking("2001")
    if not answered:
        story.happens(ConsultAsked("c1", "1001", to="2001"))
        story.rings("2001")
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert story.ordered(AbortHandover) == [AbortHandover("c1", "1001", "2001")]
    assert story.state("2001") == (READY, None)
    assert story.state("1001") == (WRAP_UP, None)


@pytest.mark.parametrize("lost", [False, True])
def test_the_agent_leaves_a_consult_and_the_talking_engineer_takes_over(lost: bool):
    story = consulting()
    story.happens(AgentLegGone("c1", "1001", lost))
    assert story.the_call().agent == "2001"
    assert CommitHandover("c1", "1001", "2001") in story.orders
    assert not any(isinstance(order, DropLeg) for order in story.orders)


def test_the_agent_leaves_while_the_engineer_rings_and_the_customer_goes_to_the_front():
    story = talking("2001")
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.rings("2001")
    story.happens(AgentLegGone("c1", "1001"))
    assert story.ordered(AbortHandover)
    assert story.the_call().front
    assert story.ordered(AnswerAndWait)
    assert story.state("2001") == (READY, None)
    assert not story.ordered(CallOver)


def test_the_engineer_leaves_and_the_agent_has_the_customer_again():
    for event in (AgentLegGone("c1", "2001"), HangUpAsked("c1", "2001")):
        story = consulting()
        story.happens(event)
        assert story.ordered(JoinCaller)[-1].agent == "1001"
        assert story.ordered(AbortHandover)
        assert story.state("2001") == (READY, None)


def test_commands_of_others_and_out_of_order_are_refused():
    story = talking("2001", "2002")
    for event in (
        CompleteAsked("c1", "1001"),
        BackAsked("c1", "1001"),
        HangUpAsked("c1", "2001"),
        ConsultAsked("c1", "2001", to="2002"),
        ConsultAsked("c1", "1001", to="1001"),
        ConsultAsked("c1", "1001"),
    ):
        with pytest.raises(IllegalTransition, match=type(event).__name__):
            story.happens(event)
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    with pytest.raises(IllegalTransition, match="consulting"):
        story.happens(ConsultAsked("c1", "1001", to="2002"))
    with pytest.raises(IllegalTransition, match="consulting"):
        story.happens(HoldAsked("c1", "1001", True))


# ---- the agent's phone is lost --------------------------------------------------------------------------------


def test_a_dead_phone_brings_the_caller_back_to_the_same_agent_first():
    story = talking()
    story.sign_in("1002")
    story.happens(PhoneUnreachable("1001"))
    story.happens(AgentLegGone("c1", "1001", lost=True))
    assert story.state("1001")[0] is AgentState.RESERVED
    assert AnswerAndWait("c1", "waiting") in story.orders
    story.wait(3)
    story.happens(PhoneReachable("1001"))
    assert [ring.agent for ring in story.ordered(RingAgent)] == ["1001", "1001"]
    story.rings("1001")
    story.answers("1001")
    assert story.the_call().agent == "1001"


def test_a_new_phone_is_rung_anew_when_the_dead_one_was_rung_first():
    story = talking()
    story.happens(AgentLegGone("c1", "1001", lost=True))
    story.wait(2)
    story.happens(PhoneReachable("1001"))
    assert len(story.ordered(RingAgent)) == 3
    assert story.ordered(WithdrawOffer)[-1].leg == story.ordered(RingAgent)[1].leg
    story.rings("1001")
    story.answers("1001")
    assert story.the_call().leg == story.ordered(RingAgent)[2].leg


def test_after_ten_seconds_the_caller_goes_to_the_front_of_the_queue():
    story = talking()
    story.sign_in("1002")
    story.happens(StateChosen("1002", NOT_READY, StateReason.BREAK))
    story.call("c0")
    story.happens(PhoneUnreachable("1001"))
    story.happens(AgentLegGone("c1", "1001", lost=True))
    story.wait(10.1)
    assert story.state("1001") == (NOT_READY, StateReason.DEVICE_LOST)
    story.happens(StateChosen("1002", READY))
    assert story.ordered(RingAgent)[-1].call == "c1", "before the one who waited"


def test_an_unreachable_phone_is_not_rung_in_a_loop():
    story = talking()
    story.happens(AgentLegGone("c1", "1001", lost=True))
    story.happens(OfferFailed("c1", "1001", "unreachable"))
    assert len(story.ordered(RingAgent)) == 2
    assert story.state("1001")[0] is AgentState.RESERVED
    story.wait(11)
    assert story.state("1001") == (NOT_READY, StateReason.DEVICE_LOST)


def test_the_caller_gives_up_while_waiting_for_the_same_agent():
    story = talking()
    story.happens(PhoneUnreachable("1001"))
    story.happens(AgentLegGone("c1", "1001", lost=True))
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert story.state("1001") == (NOT_READY, StateReason.DEVICE_LOST)


# ---- dialling out ---------------------------------------------------------------------------------------------


def dialling() -> Story:
    story = Story()
    story.sign_in("1001")
    story.happens(DialledOut("o1", "1001", "+8613900139000", task="t1"))
    return story


def test_an_agent_dials_a_customer_and_is_responsible_from_the_start():
    story = dialling()
    (dial,) = story.ordered(DialCustomer)
    assert (dial.agent, dial.number) == ("1001", "+8613900139000")
    assert story.state() == (ON_CALL, None)
    assert story.notes("dialled")[0].data["task"] == "t1"
    story.answers("1001", "o1")
    story.happens(CustomerAnswered("o1"))
    assert story.ordered(JoinCaller) == [JoinCaller("o1", "1001", dial.leg)]
    story.happens(MediaBothWays("o1", "1001"))
    story.happens(CallerHungUp("o1"))
    assert story.ordered(CallOver) == [CallOver("o1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert story.state() == (WRAP_UP, None)


def test_busy_leaves_nothing_to_wrap_up():
    story = dialling()
    story.answers("1001", "o1")
    story.happens(CustomerLegFailed("o1", "busy"))
    assert story.notes("dial_failed")[0].data == {"why": "busy"}
    assert story.ordered(CallOver) == [CallOver("o1", Outcome.FAILED, HangUpBy.CUSTOMER)]
    assert story.state() == (READY, None)


def test_a_break_goes_on_after_a_call_dialled_in_it():
    story = Story()
    story.sign_in("1001")
    story.happens(StateChosen("1001", NOT_READY, StateReason.MEETING))
    story.happens(DialledOut("o1", "1001", "+8613900139000"))
    story.happens(CustomerLegFailed("o1", "no_answer"))
    assert story.state() == (NOT_READY, StateReason.MEETING)


def test_the_agent_gives_up_dialling():
    story = dialling()
    story.happens(HangUpAsked("o1", "1001"))
    assert story.ordered(CallOver) == [CallOver("o1", Outcome.CANCELLED, HangUpBy.STAFF)]
    assert story.state() == (READY, None)


def test_an_own_phone_that_never_rings_ends_the_attempt():
    story = dialling()
    story.wait(5.1)
    assert story.ordered(CallOver) == [CallOver("o1", Outcome.FAILED, HangUpBy.SYSTEM)]
    assert story.state() == (NOT_READY, StateReason.DEVICE_LOST)


def test_an_attempt_that_nobody_ends_ends_itself():
    story = dialling()
    story.answers("1001", "o1")
    story.wait(91)
    assert story.ordered(CallOver) == [CallOver("o1", Outcome.FAILED, HangUpBy.SYSTEM)]


def test_nobody_dials_with_a_caller_on_the_line_or_without_a_phone():
    story = talking()
    with pytest.raises(IllegalTransition, match=r"DialledOut.*on_call"):
        story.happens(DialledOut("o1", "1001", "+8613900139000"))
    story.happens(CallerHungUp("c1"))
    story.happens(WrapUpFinished("1001"))
    story.happens(PhoneUnreachable("1001"))
    with pytest.raises(IllegalTransition, match="DialledOut"):
        story.happens(DialledOut("o1", "1001", "+8613900139000"))


# ---- after a restart ------------------------------------------------------------------------------------------


def test_an_adopted_call_goes_on_and_its_desk_signs_in_later():
    story = Story()
    story.happens(Adopted("c1", "+8613800138000", "400", "400", "1001", "c1.1.1", 900.0))
    assert story.state() == (ON_CALL, None)
    story.happens(PhoneReachable("1001"))
    story.happens(AgentSignedIn("1001", "n", "1001", frozenset(), frozenset({"400"})))
    assert story.state() == (ON_CALL, None)
    story.happens(CallerHungUp("c1"))
    assert story.ordered(CallOver) == [CallOver("c1", Outcome.ANSWERED, HangUpBy.CUSTOMER)]
    assert story.state() == (WRAP_UP, None)


def test_an_adopted_waiting_call_is_served_first():
    story = Story()
    story.sign_in("1001", ready=False)
    story.call("c2")
    story.happens(Adopted("c1", "+8613800138000", "400", "400", "", "", 900.0))
    story.happens(StateChosen("1001", READY))
    assert story.ordered(RingAgent)[-1].call == "c1"


def test_nobody_is_adopted_into_two_calls():
    story = Story()
    story.happens(Adopted("c1", "+8613800138000", "400", "400", "1001", "c1.1.1", 900.0))
    story.happens(Adopted("c2", "+8613800138001", "400", "400", "1001", "c2.1.1", 900.0))
    assert DropLeg("c2", "1001", "c2.1.1") in story.orders
    assert story.the_call("c2").agent == ""
