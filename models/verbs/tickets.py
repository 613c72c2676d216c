# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs that make a complete sheet a ticket and move it: taken in, handed on, closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from models.customers import device
from models.kinds import TaskKind, TaskState, TicketStage
from models.rules import guide, policy, ticket_flow
from models.rules.permissions import EVERYBODY, TALKERS
from models.store import cards
from models.tickets import ticket as tickets
from models.verbs import loading
from models.verbs.registry import Act, SheetId, VerbRefused, verb
from models.work import task


@verb(EVERYBODY, system=True, owner="party")
async def open_ticket(act: Act, draft: SheetId) -> dict[str, Any]:
    """The sheet becomes a ticket with its number. Refused with what is missing; a second time finds the first."""
    row = await loading.own_draft(act, draft)
    id_: int = row["id"]
    if row["ticket"] is not None:
        return {"ticket": str(row["ticket"]), "number": row["number"], "sheet": row["number"]}
    fields = {name: value for name, value in (await loading.fields_of(act, id_)).items() if value}
    require_complete(fields)
    option = await _offered(act, fields)
    start = ticket_flow.opening(
        fields.get("service_mode", ""), fields.get("next_step", ""), option.hours if option else 0, act.now
    )
    made = await act.conn.execute(
        insert(tickets)
        .values(
            number=row["number"],
            draft=id_,
            contact=row["contact"],
            customer=row["customer"],
            device=await _device(act, row["customer"], fields.get("serial", "")),
            title=guide.title(fields),
            stage=start.stage,
            stage_words=start.words,
            service_mode=fields.get("service_mode", ""),
            fields=fields,
            owner=act.actor.person,
            opened=act.now,
            opened_by=act.actor.person,
            due=start.due,
            closed=act.now if start.stage == "closed" else None,
        )
        .returning(tickets.c.id)
    )
    ticket_id: int = made.scalar_one()
    await loading.touch(act, id_, ticket=ticket_id)
    await _settle_owed(act, id_)
    act.event(
        "ticket_opened",
        contact=row["contact"],
        draft=id_,
        ticket=ticket_id,
        number=row["number"],
        hash=guide.sheet_hash(fields),
    )
    act.changed("ticket", ticket_id, 1)
    act.audited(ticket=ticket_id, draft=id_, number=row["number"])
    return {"ticket": str(ticket_id), "number": row["number"], "sheet": row["number"]}


@verb(TALKERS, system=True)
async def ticket_move(act: Act, ticket: int, move: str, words: str = "") -> dict[str, Any]:
    """Hand a ticket on, close it, open it again. `words` say where it stands (plain words or a catalogue key)."""
    row = await loading.locked(act, tickets, ticket, "refusal.no_ticket")
    if move not in set(ticket_flow.Act):
        raise VerbRefused("refusal.argument_wrong", "move")
    try:
        stage = ticket_flow.move(TicketStage(row["stage"]), ticket_flow.Act(move))
    except ticket_flow.IllegalMove as illegal:
        raise VerbRefused("refusal.illegal_move", f"guide.stage_{illegal.stage.value}", row["number"]) from illegal
    changed = await act.conn.execute(
        update(tickets)
        .where(tickets.c.id == ticket)
        .values(
            stage=stage,
            stage_words=words or f"guide.stage_{stage.value}",
            closed=act.now if stage == "closed" else None,
            version=tickets.c.version + 1,
        )
        .returning(tickets.c.version)
    )
    version: int = changed.scalar_one()
    act.event("ticket_moved", contact=row["contact"], draft=row["draft"], ticket=ticket, move=move, stage=stage.value)
    act.changed("ticket", ticket, version)
    act.audited(ticket=ticket, move=move)
    return {"ticket": str(ticket), "stage": stage.value, "version": version}


def require_complete(fields: dict[str, str]) -> None:
    """Raise the refusal that names every mandatory field that is empty."""
    lacking = guide.missing(fields, "sheet")
    if lacking:
        raise VerbRefused("refusal.sheet_missing", len(lacking), *(guide.FIELD[name].label for name in lacking))


async def _offered(act: Act, fields: dict[str, str]) -> policy.Option | None:
    """The chosen service mode as the policy offers it; refused when it does not."""
    mode = fields.get("service_mode", "")
    rows = await cards.policies(act.conn)
    offers = policy.offers(
        rows,
        fields.get("product_line", ""),
        fields.get("warranty", ""),
        fields.get("service_level", ""),
        fields.get("fault_class", ""),
        fields.get("district", ""),
    )
    option = offers.option(mode)
    if option is None:
        why = next((barred.why_not for barred in offers.barred if barred.mode == mode), policy.NOT_NAMED)
        raise VerbRefused("refusal.mode_barred", guide.FIELD["service_mode"].choice_label(mode), why)
    if option.price > 0 and fields.get("paid_consent") != "yes":
        raise VerbRefused("refusal.consent_needed", option.price / 100)
    return option


async def _device(act: Act, customer: int | None, serial: str) -> int | None:
    if customer is None or not serial:
        return None
    query = select(device.c.id).where(device.c.customer == customer, device.c.serial == serial).limit(1)
    return (await act.conn.execute(query)).scalar_one_or_none()


async def _settle_owed(act: Act, draft: int) -> None:
    """The sheet is complete: nobody owes it any more."""
    settled = await act.conn.execute(
        update(task)
        .where(task.c.draft == draft, task.c.kind == TaskKind.SHEET, task.c.state != TaskState.DONE)
        .values(state=TaskState.DONE, done_at=act.now, done_result="complete", version=task.c.version + 1)
        .returning(task.c.id, task.c.version)
    )
    for task_id, version in settled:
        act.changed("task", task_id, version)
