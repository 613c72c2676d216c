# SPDX-License-Identifier: GPL-3.0-or-later
"""Robot customers: they call, speak over a tone of their own, hang up first, and print what became of each call.

`python -m telephony.phone.callers --to sip:400@HOST:PORT --from NUMBER … --speech FILE --talk S --give-up S`; one JSON
line per call on stdout. At most 4 calls stand at once in a process; the next caller waits for a free line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from telephony.phone.choice import make_engine
from telephony.phone.engine import (
    CallChanged,
    CallGone,
    CommandRefused,
    DialOut,
    EngineUnavailable,
    HangUpCall,
    PhoneEngine,
    Report,
    Speak,
)
from telephony.phone.tones import mark

FIRST_TONE_HZ = 700
TONE_STEP_HZ = 50
LINE_WAIT_S = 5.0
GONE_WAIT_S = 35.0  # a CANCEL or BYE nobody answers ends after 32 s


@dataclass(frozen=True)
class Caller:
    """One customer: his number, whom he calls, the file he speaks (already marked), his patience; times in seconds."""

    number: str
    target: str
    voice: str
    tone_hz: int
    start_s: float = 0.0
    talk_s: float = 10.0
    give_up_s: float = 60.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CallerOutcome:
    """What became of one call: `ended_by` us | far | refused, `code` the last SIP status, `why` of a refusal."""

    caller: str
    tone_hz: int
    answered: bool
    answer_s: float | None
    talk_s: float | None
    ended_by: str
    code: int
    why: str = ""


class Callers:
    """Several customers on one engine, which is started and stopped by `run`."""

    def __init__(self, engine: PhoneEngine, at_once: int = 4) -> None:
        self._engine = engine
        self._lines = asyncio.Semaphore(max(1, min(at_once, engine.capabilities.max_calls)))
        self._dialling = asyncio.Lock()
        self._placed: asyncio.Future[int | str] | None = None
        self._answered: dict[int, asyncio.Event] = {}
        self._gone: dict[int, asyncio.Future[CallGone]] = {}

    async def run(self, callers: Sequence[Caller], tell: Callable[[CallerOutcome], None]) -> list[CallerOutcome]:
        """Let all of them call; `tell` hears each outcome as it happens. Raises EngineUnavailable."""
        self._loop = asyncio.get_running_loop()
        self._engine.start(self._from_engine)
        try:
            return list(await asyncio.gather(*(self._one(caller, tell) for caller in callers)))
        finally:
            await asyncio.to_thread(self._engine.stop)

    async def _one(self, caller: Caller, tell: Callable[[CallerOutcome], None]) -> CallerOutcome:
        await asyncio.sleep(caller.start_s)
        async with self._lines:
            outcome = await self._call(caller)
        tell(outcome)
        return outcome

    async def _call(self, caller: Caller) -> CallerOutcome:
        dialled = self._loop.time()
        placed = await self._place(caller)
        while placed == "too_many_calls" and self._loop.time() - dialled < LINE_WAIT_S:
            await asyncio.sleep(0.1)  # the line that was hung up a moment ago is not free yet
            placed = await self._place(caller)
        if isinstance(placed, str):
            return CallerOutcome(caller.number, caller.tone_hz, False, None, None, "refused", 0, placed)
        self._engine.do(Speak(caller.voice, call=placed))
        answered, gone = self._answered[placed], self._gone[placed]
        talking = self._loop.create_task(answered.wait())
        await asyncio.wait({talking, gone}, timeout=caller.give_up_s, return_when=asyncio.FIRST_COMPLETED)
        talking.cancel()
        answer_s = self._loop.time() - dialled if answered.is_set() else None
        if answer_s is not None:
            await asyncio.wait({gone}, timeout=caller.talk_s)
        if not gone.done():
            self._engine.do(HangUpCall(placed))
        end = await asyncio.wait_for(gone, GONE_WAIT_S)
        # he may have been answered while he gave up
        talk_s = None if answer_s is None else round(self._loop.time() - dialled - answer_s, 3)
        del self._answered[placed], self._gone[placed]
        return CallerOutcome(
            caller.number, caller.tone_hz, answer_s is not None, None if answer_s is None else round(answer_s, 3),
            talk_s, end.by, end.code,
        )  # fmt: skip

    async def _place(self, caller: Caller) -> int | str:
        """The number of the new call, or why there is none. One at a time, so the next new call is this one."""
        async with self._dialling:
            self._placed = self._loop.create_future()
            self._engine.do(DialOut(caller.target, caller.headers, caller.number))
            return await self._placed

    def _from_engine(self, report: Report) -> None:
        self._loop.call_soon_threadsafe(self._hear, report)

    def _hear(self, report: Report) -> None:
        match report:
            case CallChanged(call) if call.stage == "calling" and call.call not in self._gone:
                self._answered[call.call] = asyncio.Event()
                self._gone[call.call] = self._loop.create_future()
                self._settle(call.call)
            case CallChanged(call) if call.stage == "talking" and call.call in self._answered:
                self._answered[call.call].set()
            case CallGone() if report.call in self._gone and not self._gone[report.call].done():
                self._gone[report.call].set_result(report)
            case CommandRefused("DialOut", why):
                self._settle(why)
            case _:
                pass

    def _settle(self, placed: int | str) -> None:
        if self._placed is not None and not self._placed.done():
            self._placed.set_result(placed)


def plan(options: argparse.Namespace, directory: str) -> list[Caller]:
    """The callers of one command line; their marked voices are written into `directory`."""
    callers = []
    for index, number in enumerate(options.numbers):
        tone = options.tone + index * options.tone_step
        speech = options.speech[index % len(options.speech)] if options.speech else None
        headers = {"P-Asserted-Identity": f"<sip:{number}@{options.bind}>"} if options.asserted else {}
        voice, start = str(mark(speech, tone, directory)), options.delay + index * options.spacing
        callers.append(Caller(number, options.to, voice, tone, start, options.talk, options.give_up, headers))
    return callers


async def _run(options: argparse.Namespace, out: Callable[[CallerOutcome], None]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="callers-") as directory:
        callers = plan(options, directory)
        engine = make_engine(options.engine, bind=options.bind, sound=False)
        outcomes = await Callers(engine, options.at_once).run(callers, out)
    return 0 if all(outcome.answered for outcome in outcomes) else 1


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 all answered, 1 not all, 2 wrong words, 4 no engine."""
    parser = argparse.ArgumentParser(prog="callers", description="Robot customers.")
    parser.add_argument("--to", required=True, help="whom to call, sip:400@HOST:PORT")
    parser.add_argument(
        "--from", dest="numbers", nargs="+", action="extend", required=True, help="one number for each call"
    )
    parser.add_argument("--at-once", type=int, default=4, help="calls standing at the same time, 4 at most")
    parser.add_argument("--speech", nargs="*", default=[], type=Path, help="WAV files (16-bit), taken in turn")
    parser.add_argument("--talk", type=float, default=10.0, help="seconds talked before hanging up")
    parser.add_argument("--give-up", type=float, default=60.0, help="seconds waited for an answer")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the first call")
    parser.add_argument("--spacing", type=float, default=1.0, help="seconds between the starts of two calls")
    parser.add_argument("--tone", type=int, default=FIRST_TONE_HZ, help="Hz under the first caller's speech")
    parser.add_argument("--tone-step", type=int, default=TONE_STEP_HZ, help="Hz between two callers")
    parser.add_argument("--asserted", action="store_true", help="send the number as P-Asserted-Identity, too")
    parser.add_argument("--bind", default="127.0.0.1", help="address for SIP and RTP")
    parser.add_argument("--engine", default="pjsua2", help="SIP engine")
    options = parser.parse_args(arguments)
    # PJSIP greets on stdout before it can be told to be quiet: keep stdout for the outcomes alone
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as lines:
        os.dup2(2, 1)

        def out(outcome: CallerOutcome) -> None:
            print(json.dumps(asdict(outcome), ensure_ascii=False), file=lines, flush=True)

        try:
            return asyncio.run(_run(options, out))
        except (EngineUnavailable, ValueError, OSError) as error:
            print(error, file=sys.stderr)
            return 4 if isinstance(error, EngineUnavailable) else 2
        except asyncio.CancelledError:
            return 1


if __name__ == "__main__":
    sys.exit(main())
