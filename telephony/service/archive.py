# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything the service asks of the database, with the service role; the only module here that speaks SQL.

Every method raises models.store.errors.DatabaseAway when nobody answers there; verbs raise VerbRefused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from models.contacts import contact_event
from models.kinds import Group, TaskKind, TaskState
from models.people import person
from models.settings import Settings
from models.store import cards, lease, people, plans
from models.store.database import Database
from models.store.errors import DatabaseAway
from models.tickets import draft, draft_party
from models.verbs.registry import SYSTEM, Actor, VerbRefused
from models.verbs.runner import run_verb
from models.work import setting, task
from telephony.service.house import House, with_first
from telephony.service.journal import Errand, Event
from telephony.service.live import Found
from telephony.service.shipper import ErrandRefused


@dataclass(frozen=True)
class Person:
    """Who a token stands for."""

    person: str
    name: str
    groups: tuple[str, ...]
    skills: tuple[str, ...]
    extension: str
    expires: float
    levels: dict[str, int] = field(default_factory=dict[str, int])  # skill: proficiency 1…5

    def with_extension(self, extension: str) -> Person:
        return replace(self, extension=extension)


@dataclass(frozen=True)
class OpenTask:
    """A hand-over nobody has claimed yet, with what was said of it already."""

    task: str
    contact: str
    created: float
    handover_due: float
    warned: bool
    escalated: bool


class Archive:
    """One site's database as the service uses it. `now` is site time, which verbs are stamped with."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self.database = database
        self._now = now

    # ---- who leads, what time it is ---------------------------------------------------------------------------

    async def clock(self) -> float:
        return await self.database.clock()

    async def take_lease(self, holder: str, ttl_s: float) -> int | None:
        async with self.database.transaction() as connection:
            return await lease.take(connection, holder, ttl_s)

    async def renew_lease(self, holder: str, epoch: int, ttl_s: float) -> None:
        """Raises StaleEpoch when somebody else leads, or could."""
        async with self.database.transaction() as connection:
            await lease.renew(connection, holder, epoch, ttl_s)

    async def release_lease(self, holder: str, epoch: int) -> None:
        async with self.database.transaction() as connection:
            await lease.release(connection, holder, epoch)

    # ---- people and customers ---------------------------------------------------------------------------------

    async def check_token(self, token: str) -> Person | None:
        async with self.database.reading() as connection:
            who = await people.check_token(connection, token)
            if who is None:
                return None
            levels = await plans.read_levels(connection, who.person)
        groups = tuple(sorted(str(group) for group in who.groups))
        extension = who.extension or who.person
        return Person(who.person, who.name, groups, who.skills, extension, who.expires, levels)

    async def owner_of(self, extension: str) -> str:
        """Whose own this extension is, "" when it is nobody's."""
        own = (person.c.extension == extension) | ((person.c.extension == "") & (person.c.person == extension))
        async with self.database.reading() as connection:
            found = await connection.execute(select(person.c.person).where(own))
            return str(found.scalars().first() or "")

    async def look_up(self, number: str) -> Found | None:
        async with self.database.reading() as connection:
            card = await cards.find_by_phone(connection, number)
            if not card.customer:
                return Found("", str(card.confidence))
            at, engineer = await cards.last_talks(connection, card.customer, card.last_agent)
        return Found(card.customer, str(card.confidence), str(card.level), card.last_agent, at, engineer)

    async def parties_of(self, contact: str) -> set[str]:
        """Everybody who may write in this contact's sheet."""
        query = select(draft_party.c.person).where(draft_party.c.draft == draft.c.id, draft.c.contact == contact)
        async with self.database.reading() as connection:
            return set((await connection.execute(query)).scalars())

    # ---- the house --------------------------------------------------------------------------------------------

    async def house(self, settings: Settings) -> House:
        async with self.database.reading() as connection:
            plan = await plans.read_plan(connection)
            trunks = await plans.read_trunks(connection)
            phones = await plans.read_desk_phones(connection)
            shown = await plans.read_supervision_shown(connection)
            said = {row.name: row.value for row in await connection.execute(select(setting.c.name, setting.c.value))}
        return House(
            settings=settings,
            company=str(said.get("company", "")),
            hotline=str(said.get("hotline", "")),
            plan=with_first(plan),
            trunks=trunks,
            desk_phones=phones,
            supervision_shown=shown,
        )

    async def open_tasks(self) -> list[OpenTask]:
        """Hand-overs that wait for somebody to claim them."""
        query = select(task).where(task.c.state == TaskState.OPEN, task.c.kind == TaskKind.HANDOVER)
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            OpenTask(
                str(row.id), row.contact, row.created, row.handover_due, row.warned_at is not None,
                row.escalated_at is not None,
            )
            for row in rows
        ]  # fmt: skip

    # ---- the event log ----------------------------------------------------------------------------------------

    async def store_events(self, events: list[Event]) -> None:
        rows = [
            {"site": e.site, "epoch": e.epoch, "seq": e.seq, "at": e.at, "contact": e.call, "kind": e.kind,
             "who": e.who, "data": e.data}
            for e in events
        ]  # fmt: skip
        try:
            async with self.database.transaction() as connection:
                await connection.execute(insert(contact_event).on_conflict_do_nothing(), rows)
        except DBAPIError as error:
            raise ErrandRefused(str(error.orig)) from error

    async def events_since(self, site: str, at: float) -> list[Event]:
        """Every event of this site from an instant on, in the order of the log."""
        return await self._events(contact_event.c.site == site, contact_event.c.at >= at)

    async def events_of(self, site: str, calls: Iterable[str], since: float) -> list[Event]:
        """The history of these calls, and of every call since then that has no end yet."""
        ended = select(contact_event.c.contact).where(contact_event.c.kind == "ended", contact_event.c.at >= since)
        unfinished = (contact_event.c.at >= since) & contact_event.c.contact.not_in(ended)
        return await self._events(contact_event.c.site == site, contact_event.c.contact.in_(list(calls)) | unfinished)

    async def _events(self, *where: Any) -> list[Event]:
        query = select(contact_event).where(*where).order_by(contact_event.c.epoch, contact_event.c.seq)
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [Event(row.site, row.epoch, row.seq, row.contact, row.kind, row.who, row.at, row.data) for row in rows]

    # ---- verbs ------------------------------------------------------------------------------------------------

    async def run_verb(self, who: Person, name: str, args: dict[str, Any], key: str) -> dict[str, Any]:
        actor = Actor(who.person, who.name, frozenset(Group(group) for group in who.groups))
        return await run_verb(self.database, actor, name, args, key, now=self._now())

    async def run_errand(self, errand: Errand) -> dict[str, Any]:
        try:
            return await run_verb(self.database, SYSTEM, errand.name, errand.args, errand.key, now=errand.at)
        except VerbRefused as refused:
            if refused.again:
                address = self.database.address
                raise DatabaseAway("store.away", address.host, address.port) from refused
            raise ErrandRefused(f"{refused.words} {' '.join(refused.args_)}") from refused
