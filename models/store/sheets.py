# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of sheets and of the work around them: drafts, tickets, tasks, policy, dispositions, knowledge, people, calls.

Each takes a person's connection and returns rows of `models.cards`; `models.store.cards` is the door to them all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.cards import (
    Article,
    CallLogLine,
    Disposition,
    Draft,
    DraftField,
    PersonLine,
    PolicyRow,
    TaskLine,
    TicketLine,
)
from models.kinds import ServiceMode, TaskKind, TaskState, TicketStage
from models.rules.policy import words

_DRAFTS = """
    SELECT d.id, d.number, d.contact, d.customer, d.ticket, f.field, f.value, f.version, f.by, f.at,
           coalesce(p.name, '') AS by_name,
           (SELECT string_agg(x.value, E'\\n' ORDER BY x.at) FROM tr.draft_conflict x
             WHERE x.draft = d.id AND x.field = f.field) AS conflict,
           (SELECT string_agg(coalesce(q.name, x.by), '、' ORDER BY x.at) FROM tr.draft_conflict x
             LEFT JOIN tr.person q ON q.person = x.by WHERE x.draft = d.id AND x.field = f.field) AS conflict_by
    FROM tr.draft d LEFT JOIN tr.draft_field f ON f.draft = d.id LEFT JOIN tr.person p ON p.person = f.by
"""
_ONE_DRAFT = text(
    _DRAFTS
    + """ WHERE d.id = (SELECT x.id FROM tr.draft x WHERE x.contact = :contact OR x.id = CAST(:id AS bigint)
    ORDER BY x.contact = :contact DESC LIMIT 1)"""
)
_DRAFTS_OF = text(
    _DRAFTS
    + """ WHERE d.id IN (SELECT draft FROM tr.draft_party WHERE person = :person ORDER BY since DESC LIMIT :most)
    AND d.ticket IS NULL ORDER BY d.created DESC, d.id"""
)
TASK_LINES = """
    SELECT t.*, coalesce(c.name, '') AS customer_name, coalesce(m.name, '') AS created_by_name,
           coalesce(k.name, '') AS claimed_by_name
    FROM tr.task t LEFT JOIN tr.customer c ON c.id = t.customer LEFT JOIN tr.person m ON m.person = t.created_by
      LEFT JOIN tr.person k ON k.person = t.claimed_by
"""
_TASKS = text(
    TASK_LINES
    + """
    WHERE t.state <> 'done'
    ORDER BY CASE WHEN t.state = 'open' THEN t.handover_due
                  ELSE coalesce(t.next_due, t.callback_due, t.handover_due) END, t.id
    LIMIT :most
    """
)
_TASK_DAY = text(
    """
    SELECT (SELECT count(*) FROM tr.task WHERE claimed_by = :person AND claimed_at >= :since),
           (SELECT count(*) FROM tr.task WHERE claimed_by = :person AND state = 'done' AND done_at >= :since),
           (SELECT count(*) FROM tr.task_attempt WHERE who = :person AND at >= :since)
    """
)
_TICKETS = text(
    """
    SELECT id, number, title, stage, stage_words, due, device, opened FROM tr.ticket
    WHERE (CAST(:customer AS bigint) IS NULL OR customer = :customer) AND (:closed OR stage <> 'closed')
    ORDER BY (stage = 'closed'), due NULLS LAST, opened DESC LIMIT :most
    """
)
_PEOPLE = text(
    """
    SELECT p.person, p.name, p.skills, p.extension, p.team, p.active,
      ARRAY(SELECT substr(g.rolname, length(:prefix) + 1) FROM pg_auth_members m
              JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
            WHERE u.rolname = p.login AND left(g.rolname, length(:prefix)) = :prefix
              AND g.rolname <> :prefix || 'person' ORDER BY 1) AS groups
    FROM tr.person p ORDER BY p.person
    """
)
_CALLS = text(
    """
    SELECT k.id, k.started, k.direction,
           CASE WHEN k.direction = 'out' THEN k.to_number ELSE k.from_number END AS number,
           k.customer, coalesce(c.name, '') AS customer_name, k.outcome,
           coalesce(k.ended - k.connected, 0) AS seconds
    FROM tr.contact k LEFT JOIN tr.customer c ON c.id = k.customer
    WHERE k.agent = :person ORDER BY k.started DESC LIMIT :most
    """
)
_ARTICLES = text(
    "SELECT id, title, line, model, symptoms, product_line FROM tr.article"
    " WHERE product_line = :product_line OR product_line = '*' ORDER BY used DESC, id LIMIT 200"
)


async def draft(conn: AsyncConnection, draft_id: str) -> Draft | None:
    """A draft, named by its contact or by its own number, with its fields and the texts that stand beside them."""
    asked = {"contact": draft_id, "id": sheet_row(draft_id)}
    rows = (await conn.execute(_ONE_DRAFT, asked)).mappings().all()
    return _drafts(rows)[0] if rows else None


def sheet_row(name: str) -> int | None:
    """The row that a draft's name may mean when no contact is called so."""
    return int(name) if name.isascii() and name.isdigit() and len(name) < 19 else None


async def drafts_of(conn: AsyncConnection, person: str, most: int = 20) -> tuple[Draft, ...]:
    """The sheets a person takes or took part in that are no tickets yet, newest first."""
    return tuple(_drafts((await conn.execute(_DRAFTS_OF, {"person": person, "most": most})).mappings().all()))


