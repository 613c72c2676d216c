# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call remembers of its way through the plan, and of being a call-back that is owed. Frozen; site seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.kinds import Outcome
from models.rules.plan import Destination
from telephony.call_events import CallId, LegId


class Saying(StrEnum):
    """Which words are being said to the caller, and so what follows them."""

    NOTHING = ""
    ONWARD = "onward"  # then he goes on: to `onward`, or to his place in the queue
    MENU = "menu"  # then a key is waited for
    GREETING = "greeting"  # of the voicemail; then the message
    NEWS = "news"  # to who waits: nothing follows
    NOTICE = "notice"  # the recording notice while his agent waits; then they are joined
    FAREWELL = "farewell"  # then the call ends


@dataclass(frozen=True)
class Way:
    """`until`: when the words, the wait for a key, the message or the ringing outside are over at the latest.
    `entered`: when the caller came into his present queue."""

    planned: bool = False  # the plan decided where he goes
    language: str = "zh_CN"
    hops: int = 0
    saying: Saying = Saying.NOTHING
    until: float | None = None
    with_notice: bool = False  # the words being said hold the recording notice
    notice_said: bool = False
    onward: Destination | None = None
    menu: str = ""
    tries: int = 0
    closed: bool = False  # he is on the way that a closed queue sends him
    entered: float | None = None
    overflowed: frozenset[str] = frozenset()  # queues that have sent him on, each once
    next_position: float | None = None
    message_queue: str = ""
    message_since: float | None = None
    outside_leg: LegId = ""
    outside_number: str = ""
    outside_joined: bool = False
    ends: Outcome | None = None  # the outcome when the farewell is through


@dataclass(frozen=True)
class Owed:
    """A call-back that keeps its place in a queue. `reached`: the customer picked up, it is a call as any other."""

    of_call: CallId
    attempts: int = 0
    not_before: float = 0.0
    reached: bool = False
