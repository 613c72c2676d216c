# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever somebody types finds the customer, by an index, and odd input finds nothing quietly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from models.customers import customer, phone
from models.store import search
from models.store.database import Database
from tests.conftest import Site

NOW = 1_774_000_000.0
PEOPLE = (
    ("陈志远", "青禾市第二医院", "+8613800138000", ("HC8X2406A0173",)),
    ("曾国华", "恒信科技有限公司", "+865315550188", ()),
    ("陈志", "", "+8613600005518", ()),
    ("Alice O'Neil", "Blue-Sky 科技", "+8613900002741", ("SN-77/AB",)),
)


@pytest.fixture
async def found_in(site: Site) -> Database:
    service = site.service()
    async with service.transaction() as conn:
        for name, company, number, serials in PEOPLE:
            row = insert(customer).values(
                name=name,
                company=company,
                search=search.customer_vector(name, company, serials),
                created=NOW,
                changed=NOW,
            )
            id_ = (await conn.execute(row.returning(customer.c.id))).scalar_one()
            await conn.execute(insert(phone).values(customer=id_, e164=number, confidence="exact", created=NOW))
    return service


async def test_every_way_of_typing_finds_him(found_in: Database) -> None:
    chen, zeng, alice = "陈志远", "曾国华", "Alice O'Neil"
    ways = {
        chen: ("陈志远", "志远", "czy", "CZY", "chenzhiyuan", "第二医院", "qhsdeyy", "deyy", "138 0013-8000", "8000",
               "013800138000", "0086 138 0013 8000", "１３８００１３８０００", "hc8x2406", "A0173", "陈志远 第二医院"),
        zeng: ("zeng", "zgh", "0531-5550188", "恒信", "hengxin"),
        alice: ("alice", "o'neil", "blue 科技", "77ab"),
        "陈志": ("chenzhi",),
        "": ("二院 czy", "陈志远 恒信", "9999"),
    }  # fmt: skip
    async with found_in.reading() as conn:
        for name, typings in ways.items():
            for typed in typings:
                names = [each.name for each in await search.search_customers(conn, typed)]
                assert "".join(names[:1]) == name, (typed, names)


async def test_exact_names_stand_first(found_in: Database) -> None:
    async with found_in.reading() as conn:
        names = [each.name for each in await search.search_customers(conn, "陈志")]
    assert names == ["陈志", "陈志远"]


@pytest.mark.parametrize("typed", ["", " ", "'", "\\", "& | !", "\x00", "():*", "😀", "%", "-" * 500, "陈" * 300])
async def test_odd_input_finds_nothing_and_breaks_nothing(found_in: Database, typed: str) -> None:
    async with found_in.reading() as conn:
        assert await search.search_customers(conn, typed) == ()


@given(st.text(max_size=12), st.text(max_size=12), st.lists(st.text(max_size=8), max_size=2))
def test_vectors_are_always_well_formed(name: str, company: str, serials: list[str]) -> None:
    lexemes = search.customer_lexemes(name, company, serials)
    assert all(0 < len(lexeme) <= search.LONGEST_LEXEME for lexeme in lexemes)
    assert search.vector_text(lexemes).count("'") % 2 == 0


async def test_the_search_uses_its_indexes(found_in: Database) -> None:
    async with found_in.reading() as conn:
        await conn.execute(text("SET enable_seqscan = off"))
        plan = await conn.execute(
            text("EXPLAIN SELECT id FROM tr.customer WHERE search @@ CAST('''志远''' AS tsquery)")
        )
        assert "customer_search" in "\n".join(plan.scalars())
        plan = await conn.execute(text("EXPLAIN SELECT customer FROM tr.phone WHERE rev >= '0008' AND rev < '0008:'"))
        assert "phone_rev" in "\n".join(plan.scalars())
