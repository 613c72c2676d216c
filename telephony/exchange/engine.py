# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switchboard may order of an exchange and what an exchange reports: the Protocol every engine keeps.

A *call* is one customer's call (his leg and every staff leg that joins it). The caller's leg has the id of the call;
staff legs and outbound legs get ids chosen by the switchboard, so an order repeated after a crash conflicts instead of
ringing twice. Orders carry the epoch of the leader; the exchange refuses lower ones. Facts carry `at`, seconds of
CLOCK_MONOTONIC of the exchange's machine. Every order is answered by Done or Refused with its `order` number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telephony.exchange.facts import (
    FACTS,
    CallArrived,
    CallEnded,
    CallNow,
    CallRefused,
    DigitPressed,
    Done,
    Fact,
    LegAnswered,
    LegEnded,
    LegNow,
    LegRinging,
    MediaLost,
    MediaStarted,
    PhoneLost,
    PhoneNow,
    PhoneRegistered,
    PromptEnded,
    RecordingEnded,
    Refused,
    Snapshot,
    TrunkChanged,
    TrunkNow,
)
from telephony.exchange.orders import (
    ORDERS,
    Answer,
    Attach,
    CallId,
    Connect,
    Dial,
    Drop,
    EndCall,
    LegId,
    List,
    Order,
    PauseRecording,
    Play,
    Record,
    Refuse,
    RemoveTrunk,
    Ring,
    Ringback,
    SendDigits,
    SetAccount,
    SetOpen,
    SetReady,
    SetTrunk,
    Supervise,
    Trunk,
)

__all__ = [
    "FACTS",
    "ORDERS",
    "Answer",
    "Attach",
    "CallArrived",
    "CallEnded",
    "CallId",
    "CallNow",
    "CallRefused",
    "Connect",
    "Dial",
    "DigitPressed",
    "Done",
    "Drop",
    "EndCall",
    "Exchange",
    "Facilities",
    "Fact",
    "LegAnswered",
    "LegEnded",
    "LegId",
    "LegNow",
    "LegRinging",
    "List",
    "MediaLost",
    "MediaStarted",
    "Order",
    "PauseRecording",
    "PhoneLost",
    "PhoneNow",
    "PhoneRegistered",
    "Play",
    "PromptEnded",
    "Record",
    "RecordingEnded",
    "Refuse",
    "Refused",
    "RemoveTrunk",
    "Ring",
    "Ringback",
    "SendDigits",
    "SetAccount",
    "SetOpen",
    "SetReady",
    "SetTrunk",
    "Snapshot",
    "StaleEpoch",
    "Supervise",
    "Trunk",
    "TrunkChanged",
    "TrunkNow",
]


@dataclass(frozen=True)
class Facilities:
    """What an engine can do beyond the orders every engine carries out."""

    name: str
    tls: bool = False
    srtp: bool = False
    own_queue: bool = False  # serves callers by itself while nobody leads
    brings_recordings: bool = False  # one that ended while nobody led comes as RecordingEnded after Attach
    nodes: int = 1


class Exchange(Protocol):
    """One engine as the switchboard holds it: the embedded one is a client of a process, Asterisk's is one of ARI."""

    facilities: Facilities

    async def attach(self, epoch: int) -> Snapshot:
        """Take the lead. Raises StaleEpoch when a higher epoch has attached, ConnectionError when it is gone."""
        ...

    async def order(self, order: Order) -> Done | Snapshot | Refused:
        """Send one order and wait for its answer. Raises ConnectionError when the exchange is gone."""
        ...

    def next_order(self) -> int:
        """A number for the next order."""
        ...

    async def fact(self) -> Fact:
        """The next fact, in the order they happened. Raises ConnectionError when the exchange is gone."""
        ...

    async def close(self) -> None:
        """Let go of the connection; the exchange and its calls go on."""
        ...


class StaleEpoch(Exception):
    """A higher epoch has attached: this switchboard leads no more."""
