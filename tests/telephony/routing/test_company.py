# SPDX-License-Identifier: GPL-3.0-or-later
"""More than two on a call: merged, supervised, taken over, parked and picked up, and talks between colleagues."""

from __future__ import annotations

import pytest

from models.kinds import AgentState, Outcome, StateReason
from telephony.calls import (
    AgentLegGone,
    BackAsked,
    CallerHungUp,
    CallOver,
    CommitHandover,
    CompleteAsked,
    ConsultAsked,
    DropLeg,
    EndTheCall,
    HangUpAsked,
    JoinCaller,
    JoinStaff,
    JoinThree,
    MediaBothWays,
    MergeAsked,
    OfferAnswered,
    OfferFailed,
    ParkAsked,
    ParkCaller,
    PickUpAsked,
    RingAgent,
    StaffDialled,
    Supervise,
    SuperviseAsked,
    SuperviseLeft,
    TakeOverAsked,
)
from telephony.routing.floor import IllegalTransition, Stage
from tests.telephony.routing.script import Story

READY, NOT_READY, ON_CALL, WRAP_UP = AgentState.READY, AgentState.NOT_READY, AgentState.ON_CALL, AgentState.WRAP_UP


def talking() -> Story:
    """1001 talks with the customer; 2001 is a free engineer, 9001 a supervisor at his desk."""
    story = Story()
    story.sign_in("1001", "1002")
    story.sign_in("2001", queue="engineers", skills=("printer",))
    story.sign_in("9001", queue="", ready=False)
    story.talk()
    return story


def merged() -> Story:
    story = talking()
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.rings("2001")
    story.answers("2001")
    story.happens(MergeAsked("c1", "1001"))
    return story


def watched(mode: str = "listen") -> Story:
    story = talking()
    story.happens(SuperviseAsked("c1", "9001", "1001", mode))
    story.answers("9001")
    return story


# ---- three in one talk ----------------------------------------------------------------------------------------


def test_merging_puts_three_in_one_talk_and_the_agent_stays_responsible() -> None:
    story = merged()
    assert len(story.ordered(JoinThree)) == 1
    assert story.the_call().agent == "1001"
    assert not story.the_call().held
    assert [note.who for note in story.notes("merged")] == ["1001"]


def test_leaving_a_merged_talk_gives_the_customer_to_the_engineer() -> None:
    story = merged()
    story.happens(CompleteAsked("c1", "1001"))
    assert story.the_call().agent == "2001"
    assert story.state("1001")[0] is WRAP_UP
    assert len(story.ordered(CommitHandover)) == 1


def test_letting_the_engineer_go_leaves_agent_and_customer() -> None:
    story = merged()
    story.happens(BackAsked("c1", "1001"))
    assert story.the_call().consult is None
    assert story.state("2001")[0] is READY
    assert len(story.notes("resumed")) == 1, "he was resumed by the merge and is not resumed again"


def test_the_agents_dead_phone_leaves_the_engineer_with_the_customer() -> None:
    story = merged()
    story.happens(AgentLegGone("c1", "1001", lost=True))
    assert story.the_call().agent == "2001"


def test_the_customers_end_ends_a_merged_talk_for_all() -> None:
    story = merged()
    story.happens(CallerHungUp("c1"))
    assert [over.outcome for over in story.ordered(CallOver)] == [Outcome.ANSWERED]
    assert story.state("2001")[0] is READY


def test_nobody_merges_before_the_engineer_talks() -> None:
    story = talking()
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    with pytest.raises(IllegalTransition):
        story.happens(MergeAsked("c1", "1001"))


# ---- supervision ----------------------------------------------------------------------------------------------


def test_the_supervisors_own_phone_rings_before_he_hears_anything() -> None:
    story = talking()
    story.happens(SuperviseAsked("c1", "9001", "1001", "listen"))
    assert [(ring.agent, ring.role) for ring in story.ordered(RingAgent)][-1] == ("9001", "supervise")
    assert not story.ordered(Supervise)
    story.answers("9001")
    assert [(heard.agent, heard.mode) for heard in story.ordered(Supervise)] == [("1001", "listen")]
    assert story.the_call().agent == "1001"


def test_listening_becomes_whispering_and_barging_in_without_ringing_again() -> None:
    story = watched()
    story.happens(SuperviseAsked("c1", "9001", "1001", "whisper"))
    story.happens(SuperviseAsked("c1", "9001", "1001", "barge"))
    assert [heard.mode for heard in story.ordered(Supervise)] == ["listen", "whisper", "barge"]
    assert len([ring for ring in story.ordered(RingAgent) if ring.role == "supervise"]) == 1


def test_leaving_gives_the_supervisor_his_earlier_state_back() -> None:
    story = watched()
    story.happens(SuperviseLeft("c1", "9001"))
    assert story.state("9001") == (NOT_READY, StateReason.SEATED)
    assert [note.data["mode"] for note in story.notes("supervision")] == ["listen", "off"]
    assert story.state("1001")[0] is ON_CALL


def test_a_supervisor_who_does_not_pick_up_is_let_go_after_three_rings() -> None:
    story = talking()
    story.happens(SuperviseAsked("c1", "9001", "1001", "listen"))
    story.wait(16)
    assert story.the_call().watchers == ()
    assert story.state("9001") == (NOT_READY, StateReason.SEATED), "he missed nothing: nobody promised him a call"


def test_the_supervisor_stays_with_the_customer_when_the_engineer_takes_over() -> None:
    story = watched()
    story.happens(ConsultAsked("c1", "1001", to="2001"))
    story.answers("2001")
    story.happens(CompleteAsked("c1", "1001"))
    assert [(heard.agent, heard.mode) for heard in story.ordered(Supervise)][-1] == ("2001", "listen")


