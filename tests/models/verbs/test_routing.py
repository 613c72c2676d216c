# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan is changed part by part: no lost update, nothing that leads nowhere, every old and new value audited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from models.kinds import Group
from models.rules.plan import (
    Blocked,
    Calendar,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    Plan,
    QueuePlan,
    Relaxation,
    Strategy,
)
from models.rules.plan_json import dump
from models.store import plan_rows, plans
from models.verbs.plan_guard import prompts
from models.verbs.registry import Actor, VerbRefused
from tests.conftest import Site
from tests.models.verbs.floor import BOSS, LIN, NOW, Floor, known

MANAGER = Actor("3101", "沈国华", frozenset({Group.MANAGER}))
ADMIN = Actor("9001", "管理员", frozenset({Group.ADMINISTRATOR}))
QUEUE = QueuePlan("server", "服务器专线", "Server line", skills={"server": 3, "os": 1})
TO_QUEUE = Destination(DestinationKind.QUEUE, "server")


@pytest.fixture
async def house(site: Site) -> AsyncIterator[Floor]:
    """A floor where the supervisors are known by name."""
    await known(site, BOSS, MANAGER, ADMIN)
    floor = Floor(site.service())
    await floor(BOSS, "queue_save", plan=dump(QUEUE), base_version=0)
    yield floor


async def _plan(floor: Floor) -> Plan:
    async with floor.database.reading() as conn:
        return await plans.read_plan(conn)


async def _audited(floor: Floor) -> list[tuple[str, dict[str, Any]]]:
    async with floor.database.reading() as conn:
        rows = await conn.execute(text("SELECT actor, detail FROM tr.audit WHERE what LIKE 'verb.%' ORDER BY id"))
        return [(row.actor, row.detail) for row in rows]


async def test_a_queue_is_stored_whole_and_told_of(house: Floor) -> None:
    whole = QueuePlan(
        "server",
        "服务器",
        "Server",
        skills={"server": 4},
        strategy=Strategy.SKILLS,
        relax=(Relaxation(20), Relaxation(60, 2, drop=True)),
        members=("3001",),
        level_scores={"gold": 9},
        max_wait_s=120.0,
        overflow=Destination(DestinationKind.VOICEMAIL, "server"),
        unserved=Destination(DestinationKind.CALLBACK, "server"),
        position_every_s=30.0,
    )
    before = (await _plan(house)).version
    assert await house(BOSS, "queue_save", plan=dump(whole), base_version=1) == {"id": "server", "version": 2}
    plan = await _plan(house)
    assert plan.queues["server"] == whole and plan.version == before + 1
    actor, detail = (await _audited(house))[-1]
    assert (actor, detail["part"], detail["id"]) == ("3001", "queue", "server")
    assert (detail["old"]["skills"], detail["new"]["skills"]) == ({"server": 3, "os": 1}, {"server": 4})


async def test_the_second_of_two_writers_is_told_by_whom(house: Floor) -> None:
    await house(MANAGER, "queue_save", plan=dump(QUEUE), base_version=1)
    refusal = await house.refused(BOSS, "queue_save", plan=dump(QUEUE), base_version=1)
    assert (refusal.words, refusal.args_) == ("refusal.plan_changed", ("沈国华",))
    assert (await house.refused(BOSS, "queue_save", plan=dump(QUEUE), base_version=0)).words == "refusal.plan_changed"
    gone = await house.refused(BOSS, "menu_remove", menu="never", base_version=3)
    assert gone.words == "refusal.plan_gone"


async def test_of_eight_writers_at_once_one_writes(house: Floor) -> None:
    async def write(n: int) -> bool:
        try:
            await house(BOSS, "queue_save", plan=dump(QUEUE) | {"priority": n}, base_version=1)
        except VerbRefused as refused:
            assert refused.words == "refusal.plan_changed"
            return False
        return True

    assert sum(await asyncio.gather(*(write(n) for n in range(8)))) == 1
    assert (await _plan(house)).version == 2


@pytest.mark.parametrize(
    ("change", "words", "named"),
    [
        ({"queue": "Server Line"}, "refusal.argument_wrong", "queue"),
        ({"strategy": "fastest"}, "refusal.argument_wrong", "strategy"),
        ({"overflow": {"kind": "queue", "place": 1}}, "refusal.argument_unknown", "overflow.place"),
        ({"words_zh": " "}, "refusal.name_needed", ""),
        ({"members": ["7777"]}, "refusal.no_person", "7777"),
    ],
)
async def test_a_queue_that_cannot_be(house: Floor, change: dict[str, Any], words: str, named: str) -> None:
    refusal = await house.refused(BOSS, "queue_save", plan={**dump(QUEUE), **change}, base_version=1)
    assert refusal.words == words and (not named or refusal.args_[0] == named)


