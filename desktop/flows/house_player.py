# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing a message that somebody left: fetched from the service, heard on the desk's sound device, with pause.

Sound is 8 kHz mono 16-bit as the service keeps it. Fetching and playing are threads of their own; `changed` is told on
the event loop. A desk without a sound device says so and plays nothing.
"""

from __future__ import annotations

import asyncio
import io
import threading
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from desktop.flows.facts import Topic
from models.store.errors import SiteError
from telephony.phone import alsa

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

FRAME = 320
FRAME_S = 0.02
AHEAD_S = 0.06  # what the device may hold before it sounds
FETCH_S = 15.0
LARGEST = 64 * 1024 * 1024


class SoundOut(Protocol):
    """Where the sound goes."""

    def put(self, frame: bytes) -> None: ...

    def close(self) -> None: ...


def sound_card() -> SoundOut:
    """The system's sound device. Raises OSError where there is none."""
    return alsa.Speaker(alsa.DEFAULT)


class Player:
    """Attributes: `what` (the message, "" none), `state` off | fetching | playing | paused | failed, `seconds` its
    length, `why` the words of a failure. `position` in seconds."""

    def __init__(self, desk: Desk, out: Callable[[], SoundOut] = sound_card) -> None:
        self._desk = desk
        self._out = out
        self.changed = Topic("player_changed")
        self.what = ""
        self.state = "off"
        self.why = ""
        self.seconds = 0.0
        self._sound = b""
        self._at = 0
        self._turn = 0
        self._lock = threading.Lock()

    @property
    def position(self) -> float:
        return self._at / FRAME * FRAME_S

    def play(self, what: str, seconds: float) -> None:
        """Play `what` from where it was paused, or from the beginning."""
        if what == self.what and self._sound:
            if self._at >= len(self._sound):
                self._at = 0
            self._run()
            return
        self.stop()
        self.what, self.seconds, self.state = what, seconds, "fetching"
        self.changed.tell()
        self._desk.start(self._fetch(what))

    def pause(self) -> None:
        """Hold it where it is."""
        if self.state == "playing":
            self._turn += 1
            self._tell("paused")

    def seek(self, seconds: float) -> None:
        """Go on from there."""
        frames = round(min(max(0.0, seconds), self.seconds) / FRAME_S)
        with self._lock:
            self._at = min(frames * FRAME, len(self._sound))
        self.changed.tell()

    def stop(self) -> None:
        """Let it be, whatever it was."""
        self._turn += 1
        self.what, self._sound, self._at, self.seconds, self.why = "", b"", 0, 0.0, ""
        if self.state != "off":
            self._tell("off")

    def load(self, what: str, sound: bytes) -> None:
        """The WAV of `what` is here."""
        if what != self.what:
            return  # another one was asked for meanwhile
        try:
            with wave.open(io.BytesIO(sound)) as file:
                if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, 8000):
                    raise wave.Error("not 8 kHz mono 16-bit")
                self._sound = file.readframes(file.getnframes())
        except (wave.Error, EOFError):
            self._fail("house.player_unreadable")
            return
        self.seconds = len(self._sound) / FRAME * FRAME_S
        self._run()

    async def _fetch(self, what: str) -> None:
        try:
            address, token = self._desk.recording_address(f"voicemail/{what}")
            sound = await asyncio.to_thread(_get, address, token)
        except (OSError, ValueError, SiteError) as error:
            gone = isinstance(error, urllib.error.HTTPError) and error.code in (403, 404, 410)
            if what == self.what:
                self._fail("house.player_gone" if gone else "house.player_away")
            return
        self.load(what, sound)

    def _run(self) -> None:
        try:
            out = self._out()
        except OSError:
            self._fail("house.player_no_device")
            return
        self._turn += 1
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._sound_out, args=(out, self._turn, loop), name="message", daemon=True).start()
        self._tell("playing")

    def _sound_out(self, out: SoundOut, turn: int, loop: asyncio.AbstractEventLoop) -> None:
        due = time.monotonic()
        while turn == self._turn:
            with self._lock:
                frame = self._sound[self._at : self._at + FRAME]
                self._at += len(frame)
            if not frame:
                break
            out.put(frame.ljust(FRAME, b"\0"))
            due = max(due + FRAME_S, time.monotonic() - AHEAD_S)
            time.sleep(max(0.0, due - AHEAD_S - time.monotonic()))
        if turn == self._turn:
            time.sleep(AHEAD_S)  # the device still has these frames
        out.close()
        loop.call_soon_threadsafe(self._ended, turn)

    def _ended(self, turn: int) -> None:
        if turn == self._turn and self.state == "playing":
            self._tell("paused")

    def _fail(self, why: str) -> None:
        self.why = why
        self._tell("failed")

    def _tell(self, state: str) -> None:
        self.state = state
        self.changed.tell()


def _get(address: str, token: str) -> bytes:
    """The bytes behind an address of this site's own service. Raises OSError."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=FETCH_S) as answer:
        return bytes(answer.read(LARGEST))
