# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent hangs up only after the customer has, or by a deliberate second press."""

from __future__ import annotations

import gc

from desktop.flows.facts import Topic
from desktop.flows.hang_up import HangUpGuard, Press


def test_one_press_arms_and_a_second_within_three_seconds_hangs_up() -> None:
    guard = HangUpGuard()
    assert guard.press(10.0, customer_gone=False) is Press.ARMED
    assert guard.left(11.0) == 2.0
    assert guard.press(12.9, customer_gone=False) is Press.HANG_UP
    assert guard.left(13.0) == 0.0


def test_a_double_click_cannot_hang_up() -> None:
    guard = HangUpGuard()
    guard.press(10.0, customer_gone=False)
    assert guard.press(10.29, customer_gone=False) is Press.IGNORED
    assert guard.press(10.31, customer_gone=False) is Press.HANG_UP


def test_after_three_seconds_it_must_be_armed_again() -> None:
    guard = HangUpGuard()
    guard.press(10.0, customer_gone=False)
    assert guard.press(13.0, customer_gone=False) is Press.ARMED


def test_another_control_disarms() -> None:
    guard = HangUpGuard()
    guard.press(10.0, customer_gone=False)
    guard.disarm()
    assert guard.press(11.0, customer_gone=False) is Press.ARMED


def test_once_the_customer_is_gone_one_press_moves_on() -> None:
    assert HangUpGuard().press(10.0, customer_gone=True) is Press.MOVE_ON


class Watcher:
    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def hear(self, *what: object) -> None:
        self.heard.append(what)

    def fail(self, *what: object) -> None:
        raise ValueError(what)


def test_a_topic_tells_the_living_and_forgets_the_dead() -> None:
    topic, living, dead = Topic("t"), Watcher(), Watcher()
    topic.watch(living.hear)
    topic.watch(dead.hear)
    heard = dead.heard
    del dead
    gc.collect()
    topic.tell(1, "a")
    assert living.heard == [(1, "a")]
    assert heard == []


def test_a_watcher_that_fails_does_not_silence_the_others() -> None:
    topic, one, other = Topic("t"), Watcher(), Watcher()
    topic.watch(one.fail)
    topic.watch(other.hear)
    topic.tell()
    assert other.heard == [()]
