# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the migrations on a connection that somebody else opened, then the access rules, in that same transaction.

Raises whatever the database raises; then nothing of it has happened.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.base import API_SCHEMA, SCHEMA
from models.store import access
from models.store.address import SiteAddress

_HERE = Path(__file__).parent
_LOCK = 0x7468726565  # "three": two upgrades at once wait for each other
_LOCK_WAIT = "60s"  # any person may take any advisory lock, so never wait for ever


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    # Our own folder may hold a percent sign, which ConfigParser would read as a place to fill in.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, address: SiteAddress, service_key: str) -> None:
    """Tables to the newest revision, then roles, grants, policies and functions. Locks every table for a moment."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'"))
    connection.execute(text("SELECT pg_catalog.pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for schema in (SCHEMA, API_SCHEMA):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    command.upgrade(configuration(connection), "head")
    access.apply(connection, address, service_key)
    # So that the doctor can tell an old database from a new one without the owner's key.
    connection.execute(text(f'GRANT SELECT ON {SCHEMA}.alembic_version TO "{address.service}"'))
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {API_SCHEMA} IS '{access.digest(address)}'")


def is_current(connection: Connection, address: SiteAddress) -> bool:
    """Whether `migrate` would change nothing, so that a start need not disturb those who work."""
    mark = connection.execute(
        text("SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = :schema"),
        {"schema": API_SCHEMA},
    ).scalar_one_or_none()
    return mark == access.digest(address) and revision_of(connection) == head_revision()


def revision_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


@lru_cache(maxsize=1)
def head_revision() -> str:
    return str(ScriptDirectory.from_config(configuration()).get_current_head())
