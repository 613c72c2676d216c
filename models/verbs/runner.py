# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a verb out: rights, key, rule, row, event, audit and NOTIFY in one transaction as the service role.

The same key again gives the stored answer, whatever happened in between. Raises VerbRefused; with `again` when the
database was away, so that the sender keeps the verb and nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from models.rules.clocks import HouseClocks
from models.settings import Settings
from models.store.changes import CHANNEL
from models.store.database import Database
from models.store.errors import DatabaseAway
from models.verbs import (
    contacts,
    customers,
    drafts,
    handovers,
    house,
    messages,
    outbound,
    people,
    routing,
    tasks,
    tickets,
    trunks,
)
from models.verbs.registry import VERBS, Act, Actor, Verb, VerbRefused, checked

ROOMS = (
    contacts, customers, drafts, handovers, house, messages, outbound, people, routing, tasks, tickets, trunks,
)  # fmt: skip
"""Importing them enters their verbs in the registry."""

ATTEMPTS = 3
_AGAIN_STATES = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
_DUPLICATE = "23505"
_NO_SUCH_ROW = "23503"  # an id in the arguments leads nowhere
LONGEST_KEY = 200

_KNOWN = text("SELECT args_hash, result FROM tr.verb_key WHERE owner = :owner AND key = :key").columns(result=JSONB)

# Events, audit, key and notifications in one round trip: a verb at every pause of a keyboard should cost little.
_TELL = text(
    """
    WITH line AS (
      INSERT INTO tr.audit(actor, what, detail) VALUES (:actor, :what, CAST(:detail AS jsonb)) RETURNING id),
    unsealed AS (INSERT INTO tr.audit_open(id) SELECT id FROM line),
    told AS (
      INSERT INTO tr.ticket_event(at, contact, ticket, draft, kind, who, data)
      SELECT at, contact, ticket, draft, kind, who, data
      FROM jsonb_to_recordset(CAST(:events AS jsonb))
        AS e(at float8, contact text, ticket bigint, draft bigint, kind text, who text, data jsonb)),
    done AS (
      INSERT INTO tr.verb_key(owner, key, name, args_hash, result, at)
      SELECT :owner, :key, :name, :args_hash, CAST(:result AS jsonb), :at WHERE :keep)
    SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload
    """
)


async def run_verb(
    database: Database, actor: Actor, name: str, args: dict[str, Any], key: str, *, now: float | None = None
) -> dict[str, Any]:
    """The verb's result. `key` "" is not remembered; `now` is site time, by default this machine's clock."""
    entry = VERBS.get(name)
    if entry is None:
        raise VerbRefused("refusal.no_verb", name)
    if not entry.allows(actor):
        raise VerbRefused("refusal.not_allowed", f"refusal.verb_{name}")
    if len(key) > LONGEST_KEY or "\x00" in key:
        raise VerbRefused("refusal.argument_wrong", "key")
    fitting = checked(entry, args)
    marked = _mark(name, fitting)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _once(database, actor, entry, fitting, key, marked, time.time() if now is None else now)
        except DatabaseAway as away:
            raise VerbRefused("refusal.database_away", again=True) from away
        except DBAPIError as error:
            state = str(getattr(error.orig, "sqlstate", "") or "")
            if state == _NO_SUCH_ROW:
                raise VerbRefused("refusal.no_such_row") from error
            # Two senders of one key, or of one first row: the second now finds what the first has written.
            if state not in (_DUPLICATE, *_AGAIN_STATES):
                raise
            if attempt == ATTEMPTS:
                raise VerbRefused("refusal.busy", again=True) from error
    raise AssertionError("the last attempt returns or raises")


async def _once(
    database: Database, actor: Actor, entry: Verb, args: dict[str, Any], key: str, marked: str, now: float
) -> dict[str, Any]:
    async with database.transaction() as conn:
        if key:
            known = await conn.execute(_KNOWN, {"owner": actor.person, "key": key})
            row = known.one_or_none()
            if row is not None:
                if row.args_hash != marked:
                    raise VerbRefused("refusal.key_reused", key)
                return dict(row.result)
        act = Act(conn, actor, now, _clocks(database.settings), entry.name)
        result = await entry.run(act, **args)
        await conn.execute(
            _TELL,
            {
                "actor": actor.person,
                "what": f"verb.{entry.name}",
                "detail": json.dumps(act.detail, ensure_ascii=False),
                "events": json.dumps(act.events, ensure_ascii=False),
                "owner": actor.person,
                "key": key,
                "keep": bool(key),
                "name": entry.name,
                "args_hash": marked,
                "result": json.dumps(result, ensure_ascii=False),
                "at": now,
                "channel": CHANNEL,
                "payloads": [f"{kind}:{version}:{id_}" for kind, id_, version in _latest(act.changes)],
            },
        )
        return result


def _latest(changes: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """One notification for a thing, with its last version."""
    newest = {(kind, id_): version for kind, id_, version in changes}
    return [(kind, id_, version) for (kind, id_), version in newest.items()]


def _mark(name: str, args: dict[str, Any]) -> str:
    body = json.dumps([name, args], ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def _clocks(settings: Settings) -> HouseClocks:
    return HouseClocks(settings.handover_s, settings.handover_alarm_s, settings.callback_s, settings.callback_retry_s)
