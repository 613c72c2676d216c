# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call goes: the blacklist, spellings of our numbers, hours and emergencies, and never round in a circle."""

from __future__ import annotations

import pytest

from models.rules.plan import DestinationKind
from telephony.calls import HangUpAsked, JoinCaller, PlanChanged, PromptOver, RefuseCaller, RingAgent, Say
from telephony.routing.floor import Stage
from tests.telephony.routing.planned import HOLIDAY, MOBILE, SUNDAY, House, plan, queue, to


def test_a_blocked_prefix_is_refused_with_603() -> None:
    house = House()
    orders = house.dials(number="+8613900139000")
    assert RefuseCaller("c1", 603) in orders
    assert house.outcome() == "blocked" and not house.floor.calls
    assert house.notes("blocked")[0].data == {"prefix": "+86139", "why": ""}


def test_a_withheld_number_is_told_and_ended() -> None:
    house = House()
    house.dials(number="")
    assert house.said() == [("blocked",)]
    house.through()
    assert house.outcome() == "blocked"


def test_a_block_that_is_over_lets_the_caller_in() -> None:
    house = House()
    house.sign_in("1001")
    house.dials(number="+8613700137000")
    assert house.the_call().stage is Stage.WAITING and house.ordered(RingAgent)


@pytest.mark.parametrize("spelling", ["4001234567", "+864001234567", "864001234567"])
def test_every_spelling_of_our_number_is_known(spelling: str) -> None:
    house = House()
    house.dials(spelling)
    assert house.the_call().queue == "400"


def test_a_number_can_speak_english_and_lead_to_a_menu() -> None:
    house = House()
    house.dials("+862166667777")
    assert house.ordered(Say)[0].language == "en"
    house.dials("01066667777", "c2")
    assert house.the_call("c2").stage is Stage.MENU


def test_an_unknown_number_goes_to_the_first_queue() -> None:
    house = House()
    house.dials("+8675500000000")
    assert house.the_call().queue == "400"


def test_a_closed_house_says_so_and_nothing_else() -> None:
    house = House(plan(emergency="closed_emergency"))
    house.sign_in("1001")
    house.dials()
    assert house.said() == [("closed_emergency",)] and not house.ordered(RingAgent)
    house.hangs_up()
    assert house.outcome() == "closed"


@pytest.mark.parametrize(
    ("now", "why", "words"), [(SUNDAY, "calendar", "closed"), (HOLIDAY, "holiday", "closed_holiday")]
)
def test_outside_the_hours_it_is_closed(now: float, why: str, words: str) -> None:
    house = House(plan(queue("400", calendar="office")), now)
    house.dials()
    assert house.said() == [(words,)]
    assert house.notes("closed")[0].data == {"calendar": "office", "why": why}
    house.through()
    assert house.outcome() == "closed"


def test_a_closed_queue_sends_on_and_who_is_served_there_is_no_longer_closed() -> None:
    closed = queue("400", calendar="office", closed=to(DestinationKind.QUEUE, "night", "closed"))
    house = House(plan(closed), SUNDAY)
    house.sign_in("1001", queue="night")
    house.dials()
    assert house.said() == [("closed",)] and not house.ordered(RingAgent)
    house.through()
    assert [ring.agent for ring in house.ordered(RingAgent)] == ["1001"]
    house.hangs_up()
    assert house.outcome() == "abandoned"


def test_an_emergency_of_a_queue_says_its_own_words_first() -> None:
    shut = queue("400", emergency=True, closed=to(DestinationKind.NUMBER, "+861088886666"))
    house = House(plan(shut))
    house.dials()
    assert house.said() == [("closed_emergency",)]
    house.through()
    assert house.the_call().stage is Stage.OUTSIDE


def test_a_plan_that_leads_round_ends_the_call_all_the_same() -> None:
    a = queue("400", emergency=True, closed=to(DestinationKind.QUEUE, "night"))
    b = queue("night", emergency=True, closed=to(DestinationKind.QUEUE, "400"))
    house = House(plan(a, b))
    house.dials()
    for _ in range(40):
        if "c1" in house.floor.calls:
            house.through()
    assert house.outcome() == "closed"


# ---- welcome and notice ---------------------------------------------------------------------------------------


def test_the_welcome_and_the_notice_are_said_before_anybody_is_rung() -> None:
    house = House(plan(queue("400", welcome="welcome", recording_notice=True)))
    house.sign_in("1001")
    house.dials()
    assert house.said() == [("welcome", "recording_notice")] and not house.ordered(RingAgent)
    house.through()
    assert house.ordered(RingAgent) and not house.ordered(JoinCaller)
    house.rings("1001")
    house.answers("1001")
    assert house.ordered(JoinCaller) and len(house.said()) == 1


def test_who_is_answered_at_once_hears_the_notice_before_he_is_joined() -> None:
    house = House(plan(queue("400", recording_notice=True)))
    house.sign_in("1001")
    house.dials()
    house.rings("1001")
    house.answers("1001")
    assert house.said() == [("recording_notice",)] and not house.ordered(JoinCaller)
    house.through()
    assert [order.agent for order in house.ordered(JoinCaller)] == ["1001"]
    house.happens(PromptOver("c1"))
    assert len(house.ordered(JoinCaller)) == 1


def test_an_agent_who_gives_up_during_the_notice_leaves_the_caller_in_the_queue() -> None:
    house = House(plan(queue("400", recording_notice=True)))
    house.sign_in("1001")
    house.dials()
    house.answers("1001")
    house.happens(HangUpAsked("c1", "1001", "x"))
    assert house.outcome() == "failed"


def test_a_notice_that_is_never_reported_through_joins_all_the_same() -> None:
    house = House(plan(queue("400", recording_notice=True)))
    house.sign_in("1001")
    house.dials()
    house.answers("1001")
    house.wait(20)
    assert house.ordered(JoinCaller)


def test_a_plan_is_followed_from_the_moment_it_changes() -> None:
    house = House()
    house.happens(PlanChanged(plan(emergency="closed_emergency", version=2)))
    house.dials(number=MOBILE)
    assert house.notes("closed")[0].data["why"] == "house_emergency"
