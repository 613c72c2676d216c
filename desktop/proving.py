# SPDX-License-Identifier: GPL-3.0-or-later
"""`threerings verify`: reads the event log and the recordings, and lets the pure checker prove the invariants.

Nothing here decides anything: what a report says is what the checker derives from the log and the files.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from models.rules import proof as checker
from models.rules.proof_log import Event, House, Proof, TicketEvent
from models.settings import Settings
from models.store.database import Database, connect_service
from resources.i18n import tr

_EVENTS = text(
    "SELECT site, epoch, seq, at, contact, kind, who, data FROM tr.contact_event ORDER BY epoch, seq"
)
_TICKET_EVENTS = text(
    "SELECT id, at, contact, ticket, draft, kind, who, data FROM tr.ticket_event ORDER BY id"
)
_ENDED = text(
    "SELECT count(*) FILTER (WHERE kind = 'ended') AS ended,"
    " count(*) FILTER (WHERE kind = 'ended' AND data->>'outcome' = 'answered') AS answered"
    " FROM tr.contact_event WHERE kind = 'ended' AND at >= :since"
)


async def count_ended(database: Database, since: float) -> tuple[int, int]:
    """How many contacts have ended since an instant (site time), and how many of them were answered."""
    async with database.reading() as connection:
        row = (await connection.execute(_ENDED, {"since": since})).one()
    return int(row.ended), int(row.answered)


async def prove(data_dir: Path, live: bool = False) -> Proof:
    """The proof over everything logged at this site. Raises StoreError."""
    database = connect_service(data_dir)
    try:
        async with database.reading() as connection:
            events = [Event(*row) for row in await connection.execute(_EVENTS)]
            tickets = [TicketEvent(*_texts(row)) for row in await connection.execute(_TICKET_EVENTS)]
    finally:
        await database.close()
    wanted = {str(event.data.get("file")) for event in events if event.kind == "recording_ended"}
    files = await asyncio.to_thread(durations, data_dir / "recordings", wanted)
    settings = Settings()
    house = House(rings=settings.rings, cadence_s=settings.ring_cadence_s)
    return checker.prove(events, tickets, files, house=house, live=live)


def newly(proof: Proof, before: Proof) -> Proof:
    """What `proof` says beyond an earlier one of the same site: only its own calls and its own violations."""
    known = {call.contact for call in before.calls}
    calls = tuple(call for call in proof.calls if call.contact not in known)
    violations = tuple(one for one in proof.violations if one not in set(before.violations))
    return replace(
        proof,
        events=proof.events - before.events,
        calls=calls,
        violations=violations,
        pop_ms=checker.percentiles([call.pop_ms for call in calls if call.pop_ms is not None]),
    )


def durations(directory: Path, names: Iterable[str]) -> dict[str, float]:
    """Seconds of audio in each recording that is there and readable."""
    found: dict[str, float] = {}
    for name in names:
        try:
            with wave.open(str(directory / name), "rb") as recording:
                found[name] = recording.getnframes() / recording.getframerate()
        except (OSError, EOFError, wave.Error):
            continue
    return found


def as_report(proof: Proof) -> dict[str, Any]:
    """The report as JSON: every call, the pop figures, events and violations."""
    return {
        "calls": [asdict(call) for call in proof.calls],
        "pop_ms": asdict(proof.pop_ms),
        "invariants": {
            "events": proof.events,
            "violations": [asdict(violation) for violation in proof.violations],
        },
    }


def words(proof: Proof) -> str:
    """The proof as lines for a person."""
    if not proof.violations:
        return tr("cli.verify_ok", proof.events, len(proof.calls))
    lines = [tr("cli.verify_bad", proof.events, len(proof.violations))]
    lines += [f"  {one.invariant}  {one.contact}  {one.words}" for one in proof.violations]
    return "\n".join(lines)


def _texts(row: Any) -> list[Any]:
    """Ids as text, as the checker knows them."""
    values = list(row)
    return [values[0], values[1], values[2], *("" if one is None else str(one) for one in values[3:5]), *values[5:]]


def unkept(proof: Proof, robots: bool) -> list[tuple[int, str]]:
    """What was promised and did not happen, call by call: (number from 1, words)."""
    broken: list[tuple[int, str]] = []
    for number, call in enumerate(proof.calls, 1):
        if call.outcome != "answered":
            if robots:
                broken.append((number, tr("cli.kept_not_answered", call.outcome or "-")))
            continue
        if not call.recording:
            broken.append((number, tr("cli.kept_no_recording")))
        if call.transferred_to and call.draft_carried is not True:
            broken.append((number, tr("cli.kept_draft_lost", call.transferred_to)))
        if call.pop_ms is None:
            broken.append((number, tr("cli.kept_no_card")))
    return broken
