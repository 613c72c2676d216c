# SPDX-License-Identifier: GPL-3.0-or-later
"""What the planner makes of the desks' reads, as an agent under row-level security: never a walk through a table.

A policy whose qual is not constant keeps PostgreSQL from the GIN and LIKE indexes and shows up here as a Seq Scan.
The statements are those the product really sends, caught on their way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text

from models.kinds import Group
from models.store import cards, founding
from models.store.database import Database
from models.store.search import customer_vector, search_customers
from tests.conftest import Site

CUSTOMERS = 20_000
LARGE = ("customer", "phone", "device")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰英华玉萍红玲建国文辉力"
_CITIES = ("北京", "上海", "广州", "深圳", "成都", "武汉", "西安", "杭州")


def _person(number: int) -> str:
    first, second = _GIVEN[number // 30 % len(_GIVEN)], _GIVEN[number // 900 % len(_GIVEN)]
    return _SURNAMES[number % len(_SURNAMES)] + first + second


def _trade(number: int) -> str:
    """One company in forty is in technology: what nearly everybody has, no index could help to find."""
    return "科技" if number % 40 == 0 else _GIVEN[number % 33] + _GIVEN[number // 33 % 33]


async def _fill(site: Site) -> None:
    names = [_person(number) for number in range(CUSTOMERS)]
    companies = [
        f"{_CITIES[n % 8]}{_GIVEN[n // 8 % 33]}{_GIVEN[n // 264 % 33]}{_trade(n)}有限公司" for n in range(CUSTOMERS)
    ]
    serials = [f"SN{number * 7919 % 1_000_000:06d}" for number in range(CUSTOMERS)]
    vectors = [customer_vector(*each) for each in zip(names, companies, ([s] for s in serials), strict=True)]
    admin = await founding.connect_admin(site.server, site.address.database)
    await admin.execute(
        "INSERT INTO tr.customer (name, company, search, created, changed)"
        " SELECT n, c, v::tsvector, 0, 0 FROM unnest($1::text[], $2::text[], $3::text[]) AS t(n, c, v)",
        names,
        companies,
        vectors,
    )
    await admin.execute(
        "INSERT INTO tr.phone (customer, e164, confidence, created)"
        " SELECT id, '+861' || lpad((id * 48271 % 1000000007)::text, 10, '0'), 'exact', 0 FROM tr.customer"
    )
    await admin.execute(
        "INSERT INTO tr.device (customer, product_line, model, serial, created)"
        " SELECT id, 'laptop', 'X', 'SN' || id, 0 FROM tr.customer"
    )
    await admin.execute("VACUUM ANALYZE")  # empties the GIN index's pending list too
    await admin.close()


class Catcher:
    """Every statement an engine sends, with its parameters."""

    def __init__(self, database: Database) -> None:
        self.caught: list[tuple[str, tuple[Any, ...]]] = []
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._catch)

    def _catch(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        self.caught.append((statement, tuple(parameters)))


@pytest.fixture
async def agent(site: Site) -> AsyncIterator[Database]:
    await _fill(site)
    await site.add("1001", Group.AGENT)
    yield await site.person("1001")


async def _plan(connection: asyncpg.Connection, statement: str, parameters: tuple[Any, ...]) -> str:
    # On tables this small a walk may really be the cheapest. Forbidden, it is taken only where no index is possible.
    await connection.execute("SET enable_seqscan = off")
    rows = await connection.fetch(f"EXPLAIN {statement}", *parameters)
    return "\n".join(row[0] for row in rows)


async def test_no_read_of_a_desk_walks_through_a_table(site: Site, agent: Database) -> None:
    catcher = Catcher(agent)
    async with agent.reading() as connection:
        number, customer = (await connection.execute(text("SELECT e164, customer FROM tr.phone LIMIT 1"))).one()
        catcher.caught.clear()
        assert (await cards.find_by_phone(connection, number)).customer == str(customer)
        await cards.customer_card(connection, str(customer), number)
        for typed in (
            "赵伟",
            "科技",
            "李",
            "lw",
            "zhaowei",
            "SN007919",
            "1234",
            number[-8:],
            "北京伟伟科技",
            "x",
        ):
            await search_customers(connection, typed)
    assert len(catcher.caught) >= 12
    raw = await agent.connect_raw()
    walks: list[str] = []
    for mode in ("force_custom_plan", "force_generic_plan"):
        await raw.execute(f"SET plan_cache_mode = {mode}")
        for statement, parameters in catcher.caught:
            plan = await _plan(raw, statement, parameters)
            if any(f"Seq Scan on {table}" in plan for table in LARGE):
                walks.append(f"{mode} {parameters}\n{plan}")
    await raw.close()
    assert not walks, "\n\n".join(walks)


async def test_the_guard_sees_a_policy_that_disables_an_index(site: Site, agent: Database) -> None:
    """The measure itself: a qual that is not constant does turn the search into a walk."""
    admin = await founding.connect_admin(site.server, site.address.database)
    await admin.execute("DROP POLICY readers ON tr.customer")
    await admin.execute(
        "CREATE POLICY readers ON tr.customer FOR SELECT TO tr_test_person"
        " USING (pg_has_role(session_user, 'tr_test_agent', 'member'))"
    )
    await admin.close()
    raw = await agent.connect_raw()
    plan = await _plan(raw, "SELECT id FROM tr.customer WHERE search @@ CAST($1 AS tsquery) LIMIT 300", ("'赵伟'",))
    await raw.close()
    assert "Seq Scan on customer" in plan


async def test_no_policy_calls_a_function_but_that_of_ones_own_rows(site: Site) -> None:
    admin = await founding.connect_admin(site.server, site.address.database)
    policies = await admin.fetch("SELECT tablename, policyname, qual, with_check FROM pg_policies")
    await admin.close()
    assert policies
    for policy in policies:
        if policy["policyname"] != "own":
            assert policy["qual"] == "true" and policy["with_check"] in (None, "true"), dict(policy)
