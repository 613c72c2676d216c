# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of the tables leads to the tables of the code, and running it again changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from models.base import SCHEMA
from models.rules.plan import OutboundRule, QueuePlan
from models.store import founding
from models.store.access import metadata
from models.store.migrations.run import configuration, head_revision
from models.store.plans import read_plan
from tests.conftest import Site

_STATE = """SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT 'policy ' || p::text AS line FROM pg_policies p
  UNION ALL SELECT 'grants ' || relname || coalesce(relacl::text, '') || relrowsecurity FROM pg_class
    WHERE relnamespace = 'tr'::regnamespace AND relkind = 'r'
  UNION ALL SELECT 'function ' || proname || coalesce(proacl::text, '') FROM pg_proc
    WHERE pronamespace IN ('tr'::regnamespace, 'tr_api'::regnamespace)
  UNION ALL SELECT 'role ' || rolname || rolcanlogin || rolconnlimit || coalesce(rolconfig::text, '') FROM pg_roles
    WHERE starts_with(rolname::text, 'tr_test_')) AS lines"""


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "include_name": lambda name, kind, parents: kind != "schema" or name == SCHEMA,
            "compare_type": True,
        },
    )
    return compare_metadata(context, metadata)


async def test_the_revisions_make_the_tables_of_the_code(site: Site) -> None:
    """When this fails: python -m models.store.migrations.revise "what changes"."""
    async with site.owner().transaction() as connection:
        assert await connection.run_sync(_differences) == []


async def test_upgrading_again_changes_nothing_and_may_happen_at_once(site: Site) -> None:
    async with site.owner().reading() as connection:
        before = (await connection.execute(text(_STATE))).scalar_one()
        answers = await asyncio.gather(*(founding.upgrade(site.data_dir) for _ in range(3)))
        assert answers == [head_revision()] * 3
        assert (await connection.execute(text(_STATE))).scalar_one() == before


async def test_a_start_leaves_a_current_site_alone_and_mends_one_that_is_not(site: Site) -> None:
    async with site.owner().reading() as connection:
        await founding.upgrade(site.data_dir)
        stamp = text("SELECT max(xmin::text::bigint) FROM pg_policy")
        before = (await connection.execute(stamp)).scalar_one()
        await founding.upgrade(site.data_dir, always=False)
        assert (await connection.execute(stamp)).scalar_one() == before
        await connection.execute(text("COMMENT ON SCHEMA tr_api IS 'of an older program'"))
        await founding.upgrade(site.data_dir, always=False)
        assert (await connection.execute(stamp)).scalar_one() > before


async def test_a_house_of_the_first_revision_keeps_its_queues(site: Site) -> None:
    async with site.owner().transaction() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), "0001"))
        await connection.execute(
            text("INSERT INTO tr.queue (id, words_zh, words_en, skills, numbers) VALUES ('q','一','One','{a}','{400}')")
        )
        await connection.execute(text("INSERT INTO tr.outbound_rule (place, prefix, allowed) VALUES (1, '+86', true)"))
        await connection.execute(text("INSERT INTO tr.task (kind, created, handover_due) VALUES ('recall', 0, 0)"))
    assert await founding.upgrade(site.data_dir, always=False) == head_revision()
    async with site.service().reading() as connection:
        plan = await read_plan(connection)
        assert (await connection.execute(text("SELECT queue FROM tr.task"))).scalar_one() == ""
    assert plan.queues == {"q": QueuePlan("q", "一", "One", skills={"a": 1})}
    assert plan.numbers["400"].destination.target == "q" and plan.outbound == (OutboundRule("+86", True),)


async def test_the_doctor_finds_what_is_wrong(site: Site, tmp_path: Path) -> None:
    findings = {finding.key: finding for finding in await founding.check(site.data_dir)}
    assert not findings["store.check_fsync_off"].well  # the tests' own server
    assert findings["store.check_revision"].well and findings["store.check_clock"].well
    assert all(finding.words for finding in findings.values())
    async with site.owner().transaction() as connection:
        await connection.execute(text("UPDATE tr.alembic_version SET version_num = '0000'"))
    assert "store.check_revision_old" in {finding.key for finding in await founding.check(site.data_dir)}
    assert [finding.key for finding in await founding.check(tmp_path)] == ["store.site_missing"]
