# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of transfer.feature."""

from __future__ import annotations

from typing import Any

from pytest_bdd import parsers, scenarios, then, when

from models.kinds import TaskState
from tests.stories.conftest import has_sheet, is_shown, rings
from tests.stories.floor import KNOWN, PEOPLE, Floor

scenarios("transfer.feature")

QUARTER_S = 15 * 60


@then(parsers.parse("{name} is shown the sheet of {other} while it rings"))
def is_shown_early(floor: Floor, name: str, other: str) -> None:
    rings(floor, name)
    is_shown(floor, name, other)
    assert floor.desks[name].calls.offer is not None, "it still rings"


@then(parsers.parse("the sheet is the responsibility of {name}"))
def responsible(floor: Floor, name: str) -> None:
    query = "SELECT responsible FROM tr.draft WHERE id = :draft"
    draft = floor.draft()
    floor.poll(lambda: floor.rows(query, draft=draft)[0].responsible == PEOPLE[name], f"{name} has the sheet")


@then(parsers.parse('{name} has the text "{words}" as {field}'))
def has_text(floor: Floor, name: str, words: str, field: str) -> None:
    desk = floor.desks[name]
    floor.until(lambda: desk.sheet.value(field) == words, f"{name} reads {words}")


@when(parsers.parse("{name} completes the transfer"))
def completes(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.transfer.complete())


@when(parsers.parse("{name} goes back to the customer"))
def goes_back(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.transfer.back())
    floor.written("consult_ended")


@when(parsers.parse("{name} transfers by the skill of the product"))
def by_skill(floor: Floor, name: str) -> None:
    has_sheet(floor, name)
    floor.do(name, lambda desk: desk.sheet.write("product_line", "server"))
    floor.do(name, lambda desk: desk.transfer.opened())
    assert floor.desks[name].transfer.skills == ("server",)
    floor.do(name, lambda desk: desk.transfer.transfer_to_skill(False))


@then("the hand-over is aborted")
def aborted(floor: Floor) -> None:
    draft = floor.draft()
    query = "SELECT state FROM tr.handover WHERE draft = :draft"
    floor.poll(lambda: [row.state for row in floor.rows(query, draft=draft)] == ["aborted"], "it is aborted")


# ---- the promise ----------------------------------------------------------------------------------------------


def task(floor: Floor) -> Any:
    """The newest task of the house."""
    rows = floor.rows("SELECT * FROM tr.task WHERE kind = 'handover' ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


@when(parsers.parse("{name} promises a call back"))
def promises(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.transfer.promise(KNOWN, "先看日志"))


@then("there is a task that must be claimed within 15 minutes")
def task_made(floor: Floor) -> None:
    floor.poll(lambda: task(floor) is not None, "a task")
    made = task(floor)
    assert made.state == TaskState.OPEN and made.draft == floor.draft() and made.note == "先看日志"
    assert abs(made.handover_due - made.created - QUARTER_S) < 1


@when(parsers.parse("{name} claims the task"))
def claims(floor: Floor, name: str) -> None:
    number = str(task(floor).id)
    desk = floor.desks[name]
    floor.until(lambda: any(one.task == number for one in desk.tasks.tasks), f"{name} sees the task")
    floor.do(name, lambda desk: desk.tasks.claim_next())
    floor.poll(lambda: task(floor).claimed_by == PEOPLE[name], f"{name} has the task")


@when(parsers.parse("{name} claims the task, too"))
def claims_too(floor: Floor, name: str) -> None:
    number = str(task(floor).id)
    floor.do(name, lambda desk: desk.tasks.claim(number))


@then(parsers.parse("{name} is told {words}, naming {other}"))
def told_who(floor: Floor, name: str, words: str, other: str) -> None:
    floor.until(lambda: words in dict(floor.told[name]), f"{name} is told {words}: {floor.told[name]}")
    assert dict(floor.told[name])[words][0] == other


@when(parsers.parse("{name} calls back and the line is busy"))
def calls_back_busy(floor: Floor, name: str) -> None:
    calls_back(floor, name, 486)
    floor.written("dial_failed", why="busy")


@when(parsers.parse("{name} calls back and the customer answers"))
def calls_back_answered(floor: Floor, name: str) -> None:
    calls_back(floor, name, "answer")


def calls_back(floor: Floor, name: str, far: int | str) -> None:
    number = str(task(floor).id)
    floor.trunk_peer.plan = {f"+86{KNOWN}": far, KNOWN: far}
    floor.until(lambda: floor.desks[name].calls.call is None, f"{name} is free")
    floor.do(name, lambda desk: desk.tasks.call_back(number))


@then("the task stays with its attempt and the next one due")
def attempted(floor: Floor) -> None:
    floor.poll(lambda: task(floor).attempts == 1, "the attempt is noted")
    now = task(floor)
    assert (now.state, now.last_result) == (TaskState.CLAIMED, "busy")
    assert now.next_due > now.claimed_at
    assert [row.result for row in floor.rows("SELECT result FROM tr.task_attempt WHERE task = :t", t=now.id)] == [
        "busy"
    ]


@when(parsers.parse("{name} closes the task"))
def closes(floor: Floor, name: str) -> None:
    number = str(task(floor).id)
    floor.do(name, lambda desk: desk.tasks.done(number, "电话解决"))


@then("the task is done")
def done(floor: Floor) -> None:
    floor.poll(lambda: task(floor).state == TaskState.DONE, "the task is done")
    assert (task(floor).attempts, task(floor).last_result, task(floor).done_result) == (2, "reached", "电话解决")
