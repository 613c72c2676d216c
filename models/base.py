# SPDX-License-Identifier: GPL-3.0-or-later
"""The one MetaData that every table stands on, with a name for every constraint, and the column shapes tables share.

A site is one PostgreSQL database ``tr_<site>``: tables live in schema ``tr``, definer functions in ``tr_api``.
Business instants are site-time seconds (double precision); what only guards access (tokens, leases, audit) runs on
the server's own clock (timestamptz). Money is cents.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Double, Identity, Integer, MetaData, Text, func

SCHEMA = "tr"
API_SCHEMA = "tr_api"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)


def identity(name: str = "id") -> Column[int]:
    """A bigint primary key that the database counts."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def moment(name: str, *, nullable: bool = False, now: bool = False, **more: Any) -> Column[Any]:
    """A timestamptz. `now` fills it with the server's clock at the moment of the insert."""
    if now:
        more["server_default"] = func.clock_timestamp()
    return Column(name, DateTime(timezone=True), nullable=nullable, **more)


def version() -> Column[int]:
    """Counts the writes of a row; a NOTIFY carries it and a stale write is refused by it."""
    return Column("version", Integer, nullable=False, server_default="1")


def change_marks() -> list[Column[Any]]:
    """Version of a row that people edit, when it was changed last and by whom: a stale write is refused in words."""
    return [
        version(),
        Column("changed", Double, nullable=False, server_default="0"),
        Column("changed_by", Text, nullable=False, server_default=""),
    ]
