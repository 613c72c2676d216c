# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits: places and expected waits, the longest wait, full queues, nobody there; numbers outside and colleagues."""

from __future__ import annotations

from models.rules.plan import DestinationKind
from telephony.calls import (
    CallerHungUp,
    DropLeg,
    JoinOutside,
    MediaBothWays,
    OutsideAnswered,
    OutsideFailed,
    PlayRingback,
    PromiseCallback,
    RingAgent,
    SendOutside,
    WrapUpFinished,
)
from telephony.routing.floor import Stage
from tests.telephony.routing.planned import House, plan, queue, to

NIGHT = to(DestinationKind.QUEUE, "night")


def busy(house: House, agent: str = "1001", name: str = "400") -> None:
    """This agent talks with somebody else."""
    house.sign_in(agent, queue=name)
    house.talk(agent, f"busy-{agent}")


def test_place_and_expected_wait_are_said_and_then_it_may_ring() -> None:
    house = House(plan(queue("400", position_every_s=30)))
    busy(house)
    house.dials(call="c1")
    house.dials(call="c2", number="+8613800138001")
    house.through("c1")
    house.through("c2")
    house.wait(31)
    positions = {note.call: note.data for note in house.notes("position")}
    assert positions["c1"] == {"place": 1, "expected_s": 0.0}
    assert positions["c2"] == {"place": 2, "expected_s": 180.0}
    assert ("position", "number-2", "wait_about", "number-3", "wait_minutes") in house.said()
    assert ("position", "number-1", "wait_short") in house.said()
    house.happens(CallerHungUp("busy-1001"))
    rings_before = len(house.ordered(PlayRingback))
    house.happens(WrapUpFinished("1001"))
    assert house.ordered(RingAgent)[-1].call == "c1"
    assert len(house.ordered(PlayRingback)) == rings_before, "the words are not cut off"
    house.through("c1")
    assert house.ordered(PlayRingback)[-1] == PlayRingback("c1", answered=True)


def test_the_expected_wait_follows_what_contacts_take() -> None:
    house = House()
    busy(house)
    house.now += 30
    house.happens(CallerHungUp("busy-1001"))
    house.now += 10
    house.happens(WrapUpFinished("1001"))
    assert house.floor.pace.handling_s("400") == 40.0
    assert house.floor.pace.handling_s("repair") == 180.0


def test_after_the_longest_wait_he_goes_to_another_queue_and_stays_the_same_contact() -> None:
    house = House(plan(queue("400", max_wait_s=60, overflow=NIGHT)))
    busy(house)
    house.sign_in("1002", queue="night")
    house.dials()
    house.wait(59)
    assert house.the_call().queue == "400"
    house.wait(2)
    assert house.notes("overflowed")[0].data == {"queue": "400", "why": "max_wait", "to": "queue:night"}
    assert house.the_call().queue == "night" and house.ordered(RingAgent)[-1].agent == "1002"


def test_a_full_queue_takes_nobody_more() -> None:
    house = House(plan(queue("400", max_waiting=1, overflow=NIGHT)))
    busy(house)
    house.dials(call="c1")
    house.dials(call="c2")
    assert house.the_call("c1").queue == "400" and house.the_call("c2").queue == "night"
    assert house.notes("overflowed")[0].data["why"] == "max_waiting"


def test_a_queue_where_nobody_is_sends_on() -> None:
    house = House(plan(queue("400", unserved=to(DestinationKind.VOICEMAIL, "400"))))
    house.dials()
    assert house.the_call().stage is Stage.MESSAGE
    assert house.notes("overflowed")[0].data == {"queue": "400", "why": "unserved", "to": "voicemail:400"}


def sent_outside() -> House:
    house = House(plan(queue("400", unserved=to(DestinationKind.NUMBER, "+861088886666"))))
    house.dials()
    assert house.ordered(SendOutside) == [SendOutside("c1", "c1.0.1", "+861088886666")]
    return house


def test_a_number_outside_answers_and_the_call_has_left_the_house() -> None:
    house = sent_outside()
    house.happens(OutsideAnswered("c1", "c1.0.1"))
    house.happens(OutsideAnswered("c1", "c1.0.1"))
    assert house.ordered(JoinOutside) == [JoinOutside("c1", "c1.0.1")]
    house.wait(300)
    house.hangs_up()
    assert house.outcome() == "overflowed"


def test_the_far_end_outside_hangs_up_first() -> None:
    house = sent_outside()
    house.happens(OutsideAnswered("c1", "c1.0.1"))
    house.happens(OutsideFailed("c1", "c1.0.1", "gone"))
    assert house.outcome() == "overflowed"


def test_a_number_that_does_not_answer_gives_the_caller_back_to_his_queue() -> None:
    house = sent_outside()
    house.happens(OutsideFailed("c1", "c1.0.1", "busy"))
    call = house.the_call()
    assert (call.stage, call.queue) == (Stage.WAITING, "400")
    assert len(house.ordered(SendOutside)) == 1
    house.sign_in("1001")
    assert house.ordered(RingAgent)[-1].agent == "1001"
    house = sent_outside()
    house.wait(46)
    assert DropLeg("c1", "", "c1.0.1") in house.ordered(DropLeg) and house.the_call().stage is Stage.WAITING


def test_a_number_straight_from_a_menu_that_does_not_answer_ends_with_words_and_a_recall() -> None:
    house = House()
    house.dials("01066667777")
    house.key("4")
    house.happens(OutsideFailed("c1", "", "busy"))
    assert house.said()[-1] == ("unavailable",)
    house.through()
    assert house.outcome() == "failed" and house.ordered(PromiseCallback)


def test_a_colleague_rings_and_then_the_first_queue() -> None:
    house = House()
    house.sign_in("1001", queue="other")
    house.sign_in("1002")
    house.dials("01066667777")
    house.key("5")
    assert [ring.agent for ring in house.ordered(RingAgent)] == ["1001"]
    house.rings("1001")
    house.wait(16)
    assert [ring.agent for ring in house.ordered(RingAgent)] == ["1001", "1002"]
    assert house.the_call().queue == "400"


def test_a_colleague_who_is_not_free_is_not_waited_for() -> None:
    house = House()
    house.sign_in("1002")
    house.dials("01066667777")
    house.key("5")
    assert [ring.agent for ring in house.ordered(RingAgent)] == ["1002"]
    house.answers("1002")
    house.happens(MediaBothWays("c1", "1002"))
    house.hangs_up()
    assert house.outcome() == "answered"
