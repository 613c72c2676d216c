# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's data: believable, the same by seed, laid down once, and gone when cancelled."""

from __future__ import annotations

import wave
from array import array
from pathlib import Path

import pytest
from sqlalchemy import text

from models.kinds import Confidence, TicketStage, WarrantyState
from models.rules import policy
from models.rules.lines import trunk_fault
from models.rules.plan import DestinationKind, Strategy
from models.rules.plan_check import faults
from models.store import cards, demo, plan_rows, plans
from models.verbs.plan_guard import prompts
from tests.conftest import Site

NOW = 1_774_000_000.0


@pytest.fixture
def quick_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """SCRAM takes its time on purpose; the data does not hang on it."""
    everybody = demo.demo_house.words("house")["staff"]
    few = {**demo.demo_house.words("house"), "staff": everybody[:2]}
    real = demo.demo_house.words
    monkeypatch.setattr(demo.demo_house, "words", lambda file: few if file == "house" else real(file))


@pytest.mark.usefixtures("quick_people")
async def test_the_house_stands_once(site: Site) -> None:
    owner = site.owner()
    told: list[tuple[int, int]] = []
    first = await demo.fill(owner, customers=300, now=NOW, progress=lambda done, of: told.append((done, of)))
    again = await demo.fill(owner, customers=900, now=NOW)
    assert (first.customers, first.fresh) == (300, True)
    assert (again.customers, again.fresh) == (300, False)
    assert told[-1] == (300, 300)
    async with site.service().reading() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one() == 300
        doubled = text("SELECT count(*) - count(DISTINCT e164) FROM tr.phone WHERE confidence <> 'household'")
        assert (await conn.execute(doubled)).scalar_one() == 0
        assert len(await cards.dispositions(conn)) == 8 + 38
        assert await demo.some_numbers(owner, 3) == (await demo.some_numbers(owner, 9))[:3]
        assert (await demo.some_numbers(owner, 1)) == ["+8613800138000"]
        assert {line.person: line.groups for line in await cards.people(conn)} == {
            "1001": ("agent",),
            "1007": ("agent",),
        }


@pytest.mark.usefixtures("quick_people")
async def test_the_pictured_customer(site: Site) -> None:
    await demo.fill(site.owner(), customers=5)
    async with site.service().reading() as conn:
        card = await cards.find_by_phone(conn, "+8613800138000")
        rows = await cards.policies(conn)
    assert (card.name, card.company, card.level) == ("陈志远", "青禾市第二医院・信息科", "gold")
    assert card.confidence is Confidence.EXACT
    assert card.last_agent_name == "周敏"
    assert [line.number for line in card.phones] == ["+8613800138000", "+865395550126"]
    assert [line.warranty for line in card.devices] == [
        WarrantyState.COVERED,
        WarrantyState.COVERED,
        WarrantyState.EXPIRED,
    ]
    assert [line.title for line in card.tickets] == ["存储电池告警，待备件", "季度巡检预约"]
    assert card.tickets[0].stage is TicketStage.HANDED_ON and card.tickets[0].stage_words == "待备件"
    assert len(card.contacts) == 6
    offered = policy.offers(rows, "server", "covered", "gold", "hardware", "青禾市")
    assert [option.mode for option in offered.allowed] == ["onsite", "mail_in", "phone"]
    assert [policy.words(barred.why_not) for barred in offered.barred] == ["本市无授权站", "设备在保"]
    said = policy.spoken(offered.allowed[0], "陈先生", "服务器")
    assert said == "陈先生，您的服务器在保，工程师 4 小时内上门，上门和换件都不收费。您看几点方便？"


@pytest.mark.usefixtures("quick_people")
async def test_a_cancelled_fill_leaves_nothing(site: Site) -> None:
    with pytest.raises(InterruptedError):
        await demo.fill(site.owner(), customers=300, cancelled=lambda: True)
    async with site.service().reading() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one() == 0
    assert (await demo.fill(site.owner(), customers=20)).fresh


