# SPDX-License-Identifier: GPL-3.0-or-later
"""Robot customers who are called back: they pick up, speak over a tone of their own, and hang up first.

`python -m telephony.phone.called --port PORT --speech FILE --talk S` answers every call to that port after a few
seconds of ringing; one JSON line per call on stdout. Ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path

from telephony.phone.choice import make_engine
from telephony.phone.engine import (
    AnswerCall,
    CallChanged,
    CallGone,
    CallIncoming,
    HangUpCall,
    PhoneEngine,
    Report,
    Speak,
)
from telephony.phone.tones import mark

TONE_HZ = 560


class Called:
    """Answers on one engine. Times in seconds."""

    def __init__(self, engine: PhoneEngine, voice: Path, ring_s: float, talk_s: float) -> None:
        self._engine, self._voice, self._ring_s, self._talk_s = engine, voice, ring_s, talk_s
        self._loop = asyncio.get_running_loop()
        self._talking: set[int] = set()

    def start(self) -> None:
        """Begin to listen. Raises EngineUnavailable."""
        self._engine.start(self._from_engine)

    def _from_engine(self, report: Report) -> None:
        self._loop.call_soon_threadsafe(self._hear, report)

    def _hear(self, report: Report) -> None:
        match report:
            case CallIncoming(call):
                self._loop.call_later(self._ring_s, self._engine.do, AnswerCall(call.call))
            case CallChanged(call) if call.stage == "talking" and call.call not in self._talking:
                self._talking.add(call.call)
                self._engine.do(Speak(str(self._voice), call=call.call))
                self._loop.call_later(self._talk_s, self._hang_up, call.call)
            case CallGone():
                self._talking.discard(report.call)
                print(json.dumps({"call": report.tag, "ended_by": report.by, "code": report.code}), flush=True)
            case _:
                pass

    def _hang_up(self, call: int) -> None:
        if call in self._talking:
            self._engine.do(HangUpCall(call))


async def _run(options: argparse.Namespace) -> None:
    over = asyncio.Event()
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    with tempfile.TemporaryDirectory(prefix="called-") as directory:
        voice = mark(options.speech, TONE_HZ, directory)
        engine = make_engine(options.engine, bind=options.bind, port=options.port, sound=False)
        Called(engine, voice, options.ring, options.talk).start()
        print("LISTENING", flush=True)
        try:
            await over.wait()
        finally:
            await asyncio.to_thread(engine.stop)


def main() -> None:
    """Parse and answer until SIGTERM."""
    parser = argparse.ArgumentParser(description="Robot customers who are called back.")
    parser.add_argument("--port", type=int, required=True, help="SIP port to answer at")
    parser.add_argument("--speech", type=Path, help="WAV file (16-bit)")
    parser.add_argument("--ring", type=float, default=2.0, help="seconds it rings")
    parser.add_argument("--talk", type=float, default=15.0, help="seconds talked before hanging up")
    parser.add_argument("--bind", default="127.0.0.1", help="address for SIP and RTP")
    parser.add_argument("--engine", default="pjsua2", help="SIP engine")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
