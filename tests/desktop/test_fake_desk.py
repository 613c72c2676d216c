# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake desk has every name the real flows offer, so a pane that works on it works on them."""

from __future__ import annotations

import inspect

from desktop.flows.hang_up import Press
from models.kinds import AgentState
from tests.desktop.fake_desk import (
    FakeBoard,
    FakeCalls,
    FakeDesk,
    FakeSheet,
    FakeSignIn,
    FakeTasks,
    FakeTransfer,
)

INNER = {"heard", "phone_reported", "stored", "database_back", "in_call", "offered", "offer_gone", "call_ended", "hash",
         "refresh", "phone_of_call", "values", "in_task", "read_log",
         "read_again", "tell_unstored", "handset_lost"}  # fmt: skip
"""What only the desk itself calls on its flows."""


def _real() -> list[tuple[type, type]]:
    from desktop.flows import call, handover, sign_in, supervise, ticket

    return [
        (FakeCalls, call.CallFlow),
        (FakeSheet, ticket.SheetFlow),
        (FakeTransfer, handover.TransferFlow),
        (FakeTasks, handover.TasksFlow),
        (FakeBoard, supervise.BoardFlow),
        (FakeSignIn, sign_in.SignIn),
    ]


def test_every_order_of_the_flows_can_be_given_to_the_fake():
    for fake, real in _real():
        for name, order in inspect.getmembers(real, inspect.isfunction):
            if name.startswith("_") or name in INNER:
                continue
            assert hasattr(fake, name), f"{fake.__name__} lacks {name}"
            asked = [each for each in inspect.signature(order).parameters if each != "self"]
            given = [each for each in inspect.signature(getattr(fake, name)).parameters if each != "self"]
            assert given == asked, f"{fake.__name__}.{name} takes {given}, the flow {asked}"


def test_situations_follow_each_other():
    desk = FakeDesk()
    desk.sign_in_as("agent")
    desk.ring()
    assert desk.calls.offer is not None and desk.sheet.card is not None
    desk.answer()
    assert desk.calls.offer is None and desk.calls.state is not None and desk.calls.state.state is AgentState.ON_CALL
    desk.consult()
    assert desk.transfer.stage == "consulting"
    desk.wrap_up()
    assert desk.calls.call is not None and desk.calls.call.stage == "wrap_up"


def test_the_guard_is_the_real_one():
    desk = FakeDesk()
    desk.sign_in_as("agent")
    desk.answer()
    clock = [100.0]
    desk.calls.clock = lambda: clock[0]
    assert desk.calls.press_hang_up() is Press.ARMED
    clock[0] += 0.1
    assert desk.calls.press_hang_up() is Press.IGNORED
    clock[0] += 1
    assert desk.calls.press_hang_up() is Press.HANG_UP


def test_what_is_written_is_read_again_and_told():
    desk = FakeDesk()
    desk.ring()
    heard: list[str] = []

    class Watcher:
        def field(self, name: str) -> None:
            heard.append(name)

    watcher = Watcher()
    desk.sheet.field_changed.watch(watcher.field)
    desk.sheet.write("symptom", "反复重启")
    assert desk.sheet.value("symptom") == "反复重启" and heard == ["symptom"]
    assert desk.last("sheet.write") == ("symptom", "反复重启")
