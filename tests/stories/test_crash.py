# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of crash.feature."""

from __future__ import annotations

from collections import Counter

from pytest_bdd import given, parsers, scenarios, then, when

from tests.stories.conftest import talks
from tests.stories.floor import PEOPLE, Floor

scenarios("crash.feature")

AN_HOUR_FAST = "import time; real = time.time; time.time = lambda: real() + 3600; "


@when("the switchboard is killed")
def killed(floor: Floor) -> None:
    floor.kill_service()


@when("the switchboard is started again")
def started_again(floor: Floor) -> None:
    floor.start_service()


@then(parsers.parse("{name} knows that the link is down"))
def link_down(floor: Floor, name: str) -> None:
    floor.until(lambda: not floor.desks[name].link_up, f"{name}'s link is down")


@then(parsers.parse('{name} reads "{words}" as {field}'))
def reads(floor: Floor, name: str, words: str, field: str) -> None:
    floor.until(lambda: floor.desks[name].link_up, f"{name}'s link is up")
    floor.until(lambda: floor.desks[name].sheet.value(field) == words, f"{name} reads {words}")


@when(parsers.parse("{name}'s handset is killed"))
def handset_killed(floor: Floor, name: str) -> None:
    floor.kill_handset(name)


@then(parsers.parse("the customer is back at {name} within {seconds:d} seconds"))
def back_at(floor: Floor, name: str, seconds: int) -> None:
    desk = floor.desks[name]
    released = floor.written("released", who=PEOPLE[name])["at"]
    floor.until(lambda: desk.calls.offer is not None and desk.calls.offer.ring_started, f"{name} is rung again")
    floor.do(name, lambda desk: desk.calls.accept())
    talks(floor, name)
    floor.poll(lambda: len(floor.events("connected")) == 2, "both hear each other again")
    again = floor.events("connected")[-1]
    assert again.who == PEOPLE[name]
    assert again.at - released < seconds


@given(parsers.parse("{name}'s desk runs in a process of its own"))
def own_process(floor: Floor, name: str) -> None:
    floor.start_desk(name)
    floor.written("agent_state", who=PEOPLE[name], state="ready")


@given(parsers.parse("{name}'s desk runs with a clock that is an hour fast"))
def wrong_clock(floor: Floor, name: str) -> None:
    floor.start_desk(name, before=AN_HOUR_FAST)
    floor.written("agent_state", who=PEOPLE[name], state="ready")


@then("the painting is told in site time")
def site_time(floor: Floor) -> None:
    painted = floor.written("card_painted")
    assert abs(painted["painted_at"] - painted["at"]) < 2


@then("something is typed in the sheet")
def typed(floor: Floor) -> None:
    draft = floor.draft()
    query = "SELECT count(*) AS n FROM tr.draft_field WHERE draft = :draft AND by = '1001'"
    floor.poll(lambda: floor.rows(query, draft=draft)[0].n > 0, "the robot has typed")


@when(parsers.parse("{name}'s desk is killed"))
def desk_killed(floor: Floor, name: str) -> None:
    floor.kill_desk(name)


@when(parsers.parse("{name}'s desk is started again without a password"))
def desk_again(floor: Floor, name: str) -> None:
    floor.start_desk(name, password="")


@then(parsers.parse("{name}'s desk shows the customer again"))
def shows_again(floor: Floor, name: str) -> None:
    floor.poll(
        lambda: [row.who for row in floor.events("card_painted")] == [PEOPLE[name]] * 2, "the card is painted again"
    )
    assert len(floor.events("connected")) == 1, "the call never broke"
    assert not floor.events("ended"), "the customer still talks"


@then(parsers.parse("the wrap-up of {name} ends"))
def wrap_up_ends(floor: Floor, name: str) -> None:
    floor.written("wrap_up_ended", who=PEOPLE[name])


@when(parsers.parse("{n:d} customers call within 3 seconds, and the agents answer whom they can"))
def many_call(floor: Floor, n: int) -> None:
    floor.let_answer()
    for each in range(n):
        floor.call(f"139{each:08d}", hangs_up_after=2.0 + each % 7)
        floor.pass_time(3.0 / n)
    floor.pass_time(1.0)


@then("all customers have hung up")
def all_hung_up(floor: Floor) -> None:
    floor.until(lambda: all(each.process.poll() is not None for each in floor.customers), "all have hung up", 30.0)
    assert [each.number + each.complaints() for each in floor.customers if not each.went_as_written()] == []


@then("every call has exactly one outcome")
def one_outcome(floor: Floor) -> None:
    def all_ended() -> bool:
        return len(floor.events("ended")) >= len({row.contact for row in floor.events("arrived")})

    floor.poll(all_ended, "every call has an outcome")
    arrived = [row.contact for row in floor.events("arrived")]
    ended = Counter(row.contact for row in floor.events("ended"))
    assert ended == Counter(arrived) and set(ended.values()) == {1}
    assert len(arrived) == len(floor.customers)


@then(parsers.parse("{n:d} contacts of the database have the outcome of the log"))
def stored(floor: Floor, n: int) -> None:
    logged = {row.contact: row.data["outcome"] for row in floor.events("ended")}
    query = "SELECT id, outcome FROM tr.contact WHERE id = ANY(:ids)"

    def same() -> bool:
        return {row.id: row.outcome for row in floor.rows(query, ids=list(logged))} == logged

    floor.poll(same, "the database has every outcome", 20.0)
    assert len(logged) == n
    assert {"answered", "abandoned"} <= set(logged.values())