@pytest.mark.usefixtures("quick_people")
async def test_bulk_indexes_are_there_afterwards(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "BULK", 10)
    indexes = text("SELECT indexname FROM pg_indexes WHERE schemaname = 'tr' ORDER BY 1")
    owner = site.owner()
    async with owner.reading() as conn:
        before = (await conn.execute(indexes)).scalars().all()
    await demo.fill(owner, customers=100, now=NOW)
    async with owner.reading() as conn:
        assert (await conn.execute(indexes)).scalars().all() == before


@pytest.mark.usefixtures("quick_people")
async def test_the_plan_of_the_demo(site: Site) -> None:
    await demo.fill(site.owner(), customers=5, now=NOW, waiting=True)
    async with site.service().reading() as conn:
        plan = await plans.read_plan(conn)
        trunks = await plans.read_trunks(conn)
        levels = await plans.read_levels(conn, "1001")
        lines = await plan_rows.recalls(conn)
        shown = await plan_rows.trunks(conn)
    main = plan.numbers["400"].destination
    assert (main.kind, main.target, plan.first) == (DestinationKind.QUEUE, "server", "server")
    assert plan.queues["server"].strategy is Strategy.LONGEST_IDLE and not plan.queues["server"].calendar
    assert len({each.strategy for each in plan.queues.values()}) == 5
    week = plan.calendars["week"].special
    assert week["2026-02-23"] == () and week["2026-02-28"] == ((540, 1080),) and week["2027-02-06"] == ()
    assert plan.menus["main"].options["3"].target == "complaint"
    assert [rule.prefix for rule in plan.outbound] == ["+86", "+852", ""]
    assert trunks == () and [row.line.name for row in shown] == ["telecom", "unicom"]
    assert not [trunk_fault(row.line, row.secret_set) for row in shown if trunk_fault(row.line, row.secret_set)]
    assert faults(plan, prompts()) == ()
    assert levels["server"] == 5
    assert [line.task.kind for line in lines].count("web_callback") == 2 and len(lines) == 5
    assert next(line for line in lines if line.task.note == "abandoned").waited_s > 0


@pytest.mark.usefixtures("quick_people")
async def test_who_takes_the_first_number_is_who_takes_the_key_accounts(site: Site) -> None:
    """A queue with fewer agents would change who counts as the last one reachable."""
    await demo.fill(site.owner(), customers=1, now=NOW)
    async with site.service().reading() as conn:
        plan = await plans.read_plan(conn)
    staff = [line for line in demo.demo_house.words("house")["staff"] if "agent" in line[2]]
    levels = demo.demo_house.words("plan")["levels"]

    def agents(queue: str) -> set[str]:
        asked = plan.queues[queue].skills.items()
        return {who for who, _, _, can, _ in staff if all(s in can and levels[who].get(s, 3) >= n for s, n in asked)}

    assert agents("enterprise") == agents("server") and agents("complaint") >= agents("server") | agents("client")


@pytest.mark.usefixtures("quick_people")
async def test_messages_of_the_demo_can_be_heard(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    await demo.fill(site.owner(), customers=1, now=NOW, waiting=True, recordings=folder)
    async with site.service().reading() as conn:
        lines = await plan_rows.voicemails(conn)
        files = list((await conn.execute(text("SELECT file FROM tr.voicemail ORDER BY at DESC"))).scalars())
        waiting = [line for line in await plan_rows.recalls(conn) if line.voicemail is not None]
    assert [line.queue for line in lines] == ["client", "complaint"] and len(waiting) == 2
    for line, name in zip(lines, files, strict=True):
        with wave.open(str(folder / name)) as file:
            assert file.getnchannels() == 2 and abs(file.getnframes() / file.getframerate() - line.seconds) < 0.01
            frames = array("h", file.readframes(file.getnframes()))
        assert any(frames[::2]) and not any(frames[1::2])
