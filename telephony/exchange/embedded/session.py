# SPDX-License-Identifier: GPL-3.0-or-later
"""One call: its legs, who hears whom, what is played and recorded. It reports facts and never decides who is rung."""

from __future__ import annotations

import logging
import time
from typing import Protocol

from telephony.exchange.embedded.hearing import Hearing
from telephony.exchange.embedded.legs import InboundLeg, Leg
from telephony.exchange.embedded.media import CallMedia
from telephony.exchange.embedded.recorder import Recording, Writer
from telephony.exchange.embedded.sounds import Library
from telephony.exchange.engine import (
    CallEnded,
    CallId,
    CallNow,
    DigitPressed,
    Fact,
    LegAnswered,
    LegEnded,
    LegId,
    LegNow,
    LegRinging,
    MediaLost,
    MediaStarted,
    PromptEnded,
    RecordingEnded,
)

log = logging.getLogger(__name__)

MEDIA_LOST_S = 3.0
UNANSWERED_S = 180.0  # a caller who is neither answered nor gives up in this time is gone (Timer C of RFC 3261)
WAITING = "waiting"  # the announcement for who must wait


class House(Protocol):
    """The exchange around a call."""

    library: Library
    writer: Writer

    def fact(self, fact: Fact) -> None: ...
    def call_over(self, call: Call) -> None: ...
    def leg_gone(self, call: Call, leg: Leg, why: str) -> None: ...


