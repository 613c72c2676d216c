# SPDX-License-Identifier: GPL-3.0-or-later
"""What screens read, on a person's own connection: one or two queries each, plain rows of `models.cards` out.

Numbers come in as E.164. A guess is never given as a fact: unless one customer, or one house, is sure, the card has no
customer and holds candidates. A thing that is not there, or that this person may not see, is None.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.cards import (
    Candidate,
    ContactLine,
    CustomerCard,
    DeviceLine,
    DevicePart,
    PhoneLine,
    TicketLine,
)
from models.kinds import CallerKind, Confidence, CustomerLevel, TicketStage, WarrantyState
from models.rules.policy import words
from models.store.database import fetch
from models.store.sheets import (  # the other reads of the screens stand beside, one door for all
    articles,
    call_log,
    dispositions,
    draft,
    drafts_of,
    people,
    policies,
    tasks,
    tickets,
)

__all__ = [
    "articles",
    "call_log",
    "customer_card",
    "dispositions",
    "draft",
    "drafts_of",
    "find_by_phone",
    "identify",
    "named",
    "people",
    "policies",
    "tasks",
    "tickets",
]

CANDIDATES = 12
CONTACTS = 12
CLOSED_TICKETS = 10

_WHO = """
    SELECT p.customer, p.confidence, c.name, c.company
    FROM tr.phone p JOIN tr.customer c ON c.id = p.customer
    WHERE p.e164 = $1
    ORDER BY CASE p.confidence WHEN 'exact' THEN 0 WHEN 'household' THEN 1 ELSE 2 END, p.verified DESC NULLS LAST, p.id
    LIMIT $2
