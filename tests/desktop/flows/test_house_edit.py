# SPDX-License-Identifier: GPL-3.0-or-later
"""An edit beside somebody else's: what only he changed is taken over, what both changed waits for a choice."""

from __future__ import annotations

from dataclasses import replace

from desktop.flows.house_edit import Change, Edit
from models.rules.plan import QueuePlan

BASE = QueuePlan("servers", "服务器", "Servers", priority=10, target_s=20)


def test_changes_are_old_and_new_in_the_order_of_the_part() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    assert not edit.dirty and edit.changes() == ()
    assert edit.put("target_s", 15) and edit.put("priority", 30)
    assert not edit.put("priority", 30)
    assert edit.changes() == (Change("priority", 10, 30), Change("target_s", 20, 15))
    edit.drop()
    assert not edit.dirty


def test_what_only_another_changed_is_taken_over_and_named() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    edit.put("priority", 30)
    edit.stored(replace(BASE, target_s=15), 4, "周敏")
    assert (edit.now.target_s, edit.now.priority, edit.version) == (15, 30, 4)
    assert edit.arrived == ("target_s",) and not edit.theirs and edit.by == "周敏"
    assert edit.changes() == (Change("priority", 10, 30),)


def test_what_both_changed_is_neither_lost_nor_overwritten() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    edit.put("priority", 30)
    edit.stored(replace(BASE, priority=50), 4, "周敏")
    assert edit.now.priority == 30 and edit.theirs == {"priority": 50}
    edit.keep("priority")
    assert edit.now.priority == 30 and not edit.theirs
    edit.stored(replace(BASE, priority=60), 5, "周敏")
    edit.take("priority")
    assert edit.now.priority == 60 and not edit.dirty


def test_both_wrote_the_same() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    edit.put("priority", 30)
    edit.stored(replace(BASE, priority=30), 4, "周敏")
    assert not edit.theirs and not edit.dirty and edit.version == 4


def test_who_wrote_nothing_is_not_told_of_every_field() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    edit.stored(replace(BASE, priority=99), 4, "周敏")
    assert edit.now.priority == 99 and edit.arrived == ()


def test_a_part_that_another_removed_keeps_what_is_written() -> None:
    edit = Edit("queue", "servers", BASE, 3)
    edit.put("priority", 30)
    edit.stored(None, 0)
    assert edit.gone and edit.now.priority == 30
