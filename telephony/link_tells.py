# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server tells a desk on the link. `TO_DESK` is the vocabulary on the wire; see `messages`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.kinds import AgentState, StateReason
from telephony.wire import vocabulary


@dataclass(frozen=True)
class FloorSettings:
    """What the desk must know of the house."""

    company: str
    hotline: str
    ring_cadence_s: float
    rings: int
    wrap_up_s: float
    wrap_up_extend_s: float
    wrap_up_extensions: int
    handover_s: float
    callback_s: float | None
    queues: dict[str, str]


@dataclass(frozen=True)
class Welcome:
    """The token was good. SIP account of this sign-in; the handset registers with it.

    `sip_secure` is where it may do so by TLS ("" nowhere), `sip_trust` the fingerprint of the certificate shown there,
    `sip_media` "sdes" when sound can be encrypted then.
    """

    person: str
    name: str
    groups: tuple[str, ...]
    site_time: float
    sip_server: str
    extension: str
    sip_secret: str
    settings: FloorSettings
    sip_secure: str = ""
    sip_media: str = ""
    sip_trust: str = ""


@dataclass(frozen=True)
class Rejected:
    """The token was not good, or was cut: bad_token | disabled | replaced | not_leading. The link closes."""

    why: str


@dataclass(frozen=True)
class Pong:
    n: int
    site_time: float


@dataclass(frozen=True)
class Refusal:
    """An order was not carried out. `words` is a catalogue key, `args` its numbered arguments."""

    what: str
    words: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class MyState:
    state: AgentState
    reason: StateReason | None
    since: float
    next_state: AgentState | None = None
    next_reason: StateReason | None = None
    until: float | None = None
    calls_today: int = 0


@dataclass(frozen=True)
class Offer:
    """A call for this agent, told before the phone rings. `role` offer | consult. `customer` id or "" while unknown.
    `ring_started` is the phone's 180, 0 before it."""

    call: str
    role: str
    from_number: str
    from_name: str
    queue: str
    offered_at: float
    ring_started: float
    rings: int
    cadence_s: float
    customer: str
    confidence: str
    draft: str
    from_agent: str = ""
    waited_s: float = 0.0


@dataclass(frozen=True)
class OfferGone:
    """missed | caller_gone | lost_race | not_needed | unreachable | rejected"""

    call: str
    why: str


@dataclass(frozen=True)
class CallIs:
    """The call this person takes part in, whole, at every change. `stage`: dialling | talking | held | consulting |
    merged | supervising | staff | wrap_up | ended. `customer_gone` once the customer hung up. `peer` the consulted or
    consulting person, the colleague of a staff call, or who is supervised. `mode` of a supervisor's own listening;
    `watched_by` and `watched_mode` tell the agent who is on, if the law's preset says so."""

    call: str
    stage: str
    role: str
    responsible: bool
    number: str
    customer: str
    queue: str
    draft: str
    connected_at: float
    held_since: float = 0.0
    peer: str = ""
    peer_name: str = ""
    customer_gone: bool = False
    recording: bool = False
    direction: str = "in"
    task: str = ""
    handed_by: str = ""
    wrap_up_until: float = 0.0
    extensions_left: int = 0
    promise_rings: int = 0
    mode: str = ""
    watched_by: str = ""
    watched_mode: str = ""
    recording_paused: bool = False
    secure: bool = False
    handed_by_name: str = ""


@dataclass(frozen=True)
class Colleague:
    """One line of the transfer panel and the board."""

    agent: str
    name: str
    groups: tuple[str, ...]
    skills: tuple[str, ...]
    state: AgentState
    reason: StateReason | None
    since: float
    call: str = ""
    peer: str = ""
    queue: str = ""
    missed: int = 0


@dataclass(frozen=True)
class Colleagues:
    """Everybody signed in; at sign-in and at every change."""

    people: tuple[Colleague, ...]


