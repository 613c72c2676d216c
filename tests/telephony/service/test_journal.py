# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on disk and its way into the database: durable, in order, once, whatever breaks."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from models.store.errors import DatabaseAway
from telephony.service.journal import Errand, Event, Journal, files, read_lines
from telephony.service.shipper import KEPT_S, ErrandRefused, Shipper
from tests.telephony.service.room import until


class Basin:
    """A database that can be away, refuses what it is told to, and keeps what it got."""

    def __init__(self) -> None:
        self.away = False
        self.refuses: set[str] = set()
        self.faults = 0
        self.got: list[str] = []

    async def store_events(self, events: list[Event]) -> None:
        self._open()
        bad = {event.kind for event in events} & self.refuses
        if bad:
            raise ErrandRefused(f"bad {bad}")
        self.got += [f"{event.epoch}.{event.seq}" for event in events]

    async def run_errand(self, errand: Errand) -> dict[str, Any]:
        self._open()
        if errand.name in self.refuses:
            raise ErrandRefused(errand.name)
        self.got.append(errand.key)
        return {"done": errand.name}

    def _open(self) -> None:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault of ours")
        if self.away:
            raise DatabaseAway("store.away", "127.0.0.1", 1)


async def test_events_are_numbered_synced_and_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "site", 3)
    first = journal.append("c1", "arrived", "", 10.0, {"from": "陈"})
    journal.errand("contact_open", {"contact": "c1"}, 10.0)
    started = time.monotonic()
    second = journal.append("c1", "queued", "", 11.0)
    await journal.durable()
    assert time.monotonic() - started < 0.5
    assert [first.seq, second.seq] == [1, 2]
    lines = [line for line, _ in read_lines(journal.path)]
    assert lines == [first, Errand("site", 3, 1, "contact_open", {"contact": "c1"}, 10.0), second]
    await journal.close()


async def test_a_line_is_not_durable_before_it_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file).st_size), fsync(file))[1])
    journal = Journal(tmp_path, "site", 1)
    journal.append("c1", "arrived", "", 1.0)
    assert journal.durable_bytes == 0
    await journal.durable()
    assert synced and journal.durable_bytes == synced[-1] == journal.path.stat().st_size
    await journal.close()


async def test_many_events_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = [0]

    def slow(file: int) -> None:
        count[0] += 1
        time.sleep(0.01)

    monkeypatch.setattr(os, "fsync", slow)
    journal = Journal(tmp_path, "site", 1)
    for n in range(500):
        journal.append(f"c{n}", "arrived", "", float(n))
    await journal.durable()
    assert count[0] < 50
    await journal.close()


async def test_a_cut_off_line_never_counted_and_numbers_go_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "site", 1)
    journal.append("c1", "arrived", "", 1.0)
    await journal.durable()
    await journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"seq":2,"call":"c1","ki')
    again = Journal(tmp_path, "site", 1)
    event = again.append("c1", "queued", "", 2.0)
    await again.durable()
    assert event.seq == 2
    assert [line.seq for line, _ in read_lines(again.path) if isinstance(line, Event)] == [1, 2]
    await again.close()


async def test_a_failing_disk_is_tried_again_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "site", 1)
    fsync = os.fsync
    broken = [True]

    def failing(file: int) -> None:
        if broken[0]:
            raise OSError(28, "No space left on device")
        fsync(file)

    monkeypatch.setattr(os, "fsync", failing)
    journal.append("c1", "arrived", "", 1.0)
    await asyncio.sleep(0.05)
    assert "No space" in journal.failing
    broken[0] = False
    await journal.durable()
    assert not journal.failing
    assert len(list(read_lines(journal.path))) == 1
    await journal.close()


