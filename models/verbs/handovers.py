# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of handing a live contact over in four steps: begin, (the bridge moves), commit or abort.

Beginning gives the receiver the draft while responsibility stays; each verb may be repeated. After a crash
`handover_follow` ends what is pending by who is in the bridge.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert

from models.contacts import contact as contacts
from models.kinds import HandoverState
from models.tickets import handover as handovers
from models.verbs import loading
from models.verbs.registry import Act, VerbRefused, verb


@verb(system=True)
async def handover_begin(
    act: Act, id: str, contact: str, to_agent: str, from_agent: str = "", epoch: int = 0
) -> dict[str, Any]:
    """The receiver may read and write the draft; who is responsible does not change yet."""
    if not to_agent:
        raise VerbRefused("refusal.argument_missing", "to_agent")
    draft = await loading.draft_of(act, contact)
    newest = select(func.max(handovers.c.epoch)).where(handovers.c.contact == contact)
    if epoch < ((await act.conn.execute(newest)).scalar_one() or 0):
        raise VerbRefused("refusal.old_epoch")
    made = await act.conn.execute(
        insert(handovers)
        .values(
            id=id,
            contact=contact,
            draft=draft["id"] if draft is not None else None,
            from_person=from_agent or (draft["responsible"] if draft is not None else ""),
            to_person=to_agent,
            epoch=epoch,
            state=HandoverState.BEGUN,
            begun=act.now,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(handovers.c.id)
    )
    row = await _pending(act, id)
    if made.scalar_one_or_none() is None:
        if (row["contact"], row["to_person"]) != (contact, to_agent):
            raise VerbRefused("refusal.key_reused", id)
        return _told(row)
    if draft is not None:
        await loading.join_party(act, draft["id"], to_agent)
        await loading.touch(act, draft["id"])
    _tell(act, row, "handover_begun")
    return _told(row)


@verb(system=True)
async def handover_commit(act: Act, id: str) -> dict[str, Any]:
    """The bridge has moved: the receiver is responsible. Repeating it changes nothing."""
    row = await _pending(act, id)
    match HandoverState(row["state"]):
        case HandoverState.COMMITTED:
            return _told(row)
        case HandoverState.ABORTED:
            raise VerbRefused("refusal.handover_ended", id)
        case HandoverState.BEGUN:
            return await _commit(act, row)


@verb(system=True)
async def handover_abort(act: Act, id: str, why: str = "") -> dict[str, Any]:
    """It came to nothing: responsibility stays where it was. The receiver keeps his access, he has written in it."""
    row = await _pending(act, id)
    match HandoverState(row["state"]):
        case HandoverState.ABORTED:
            return _told(row)
        case HandoverState.COMMITTED:
            raise VerbRefused("refusal.handover_ended", id)
        case HandoverState.BEGUN:
            return await _abort(act, row, why)


@verb(system=True)
async def handover_follow(act: Act, contact: str, in_bridge: str) -> dict[str, Any]:
    """After a crash: what is pending for this contact follows who talks with the customer now ("" nobody)."""
    query = select(handovers).where(handovers.c.contact == contact, handovers.c.state == HandoverState.BEGUN)
    rows = (await act.conn.execute(query.with_for_update().order_by(handovers.c.begun))).mappings().all()
    ended: dict[str, str] = {}
    for row in rows:
        if in_bridge and row["to_person"] == in_bridge:
            ended[row["id"]] = (await _commit(act, row))["state"]
        else:
            ended[row["id"]] = (await _abort(act, row, "recovered"))["state"]
    return {"ended": ended}


async def _pending(act: Act, id_: str) -> RowMapping:
    return await loading.locked(act, handovers, id_, "refusal.no_handover")


async def _commit(act: Act, row: RowMapping) -> dict[str, Any]:
    after = await _end(act, row, HandoverState.COMMITTED)
    if row["draft"] is not None:
        await loading.join_party(act, row["draft"], row["to_person"])
        await loading.touch(act, row["draft"], responsible=row["to_person"])
    await act.conn.execute(
        update(contacts)
        .where(contacts.c.id == row["contact"])
        .values(agent=row["to_person"], version=contacts.c.version + 1)
    )
    act.changed("contact", row["contact"])
    _tell(act, after, "handover_committed")
    return _told(after)


async def _abort(act: Act, row: RowMapping, why: str) -> dict[str, Any]:
    after = await _end(act, row, HandoverState.ABORTED)
    _tell(act, after, "handover_aborted", why=why)
    return _told(after)


async def _end(act: Act, row: RowMapping, state: HandoverState) -> RowMapping:
    changed = await act.conn.execute(
        update(handovers).where(handovers.c.id == row["id"]).values(state=state, ended=act.now).returning(handovers)
    )
    return changed.mappings().one()


def _tell(act: Act, row: RowMapping, kind: str, **data: Any) -> None:
    act.event(
        kind,
        contact=row["contact"],
        draft=row["draft"],
        handover=row["id"],
        **{"from": row["from_person"], "to": row["to_person"]},
        **data,
    )
    act.audited(handover=row["id"], state=row["state"])


def _told(row: RowMapping) -> dict[str, Any]:
    committed = row["state"] == HandoverState.COMMITTED
    return {
        "handover": row["id"],
        "state": row["state"],
        "draft": "" if row["draft"] is None else row["contact"],
        "responsible": row["to_person"] if committed else row["from_person"],
    }
