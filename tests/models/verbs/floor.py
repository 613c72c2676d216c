# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of verbs stand on: the people of a small floor, and a filled-in sheet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from models.kinds import Group
from models.people import person
from models.store.database import Database
from models.verbs.registry import SYSTEM, Actor, VerbRefused
from models.verbs.runner import run_verb
from tests.conftest import Site

NOW = 1_774_000_000.0

LIN = Actor("1001", "林晓雯", frozenset({Group.AGENT}))
ZHOU = Actor("1007", "周敏", frozenset({Group.AGENT}))
GAO = Actor("2031", "高建平", frozenset({Group.ENGINEER}))
SU = Actor("2044", "苏婉清", frozenset({Group.ENGINEER}))
BOSS = Actor("3001", "周立群", frozenset({Group.SUPERVISOR}))

COMPLETE = {
    "customer_name": "陈志远",
    "caller_kind": "end_customer",
    "callback_number": "+8613800138000",
    "product_line": "server",
    "model": "HS5280 M6",
    "fault_class": "hardware",
    "symptom": "反复重启\n前面板琥珀灯亮",
    "warranty": "covered",
    "service_level": "gold",
    "service_mode": "phone",
}


class Floor:
    """Runs verbs for one database, each with its own key unless one is given."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._keys = 0

    async def __call__(
        self, actor: Actor, name: str, /, *, key: str = "", now: float = NOW, **args: Any
    ) -> dict[str, Any]:
        self._keys += 1
        return await run_verb(self.database, actor, name, args, key or f"key-{self._keys}", now=now)

    async def refused(self, actor: Actor, name: str, /, **args: Any) -> VerbRefused:
        """The refusal of a verb that must be refused."""
        try:
            done = await self(actor, name, **args)
        except VerbRefused as refusal:
            return refusal
        raise AssertionError(f"{name} was carried out: {done}")

    async def draft(self, contact: str = "c1", *parties: Actor, fields: dict[str, str] | None = None) -> str:
        """A draft of `contact` with its parties; `fields` written by the first one."""
        await self(SYSTEM, "contact_open", contact=contact, from_number="+8613800138000", to_number="400")
        made = await self(SYSTEM, "draft_create", contact=contact, agent=parties[0].person if parties else "")
        for party in parties[1:]:
            await self(SYSTEM, "draft_assign", contact=contact, agent=party.person)
        for name, value in (fields or {}).items():
            await self(parties[0], "draft_save", draft=made["draft"], field=name, value=value, base_version=0)
        return made["draft"]


async def known(site: Site, *actors: Actor, skills: tuple[str, ...] = ()) -> None:
    """The house knows these people by name; none of them can sign in."""
    rows = [
        {"person": each.person, "login": site.address.login(each.person), "name": each.name, "skills": list(skills)}
        for each in actors
    ]
    async with site.owner().transaction() as conn:
        await conn.execute(insert(person), rows)
