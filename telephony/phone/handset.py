# SPDX-License-Identifier: GPL-3.0-or-later
"""The handset process: one SIP engine behind a private socket, which outlives the desk that started it.

`python -m telephony.phone.handset --socket PATH`: JSON lines of COMMANDS come in, of REPORTS go out. Exit codes: 0,
3 another handset holds the socket, 4 the engine cannot run here (the reason is on stderr).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from pathlib import Path

from telephony.phone.choice import ENGINES, make_engine_or_instead, wished
from telephony.phone.door import Lock, open_door
from telephony.phone.engine import (
    COMMANDS,
    Ask,
    Command,
    CommandRefused,
    EngineUnavailable,
    Goodbye,
    HangUpCall,
    Keep,
    Levels,
    PhoneEngine,
    Report,
    Unregister,
)
from telephony.wire import BadMessage, decode, encode

log = logging.getLogger(__name__)

DESK_AWAY_S = 60.0  # how long a call goes on without a desk before the leg is released and the caller offered again
RELEASE_WAIT_S = 2.0
SLOW_DESK_BYTES = 1 << 16  # above it loudness is left out
DEAD_DESK_BYTES = 1 << 20  # above it the desk does not read at all and is cut off
EXIT_HELD = 3
EXIT_NO_ENGINE = 4


class HandsetProcess:
    """The one engine, the one desk (the newest), the words kept for the next desk."""

    def __init__(self, engine: PhoneEngine, path: Path, away_s: float = DESK_AWAY_S) -> None:
        self._engine, self._path, self._away_s = engine, path, away_s
        self._desk: asyncio.StreamWriter | None = None
        self._listening = False
        self._kept: dict[str, str] = {}
        self._away: asyncio.TimerHandle | None = None
        self._done = asyncio.Event()
        self._releasing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until Goodbye, a signal, or too long without a desk."""
        self._loop = asyncio.get_running_loop()
        self._engine.start(self._from_engine)
        server = await open_door(self._path, self._serve)
        for name in ("SIGTERM", "SIGINT"):
            try:
                self._loop.add_signal_handler(getattr(signal, name), self._done.set)
            except NotImplementedError:  # Windows: the desk says Goodbye, or the system ends the process
                signal.signal(getattr(signal, name), lambda *_: self._loop.call_soon_threadsafe(self._done.set))
        self._desk_gone()
        try:
            await self._done.wait()
        finally:
            server.close()
            self._path.unlink(missing_ok=True)
            await asyncio.to_thread(self._engine.stop)
            if self._desk is not None:
                self._desk.close()

    # ---- the desk -------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._desk is not None:
            self._desk.write(_line(CommandRefused("Ask", "another_desk")))
            self._desk.close()
        self._desk, self._listening = writer, False
        if self._away is not None:
            self._away.cancel()
        try:
            while line := await reader.readline():
                if writer is not self._desk:
                    break
                self._take(line)
        except ValueError:
            writer.write(_line(CommandRefused("", "bad_message")))  # a line without end: nothing after it can be read
        except ConnectionError:
            log.info("the desk's connection broke")
        finally:
            writer.close()
            if writer is self._desk:
                self._desk = None
                self._desk_gone()

    def _take(self, line: bytes) -> None:
        try:
            command: Command = decode(line, COMMANDS)
        except BadMessage as error:
            log.warning("%s", error)
            self._tell(CommandRefused("", "bad_message"))
            return
        match command:
            case Keep(what):
                self._kept = dict(what)
            case Ask():
                self._listening = True
                self._tell(replace(self._engine.now(), kept=self._kept))
            case Goodbye():
                self._done.set()
            case _:
                self._engine.do(command)

    def _from_engine(self, report: Report) -> None:
        self._loop.call_soon_threadsafe(self._tell, report)

    def _tell(self, report: Report) -> None:
        if self._desk is None or (not self._listening and not isinstance(report, CommandRefused)):
            return
        waiting = self._desk.transport.get_write_buffer_size()
        if waiting > DEAD_DESK_BYTES:
            log.warning("the desk does not read: cut off")
            self._desk.transport.abort()
        elif waiting < SLOW_DESK_BYTES or not isinstance(report, Levels):
            self._desk.write(_line(report))

    # ---- without a desk -------------------------------------------------------------------------------------------

    def _desk_gone(self) -> None:
        self._away = self._loop.call_later(self._away_s, self._begin_release)

    def _begin_release(self) -> None:
        self._releasing = self._loop.create_task(self._release())

    async def _release(self) -> None:
        """Own legs only: the exchange still holds the caller and offers him again. Ends early when a desk comes."""
        log.warning("no desk for %.0f s: releasing", self._away_s)
        for call in self._engine.now().calls:
            self._engine.do(HangUpCall(call.call))
        self._engine.do(Unregister())
        end = self._loop.time() + RELEASE_WAIT_S
        while self._engine.now().calls and self._loop.time() < end:
            await asyncio.sleep(0.05)
        self._done.set()


def _line(report: Report) -> bytes:
    return encode(report).encode() + b"\n"


def main(arguments: list[str] | None = None) -> int:
    """Parse, take the lock, run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="handset", description="The softphone of one desk.")
    parser.add_argument(
        "--socket", type=Path, required=True, help="where the desk connects; its directory becomes 0700"
    )
    parser.add_argument("--engine", default=wished(), help="SIP engine: " + ", ".join(ENGINES))
    parser.add_argument("--bind", default="127.0.0.1", help="address for SIP and RTP")
    parser.add_argument("--port", type=int, default=0, help="SIP port, 0 any free one")
    parser.add_argument("--no-sound", action="store_true", help="never open a sound device")
    parser.add_argument("--away", type=float, default=DESK_AWAY_S, help="seconds without a desk before release")
    parser.add_argument("--log", type=Path, help="log file")
    options = parser.parse_args(arguments)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if options.log is not None:
        handlers = [RotatingFileHandler(options.log, maxBytes=1_000_000, backupCount=2, encoding="utf-8")]
    logging.basicConfig(level=logging.INFO, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if hasattr(os, "setsid") and os.getpgrp() != os.getpid():
        os.setsid()  # a terminal or a desk that is killed must not take the call with it
    lock = Lock(options.socket)
    if not lock.take():
        print(f"A handset already runs at {options.socket}.", file=sys.stderr)
        return EXIT_HELD
    try:
        engine, instead = make_engine_or_instead(
            options.engine, bind=options.bind, port=options.port, sound=not options.no_sound
        )
        if instead:
            log.warning("%s runs instead of %s: %s", engine.capabilities.name, options.engine, instead)
        asyncio.run(HandsetProcess(engine, options.socket, options.away).run())
    except EngineUnavailable as error:
        log.error("%s", error)
        print(error, file=sys.stderr)
        return EXIT_NO_ENGINE
    finally:
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
