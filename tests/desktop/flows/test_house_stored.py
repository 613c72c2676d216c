# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up flow over a real database with the real verbs: what a supervisor writes is what the plan reads."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from desktop.flows.house_edit import Edit
from desktop.flows.outbox import Refused
from models.kinds import Group
from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import (
    Blocked,
    Calendar,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    Strategy,
)
from models.rules.plan import QueuePlan as Queue
from models.store.database import Database
from models.store.plans import read_desk_phones, read_plan, read_supervision_shown, read_trunks
from models.verbs.registry import Actor, VerbRefused
from models.verbs.runner import run_verb
from tests.conftest import Site
from tests.desktop.house_desk import HouseDesk

BOSS = Actor("3001", "周立群", frozenset({Group.SUPERVISOR, Group.ADMINISTRATOR}))
ZHOU = Actor("3002", "周敏", frozenset({Group.SUPERVISOR}))


class StoredDesk(HouseDesk):
    """Verbs and reads go to the database; `done` waits for what was started."""

    def __init__(self, service: Database, own: Database, actor: Actor = BOSS) -> None:
        super().__init__()
        self._service, self._own, self._actor = service, own, actor
        self._work: list[Coroutine[Any, Any, Any]] = []
        self.said: list[str] = []
        self.sign_in_as("supervisor")
        assert self.me is not None
        self.me = replace(self.me, person=actor.person, groups=tuple(actor.groups))

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        self._work.append(work)

    async def done(self) -> None:
        while self._work:
            try:
                await self._work.pop(0)
            except Refused as refused:
                self.said.append(refused.words)

    async def read(self, what: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async with self._own.reading() as connection:
            return await what(connection, *args)

    async def ask_now(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        return await self.post(verb, args)

    async def post(self, verb: str, args: dict[str, Any], stream: str = "") -> dict[str, Any]:
        self.posted.append((verb, args))
        sent = json.loads(json.dumps(args))  # as it travels on the link
        try:
            key = f"key-{id(self)}-{len(self.posted)}"
            return await run_verb(self._service, self._actor, verb, sent, key, now=self.at)
        except VerbRefused as refused:
            raise Refused(refused.words, tuple(str(each) for each in refused.args_)) from refused

    async def make(self, kind: str, part: Any) -> Edit:
        """A new part, written and stored."""
        edit = self.house.begin_new(kind, part)
        assert not self.house.faults(edit), self.house.faults(edit)
        self.house.save(edit)
        await self.done()
        assert edit.refused is None, edit.refused
        return edit


async def desks(site: Site) -> tuple[StoredDesk, StoredDesk]:
    await site.add("3001", Group.SUPERVISOR, Group.ADMINISTRATOR, name="周立群")
    await site.add("3002", Group.SUPERVISOR, name="周敏")
    service = site.service()
    boss = StoredDesk(service, await site.person("3001"))
    other = StoredDesk(service, await site.person("3002"), ZHOU)
    for desk in (boss, other):
        desk.house.begin()
        await desk.done()
    return boss, other


async def test_every_kind_of_part_is_written_and_read_as_it_was_written(site: Site) -> None:
    desk, _other = await desks(site)
    office = Calendar("office", ((0, 510, 1050),), {"2026-10-01": ()}, {"2026-10-01": "国庆节"})
    await desk.make("calendar", office)
    line = Queue("line", "专线", "Line", {"server": 3}, Strategy.SKILLS, calendar="office")
    await desk.make("queue", line)
    to_line = Destination(DestinationKind.QUEUE, "line")
    menu = Menu("main", "waiting", {"1": to_line}, to_line, {"8": "en"})
    await desk.make("menu", menu)
    number = DialledNumber("+864008123456", Destination(DestinationKind.MENU, "main"))
    await desk.make("number", number)
    blocked = Blocked("+86170", why="试停")
    await desk.make("blocked", blocked)
    registers = TrunkLine("unicom", "127.0.0.1", register=True, username="u", secret="s3cret-word")
    trunk = await desk.make("trunk", registers)
    for rule in (OutboundRule("+861", True), OutboundRule("+1", False, "不许")):
        await desk.make("outbound", rule)
    await desk.make("device", DeskPhone("8101", "前台", secret="long-enough-1"))
    async with site.service().reading() as connection:
        plan = await read_plan(connection)
        (phone,) = await read_desk_phones(connection)
        (stored,) = await read_trunks(connection)
    assert plan.calendars["office"] == office and plan.queues["line"] == line and plan.menus["main"] == menu
    assert plan.numbers["+864008123456"] == number and plan.blocked == (blocked,)
    assert [rule.prefix for rule in plan.outbound] == ["+861", "+1"] and stored.secret == "s3cret-word"
    assert (phone.extension, phone.secret) == ("8101", "long-enough-1")
    picture = desk.house.picture
    assert picture is not None and picture.plan == plan and picture.mark("queue", "line").by == "周立群"
    assert picture.trunks[0].secret == "" and "unicom" in picture.secret_set and trunk.id == "unicom"


async def test_who_was_slower_is_shown_what_the_other_stored(site: Site) -> None:
    desk, other = await desks(site)
    await desk.make("queue", Queue("line", "专线", "Line"))
    other.house.refresh()
    await other.done()
    theirs, mine = other.house.edit("queue", "line"), desk.house.edit("queue", "line")
    assert theirs is not None and mine is not None
    other.house.put(theirs, "priority", 7)
    other.house.put(theirs, "target_s", 9)
    other.house.save(theirs)
    await other.done()
    desk.house.put(mine, "priority", 500)
    desk.house.save(mine)  # before the change was told to this desk
    await desk.done()
    assert mine.theirs == {"priority": 7} and mine.now.priority == 500 and mine.now.target_s == 9
    assert mine.by == "周敏" and mine.refused is not None and mine.refused[0] == "refusal.plan_changed"
    desk.house.take(mine, "priority", False)
    desk.house.save(mine)
    await desk.done()
    assert desk.house.picture is not None and desk.house.picture.plan.queues["line"].priority == 500
    assert not mine.dirty


async def test_order_closing_levels_and_removing(site: Site) -> None:
    desk, _other = await desks(site)
    await desk.make("queue", Queue("line", "专线", "Line"))
    for rule in (OutboundRule("+861", True), OutboundRule("+1", False, "不许")):
        await desk.make("outbound", rule)
    assert desk.house.picture is not None
    desk.house.move(desk.house.picture.rule_ids[1], -1)
    desk.house.close_now("line")
    desk.house.close_now("")
    desk.house.set_level("3002", "server", 4)
    await desk.done()
    picture = desk.house.picture
    assert [rule.prefix for rule in picture.plan.outbound] == ["+1", "+861"]
    assert picture.plan.queues["line"].emergency and picture.plan.emergency == "closed_emergency"
    assert next(one.levels for one in picture.people if one.person == "3002") == {"server": 4}
    desk.house.open_again("line")
    desk.house.open_again("")
    await desk.done()
    edit = desk.house.edit("outbound", desk.house.picture.rule_ids[0])
    assert edit is not None and desk.said == []
    desk.house.remove(edit)
    await desk.done()
    assert [rule.prefix for rule in desk.house.picture.plan.outbound] == ["+861"]
    assert not desk.house.picture.plan.emergency and not desk.house.picture.plan.queues["line"].emergency


async def test_what_the_house_sets_for_itself_is_read_by_desks_and_by_the_service(site: Site) -> None:
    desk, _other = await desks(site)
    desk.house.set_preset("supervision_shown", False)
    desk.house.set_preset("company", "青禾科技")
    await desk.done()
    assert desk.house.picture is not None
    assert dict(desk.house.picture.presets) == {"company": "青禾科技", "supervision_shown": False}
    assert desk.house.picture.mark("preset", "company").by == "周立群"
    async with site.service().reading() as connection:
        assert await read_supervision_shown(connection) is False
    desk.house.set_preset("supervision_shown", "no")
    await desk.done()
    assert desk.said == ["refusal.argument_wrong"]
