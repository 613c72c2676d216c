# SPDX-License-Identifier: GPL-3.0-or-later
"""The media graph and the shared 20 ms tick: who hears whom, prompts and music, mixing, recording.

A destination with one source of the same law is relayed by the ports themselves; everything else is made in the tick.
One call's failing step is logged and hurts no other call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from telephony.exchange.embedded import g711
from telephony.exchange.embedded.recorder import Recording
from telephony.exchange.embedded.rtp import MIXER_PREFETCH, TAPE_PREFETCH, Buffer, RtpPort
from telephony.exchange.embedded.sounds import Player

log = logging.getLogger(__name__)

RESYNC = 0.2  # a loop later than this gives up the missed ticks instead of sending them in a burst
Source = Player | tuple[RtpPort | Player, ...]


@dataclass
class CallMedia:
    """The graph of one call: what each port hears, and the recording with its two sides."""

    hears: dict[RtpPort, Source] = field(default_factory=dict)
    recording: Recording | None = None
    left: tuple[RtpPort, ...] = ()
    right: tuple[RtpPort, ...] = ()
    paused: bool = False  # the recording holds silence
    _made: dict[RtpPort, Source] = field(default_factory=dict)  # those that need the tick
    _listened: tuple[RtpPort, ...] = ()

    def wire(self, hears: Mapping[RtpPort, Source], left: tuple[RtpPort, ...], right: tuple[RtpPort, ...]) -> None:
        """Set the graph. A player that goes on keeps its place; an empty tuple is silence."""
        self.hears = dict(hears)
        self.left, self.right = left, right
        outs: dict[RtpPort, list[RtpPort]] = {port: [] for port in hears}
        self._made = {}
        mixed: set[RtpPort] = set()
        for port, source in hears.items():
            only = source[0] if isinstance(source, tuple) and len(source) == 1 else None
            if isinstance(only, RtpPort) and only.law == port.law:
                outs.setdefault(only, []).append(port)
            else:
                self._made[port] = source
                if isinstance(source, tuple):
                    mixed.update(part for part in source if isinstance(part, RtpPort))
        ports = {*outs, *mixed, *left, *right}
        for port in ports:
            port.outs = tuple(outs.get(port, ()))
            port.mixer = (port.mixer or Buffer(MIXER_PREFETCH)) if port in mixed else None
        self._listened = tuple(mixed)
        self.tape()

    def tape(self) -> None:
        """Give the recorded ports their buffers, or take them away: what was said in a pause is kept nowhere."""
        recorded = {*self.left, *self.right} if self.recording and not self.paused else set[RtpPort]()
        for port in {*self.hears, *self.left, *self.right}:
            port.tape = (port.tape or Buffer(TAPE_PREFETCH)) if port in recorded else None

    def step(self) -> None:
        """20 ms of this call."""
        heard: dict[RtpPort, g711.Samples] = {}
        for port in self._listened:
            frame = port.mixer.pull() if port.mixer else None
            if frame is not None:
                heard[port] = g711.decode(port.law, frame)
        played: dict[Player, tuple[int, bytes]] = {}
        for port, source in list(self._made.items()):
            if port.sender.busy:
                continue
            if isinstance(source, Player):
                port.emit(_played(source, port.law, played))
                continue
            voices = [heard[part] for part in source if isinstance(part, RtpPort) and part in heard]
            for part in source:
                if isinstance(part, Player):
                    voices.append(g711.decode(port.law, _played(part, port.law, played)))
            port.emit(g711.encode(port.law, g711.mix(voices)) if voices else g711.SILENCE[port.law])
        for port in self.hears:
            if port.sender.busy:
                port.emit_event()
        if self.recording:
            self.recording.put(_side(self.left), _side(self.right))


def _played(player: Player, law: int, played: dict[Player, tuple[int, bytes]]) -> bytes:
    """The 20 ms of a player in this tick, the same for everybody who hears it."""
    if player not in played:
        played[player] = (law, player.next(law))
    made, frame = played[player]
    return frame if made == law else g711.encode(law, g711.decode(made, frame))


def _side(ports: tuple[RtpPort, ...]) -> g711.Samples:
    voices = []
    for port in ports:
        frame = port.tape.pull() if port.tape else None
        if frame is not None:
            voices.append(g711.decode(port.law, frame))
    return g711.mix(voices) if voices else g711.NOTHING


class Ticker:
    """Steps every call's media each 20 ms by the clock of the loop."""

    def __init__(self, calls: Callable[[], list[CallMedia]]) -> None:
        self._calls = calls
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._handle: asyncio.TimerHandle | None = None
        self.latest = 0.0

    def wake(self) -> None:
        """A call began: tick until there is none."""
        if self._handle is None:
            self._due = self._loop.time()
            self._tick()

    def close(self) -> None:
        """Stop."""
        if self._handle:
            self._handle.cancel()

    def _tick(self) -> None:
        now = self._loop.time()
        self.latest = max(self.latest, now - self._due)
        self._due += g711.FRAME_SECONDS
        if now - self._due > RESYNC:
            log.warning("the loop was %.0f ms late", 1000 * (now - self._due))
            self._due = now + g711.FRAME_SECONDS
        calls = self._calls()
        if not calls:
            self._handle = None
            return
        for media in calls:
            try:
                media.step()
            except Exception:
                log.exception("a call's media step failed")
        self._handle = self._loop.call_at(self._due, self._tick)
