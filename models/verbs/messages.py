# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of messages: one left on the voicemail, a wish from the web to be called, and who listened to what.

A message or wish is a task that somebody claims and calls back. Listening is a right of its own, asked and noted before
the first byte of sound is given out.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from models.contacts import recording as recordings
from models.contacts import voicemail as voicemails
from models.kinds import Confidence, Group, TaskKind, TaskState
from models.routing import blocked_number
from models.rules.permissions import EVERYBODY, HEAR_ALL, claimers, may
from models.store.cards import identify
from models.verbs import loading
from models.verbs.registry import Act, VerbRefused, verb
from models.verbs.tasks import made_known, told
from models.work import queue as queues
from models.work import task as tasks
from resources.i18n import LANGUAGES

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
LONGEST_NAME = 60
LONGEST_NOTE = 500


@verb(system=True)
async def voicemail_add(
    act: Act, contact: str, queue: str, number: str, file: str, seconds: float = 0.0, customer: int = 0
) -> dict[str, Any]:
    """Somebody spoke on the voicemail: one task a contact, with the recording if there is one."""
    if file.startswith(("/", "\\")) or ".." in file.replace("\\", "/").split("/"):
        raise VerbRefused("refusal.argument_wrong", "file")
    one = select(tasks).where(tasks.c.contact == contact, tasks.c.kind == TaskKind.VOICEMAIL)
    existing = (await act.conn.execute(one)).mappings().first()
    if existing is not None:
        return {**told(existing), "voicemail": await _message_of(act, contact)}
    values = {"kind": TaskKind.VOICEMAIL, "contact": contact, "customer": customer or None}
    result = made_known(act, await _task(act, number, queue, **values))
    if not file:
        return {**result, "voicemail": ""}
    made = await act.conn.execute(
        insert(voicemails)
        .values(
            contact=contact,
            queue=queue,
            number=number,
            task=int(result["task"]),
            file=file,
            at=act.now,
            seconds=seconds,
        )
        .returning(voicemails.c.id)
    )
    id_ = made.scalar_one()
    act.changed("voicemail", id_, 1)
    act.audited(voicemail=id_, seconds=seconds)
    return {**result, "voicemail": str(id_)}


@verb(EVERYBODY, owner="task_group")
async def voicemail_heard(act: Act, voicemail: int) -> dict[str, Any]:
    """He has listened to it to the end; the first one is noted."""
    row = await _message(act, voicemail)
    if row["heard_at"] is not None:
        return _heard(row)
    changed = await act.conn.execute(
        update(voicemails)
        .where(voicemails.c.id == voicemail)
        .values(heard_by=act.actor.person, heard_at=act.now, version=voicemails.c.version + 1)
        .returning(voicemails)
    )
    after = changed.mappings().one()
    act.event("voicemail_heard", contact=row["contact"], voicemail=str(voicemail))
    act.changed("voicemail", voicemail, after["version"])
    act.audited(voicemail=voicemail)
    return _heard(after)


@verb(EVERYBODY, owner="task_group")
async def voicemail_listen(act: Act, voicemail: int) -> dict[str, Any]:
    """The file of a message, for those of its group: what the service asks before it gives the sound out."""
    row = await _message(act, voicemail)
    if row["state"] != "kept":
        raise VerbRefused("refusal.sound_erased")
    act.audited(voicemail=voicemail, contact=row["contact"])
    return {"file": row["file"], "contact": row["contact"], "seconds": row["seconds"]}


@verb(EVERYBODY)
async def recording_listen(act: Act, recording: int) -> dict[str, Any]:
    """The file of a recording, for whose voice it is and for those who may hear all."""
    row = await loading.locked(act, recordings, recording, "refusal.no_recording")
    if row["agent"] != act.actor.person and not may(act.actor.groups, HEAR_ALL):
        raise VerbRefused("refusal.not_your_recording")
    if row["state"] != "kept":
        raise VerbRefused("refusal.sound_erased")
    act.audited(recording=recording, contact=row["contact"], agent=row["agent"])
    return {"file": row["file"], "contact": row["contact"]}


@verb(system=True)
async def web_callback_request(
    act: Act, number: str, name: str = "", queue: str = "", language: str = "", note: str = ""
) -> dict[str, Any]:
    """Somebody wishes on the web to be called. Who waits for a call already gets no second task."""
    if not _E164.fullmatch(number):
        raise VerbRefused("refusal.number_wrong", number[:20])
    if language and language not in LANGUAGES:
        raise VerbRefused("refusal.argument_wrong", "language")
    if queue:
        known = await act.conn.execute(select(queues.c.id).where(queues.c.id == queue, queues.c.active))
        if known.scalar_one_or_none() is None:
            raise VerbRefused("refusal.argument_wrong", "queue")
    if await _is_blocked(act, number):
        raise VerbRefused("refusal.number_blocked")
    # Two wishes at once of one number: the second waits here and finds the task of the first.
    await act.conn.exec_driver_sql("SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended($1, 3))", (number,))
    kinds = (TaskKind.WEB_CALLBACK, TaskKind.RECALL)
    one = select(tasks).where(tasks.c.number == number, tasks.c.kind.in_(kinds), tasks.c.state != TaskState.DONE)
    existing = (await act.conn.execute(one.order_by(tasks.c.id))).mappings().first()
    if existing is not None:
        act.audited(task=existing["id"], again=True)
        return {**told(existing), "again": True}
    sure, candidates = await identify(act.conn, number)
    values: dict[str, Any] = {
        "kind": TaskKind.WEB_CALLBACK,
        "title": _line(name, LONGEST_NAME),
        "note": _line(note, LONGEST_NOTE),
        "language": language,
        "customer": int(candidates[0].customer) if sure is Confidence.EXACT else None,
    }
    return {**made_known(act, await _task(act, number, queue, **values)), "again": False}


async def _task(act: Act, number: str, queue: str, **values: Any) -> RowMapping:
    made = await act.conn.execute(
        insert(tasks)
        .values(
            number=number,
            queue=queue,
            group_name=Group.AGENT,
            created=act.now,
            created_by=act.actor.person,
            handover_due=act.now + act.house.handover_s,
            **values,
        )
        .returning(tasks)
    )
    return made.mappings().one()


async def _message(act: Act, voicemail: int) -> RowMapping:
    """The message, locked, if the actor's group may call back its caller, or he may hear all."""
    row = await loading.locked(act, voicemails, voicemail, "refusal.no_voicemail")
    group = (await act.conn.execute(select(tasks.c.group_name).where(tasks.c.id == row["task"]))).scalar_one_or_none()
    if not may(act.actor.groups, claimers(group or Group.AGENT) | HEAR_ALL):
        raise VerbRefused("refusal.not_your_group")
    return row


async def _message_of(act: Act, contact: str) -> str:
    found = await act.conn.execute(select(voicemails.c.id).where(voicemails.c.contact == contact))
    return str(found.scalar_one_or_none() or "")


def _heard(row: RowMapping) -> dict[str, Any]:
    return {
        "voicemail": str(row["id"]),
        "heard_by": row["heard_by"],
        "heard_at": row["heard_at"],
        "version": row["version"],
    }


async def _is_blocked(act: Act, number: str) -> bool:
    until = or_(blocked_number.c.until == 0, blocked_number.c.until > act.now)
    prefixes = (await act.conn.execute(select(blocked_number.c.prefix).where(until))).scalars()
    return any(number.startswith(prefix) for prefix in prefixes)


def _line(text: str, longest: int) -> str:
    """What somebody typed on the web, as one line without control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:longest]
