# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded exchange as the switchboard holds it: start the process if it is absent, attach, order, hear facts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from resources.i18n import language, tr
from telephony.exchange.embedded.control import LONGEST_LINE, check_path, default_path
from telephony.exchange.embedded.process import ADDRESS_FILE, BAD_SETTINGS, PORT_TAKEN, RUNNING
from telephony.exchange.engine import FACTS, Attach, Done, Facilities, Fact, Order, Refused, Snapshot, StaleEpoch
from telephony.wire import decode, encode

log = logging.getLogger(__name__)

START_S = 15.0
POLL_S = 0.02
RETRY_S = 0.3
LOG_FILE = "exchange.log"
_started: list[subprocess.Popen[bytes]] = []  # they outlive us by design; kept so that ended ones are reaped


class StartFailed(Exception):
    """The exchange could not be started; the words say why and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where a running exchange listens: HOST:PORT of both sides, its control socket, its recordings."""

    pid: int
    trunk: str
    phones: str
    control: Path
    recordings: Path


def running(data: Path) -> Addresses | None:
    """What the process of this data folder published, or None when it has not (yet)."""
    try:
        raw = json.loads((data / ADDRESS_FILE).read_text(encoding="utf-8"))
        return Addresses(raw["pid"], raw["trunk"], raw["phones"], Path(raw["control"]), Path(raw["recordings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def start_if_absent(
    data: Path,
    trunk: str = "127.0.0.1:0",
    phones: str = "127.0.0.1:0",
    *,
    control: Path | None = None,
    recordings: Path | None = None,
    trunks: Path | None = None,
    numbers: str = "",
    linger_s: float | None = None,
    media_timeout_s: float | None = None,
    max_calls: int | None = None,
    python: str = sys.executable,
) -> Addresses:
    """The running exchange of `data`, started in a session of its own when there is none. Raises StartFailed."""
    data = await asyncio.to_thread(_folder, data)
    check_path(control or default_path(data))
    found = running(data)
    if found and await _answers(found.control):
        return found
    words = [python, "-m", "telephony.exchange.embedded", "--data", str(data), "--trunk", trunk, "--phones", phones]
    words += ["--language", language()]
    options = {
        "--control": control, "--recordings": recordings, "--trunks": trunks, "--numbers": numbers or None,
        "--linger": linger_s, "--media-timeout": media_timeout_s, "--max-calls": max_calls,
    }  # fmt: skip
    for option, value in options.items():
        if value is not None:
            words += [option, str(value)]
    log_file = data / LOG_FILE
    _started[:] = [earlier for earlier in _started if earlier.poll() is None]
    process = await asyncio.to_thread(_spawn, words, log_file)
    _started.append(process)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = running(data)
        if found and await _answers(found.control):
            return found
        status = process.poll()
        if status is not None and status != RUNNING:
            raise StartFailed(_why(status, log_file, trunk, phones))
        await asyncio.sleep(POLL_S)
        if status == RUNNING:  # one that is just ending, or one that is just starting
            await asyncio.sleep(RETRY_S)
            if running(data) is None:
                process = await asyncio.to_thread(_spawn, words, log_file)
                _started.append(process)
    raise StartFailed(tr("exchange.no_answer", log_file))


def _folder(data: Path) -> Path:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return data.absolute()


def _spawn(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    with log.open("ab") as output:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip


def _why(status: int, log: Path, trunk: str, phones: str) -> str:
    match status:
        case _ if status == PORT_TAKEN:
            return tr("exchange.port_in_use", trunk, phones)
        case _ if status == BAD_SETTINGS:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[-1] if lines else tr("exchange.died", status, log)
        case _:
            return tr("exchange.died", status, log)


async def _answers(control: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(control))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


class EmbeddedExchange:
    """Keeps the Exchange Protocol over one connection. Facts wait in order until `fact()` takes them."""

    facilities = Facilities("embedded")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._orders = 0
        self._waiting: dict[int, asyncio.Future[Done | Snapshot | Refused]] = {}
        self._facts: asyncio.Queue[Fact | None] = asyncio.Queue()
        self._gone = False
        self._reading = asyncio.create_task(self._read(reader), name="exchange facts")

    @classmethod
    async def connect(cls, control: Path) -> EmbeddedExchange:
        """Connect to a running exchange. Raises OSError when there is none."""
        reader, writer = await asyncio.open_unix_connection(str(control), limit=64 * LONGEST_LINE)
        return cls(reader, writer)

    async def attach(self, epoch: int) -> Snapshot:
        """Take the lead. Raises StaleEpoch when a higher epoch has attached, ConnectionError when it is gone."""
        answer = await self.order(Attach(self.next_order(), epoch))
        match answer:
            case Snapshot():
                return answer
            case Refused(why="stale_epoch"):
                raise StaleEpoch(epoch)
            case _:
                raise ConnectionError(f"attach was answered by {answer}")

    async def order(self, order: Order) -> Done | Snapshot | Refused:
        """Send one order and wait for its answer."""
        if self._gone:
            raise ConnectionError("the exchange is gone")
        answer: asyncio.Future[Done | Snapshot | Refused] = asyncio.get_running_loop().create_future()
        self._waiting[order.order] = answer
        try:
            self._writer.write(encode(order).encode() + b"\n")
            await self._writer.drain()
            return await answer
        finally:
            self._waiting.pop(order.order, None)

    def next_order(self) -> int:
        """A number for the next order."""
        self._orders += 1
        return self._orders

    async def fact(self) -> Fact:
        """The next fact. Raises ConnectionError when the exchange is gone and all its facts were taken."""
        fact = await self._facts.get()
        if fact is None:
            self._facts.put_nowait(None)
            raise ConnectionError("the exchange is gone")
        return fact

    async def close(self) -> None:
        """Let go of the connection; the exchange and its calls go on."""
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                fact: Fact = decode(line, FACTS)
                if isinstance(fact, Done | Refused | Snapshot):
                    waiting = self._waiting.get(fact.order)
                    if waiting and not waiting.done():
                        waiting.set_result(fact)
                else:
                    self._facts.put_nowait(fact)
        except (OSError, ValueError) as error:
            log.warning("the exchange's words cannot be read: %r", error)
        finally:
            self._writer.close()
            self._gone = True
            self._facts.put_nowait(None)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the exchange is gone"))
