# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as verbs load them: locked, checked for ownership, with the refusal that fits when they are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, Table, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert

from models.contacts import contact
from models.customers import customer
from models.people import person
from models.rules.draft_merge import FieldState, OtherText
from models.rules.permissions import OVERSEE, may
from models.store.sheets import sheet_row
from models.tickets import draft, draft_field, draft_party
from models.verbs.registry import Act, SheetId, VerbRefused


async def locked(act: Act, table: Table, id_: object, words: str) -> RowMapping:
    """The row of `id_`, locked until the verb ends. Raises VerbRefused(`words`) when there is none."""
    (key,) = table.primary_key.columns
    found = (await act.conn.execute(select(table).where(key == id_).with_for_update(key_share=True))).mappings()
    row = found.one_or_none()
    if row is None:
        raise VerbRefused(words, id_)
    return row


_OWN_DRAFT = text(
    """
    SELECT d.*, EXISTS (SELECT FROM tr.draft_party p WHERE p.draft = d.id AND p.person = :person) AS party
    FROM tr.draft d WHERE d.contact = :contact OR d.id = CAST(:id AS bigint)
    ORDER BY d.contact = :contact DESC LIMIT 1 FOR NO KEY UPDATE OF d
    """
)


async def own_draft(act: Act, name: SheetId) -> RowMapping:
    """The draft, locked, if the actor is or was a party of it. A supervisor may look after any, the system too."""
    asked = {"contact": name, "id": sheet_row(name), "person": act.actor.person}
    row = (await act.conn.execute(_OWN_DRAFT, asked)).mappings().one_or_none()
    if row is None:
        raise VerbRefused("refusal.no_draft", name)
    if not (row["party"] or act.actor.system or may(act.actor.groups, OVERSEE)):
        raise VerbRefused("refusal.not_party", row["number"])
    return row


async def draft_of(act: Act, contact_id: str) -> RowMapping | None:
    """The draft of a contact, locked; None when there is none."""
    query = select(draft).where(draft.c.contact == contact_id).with_for_update(key_share=True)
    return (await act.conn.execute(query)).mappings().one_or_none()


async def own_contact(act: Act, contact_id: str) -> RowMapping:
    """The contact, locked, if the actor took part in it (or oversees)."""
    row = await locked(act, contact, contact_id, "refusal.no_contact")
    if row["agent"] == act.actor.person or act.actor.system or may(act.actor.groups, OVERSEE):
        return row
    query = select(
        exists().where(
            draft.c.contact == contact_id,
            draft_party.c.draft == draft.c.id,
            draft_party.c.person == act.actor.person,
        )
    )
    if not (await act.conn.execute(query)).scalar_one():
        raise VerbRefused("refusal.not_your_contact")
    return row


async def join_party(act: Act, draft_id: int, who: str) -> None:
    """`who` may write in the draft from now on, for ever."""
    if who:
        await act.conn.execute(
            insert(draft_party).values(draft=draft_id, person=who, since=act.now).on_conflict_do_nothing()
        )


async def touch(act: Act, draft_id: int, **values: Any) -> int:
    """Count the draft's version up, with `values`. The new version."""
    changed = await act.conn.execute(
        update(draft)
        .where(draft.c.id == draft_id)
        .values(version=draft.c.version + 1, changed=act.now, **values)
        .returning(draft.c.version, draft.c.contact)
    )
    row = changed.one()
    act.changed("draft", row.contact, row.version)
    return row.version


async def sheet_number_of(act: Act, contact_id: str) -> str:
    """The FW number of a contact's sheet, "" when it has none."""
    found = await act.conn.execute(select(draft.c.number).where(draft.c.contact == contact_id))
    return found.scalar_one_or_none() or ""


async def fields_of(act: Act, draft_id: int) -> dict[str, str]:
    """The texts of a draft by field name."""
    rows = await act.conn.execute(
        select(draft_field.c.field, draft_field.c.value).where(draft_field.c.draft == draft_id)
    )
    return {name: value for name, value in rows}


_FIELD = text(
    """
    SELECT value, version, by, run FROM tr.draft_field WHERE draft = :draft AND field = :field
    UNION ALL
    SELECT value, -1, by, base_version FROM tr.draft_conflict WHERE draft = :draft AND field = :field
    """
)


async def field_state(act: Act, draft_id: int, name: str) -> FieldState:
    """One field with the texts beside it, in one query. The draft's row must be locked."""
    state = FieldState()
    others: dict[str, OtherText] = {}
    for value, version, by, base in await act.conn.execute(_FIELD, {"draft": draft_id, "field": name}):
        if version < 0:
            others[by] = OtherText(value, base)
        else:
            state = FieldState(value, version, by, base)
    return replace(state, others=others)


async def write_field(act: Act, draft_id: int, name: str, state: FieldState, by: str) -> None:
    """Store a field's new text."""
    values = {"value": state.value, "version": state.version, "run": state.run, "by": by, "at": act.now}
    await act.conn.execute(
        insert(draft_field)
        .values(draft=draft_id, field=name, **values)
        .on_conflict_do_update(index_elements=["draft", "field"], set_=values)
    )


_WRITE = text(
    """
    WITH written AS (
      INSERT INTO tr.draft_field(draft, field, value, version, run, by, at)
      VALUES (:draft, :field, :value, :version, :run, :by, :at)
      ON CONFLICT (draft, field) DO UPDATE SET value = excluded.value, version = excluded.version, run = excluded.run,
        by = excluded.by, at = excluded.at)
    UPDATE tr.draft SET version = version + 1, changed = :at WHERE id = :draft RETURNING version, contact
    """
)


async def write_field_and_touch(act: Act, draft_id: int, name: str, state: FieldState, by: str) -> None:
    """`write_field` and `touch` in one round trip, for what happens at every pause of a keyboard."""
    values = {"value": state.value, "version": state.version, "run": state.run, "by": by, "at": act.now}
    changed = await act.conn.execute(_WRITE, {"draft": draft_id, "field": name, **values})
    row = changed.one()
    act.changed("draft", row.contact, row.version)


async def name_of(act: Act, number: str) -> str:
    """A person's name, his number when he is not known."""
    found = (await act.conn.execute(select(person.c.name).where(person.c.person == number))).scalar_one_or_none()
    return found or number


async def existing_customer(act: Act, customer_id: int) -> RowMapping:
    """The customer's row. Raises VerbRefused when there is none."""
    return await locked(act, customer, customer_id, "refusal.no_customer")
