# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of provider lines and of hardware phones. Secrets are written and never read back, nor told in the audit."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from models.people import person as people
from models.routing import desk_phone, desk_phone_secret, outbound_rule, trunk_secret
from models.routing import trunk as trunks
from models.rules.lines import DeskPhone, TrunkLine, trunk_fault
from models.rules.permissions import ADMINISTER
from models.rules.plan_json import dump
from models.verbs import plan_guard
from models.verbs.plan_guard import part_of, row_of, tell
from models.verbs.registry import Act, VerbRefused, verb

LEAST_SECRET = 12  # a phone is on the network, where somebody may try them all
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,16}")
_SECRET = re.compile(r"[!-~]{0,128}")
LONGEST_NAME = 60


@verb(ADMINISTER)
async def trunk_save(
    act: Act,
    plan: dict,  # type: ignore[type-arg]
    base_version: int,
    secret: str = "",
    active: object = None,
    forget_secret: bool = False,
) -> dict[str, Any]:
    """A trunk, effective at once; calls that stand go on. `secret` "" keeps the old one, `active` null too."""
    if "secret" in plan:
        raise VerbRefused("refusal.argument_unknown", "secret")
    part = part_of(TrunkLine, plan, secret=secret)
    if not isinstance(active, (bool, type(None))):
        raise VerbRefused("refusal.argument_wrong", "active")
    await plan_guard.opened(act)
    row = await row_of(act, trunks, part.name, base_version)
    kept = row is not None and row["secret_set"] and not forget_secret
    if fault := trunk_fault(part, bool(secret) or kept):
        raise VerbRefused("refusal.trunk_wrong", f"refusal.trunk_{fault}")
    shown = {name: value for name, value in dump(part).items() if name != "secret"}
    used = active if isinstance(active, bool) else row is None or row["active"]
    values = {name: value for name, value in shown.items() if name != "name"}
    values |= {"active": used, "secret_set": bool(secret) or kept}
    version = await plan_guard.write(act, trunks, part.name, row, values)
    if secret:
        await act.conn.execute(
            insert(trunk_secret)
            .values(trunk=part.name, secret=secret)
            .on_conflict_do_update(index_elements=["trunk"], set_={"secret": secret})
        )
    elif forget_secret:
        await act.conn.execute(delete(trunk_secret).where(trunk_secret.c.trunk == part.name))
    old = {name: row[name] for name in (*shown, "active")} if row is not None else None
    tell(act, "trunk", part.name, old, {**shown, "active": used})
    act.audited(secret="changed" if secret else "forgotten" if forget_secret else "kept")
    return {"id": part.name, "version": version}


@verb(ADMINISTER)
async def trunk_remove(act: Act, trunk: str, base_version: int) -> dict[str, Any]:
    """Take a trunk away that no outbound rule dials over any more."""
    await plan_guard.opened(act)
    row = await row_of(act, trunks, trunk, base_version)
    if row is None:
        raise VerbRefused("refusal.plan_gone", trunk)
    used = await act.conn.execute(select(outbound_rule.c.place).where(outbound_rule.c.trunk == trunk))
    if places := sorted(used.scalars()):
        raise VerbRefused("refusal.trunk_used", trunk, *places)
    await plan_guard.take_away(act, trunks, trunk, row)
    old = {name: value for name, value in row.items() if name not in ("version", "changed", "changed_by")}
    tell(act, "trunk", trunk, old, None)
    return {"id": trunk}


@verb(ADMINISTER)
async def device_save(
    act: Act, extension: str, name: str, base_version: int, person: str = "", secret: str = ""
) -> dict[str, Any]:
    """A hardware phone. A new one needs a secret, which is typed into the phone too; "" keeps the old one."""
    if not _EXTENSION.fullmatch(extension):
        raise VerbRefused("refusal.argument_wrong", "extension")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise VerbRefused("refusal.name_needed")
    await plan_guard.opened(act)
    row = await row_of(act, desk_phone, extension, base_version)
    if (secret or row is None) and (len(secret) < LEAST_SECRET or not _SECRET.fullmatch(secret)):
        raise VerbRefused("refusal.secret_weak", LEAST_SECRET)
    await _nobody_elses(act, extension, person)
    version = await plan_guard.write(act, desk_phone, extension, row, {"name": name.strip(), "person": person})
    if secret:
        await act.conn.execute(
            insert(desk_phone_secret)
            .values(extension=extension, secret=secret)
            .on_conflict_do_update(index_elements=["extension"], set_={"secret": secret})
        )
    old = DeskPhone(extension, row["name"], row["person"]) if row is not None else None
    tell(act, "desk_phone", extension, old, DeskPhone(extension, name.strip(), person))
    act.audited(secret="changed" if secret else "kept")
    return {"id": extension, "version": version}


@verb(ADMINISTER)
async def device_remove(act: Act, extension: str, base_version: int) -> dict[str, Any]:
    """Take a hardware phone away: it registers no more."""
    await plan_guard.opened(act)
    row = await row_of(act, desk_phone, extension, base_version)
    if row is None:
        raise VerbRefused("refusal.plan_gone", extension)
    await plan_guard.take_away(act, desk_phone, extension, row)
    tell(act, "desk_phone", extension, DeskPhone(extension, row["name"], row["person"]), None)
    return {"id": extension}


async def _nobody_elses(act: Act, extension: str, person: str) -> None:
    """A phone on somebody's own extension can only be his: his calls ring there."""
    if person:
        there = await act.conn.execute(select(people.c.person).where(people.c.person == person))
        if there.scalar_one_or_none() is None:
            raise VerbRefused("refusal.no_person", person)
    own = (people.c.extension == extension) | ((people.c.extension == "") & (people.c.person == extension))
    owner = (await act.conn.execute(select(people.c.person).where(own))).scalars().first()
    if owner is not None and owner != person:
        raise VerbRefused("refusal.extension_taken", extension)