async def test_nothing_leads_nowhere(house: Floor) -> None:
    before = await _plan(house)
    nowhere = Destination(DestinationKind.MENU, "nothing")
    for name, part in (
        ("number_save", DialledNumber("4008", nowhere)),
        ("menu_save", Menu("m", "menu", {"1": nowhere}, TO_QUEUE)),
        ("queue_save", QueuePlan("second", "二", "Two", calendar="never")),
        ("queue_save", QueuePlan("second", "二", "Two", overflow=nowhere)),
        ("outbound_rule_save", OutboundRule("+86", True, calendar="never")),
    ):
        await house.refused(BOSS, name, plan=dump(part), base_version=0)
    assert await _plan(house) == before
    await house(BOSS, "number_save", plan=dump(DialledNumber("4008", TO_QUEUE)), base_version=0)
    await house.refused(BOSS, "queue_remove", queue="server", base_version=1)
    await house(BOSS, "number_remove", number="4008", base_version=1)
    await house(BOSS, "queue_remove", queue="server", base_version=1)
    assert not (await _plan(house)).queues
    # Its row stays for what happened in it, and a queue of that name may come again.
    assert (await house(BOSS, "queue_save", plan=dump(QUEUE), base_version=0))["version"] == 3


async def test_an_old_fault_keeps_nobody_from_mending(house: Floor) -> None:
    async with house.database.transaction() as conn:
        await conn.execute(text("UPDATE tr.queue SET calendar = 'lost'"))
    await house(BOSS, "queue_save", plan=dump(QueuePlan("second", "二", "Two")), base_version=0)
    await house(BOSS, "queue_save", plan=dump(QUEUE), base_version=1)
    assert (await _plan(house)).queues["server"].calendar == ""


async def test_an_old_fault_may_move(house: Floor) -> None:
    async with house.database.transaction() as conn:
        await conn.execute(text("INSERT INTO tr.outbound_rule (place, prefix, allowed) VALUES (1, '+', false)"))
    await house(BOSS, "outbound_rule_save", plan=dump(OutboundRule("+86", True)), place=1)
    assert [rule.prefix for rule in (await _plan(house)).outbound] == ["+86", "+"]
    second = QueuePlan("second", "二", "Two", position_every_s=1.0)
    refusal = await house.refused(BOSS, "queue_save", plan=dump(second), base_version=0)
    assert refusal.words == "plan.fault_position"


async def test_calendars_menus_and_numbers(house: Floor) -> None:
    week = Calendar("week", ((0, 540, 1080),), {"2027-02-06": ()}, {"2027-02-06": "春节"})
    menu = Menu("main", "menu", {"1": TO_QUEUE, "9": Destination(DestinationKind.VOICEMAIL, "server")}, TO_QUEUE)
    number = DialledNumber("4008", Destination(DestinationKind.MENU, "main"), "en", "试用")
    await house(BOSS, "calendar_save", plan=dump(week), base_version=0)
    prompt = min(prompts())
    menu = Menu(menu.menu, prompt, menu.options, menu.otherwise)
    await house(BOSS, "menu_save", plan=dump(menu), base_version=0)
    await house(ADMIN, "number_save", plan=dump(number), base_version=0)
    plan = await _plan(house)
    assert (plan.calendars["week"], plan.menus["main"], plan.numbers["4008"]) == (week, menu, number)
    moved = DialledNumber("4008", TO_QUEUE)
    await house(BOSS, "number_save", plan=dump(moved), base_version=1)
    _, detail = (await _audited(house))[-1]
    assert detail["old"]["destination"]["kind"] == "menu" and detail["new"]["destination"]["kind"] == "queue"
    await house(BOSS, "menu_remove", menu="main", base_version=1)
    await house(BOSS, "calendar_remove", calendar="week", base_version=1)
    plan = await _plan(house)
    assert not plan.menus and not plan.calendars and plan.numbers["4008"] == moved


async def test_a_number_that_a_queue_lists_is_taken_over(house: Floor) -> None:
    async with house.database.transaction() as conn:
        await conn.execute(text("UPDATE tr.queue SET numbers = '{400,4000}'"))
    await house(BOSS, "number_save", plan=dump(DialledNumber("400", TO_QUEUE, note="主号")), base_version=0)
    await house(BOSS, "number_remove", number="400", base_version=1)
    assert set((await _plan(house)).numbers) == {"4000"}
    await house(BOSS, "number_remove", number="4000", base_version=0)
    assert not (await _plan(house)).numbers
    assert (await house.refused(BOSS, "number_remove", number="4000", base_version=0)).words == "refusal.plan_gone"


