# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries the journal into the database: every durable line once, in order, however long the database was away.

Progress stands beside each file as `<file>.shipped` (a byte position); doing a line twice is harmless, because events
are inserted by their key and errands run by theirs. Files of older epochs go first. What the database refuses for good
is written to `refused.txt` and told to `refused`, never dropped in silence.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from models.store.errors import DatabaseAway
from telephony.service.floor_log import log
from telephony.service.journal import Errand, Event, Journal, Line, files, read_lines

BATCH = 200
FIRST_RETRY_S = 0.2
LAST_RETRY_S = 3.0
PASSED_WITHIN_S = 2.0
LOOK_AGAIN_S = 0.01
KEPT_S = 24 * 3600.0  # a switchboard that takes over without the database knows its calls from these files
TRIES = 3  # of a line that fails for a reason nobody thought of


class ErrandRefused(Exception):
    """The database or a rule said no, and would say so again."""


class Receiver(Protocol):
    """Where the lines go. Both methods raise DatabaseAway, or ErrandRefused for what will never be taken."""

    async def store_events(self, events: list[Event]) -> None: ...

    async def run_errand(self, errand: Errand) -> dict[str, Any]: ...


class Shipper:
    """One task that follows the journal."""

    def __init__(
        self,
        journal: Journal,
        receiver: Receiver,
        refused: Callable[[Line, str], None] | None = None,
    ) -> None:
        self._journal = journal
        self._receiver = receiver
        self._refused = refused
        self.away = False
        self._older_done = False
        self._shipped = _position(journal.path)

    async def run(self) -> None:
        """Ship what older epochs left, then follow the living file for ever."""
        directory = self._journal.path.parent
        for path in files(directory, self._journal.site):
            if path != self._journal.path:
                await self._ship_file(path, None)
                _prune(path)
        self._older_done = True
        while True:
            self._journal.grown.clear()
            await self._ship_file(self._journal.path, self._journal.durable_bytes)
            await self._journal.grown.wait()

    async def drained(self, timeout_s: float = 5.0) -> bool:
        """Whether everything durable has been shipped within the time."""
        async with asyncio.timeout(timeout_s) as limit:
            try:
                while _position(self._journal.path) < self._journal.durable_bytes:
                    await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                if not limit.expired():
                    raise
                return False
        return True

    async def passed(self, within_s: float = PASSED_WITHIN_S) -> bool:
        """Whether everything appended until now has been shipped; does not wait for a database that is away."""
        end = time.monotonic() + within_s
        try:
            await asyncio.wait_for(self._journal.durable(), within_s)
        except TimeoutError:
            return False
        wanted = self._journal.durable_bytes
        while not self._older_done or self._shipped < wanted:
            if self.away or time.monotonic() > end:
                return False
            await asyncio.sleep(LOOK_AGAIN_S)
        return True

    async def _ship_file(self, path: Path, stop: int | None) -> None:
        start = _position(path)
        events: list[Event] = []
        end = start
        for line, after in read_lines(path, start, stop):
            if isinstance(line, Event) and len(events) < BATCH:
                events.append(line)
                end = after
                continue
            await self._store(path, events, end)
            events = []
            if isinstance(line, Event):
                events = [line]
            else:
                await self._with_patience(line)
                self._remember(path, after)
            end = after
        await self._store(path, events, end)

    async def _store(self, path: Path, events: list[Event], end: int) -> None:
        if events:
            await self._with_patience(events)
            self._remember(path, end)

    def _remember(self, path: Path, position: int) -> None:
        _write_position(path, position)
        if path == self._journal.path:
            self._shipped = position

    async def _with_patience(self, what: list[Event] | Errand) -> None:
        wait = FIRST_RETRY_S
        failures = 0
        while True:
            try:
                if isinstance(what, Errand):
                    await self._receiver.run_errand(what)
                else:
                    await self._receiver.store_events(what)
                self.away = False
                return
            except DatabaseAway as error:
                if not self.away:
                    log.warning("database_away", why=str(error))
                self.away = True
                await asyncio.sleep(wait)
                wait = min(LAST_RETRY_S, wait * 2)
            except Exception as error:
                if not isinstance(error, ErrandRefused):
                    # A fault of ours must neither stop everything behind it nor be given up at its first sight.
                    failures += 1
                    log.error("shipping_failed", error, line=type(what).__name__)
                    if failures < TRIES:
                        await asyncio.sleep(wait)
                        continue
                if isinstance(what, list) and len(what) > 1:
                    # One bad line must not take its neighbours with it.
                    for event in what:
                        await self._with_patience([event])
                    return
                self._set_aside(what if isinstance(what, Errand) else what[0], str(error))
                return

    def _set_aside(self, line: Line, why: str) -> None:
        log.error("line_refused", line=type(line).__name__, why=why, call=getattr(line, "call", ""))
        place = self._journal.path.parent / "refused.txt"
        with place.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"why": why, "line": asdict(line)}, ensure_ascii=False) + "\n")
        if self._refused is not None:
            self._refused(line, why)


def _position(path: Path) -> int:
    try:
        return int(path.with_suffix(".shipped").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _prune(path: Path) -> None:
    """Remove a journal of an older epoch that the database has whole, once no switchboard will look back so far."""
    if time.time() - path.stat().st_mtime > KEPT_S:
        path.unlink()
        path.with_suffix(".shipped").unlink(missing_ok=True)


def _write_position(path: Path, position: int) -> None:
    fresh = path.with_suffix(".shipping")
    fresh.write_text(str(position), encoding="ascii")
    os.replace(fresh, path.with_suffix(".shipped"))
