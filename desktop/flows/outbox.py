# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's queue of verbs: on this machine's disk within 50 ms, in the database when the link allows.

One SQLite file per site and person (WAL, synchronous=FULL), written by a thread of its own so that the screen never
waits. A verb with a `stream` (one field of one draft) waits 400 ms for the next key and only its unsent value is
replaced; a verb without one is a barrier: it makes everything before it due and follows it. Nothing is dropped: a
refused verb stays in `refused` with the rule's words until somebody has seen it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import sqlite3
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telephony.messages import VerbDone, VerbRefused

log = logging.getLogger(__name__)

TYPING_PAUSE_S = 0.4
RETRY_S = 1.0
ANSWER_WAIT_S = 10.0

Send = Callable[[str, str, dict[str, Any]], Awaitable[VerbDone | VerbRefused]]
"""(key, verb, args) -> the server's answer; raises ConnectionError while the link is down."""


class Refused(Exception):
    """A verb was refused by a rule: `words` is a catalogue key, `args` its numbered arguments."""

    def __init__(self, words: str, args: tuple[str, ...] = ()) -> None:
        super().__init__(words)
        self.words = words
        self.words_args = args


class OutboxUnusable(RuntimeError):
    """The file is locked by another desk, damaged or not writable; a damaged one was kept aside."""


@dataclass
class Letter:
    """One verb on its way. `base` of a field write is kept from its first key on; `due` is a monotonic instant."""

    id: int
    key: str
    verb: str
    args: dict[str, Any]
    stream: str
    due: float
    sent: bool = False
    answers: list[asyncio.Future[dict[str, Any]]] = field(default_factory=list)


