# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of access.feature."""

from __future__ import annotations

import threading

from pytest_bdd import parsers, scenarios, then, when

from desktop.flows.sign_in import SignInFailed
from models.kinds import AgentState
from tests.stories.floor import PASSWORD, PEOPLE, Floor

scenarios("access.feature")


def tries(floor: Floor, person: str, password: str) -> None:
    floor.told["he"] = []
    try:
        floor.run(floor.sit_down(person, password))
    except SignInFailed as failed:
        floor.told["he"].append((failed.words, failed.words_args))


@when(parsers.parse("{name} signs in with a wrong password"))
def wrong_password(floor: Floor, name: str) -> None:
    tries(floor, PEOPLE[name], "not his password")


@when(parsers.re(r"(?P<number>\d+) signs in"))
def nobody(floor: Floor, number: str) -> None:
    tries(floor, number, PASSWORD)


@when(parsers.parse("{name} signs in again"))
def again(floor: Floor, name: str) -> None:
    tries(floor, PEOPLE[name], PASSWORD)


@when(parsers.parse("the administrator disables {name}"))
def disables(floor: Floor, name: str) -> None:
    floor.disable(PEOPLE[name])


@then(parsers.parse("{name} is signed out"))
def signed_out(floor: Floor, name: str) -> None:
    floor.written("agent_state", who=PEOPLE[name], state=AgentState.SIGNED_OUT.value)


@when(parsers.parse("{name} sits down at a second desk"))
def second_desk(floor: Floor, name: str) -> None:
    first, heard = floor.desks[name], floor.told[name]
    floor.sign_in(name, ready=False)
    floor.desks["the first desk"], floor.told["the first desk"] = first, heard


@then(parsers.parse("{name}'s first desk is told {words}"))
def first_desk_told(floor: Floor, name: str, words: str) -> None:
    floor.until(lambda: words in dict(floor.told["the first desk"]), f"{name} is told {words}: {floor.told}")
    assert not floor.desks["the first desk"].link_up


@when(parsers.parse("{name} is ready at the second desk"))
def ready_again(floor: Floor, name: str) -> None:
    floor.ready(name)


@when(parsers.parse("{name} dials {number}"))
def dials(floor: Floor, name: str, number: str) -> None:
    floor.do(name, lambda desk: desk.calls.dial(number))


@then("nothing was dialled")
def nothing(floor: Floor) -> None:
    assert not floor.events("dialled") and not floor.events("arrived")
    assert not floor.trunk_peer.talks


@when(parsers.parse("{name} watches the board"))
def watches(floor: Floor, name: str) -> None:
    floor.do(name, lambda desk: desk.board.watch(True))


@then(parsers.parse("the board shows {name} as {state}"))
def shows(floor: Floor, name: str, state: str) -> None:
    board = floor.desks["周立群"].board
    wanted = (PEOPLE[name], AgentState(state))
    floor.until(
        lambda: board.board is not None and wanted in [(one.agent, one.state) for one in board.board.people],
        f"the board shows {name} as {state}",
    )


@then("the board shows one waiting customer")
def shows_waiting(floor: Floor) -> None:
    board = floor.desks["周立群"].board
    floor.until(
        lambda: board.board is not None and [one.number for one in board.board.waiting] == ["+8613900002741"],
        "the board shows who waits",
    )


@when(parsers.parse("{name} sets {other} {state}"))
def sets(floor: Floor, name: str, other: str, state: str) -> None:
    wanted = AgentState(state.replace(" ", "_"))
    floor.do(name, lambda desk: desk.board.force(PEOPLE[other], wanted))


@when(parsers.parse("{name}'s desk is gone and its session is ended"))
def gone(floor: Floor, name: str) -> None:
    floor.run(floor.desks[name].close(goodbye=False))
    floor.as_owner("UPDATE tr.session_token SET revoked = now() WHERE person = :person", person=PEOPLE[name])


@when(parsers.parse("{name} comes back"))
def comes_back(floor: Floor, name: str) -> None:
    desk = floor.desks[name] = floor.new_desk(PEOPLE[name])
    floor.told["he"] = []
    try:
        floor.run(desk.come_back(PEOPLE[name]))
    except SignInFailed as failed:
        floor.told["he"].append((failed.words, failed.words_args))


@then(parsers.parse("nothing of the failed sign-in is left but the handset of {name}"))
def nothing_left(floor: Floor, name: str) -> None:
    assert floor.handset_of(name) is not None, "a call that it may have would have ended with it"
    assert [thread.name for thread in threading.enumerate() if thread.name == "outbox"] == []


@when(parsers.parse("{name} types the password"))
def types_password(floor: Floor, name: str) -> None:
    floor.run(floor.desks[name].sign_in.sign_in(PEOPLE[name], PASSWORD))


@then(parsers.parse("{name} is ready after all"))
def ready_after_all(floor: Floor, name: str) -> None:
    floor.until(lambda: floor.desks[name].handset_up, f"{name}'s handset is registered")
    floor.ready(name)
