# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's house: staff, queues, dispositions, knowledge and the service policy of 瀚川; its plan is `demo_plan`'s.

Names and words are data in `resources/demo/house.json`; the policy's words are catalogue keys, so that it speaks both
languages. Prices in cents.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

import resources
from models.contacts import disposition
from models.kinds import Group
from models.store import demo_plan, people
from models.store.database import Database
from models.work import article, policy, setting

COMPANY = "瀚川"
VISIT_PRICE = 30_000
INSPECTION_PRICE = 12_000
ONSITE_HOURS = {"platinum": 2, "gold": 4, "silver": 8, "*": 24}
LARGE = ("server", "storage")
SMALL = ("laptop", "printer", "desktop")
NO_STATION = "青禾市"


@lru_cache(maxsize=4)
def words(file: str) -> dict[str, Any]:
    """The demo's words: `house`, `plan`, `pictured` or `crowd`."""
    return json.loads((Path(resources.__file__ or "").parent / "demo" / f"{file}.json").read_text(encoding="utf-8"))


async def staff(owner: Database, password: str) -> list[str]:
    """Everybody of the house; who is there already stays as he is. The numbers of all."""
    there = {line.person for line in await people.listing(owner)}
    for number, name, groups, skills, team in words("house")["staff"]:
        if number not in there:
            await people.add(
                owner,
                number,
                name,
                [Group(group) for group in groups],
                password,
                skills=skills,
                extension=number,
                team=team,
            )
    return [line[0] for line in words("house")["staff"]]


async def furnish(conn: AsyncConnection, now: float) -> None:
    """The routing plan, dispositions, knowledge, policy and the company's name."""
    house = words("house")
    await demo_plan.lay_down(conn, words("plan"), house["queues"], now)
    codes: list[dict[str, Any]] = []
    for place, (code, zh, en, children) in enumerate(house["dispositions"], start=1):
        codes.append({"code": code, "parent": "", "words_zh": zh, "words_en": en, "place": place})
        for inner, (child, child_zh, child_en) in enumerate(children, start=1):
            whole = f"{code}.{child}"
            codes.append({"code": whole, "parent": code, "words_zh": child_zh, "words_en": child_en, "place": inner})
    await conn.execute(insert(disposition), codes)
    await conn.execute(
        insert(article),
        [
            {
                "product_line": product_line,
                "model": model,
                "symptoms": symptoms,
                "title": title,
                "line": line,
                "used": 200 - n,
                "changed": now,
            }
            for n, (product_line, model, symptoms, title, line) in enumerate(house["articles"])
        ],
    )
    await conn.execute(insert(policy), service_policy())
    await conn.execute(insert(setting), [{"name": "company", "value": COMPANY, "changed": now}])


def service_policy() -> list[dict[str, Any]]:
    """Every row of the policy. Who is covered is visited free of charge; what is not covered is paid for."""
    rows: list[dict[str, Any]] = []

    def yes(mode: str, say: str, price: int = 0, hours: int = 0, **when: str) -> None:
        rows.append(_row(when, mode=mode, allowed=True, price=price, hours=hours, say=f"policy.{say}"))

    def no(mode: str, why: str, **when: str) -> None:
        rows.append(_row(when, mode=mode, allowed=False, why_not=f"policy.{why}"))

    yes("phone", "say_phone")
    for line in (*LARGE, *SMALL):
        for level, hours in ONSITE_HOURS.items():
            yes("onsite", "say_onsite_free", 0, hours, product_line=line, warranty="covered", level=level)
        no("onsite", "why_expired", product_line=line, warranty="expired")
        no("onsite", "why_man_made", product_line=line, warranty="man_made")
        no("onsite", "why_warranty_unknown", product_line=line, warranty="unknown")
        price = VISIT_PRICE if line in LARGE else INSPECTION_PRICE
        no("paid", "why_covered", product_line=line, warranty="covered")
        no("paid", "why_warranty_unknown", product_line=line, warranty="unknown")
        yes("paid", "say_paid", price, 24, product_line=line, warranty="expired")
        yes("paid", "say_paid", price, 24, product_line=line, warranty="man_made")
        yes("mail_in", "say_mail_in_free", 0, 120, product_line=line, warranty="covered")
        yes("mail_in", "say_mail_in_charged", INSPECTION_PRICE, 120, product_line=line, warranty="expired")
        yes("mail_in", "say_mail_in_charged", INSPECTION_PRICE, 120, product_line=line, warranty="man_made")
        no("mail_in", "why_warranty_unknown", product_line=line, warranty="unknown")
        if line in LARGE:
            no("carry_in", "why_too_heavy", product_line=line)
        else:
            yes("carry_in", "say_carry_in", 0, 72, product_line=line)
        no("carry_in", "why_no_station", product_line=line, district=NO_STATION)
    return rows


def _row(when: dict[str, str], **what: Any) -> dict[str, Any]:
    conditions = {"product_line": "*", "warranty": "*", "level": "*", "fault_class": "*", "district": "*", **when}
    return {**conditions, "price": 0, "hours": 0, "say": "", "why_not": "", **what}
