# SPDX-License-Identifier: GPL-3.0-or-later
"""What every SIP engine shares: one thread that owns the library, a queue of commands, what stands now, reports.

An engine fills in `open`, `turn`, `close`, `order` and `stands`; all of them run on its own thread. A command that
cannot be done raises Refused there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from telephony.phone.engine import (
    Capabilities,
    Command,
    CommandRefused,
    Device,
    EngineUnavailable,
    HandsetNow,
    PhoneCall,
    Register,
    Report,
)

log = logging.getLogger(__name__)


def now_of(
    able: Capabilities,
    wanted: Register,
    registered: bool,
    calls: tuple[PhoneCall, ...],
    devices: tuple[Device, ...],
    sip: str,
) -> HandsetNow:
    """HandsetNow of an engine; what is secured follows from the registration and the calls."""
    talking = [call for call in calls if call.stage == "talking"]
    return HandsetNow(
        able, registered, wanted.extension, wanted.server, calls, devices, {}, sip,
        secure=registered and wanted.transport == "tls",
        media_secure=bool(talking) and all(call.media_secure for call in talking),
    )  # fmt: skip


class Refused(Exception):
    """A command that cannot be done; the text is CommandRefused.why."""


class OwnThread:
    """See PhoneEngine. `bind`: address of SIP and RTP; `port` 0: any free one, known after `start`."""

    capabilities: Capabilities

    def __init__(self, bind: str, port: int) -> None:
        self.bind, self.port = bind, port
        self._commands: deque[Command] = deque()
        self._jobs: deque[Callable[[], None]] = deque()
        self._again: list[tuple[float, int, Command]] = []
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self._now = HandsetNow(self.capabilities, False, "", "", (), (), {})

    # ---- called from any thread -----------------------------------------------------------------------------------

    def start(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise EngineUnavailable(
                f"The SIP engine cannot start on {self.bind}:{self.port}: {self.explain(self._failure)}."
                " Is the address one of this machine, and the port free?"
            ) from self._failure

    def do(self, command: Command) -> None:
        self._commands.append(command)
        self.wake()

    def run_soon(self, job: Callable[[], None]) -> None:
        """Let the engine's thread run `job`: for what was found out elsewhere."""
        self._jobs.append(job)
        self.wake()

    def now(self) -> HandsetNow:
        return self._now

    def stop(self) -> None:
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    # ---- what an engine fills in ----------------------------------------------------------------------------------

    def wake(self) -> None:
        """A command came: end a wait in `turn`, where the engine has one that is longer than a moment."""

    def open(self) -> None:
        """Bring the library up; sets `port`."""

    def abandon(self) -> None:
        """`open` failed half way: let go of what it took."""

    def turn(self) -> None:
        """Let the library work for some 10 ms."""

    def close(self) -> None:
        """End calls, unregister, let go of everything."""

    def order(self, command: Command, tries: int) -> None:
        """Carry out one command; `tries` counts how often it was put off. Raises Refused."""

    def stands(self) -> HandsetNow:
        """What stands at this moment."""
        return self._now

    def explain(self, error: BaseException) -> str:
        """An error of the library in words."""
        return str(error)

    def put_off(self, error: Exception, tries: int) -> bool:
        """Whether the command that raised `error` will be tried again by `later`."""
        return False

    # ---- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self.open()
        except Exception as error:
            self._failure = error
            self.abandon()
            return
        finally:
            self._started.set()
        while not self._stopping.is_set():
            try:
                self.turn()
                self._carry_out_all()
            except Exception as error:
                log.exception("SIP thread: %s", self.explain(error))
        try:
            self.close()
        except Exception as error:
            log.exception("closing the SIP engine: %s", self.explain(error))

    def _carry_out_all(self) -> None:
        while self._jobs:
            self._jobs.popleft()()
        while self._commands:
            self._carry_out(self._commands.popleft(), 0)
        moment = time.monotonic()
        due = [entry for entry in self._again if entry[0] <= moment]
        self._again = [entry for entry in self._again if entry[0] > moment]
        for _, tries, command in due:
            self._carry_out(command, tries)

    def _carry_out(self, command: Command, tries: int) -> None:
        name = type(command).__name__
        try:
            self.order(command, tries)
        except Refused as refused:
            self.say(CommandRefused(name, str(refused)))
        except Exception as error:
            if self.put_off(error, tries):
                self.later(command, tries + 1)
                return
            log.warning("%s: %s", name, self.explain(error), exc_info=True)
            self.say(CommandRefused(name, self.explain(error)))

    def later(self, command: Command, tries: int, seconds: float = 0.1) -> None:
        """Carry `command` out again in a moment."""
        self._again.append((time.monotonic() + seconds, tries, command))

    def say(self, report: Report) -> None:
        """Give a report to the handset; what it does with it never harms the SIP thread."""
        self.publish()
        try:
            self._report(report)
        except Exception:
            log.exception("report %s", type(report).__name__)

    def publish(self) -> None:
        """Renew what `now` says."""
        self._now = self.stands()
