# SPDX-License-Identifier: GPL-3.0-or-later
"""People: adding, disabling, passwords, and the session token that stands for a signed-in person.

`add`, `disable`, `set_password` take the owner's Database, `sign_in` a person's, `check_token` the service's.
Raises PeopleError; passwords leave this process only as SCRAM verifiers.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.cards import PersonLine
from models.kinds import Group
from models.people import person as people
from models.people import session_token
from models.store import audit
from models.store.changes import notify
from models.store.database import Database
from models.store.errors import PeopleError, SignInRefused
from models.store.scram import verifier

LEAST_PASSWORD = 8
LONGEST_PASSWORD = 128
LONGEST_NAME = 60
CONNECTIONS = 4  # of one person: a desk's two, its listener, and one in reserve
CUT_AGAIN_S = 1.0
_NUMBER = re.compile(r"[a-z0-9]{1,16}")


@dataclass(frozen=True)
class Token:
    """Stands for a signed-in person on the link. `expires` in seconds since the epoch, the server's clock."""

    token: str
    expires: float


@dataclass(frozen=True)
class SignedIn:
    """Who a token stands for, as of now."""

    person: str
    name: str
    groups: frozenset[Group]
    skills: tuple[str, ...]
    extension: str
    team: str
    expires: float


# ---- as owner --------------------------------------------------------------------------------------------------


async def add(
    owner: Database,
    person: str,
    name: str,
    groups: Iterable[Group],
    password: str,
    *,
    skills: Sequence[str] = (),
    extension: str = "",
    team: str = "",
    actor: str = "system",
) -> None:
    """Make the login, its memberships and the row, or nothing of it."""
    wanted = sorted({_group(group) for group in groups})
    name = name.strip()
    if not _NUMBER.fullmatch(person):
        raise PeopleError("people.bad_number", person)
    if not name or len(name) > LONGEST_NAME:
        raise PeopleError("people.bad_name")
    if not wanted:
        raise PeopleError("people.no_group")
    check_password(person, password)
    address = owner.address
    login = address.login(person)
    secret = await asyncio.to_thread(verifier, password)
    async with owner.transaction() as connection:
        if await _login_exists(connection, login):
            raise PeopleError("people.exists", person)
        await connection.exec_driver_sql(
            f'CREATE ROLE "{login}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION'
            f" CONNECTION LIMIT {CONNECTIONS} PASSWORD '{secret}'"
        )
        for role in [address.everybody, *(address.group(group) for group in wanted)]:
            await connection.exec_driver_sql(f'GRANT "{role}" TO "{login}"')
        row = {"person": person, "login": login, "name": name, "skills": list(skills)}
        await connection.execute(insert(people).values(**row, extension=extension, team=team))
        await audit.append(
            connection, actor, "person.add", {"person": person, "groups": [str(each) for each in wanted]}
        )
        await notify(connection, "person", person, 1)


async def disable(owner: Database, person: str, *, actor: str = "system") -> int:
    """Take the right to sign in, end every token, then cut what is still connected; answers how many were cut.

    The cut comes after the commit: a cut in the same transaction leaves a window in which the person comes back. It is
    repeated a second later for whoever was signing in at that very moment.
    """
    login = owner.address.login(await _known(owner, person))
    async with owner.transaction() as connection:
        version = (
            await connection.execute(
                update(people)
                .where(people.c.person == person)
                .values(active=False, version=people.c.version + 1)
                .returning(people.c.version)
            )
        ).scalar_one()
        await connection.exec_driver_sql(f'ALTER ROLE "{login}" NOLOGIN')
        await connection.execute(
            update(session_token)
            .where(session_token.c.person == person, session_token.c.revoked.is_(None))
            .values(revoked=text("now()"))
        )
        await audit.append(connection, actor, "person.disable", {"person": person})
        await notify(connection, "person", person, version)
    cut = await _cut(owner, login)
    await asyncio.sleep(CUT_AGAIN_S)
    return cut + await _cut(owner, login)


async def enable(owner: Database, person: str, *, actor: str = "system") -> None:
    """Let a disabled person sign in again; his old tokens stay ended."""
    login = owner.address.login(await _known(owner, person))
    async with owner.transaction() as connection:
        change = update(people).where(people.c.person == person).values(active=True, version=people.c.version + 1)
        version = (await connection.execute(change.returning(people.c.version))).scalar_one()
        await connection.exec_driver_sql(f'ALTER ROLE "{login}" LOGIN')
        await audit.append(connection, actor, "person.enable", {"person": person})
        await notify(connection, "person", person, version)


