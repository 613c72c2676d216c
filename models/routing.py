# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the routing plan beside queues and outbound rules, of trunks, and of hardware phones.

A row of the plan has the columns of its part in `models.rules.plan`. Secrets stand in tables of their own that nobody
but the service role reads; `secret_set` is all a desk learns. `changed` is site time, `until` too (0: for good).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from models.base import change_marks, metadata
from models.people import person


def _texts(name: str, default: str = "{}") -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default=sql(f"'{default}'::text[]"))


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


calendar = Table(
    "calendar",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("weekly", JSONB, nullable=False, server_default=sql("'[]'::jsonb")),
    Column("special", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
    Column("words", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
    *change_marks(),
)

menu = Table(
    "menu",
    metadata,
    Column("menu", Text, primary_key=True),
    Column("prompt", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("otherwise", JSONB, nullable=False),
    Column("languages", JSONB, nullable=False, server_default=sql("'{}'::jsonb")),
    Column("timeout_s", Double, nullable=False, server_default="5"),
    Column("tries", Integer, nullable=False, server_default="3"),
    *change_marks(),
)

dialled_number = Table(
    "dialled_number",
    metadata,
    Column("number", Text, primary_key=True),
    Column("destination", JSONB, nullable=False),
    Column("language", Text, nullable=False, server_default="zh_CN"),
    _words("note"),
    *change_marks(),
)

blocked_number = Table(
    "blocked_number",
    metadata,
    Column("prefix", Text, primary_key=True),  # of the E.164 number, or "withheld"
    _words("prompt"),
    Column("until", Double, nullable=False, server_default="0"),
    _words("why"),
    *change_marks(),
)

outbound_rule = Table(
    "outbound_rule",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("place", Integer, nullable=False),  # the first rule whose prefix and person fit decides
    Column("prefix", Text, nullable=False),  # of the E.164 number, "" every number
    Column("allowed", Boolean, nullable=False),
    _words("why"),  # catalogue key or words of the refusal
    _texts("groups"),
    _texts("persons"),
    _words("calendar"),
    Column("per_day", Integer, nullable=False, server_default="0"),
    _words("trunk"),
    _words("caller_id"),
    *change_marks(),
)

trunk = Table(
    "trunk",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False, server_default="5060"),
    Column("transport", Text, nullable=False, server_default="udp"),
    Column("register", Boolean, nullable=False, server_default=false()),
    _words("username"),
    _words("caller_id"),
    _texts("numbers"),
    _texts("sources"),
    _texts("codecs", "{PCMA,PCMU}"),
    Column("trusted", Boolean, nullable=False, server_default=false()),
    _words("external_address"),
    Column("max_calls", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default=sql("true")),
    Column("secret_set", Boolean, nullable=False, server_default=false()),
    *change_marks(),
)

trunk_secret = Table(
    "trunk_secret",
    metadata,
    Column("trunk", Text, ForeignKey(trunk.c.name, ondelete="CASCADE"), primary_key=True),
    Column("secret", Text, nullable=False),
)

desk_phone = Table(
    "desk_phone",
    metadata,
    Column("extension", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("person", Text, nullable=False, server_default=""),  # whose it is, "" of whoever sits there
    *change_marks(),
)
"""A hardware phone that registers at the exchange with a secret of its own."""

desk_phone_secret = Table(
    "desk_phone_secret",
    metadata,
    Column("extension", Text, ForeignKey(desk_phone.c.extension, ondelete="CASCADE"), primary_key=True),
    Column("secret", Text, nullable=False),  # the exchange checks a digest with it, so a hash would not do
)

person_skill = Table(
    "person_skill",
    metadata,
    Column("person", Text, ForeignKey(person.c.person), nullable=False),
    Column("skill", Text, nullable=False),
    Column("level", Integer, CheckConstraint("level BETWEEN 1 AND 5", name="level"), nullable=False),
    PrimaryKeyConstraint("person", "skill"),
)
"""How well somebody can what `person.skills` says he can. A skill without a row is at the middle level."""
