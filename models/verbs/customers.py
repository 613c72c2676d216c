# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of the customer file: a new customer, a corrected one, his numbers and how sure they are."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from models.customers import customer as customers
from models.customers import phone as phones
from models.kinds import CallerKind, Confidence, CustomerLevel
from models.rules.permissions import OVERSEE, TALKERS, may
from models.store import search
from models.verbs import loading
from models.verbs.registry import Act, VerbRefused, verb

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_CHANGEABLE = ("name", "title", "company", "department", "district", "address", "kind", "level", "note")


@verb(TALKERS, system=True)
async def customer_create(
    act: Act,
    name: str,
    kind: str = CallerKind.END_CUSTOMER,
    company: str = "",
    title: str = "",
    district: str = "",
    address: str = "",
    number: str = "",
    level: str = CustomerLevel.NORMAL,
) -> dict[str, Any]:
    """A new customer, with the number he calls from when he says that it is his."""
    name = name.strip()
    values = {"name": name, "kind": kind, "level": level, "company": company.strip()}
    _check(act, values, CustomerLevel.NORMAL)
    made = await act.conn.execute(
        insert(customers)
        .values(
            **values,
            title=title,
            district=district,
            address=address,
            last_agent=act.actor.person,
            search=search.customer_vector(name, values["company"], ()),
            created=act.now,
            changed=act.now,
        )
        .returning(customers.c.id)
    )
    customer_id: int = made.scalar_one()
    if number:
        await _add_number(act, customer_id, number, "", confirmed=True)
    act.changed("customer", customer_id, 1)
    act.audited(customer=customer_id)
    return {"customer": str(customer_id), "version": 1}


@verb(TALKERS, owner="any")
async def customer_change(act: Act, customer: int, base_version: int, values: dict) -> dict[str, Any]:  # type: ignore[type-arg]
    """Correct what the file says. Refused when another changed it since it was read."""
    row = await loading.existing_customer(act, customer)
    if row["version"] != base_version:
        raise VerbRefused("refusal.changed_meanwhile", row["name"])
    clean: dict[str, str] = {}
    for name, value in values.items():
        if name not in _CHANGEABLE or not isinstance(value, str):
            raise VerbRefused("refusal.argument_wrong", str(name))
        clean[name] = value.strip()
    _check(act, {"name": row["name"], **clean}, row["level"])
    after = {**row, **clean}
    changed = await act.conn.execute(
        update(customers)
        .where(customers.c.id == customer)
        .values(
            **clean,
            search=search.customer_vector(after["name"], after["company"], await search.serials_of(act.conn, customer)),
            changed=act.now,
            version=customers.c.version + 1,
        )
        .returning(customers.c.version)
    )
    version: int = changed.scalar_one()
    act.changed("customer", customer, version)
    act.audited(customer=customer, fields=sorted(clean))
    return {"version": version}


@verb(TALKERS, system=True)
async def customer_phone_add(
    act: Act, customer: int, number: str, label: str = "", confirmed: bool = False
) -> dict[str, Any]:
    """A number of a customer: a guess until he confirms it."""
    await loading.existing_customer(act, customer)
    await _add_number(act, customer, number, label, confirmed)
    act.changed("customer", customer)
    act.audited(customer=customer)
    return {"number": number}


@verb(TALKERS)
async def customer_phone_confirm(act: Act, customer: int, number: str) -> dict[str, Any]:
    """He said himself that the number is his."""
    changed = await act.conn.execute(
        update(phones)
        .where(phones.c.customer == customer, phones.c.e164 == number)
        .values(confidence=Confidence.EXACT, verified=act.now, version=phones.c.version + 1)
        .returning(phones.c.id)
    )
    if changed.scalar_one_or_none() is None:
        raise VerbRefused("refusal.no_number", number)
    act.changed("customer", customer)
    act.audited(customer=customer)
    return {"number": number, "confidence": Confidence.EXACT.value}


def _check(act: Act, values: dict[str, str], level_before: str) -> None:
    if not values["name"]:
        raise VerbRefused("refusal.name_needed")
    if "kind" in values and values["kind"] not in set(CallerKind):
        raise VerbRefused("refusal.argument_wrong", "kind")
    if "level" in values:
        if values["level"] not in set(CustomerLevel):
            raise VerbRefused("refusal.argument_wrong", "level")
        # A level is what the contract says, not what a caller asks for.
        if values["level"] != level_before and not (act.actor.system or may(act.actor.groups, OVERSEE)):
            raise VerbRefused("refusal.level_by_supervisor")


async def _add_number(act: Act, customer_id: int, number: str, label: str, confirmed: bool) -> None:
    if not _NUMBER.fullmatch(number):
        raise VerbRefused("refusal.number_wrong", number)
    sure = {"confidence": Confidence.EXACT.value, "verified": act.now} if confirmed else {}
    row = insert(phones).values(
        customer=customer_id, e164=number, label=label, created=act.now, **(sure or {"confidence": "maybe"})
    )
    if confirmed:
        row = row.on_conflict_do_update(index_elements=["customer", "e164"], set_=sure)
    else:
        row = row.on_conflict_do_nothing(index_elements=["customer", "e164"])
    await act.conn.execute(row)


async def number_known(act: Act, customer_id: int, number: str) -> bool:
    """Whether the number already stands in the customer's file."""
    query = select(phones.c.id).where(phones.c.customer == customer_id, phones.c.e164 == number)
    return (await act.conn.execute(query)).scalar_one_or_none() is not None
