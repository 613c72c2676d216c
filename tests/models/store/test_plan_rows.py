# SPDX-License-Identifier: GPL-3.0-or-later
"""What a desk reads of the plan, of skills, of those who wait to be called back, and of a contact's history."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from models.contacts import contact, contact_event, voicemail
from models.customers import customer
from models.kinds import Group, TaskKind
from models.routing import (
    blocked_number,
    calendar,
    desk_phone,
    dialled_number,
    menu,
    outbound_rule,
    person_skill,
    trunk,
)
from models.rules.plan import Destination, DestinationKind
from models.store import plan_rows, plans
from models.work import queue, task
from tests.conftest import Site

NOW = 1_774_000_000.0
HANG_UP = {"kind": "hang_up"}


async def _set_up(conn: AsyncConnection) -> None:
    marks = {"version": 4, "changed": NOW, "changed_by": "3001"}
    await conn.execute(insert(queue).values(id="q", words_zh="一", words_en="One", **marks))
    await conn.execute(insert(queue).values(id="gone", words_zh="一", words_en="One", active=False))
    await conn.execute(insert(menu).values(menu="m", prompt="menu", options={}, otherwise=HANG_UP))
    await conn.execute(insert(calendar).values(calendar="week"))
    await conn.execute(insert(dialled_number).values(number="400", destination=HANG_UP))
    await conn.execute(insert(blocked_number).values(prefix="+8613", changed_by="gone"))
    await conn.execute(insert(outbound_rule).values(place=1, prefix="+86", allowed=True))
    await conn.execute(insert(trunk).values(name="a", host="192.0.2.1", secret_set=True, active=False))
    await conn.execute(insert(desk_phone).values(extension="7001", name="前台"))


async def test_the_plan_with_its_versions(site: Site) -> None:
    await site.add("3001", Group.SUPERVISOR, name="周立群")
    async with site.service().transaction() as conn:
        await _set_up(conn)
    async with (await site.person("3001")).reading() as conn:
        (line,) = await plan_rows.queues(conn)
        assert (line.key, line.part.words_en, line.version, line.changed_by_name) == ("q", "One", 4, "周立群")
        assert [each.part.otherwise for each in await plan_rows.menus(conn)] == [Destination(DestinationKind.HANG_UP)]
        assert [each.key for each in await plan_rows.calendars(conn)] == ["week"]
        assert [each.part.destination.kind for each in await plan_rows.numbers(conn)] == [DestinationKind.HANG_UP]
        assert [each.changed_by_name for each in await plan_rows.blocked(conn)] == ["gone"]
        (rule,) = await plan_rows.outbound_rules(conn)
        assert rule.part.prefix == "+86" and rule.key.isdigit()
        (row,) = await plan_rows.trunks(conn)
        assert (row.line.host, row.line.secret, row.secret_set, row.active) == ("192.0.2.1", "", True, False)
        assert [each.part.secret for each in await plan_rows.desk_phones(conn)] == [""]
        assert set((await plans.read_plan(conn)).queues) == {"q"}  # the dry run's


async def test_skills_have_levels(site: Site) -> None:
    await site.add("1001", Group.AGENT, skills=("server", "laptop"), name="林晓雯")
    async with site.service().transaction() as conn:
        await conn.execute(insert(person_skill).values(person="1001", skill="server", level=5))
        await conn.execute(insert(person_skill).values(person="1001", skill="forgotten", level=5))
    async with (await site.person("1001")).reading() as conn:
        (line,) = await plan_rows.people_skills(conn)
    assert (line.name, line.groups, line.levels, line.version) == ("林晓雯", ("agent",), {"server": 5, "laptop": 3}, 1)


async def test_who_waits_to_be_called_back(site: Site) -> None:
    await site.add("1001", Group.AGENT, name="林晓雯")
    due = {"created": NOW, "number": "+8613800138000"}
    async with site.service().transaction() as conn:
        who = (
            await conn.execute(insert(customer).values(name="王芳", created=0, changed=0).returning(customer.c.id))
        ).scalar_one()
        await conn.execute(insert(contact).values(id="c1", started=NOW - 90, ended=NOW - 50))
        kinds = [
            (TaskKind.RECALL, "c1", 20),
            (TaskKind.VOICEMAIL, "c2", 10),
            (TaskKind.WEB_CALLBACK, "", 30),
            (TaskKind.HANDOVER, "c3", 1),
        ]
        ids = [
            (
                await conn.execute(
                    insert(task)
                    .values(
                        kind=kind, contact=of, handover_due=NOW + soon, queue="q", language="en", customer=who, **due
                    )
                    .returning(task.c.id)
                )
            ).scalar_one()
            for kind, of, soon in kinds
        ]
        for contact_id, state in (("c2", "kept"), ("c9", "erased")):
            await conn.execute(
                insert(voicemail).values(
                    contact=contact_id, queue="q", task=ids[1], file=contact_id, at=NOW, seconds=12, state=state
                )
            )
    async with (await site.person("1001")).reading() as conn:
        lines = await plan_rows.recalls(conn)
        (message,) = await plan_rows.voicemails(conn)
    assert [line.task.kind for line in lines] == [TaskKind.VOICEMAIL, TaskKind.RECALL, TaskKind.WEB_CALLBACK]
    assert lines[0].voicemail == message and (message.customer_name, message.seconds) == ("王芳", 12)
    assert (lines[1].arrived, lines[1].waited_s, lines[1].voicemail) == (NOW - 90, 40, None)
    assert (lines[2].arrived, lines[2].queue, lines[2].language) == (None, "q", "en")


async def test_the_history_of_a_contact(site: Site) -> None:
    await site.add("1001", Group.AGENT, name="林晓雯")
    rows = [(2, "missed", "c1"), (1, "offered", "c1"), (3, "offered", "c2")]
    async with site.service().transaction() as conn:
        for seq, kind, of in rows:
            await conn.execute(
                insert(contact_event).values(
                    site="test", epoch=1, seq=seq, at=seq, contact=of, kind=kind, who="1001", data={"seq": seq}
                )
            )
    async with (await site.person("1001")).reading() as conn:
        history = await plan_rows.events_of(conn, "c1")
    assert [(line.kind, line.who_name, line.data["seq"]) for line in history] == [
        ("offered", "林晓雯", 1),
        ("missed", "林晓雯", 2),
    ]