def _drafts(rows: Any) -> list[Draft]:
    found: dict[int, Draft] = {}
    for row in rows:
        sheet = found.get(row["id"])
        if sheet is None:
            sheet = Draft(row["contact"], row["number"], row["contact"], _id(row["customer"]), {}, _id(row["ticket"]))
            found[row["id"]] = sheet
        if row["field"] is not None:
            sheet.fields[row["field"]] = DraftField(
                row["field"],
                row["value"],
                row["by"],
                row["by_name"],
                row["at"],
                row["version"],
                row["conflict"] or "",
                row["conflict_by"] or "",
            )
    return list(found.values())


async def tasks(conn: AsyncConnection, most: int = 200) -> tuple[TaskLine, ...]:
    """Everything not done yet, the most urgent first: open ones by hand-over, claimed ones by their next call."""
    return tuple(task_line(row) for row in (await conn.execute(_TASKS, {"most": most})).mappings())


async def task_day(conn: AsyncConnection, person: str, since: float) -> tuple[int, int, int]:
    """What a person did with tasks since an instant: how many he claimed, finished, and how often he called back."""
    claimed, done, attempts = (await conn.execute(_TASK_DAY, {"person": person, "since": since})).one()
    return claimed, done, attempts


def task_line(row: RowMapping) -> TaskLine:
    """A row of `TASK_LINES`."""
    return TaskLine(
        task=str(row["id"]),
        kind=TaskKind(row["kind"]),
        state=TaskState(row["state"]),
        draft=row["contact"] if row["draft"] is not None else "",
        number=row["number"],
        customer=_id(row["customer"]),
        customer_name=row["customer_name"],
        title=row["title"],
        note=row["note"],
        created=row["created"],
        created_by_name=row["created_by_name"],
        handover_due=row["handover_due"],
        claimed_by=row["claimed_by"],
        claimed_by_name=row["claimed_by_name"],
        claimed_at=row["claimed_at"],
        callback_due=row["callback_due"],
        attempts=row["attempts"],
        next_due=row["next_due"],
        last_result=row["last_result"],
        version=row["version"],
    )


async def tickets(
    conn: AsyncConnection, customer: str = "", *, closed: bool = False, most: int = 200
) -> tuple[TicketLine, ...]:
    """Tickets, open ones first by deadline; of one customer, or of all."""
    asked = {"customer": int(customer) if customer else None, "closed": closed, "most": most}
    return tuple(
        TicketLine(
            str(row["id"]),
            row["number"],
            row["title"],
            TicketStage(row["stage"]),
            words(row["stage_words"]),
            row["due"],
            _id(row["device"]),
            row["opened"],
        )
        for row in (await conn.execute(_TICKETS, asked)).mappings()
    )


async def policies(conn: AsyncConnection) -> tuple[PolicyRow, ...]:
    """The whole service policy."""
    rows = await conn.execute(
        text(
            "SELECT product_line, warranty, level, fault_class, district, mode, allowed, price, hours, say, why_not"
            " FROM tr.policy ORDER BY id"
        )
    )
    return tuple(PolicyRow(**{**row, "mode": ServiceMode(row["mode"])}) for row in rows.mappings())


async def dispositions(conn: AsyncConnection) -> tuple[Disposition, ...]:
    """Both levels, in the order of the screen; a category has no parent."""
    rows = await conn.execute(
        text("SELECT code, words_zh, words_en, parent FROM tr.disposition WHERE active ORDER BY parent, place, code")
    )
    return tuple(Disposition(*row) for row in rows)


async def articles(
    conn: AsyncConnection, product_line: str, fault: str = "", model: str = "", most: int = 5
) -> tuple[Article, ...]:
    """Knowledge for a product line, best fit first. `fault` is what the sheet says: symptom text or chips."""
    found: list[Article] = []
    for row in (await conn.execute(_ARTICLES, {"product_line": product_line})).mappings():
        fit = 40 if row["product_line"] == product_line else 20
        if row["model"] and model:
            fit += 20 if row["model"] in model or model in row["model"] else -15
        told = sum(1 for symptom in row["symptoms"] if symptom in fault)
        fit += min(40, 25 * told) if told else 0
        found.append(Article(str(row["id"]), row["title"], row["line"], max(0, min(100, fit))))
    return tuple(sorted(found, key=lambda article: -article.fit)[:most])


async def people(conn: AsyncConnection) -> tuple[PersonLine, ...]:
    """Everybody, by number, with the groups that the database knows him to be in."""
    prefix = str((await conn.execute(text("SELECT current_database()::text || '_'"))).scalar_one())
    rows = await conn.execute(_PEOPLE, {"prefix": prefix})
    return tuple(
        PersonLine(
            r["person"], r["name"], tuple(r["groups"]), tuple(r["skills"]), r["extension"], r["team"], r["active"]
        )
        for r in rows.mappings()
    )


async def call_log(conn: AsyncConnection, person: str, most: int = 50) -> tuple[CallLogLine, ...]:
    """A person's calls, newest first."""
    return tuple(
        CallLogLine(
            row["id"],
            row["started"],
            row["direction"],
            row["number"],
            _id(row["customer"]),
            row["customer_name"],
            row["outcome"],
            row["seconds"],
        )
        for row in (await conn.execute(_CALLS, {"person": person, "most": most})).mappings()
    )


def _id(value: int | None) -> str:
    return "" if value is None else str(value)
