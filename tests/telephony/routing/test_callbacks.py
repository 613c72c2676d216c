# SPDX-License-Identifier: GPL-3.0-or-later
"""The call-back that keeps its place: asked for by key, agent or customer first, busy, restarted, never twice."""

from __future__ import annotations

import pytest

from models.rules.plan import Callback, DestinationKind, QueuePlan
from telephony.calls import (
    AgentLegGone,
    CallBack,
    CallbackOver,
    CallbackQueued,
    CallerHungUp,
    CallOver,
    CustomerAnswered,
    CustomerLegFailed,
    EndTheCall,
    HangUpAsked,
    JoinCaller,
    MediaBothWays,
    OfferFailed,
    PromiseCallback,
    QueueCallback,
    RingAgent,
    WrapUpFinished,
)
from telephony.routing.floor import Stage
from tests.telephony.routing.planned import MOBILE, SUNDAY, House, plan, queue, to

BACK = "cb-c1-1"


def asked(**changes: object) -> House:
    """1001 talks with somebody; c1 waits and presses 1, then c2 comes after him."""
    house = House(plan(queue("400", **changes)))
    house.sign_in("1001")
    house.talk("1001", "busy")
    house.dials()
    house.now += 10
    house.dials(call="c2", number="+8613800138002")
    house.through("c1")
    house.key("1")
    return house


def free(house: House, call: str = "busy") -> None:
    house.happens(CallerHungUp(call))
    house.happens(WrapUpFinished("1001"))


def dialled(**changes: object) -> House:
    house = asked(**changes)
    house.through()
    free(house)
    house.answers("1001", BACK)
    return house


def test_the_caller_is_told_and_goes_and_his_place_stays() -> None:
    house = asked()
    (queued,) = house.ordered(QueueCallback)
    came = house.now - 12
    assert queued.callback == CallbackQueued(BACK, MOBILE, "400", came, "c1")
    assert house.said()[-1] == ("callback_noted",)
    house.through()
    assert house.outcome() == "callback_scheduled"
    assert house.ordered(PromiseCallback) == [PromiseCallback("c1", MOBILE, "asked")]
    free(house)
    ring = house.ordered(RingAgent)[-1]
    assert (ring.call, ring.role) == (BACK, "callback"), "he came before c2"


def test_the_agent_first_then_the_customer_then_both() -> None:
    house = dialled()
    assert house.ordered(CallBack) == [CallBack(BACK, MOBILE, "1001")]
    assert not [join for join in house.ordered(JoinCaller) if join.call == BACK]
    house.happens(CustomerAnswered(BACK))
    assert house.ordered(JoinCaller)[-1].call == BACK
    assert house.ordered(CallbackOver) == [CallbackOver(BACK, "c1", "reached")]
    house.happens(MediaBothWays(BACK, "1001"))
    house.hangs_up(BACK)
    assert house.outcome(BACK) == "answered"
    assert [note.data["of_call"] for note in house.notes("callback_over")] == ["c1"]


def test_the_notice_is_said_to_who_is_called_back() -> None:
    house = dialled(recording_notice=True, welcome="welcome")
    house.happens(CustomerAnswered(BACK))
    assert house.said()[-1] == ("recording_notice",)
    house.through(BACK)
    assert house.ordered(JoinCaller)[-1].call == BACK


@pytest.mark.parametrize("why", ["busy", "no_answer"])
def test_busy_is_tried_again_so_often_and_then_it_is_over(why: str) -> None:
    house = dialled(callback_attempts=2, callback_retry_s=100)
    house.happens(CustomerLegFailed(BACK, why))
    assert EndTheCall(BACK) in house.orders and house.the_call(BACK).stage is Stage.WAITING
    assert house.ordered(RingAgent)[-1].call == "c2", "meanwhile the next one is served"
    house.happens(OfferFailed("c2", "1001", "rejected"))
    house.happens(CallerHungUp("c2"))
    house.sign_in("1001")
    house.wait(98)
    assert len(house.ordered(CallBack)) == 1
    house.wait(3)
    house.answers("1001", BACK)
    house.happens(CustomerLegFailed(BACK, why))
    assert house.ordered(CallbackOver) == [CallbackOver(BACK, "c1", "failed")]
    assert house.outcome(BACK) == "failed"


def test_a_customer_who_lets_it_ring_is_not_reached() -> None:
    house = dialled()
    house.wait(46)
    assert house.the_call(BACK).owed and house.the_call(BACK).owed.attempts == 1


@pytest.mark.parametrize("event", [AgentLegGone(BACK, "1001"), HangUpAsked(BACK, "1001", "x")])
def test_an_agent_who_goes_meanwhile_costs_no_attempt(event: AgentLegGone | HangUpAsked) -> None:
    house = dialled()
    house.happens(event)
    call = house.the_call(BACK)
    assert call.owed is not None and call.owed.attempts == 0 and not call.agent
    assert not house.ordered(CallbackOver)


