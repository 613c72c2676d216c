# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switchboard knows of the calls of this minute beside routing: legs, media, customer, sheet, recording.

Routing decides; this is the memory that joins its words with those of the exchange. Instants are site time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.messages import DraftChanged


@dataclass
class StaffLeg:
    """A leg towards somebody of the house. `role` offer | consult | dial | pick_up | callback | supervise | staff."""

    leg: str
    agent: str
    role: str
    answered: bool = False
    media: bool = False
    dropped: bool = False  # we ended it: its end is no news
    dial: str = ""  # the number to dial once he has picked up


@dataclass(frozen=True)
class Watching:
    """A supervisor who hears a call: his leg, whom he hears, and how (listen | whisper | barge)."""

    supervisor: str
    leg: str
    of: str
    of_leg: str
    mode: str


@dataclass
class LiveCall:
    """One call. Its customer's leg has the id of the call."""

    call: str
    from_number: str
    from_name: str
    to_number: str
    queue: str
    began: float
    direction: str = "in"
    task: str = ""
    task_told: bool = False
    customer: str = ""
    confidence: str = "unknown"
    draft_wanted: bool = False
    unstored: dict[str, DraftChanged] = field(default_factory=dict)  # texts that only desks have so far, by field
    answered: bool = False  # the customer's leg
    customer_media: bool = False
    customer_gone: bool = False
    joined: str = ""  # the staff leg that was connected with the customer last
    told_connected: str = ""  # the joined leg that routing was told of
    connected_at: float = 0.0
    held_since: float = 0.0
    first_ring: float = 0.0
    recording: str = ""
    recorded_at: float = 0.0
    recording_done: bool = False
    handover: str = ""
    disposition: str = ""
    responsible: str = ""
    agents: set[str] = field(default_factory=set)  # everybody who ever had it
    handed_by: dict[str, str] = field(default_factory=dict)
    legs: dict[str, StaffLeg] = field(default_factory=dict)
    offered_at: dict[str, float] = field(default_factory=dict)
    ringing_at: dict[str, float] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()  # as routing connected them last, without who barged in
    watching: dict[str, Watching] = field(default_factory=dict)  # by supervisor
    outside: str = ""  # the leg to an outside number the call was sent to
    message_from: float = 0.0  # when the caller began to speak on the voicemail
    trunk: str = ""
    caller_id: str = ""  # shown to the dialled number, "" the hotline
    secure: bool = False  # the responsible agent's sound is encrypted
    recording_paused: bool = False
    foreign: bool = False  # the exchange's own queue has it: it came while nobody led
    over: bool = False

    @property
    def number(self) -> str:
        """The customer's number, whichever way the call went."""
        return self.from_number if self.direction == "in" else self.to_number

    @property
    def settled(self) -> bool:
        """Over, and nothing of it is still on its way."""
        return self.over and (not self.recording or self.recording_done)

    def leg_of(self, agent: str) -> StaffLeg | None:
        """The living leg of an agent, the answered one first."""
        mine = [leg for leg in self.legs.values() if leg.agent == agent and not leg.dropped]
        return next((leg for leg in mine if leg.answered), mine[0] if mine else None)

    @property
    def present(self) -> set[str]:
        """Who of the house is on the line or rung for it now."""
        return {leg.agent for leg in self.legs.values() if not leg.dropped}

    def newly_connected(self) -> StaffLeg | None:
        """The leg that talks with the customer both ways, when routing was not told yet."""
        leg = self.legs.get(self.joined)
        heard = leg is not None and leg.media and self.customer_media and self.told_connected != leg.leg
        return leg if heard else None


@dataclass(frozen=True)
class Seat:
    """Somebody whose desk is signed in. `in_queues` when calls may be offered to him."""

    person: str
    name: str
    groups: tuple[str, ...]
    skills: tuple[str, ...]
    queues: tuple[str, ...]
    extension: str
    secret: str
    in_queues: bool
    levels: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Found:
    """What a look-up of a number says. `customer` is "" when nobody, or only guesses, were found."""

    customer: str
    confidence: str
    level: str = "normal"
    last_agent: str = ""
    last_agent_at: float = 0.0
    last_engineer: str = ""
