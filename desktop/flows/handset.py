# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's side of its handset: find or start the process, give commands, hear reports, replace it when it dies.

Everything runs on the desk's asyncio loop. `do` never blocks and never raises; what cannot be done comes back as
CommandRefused. Standing wishes (registration, devices, kept words, voice) are given again to a new process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from resources.i18n import known, tr
from telephony.phone.choice import wished
from telephony.phone.door import DoorClosed, door_of, knock, peer
from telephony.phone.engine import (
    REPORTS,
    Ask,
    ChooseDevices,
    Command,
    CommandRefused,
    Goodbye,
    HandsetNow,
    Keep,
    Register,
    Report,
    Speak,
    Unregister,
)
from telephony.phone.other_python import NoEnvironment, interpreter_of
from telephony.wire import BadMessage, decode, encode

log = logging.getLogger(__name__)

START_WAIT_S = 8.0
HEARTBEAT_S = 2.0
SILENCE_S = 3.0  # no answer for this long: the handset is dead even if its process is not
AGAIN_S = (0.0, 0.5, 1.0, 2.0, 5.0)  # pauses before the next try to bring a handset up
EXIT_HELD, EXIT_NO_ENGINE = 3, 4


def in_words(why: str) -> str:
    """The `why` of a report, or of `on_lost`, for the person; empty for none."""
    if not why:
        return ""
    return tr(f"phone.why_{why}") if known(f"phone.why_{why}") else tr("phone.why_other", why)


class HandsetLost(RuntimeError):
    """No handset can be had; `why` is engine_unavailable | no_start, the text says what the process said last."""

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail or why)
        self.why = why


