# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of sheet.feature."""

from __future__ import annotations

import re

from pytest_bdd import given, parsers, scenarios, then, when

from models.rules import guide
from tests.stories.conftest import SHEET, has_sheet
from tests.stories.floor import PEOPLE, Floor

scenarios("sheet.feature")


@given(parsers.parse("{name} is ready behind a cable"))
def is_ready_behind_cable(floor: Floor, name: str) -> None:
    floor.sign_in(name, cable=True)


@when(parsers.parse("{name}'s cable is pulled out"))
def pulled(floor: Floor, name: str) -> None:
    has_sheet(floor, name)
    floor.on_loop(floor.cables[name].pull)
    floor.until(lambda: not floor.desks[name].link_up, f"{name}'s link is down")


@when(parsers.parse("{name}'s cable is back"))
def plugged(floor: Floor, name: str) -> None:
    floor.on_loop(floor.cables[name].plug)
    floor.until(lambda: floor.desks[name].link_up, f"{name}'s link is up")


@then(parsers.parse('the database has "{words}" as {field} by {name}'))
def stored(floor: Floor, words: str, field: str, name: str) -> None:
    draft = floor.draft()
    query = "SELECT value, by FROM tr.draft_field WHERE draft = :draft AND field = :field"

    def there() -> bool:
        return [(row.value, row.by) for row in floor.rows(query, draft=draft, field=field)] == [(words, PEOPLE[name])]

    floor.poll(there, f"{words} is stored", 6.0)


@then(parsers.parse("{name} sees that it is saved"))
def is_saved(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.saved.central_at is not None and desk.unsent == 0, "the saved mark")


@then(parsers.parse("{name} sees that it is kept on this machine"))
def is_kept(floor: Floor, name: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.saved.local and desk.unsent == 1, "the text is on this machine")


@then(parsers.parse("the sheet is greeted with company and number of {name}"))
def greeted(floor: Floor, name: str) -> None:
    assert "瀚川" in floor.desks[name].sheet.greeting and PEOPLE[name] in floor.desks[name].sheet.greeting


@when(parsers.parse("{name} opens the ticket"))
def opens(floor: Floor, name: str) -> None:
    has_sheet(floor, name)
    floor.do(name, lambda desk: desk.sheet.submit())


@then(parsers.parse("the ticket has the number that {name} was told"))
def ticket(floor: Floor, name: str) -> None:
    number = dict(floor.told[name])["form.ticket_opened"][0]
    assert re.fullmatch(r"FW\d{8}-?\d+", number), number
    rows = floor.rows("SELECT number, title, fields FROM tr.ticket WHERE draft = :draft", draft=floor.draft())
    assert [(row.number, row.title) for row in rows] == [(number, SHEET["symptom"])]
    assert guide.sheet_hash(rows[0].fields) == floor.desks[name].sheet.hash()


@when(parsers.parse("{name} makes {customer} of {company} a new customer"))
def new_customer(floor: Floor, name: str, customer: str, company: str) -> None:
    has_sheet(floor, name)
    floor.do(name, lambda desk: desk.sheet.new_customer(customer, company))


@then(parsers.parse("{name} sees the card of {customer}"))
def sees_card(floor: Floor, name: str, customer: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.card is not None and desk.sheet.card.name == customer, f"the card of {customer}")


@then(parsers.parse("the sheet belongs to {customer}"))
def belongs(floor: Floor, customer: str) -> None:
    draft = floor.draft()
    query = "SELECT c.name FROM tr.draft d JOIN tr.customer c ON c.id = d.customer WHERE d.id = :draft"
    floor.poll(lambda: [row.name for row in floor.rows(query, draft=draft)] == [customer], f"it is {customer}'s")


@when(parsers.parse('{one} writes "{mine}" and {other} writes "{yours}" as {field} at once'))
def write_at_once(floor: Floor, one: str, mine: str, other: str, yours: str, field: str) -> None:
    def both() -> None:
        floor.desks[one].sheet.write(field, mine)
        floor.desks[other].sheet.write(field, yours)

    floor.on_loop(both)


@then(parsers.parse('both see "{one}" and "{other}" side by side as {field}'))
def side_by_side(floor: Floor, one: str, other: str, field: str) -> None:
    for name, desk in floor.desks.items():

        def both(desk=desk) -> bool:
            found = desk.sheet.author(field)
            return found is not None and {found.value, found.conflict} == {one, other}

        floor.until(both, f"{name} sees both: {desk.sheet.author(field)}")


@when(parsers.parse('{name} chooses "{words}" as {field}'))
def chooses(floor: Floor, name: str, words: str, field: str) -> None:
    floor.do(name, lambda desk: desk.sheet.resolve(field, words))


@then(parsers.parse('{one} and {other} both see only "{words}" as {field}'))
def only(floor: Floor, one: str, other: str, words: str, field: str) -> None:
    for name in (one, other):

        def alone(sheet=floor.desks[name].sheet) -> bool:
            found = sheet.author(field)
            return found is not None and (found.value, found.conflict) == (words, "")

        floor.until(alone, f"{name} sees only {words}: {floor.desks[name].sheet.author(field)}")


@then(parsers.parse("{name} sees that the database is {where}"))
def database(floor: Floor, name: str, where: str) -> None:
    floor.until(lambda: floor.desks[name].database_up is (where == "back"), f"the database is {where} for {name}")
