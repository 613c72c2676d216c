# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the next revision from what the tables in the code have more than the newest revision.

``python -m models.store.migrations.revise "what changes"``: compares on a scratch server of its own; read the file
before committing it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.base import API_SCHEMA, SCHEMA
from models.store.address import write_address
from models.store.database import connect_owner
from models.store.founding import found
from models.store.migrations.run import configuration
from models.store.server import EmbeddedServer


def next_number() -> str:
    """Revisions are numbered in their order: 0001, 0002 …"""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    return f"{int(newest or 0) + 1:04d}"


def _write(connection: Connection, message: str) -> None:
    for schema in (SCHEMA, API_SCHEMA):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    if next_number() != "0001":
        command.upgrade(configuration(connection), "head")
    command.revision(configuration(connection), message, autogenerate=True, rev_id=next_number())


async def revise(message: str) -> None:
    with tempfile.TemporaryDirectory(prefix="tr-revise-") as scratch:
        data_dir = Path(scratch)
        os.chmod(data_dir, 0o711)
        server = EmbeddedServer(data_dir, durable=False)
        server.start()
        try:
            write_address(data_dir, await found(server, "scratch", data_dir))
            database = connect_owner(data_dir)
            async with database.transaction() as connection:
                await connection.run_sync(_write, message)
            await database.close()
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(revise(" ".join(sys.argv[1:]) or "change"))