class Call:
    """One customer's call, or one that we place. All methods run on the loop."""

    def __init__(
        self,
        house: House,
        call_id: CallId,
        from_number: str,
        from_name: str,
        to_number: str,
        direction: str,
        received_at: float,
        trunk: str = "",
    ) -> None:
        self.house = house
        self.id = call_id
        self.from_number = from_number
        self.from_name = from_name
        self.to_number = to_number
        self.direction = direction
        self.received_at = received_at
        self.trunk = trunk
        self.legs: dict[LegId, Leg] = {}
        self.used: set[LegId] = set()  # an order repeated after its leg ended must not ring again
        self.hearing = Hearing(self.legs, house.library)
        self.media = CallMedia()
        self.over = False
        self._grouped_at = 0.0
        self._lost: set[LegId] = set()
        self._file = ""

    # ---- what the switchboard orders ----------------------------------------------------------------------------

    def add(self, leg: Leg) -> None:
        """Take a leg into the call."""
        self.legs[leg.id] = leg
        self.used.add(leg.id)
        leg.port.on_first = lambda: self._first_rtp(leg)
        leg.port.passes_digits = leg.side == "staff"

    def answered(self, leg_id: LegId) -> Leg | None:
        """The leg when it is answered."""
        leg = self.legs.get(leg_id)
        return leg if leg and leg.stage == "answered" else None

    @property
    def caller(self) -> InboundLeg | None:
        """The leg of a customer who called us."""
        leg = self.legs.get(self.id)
        return leg if isinstance(leg, InboundLeg) else None

    @property
    def is_idle(self) -> bool:
        """Whether nobody is left who talks or waits: no customer, and no two of the staff who talk."""
        talking = [leg_id for leg_id in self.hearing.grouped() if self.answered(leg_id)]
        return len(talking) < 2 and all(leg.side == "staff" for leg in self.legs.values())

    @property
    def has_staff(self) -> bool:
        """Whether somebody of the staff is there for the customer; who only supervises is not."""
        return any(
            leg.side == "staff" and leg.stage == "answered" and not self.hearing.is_aside(leg.id)
            for leg in self.legs.values()
        )

    def play(self, leg_id: LegId, prompts: tuple[str, ...], then: str, language: str = "") -> None:
        """Play to one leg; raises NoSuchSound before anything changes."""
        self.hearing.play(
            leg_id, prompts, then, language, lambda: self.house.fact(PromptEnded(self.id, leg_id, time.monotonic()))
        )
        self.rewire()

    def connect(self, groups: tuple[tuple[LegId, ...], ...], others: str) -> None:
        """Who talks with whom from now on."""
        self.hearing.connect(groups, others)
        self._grouped_at = time.monotonic()
        self.rewire()

    def supervise(self, leg_id: LegId, of: LegId, mode: str) -> None:
        """Let a leg overhear another one, or no more."""
        self.hearing.supervise(leg_id, of, mode)
        self.rewire()

    def record(self, name: str) -> None:
        """Start the recording; raises OSError (FileExistsError when there is such a file)."""
        at_end = self._recording_ended
        self.media.recording = self.house.writer.begin(name, lambda seconds, why: at_end(name, seconds, why))
        self._file = name
        self.media.tape()

    def pause_recording(self, on: bool) -> None:
        """Silence in place of sound, from this moment on; a recording that begins meanwhile begins with it."""
        self.media.paused = on
        self.media.tape()

    @property
    def recording(self) -> Recording | None:
        """The recording that runs."""
        return self.media.recording

    def end(self) -> None:
        """End every leg."""
        for leg in list(self.legs.values()):
            leg.drop()
        self._finish_if_empty()

    # ---- what the legs tell -------------------------------------------------------------------------------------

    def leg_ringing(self, leg: Leg) -> None:
        self.house.fact(LegRinging(self.id, leg.id, time.monotonic()))
        self.rewire()

    def leg_answered(self, leg: Leg) -> None:
        leg.answered_at = time.monotonic()
        leg.port.arm()
        self.house.fact(LegAnswered(self.id, leg.id, leg.answered_at))
        self.rewire()

    def leg_changed(self, leg: Leg) -> None:
        del leg
        self.rewire()

    def leg_pressed(self, leg: Leg, digit: str) -> None:
        self.house.fact(DigitPressed(self.id, leg.id, digit, time.monotonic()))

    def leg_ended(self, leg: Leg, by: str, code: int, why: str) -> None:
        if self.legs.get(leg.id) is not leg:
            return
        del self.legs[leg.id]
        self.hearing.forget(leg.id)
        self._lost.discard(leg.id)
        self.house.fact(LegEnded(self.id, leg.id, by, code, why, time.monotonic()))
        self.rewire()
        self._finish_if_empty()
        self.house.leg_gone(self, leg, why)

    def _finish_if_empty(self) -> bool:
        if self.legs:
            return False
        if not self.over:
            self.over = True
            if self.media.recording:
                self.media.recording.close()
                self.media.recording = None
            self.house.fact(CallEnded(self.id, time.monotonic()))
            self.house.call_over(self)
        return True

    def _first_rtp(self, leg: Leg) -> None:
        if leg.stage == "answered":
            self._lost.discard(leg.id)
            self.house.fact(MediaStarted(self.id, leg.id, time.monotonic()))
        else:
            leg.port.arm()

    def _recording_ended(self, name: str, seconds: float, why: str) -> None:
        if why != "ended":
            self.media.recording = None
        self.house.fact(RecordingEnded(self.id, name, seconds, why, time.monotonic()))

    # ---- the graph ----------------------------------------------------------------------------------------------

    def rewire(self) -> None:
        """Hand the media what every answered leg hears."""
        hearing = self.hearing
        self.media.wire(hearing.graph(), hearing.recorded("customer"), hearing.recorded("staff"))

    # ---- time ---------------------------------------------------------------------------------------------------

    def check(self, now: float, media_timeout_s: float) -> None:
        """Called twice a second: sound that stopped, and calls in which nobody sends any more."""
        grouped = self.hearing.grouped()
        talking = [leg for leg in self.legs.values() if leg.stage == "answered"]
        caller = self.caller
        if caller and caller.stage != "answered" and now - self.received_at > UNANSWERED_S:
            caller.lose()
        for leg in talking:
            since = max(leg.port.heard_at, leg.answered_at, self._grouped_at)
            if leg.id in grouped and leg.id not in self._lost and leg.port.expects and now - since > MEDIA_LOST_S:
                self._lost.add(leg.id)
                leg.port.arm()
                self.house.fact(MediaLost(self.id, leg.id, now))
        if talking and all(now - max(leg.port.heard_at, leg.answered_at) > media_timeout_s for leg in talking):
            log.warning("call %s: no sound from anybody for %.0f s, ended", self.id, media_timeout_s)
            for leg in list(self.legs.values()):
                leg.lose()

    def now(self) -> CallNow:
        """The call as it stands."""
        caller = self.caller
        legs = tuple(
            LegNow(leg.id, leg.side, "answered" if leg.stage == "answered" else "ringing", leg.number, leg.extension)
            for leg in self.legs.values()
        )
        if self.direction == "in":
            answered = caller is None or caller.stage == "answered"
        else:
            answered = any(leg.side == "customer" and leg.stage == "answered" for leg in self.legs.values())
        groups = tuple(kept for group in self.hearing.groups if (kept := tuple(i for i in group if i in self.legs)))
        return CallNow(
            call=self.id,
            from_number=self.from_number,
            from_name=self.from_name,
            to_number=self.to_number,
            direction=self.direction,
            received_at=self.received_at,
            answered=answered,
            legs=legs,
            groups=groups,
            recording=self._file if self.media.recording else "",
            trunk=self.trunk,
            supervised=tuple((leg_id, of, mode) for leg_id, (of, mode) in self.hearing.supervised.items()),
        )