async def test_the_blacklist(house: Floor) -> None:
    await house(BOSS, "blocked_add", plan=dump(Blocked("+8613", until=NOW + 60, why="骚扰")), base_version=0)
    await house(BOSS, "blocked_add", plan={"prefix": "withheld"})
    assert {each.prefix for each in (await _plan(house)).blocked} == {"+8613", "withheld"}
    for wrong in ("", "+", "13", "+0"):
        assert (await house.refused(BOSS, "blocked_add", plan={"prefix": wrong})).args_ == ("prefix",)
    assert (await house.refused(BOSS, "blocked_add", plan={"prefix": "+1", "until": NOW - 1})).args_ == ("until",)
    assert (await house.refused(ADMIN, "blocked_add", plan={"prefix": "+1"})).words == "refusal.not_allowed"
    await house(BOSS, "blocked_remove", prefix="+8613", base_version=1)
    assert [each.prefix for each in (await _plan(house)).blocked] == ["withheld"]


async def test_closing_by_hand(house: Floor) -> None:
    await house(BOSS, "emergency_close", queue="server")
    assert (await _plan(house)).queues["server"].emergency
    await house(BOSS, "emergency_close")
    assert (await _plan(house)).emergency == "closed_emergency"
    await house(BOSS, "emergency_open")
    await house(BOSS, "emergency_open", queue="server")
    plan = await _plan(house)
    assert (plan.emergency, plan.queues["server"].emergency) == ("", False)
    _, detail = (await _audited(house))[-1]
    assert (detail["id"], detail["old"], detail["new"]) == ("server", "closed_emergency", "")
    assert (await house.refused(LIN, "emergency_close")).words == "refusal.not_allowed"
    assert (await house.refused(BOSS, "emergency_close", queue="none")).words == "refusal.plan_gone"


async def test_the_first_queue_and_settings_of_the_plan(house: Floor) -> None:
    await house(BOSS, "queue_save", plan=dump(QueuePlan("second", "二", "Two")), base_version=0)
    await house(BOSS, "first_queue_save", queue="second")
    assert (await _plan(house)).first == "second"
    for name in (plans.VERSION, plans.EMERGENCY, plans.FIRST_QUEUE):
        assert (await house.refused(BOSS, "setting_save", name=name, value="x")).words == "refusal.setting_planned"
    await house(BOSS, "setting_save", name=plans.SUPERVISION_SHOWN, value=False)
    assert (await house.refused(BOSS, "setting_save", name=plans.SUPERVISION_SHOWN, value="no")).args_ == ("value",)
    async with house.database.reading() as conn:
        assert not await plans.read_supervision_shown(conn)


async def test_outbound_rules_keep_an_order(house: Floor) -> None:
    async def prefixes() -> list[str]:
        return [each.prefix for each in (await _plan(house)).outbound]

    home = await house(BOSS, "outbound_rule_save", plan=dump(OutboundRule("+86", True)))
    await house(BOSS, "outbound_rule_save", plan=dump(OutboundRule("", False, "numbers.refused_international")))
    agents = OutboundRule("+8610", True, groups=frozenset({"agent"}), persons=frozenset({"3001"}), per_day=20)
    first = await house(BOSS, "outbound_rule_save", plan=dump(agents), place=1)
    assert first["place"] == 1 and await prefixes() == ["+8610", "+86", ""]
    assert (await _plan(house)).outbound[0] == agents
    moved = {"rule": first["id"], "plan": dump(agents), "base_version": 1, "place": 3}
    assert (await house(BOSS, "outbound_rule_save", **moved))["version"] == 2
    assert await prefixes() == ["+86", "", "+8610"]
    assert (await house.refused(BOSS, "outbound_rule_save", **moved)).words == "refusal.plan_changed"
    async with house.database.reading() as conn:
        ids = [row.key for row in await plan_rows.outbound_rules(conn)]
    await house(BOSS, "outbound_rule_order", rules=ids[::-1])
    assert await prefixes() == ["+8610", "", "+86"]
    assert (await house.refused(BOSS, "outbound_rule_order", rules=ids[1:])).words == "refusal.plan_gone"
    await house(BOSS, "outbound_rule_remove", rule=home["id"], base_version=1)
    assert await prefixes() == ["+8610", ""]
    for change, words in (
        ({"groups": ["pirate"]}, "refusal.argument_wrong"),
        ({"persons": ["7777"]}, "refusal.no_person"),
        ({"trunk": "none"}, "refusal.no_trunk"),
        ({"caller_id": "me"}, "refusal.argument_wrong"),
        ({"prefix": "86"}, "refusal.argument_wrong"),
        ({"per_day": -1}, "refusal.argument_wrong"),
    ):
        plan = {**dump(OutboundRule("+1", True)), **change}
        assert (await house.refused(BOSS, "outbound_rule_save", plan=plan)).words == words, change
