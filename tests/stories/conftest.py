# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of a story, and the steps that every story may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, then, when

from models.kinds import AgentState
from tests.stories.customer import Customer
from tests.stories.floor import PEOPLE, Floor

SHEET = {
    "caller_kind": "end_customer",
    "fault_class": "inquiry",
    "symptom": "想问一下内存能加到多大",
    "service_mode": "phone",
    "next_step": "close",
}


@pytest.fixture(scope="module")
def open_house(request: pytest.FixtureRequest) -> Iterator[Floor]:
    """An open hotline for all stories of one file."""
    floor = Floor(str(request.config.getoption("--exchange")))
    try:
        floor.open()
        yield floor
    finally:
        floor.close()


@pytest.fixture
def floor(open_house: Floor) -> Iterator[Floor]:
    """An open hotline with nobody signed in."""
    yield open_house
    open_house.end_story()


@pytest.fixture
def customers() -> dict[str, Customer]:
    """The customers of a story by the name it gives them."""
    return {}


@given(parsers.parse("{name} is ready"))
def is_ready(floor: Floor, name: str) -> None:
    floor.sign_in(name)


@given(parsers.parse("{name} has signed in but is not ready"))
def is_signed_in(floor: Floor, name: str) -> None:
    floor.sign_in(name, ready=False)


@when(parsers.parse("a customer calls from {number} and hangs up after {seconds:g} seconds of talk"))
def calls_and_talks(floor: Floor, customers: dict[str, Customer], number: str, seconds: float) -> None:
    customers["the customer"] = floor.call(number, hangs_up_after=seconds)


@when(parsers.parse("a customer calls from {number} and waits for us to hang up"))
def calls_and_waits(floor: Floor, customers: dict[str, Customer], number: str) -> None:
    customers["the customer"] = floor.call(number)


@when(parsers.parse("a customer calls from {number} and gives up after {seconds:g} seconds of ringing"))
def calls_and_gives_up(floor: Floor, customers: dict[str, Customer], number: str, seconds: float) -> None:
    customers["the customer"] = floor.call(number, gives_up_after=seconds)


@when(parsers.parse("another customer calls from {number} and hangs up after {seconds:g} seconds of talk"))
def another_calls(floor: Floor, customers: dict[str, Customer], number: str, seconds: float) -> None:
    customers["the other customer"] = floor.call(number, hangs_up_after=seconds)


@then(parsers.parse("{name}'s desk rings"))
@when(parsers.parse("{name}'s desk rings"))
def rings(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.calls.offer is not None and desk.calls.offer.ring_started, f"{name}'s desk rings")


@when(parsers.parse("{name} answers"))
def answers(floor: Floor, name: str) -> None:
    rings(floor, name)
    floor.do(name, lambda desk: desk.calls.accept())
    talks(floor, name)


