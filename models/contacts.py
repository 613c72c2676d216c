# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of what happened with callers: contacts, their append-only events, recordings, voicemails and dispositions.

A contact's id is the call's id (text). `contact_event` is written by the switchboard's journal only, each line once by
its key (site, epoch, seq). Instants are site-time seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    true,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.base import metadata
from models.customers import customer

contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False, server_default="phone"),  # phone | callback | message
    Column("direction", Text, nullable=False, server_default="in"),
    Column("from_number", Text, nullable=False, server_default=""),  # E.164, "" withheld
    Column("to_number", Text, nullable=False, server_default=""),
    Column("queue", Text, nullable=False, server_default=""),
    Column("customer", BigInteger, ForeignKey(customer.c.id)),
    Column("confidence", Text, nullable=False, server_default="unknown"),
    Column("agent", Text, nullable=False, server_default=""),  # responsible last
    Column("device", BigInteger),
    Column("title", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("disposition", Text, nullable=False, server_default=""),
    Column("disposition_by", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("hang_up_by", Text, nullable=False, server_default=""),
    Column("started", Double, nullable=False),
    Column("connected", Double),
    Column("ended", Double),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("contact_customer", contact.c.customer, contact.c.started)
Index("contact_agent", contact.c.agent, contact.c.started)
Index("contact_started", contact.c.started)

contact_event = Table(
    "contact_event",
    metadata,
    Column("site", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("contact", Text, nullable=False, server_default=""),  # "" for a line about no contact
    Column("kind", Text, nullable=False),
    Column("who", Text, nullable=False, server_default=""),
    Column("data", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
    PrimaryKeyConstraint("site", "epoch", "seq"),
)
Index("contact_event_contact", contact_event.c.contact, contact_event.c.epoch, contact_event.c.seq)

recording = Table(
    "recording",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("contact", Text, nullable=False),
    Column("agent", Text, nullable=False, server_default=""),  # whose voice: «own recordings»
    Column("file", Text, nullable=False, unique=True),  # relative to the recordings directory
    Column("started", Double, nullable=False),
    Column("seconds", Double, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="kept"),  # kept | erased
)
Index("recording_contact", recording.c.contact)
Index("recording_agent", recording.c.agent, recording.c.started)

voicemail = Table(
    "voicemail",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("contact", Text, nullable=False, unique=True),
    Column("queue", Text, nullable=False, server_default=""),
    Column("number", Text, nullable=False, server_default=""),  # E.164, "" withheld
    Column("task", BigInteger, nullable=False),  # whose group may hear it
    Column("file", Text, nullable=False, unique=True),  # relative to the recordings directory
    Column("at", Double, nullable=False),
    Column("seconds", Double, nullable=False, server_default="0"),
    Column("heard_by", Text, nullable=False, server_default=""),  # the first who listened to it
    Column("heard_at", Double),
    Column("state", Text, nullable=False, server_default="kept"),  # kept | erased
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("voicemail_at", voicemail.c.at)

disposition = Table(
    "disposition",
    metadata,
    Column("code", Text, primary_key=True),
    Column("parent", Text, nullable=False, server_default=""),
    Column("words_zh", Text, nullable=False),
    Column("words_en", Text, nullable=False),
    Column("place", Integer, nullable=False),  # order on the screen, 1…9 are its digits
    Column("active", Boolean, nullable=False, server_default=true()),
)
