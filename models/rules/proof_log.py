# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checker reads and what it says: events, sheet events, violations, and the report of one call.

Plain values only. Instants are site-time seconds. The kinds repeat `telephony.calls.CONTACT_EVENTS`, which rules may
not import; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: dict[str, tuple[str, ...]] = {
    "arrived": ("from", "to", "trunk", "received_at", "direction"),
    "customer_found": ("customer", "confidence"),
    "queued": ("queue",),
    "ringback": (),
    "waiting_answered": ("announcement",),
    "menu": ("menu", "digit"),
    "blocked": ("prefix", "why"),
    "closed": ("calendar", "why"),
    "overflowed": ("queue", "why", "to"),
    "announced": ("prompts", "language"),
    "position": ("place", "expected_s"),
    "chosen": ("strategy", "eligible", "chosen", "level", "out"),
    "voicemail": ("queue",),
    "callback_waits": ("number", "queue", "since", "of_call", "attempts"),
    "callback_over": ("of_call", "why"),
    "sent_outside": ("number", "leg"),
    "outside_answered": ("number", "leg"),
    "outside_failed": ("number", "leg", "why"),
    "merged": ("to", "leg"),
    "parked": ("slot",),
    "picked_up": ("leg", "slot"),
    "supervision": ("of", "mode", "leg"),
    "taken_over": ("from", "leg"),
    "recording_paused": ("on",),
    "offered": ("leg", "n", "role"),
    "ringing": ("leg",),
    "card_painted": ("painted_at",),
    "accepted": ("leg",),
    "connected": ("leg",),
    "responsible": ("leg",),
    "released": ("leg",),
    "missed": ("leg",),
    "declined": ("leg", "why"),
    "lost_race": ("leg",),
    "withdrawn": ("leg", "why"),
    "held": (),
    "resumed": (),
    "consult_started": ("to", "leg"),
    "consult_answered": ("to", "leg"),
    "consult_ended": ("to", "why"),
    "transferred": ("to", "leg"),
    "draft_hash": ("draft", "hash"),
    "draft_painted": ("draft", "hash"),
    "recording_started": ("file",),
    "recording_ended": ("file", "seconds", "why"),
    "customer_hung_up": (),
    "staff_hung_up": ("reason",),
    "dialled": ("number", "leg", "task"),
    "dial_failed": ("why",),
    "wrap_up_started": (),
    "wrap_up_ended": ("why",),
    "promised": ("number", "why"),
    "adopted": ("leg",),
    "ended": ("outcome", "by"),
    "agent_state": ("state", "reason", "call"),
    "alarm": ("what", "call", "agent"),
    "leading": ("epoch",),
}
"""Every kind of event with the fields its data must have."""

WITHOUT_CONTACT = frozenset({"agent_state", "alarm", "leading"})
OF_SOMEBODY = frozenset(
    {
        "offered", "ringing", "accepted", "connected", "responsible", "released", "missed", "declined", "lost_race",
        "withdrawn", "consult_started", "consult_answered", "transferred", "adopted", "agent_state", "wrap_up_started",
        "wrap_up_ended", "card_painted", "draft_hash", "draft_painted", "dialled", "merged", "parked", "picked_up",
        "supervision", "taken_over",
    }
)  # fmt: skip
"""Kinds that mean nothing without `who`."""

AFTER_THE_END = frozenset(
    {
        "wrap_up_ended", "recording_ended", "card_painted", "draft_painted", "draft_hash", "promised", "staff_hung_up",
        "customer_found", "alarm",
    }
)  # fmt: skip
"""What may still come about a contact that has its outcome."""


@dataclass(frozen=True)
class Event:
    """One line of `contact_event`; (site, epoch, seq) is its key, and the order is epoch, then seq."""

    site: str
    epoch: int
    seq: int
    at: float
    contact: str
    kind: str
    who: str = ""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class TicketEvent:
    """One line of `ticket_event`, in the order of `id`."""

    id: int
    at: float
    contact: str
    ticket: int | str | None
    draft: int | str | None
    kind: str
    who: str = ""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class House:
    """The numbers the log is measured against; seconds unless said otherwise."""

    rings: int = 3
    cadence_s: float = 5.0
    accepted_s: float = 2.0  # the 200 may come this long after an accept in time
    tick_s: float = 0.5  # how late a deadline may take effect
    slew_s: float = 0.5  # how far site time may run back
    stuck_s: float = 10.0
    no_ringing_s: float = 5.0
    wrap_up_s: float = 600.0  # the longest wrap-up anybody may have set, with its extensions
    recording_s: float = 2.0  # how much of the talk a recording may lack at its edges

    @property
    def offer_s(self) -> float:
        return self.rings * self.cadence_s


@dataclass(frozen=True)
class Violation:
    """One thing that must not be. `invariant` is I1, I2, I4, I5, I8, or log for a log that contradicts itself."""

    invariant: str
    contact: str
    words: str


@dataclass(frozen=True)
class CallReport:
    """What became of one call. Rings are in cadence cycles, 2.4 is in the third ring; None where it did not happen."""

    contact: str
    caller: str
    customer: str
    offer_rings: float | None
    promise_rings: float | None
    answered_by: str
    answer_s: float | None
    pop_ms: float | None
    ticket: str
    transferred_to: str
    engineer_pop_ms: float | None
    draft_carried: bool | None
    recording: str
    outcome: str
    direction: str = "in"


@dataclass(frozen=True)
class Percentiles:
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class Proof:
    """`events` that were read, all violations, all calls in the order they arrived, and how fast cards were painted."""

    events: int
    violations: tuple[Violation, ...]
    calls: tuple[CallReport, ...]
    pop_ms: Percentiles