@then(parsers.parse("{name} talks with the customer"))
def talks(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(
        lambda: desk.calls.call is not None and desk.calls.call.stage == "talking" and desk.calls.call.connected_at,
        f"{name} talks with the customer",
    )


@then(parsers.parse("{name} is {state:State}", extra_types={"State": lambda text: AgentState(text.replace(" ", "_"))}))
def state_is(floor: Floor, name: str, state: AgentState) -> None:
    floor.until(lambda: floor.state(name) is state, f"{name} is {state}, not {floor.state(name)}")


@when(parsers.parse("{name} finishes the wrap-up"))
def finishes(floor: Floor, name: str) -> None:
    state_is(floor, name, AgentState.WRAP_UP)
    code = floor.rows("SELECT code FROM tr.disposition WHERE parent <> '' ORDER BY code LIMIT 1")[0].code
    floor.do(name, lambda desk: desk.calls.set_disposition(code, "", ()))
    floor.do(name, lambda desk: desk.calls.finish_wrap_up())
    floor.until(lambda: floor.state(name) is not AgentState.WRAP_UP, f"{name}'s wrap-up is over")


@when(parsers.parse('{name} types "{words}" as {field}'))
def types(floor: Floor, name: str, words: str, field: str) -> None:
    has_sheet(floor, name)
    for length in range(1, len(words) + 1):
        floor.do(name, lambda desk, shown=words[:length]: desk.sheet.write(field, shown))


@then(parsers.parse("every promise is kept in the event log"))
def promises_kept(floor: Floor) -> None:
    floor.pass_time(0.6)  # what the journal still ships
    assert floor.violations() == []


@then("the customer saw what he expected")
def customer_content(customers: dict[str, Customer], floor: Floor) -> None:
    customer = customers["the customer"]
    floor.until(lambda: customer.process.poll() is not None, "the customer's script has ended", 25.0)
    assert customer.went_as_written(), customer.complaints()


@then(parsers.parse("{name} is told {words}"))
def is_told(floor: Floor, name: str, words: str) -> None:
    floor.until(lambda: words in [heard for heard, _ in floor.told[name]], f"{name} is told {words}: {floor.told}")


@when(parsers.parse("{name} has the sheet"))
def has_sheet(floor: Floor, name: str) -> None:
    sheet = floor.desks[name].sheet

    def prefilled() -> bool:
        if sheet.draft is None or sheet.card is None or not sheet.value("callback_number"):
            return False
        return not sheet.card.customer or sheet.value("customer_name") != ""

    floor.until(prefilled, f"{name} has the prefilled sheet")


@when(parsers.parse("{name} consults {other}"))
def consults(floor: Floor, name: str, other: str) -> None:
    has_sheet(floor, name)
    floor.do(name, lambda desk: desk.transfer.transfer(PEOPLE[other], True))
    rings(floor, other)
    floor.do(other, lambda desk: desk.calls.accept())
    for each in (name, other):
        calls = floor.desks[each].calls
        floor.until(lambda calls=calls: calls.call is not None and calls.call.stage == "consulting", f"{each} consults")


@when(parsers.parse("{name} transfers to {other}"))
def transfers(floor: Floor, name: str, other: str) -> None:
    has_sheet(floor, name)
    floor.do(name, lambda desk: desk.transfer.transfer(PEOPLE[other], False))


@then(parsers.parse("{name} is shown the sheet of {other}"))
def is_shown(floor: Floor, name: str, other: str) -> None:
    sheet = floor.desks[name].sheet
    sent = floor.written("draft_hash", who=PEOPLE[other])["hash"]
    seen: list[dict[str, str]] = []

    def equal() -> bool:
        seen.append(sheet.values)
        return sheet.hash() == sent

    try:
        floor.until(equal, f"{name} sees what {other} typed", 5.0)
    except AssertionError:
        shown = [values for n, values in enumerate(seen) if n == 0 or values != seen[n - 1]]
        raise AssertionError(f"{name} saw {shown}, {other} typed {floor.desks[other].sheet.values}") from None
    floor.do(name, lambda desk: desk.sheet.draft_painted(desk.sheet.values))
    floor.written("draft_painted", who=PEOPLE[name], hash=sent)


@when(parsers.parse("{name} fills the sheet"))
def fills(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.card is not None and desk.sheet.card.devices, "the card with devices")
    assert desk.sheet.card is not None
    device = desk.sheet.card.devices[0].device
    floor.do(name, lambda desk: desk.sheet.choose_device(device))
    for field, value in SHEET.items():
        floor.do(name, lambda desk, field=field, value=value: desk.sheet.write(field, value))
    floor.until(lambda: desk.sheet.missing() == (), f"the sheet is full: {desk.sheet.missing()}")


@then(parsers.parse("the log has a line {kind}"))
def has_line(floor: Floor, kind: str) -> None:
    floor.written(kind)


@when("the customer hangs up")
def hangs_up(floor: Floor) -> None:
    floor.pass_time(0.5)
    floor.on_loop(lambda: floor.trunk_peer.talks[-1].hang_up())


@given("the database is stopped")
@when("the database is stopped")
def stopped(floor: Floor) -> None:
    floor.stop_database()


@when("the database is started")
def started(floor: Floor) -> None:
    floor.start_database()
