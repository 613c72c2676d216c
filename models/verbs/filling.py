# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling a sheet in from the customer file: only what is sure, and only where nobody has typed."""

from __future__ import annotations

from sqlalchemy import select

from models.cards import CustomerCard
from models.rules import guide
from models.rules.draft_merge import FieldState
from models.tickets import draft_field
from models.verbs import loading
from models.verbs.registry import Act

SYSTEM_WRITER = "system"


async def from_card(act: Act, draft_id: int, card: CustomerCard, *, number: bool = True) -> dict[str, str]:
    """Write what the card is sure of; the texts really written. `number` False leaves the call-back number alone."""
    filled = guide.prefill(card)
    if not number:
        filled.pop("callback_number", None)
    return await fill_in(act, draft_id, filled)


async def fill_in(act: Act, draft_id: int, filled: dict[str, str]) -> dict[str, str]:
    """Write into fields that are empty or that the system had filled; the texts really written."""
    if not filled:
        return {}
    rows = await act.conn.execute(select(draft_field).where(draft_field.c.draft == draft_id))
    before = {row["field"]: row for row in rows.mappings()}
    written: dict[str, str] = {}
    for name, value in filled.items():
        row = before.get(name)
        if row is not None and (row["value"] == value or (row["value"] and row["by"] != SYSTEM_WRITER)):
            continue
        version = row["version"] if row is not None else 0
        state = FieldState(value, version + 1, SYSTEM_WRITER, version)
        await loading.write_field(act, draft_id, name, state, SYSTEM_WRITER)
        written[name] = value
    return written
