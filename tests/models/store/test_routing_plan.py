# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as the switchboard reads it: what an older house has set up counts, and nobody reads a secret."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from models.kinds import Group
from models.routing import (
    blocked_number,
    calendar,
    desk_phone,
    desk_phone_secret,
    dialled_number,
    menu,
    outbound_rule,
    person_skill,
    trunk,
    trunk_secret,
)
from models.rules.plan import Blocked, Destination, DestinationKind, OutboundRule, Plan, QueuePlan, Strategy
from models.store import plans
from models.work import queue, setting
from telephony.exchange.orders import Trunk
from tests.conftest import Site

NOW = 1_774_000_000.0


async def _read(site: Site) -> Plan:
    async with site.service().reading() as conn:
        return await plans.read_plan(conn)


async def test_a_house_without_a_plan(site: Site) -> None:
    assert await _read(site) == Plan()


async def test_queues_of_an_older_house_have_the_defaults(site: Site) -> None:
    async with site.service().transaction() as conn:
        row = {"words_zh": "热线", "words_en": "Hotline"}
        await conn.execute(insert(queue).values(id="b", priority=1, numbers=["400", "4001"], skills=["server"], **row))
        await conn.execute(insert(queue).values(id="a", **row))
        await conn.execute(insert(queue).values(id="gone", active=False, numbers=["4009"], priority=9, **row))
    plan = await _read(site)
    assert plan.queues == {
        "a": QueuePlan("a", "热线", "Hotline"),
        "b": QueuePlan("b", "热线", "Hotline", skills={"server": 1}, priority=1),
    }
    assert list(plan.queues) == ["b", "a"] and plan.first == "b"
    assert {number: line.destination.target for number, line in plan.numbers.items()} == {"400": "b", "4001": "b"}


async def test_every_part_is_read(site: Site) -> None:
    to_queue = {"kind": "queue", "target": "q", "prompt": ""}
    async with site.service().transaction() as conn:
        await conn.execute(
            insert(queue).values(
                id="q", words_zh="一", words_en="One", skills=["server", "os"], levels={"server": 4}, strategy="skills",
                relax=[{"after_s": 20}], overflow={"kind": "voicemail", "target": "q"}, level_scores={"gold": 7},
                numbers=["400"],
            )
        )  # fmt: skip
        await conn.execute(
            insert(calendar).values(calendar="week", weekly=[[0, 540, 1080]], special={"2027-01-01": []})
        )
        await conn.execute(insert(menu).values(menu="m", prompt="menu", options={"1": to_queue}, otherwise=to_queue))
        await conn.execute(insert(dialled_number).values(number="400", destination={"kind": "menu", "target": "m"}))
        await conn.execute(insert(blocked_number).values(prefix="+8613", until=5))
        await conn.execute(
            insert(outbound_rule),
            [
                {"place": 2, "prefix": "", "allowed": False, "groups": []},
                {"place": 1, "prefix": "+86", "allowed": True, "groups": ["agent"]},
            ],
        )
        await conn.execute(
            insert(setting),
            [
                {"name": plans.VERSION, "value": None, "version": 17, "changed": NOW},
                {"name": plans.EMERGENCY, "value": "closed_emergency", "version": 1, "changed": NOW},
            ],
        )
    plan = await _read(site)
    read = plan.queues["q"]
    assert read.skills == {"server": 4, "os": 1} and read.strategy is Strategy.SKILLS
    assert read.overflow == Destination(DestinationKind.VOICEMAIL, "q") and read.relax[0].after_s == 20
    assert read.level_scores == {"gold": 7}
    assert plan.numbers["400"].destination == Destination(DestinationKind.MENU, "m")
    assert plan.menus["m"].options["1"].target == "q" and plan.menus["m"].tries == 3
    assert plan.calendars["week"].weekly == ((0, 540, 1080),) and plan.calendars["week"].special == {"2027-01-01": ()}
    assert plan.blocked == (Blocked("+8613", until=5),)
    assert plan.outbound == (OutboundRule("+86", True, groups=frozenset({"agent"})), OutboundRule("", False))
    assert (plan.emergency, plan.version, plan.first) == ("closed_emergency", 17, "q")


async def test_trunks_phones_and_levels(site: Site) -> None:
    await site.add("1001", Group.AGENT, skills=("server", "laptop"))
    async with site.service().transaction() as conn:
        await conn.execute(insert(trunk).values(name="a", host="192.0.2.1", secret_set=True, numbers=["400"]))
        await conn.execute(insert(trunk).values(name="b", host="192.0.2.2"))
        await conn.execute(insert(trunk).values(name="off", host="192.0.2.3", active=False))
        await conn.execute(insert(trunk_secret).values(trunk="a", secret="hush"))
        await conn.execute(insert(desk_phone).values(extension="7001", name="前台"))
        await conn.execute(insert(desk_phone_secret).values(extension="7001", secret="hush"))
        await conn.execute(insert(person_skill).values(person="1001", skill="server", level=5))
        await conn.execute(insert(person_skill).values(person="1001", skill="storage", level=5))
    async with site.service().reading() as conn:
        first, second = await plans.read_trunks(conn)
        (phone,) = await plans.read_desk_phones(conn)
        assert await plans.read_levels(conn, "1001") == {"server": 5, "laptop": plans.MIDDLE_LEVEL}
        assert await plans.read_levels(conn, "1002") == {}
        assert await plans.read_supervision_shown(conn)
    assert Trunk(**asdict(first)) == Trunk("a", "192.0.2.1", secret="hush", numbers=("400",))
    assert second.secret == ""
    assert (phone.extension, phone.secret) == ("7001", "hush")


@pytest.mark.parametrize("table", ["trunk_secret", "desk_phone_secret"])
async def test_no_person_reads_a_secret(site: Site, table: str) -> None:
    await site.add("9001", *Group)
    with pytest.raises(DBAPIError):
        async with (await site.person("9001")).reading() as conn:
            await conn.execute(text(f"SELECT * FROM tr.{table}"))


async def test_trunks_are_the_administrators_and_supervisors(site: Site) -> None:
    async with site.service().transaction() as conn:
        await conn.execute(insert(trunk).values(name="a", host="192.0.2.1"))
    for person, group, seen in (
        ("9001", Group.ADMINISTRATOR, 1),
        ("3001", Group.SUPERVISOR, 1),
        ("1001", Group.AGENT, 0),
    ):
        await site.add(person, group)
        async with (await site.person(person)).reading() as conn:
            assert (await conn.execute(text("SELECT count(*) FROM tr.trunk"))).scalar_one() == seen
