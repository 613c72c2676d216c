# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may read what: roles, grants, row-level security and the definer functions, applied after every migration.

Persons have SELECT and nothing else; every write is the service role's. The gate is the policy's TO list and its
qual is constant, because a qual that is not forbids PostgreSQL the GIN and LIKE indexes (a search over a million
customers then takes 200 ms instead of half a one). `apply` runs as the site's owner and may run again at any time.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

import models.contacts
import models.customers
import models.people
import models.routing
import models.tickets
import models.work  # noqa: F401 — importing them is what fills the metadata
from models.base import API_SCHEMA, SCHEMA, metadata
from models.kinds import Group
from models.settings import Settings
from models.store.address import SiteAddress
from models.store.functions import functions
from models.store.scram import verifier

_SUPERVISION = (Group.SUPERVISOR, Group.MANAGER, Group.INSPECTOR)
# Who handles cases. Administrators run the site and read no customer; a storekeeper, a department and a station are
# told what they need by the sheet that is sent to them.
_CASES = (
    Group.AGENT,
    Group.ENGINEER,
    Group.INFORMATION_OFFICER,
    Group.COORDINATOR,
    Group.FIELD_ENGINEER,
    Group.COMPLAINT_SPECIALIST,
    Group.INTERFACE_PERSON,
    Group.TECHNICAL_LEAD,
    Group.TECHNICAL_CENTRE,
    Group.LEADER,
    Group.COMMERCE,
    Group.CAMPAIGN_MANAGER,
    *_SUPERVISION,
)
_AUDITORS = (Group.ADMINISTRATOR, Group.MANAGER)
EVERYBODY = tuple(Group)
NOBODY: tuple[Group, ...] = ()

# Every table has a line; one without is read by nobody, and a test says so.
READERS: dict[str, tuple[Group, ...]] = {
    "customer": _CASES,
    "phone": _CASES,
    "device": _CASES,
    "contact": _CASES,
    "contact_event": _CASES,
    "recording": _SUPERVISION,
    "draft": _CASES,
    "draft_field": _CASES,
    "draft_party": _CASES,
    "draft_conflict": _CASES,
    "ticket": _CASES,
    "ticket_event": _CASES,
    "task": _CASES,
    "task_attempt": _CASES,
    "handover": _CASES,
    "article": EVERYBODY,
    "disposition": EVERYBODY,
    "outbound_rule": EVERYBODY,
    "policy": EVERYBODY,
    "queue": EVERYBODY,
    "calendar": EVERYBODY,
    "menu": EVERYBODY,
    "dialled_number": EVERYBODY,
    "person_skill": EVERYBODY,
    "desk_phone": EVERYBODY,
    "blocked_number": _CASES,
    "voicemail": _CASES,
    "trunk": (*_SUPERVISION, Group.ADMINISTRATOR),
    "setting": EVERYBODY,
    "person": EVERYBODY,
    "audit": _AUDITORS,
    "seal": _AUDITORS,
    "audit_open": _AUDITORS,
    "sheet_day": NOBODY,
    "verb_key": NOBODY,
    "trunk_secret": NOBODY,
    "desk_phone_secret": NOBODY,
    "session_token": NOBODY,
    "lease": NOBODY,
}
# Beside the groups above: a person reads the rows whose column names him.
OWN: dict[str, str] = {"recording": "agent"}

_READ_WRITE = "SELECT, INSERT, UPDATE, DELETE"
# What the service role may do where that is less than everything: facts are only ever added.
_SERVICE: dict[str, str] = {
    "contact_event": "SELECT, INSERT",
    "ticket_event": "SELECT, INSERT",
    "audit": "SELECT, INSERT",
    "audit_open": "SELECT, INSERT",
    "seal": "SELECT",
    "session_token": "",
    "person": "SELECT, UPDATE (name, skills, extension, team, version)",
    "lease": "SELECT, UPDATE",
}
LEASES = ("switchboard",)
_SERVICE_CONNECTIONS = 40


def apply(connection: Connection, address: SiteAddress, service_key: str) -> None:
    """Roles, grants, policies and functions of one site, in the caller's transaction."""
    for statement in [*_roles(connection, address, service_key), *database_statements(address)]:
        connection.exec_driver_sql(statement)
    standing = connection.execute(
        text("SELECT tablename, policyname FROM pg_catalog.pg_policies WHERE schemaname = :schema"), {"schema": SCHEMA}
    )
    for table, policy in standing.all():
        connection.exec_driver_sql(f'DROP POLICY "{policy}" ON {SCHEMA}."{table}"')
    for statement in [*_tables(), *_policies(address), *functions(address)]:
        connection.exec_driver_sql(statement)
    for name in LEASES:
        connection.execute(text("INSERT INTO tr.lease(name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": name})


