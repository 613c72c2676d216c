# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of what the house decides: service policy and settings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from models.kinds import CustomerLevel, ServiceMode, WarrantyState
from models.rules import guide
from models.rules.permissions import ADMINISTER, OVERSEE
from models.rules.policy import ANY
from models.store.plans import EMERGENCY, FIRST_QUEUE, SUPERVISION_SHOWN, VERSION
from models.verbs.registry import Act, VerbRefused, verb
from models.work import policy as policies
from models.work import setting as settings
from models.work import verb_key

_KEY = ("product_line", "warranty", "level", "fault_class", "district", "mode")
KEYS_KEPT_S = 30 * 86_400.0  # a desk that was off for longer has nothing waiting
PLANNED = frozenset({VERSION, EMERGENCY, FIRST_QUEUE})  # which have verbs of their own
LEAST_KEPT_S = 86_400.0
_DEAREST = 100_000_000  # cents: a slipped decimal point is refused


@verb(OVERSEE, system=True)
async def policy_save(
    act: Act,
    mode: str,
    allowed: bool,
    product_line: str = ANY,
    warranty: str = ANY,
    level: str = ANY,
    fault_class: str = ANY,
    district: str = ANY,
    price: int = 0,
    hours: int = 0,
    say: str = "",
    why_not: str = "",
) -> dict[str, Any]:
    """One row of the service policy, new or in place of the one with the same conditions."""
    known: dict[str, tuple[str, set[str]]] = {
        "mode": (mode, set(ServiceMode)),
        "product_line": (product_line, {ANY, *guide.PRODUCT_LINES}),
        "warranty": (warranty, {ANY, *WarrantyState}),
        "level": (level, {ANY, *CustomerLevel}),
        "fault_class": (fault_class, {ANY, *guide.FAULT_CLASSES}),
    }
    for name, (value, values) in known.items():
        if value not in values:
            raise VerbRefused("refusal.argument_wrong", name)
    if price > _DEAREST:
        raise VerbRefused("refusal.argument_wrong", "price")
    if not allowed and not why_not.strip():
        raise VerbRefused("refusal.why_not_needed")
    what = {"allowed": allowed, "price": price, "hours": hours, "say": say, "why_not": why_not}
    stored = await act.conn.execute(
        insert(policies)
        .values(
            product_line=product_line,
            warranty=warranty,
            level=level,
            fault_class=fault_class,
            district=district.strip() or ANY,
            mode=mode,
            **what,
        )
        .on_conflict_do_update(index_elements=_KEY, set_={**what, "version": policies.c.version + 1})
        .returning(policies.c.id, policies.c.version)
    )
    row = stored.one()
    act.changed("policy", row.id, row.version)
    act.audited(policy=row.id, mode=mode, allowed=allowed, price=price)
    return {"policy": str(row.id), "version": row.version}


@verb(OVERSEE)
async def policy_remove(act: Act, policy: int) -> dict[str, Any]:
    """Take a row out of the policy; removing what is gone changes nothing."""
    gone = await act.conn.execute(delete(policies).where(policies.c.id == policy).returning(policies))
    row = gone.mappings().one_or_none()
    if row is not None:
        act.changed("policy", policy)
        act.audited(policy=policy, mode=row["mode"], allowed=row["allowed"], price=row["price"])
    return {"policy": str(policy), "removed": row is not None}


@verb(ADMINISTER | OVERSEE, system=True)
async def setting_save(act: Act, name: str, value: object) -> dict[str, Any]:
    """A setting of the house; every earlier value stands in the audit."""
    if not name.strip():
        raise VerbRefused("refusal.argument_missing", "name")
    if name in PLANNED:
        raise VerbRefused("refusal.setting_planned", name)
    if name == SUPERVISION_SHOWN and not isinstance(value, bool):
        raise VerbRefused("refusal.argument_wrong", "value")
    what = {"value": value, "changed": act.now, "changed_by": act.actor.person}
    stored = await act.conn.execute(
        insert(settings)
        .values(name=name, **what)
        .on_conflict_do_update(index_elements=["name"], set_={**what, "version": settings.c.version + 1})
        .returning(settings.c.version)
    )
    version: int = stored.scalar_one()
    act.changed("setting", name, version)
    act.audited(setting=name, value=value)
    return {"name": name, "version": version}


@verb(system=True)
async def keys_forget(act: Act, keep_s: float = KEYS_KEPT_S) -> dict[str, Any]:
    """Forget the keys of verbs that no outbox sends again."""
    gone = await act.conn.execute(delete(verb_key).where(verb_key.c.at < act.now - max(keep_s, LEAST_KEPT_S)))
    act.audited(forgotten=gone.rowcount)
    return {"forgotten": gone.rowcount}
