# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks and phones are the administrator's, their secrets are nowhere to be read; skills have levels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text

from models.kinds import Group
from models.rules.lines import TrunkLine
from models.rules.plan import OutboundRule
from models.rules.plan_json import dump
from models.store import plan_rows, plans
from models.verbs.registry import Actor
from telephony.exchange.orders import Trunk
from tests.conftest import Site
from tests.models.verbs.floor import BOSS, LIN, Floor, known

ADMIN = Actor("9001", "管理员", frozenset({Group.ADMINISTRATOR}))
LINE = TrunkLine("telecom", "sip.example.net", username="u", register=True, numbers=("400",))
SECRET = "correct horse".replace(" ", "-")


def _shown(line: TrunkLine) -> dict[str, Any]:
    return {name: value for name, value in dump(line).items() if name != "secret"}


@pytest.fixture
async def house(site: Site) -> AsyncIterator[Floor]:
    await known(site, BOSS, ADMIN)
    await known(site, LIN, skills=("server", "os"))
    yield Floor(site.service())


async def _trunks(floor: Floor) -> tuple[TrunkLine, ...]:
    async with floor.database.reading() as conn:
        return await plans.read_trunks(conn)


async def test_a_trunk_and_its_secret(house: Floor) -> None:
    made = await house(ADMIN, "trunk_save", plan=_shown(LINE), base_version=0, secret=SECRET)
    assert made == {"id": "telecom", "version": 1}
    changed = replace(LINE, host="192.0.2.9")
    await house(ADMIN, "trunk_save", plan=_shown(changed), base_version=1)
    (line,) = await _trunks(house)
    assert Trunk(**asdict(line)) == Trunk(**asdict(replace(changed, secret=SECRET)))
    await house(ADMIN, "trunk_save", plan=_shown(changed), base_version=2, active=False)
    await house(ADMIN, "trunk_save", plan=_shown(changed), base_version=3, secret="another-one")
    assert await _trunks(house) == ()  # still off
    async with house.database.reading() as conn:
        (row,) = await plan_rows.trunks(conn)
        assert (row.active, row.secret_set, row.version, row.changed_by_name) == (False, True, 4, "管理员")
        told = (await conn.execute(text("SELECT detail::text FROM tr.audit"))).scalars().all()
        keys = (await conn.execute(text("SELECT result::text FROM tr.verb_key"))).scalars().all()
    assert len(told) == 4 and not any(SECRET in each or "another-one" in each for each in (*told, *keys))
    assert '"secret": "changed"' in told[0] and '"secret": "kept"' in told[1]


async def test_who_forgets_the_secret_cannot_register(house: Floor) -> None:
    refusal = await house.refused(ADMIN, "trunk_save", plan=_shown(LINE), base_version=0)
    assert refusal.args_ == ("refusal.trunk_secret",)
    await house(ADMIN, "trunk_save", plan=_shown(LINE), base_version=0, secret=SECRET)
    again = {"plan": _shown(LINE), "base_version": 1, "forget_secret": True}
    assert (await house.refused(ADMIN, "trunk_save", **again)).args_ == ("refusal.trunk_secret",)
    quiet = _shown(replace(LINE, register=False))
    await house(ADMIN, "trunk_save", plan=quiet, base_version=1, forget_secret=True)
    (line,) = await _trunks(house)
    assert line.secret == ""


async def test_a_trunk_that_cannot_be(house: Floor) -> None:
    assert (await house.refused(BOSS, "trunk_save", plan={}, base_version=0)).words == "refusal.not_allowed"
    wrong = {"plan": dump(LINE), "base_version": 0}
    assert (await house.refused(ADMIN, "trunk_save", **wrong)).words == "refusal.argument_unknown"
    wrong = {"plan": _shown(replace(LINE, host="a b")), "base_version": 0, "secret": SECRET}
    assert (await house.refused(ADMIN, "trunk_save", **wrong)).args_ == ("refusal.trunk_host",)
    wrong = {"plan": _shown(LINE), "base_version": 0, "secret": SECRET, "active": "yes"}
    assert (await house.refused(ADMIN, "trunk_save", **wrong)).args_ == ("active",)


async def test_a_trunk_in_use_stays(house: Floor) -> None:
    await house(ADMIN, "trunk_save", plan=_shown(LINE), base_version=0, secret=SECRET)
    rule = await house(BOSS, "outbound_rule_save", plan=dump(OutboundRule("+86", True, trunk="telecom")))
    refusal = await house.refused(ADMIN, "trunk_remove", trunk="telecom", base_version=1)
    assert (refusal.words, refusal.args_) == ("refusal.trunk_used", ("telecom", "1"))
    await house(BOSS, "outbound_rule_remove", rule=rule["id"], base_version=1)
    await house(ADMIN, "trunk_remove", trunk="telecom", base_version=1)
    async with house.database.reading() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tr.trunk_secret"))).scalar_one() == 0


async def test_a_hardware_phone(house: Floor) -> None:
    phone = {"extension": "7001", "name": "前台话机", "base_version": 0}
    assert (await house.refused(ADMIN, "device_save", **phone)).words == "refusal.secret_weak"
    assert (await house.refused(ADMIN, "device_save", **phone, secret="short")).words == "refusal.secret_weak"
    await house(ADMIN, "device_save", **phone, secret=SECRET)
    await house(ADMIN, "device_save", extension="7001", name="大厅", base_version=1, person="1001")
    async with house.database.reading() as conn:
        (read,) = await plans.read_desk_phones(conn)
    assert (read.name, read.person, read.secret) == ("大厅", "1001", SECRET)
    other = {"extension": "1001", "name": "x", "base_version": 0, "secret": SECRET}
    assert (await house.refused(ADMIN, "device_save", **other)).words == "refusal.extension_taken"
    assert (await house(ADMIN, "device_save", **other, person="1001"))["version"] == 1
    nobody = await house.refused(ADMIN, "device_save", **{**phone, "base_version": 2}, person="7777")
    assert nobody.words == "refusal.no_person"
    await house(ADMIN, "device_remove", extension="7001", base_version=2)
    async with house.database.reading() as conn:
        assert [each.extension for each in await plans.read_desk_phones(conn)] == ["1001"]


async def test_levels_of_skills(house: Floor) -> None:
    async def levels() -> dict[str, int]:
        async with house.database.reading() as conn:
            return await plans.read_levels(conn, "1001")

    await house(BOSS, "person_skill_save", person="1001", skill="server", level=5)
    await house(BOSS, "person_skill_save", person="1001", skill="英语", level=2)
    assert await levels() == {"server": 5, "os": 3, "英语": 2}
    await house(BOSS, "person_skill_save", person="1001", skill="os", level=0)
    assert await levels() == {"server": 5, "英语": 2}
    await house(BOSS, "person_change", person="1001", name="林晓雯", skills=["os", "server"])
    assert await levels() == {"os": 3, "server": 5}
    await house(BOSS, "person_change", person="1001", name="林晓雯", skills=["os", "server", "英语"])
    assert (await levels())["英语"] == 3  # not what he once was
    for wrong in ({"level": 6}, {"skill": ""}, {"skill": "a b"}, {"person": "7777"}):
        args = {"person": "1001", "skill": "server", "level": 3, **wrong}
        await house.refused(BOSS, "person_skill_save", **args)
