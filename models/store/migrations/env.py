# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry: works on the connection it is given and never opens one of its own."""

from __future__ import annotations

from alembic import context

from models.base import SCHEMA
from models.store.access import metadata  # with every table in it

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    include_name=lambda name, kind, parents: kind != "schema" or name == SCHEMA,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