class Outbox:
    """Attributes: `unsent`, how many verbs wait. `on_change(stream, stored)` is told at every step of a stream:
    stored "local" or "central" (with the answer), "refused" (with the refusal)."""

    def __init__(self, path: Path, send: Send, on_change: Callable[[str, str, Any], None]) -> None:
        self._path = path
        self._send = send
        self._on_change = on_change
        self._letters: list[Letter] = []
        self._jobs: queue.SimpleQueue[tuple[str, Any, Callable[[], None] | None] | None] = queue.SimpleQueue()
        self._wake = asyncio.Event()
        self._link = asyncio.Event()
        self._next = 1
        self._loop = asyncio.get_running_loop()
        self._open()
        self._thread = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._thread.start()
        self._sender = self._loop.create_task(self._deliver(), name="outbox")

    @property
    def unsent(self) -> int:
        """How many verbs the database has not got yet."""
        return len(self._letters)

    def pending(self, stream: str) -> str | None:
        """The newest value of a stream that the database has not got yet, or None."""
        for letter in reversed(self._letters):
            if letter.stream == stream:
                return str(letter.args.get("value", ""))
        return None

    def post(self, verb: str, args: dict[str, Any], stream: str = "") -> asyncio.Future[dict[str, Any]]:
        """Queue a verb; the future has its result or raises Refused. It may be ignored: nothing is lost by that."""
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        answer.add_done_callback(_seen)
        now = time.monotonic()
        waiting = next((m for m in self._letters if stream and m.stream == stream and not m.sent), None)
        if waiting is not None:
            waiting.args = {**args, "base_version": waiting.args.get("base_version", args.get("base_version"))}
            waiting.due = now + TYPING_PAUSE_S
            waiting.answers.append(answer)
            self._store(waiting)
        else:
            letter = Letter(self._next, uuid.uuid4().hex, verb, dict(args), stream, now, answers=[answer])
            self._next += 1
            if stream:
                letter.due = now + TYPING_PAUSE_S
            else:
                for earlier in self._letters:
                    earlier.due = now
            self._letters.append(letter)
            self._store(letter)
        self._wake.set()
        return answer

    def flush(self, stream: str = "") -> None:
        """Make a stream (or everything) due now: the field was left."""
        for letter in self._letters:
            if not stream or letter.stream == stream:
                letter.due = time.monotonic()
        self._wake.set()

    def link_up(self) -> None:
        """The link stands again: deliver at once."""
        self._link.set()
        self._wake.set()

    @staticmethod
    def count(path: Path) -> int:
        """How many unsent verbs a closed outbox file holds; 0 when it cannot be read."""
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.5) as file:
                return int(file.execute("SELECT count(*) FROM letter").fetchone()[0])
        except sqlite3.Error:
            return 0

    async def close(self) -> None:
        """Stop delivering; what is unsent stays on disk for the next start."""
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, 5.0)

    # ---- the file ---------------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            rows = self._read()
        except OSError as error:
            raise OutboxUnusable(f"{self._path} cannot be written: {error}") from error
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise OutboxUnusable(f"{self._path} is in use by another desk") from error
            kept = self._path.with_suffix(f".damaged-{int(time.time())}")
            try:
                self._path.rename(kept)
                rows = self._read()
            except (OSError, sqlite3.DatabaseError) as again:
                raise OutboxUnusable(f"{self._path} cannot be written: {again}") from again
            log.error("the outbox was damaged and kept as %s", kept)
        for number, key, verb, args, stream in rows:
            self._letters.append(Letter(number, key, verb, json.loads(args), stream, time.monotonic()))
            self._next = number + 1

    def _read(self) -> list[tuple[int, str, str, str, str]]:
        with sqlite3.connect(self._path, timeout=2.0) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            file.execute(
                "CREATE TABLE IF NOT EXISTS letter (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL,"
                " verb TEXT NOT NULL, args TEXT NOT NULL, stream TEXT NOT NULL)"
            )
            file.execute(
                "CREATE TABLE IF NOT EXISTS refused (key TEXT PRIMARY KEY, verb TEXT, args TEXT, words TEXT, at REAL)"
            )
            return file.execute("SELECT id, key, verb, args, stream FROM letter ORDER BY id").fetchall()

    def _store(self, letter: Letter) -> None:
        row = (letter.id, letter.key, letter.verb, json.dumps(letter.args, ensure_ascii=False), letter.stream)
        stream = letter.stream
        self._jobs.put(
            (
                "INSERT INTO letter VALUES (?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET args=excluded.args",
                row,
                lambda: self._on_change(stream, "local", None),
            )
        )

    def _write(self) -> None:
        """The writer thread: takes what has gathered, one transaction, one sync."""
        file = sqlite3.connect(self._path, timeout=2.0)
        file.execute("PRAGMA synchronous=FULL")
        while True:
            job = self._jobs.get()
            gathered = [job]
            while not self._jobs.empty():
                gathered.append(self._jobs.get())
            told: list[Callable[[], None]] = []
            for attempt in range(3):
                try:
                    with file:
                        for item in gathered:
                            if item is not None:
                                file.execute(item[0], item[1])
                    told = [item[2] for item in gathered if item is not None and item[2] is not None]
                    break
                except sqlite3.Error:
                    log.exception("the outbox could not be written (try %d)", attempt + 1)
                    time.sleep(0.2)
            for tell in told:
                self._loop.call_soon_threadsafe(tell)
            if None in gathered:
                file.close()
                return

    # ---- the way to the database ------------------------------------------------------------------------------

    async def _deliver(self) -> None:
        while True:
            letter = self._due_letter()
            if letter is None:
                self._wake.clear()
                pauses = [m.due - time.monotonic() for m in self._letters]
                try:
                    await asyncio.wait_for(self._wake.wait(), max(0.005, min(pauses)) if pauses else None)
                except TimeoutError:
                    pass
                continue
            letter.sent = True
            try:
                answer = await asyncio.wait_for(self._send(letter.key, letter.verb, letter.args), ANSWER_WAIT_S)
            except (ConnectionError, TimeoutError):
                answer = VerbRefused(letter.key, "", again=True)
            if isinstance(answer, VerbRefused) and answer.again:
                self._link.clear()
                try:  # at most one try a second, however fast somebody types, unless the link says it is back
                    await asyncio.wait_for(self._link.wait(), RETRY_S)
                except TimeoutError:
                    pass
                continue
            self._settle(letter, answer)

    def _due_letter(self) -> Letter | None:
        """The oldest letter that may go: letters leave in order, only waiting keys of other fields are overtaken."""
        now = time.monotonic()
        for letter in self._letters:
            if letter.due <= now or letter.sent:
                return letter
            if not letter.stream:
                return None
        return None

    def _settle(self, letter: Letter, answer: VerbDone | VerbRefused) -> None:
        self._letters.remove(letter)
        self._jobs.put(("DELETE FROM letter WHERE id=?", (letter.id,), None))
        if isinstance(answer, VerbDone):
            self._follow_on(letter, answer.result)
            self._on_change(letter.stream, "central", answer.result)
            for future in letter.answers:
                if not future.done():
                    future.set_result(answer.result)
            return
        row = (letter.key, letter.verb, json.dumps(letter.args, ensure_ascii=False), answer.words, time.time())
        self._jobs.put(("INSERT OR REPLACE INTO refused VALUES (?,?,?,?,?)", row, None))
        self._on_change(letter.stream, "refused", answer)
        for future in letter.answers:
            if not future.done():
                future.set_exception(Refused(answer.words, answer.args))

    def _follow_on(self, letter: Letter, result: dict[str, Any]) -> None:
        """Our own next write to the same field stands on the version our last one made, not on the one before it."""
        version, base = result.get("version"), letter.args.get("base_version")
        if not letter.stream or version is None:
            return
        for later in self._letters:
            if later.stream == letter.stream and later.args.get("base_version") == base:
                later.args["base_version"] = version
                self._store(later)


def _seen(future: asyncio.Future[dict[str, Any]]) -> None:
    """Nobody has to await a posted verb: its refusal was told by on_change."""
    if not future.cancelled():
        future.exception()
