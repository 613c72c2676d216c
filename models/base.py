# SPDX-License-Identifier: GPL-3.0-or-later
"""The one MetaData that every table stands on: schema `tr`, every constraint with a name that migrations can rely on."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData(
    schema="tr",
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)