async def set_password(owner: Database, person: str, password: str, *, actor: str = "system") -> None:
    """A new password; sessions that stand go on."""
    login = owner.address.login(await _known(owner, person))
    check_password(person, password)
    secret = await asyncio.to_thread(verifier, password)
    async with owner.transaction() as connection:
        await connection.exec_driver_sql(f"ALTER ROLE \"{login}\" PASSWORD '{secret}'")
        await audit.append(connection, actor, "person.password", {"person": person})


async def listing(database: Database) -> list[PersonLine]:
    """Everybody with groups, by number. Any role may ask: it is what every desk shows as names."""
    prefix = f"tr_{database.address.site}_"
    async with database.reading() as connection:
        rows = (await connection.execute(select(people).order_by(people.c.person))).all()
        memberships = await connection.execute(
            text(
                "SELECT u.rolname AS login, g.rolname AS role FROM pg_auth_members m"
                " JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member"
                " WHERE starts_with(g.rolname::text, :prefix) ORDER BY 1, 2"
            ),
            {"prefix": prefix},
        )
        groups: dict[str, list[str]] = {}
        known = set(Group)
        for login, role in memberships:
            if (group := str(role).removeprefix(prefix)) in known:
                groups.setdefault(str(login), []).append(group)
    return [
        PersonLine(
            row.person,
            row.name,
            tuple(groups.get(row.login, ())),
            tuple(row.skills),
            row.extension,
            row.team,
            row.active,
        )
        for row in rows
    ]


def check_password(person: str, password: str) -> None:
    """Raises PeopleError for a password nobody should have."""
    if len(password) < LEAST_PASSWORD:
        raise PeopleError("people.password_short", LEAST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise PeopleError("people.password_long", LONGEST_PASSWORD)
    if password == person or any(unicodedata.category(each) == "Cc" for each in password):
        raise PeopleError("people.password_plain")


def _group(name: str) -> Group:
    try:
        return Group(name)
    except ValueError:
        raise PeopleError("people.bad_group", name) from None


async def _known(owner: Database, person: str) -> str:
    async with owner.reading() as connection:
        found = await connection.execute(select(people.c.person).where(people.c.person == person))
        if found.scalar_one_or_none() is None:
            raise PeopleError("people.unknown", person)
    return person


async def _login_exists(connection: AsyncConnection, login: str) -> bool:
    found = await connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :login"), {"login": login})
    return found.scalar_one_or_none() is not None


async def _cut(owner: Database, login: str) -> int:
    async with owner.reading() as connection:
        found = await connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = :login"
            ),
            {"login": login},
        )
        return int(found.scalar_one())


# ---- tokens ----------------------------------------------------------------------------------------------------


async def sign_in(database: Database, ttl_s: float | None = None) -> Token:
    """A token for the person this database is connected as, for at most 12 hours."""
    ttl = timedelta(seconds=database.settings.token_s if ttl_s is None else ttl_s)
    async with database.transaction() as connection:
        try:
            row = (await connection.execute(text("SELECT * FROM tr_api.sign_in(:ttl)"), {"ttl": ttl})).one()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == "28000":
                raise SignInRefused("store.person_disabled") from None
            raise
    return Token(row.token, row.expires.timestamp())


async def sign_out(database: Database, token: str) -> bool:
    """End one's own token; False when it had ended already."""
    async with database.transaction() as connection:
        return bool((await connection.execute(text("SELECT tr_api.sign_out(:token)"), {"token": token})).scalar_one())


async def check_token(connection: AsyncConnection, token: str) -> SignedIn | None:
    """Who `token` stands for, None when it is unknown, expired or revoked, or the person disabled."""
    row = (await connection.execute(text("SELECT * FROM tr_api.check_token(:token)"), {"token": token})).one_or_none()
    if row is None:
        return None
    groups = frozenset(Group(group) for group in row.groups)
    return SignedIn(row.person, row.name, groups, tuple(row.skills), row.extension, row.team, row.expires.timestamp())