@dataclass(frozen=True)
class ParkedCall:
    call: str
    slot: int
    number: str
    customer: str
    queue: str
    since: float
    by: str
    by_name: str


@dataclass(frozen=True)
class ParkedCalls:
    """Everybody who waits on a numbered place; at sign-in and at every change."""

    calls: tuple[ParkedCall, ...]


@dataclass(frozen=True)
class DryStep:
    """One step of a dry run: `words` is a catalogue key with its arguments; `kind` number | blocked | closed | menu |
    queue | welcome | rings | waits | overflow | voicemail | callback | outside | person | announce | ends."""

    kind: str
    words: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRunResult:
    """The way such a call would take. `agents` are those who would be rung first, best first, with their score."""

    number: str
    to: str
    steps: tuple[DryStep, ...]
    agents: tuple[tuple[str, str, str, float], ...] = ()  # agent, name, what the score means (words), the score


@dataclass(frozen=True)
class TrunkIs:
    """How a trunk fares: registered | refused | unreachable | open | unknown; `calls` on it now."""

    trunk: str
    state: str
    code: int
    why: str
    since: float
    calls: int = 0


@dataclass(frozen=True)
class Trunks:
    trunks: tuple[TrunkIs, ...]
    exchange: str = ""  # the engine's name
    nodes: int = 1


@dataclass(frozen=True)
class TrunkTested:
    """`result` ringing | answered | failed; `code` and `why` of the far end; `seconds` until then."""

    trunk: str
    number: str
    result: str
    code: int
    why: str
    seconds: float


@dataclass(frozen=True)
class Glimpse:
    """The three figures at the right end of the bar. Counts, never ratios."""

    waiting: int
    longest_since: float
    promised_kept: int
    promised_all: int
    at: float


@dataclass(frozen=True)
class Waiting:
    """`kind` call | callback (keeps his place, nobody on the line). `priority` his score now."""

    call: str
    number: str
    customer: str
    queue: str
    since: float
    kind: str = "call"
    priority: float = 0.0


@dataclass(frozen=True)
class Interval:
    """A quarter of an hour by entry into the queue: counts of `metrics.md`."""

    start: float
    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    answered_in_target: int
    answered_in_three_rings: int
    wait_s: float


@dataclass(frozen=True)
class Alarm:
    at: float
    what: str
    call: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Board:
    """The live monitor."""

    at: float
    waiting: tuple[Waiting, ...]
    people: tuple[Colleague, ...]
    today: Interval
    quarters: tuple[Interval, ...]
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True)
class VerbDone:
    key: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class VerbRefused:
    """The rule's words: a catalogue key and its arguments. `again` true when the database was away: keep it, retry."""

    key: str
    words: str
    args: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class DraftChanged:
    """A field of a draft (the contact's id) this desk takes part in was written by another, live, before any re-read.
    Not `stored`: it stands on his desk only, because the database is away; `version` is the one he had seen."""

    draft: str
    field: str
    value: str
    by: str
    by_name: str
    at: float
    version: int
    stored: bool = True


@dataclass(frozen=True)
class Changed:
    """Something was committed: read it again. Kind, id and version, never the data. A draft's id is its contact's."""

    kind: str
    id: str
    version: int = 0


ToDesk = (
    Welcome | Rejected | Pong | Refusal | MyState | Offer | OfferGone | CallIs | Colleagues | Glimpse | Board
    | VerbDone | VerbRefused | DraftChanged | Changed | ParkedCalls | DryRunResult | Trunks | TrunkTested
)  # fmt: skip

TO_DESK = vocabulary(
    FloorSettings, Welcome, Rejected, Pong, Refusal, MyState, Offer, OfferGone, CallIs, Colleague, Colleagues, Glimpse,
    Waiting, Interval, Alarm, Board, VerbDone, VerbRefused, DraftChanged, Changed, ParkedCall, ParkedCalls, DryStep,
    DryRunResult, TrunkIs, Trunks, TrunkTested,
)  # fmt: skip