def test_the_customer_first_when_an_agent_is_free() -> None:
    house = asked(callback=Callback.CUSTOMER_FIRST)
    house.happens(CallerHungUp("c2"))
    assert not house.ordered(CallBack)
    free(house)
    assert house.ordered(CallBack) == [CallBack(BACK, MOBILE)]
    house.happens(CustomerAnswered(BACK))
    assert house.said()[-1] == ("callback_here",)
    assert house.ordered(RingAgent)[-1].call == BACK
    house.answers("1001", BACK)
    house.happens(MediaBothWays(BACK, "1001"))
    house.hangs_up(BACK)
    assert house.outcome(BACK) == "answered"


def test_no_more_customers_are_dialled_than_agents_are_free() -> None:
    house = House(plan(queue("400", callback=Callback.CUSTOMER_FIRST)))
    for n in range(3):
        house.happens(CallbackQueued(f"w{n}", f"+861380013800{n}", "400", house.now - n))
    house.sign_in("1001", "1002")
    assert [order.call for order in house.ordered(CallBack)] == ["w2", "w1"]


def test_who_is_reached_and_hangs_up_before_anybody_came_goes_to_the_recall_list() -> None:
    house = asked(callback=Callback.CUSTOMER_FIRST)
    house.happens(CallerHungUp("c2"))
    free(house)
    house.happens(CustomerAnswered(BACK))
    house.hangs_up(BACK)
    assert house.outcome(BACK) == "abandoned"
    assert house.ordered(PromiseCallback)[-1] == PromiseCallback(BACK, MOBILE, "abandoned")


def test_there_is_never_a_second_one_for_the_same_number() -> None:
    house = asked()
    house.dials(call="c3")
    house.through("c3")
    house.key("1", "c3")
    house.through("c3")
    assert house.outcome("c3") == "callback_scheduled" and len(house.ordered(QueueCallback)) == 1
    house.happens(CallbackQueued("web-1", "013800138000", "400", house.now))
    assert house.ordered(CallbackOver) == [CallbackOver("web-1", "", "withdrawn")]
    assert "web-1" not in house.floor.calls


def test_after_a_restart_the_same_event_brings_it_back_with_its_attempts() -> None:
    house = House()
    event = CallbackQueued(BACK, MOBILE, "400", house.now - 500, "c1", attempts=2)
    house.happens(event)
    house.happens(event)
    assert len(house.ordered(QueueCallback)) == 1
    house.dials(call="c9", number="+8613800138009")
    house.sign_in("1001")
    assert house.ordered(RingAgent)[-1].call == BACK
    house.answers("1001", BACK)
    house.happens(CustomerLegFailed(BACK, "busy"))
    assert house.ordered(CallbackOver) == [CallbackOver(BACK, "c1", "failed")]


def test_nobody_is_called_back_outside_the_hours() -> None:
    the_plan = plan(queue("400", calendar="office", closed=to(DestinationKind.CALLBACK, "400")))
    house = House(the_plan, SUNDAY)
    house.sign_in("1001")
    house.dials()
    house.through()
    assert house.outcome() == "callback_scheduled" and not house.ordered(RingAgent)
    house.wait(3600)
    assert not house.ordered(RingAgent)
    monday_nine = SUNDAY + 21 * 3600
    assert house.the_call(BACK).owed and house.the_call(BACK).owed.not_before == monday_nine
    house.now = monday_nine - 60
    house.sign_in("1001")
    house.wait(61)
    assert house.ordered(RingAgent)[-1].call == BACK


def test_where_the_queue_does_not_call_back_the_number_goes_to_the_recall_list() -> None:
    house = asked(callback=Callback.OFF)
    assert not house.ordered(QueueCallback)
    house.wait(10)
    assert house.outcome() == "callback_scheduled"
    assert house.ordered(PromiseCallback)[0] == PromiseCallback("c1", MOBILE, "asked")


def test_who_withheld_his_number_is_told_that_it_cannot_be() -> None:
    house = House(plan(queue("400", unserved=to(DestinationKind.CALLBACK, "400")), blocked=()))
    house.dials(number="")
    assert house.said()[-1] == ("callback_no_number",)
    house.through()
    assert house.outcome() == "failed" and not house.ordered(QueueCallback)


def test_every_call_back_has_one_outcome() -> None:
    house = dialled()
    house.happens(CustomerAnswered(BACK))
    house.happens(MediaBothWays(BACK, "1001"))
    house.hangs_up(BACK)
    house.hangs_up("c2")
    overs = [order.call for order in house.ordered(CallOver)]
    assert sorted(overs) == sorted(set(overs)) and set(overs) == {"busy", "c1", "c2", BACK}


def test_the_plan_of_a_queue_names_how_often_it_is_tried() -> None:
    assert QueuePlan("q", "q", "q").callback_attempts == 3
