# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen reads: plain frozen rows, as `models.store.cards` brings them and panes paint them.

No SQL and no Qt. Instants are site-time seconds since the epoch; dates are ISO strings.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.kinds import (
    CallerKind,
    Confidence,
    CustomerLevel,
    ServiceMode,
    TaskKind,
    TaskState,
    TicketStage,
    WarrantyState,
)


@dataclass(frozen=True)
class PhoneLine:
    """A number of a customer: E.164, how sure, what it is called (mobile, switchboard …), whether this call has it."""

    number: str
    confidence: Confidence
    label: str
    this_call: bool = False


@dataclass(frozen=True)
class DevicePart:
    """One part of a device; `mark` is what to look at, "" nothing."""

    name: str
    spec: str
    mark: str = ""


@dataclass(frozen=True)
class DeviceLine:
    device: str
    product_line: str
    model: str
    serial: str
    place: str
    warranty: WarrantyState
    covered_until: str  # ISO date, "" unknown
    contract: str
    parts: tuple[DevicePart, ...] = ()


@dataclass(frozen=True)
class TicketLine:
    ticket: str
    number: str  # FW…
    title: str
    stage: TicketStage
    stage_words: str
    due: float | None
    device: str
    opened: float


@dataclass(frozen=True)
class ContactLine:
    """One earlier contact on the timeline. `channel` phone | callback | message."""

    contact: str
    at: float
    channel: str
    title: str
    agent: str
    agent_name: str
    device: str = ""
    note: str = ""


@dataclass(frozen=True)
class Candidate:
    """A customer who may be the caller: shown with his confidence, never as a fact."""

    customer: str
    name: str
    company: str
    confidence: Confidence
    why: str  # catalogue key: card.why_household …


@dataclass(frozen=True)
class CustomerCard:
    """The card on the left. `customer` is "" for an unknown or withheld number; then `candidates` may hold guesses."""

    customer: str
    name: str
    title: str  # form of address, 先生
    company: str
    kind: CallerKind
    level: CustomerLevel
    district: str
    address: str
    number: str  # of this call, E.164, "" withheld
    number_place: str
    confidence: Confidence
    phones: tuple[PhoneLine, ...] = ()
    devices: tuple[DeviceLine, ...] = ()
    tickets: tuple[TicketLine, ...] = ()
    contacts: tuple[ContactLine, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    last_agent: str = ""
    last_agent_name: str = ""


@dataclass(frozen=True)
class DraftField:
    """One field of a draft: who wrote it when. `by` "system" when it was filled in."""

    name: str
    value: str
    by: str
    by_name: str
    at: float
    version: int
    conflict: str = ""  # the other text, when two wrote at once
    conflict_by: str = ""


@dataclass(frozen=True)
class Draft:
    """The live task sheet of a contact. `draft` names it and is the contact's id; `number` is "" until it is stored."""

    draft: str
    number: str  # FW…
    contact: str
    customer: str
    fields: dict[str, DraftField] = field(default_factory=dict[str, DraftField])
    ticket: str = ""


@dataclass(frozen=True)
class TaskLine:
    """A hand-over or recall task with two clocks: `handover_due` runs until claimed, `callback_due` from the claim."""

    task: str
    kind: TaskKind
    state: TaskState
    draft: str
    number: str
    customer: str
    customer_name: str
    title: str
    note: str
    created: float
    created_by_name: str
    handover_due: float
    claimed_by: str
    claimed_by_name: str
    claimed_at: float | None
    callback_due: float | None
    attempts: int
    next_due: float | None
    last_result: str
    version: int


@dataclass(frozen=True)
class Article:
    """A piece of knowledge with how well it fits, 0…100."""

    article: str
    title: str
    line: str
    fit: int


@dataclass(frozen=True)
class PolicyRow:
    """One row of the service policy. "*" matches everything; the most exact row wins per mode.

    `price` in cents, 0 is free; `say` the words for the customer; `hours` the promise, `why_not` set when the mode is
    named but not allowed.
    """

    product_line: str
    warranty: str
    level: str
    fault_class: str
    district: str
    mode: ServiceMode
    allowed: bool
    price: int
    hours: int
    say: str
    why_not: str = ""


@dataclass(frozen=True)
class Disposition:
    code: str
    words_zh: str
    words_en: str
    parent: str = ""


@dataclass(frozen=True)
class PersonLine:
    person: str  # the number, "1001"
    name: str
    groups: tuple[str, ...]
    skills: tuple[str, ...]
    extension: str
    team: str
    active: bool


@dataclass(frozen=True)
class CallLogLine:
    """One line of a person's call log, for redialling. `direction` in | out; `outcome` of `Outcome`, "" runs."""

    contact: str
    at: float
    direction: str
    number: str
    customer: str
    customer_name: str
    outcome: str
    seconds: float