def digest(address: SiteAddress) -> str:
    """Changes whenever `apply` would do something else than it did before."""
    statements = [*database_statements(address), *_tables(), *_policies(address), *functions(address), *LEASES]
    statements += [address.group(group) for group in Group]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


def _roles(connection: Connection, address: SiteAddress, service_key: str) -> list[str]:
    there = set(connection.execute(text("SELECT rolname FROM pg_catalog.pg_roles")).scalars())
    groups = [address.everybody, *(address.group(group) for group in Group)]
    statements = [f'CREATE ROLE "{role}" NOLOGIN' for role in groups if role not in there]
    idle = Settings().idle_in_transaction_s
    if address.service not in there:
        statements.append(f'CREATE ROLE "{address.service}" LOGIN')
        statements.append(f"ALTER ROLE \"{address.service}\" PASSWORD '{verifier(service_key)}'")
    statements += [
        f'ALTER ROLE "{address.service}" CONNECTION LIMIT {_SERVICE_CONNECTIONS}',
        # A leader that is stopped inside a transaction would keep its successor from the lease.
        f"ALTER ROLE \"{address.service}\" SET idle_in_transaction_session_timeout = '{idle * 1000:.0f}ms'",
    ]
    return statements


def database_statements(address: SiteAddress) -> list[str]:
    """What belongs to the database itself, and so is not carried over when it is copied as a template."""
    return [
        f'REVOKE ALL ON DATABASE "{address.database}" FROM PUBLIC',  # CONNECT and TEMP
        f'GRANT CONNECT ON DATABASE "{address.database}" TO "{address.everybody}", "{address.service}"',
        # Settings of a group role do not reach its members; those of the database do.
        f"ALTER DATABASE \"{address.database}\" SET idle_in_transaction_session_timeout = '60s'",
        f"ALTER DATABASE \"{address.database}\" SET lock_timeout = '5s'",
    ]


def _tables() -> list[str]:
    """Rows of the audit never change, not even for their owner."""
    refuse = f"""CREATE OR REPLACE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501'; END $$"""
    statements = [refuse, f"REVOKE ALL ON FUNCTION {SCHEMA}.refuse_change() FROM PUBLIC"]
    for table in ("audit", "seal"):
        statements.append(
            f"CREATE OR REPLACE TRIGGER rows_stay BEFORE UPDATE OR DELETE ON {SCHEMA}.{table} "
            f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse_change()"
        )
        statements.append(
            f"CREATE OR REPLACE TRIGGER table_stays BEFORE TRUNCATE ON {SCHEMA}.{table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse_change()"
        )
    return statements


def _policies(address: SiteAddress) -> list[str]:
    """Every grant is taken back and given anew, as every policy is: what stands is what this module says."""
    everybody, service = f'"{address.everybody}"', f'"{address.service}"'
    statements = [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {SCHEMA}, {API_SCHEMA} TO {everybody}, {service}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM PUBLIC, {everybody}, {service}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {SCHEMA} FROM PUBLIC, {everybody}, {service}",
    ]
    for table in metadata.sorted_tables:
        name = f'{SCHEMA}."{table.name}"'
        statements.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        if rights := _SERVICE.get(table.name, _READ_WRITE):
            statements.append(f"GRANT {rights} ON {name} TO {service}")
            statements.append(f"CREATE POLICY service ON {name} TO {service} USING (true) WITH CHECK (true)")
        readers = READERS.get(table.name, NOBODY)
        if readers or table.name in OWN:
            statements.append(f"GRANT SELECT ON {name} TO {everybody}")
        if readers:
            whom = everybody if readers == EVERYBODY else ", ".join(f'"{address.group(group)}"' for group in readers)
            statements.append(f"CREATE POLICY readers ON {name} FOR SELECT TO {whom} USING (true)")
        if column := OWN.get(table.name):
            me = f"substr(current_user::text, {len(address.login('')) + 1})"
            statements.append(f"CREATE POLICY own ON {name} FOR SELECT TO {everybody} USING ({column} = {me})")
    return statements
