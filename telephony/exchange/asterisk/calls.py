# SPDX-License-Identifier: GPL-3.0-or-later
"""A call and its legs as the engine knows them, and how they are written down in Asterisk for the next leader.

A channel's id is `<call>~<leg>`; the caller's is Asterisk's own, and the call's is made of it: `in-<node>-<unique id>`.
They are written in a global variable, because a variable of a channel cannot be set while something is played to it.
Times are seconds of time.monotonic() here; the arrival is written in seconds of the wall clock.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from telephony.exchange.engine import CallId, CallNow, LegId, LegNow

INBOUND = "in-"  # begins the id of every call that came to us, so an order for one that is over rings nobody
STATE = "TR_STATE_"  # with a call's id, a global variable: the call as JSON
BETWEEN = "~"  # neither in the ids of calls nor in Asterisk's own
MUSIC, SILENCE, RINGING, PROMPT = "music", "silence", "ringing", "prompt"


def call_id(node: str, unique: str) -> CallId:
    """The id of the call of a caller's channel."""
    return f"{INBOUND}{node}-{unique}"


def channel_id(call: CallId, leg: LegId) -> str:
    """The id of the channel of a leg that we place.

    It ends with a mark, because Asterisk 22 refuses an id that another channel's begins with.
    """
    return f"{call}{BETWEEN}{leg}{BETWEEN}"


def leg_of(channel: str) -> LegId:
    """The leg of such a channel, "" when the id is not of our making."""
    return channel.partition(BETWEEN)[2].removesuffix(BETWEEN)


def law_of(native: str = "") -> str:
    """The codec of G.711 that Asterisk names as a channel's own; "any" for others, "" when it named none."""
    return next((law for law in ("alaw", "ulaw") if law in native), "any" if native else "")


def seconds_ago(wall: float) -> float:
    """The wall clock's time as one of time.monotonic()."""
    now = time.monotonic()
    return min(now, now - (time.time() - wall))


@dataclass
class Leg:
    """One channel. `place` is what it hears: "" nothing yet, a sound of ours, or the id of a bridge."""

    id: LegId
    channel: str
    side: str
    number: str = ""
    extension: str = ""
    trunk: str = ""
    inbound: bool = False
    stage: str = "new"  # new | ringing | answered | ended
    early: bool = False
    place: str = ""
    playback: str = ""
    plays: int = 0
    adopted: bool = False
    then: str = ""  # what follows the prompts
    ordered: bool = False  # a Play counts until the next Play or Connect
    dropped: bool = False
    refused_with: int = 0
    unreachable: bool = False
    soft: bool | None = None  # whether its end was asked for by Asterisk or us, and not by the far end
    entered: asyncio.Event = field(default_factory=asyncio.Event)  # the application has it
    placed_at: float = 0.0
    answered_at: float = 0.0
    held: bool = False
    hush: asyncio.TimerHandle | None = None  # silence that has not begun
    hushed: bool = False  # … and that has
    received: int = 0  # RTP packets
    heard_at: float = 0.0
    asked_at: float = 0.0
    media: str = "waiting"  # waiting | heard | lost

    @property
    def in_bridge(self) -> bool:
        return self.place not in ("", MUSIC, SILENCE, RINGING, PROMPT)


@dataclass
class Call:
    """One customer's call, or one that we place."""

    id: CallId
    from_number: str
    from_name: str
    to_number: str
    direction: str
    received_at: float
    trunk: str = ""
    foreign: bool = False
    law: str = ""
    legs: dict[LegId, Leg] = field(default_factory=dict)
    used: set[LegId] = field(default_factory=set)
    groups: tuple[tuple[LegId, ...], ...] = ()
    others: str = SILENCE
    grouped_at: float = 0.0
    bridges: int = 0  # how many were made, so that ids never come again
    supervised: dict[LegId, tuple[LegId, str]] = field(default_factory=dict)  # who hears: (whom, mode)
    watchers: dict[LegId, str] = field(default_factory=dict)  # the supervisors' snoops
    file: str = ""
    paused: bool = False
    snoops: dict[LegId, str] = field(default_factory=dict)  # the recording's ears

    def add(self, leg: Leg) -> Leg:
        self.legs[leg.id] = leg
        self.used.add(leg.id)
        return leg

    @property
    def caller(self) -> Leg | None:
        leg = self.legs.get(self.id)
        return leg if leg is not None and leg.inbound else None

    def answered(self) -> Iterable[Leg]:
        return (leg for leg in self.legs.values() if leg.stage == "answered")

    def new_bridge(self) -> str:
        self.bridges += 1
        return f"{self.id}{BETWEEN}b{self.bridges}"

    def now(self) -> CallNow:
        """The call as it stands."""
        legs = tuple(
            LegNow(leg.id, leg.side, "answered" if leg.stage == "answered" else "ringing", leg.number, leg.extension)
            for leg in self.legs.values()
        )
        if self.direction == "in":
            caller = self.caller
            answered = caller is None or caller.stage == "answered"
        else:
            answered = any(leg.side == "customer" for leg in self.answered())
        groups = tuple(kept for group in self.groups if (kept := tuple(i for i in group if i in self.legs)))
        watched = tuple((leg, of, mode) for leg, (of, mode) in self.supervised.items())
        return CallNow(
            self.id, self.from_number, self.from_name, self.to_number, self.direction, self.received_at, answered,
            legs, groups, self.file, self.trunk, watched, self.foreign,
        )  # fmt: skip

    def written(self) -> str:
        """What the next leader reads."""
        state = {
            "call": self.id, "from": self.from_number, "name": self.from_name, "to": self.to_number,
            "way": self.direction, "at": time.time() - (time.monotonic() - self.received_at), "trunk": self.trunk,
            "law": self.law, "legs": {leg.id: [leg.side, leg.number, leg.extension] for leg in self.legs.values()},
            "used": sorted(self.used), "groups": self.groups, "others": self.others, "bridges": self.bridges,
            "heard": self.supervised, "file": self.file, "paused": self.paused,
        }  # fmt: skip
        return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Call | None:
    """The call that was written, with the legs it had; None when it cannot be read."""
    try:
        state = json.loads(text)
        call = Call(
            state["call"], state["from"], state["name"], state["to"], state["way"], seconds_ago(state["at"]),
            state["trunk"], law=state["law"],
        )  # fmt: skip
        call.used = set(state["used"])
        call.groups = tuple(tuple(group) for group in state["groups"])
        call.others, call.bridges, call.file = state["others"], state["bridges"], state["file"]
        call.paused = state["paused"]
        call.supervised = {leg: (of, mode) for leg, (of, mode) in state["heard"].items()}
        for leg_id, (side, number, extension) in state["legs"].items():
            channel = channel_id(call.id, leg_id)
            call.legs[leg_id] = Leg(leg_id, channel, side, number, extension)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return call