async def test_older_epochs_are_shipped_first_and_each_line_once(tmp_path: Path) -> None:
    for epoch in (1, 2):
        old = Journal(tmp_path, "site", epoch)
        old.append("c1", "arrived", "", 1.0)
        old.errand("contact_open", {}, 1.0)
        await old.durable()
        await old.close()
    Journal(tmp_path, "other", 1).append("x", "arrived", "", 1.0)
    journal = Journal(tmp_path, "site", 3)
    journal.append("c2", "arrived", "", 2.0)
    await journal.durable()
    basin = Basin()
    wanted = ["1.1", "site-1-1", "2.1", "site-2-1", "3.1"]
    for _ in range(2):  # the second time there is nothing left to do
        shipper = Shipper(journal, basin)
        task = asyncio.create_task(shipper.run())
        assert await shipper.drained()
        await asyncio.sleep(0.05)
        assert basin.got == wanted
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [path.name for path in files(tmp_path, "site")] == [f"site-{n:010d}.jsonl" for n in (1, 2, 3)]
    await journal.close()


async def test_an_outage_delays_and_keeps_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.service.shipper.FIRST_RETRY_S", 0.01)
    basin = Basin()
    basin.away = True
    journal = Journal(tmp_path, "site", 1)
    shipper = Shipper(journal, basin)
    task = asyncio.create_task(shipper.run())
    for n in range(5):
        journal.append("c1", "arrived", "", float(n))
        journal.errand("contact_open", {"n": n}, float(n))
    await journal.durable()
    assert not await shipper.drained(0.1)
    assert shipper.away and basin.got == [] and not await shipper.passed()
    basin.away = False
    assert await shipper.drained()
    assert basin.got == [name for n in range(1, 6) for name in (f"1.{n}", f"site-1-{n}")]
    assert await shipper.passed()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()


async def test_what_is_refused_for_good_is_set_aside_and_told(tmp_path: Path) -> None:
    basin = Basin()
    basin.refuses = {"bad", "worse"}
    told: list[str] = []
    journal = Journal(tmp_path, "site", 1)
    for kind in ("arrived", "bad", "queued"):
        journal.append("c1", kind, "", 1.0)
    journal.errand("worse", {}, 1.0)
    journal.append("c1", "ended", "", 1.0)
    await journal.durable()
    shipper = Shipper(journal, basin, refused=lambda line, why: told.append(why))
    task = asyncio.create_task(shipper.run())
    assert await shipper.drained()
    assert basin.got == ["1.1", "1.3", "1.4"]
    assert len(told) == 2
    assert len((tmp_path / "refused.txt").read_text(encoding="utf-8").splitlines()) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()


@pytest.mark.parametrize(("faults", "got"), [(2, ["1.1", "1.2"]), (3, ["1.2"])])
async def test_an_unexpected_fault_never_stops_what_comes_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: int, got: list[str]
) -> None:
    monkeypatch.setattr("telephony.service.shipper.FIRST_RETRY_S", 0.01)
    basin = Basin()
    basin.faults = faults
    journal = Journal(tmp_path, "site", 1)
    journal.append("c1", "arrived", "", 1.0)
    await journal.durable()
    shipper = Shipper(journal, basin)
    task = asyncio.create_task(shipper.run())
    assert await shipper.drained()
    journal.append("c1", "queued", "", 2.0)
    await journal.durable()
    assert await shipper.drained()
    assert basin.got == got
    assert (tmp_path / "refused.txt").exists() == (len(got) == 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()


async def test_an_old_journal_goes_once_all_of_it_was_shipped(tmp_path: Path) -> None:
    long_ago = time.time() - KEPT_S - 60
    for epoch in (1, 2):
        old = Journal(tmp_path, "site", epoch)
        old.append("c1", "arrived", "", 1.0)
        await old.durable()
        await old.close()
    os.utime(tmp_path / "site-0000000001.jsonl", (long_ago, long_ago))
    basin = Basin()
    basin.away = True
    journal = Journal(tmp_path, "site", 3)
    shipper = Shipper(journal, basin)
    task = asyncio.create_task(shipper.run())
    assert not await shipper.passed(0.3)
    assert len(files(tmp_path, "site")) == 3
    basin.away = False
    await until(lambda: basin.got == ["1.1", "2.1"])
    assert await shipper.passed()
    assert not list(tmp_path.glob("site-0000000001.*"))
    assert [path.name for path in files(tmp_path, "site")] == ["site-0000000002.jsonl", "site-0000000003.jsonl"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()
