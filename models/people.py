# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of people and of trust: person, session_token, lease, audit, audit_open, seal.

A person is a number (``1001``); his PostgreSQL login is ``<site>_<number>``, his groups are memberships in
``tr_<site>_<group>`` and stand in no table. Passwords are PostgreSQL's own SCRAM verifiers and stand in none either.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from models.base import identity, metadata, moment, version

person = Table(
    "person",
    metadata,
    Column("person", Text, CheckConstraint("person ~ '^[a-z0-9]{1,16}$'", name="number"), primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, CheckConstraint("btrim(name) <> ''", name="named"), nullable=False),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("extension", Text, nullable=False, server_default=""),
    Column("team", Text, nullable=False, server_default=""),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created", now=True),
    version(),
)

session_token = Table(
    "session_token",
    metadata,
    # Only the hash is kept: who reads the table, or a backup of it, cannot sign in with it.
    Column("hash", LargeBinary, CheckConstraint("octet_length(hash) = 32", name="sha256"), primary_key=True),
    Column("person", Text, ForeignKey(person.c.person), nullable=False, index=True),
    moment("issued", now=True),
    moment("expires"),
    moment("revoked", nullable=True),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False, server_default=""),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    moment("until", server_default=text("'-infinity'")),
)

audit = Table(
    "audit",
    metadata,
    identity(),
    moment("at", now=True),
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
)

# What is not in the chain yet. Appending takes no lock, so nobody who idles in a transaction stops the others.
audit_open = Table("audit_open", metadata, Column("id", BigInteger, primary_key=True, autoincrement=False))

seal = Table(
    "seal",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