def test_the_customers_end_lets_the_supervisor_go_too() -> None:
    story = watched()
    story.happens(CallerHungUp("c1"))
    assert story.state("9001") == (NOT_READY, StateReason.SEATED)


def test_taking_over_moves_responsibility_and_the_draft() -> None:
    story = watched("barge")
    story.happens(TakeOverAsked("c1", "9001"))
    story.happens(MediaBothWays("c1", "9001"))
    call = story.the_call()
    assert (call.agent, call.connected, call.watchers) == ("9001", True, ())
    assert story.state("1001")[0] is WRAP_UP
    assert [joined.agent for joined in story.ordered(JoinCaller)][-1] == "9001"
    assert [(moved.from_agent, moved.to_agent) for moved in story.ordered(CommitHandover)] == [("1001", "9001")]
    assert [note.who for note in story.notes("responsible")] == ["1001", "9001"]
    story.happens(CallerHungUp("c1"))
    assert story.state("9001")[0] is WRAP_UP


@pytest.mark.parametrize("mode", ["", "spy", "LISTEN"])
def test_an_unknown_mode_is_refused(mode: str) -> None:
    with pytest.raises(IllegalTransition):
        talking().happens(SuperviseAsked("c1", "9001", "1001", mode))


def test_nobody_supervises_himself_or_a_call_that_waits() -> None:
    story = talking()
    with pytest.raises(IllegalTransition):
        story.happens(SuperviseAsked("c1", "1001", "1001", "listen"))
    story.call("c2")
    with pytest.raises(IllegalTransition):
        story.happens(SuperviseAsked("c2", "9001", "1002", "listen"))


def test_taking_over_without_being_on_the_call_is_refused() -> None:
    with pytest.raises(IllegalTransition):
        talking().happens(TakeOverAsked("c1", "9001"))


# ---- parking --------------------------------------------------------------------------------------------------


def test_parking_frees_the_agent_and_numbers_the_place() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    assert [parked.slot for parked in story.ordered(ParkCaller)] == [1]
    assert story.the_call().stage is Stage.PARKED
    assert story.state("1001")[0] is WRAP_UP
    assert [drop.agent for drop in story.ordered(DropLeg)] == ["1001"]


def test_anybody_picks_a_parked_caller_up_at_his_own_phone() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    story.happens(PickUpAsked("c1", "2001"))
    story.answers("2001")
    story.happens(MediaBothWays("c1", "2001"))
    assert story.the_call().agent == "2001"
    assert [note.data["slot"] for note in story.notes("picked_up")] == [1]


def test_who_parked_may_take_him_back_out_of_his_wrap_up() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    story.happens(PickUpAsked("c1", "1001"))
    story.answers("1001")
    assert story.the_call().agent == "1001"


def test_a_pick_up_that_nobody_answers_gives_the_caller_back_to_his_queue() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    story.happens(PickUpAsked("c1", "2001"))
    story.happens(OfferFailed("c1", "2001", "rejected"))
    call = story.the_call()
    assert (call.stage, call.front) == (Stage.WAITING, True)
    assert call.offer is not None and call.offer.agent == "1002"


def test_a_caller_nobody_picks_up_is_served_first_and_the_supervisor_hears_of_him() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    story.wait(301)
    assert story.the_call().stage is not Stage.PARKED
    assert story.the_call().offer is not None or story.the_call().agent


def test_a_call_that_rings_at_a_colleague_can_be_taken_from_there() -> None:
    story = talking()
    story.call("c2")
    story.rings("1002", "c2")
    story.happens(AgentLegGone("c1", "1001"))  # he hangs up and wraps up
    story.happens(PickUpAsked("c2", "1001"))
    story.answers("1001", "c2")
    assert story.the_call("c2").agent == "1001"
    assert story.state("1002")[0] is READY, "he did not miss it"


def test_two_parked_callers_have_two_places() -> None:
    story = talking()
    story.happens(ParkAsked("c1", "1001"))
    story.talk("1002", "c2")
    story.happens(ParkAsked("c2", "1002"))
    assert [parked.slot for parked in story.ordered(ParkCaller)] == [1, 2]


# ---- colleagues -----------------------------------------------------------------------------------------------


def staff_talk() -> Story:
    story = talking()
    story.happens(StaffDialled("s1", "1002", "2001"))
    own = story.ordered(RingAgent)[-1]
    story.happens(OfferAnswered("s1", "1002", own.leg))
    other = story.ordered(RingAgent)[-1]
    assert (own.agent, other.agent) == ("1002", "2001")
    story.happens(OfferAnswered("s1", "2001", other.leg))
    return story


def test_colleagues_talk_without_wrap_up() -> None:
    story = staff_talk()
    assert len(story.ordered(JoinStaff)) == 1
    story.happens(HangUpAsked("s1", "2001"))
    assert story.state("1002")[0] is READY
    assert story.state("2001")[0] is READY
    assert len(story.ordered(EndTheCall)) == 1


def test_a_colleague_who_does_not_pick_up_is_not_blamed() -> None:
    story = talking()
    story.happens(StaffDialled("s1", "1002", "2001"))
    story.happens(OfferAnswered("s1", "1002", story.ordered(RingAgent)[-1].leg))
    story.wait(16)
    assert "s1" not in story.floor.calls
    assert story.state("2001") == (READY, None)
    assert [over.outcome for over in story.ordered(CallOver)] == [Outcome.FAILED]


def test_who_talks_with_a_customer_is_not_called_away() -> None:
    with pytest.raises(IllegalTransition):
        talking().happens(StaffDialled("s1", "1002", "1001"))
