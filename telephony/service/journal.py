# SPDX-License-Identifier: GPL-3.0-or-later
"""The switchboard's own memory on disk: every event of every contact, one JSON line each, synced before it counts.

A file per (site, epoch), append-only. `append` gives the event its number at once; `durable` waits until the line is
synced, normally a few milliseconds and never more than 50 when the disk works. Errands (verbs of the system) stand in
the same file between the events, so that both reach the database in one order. A line cut off by a crash never counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from telephony.service.floor_log import log

WRITE_AGAIN_S = 0.5
_name = re.compile(r"(?P<site>.+)-(?P<epoch>\d{10})\.jsonl")


@dataclass(frozen=True)
class Event:
    """One line of the event log; (site, epoch, seq) is its key for ever."""

    site: str
    epoch: int
    seq: int
    call: str
    kind: str
    who: str
    at: float
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Errand:
    """A verb the system owes the database; the key makes it happen once."""

    site: str
    epoch: int
    number: int
    name: str
    args: dict[str, Any]
    at: float

    @property
    def key(self) -> str:
        return f"{self.site}-{self.epoch}-{self.number}"


Line = Event | Errand


class Journal:
    """The file of one epoch. A thread writes and syncs; whatever has gathered meanwhile goes out together."""

    def __init__(self, directory: Path, site: str, epoch: int) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.site, self.epoch = site, epoch
        self.path = directory / f"{site}-{epoch:010d}.jsonl"
        self._seq = self._errands = self._good = 0
        for line, end in read_lines(self.path):
            self._good = end
            if isinstance(line, Event):
                self._seq = line.seq
            else:
                self._errands = line.number
        self._appended = self._durable = 0
        self.durable_bytes = self._good
        self._queue: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._loop = asyncio.get_running_loop()
        self.grown = asyncio.Event()
        self.failing = ""
        self._file: IO[bytes] = open(self.path, "ab", buffering=0)  # noqa: SIM115 (closed by the writer thread)
        self._file.truncate(self._good)
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def append(self, call: str, kind: str, who: str, at: float, data: dict[str, Any] | None = None) -> Event:
        """One event; it has its key now and counts once `durable` returns."""
        self._seq += 1
        event = Event(self.site, self.epoch, self._seq, call, kind, who, at, data or {})
        self._put({"seq": event.seq, "call": call, "kind": kind, "who": who, "at": at, "data": event.data})
        return event

    def errand(self, name: str, args: dict[str, Any], at: float) -> Errand:
        """A verb of the system, to be run after all lines before it."""
        self._errands += 1
        errand = Errand(self.site, self.epoch, self._errands, name, args, at)
        self._put({"errand": errand.number, "name": name, "args": args, "at": at})
        return errand

    async def durable(self) -> None:
        """Returns when everything appended so far is on the disk."""
        if self._durable < self._appended:
            done: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append((self._appended, done))
            await done

    async def close(self) -> None:
        """Write what is left, sync, let go."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _put(self, line: dict[str, Any]) -> None:
        self._appended += 1
        self._queue.put((self._appended, json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"))

    def _write(self) -> None:
        # In its own thread: a slow disk must not be heard in any call.
        good = self._file.seek(0, os.SEEK_END)
        more = True
        while more:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            lines = [item for item in batch if item is not None]
            more = len(lines) == len(batch)
            if not lines:
                continue
            block = b"".join(line for _, line in lines)
            while not self._written(block, good):
                if not more or self._stopped():
                    log.error("journal_lost_lines", lines=len(lines), why=self.failing)
                    break
            else:
                good += len(block)
                self._tell(lines[-1][0], good)
        self._file.close()

    def _written(self, block: bytes, good: int) -> bool:
        try:
            self._file.truncate(good)
            view = memoryview(block)
            while view:
                view = view[self._file.write(view) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            if not self.failing:
                log.error("journal_failing", why=str(error))
            self.failing = str(error)
            threading.Event().wait(WRITE_AGAIN_S)
            return False
        self.failing = ""
        return True

    def _stopped(self) -> bool:
        return self._loop.is_closed()

    def _tell(self, number: int, size: int) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._synced, number, size)

    def _synced(self, number: int, size: int) -> None:
        self._durable, self.durable_bytes = number, size
        self.grown.set()
        due = [future for upto, future in self._waiting if upto <= number]
        self._waiting = [(upto, future) for upto, future in self._waiting if upto > number]
        for future in due:
            if not future.done():
                future.set_result(None)


def epoch_of(path: Path) -> tuple[str, int] | None:
    """(site, epoch) of a journal's file, None for any other file."""
    found = _name.fullmatch(path.name)
    return (found["site"], int(found["epoch"])) if found else None


def files(directory: Path, site: str) -> list[Path]:
    """The journals of a site, oldest epoch first."""
    named = [(epoch_of(path), path) for path in directory.glob("*.jsonl")]
    return [path for key, path in sorted((key, path) for key, path in named if key and key[0] == site)]


def read_lines(path: Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[Line, int]]:
    """Every whole line of bytes `start` to `stop` with the byte after it. Stops before a line that a crash cut off."""
    key = epoch_of(path)
    if key is None or not path.exists():
        return
    site, epoch = key
    with path.open("rb") as file:
        file.seek(start)
        end = start
        for raw in file:
            if not raw.endswith(b"\n") or (stop is not None and end + len(raw) > stop):
                return
            end += len(raw)
            try:
                line = json.loads(raw)
                built = _built(site, epoch, line)
            except (ValueError, KeyError, TypeError) as error:
                log.error("journal_line_damaged", file=path.name, byte=end - len(raw), why=str(error))
                continue
            yield built, end


def _built(site: str, epoch: int, line: dict[str, Any]) -> Line:
    if "errand" in line:
        return Errand(site, epoch, line["errand"], line["name"], line["args"], line["at"])
    return Event(site, epoch, line["seq"], line["call"], line["kind"], line["who"], line["at"], line["data"])
