# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of the live task sheet: one draft per contact, open to every past and present party."""

from __future__ import annotations

from typing import Any

from sqlalchemy import cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from models.contacts import contact as contacts
from models.rules import draft_merge, guide
from models.rules.clocks import sheet_day, sheet_number
from models.rules.draft_merge import Merge
from models.rules.permissions import EVERYBODY, TALKERS
from models.store import cards
from models.tickets import draft as drafts
from models.tickets import draft_conflict, ticket
from models.tickets import sheet_day as sheet_days
from models.verbs import filling, loading
from models.verbs.registry import Act, SheetId, VerbRefused, verb


@verb(system=True)
async def draft_create(
    act: Act, contact: str, agent: str = "", customer: int = 0, from_number: str = ""
) -> dict[str, Any]:
    """The draft of a contact: made once, filled in with what the customer file is sure of. Asking again finds it."""
    found = await loading.draft_of(act, contact)
    if found is not None:
        await loading.join_party(act, found["id"], agent)
        return {"draft": contact, "number": found["number"], "version": found["version"]}
    number = await _next_number(act)
    if not customer:
        # The look-up may have answered before the sheet was made.
        known = await act.conn.execute(select(contacts.c.customer).where(contacts.c.id == contact))
        customer = known.scalar_one_or_none() or 0
    made = await act.conn.execute(
        insert(drafts)
        .values(
            number=number,
            contact=contact,
            customer=customer or None,
            responsible=agent,
            created=act.now,
            changed=act.now,
        )
        .returning(drafts.c.id)
    )
    draft_id: int = made.scalar_one()
    await loading.join_party(act, draft_id, agent)
    if customer:
        await filling.from_card(act, draft_id, await cards.customer_card(act.conn, str(customer), from_number))
    elif from_number:
        await filling.fill_in(act, draft_id, {"callback_number": from_number})
    act.event("draft_created", contact=contact, draft=draft_id, number=number, agent=agent)
    act.changed("draft", contact, 1)
    act.audited(draft=draft_id, contact=contact)
    return {"draft": contact, "number": number, "version": 1}


@verb(system=True)
async def draft_assign(act: Act, contact: str, agent: str) -> dict[str, Any]:
    """The contact is answered by `agent`: he is a party of its draft and responsible for it."""
    row = await loading.draft_of(act, contact)
    if row is None:
        raise VerbRefused("refusal.no_draft", contact)
    await loading.join_party(act, row["id"], agent)
    version = await loading.touch(act, row["id"], responsible=agent)
    act.event("draft_assigned", contact=contact, draft=row["id"], agent=agent)
    act.audited(draft=row["id"], agent=agent)
    return {"draft": contact, "number": row["number"], "version": version}


@verb(EVERYBODY, system=True, owner="party")
async def draft_save(act: Act, draft: SheetId, field: str, value: str, base_version: int) -> dict[str, Any]:
    """Write one field. `conflict`: another had written meanwhile, both texts are kept, `value` is what stands there."""
    _check(field, value)
    row = await loading.own_draft(act, draft)
    id_: int = row["id"]
    before = await loading.field_state(act, id_, field)
    by = act.actor.person
    after, merge = draft_merge.save(before, value, base_version, by)
    match merge:
        case Merge.SAME:
            if by in before.others:
                await _drop_others(act, id_, field, by)
                await loading.touch(act, id_)
        case Merge.WRITTEN:
            await loading.write_field_and_touch(act, id_, field, after, by)
            await _follow_ticket(act, row["ticket"], field, value)
            act.event("field_written", contact=row["contact"], draft=id_, field=field, value=value, v=after.version)
        case Merge.BESIDE:
            kept = {"value": value, "base_version": after.others[by].base, "at": act.now}
            await act.conn.execute(
                insert(draft_conflict)
                .values(draft=id_, field=field, by=by, **kept)
                .on_conflict_do_update(index_elements=["draft", "field", "by"], set_=kept)
            )
            await loading.touch(act, id_)
            act.event("field_beside", contact=row["contact"], draft=id_, field=field, value=value, base=base_version)
    act.audited(draft=id_, field=field, version=after.version, merge=merge.value)
    return {
        "draft": row["contact"],
        "version": after.version,
        "at": act.now,
        "conflict": merge is Merge.BESIDE,
        "value": after.value,
        "by": after.by,
    }


@verb(EVERYBODY, system=True, owner="party")
async def draft_resolve(act: Act, draft: SheetId, field: str, value: str) -> dict[str, Any]:
    """Settle a field on one text; the others leave the sheet but stay in its history."""
    _check(field, value)
    row = await loading.own_draft(act, draft)
    id_: int = row["id"]
    before = await loading.field_state(act, id_, field)
    after = draft_merge.resolve(before, value, act.actor.person)
    if after.version != before.version:
        await loading.write_field(act, id_, field, after, after.by)
        await _follow_ticket(act, row["ticket"], field, value)
    if before.others:
        await _drop_others(act, id_, field)
    if after != before:
        await loading.touch(act, id_)
        act.event("field_resolved", contact=row["contact"], draft=id_, field=field, value=value, v=after.version)
    act.audited(draft=id_, field=field, version=after.version)
    return {"version": after.version, "at": act.now, "conflict": False, "value": after.value, "by": after.by}


@verb(TALKERS, system=True, owner="party")
async def draft_set_customer(act: Act, draft: SheetId, customer: int) -> dict[str, Any]:
    """Say who the caller is. What nobody has typed is filled in from his file; typed texts stay."""
    row = await loading.own_draft(act, draft)
    id_: int = row["id"]
    await loading.existing_customer(act, customer)
    # He was asked: who he is, is sure now, even when his number is not.
    card = cards.named(await cards.customer_card(act.conn, str(customer)))
    written = await filling.from_card(act, id_, card, number=False)
    version = await loading.touch(act, id_, customer=customer)
    await act.conn.execute(
        update(contacts)
        .where(contacts.c.id == row["contact"])
        .values(customer=customer, version=contacts.c.version + 1)
    )
    act.event("customer_set", contact=row["contact"], draft=id_, customer=str(customer))
    act.changed("contact", row["contact"])
    act.audited(draft=id_, customer=customer)
    return {"version": version, "filled": written}


def _check(field: str, value: str) -> None:
    if field not in guide.FIELD:
        raise VerbRefused("refusal.no_field", field)
    known = guide.FIELD[field]
    if known.kind == "choice" and value and value not in known.choices:
        raise VerbRefused("refusal.no_choice", known.label, value)


async def _next_number(act: Act) -> str:
    day = sheet_day(act.now)
    counted = await act.conn.execute(
        insert(sheet_days)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": sheet_days.c.last + 1})
        .returning(sheet_days.c.last)
    )
    return sheet_number(day, counted.scalar_one())


async def _drop_others(act: Act, draft_id: int, field: str, by: str = "") -> None:
    gone = delete(draft_conflict).where(draft_conflict.c.draft == draft_id, draft_conflict.c.field == field)
    await act.conn.execute(gone.where(draft_conflict.c.by == by) if by else gone)


async def _follow_ticket(act: Act, ticket_id: int | None, field: str, value: str) -> None:
    """A text that arrives after the ticket was opened belongs to the ticket too."""
    if ticket_id is None:
        return
    changed = await act.conn.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id)
        .values(
            fields=ticket.c.fields.op("||")(cast(func.jsonb_build_object(field, value), JSONB)),
            version=ticket.c.version + 1,
        )
        .returning(ticket.c.version)
    )
    act.changed("ticket", ticket_id, changed.scalar_one())