class Handset:
    """One person's handset at one site.

    `on_report(report)` hears every report; `on_lost(why)` that the handset died (died | silent) or is gone for good
    (another_desk | engine_unavailable | no_start); `on_back(now)` that a handset is there again. `engine` and
    `interpreter` empty: those of TR_PHONE_ENGINE and TR_HANDSET_PYTHON, or the best there are.
    """

    def __init__(
        self,
        site: str,
        person: str,
        *,
        on_report: Callable[[Report], None],
        on_lost: Callable[[str], None] = lambda why: None,
        on_back: Callable[[HandsetNow], None] = lambda now: None,
        engine: str = "",
        bind: str = "127.0.0.1",
        sound: bool = True,
        away_s: float = 60.0,
        directory: Path | None = None,
        interpreter: str = "",
    ) -> None:
        self._path = door_of(site, person, directory)
        self._engine, self._interpreter = engine or wished(), interpreter
        self._told_instead = False
        self._command = [
            "-m", "telephony.phone.handset", "--socket", str(self._path), "--engine", self._engine,
            "--bind", bind, "--away", str(away_s), *([] if sound else ["--no-sound"]),
        ]  # fmt: skip
        self._on_report, self._on_lost, self._on_back = on_report, on_lost, on_back
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pid: int | None = None
        self._standing: dict[str, Command] = {}
        self._heard = 0.0
        self._first: asyncio.Future[HandsetNow] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._ended: str | None = None
        self.now: HandsetNow | None = None

    @property
    def pid(self) -> int | None:
        """The handset's process, where known."""
        return self._pid

    @property
    def connected(self) -> bool:
        """Whether a handset answers now."""
        return self._writer is not None

    async def start(self) -> HandsetNow:
        """Find the person's handset or start one, and connect. Raises HandsetLost."""
        self._closed, self._ended = False, None
        now = await self._reach()
        self._task(self._watch())
        return now

    def do(self, command: Command) -> None:
        """Give a command. Without a handset a standing wish waits for the next one; anything else is refused."""
        name = type(command).__name__
        match command:
            case Register() | Keep() | ChooseDevices():
                self._standing[name] = command
            case Speak(call=-1):
                self._standing[name] = command
            case Unregister():
                self._standing.pop("Register", None)
            case _:
                pass
        if self._writer is not None:
            self._write(command)
        elif name not in self._standing:
            self._on_report(CommandRefused(name, "no_handset"))

    async def close(self, goodbye: bool = False) -> None:
        """Leave the handset running for the next desk, or (`goodbye`) end it with its calls."""
        self._closed = True
        if goodbye and self._writer is not None:
            self._write(Goodbye())
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up_line()
        process, self._process = self._process, None
        if process is None:
            return
        if goodbye:
            await asyncio.to_thread(_wait_or_kill, process, 4.0)
        elif process.poll() is None:
            process.returncode = 0  # it stays for the next desk: Popen must not complain that nobody waits for it

    # ---- reaching it ----------------------------------------------------------------------------------------------

    async def _reach(self) -> HandsetNow:
        deadline = time.monotonic() + START_WAIT_S
        started = False
        while True:
            try:
                reader, writer = await knock(self._path)
                break
            except DoorClosed as error:
                if not started and (self._process is None or self._process.poll() is not None):
                    self._spawn(await self._find_interpreter())
                    started = True
                code = self._process.poll() if self._process is not None else None
                if code == EXIT_NO_ENGINE:
                    raise HandsetLost("engine_unavailable", self._last_words()) from None
                if code not in (None, EXIT_HELD) or time.monotonic() > deadline:
                    raise HandsetLost("no_start", self._last_words() or str(error)) from None
                await asyncio.sleep(0.02)
        self._writer = writer
        self._pid = peer(writer)[1] or (self._process.pid if self._process is not None else None)
        self._heard = time.monotonic()
        self._first = asyncio.get_running_loop().create_future()
        self._task(self._listen(reader, writer))
        self._write(Ask())
        try:
            now = await asyncio.wait_for(asyncio.shield(self._first), START_WAIT_S)
        except (TimeoutError, ConnectionError) as error:
            await self._end_process()
            raise HandsetLost("no_start", f"the handset does not answer: {error}") from None
        standing = list(self._standing.values())
        same = (
            isinstance(mine := self._standing.get("Register"), Register)
            and now.registered
            and ((now.extension, now.server) == (mine.extension, mine.server))
        )
        for command in standing:
            if not (same and isinstance(command, Register)):
                self._write(command)
        return now

    async def _find_interpreter(self) -> str:
        try:
            return self._interpreter or await asyncio.to_thread(interpreter_of, self._engine)
        except NoEnvironment as error:
            raise HandsetLost("engine_unavailable", str(error)) from None

    def _spawn(self, interpreter: str) -> None:
        log.info("starting a handset at %s", self._path)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._path.with_suffix(".err"), "wb") as said:
            self._process = subprocess.Popen(
                [interpreter, *self._command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                start_new_session=True,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip

    def _last_words(self) -> str:
        try:
            return self._path.with_suffix(".err").read_text(encoding="utf-8", errors="replace")[-2000:].strip()
        except OSError:
            return ""

    # ---- hearing and watching -------------------------------------------------------------------------------------

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        why = "died"
        try:
            while line := await reader.readline():
                try:
                    report: Report = decode(line, REPORTS)
                except BadMessage as error:
                    log.warning("handset said %s", error)
                    continue
                self._heard = time.monotonic()
                if isinstance(report, CommandRefused) and report.why == "another_desk":
                    why = report.why
                    break
                self._hear(report)
        except (ConnectionError, ValueError) as error:
            log.warning("handset's line: %s", error)
        if writer is self._writer and not self._closed:
            self._lose(why)

    def _hear(self, report: Report) -> None:
        if isinstance(report, HandsetNow):
            before, self.now = self.now, report
            self._say_instead(report.capabilities.name)
            if self._first is not None and not self._first.done():
                self._first.set_result(report)
                return
            if before == report:
                return  # only the heartbeat
        try:
            self._on_report(report)
        except Exception:
            log.exception("on_report %s", type(report).__name__)

    def _say_instead(self, running: str) -> None:
        """Another engine than the wished one runs: the person hears it once."""
        if running != self._engine and not self._told_instead:
            self._told_instead = True
            self._on_report(CommandRefused("Engine", f"instead_{running}"))

    async def _watch(self) -> None:
        while not self._closed:
            await asyncio.sleep(HEARTBEAT_S)
            if self._writer is None:
                continue
            asked = time.monotonic()
            self._write(Ask())
            while self._heard < asked and time.monotonic() < asked + SILENCE_S and self._writer is not None:
                await asyncio.sleep(0.05)
            if self._writer is not None and self._heard < asked:
                self._lose("silent")

    def _lose(self, why: str) -> None:
        """The line is dead: tell it, and unless another desk has the handset, bring one up again."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        if self._first is not None and not self._first.done():
            self._first.set_exception(ConnectionResetError(why))
            self._first.exception()
            return
        self._on_lost(why)
        if why != "another_desk" and not self._closed:
            self._task(self._come_back())

    async def _come_back(self) -> None:
        await self._end_process()
        for pause in AGAIN_S:
            await asyncio.sleep(pause)
            try:
                now = await self._reach()
            except HandsetLost as lost:
                log.warning("no handset: %s", lost)
                if lost.why == "engine_unavailable":
                    self._on_lost(lost.why)
                    return
                continue
            self._on_back(now)
            return
        self._on_lost("no_start")

    async def _end_process(self) -> None:
        """What was connected last is dead or silent: make sure of it, so that its port, device and lock are free."""
        pid, self._pid = self._pid, None
        if self._process is not None and (pid is None or self._process.pid == pid):
            await asyncio.to_thread(_wait_or_kill, self._process, 0.0)
            self._process = None
        elif pid is not None:
            try:
                os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            except (ProcessLookupError, PermissionError):
                log.info("handset %d is gone already", pid)

    async def _hang_up_line(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), 1.0)
        except (TimeoutError, OSError):
            log.debug("the handset's line was already gone")

    def _write(self, command: Command) -> None:
        if self._writer is not None:
            self._writer.write(encode(command).encode() + b"\n")

    def _task(self, work: object) -> None:
        task = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _wait_or_kill(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def kept_session(site: str, person: str, directory: Path | None = None) -> dict[str, str]:
    """What a handset that outlived its desk keeps for the next one; empty when none runs. Starts nothing."""
    try:
        reader, writer = await knock(door_of(site, person, directory))
    except DoorClosed:
        return {}
    try:
        writer.write((encode(Ask()) + "\n").encode())
        while line := await asyncio.wait_for(reader.readline(), SILENCE_S):
            report = decode(line, REPORTS)
            if isinstance(report, HandsetNow):
                return report.kept
    except (TimeoutError, ConnectionError, BadMessage) as error:
        log.warning("a handset is there but does not say what it kept: %s", error)
    finally:
        writer.close()
    return {}
