# SPDX-License-Identifier: GPL-3.0-or-later
"""Business verbs of desks: run one after the other for each person, answered always, told on to whom they concern.

A verb that the database could not take now is answered with `again`: the desk keeps it and sends it later by its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from models.store.errors import DatabaseAway
from models.verbs.registry import VerbRefused
from telephony.messages import DraftChanged, ToDesk, Verb, VerbDone
from telephony.messages import VerbRefused as Refusal
from telephony.service.archive import Archive, Person
from telephony.service.floor_log import log

if TYPE_CHECKING:
    from telephony.service.link import Link

MAY_BE_OWED = frozenset({"refusal.no_draft", "refusal.not_party", "refusal.no_contact", "refusal.not_your_contact"})
"""Refusals that mean nothing as long as the journal holds lines the database has not got."""

Tell = Callable[[ToDesk], Awaitable[None] | None]


class VerbsDoor:
    """`take` a desk's verb; `afterwards` does something once the person's verbs so far are answered."""

    def __init__(self, archive: Archive, link: Link) -> None:
        self._archive, self._link = archive, link
        self._last: dict[str, asyncio.Task[None]] = {}

    def take(self, who: Person, verb: Verb, tell: Tell) -> None:
        self._follow(who.person, self._run(self._last.get(who.person), who, verb, tell))

    def afterwards(self, person: str, do: Callable[[], None]) -> None:
        if person in self._last:
            self._follow(person, _then(self._last[person], do))
        else:
            do()

    def forget(self, person: str) -> None:
        """The desk is gone; what it sent is still carried out."""
        task = self._last.get(person)
        if task is not None and task.done():
            del self._last[person]

    def _follow(self, person: str, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"verbs-{person}")
        self._last[person] = task
        task.add_done_callback(lambda done: self._ended(person, done))

    def _ended(self, person: str, done: asyncio.Task[None]) -> None:
        if self._last.get(person) is done:
            del self._last[person]
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("verb_failed", error, person=person)

    async def _run(self, before: asyncio.Task[None] | None, who: Person, verb: Verb, tell: Tell) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            result = await self._carry_out(who, verb)
        except VerbRefused as refused:
            if refused.again:
                self._remember(verb)
            tell(Refusal(verb.key, refused.words, refused.args_, refused.again))
        except Exception as error:
            log.error("verb_failed", error, verb=verb.name, person=who.person)
            tell(Refusal(verb.key, "link.our_fault"))
        else:
            self._remember(verb)
            tell(VerbDone(verb.key, result))
            if verb.name == "draft_save":
                self._stored(verb, result)
                if not result.get("conflict"):
                    await self._tell_parties(who, verb, result)

    async def _carry_out(self, who: Person, verb: Verb) -> dict[str, Any]:
        try:
            return await self._archive.run_verb(who, verb.name, verb.args, verb.key)
        except VerbRefused as refused:
            if refused.again or refused.words not in MAY_BE_OWED:
                raise
            # A contact, its sheet or somebody's part in it may still be on its way from the journal.
            board = self._link.switchboard
            if board is None or not await board.shipped():
                raise VerbRefused(refused.words, *refused.args_, again=True) from refused
        return await self._archive.run_verb(who, verb.name, verb.args, verb.key)

    def _stored(self, verb: Verb, result: dict[str, Any]) -> None:
        board = self._link.switchboard
        live = board.calls.get(str(result.get("draft", ""))) if board is not None else None
        if live is not None:
            live.unstored.pop(str(verb.args.get("field", "")), None)

    def _remember(self, verb: Verb) -> None:
        board = self._link.switchboard
        live = board.calls.get(str(verb.args.get("contact", ""))) if board is not None else None
        if live is not None and verb.name == "disposition_set":
            live.disposition = str(verb.args.get("code", ""))

    async def _tell_parties(self, who: Person, verb: Verb, result: dict[str, Any]) -> None:
        """The others who have this sheet open see the field change before they read it again."""
        draft = str(result.get("draft", ""))
        news = DraftChanged(
            draft=draft,
            field=str(verb.args.get("field", "")),
            value=str(result.get("value", "")),
            by=who.person,
            by_name=who.name,
            at=float(result.get("at", 0.0)),
            version=int(result.get("version", 0)),
        )
        try:
            parties = await self._archive.parties_of(draft)
        except DatabaseAway:
            return
        for person in parties - {who.person}:
            self._link.tell(person, news)


async def _then(before: asyncio.Task[None], do: Callable[[], None]) -> None:
    await asyncio.wait([before])
    do()
