# SPDX-License-Identifier: GPL-3.0-or-later
"""The dry run tells the way the router itself would take, and leaves the floor alone."""

from __future__ import annotations

import string

import pytest

from models.rules.plan import DestinationKind, Strategy
from resources.i18n import LANGUAGES, catalogue
from telephony.messages import DryRunResult
from telephony.routing.dry_run import dry_run
from tests.telephony.routing.planned import MOBILE, SUNDAY, House, plan, queue, to


def kinds(result: DryRunResult) -> list[str]:
    for each in result.steps:
        for language in LANGUAGES:
            text = catalogue(language)[each.words]
            assert f"%{len(each.args) + 1}" not in text
            assert not set(text) & set(string.whitespace.replace(" ", ""))
    return [each.kind for each in result.steps]


def test_who_would_be_rung_first_and_with_which_score() -> None:
    house = House()
    house.sign_in("1001", "1002")
    before = house.floor
    result = dry_run(house.floor, MOBILE, "4001234567", "", house.now + 30)
    assert kinds(result) == ["number", "queue", "rings"]
    assert result.steps[-1].args == ("1001",)
    assert [agent for agent, _, _, _ in result.agents] == ["1001", "1002"]
    assert result.agents[0] == ("1001", "name 1001", "dry_run.score_longest_idle", 30.0)
    assert house.floor is before and not house.floor.calls


def test_the_scores_are_those_of_the_strategy() -> None:
    house = House(plan(queue("400", strategy=Strategy.LINEAR, members=("1002", "1001"))))
    house.sign_in("1001", "1002")
    result = dry_run(house.floor, MOBILE, "4001234567", "", house.now)
    assert [agent for agent, _, _, _ in result.agents] == ["1002", "1001"]


def test_keys_lead_through_menus_and_no_key_takes_its_time() -> None:
    house = House()
    keyed = dry_run(house.floor, MOBILE, "01066667777", "91", house.now)
    assert kinds(keyed)[:3] == ["number", "menu", "announce"] and keyed.steps[-1].words == "dry_run.waits_nobody"
    assert [each.args for each in keyed.steps if each.words == "dry_run.menu_key"] == [("main", "9"), ("main", "1")]
    silent = dry_run(house.floor, MOBILE, "01066667777", "", house.now)
    assert kinds(silent).count("menu") == 3 and ("400",) in [each.args for each in silent.steps]


@pytest.mark.parametrize(("key", "last"), [("2", "ends"), ("3", "voicemail"), ("4", "outside"), ("5", "waits")])
def test_every_end_is_told(key: str, last: str) -> None:
    house = House()
    assert last in kinds(dry_run(house.floor, MOBILE, "01066667777", key, house.now))[-2:]


def test_a_blocked_caller_and_closed_hours() -> None:
    house = House(plan(queue("400", calendar="office")))
    blocked = dry_run(house.floor, "+8613900139000", "4001234567", "", house.now)
    assert kinds(blocked) == ["number", "blocked", "ends"]
    closed = dry_run(house.floor, MOBILE, "4001234567", "", SUNDAY, present=False)
    assert kinds(closed) == ["number", "closed", "announce", "ends"]


def test_what_would_end_a_wait() -> None:
    house = House(plan(queue("400", max_wait_s=60, overflow=to(DestinationKind.QUEUE, "night"))))
    house.sign_in("1001")
    house.talk("1001", "busy")
    waits = dry_run(house.floor, MOBILE, "4001234567", "", house.now)
    assert kinds(waits)[-2:] == ["waits", "overflow"] or "overflow" in kinds(waits)
    assert ("60", "night") in [each.args for each in waits.steps]
    later = dry_run(house.floor, MOBILE, "4001234567", "", house.now, present=False)
    assert kinds(later)[-1] == "rings"


def test_a_call_back_where_the_plan_sends_him() -> None:
    house = House(plan(queue("400", emergency=True, closed=to(DestinationKind.CALLBACK, "night"))))
    result = dry_run(house.floor, MOBILE, "4001234567", "", house.now)
    assert "callback" in kinds(result) and result.steps[-1].words == "dry_run.ends_callback_scheduled"
