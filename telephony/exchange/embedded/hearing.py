# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hears whom in one call: groups, prompts, music, ringing while we dial, and the directed hearing of supervision.

It only works out sources for the media graph; what is said to the switchboard and to SIP is the call's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from telephony.exchange.embedded.legs import InboundLeg, Leg
from telephony.exchange.embedded.media import Source
from telephony.exchange.embedded.rtp import RtpPort
from telephony.exchange.embedded.sounds import MUSIC, RINGING, Library, Player
from telephony.exchange.engine import LegId

LISTEN, WHISPER, OFF = "listen", "whisper", "off"


class Hearing:
    """`legs` is the call's own table of its legs."""

    def __init__(self, legs: Mapping[LegId, Leg], library: Library) -> None:
        self.groups: tuple[tuple[LegId, ...], ...] = ()
        self.others = "silence"
        self.supervised: dict[LegId, tuple[LegId, str]] = {}  # supervisor: (of, listen | whisper)
        self._aside: set[LegId] = set()  # supervisors who are turned off and in no group: silence, and not recorded
        self._legs = legs
        self._library = library
        self._players: dict[LegId, Player] = {}
        self._background: dict[tuple[LegId, str], Player] = {}

    # ---- what changes it ----------------------------------------------------------------------------------------

    def play(
        self, leg_id: LegId, prompts: tuple[str, ...], then: str, language: str, ended: Callable[[], None]
    ) -> None:
        """Play to one leg; raises NoSuchSound before anything changes."""
        sounds = [self._library.get(name, language) for name in prompts]
        after = self._library.get(then) if then else None
        self._players[leg_id] = Player(sounds, after, ended if prompts else None)

    def connect(self, groups: tuple[tuple[LegId, ...], ...], others: str) -> None:
        """Set the groups; a supervisor who is in one of them has barged in and supervises no more."""
        self.groups, self.others = groups, others
        self._players.clear()
        for leg_id in self.grouped():
            self.supervised.pop(leg_id, None)
            self._aside.discard(leg_id)

    def supervise(self, leg_id: LegId, of: LegId, mode: str) -> None:
        """Set, change or end the supervision by a leg."""
        self._players.pop(leg_id, None)
        self._aside.add(leg_id)
        if mode == OFF:
            self.supervised.pop(leg_id, None)
        else:
            self.supervised[leg_id] = (of, mode)

    def forget(self, leg_id: LegId) -> None:
        """A leg is gone; who supervised it hears silence."""
        self._players.pop(leg_id, None)
        self._background = {key: player for key, player in self._background.items() if key[0] != leg_id}
        self._aside.discard(leg_id)
        self.supervised = {
            supervisor: (of, mode)
            for supervisor, (of, mode) in self.supervised.items()
            if leg_id not in (supervisor, of)
        }

    # ---- what it says -------------------------------------------------------------------------------------------

    def grouped(self) -> set[LegId]:
        """The legs that are in a group."""
        return {leg_id for group in self.groups for leg_id in group}

    def is_aside(self, leg_id: LegId) -> bool:
        """Whether a leg supervises, or did until it was turned off."""
        return leg_id in self._aside

    def graph(self) -> dict[RtpPort, Source]:
        """What every answered leg hears."""
        return {leg.port: self._hears(leg) for leg in self._legs.values() if leg.stage == "answered"}

    def recorded(self, side: str) -> tuple[RtpPort, ...]:
        """Whose voice belongs to this side of the recording: a supervisor's does not until he barges in."""
        return tuple(
            leg.port
            for leg in self._legs.values()
            if leg.stage == "answered" and leg.side == side and leg.id not in self._aside
        )

    def _hears(self, leg: Leg) -> Source:
        """What a leg hears, with the whispers that are meant for it."""
        own = self._source(leg)
        whispers = tuple(
            self._legs[supervisor].port
            for supervisor, (of, mode) in self.supervised.items()
            if of == leg.id and mode == WHISPER
        )
        if not whispers:
            return own
        return (*(own if isinstance(own, tuple) else (own,)), *whispers)

    def _source(self, leg: Leg) -> Source:
        player = self._players.get(leg.id)
        if player is not None:
            # a ringing tone that was ordered gives way to what the trunk lets us hear
            early = self._early() if leg.side == "staff" and player.plays_on(self._library.get(RINGING)) else ()
            return early or player
        if leg.id in self._aside:
            return self._overheard(leg)
        mine = [group for group in self.groups if leg.id in group]
        mates = {leg_id for group in mine for leg_id in group if leg_id != leg.id}
        voices = tuple(
            other.port
            for leg_id, other in self._legs.items()
            if leg_id in mates and (other.stage == "answered" or other.early)
        )
        if voices:
            return voices
        if leg.side == "staff":
            progress = self._progress(leg)
            if progress is not None:
                return progress
        if not mine and self.others == "music":
            return self._endless(leg.id, MUSIC)
        return ()

    def _overheard(self, supervisor: Leg) -> Source:
        """Everything that the supervised leg hears and says, but not the supervisor himself."""
        watched = self._legs.get(self.supervised.get(supervisor.id, ("", OFF))[0])
        if watched is None:
            return ()
        theirs = self._hears(watched)
        heard = theirs if isinstance(theirs, tuple) else (theirs,)
        return (watched.port, *(source for source in heard if source is not supervisor.port))

    def _progress(self, leg: Leg) -> Source | None:
        """While we dial a customer, staff who wait hear how it goes: the trunk's early sound, or our ringing tone."""
        early = self._early()
        if early:
            return early
        if any(other.stage == "ringing" for other in self._dialled()):
            return self._endless(leg.id, RINGING)
        return None

    def _dialled(self) -> list[Leg]:
        """Customers whom we are calling and who have not answered."""
        return [
            leg
            for leg in self._legs.values()
            if leg.side == "customer" and leg.stage in ("new", "ringing") and not isinstance(leg, InboundLeg)
        ]

    def _early(self) -> tuple[RtpPort, ...]:
        """What a trunk lets us hear before the answer."""
        return tuple(leg.port for leg in self._dialled() if leg.early)

    def _endless(self, leg_id: LegId, name: str) -> Player:
        """Music goes on where it was when the graph is set again."""
        key = (leg_id, name)
        if key not in self._background:
            self._background[key] = Player([], self._library.get(name))
        return self._background[key]