"""

# One round trip for the whole card: each list is made where its index is.
_CARD = text(
    """
    SELECT c.id, c.name, c.title, c.company, c.department, c.kind, c.level, c.district, c.address, c.last_agent,
      (SELECT name FROM tr.person WHERE person = c.last_agent) AS last_agent_name,
      (SELECT json_agg(json_build_array(e164, confidence, label) ORDER BY verified DESC NULLS LAST, id)
         FROM tr.phone WHERE customer = c.id) AS phones,
      (SELECT json_agg(json_build_array(id::text, product_line, model, serial, place,
                CASE WHEN man_made THEN 'man_made' WHEN covered_until IS NULL THEN 'unknown'
                     WHEN covered_until >= (now() AT TIME ZONE interval '8 hours')::date THEN 'covered'
                     ELSE 'expired' END,
                coalesce(covered_until::text, ''), contract, parts) ORDER BY covered_until DESC NULLS LAST, id)
         FROM tr.device WHERE customer = c.id) AS devices,
      (SELECT json_agg(t.line) FROM (
         SELECT json_build_array(id::text, number, title, stage, stage_words, due, coalesce(device::text, ''), opened)
                AS line
         FROM tr.ticket WHERE customer = c.id
         ORDER BY (stage = 'closed'), CASE WHEN stage <> 'closed' THEN due END NULLS LAST, opened DESC
         LIMIT :tickets) t) AS tickets,
      (SELECT json_agg(k.line) FROM (
         SELECT json_build_array(k.id, k.started, k.channel, k.title, k.agent, coalesce(p.name, ''),
                coalesce(k.device::text, ''), k.note) AS line
         FROM tr.contact k LEFT JOIN tr.person p ON p.person = k.agent
         WHERE k.customer = c.id AND k.ended IS NOT NULL ORDER BY k.started DESC LIMIT :contacts) k) AS contacts
    FROM tr.customer c WHERE c.id = :customer
    """
)


async def find_by_phone(conn: AsyncConnection, number: str) -> CustomerCard:
    """The card for a calling number: his when one customer is sure, else candidates. "" is a withheld number."""
    if not number:
        return _unknown(number, Confidence.WITHHELD, ())
    confidence, candidates = await identify(conn, number)
    if len(candidates) != 1 or confidence not in (Confidence.EXACT, Confidence.HOUSEHOLD):
        return _unknown(number, Confidence.MAYBE if candidates else Confidence.UNKNOWN, candidates)
    card = await _load(conn, candidates[0].customer, number)
    if card is None:  # merged or erased between the two reads
        return _unknown(number, Confidence.UNKNOWN, ())
    return replace(card, confidence=confidence)


async def identify(conn: AsyncConnection, number: str) -> tuple[Confidence, tuple[Candidate, ...]]:
    """Who may call from this number, the likeliest first, and how sure the first one is. One indexed query."""
    rows = await fetch(conn, _WHO, number, CANDIDATES)
    if not rows:
        return Confidence.UNKNOWN, ()
    sure = [row for row in rows if row[1] == Confidence.EXACT]
    if len(sure) == 1:
        row = sure[0]
        return Confidence.EXACT, (Candidate(str(row[0]), row[2], row[3], Confidence.EXACT, "card.why_exact"),)
    if sure:
        # Two people say that it is theirs: a shared telephone, so neither is a fact.
        shared = [Candidate(str(r[0]), r[2], r[3], Confidence.MAYBE, "card.why_shared") for r in rows]
        return Confidence.MAYBE, tuple(shared)
    candidates: list[Candidate] = []
    for customer, confidence, name, company in rows:
        if confidence == Confidence.HOUSEHOLD:
            why = "card.why_company" if company else "card.why_household"
        else:
            why = "card.why_seen_once"
        candidates.append(Candidate(str(customer), name, company, Confidence(confidence), why))
    return candidates[0].confidence, tuple(candidates)


async def customer_card(conn: AsyncConnection, customer: str, number: str = "") -> CustomerCard:
    """The card of a known customer; `confidence` says how sure `number` is his. Raises LookupError for none."""
    card = await _load(conn, customer, number)
    if card is None:
        raise LookupError(customer)
    if number and card.confidence is Confidence.EXACT:
        confidence, candidates = await identify(conn, number)
        if confidence is not Confidence.EXACT or candidates[0].customer != customer:
            return replace(card, confidence=Confidence.MAYBE)
    return card


def named(card: CustomerCard) -> CustomerCard:
    """The card after the caller said who he is: the customer is sure, whatever his number."""
    return replace(card, confidence=Confidence.EXACT, candidates=())


async def _load(conn: AsyncConnection, customer: str, number: str) -> CustomerCard | None:
    if not (customer.isascii() and customer.isdigit() and len(customer) < 19):
        return None
    asked = {"customer": int(customer), "tickets": CLOSED_TICKETS, "contacts": CONTACTS}
    row = (await conn.execute(_CARD, asked)).mappings().one_or_none()
    if row is None:
        return None
    phones = tuple(
        PhoneLine(e164, Confidence(sure), label, this_call=e164 == number) for e164, sure, label in _rows(row["phones"])
    )
    this = next((line.confidence for line in phones if line.this_call), None)
    company = row["company"]
    return CustomerCard(
        customer=str(row["id"]),
        name=row["name"],
        title=row["title"],
        company=f"{company}・{row['department']}" if company and row["department"] else company,
        kind=CallerKind(row["kind"]),
        level=CustomerLevel(row["level"]),
        district=row["district"],
        address=row["address"],
        number=number,
        number_place="",
        confidence=this or (Confidence.MAYBE if number else Confidence.WITHHELD),
        phones=tuple(sorted(phones, key=lambda line: not line.this_call)),
        devices=tuple(
            DeviceLine(
                device, product_line, model, serial, place, WarrantyState(warranty), until, contract,
                tuple(DevicePart(part["name"], part["spec"], part.get("mark", "")) for part in parts),
            )
            for device, product_line, model, serial, place, warranty, until, contract, parts in _rows(row["devices"])
        ),
        tickets=tuple(
            TicketLine(line[0], line[1], line[2], TicketStage(line[3]), words(line[4]), line[5], line[6], line[7])
            for line in _rows(row["tickets"])
        ),
        contacts=tuple(ContactLine(*line) for line in _rows(row["contacts"])),
        last_agent=row["last_agent"],
        last_agent_name=row["last_agent_name"] or "",
    )


def _rows(found: Any) -> list[list[Any]]:
    if found is None:
        return []
    return json.loads(found) if isinstance(found, str) else found


def _unknown(number: str, confidence: Confidence, candidates: tuple[Candidate, ...]) -> CustomerCard:
    return CustomerCard(
        customer="",
        name="",
        title="",
        company="",
        kind=CallerKind.END_CUSTOMER,
        level=CustomerLevel.NORMAL,
        district="",
        address="",
        number=number,
        number_place="",
        confidence=confidence,
        candidates=candidates,
    )


_LAST_TALKS = text(
    """
    SELECT
      coalesce((SELECT c.started FROM tr.contact c WHERE c.customer = :customer AND c.agent = :agent
                ORDER BY c.started DESC LIMIT 1), 0) AS at,
      coalesce((SELECT h.to_person FROM tr.contact c JOIN tr.handover h ON h.contact = c.id AND h.state = 'committed'
                WHERE c.customer = :customer ORDER BY c.started DESC LIMIT 1), '') AS engineer
    """
)


async def last_talks(connection: AsyncConnection, customer: str, agent: str) -> tuple[float, str]:
    """When this customer talked with this agent last (site time, 0 never), and the engineer who took him over last."""
    row = (await connection.execute(_LAST_TALKS, {"customer": int(customer), "agent": agent})).one()
    return float(row.at), str(row.engineer)
