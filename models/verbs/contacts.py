# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of contacts: opened, connected and closed by the switchboard; disposition and note by who took part."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from models.contacts import contact as contacts
from models.contacts import disposition as dispositions
from models.contacts import recording as recordings
from models.customers import customer as customers
from models.kinds import Confidence, HangUpBy, Outcome
from models.rules.permissions import EVERYBODY
from models.store import cards
from models.verbs import filling, loading, tasks
from models.verbs.registry import Act, VerbRefused, verb


@verb(system=True)
async def contact_open(
    act: Act,
    contact: str,
    from_number: str = "",
    to_number: str = "",
    queue: str = "",
    direction: str = "in",
    channel: str = "phone",
    customer: int = 0,
    confidence: str = Confidence.UNKNOWN,
    agent: str = "",
    started: float = 0.0,
) -> dict[str, Any]:
    """A contact began. A second time it adds what was not known at first (the customer, the queue)."""
    if confidence not in set(Confidence):
        raise VerbRefused("refusal.argument_wrong", "confidence")
    row = insert(contacts).values(
        id=contact,
        channel=channel,
        direction=direction,
        from_number=from_number,
        to_number=to_number,
        queue=queue,
        customer=customer or None,
        confidence=confidence,
        agent=agent,
        started=started or act.now,
    )
    later: dict[str, Any] = {"version": contacts.c.version + 1}
    if queue:
        later["queue"] = queue
    if agent:
        later["agent"] = agent
    if customer:
        # Who an agent has named by hand is not overwritten by a look-up that answers late.
        later["customer"] = func.coalesce(contacts.c.customer, customer)
        later["confidence"] = confidence
    stored = await act.conn.execute(
        row.on_conflict_do_update(index_elements=["id"], set_=later).returning(contacts.c.version)
    )
    version: int = stored.scalar_one()
    if customer:
        await _tell_sheet(act, contact, customer, to_number if direction == "out" else from_number)
    act.changed("contact", contact, version)
    act.audited(contact=contact)
    return {"contact": contact, "version": version}


async def _tell_sheet(act: Act, contact_id: str, customer: int, number: str) -> None:
    """A sheet made before the look-up answered learns who the caller is, unless somebody has said it already."""
    draft = await loading.draft_of(act, contact_id)
    if draft is None or draft["customer"] is not None:
        return
    if not number:
        number = (
            await act.conn.execute(select(contacts.c.from_number).where(contacts.c.id == contact_id))
        ).scalar_one()
    await filling.from_card(act, draft["id"], await cards.customer_card(act.conn, str(customer), number))
    await loading.touch(act, draft["id"], customer=customer)


@verb(system=True)
async def contact_connected(act: Act, contact: str, agent: str, at: float = 0.0) -> dict[str, Any]:
    """`agent` talks with the customer and is responsible; the first time sets when the contact was connected."""
    changed = await act.conn.execute(
        update(contacts)
        .where(contacts.c.id == contact)
        .values(
            agent=agent,
            connected=func.coalesce(contacts.c.connected, at or act.now),
            version=contacts.c.version + 1,
        )
        .returning(contacts.c.version, contacts.c.customer)
    )
    row = changed.one_or_none()
    if row is None:
        raise VerbRefused("refusal.no_contact", contact)
    if row.customer is not None:
        await act.conn.execute(update(customers).where(customers.c.id == row.customer).values(last_agent=agent))
    draft = await loading.draft_of(act, contact)
    if draft is not None and draft["responsible"] != agent:
        await loading.join_party(act, draft["id"], agent)
        await loading.touch(act, draft["id"], responsible=agent)
        act.event("draft_assigned", contact=contact, draft=draft["id"], agent=agent)
    act.changed("contact", contact, row.version)
    act.audited(contact=contact, agent=agent)
    return {"contact": contact, "version": row.version, "draft": contact if draft is not None else ""}


