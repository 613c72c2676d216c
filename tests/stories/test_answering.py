# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of answering.feature."""

from __future__ import annotations

import wave

from pytest_bdd import parsers, scenarios, then, when

from models.kinds import Confidence
from tests.stories.customer import Customer
from tests.stories.floor import CADENCE_S, PEOPLE, Floor

scenarios("answering.feature")


@then(parsers.parse("{name} sees the card of {customer} while it rings"))
def sees_card(floor: Floor, name: str, customer: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.card is not None and desk.sheet.card.name == customer, f"the card of {customer}")
    card = desk.sheet.card
    assert card is not None and card.confidence is Confidence.EXACT
    assert card.devices and card.tickets
    assert desk.calls.offer is not None, "it still rings"


@then(parsers.parse("{name} sees a withheld number and nobody's card"))
def sees_withheld(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.card is not None, "a card")
    card = desk.sheet.card
    assert card is not None
    assert (card.customer, card.number, card.confidence) == ("", "", Confidence.WITHHELD)


@then(parsers.parse("{name} sees an unknown number"))
def sees_unknown(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.card is not None, "a card")
    card = desk.sheet.card
    assert card is not None
    assert (card.customer, card.confidence) == ("", Confidence.UNKNOWN)


@then(parsers.parse("the ring lasted three rings for {name}"))
def lasted(floor: Floor, name: str) -> None:
    ringing = floor.events("ringing")[0]
    missed = floor.events("missed")[0]
    assert ringing.who == missed.who == PEOPLE[name]
    assert 3 * CADENCE_S <= missed.at - ringing.at < 3 * CADENCE_S + 0.5


@then(parsers.parse("a supervisor is alarmed that {what}"))
def alarmed(floor: Floor, what: str) -> None:
    floor.written("alarm", what=what)


@then(parsers.parse("the call ended as {outcome}"))
def ended_as(floor: Floor, outcome: str) -> None:
    if outcome == "refused" and floor.exchange == "asterisk":
        assert not floor.events("ended"), "Asterisk refuses it by itself, before the switchboard hears of it"
        return
    assert floor.written("ended")["outcome"] == outcome


@then(parsers.parse("whoever waits is answered with the announcement {announcement}"))
def announced(floor: Floor, announcement: str) -> None:
    assert floor.written("waiting_answered")["announcement"] == announcement


@then("the customer stands in the recall list")
def recall(floor: Floor) -> None:
    contact = floor.written("ended")["contact"]
    query = "SELECT number FROM tr.task WHERE kind = 'recall' AND contact = :contact"
    for _ in range(100):
        if found := [row.number for row in floor.rows(query, contact=contact)]:
            assert found[-1] == "+8613800138000"
            return
        floor.pass_time(0.05)
    raise AssertionError("no recall task was made")


@then("the call was recorded")
def recorded(floor: Floor) -> None:
    written = floor.written("recording_ended")
    with wave.open(str(floor.data / "recordings" / written["file"]), "rb") as recording:
        assert recording.getnchannels() == 2
        assert recording.getnframes() / recording.getframerate() > 1.5


@when(parsers.parse("{name} rejects"))
def rejects(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.calls.decline("busy"))


@when(parsers.parse("a stranger calls from {number} and says that he is {other}"))
def stranger(floor: Floor, customers: dict[str, Customer], number: str, other: str) -> None:
    customers["the customer"] = floor.call(number, hangs_up_after=1.0, asserted=other)


@when("a customer calls with a codec nobody speaks")
def wrong_codec(floor: Floor, customers: dict[str, Customer]) -> None:
    customers["the customer"] = floor.call(codec="opus/48000/2", payload=96, refused_with=488)


@when(parsers.parse("{name} presses hang-up once"))
def presses_once(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.calls.press_hang_up())
    floor.pass_time(0.5)


@when(parsers.parse("{name} presses hang-up twice with a second between"))
def presses_twice(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.calls.guard.disarm())
    floor.do(name, lambda desk: desk.calls.press_hang_up())
    floor.pass_time(1.0)
    floor.do(name, lambda desk: desk.calls.press_hang_up())


@then(parsers.parse("{name} is asked for a reason"))
def asked(floor: Floor, name: str) -> None:
    assert floor.desks[name].calls.hang_up_reason_wanted


@then("the log says that staff hung up")
def staff_hung_up(floor: Floor) -> None:
    assert floor.written("ended")["by"] == "staff"
    assert floor.written("staff_hung_up")["who"] == "1001"


@when(parsers.parse("{name} puts the customer on hold"))
def holds(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.calls.hold(True))


@when(parsers.parse("{name} takes the customer back"))
def takes_back(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.calls.hold(False))
