# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may be calling: a fact, a house, or candidates; never a guess as a fact."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.customers import customer, phone
from models.kinds import Confidence, Group
from models.store import cards, demo
from models.store.database import fetch
from tests.conftest import Site

NOW = 1_774_000_000.0
NUMBER = "+8613800138000"


async def _customers(site: Site, *lines: tuple[str, str, str]) -> list[str]:
    """(name, company, confidence of NUMBER); their ids."""
    made: list[str] = []
    async with site.service().transaction() as conn:
        for name, company, confidence in lines:
            row = insert(customer).values(name=name, company=company, created=NOW, changed=NOW)
            id_ = (await conn.execute(row.returning(customer.c.id))).scalar_one()
            await conn.execute(insert(phone).values(customer=id_, e164=NUMBER, confidence=confidence, created=NOW))
            made.append(str(id_))
    return made


@pytest.mark.parametrize(
    ("lines", "confidence", "is_customer", "whys"),
    [
        ([], Confidence.UNKNOWN, False, []),
        ([("陈", "", "exact")], Confidence.EXACT, True, []),
        ([("陈", "", "exact"), ("李", "", "maybe")], Confidence.EXACT, True, []),
        ([("陈", "", "exact"), ("李", "", "exact")], Confidence.MAYBE, False, ["card.why_shared"] * 2),
        ([("陈", "院", "household")], Confidence.HOUSEHOLD, True, []),
        ([("陈", "院", "household"), ("李", "院", "household")], Confidence.MAYBE, False, ["card.why_company"] * 2),
        ([("陈", "", "household"), ("李", "", "maybe")], Confidence.MAYBE, False,
         ["card.why_household", "card.why_seen_once"]),
        ([("陈", "", "maybe")], Confidence.MAYBE, False, ["card.why_seen_once"]),
    ],
)  # fmt: skip
async def test_who_is_calling(
    site: Site, lines: list[tuple[str, str, str]], confidence: Confidence, is_customer: bool, whys: list[str]
) -> None:
    ids = await _customers(site, *lines)
    async with site.service().reading() as conn:
        card = await cards.find_by_phone(conn, NUMBER)
    assert card.confidence is confidence
    assert card.customer == (ids[0] if is_customer else "")
    assert bool(card.name) is is_customer
    assert [each.why for each in card.candidates] == whys
    assert card.number == NUMBER


async def test_a_withheld_number_finds_nobody(site: Site) -> None:
    async with site.service().reading() as conn:
        card = await cards.find_by_phone(conn, "")
        assert (card.confidence, card.customer, card.candidates) == (Confidence.WITHHELD, "", ())
        for nobody in ("", "0", "999999", "x", "9" * 40):
            with pytest.raises(LookupError):
                await cards.customer_card(conn, nobody)
        assert await cards.draft(conn, "x") is None


async def test_a_known_customer_on_a_shared_telephone(site: Site) -> None:
    (chen, _) = await _customers(site, ("陈", "", "exact"), ("李", "", "exact"))
    async with site.service().reading() as conn:
        card = await cards.customer_card(conn, chen, NUMBER)
        assert (card.name, card.confidence) == ("陈", Confidence.MAYBE)
        assert cards.named(card).confidence is Confidence.EXACT
        assert (await cards.customer_card(conn, chen, "+8610")).confidence is Confidence.MAYBE


async def test_the_whole_card_is_two_queries_as_the_person_himself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await demo.fill(site.owner(), customers=10)
    await site.add("7001", Group.AGENT, name="新来的")
    await site.add("7002", Group.STOREKEEPER, name="库管")
    agent = await site.person("7001")
    asked: list[str] = []
    event.listen(agent.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    async def counted(conn: AsyncConnection, query: str, *args: object) -> list[object]:
        asked.append(query)
        return await fetch(conn, query, *args)

    monkeypatch.setattr(cards, "fetch", counted)
    async with agent.reading() as conn:
        card = await cards.find_by_phone(conn, NUMBER)
    assert card.name == "陈志远"
    assert len(asked) == 2
    storekeeper = await site.person("7002")
    async with storekeeper.reading() as conn:
        assert (await cards.find_by_phone(conn, NUMBER)).confidence is Confidence.UNKNOWN


async def test_articles_fit_by_model_and_symptom(site: Site) -> None:
    async with site.service().transaction() as conn:
        await demo.demo_house.furnish(conn, NOW)
    async with site.service().reading() as conn:
        found = await cards.articles(conn, "server", "前面板琥珀灯常亮，反复重启", "HS5280 M6")
        assert found[0].title == "HS5280 M6 琥珀灯常亮处理"
        assert found[0].fit > found[-1].fit >= 0
        assert (await conn.execute(text("SELECT count(*) FROM tr.article"))).scalar_one() > len(found)