@verb(system=True)
async def contact_close(
    act: Act, contact: str, outcome: str, hang_up_by: str = "", ended: float = 0.0
) -> dict[str, Any]:
    """The one outcome of a contact. Repeating it changes nothing; another outcome is refused."""
    if outcome not in set(Outcome) or (hang_up_by and hang_up_by not in set(HangUpBy)):
        raise VerbRefused("refusal.argument_wrong", "outcome")
    row = await loading.locked(act, contacts, contact, "refusal.no_contact")
    if row["outcome"]:
        if row["outcome"] != outcome:
            raise VerbRefused("refusal.contact_ended", row["outcome"])
        return {"contact": contact, "version": row["version"]}
    version = row["version"] + 1
    await act.conn.execute(
        update(contacts)
        .where(contacts.c.id == contact)
        .values(outcome=outcome, hang_up_by=hang_up_by, ended=ended or act.now, version=version)
    )
    if outcome == Outcome.ANSWERED:
        number = row["from_number"] if row["direction"] == "in" else row["to_number"]
        await tasks.settle_recalls(act, number, contact)
    act.changed("contact", contact, version)
    act.audited(contact=contact, outcome=outcome)
    return {"contact": contact, "version": version}


@verb(EVERYBODY, owner="party")
async def disposition_set(
    act: Act,
    contact: str,
    code: str,
    note: str = "",
    follow_ups: list[str] = [],  # noqa: B006
) -> dict[str, Any]:
    """How the contact is classed (小结), by a code of the second level. A later change is kept in its history."""
    row = await loading.own_contact(act, contact)
    found = (
        await act.conn.execute(select(dispositions.c.parent).where(dispositions.c.code == code, dispositions.c.active))
    ).scalar_one_or_none()
    if found is None:
        raise VerbRefused("refusal.no_disposition", code)
    if not found:
        raise VerbRefused("refusal.disposition_category")
    values: dict[str, Any] = {"disposition": code, "disposition_by": act.actor.person}
    if note:
        values["note"] = note
    version = row["version"] + 1
    await act.conn.execute(update(contacts).where(contacts.c.id == contact).values(**values, version=version))
    act.event("disposition_set", contact=contact, code=code, before=row["disposition"], follow_ups=follow_ups)
    act.changed("contact", contact, version)
    act.audited(contact=contact, code=code, before=row["disposition"])
    return {"contact": contact, "code": code, "version": version, "sheet": await loading.sheet_number_of(act, contact)}


@verb(EVERYBODY, owner="party")
async def wrap_up_note(act: Act, contact: str, note: str, follow_ups: list[str] = []) -> dict[str, Any]:  # noqa: B006
    """The note of the wrap-up, and what shall follow (survey, message, article)."""
    row = await loading.own_contact(act, contact)
    version = row["version"] + 1
    await act.conn.execute(update(contacts).where(contacts.c.id == contact).values(note=note, version=version))
    act.event("wrap_up_note", contact=contact, note=note, follow_ups=follow_ups)
    act.changed("contact", contact, version)
    act.audited(contact=contact)
    return {"contact": contact, "version": version}


@verb(system=True)
async def recording_add(
    act: Act, contact: str, file: str, agent: str = "", started: float = 0.0, seconds: float = 0.0
) -> dict[str, Any]:
    """A recording lies on the disk. The same file again brings its length."""
    if not file or file.startswith(("/", "\\")) or ".." in file.replace("\\", "/").split("/"):
        raise VerbRefused("refusal.argument_wrong", "file")
    stored = await act.conn.execute(
        insert(recordings)
        .values(contact=contact, agent=agent, file=file, started=started or act.now, seconds=seconds)
        .on_conflict_do_update(index_elements=["file"], set_={"seconds": func.greatest(recordings.c.seconds, seconds)})
        .returning(recordings.c.id, recordings.c.contact)
    )
    row = stored.one()
    if row.contact != contact:
        raise VerbRefused("refusal.argument_wrong", "file")
    act.changed("recording", row.id)
    act.audited(recording=row.id, contact=contact)
    return {"recording": str(row.id)}
