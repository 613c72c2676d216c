# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the task sheet: the live draft with its fields and conflicts, the ticket it becomes, and hand-overs.

`ticket_event` is append-only. Numbers are FW + yymmdd + five digits and are given to the draft, so that sheet and
ticket carry the same one. Instants are site-time seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.base import metadata
from models.customers import customer, device

sheet_day = Table(
    "sheet_day",
    metadata,
    Column("day", Text, primary_key=True),  # yymmdd
    Column("last", Integer, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("contact", Text, nullable=False, unique=True),  # one draft per contact
    Column("customer", BigInteger, ForeignKey(customer.c.id)),
    Column("responsible", Text, nullable=False, server_default=""),
    Column("ticket", BigInteger),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("draft_customer", draft.c.customer)
Index("draft_responsible", draft.c.responsible, draft.c.created)

draft_party = Table(
    "draft_party",
    metadata,
    Column("draft", BigInteger, ForeignKey(draft.c.id), nullable=False),
    Column("person", Text, nullable=False),
    Column("since", Double, nullable=False),
    PrimaryKeyConstraint("draft", "person"),
)
"""Every past and present party of a draft: each may go on writing."""
Index("draft_party_person", draft_party.c.person, draft_party.c.since)

draft_field = Table(
    "draft_field",
    metadata,
    Column("draft", BigInteger, ForeignKey(draft.c.id), nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("run", Integer, nullable=False, server_default="0"),  # version before the writer's unbroken run
    Column("by", Text, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("draft", "field"),
)

draft_conflict = Table(
    "draft_conflict",
    metadata,
    Column("draft", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("by", Text, nullable=False),  # one other text a writer; his later one takes its place
    Column("value", Text, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("draft", "field", "by"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("number", Text(collation="C"), nullable=False, unique=True),
    Column("draft", BigInteger, ForeignKey(draft.c.id), unique=True),
    Column("contact", Text, nullable=False, server_default=""),
    Column("customer", BigInteger, ForeignKey(customer.c.id)),
    Column("device", BigInteger, ForeignKey(device.c.id)),
    Column("title", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default="taken_in"),
    Column("stage_words", Text, nullable=False, server_default=""),
    Column("service_mode", Text, nullable=False, server_default=""),
    Column("fields", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
    Column("owner", Text, nullable=False, server_default=""),
    Column("opened", Double, nullable=False),
    Column("opened_by", Text, nullable=False, server_default=""),
    Column("due", Double),
    Column("closed", Double),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("ticket_customer", ticket.c.customer, ticket.c.opened)
Index("ticket_stage", ticket.c.stage, ticket.c.due)
Index("ticket_device", ticket.c.device)

ticket_event = Table(
    "ticket_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", Double, nullable=False),
    Column("contact", Text, nullable=False, server_default=""),
    Column("ticket", BigInteger),
    Column("draft", BigInteger),
    Column("kind", Text, nullable=False),
    Column("who", Text, nullable=False, server_default=""),
    Column("data", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
)
Index("ticket_event_contact", ticket_event.c.contact, ticket_event.c.id)
Index("ticket_event_draft", ticket_event.c.draft, ticket_event.c.id)
Index("ticket_event_ticket", ticket_event.c.ticket, ticket_event.c.id)

handover = Table(
    "handover",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact", Text, nullable=False),
    Column("draft", BigInteger, ForeignKey(draft.c.id)),
    Column("from_person", Text, nullable=False),
    Column("to_person", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # begun | committed | aborted
    Column("begun", Double, nullable=False),
    Column("ended", Double),
)
Index("handover_contact", handover.c.contact)
Index("handover_begun", handover.c.begun, postgresql_where=handover.c.state == "begun")
