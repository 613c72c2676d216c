# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of who calls: customers, their telephone numbers and their devices.

Ids are bigint, instants site-time seconds (double precision), dates SQL dates. `customer.search` is filled by
`models.store.search`, never by the database: pinyin is not known there.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from models.base import metadata

customer = Table(
    "customer",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False, server_default="end_customer"),
    Column("level", Text, nullable=False, server_default="normal"),
    Column("name", Text(collation="C"), nullable=False),
    Column("title", Text, nullable=False, server_default=""),  # form of address, 先生
    Column("company", Text(collation="C"), nullable=False, server_default=""),
    Column("department", Text, nullable=False, server_default=""),
    Column("district", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("blacklisted", Boolean, nullable=False, server_default=false()),
    Column("note", Text, nullable=False, server_default=""),
    Column("last_agent", Text, nullable=False, server_default=""),
    Column("search", TSVECTOR),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("customer_name", customer.c.name)
Index("customer_company", customer.c.company)
Index("customer_search", customer.c.search, postgresql_using="gin")

phone = Table(
    "phone",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("customer", BigInteger, ForeignKey(customer.c.id), nullable=False),
    Column("e164", Text(collation="C"), nullable=False),
    Column("rev", Text(collation="C"), Computed("reverse(e164)", persisted=True)),
    # exact: he said himself that it is his; household: his company's or family's; maybe: seen once
    Column("confidence", Text, nullable=False, server_default="maybe"),
    Column("verified", Double),  # when he confirmed it, NULL never
    Column("label", Text, nullable=False, server_default=""),
    Column("created", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("phone_e164", phone.c.e164)
Index("phone_rev", phone.c.rev)
Index("phone_customer", phone.c.customer, phone.c.e164, unique=True)

device = Table(
    "device",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("customer", BigInteger, ForeignKey(customer.c.id), nullable=False),
    Column("product_line", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", Text(collation="C"), nullable=False, server_default=""),
    Column("place", Text, nullable=False, server_default=""),
    Column("covered_until", Date),  # NULL unknown
    Column("contract", Text, nullable=False, server_default=""),
    Column("man_made", Boolean, nullable=False, server_default=false()),
    Column("parts", JSONB, nullable=False, server_default=text("'[]'::jsonb")),  # [{name, spec, mark}]
    Column("created", Double, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
Index("device_customer", device.c.customer)
Index("device_serial", device.c.serial)
