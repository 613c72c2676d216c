# SPDX-License-Identifier: GPL-3.0-or-later
"""The one MetaData and the column shapes every table shares.

A site is one PostgreSQL database ``tr_<site>``: tables live in schema ``tr``, definer functions in ``tr_api``.
Instants are timestamptz, money is cents (bigint), kinds are text checked against their enum.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, Integer, MetaData, Text, func

SCHEMA = "tr"
API_SCHEMA = "tr_api"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
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


def kind(name: str, kinds: type[StrEnum], *, nullable: bool = False, **more: Any) -> Column[Any]:
    """Text that may only be a value of `kinds`; the check names the column."""
    allowed = ", ".join(f"'{each.value}'" for each in kinds)
    return Column(name, Text, CheckConstraint(f"{name} IN ({allowed})", name=f"{name}_kind"), nullable=nullable, **more)


def version() -> Column[int]:
    """Counts the writes of a row; a NOTIFY carries it and a stale write is refused by it."""
    return Column("version", Integer, nullable=False, server_default="1")
