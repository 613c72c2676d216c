# SPDX-License-Identifier: GPL-3.0-or-later
"""What a desk asks of the server on the link. `TO_SERVER` is the vocabulary on the wire; see `messages`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.kinds import AgentState, StateReason
from telephony.wire import vocabulary


@dataclass(frozen=True)
class Hello:
    """First message. `token` from sign_in(). `queues`: sign in to the queues (a supervisor may not)."""

    token: str
    desk: str
    extension: str = ""
    queues: bool = True


@dataclass(frozen=True)
class Ping:
    n: int


@dataclass(frozen=True)
class Renew:
    """The desk lives (every 5 s; the lease is 15 s)."""


@dataclass(frozen=True)
class ChooseState:
    """READY, NOT_READY with a reason, or SIGNED_OUT. During a call it is the next state."""

    state: AgentState
    reason: StateReason | None = None


@dataclass(frozen=True)
class Accept:
    call: str


@dataclass(frozen=True)
class Decline:
    call: str
    reason: str = ""


@dataclass(frozen=True)
class Hold:
    call: str
    on: bool


@dataclass(frozen=True)
class HangUp:
    call: str
    reason: str = ""


@dataclass(frozen=True)
class HangUpReason:
    """The reason for hanging up first, given after the act (digits 1–5)."""

    call: str
    reason: str


@dataclass(frozen=True)
class Transfer:
    """To a person (`to`) or to whoever is free with `skills`; `attended` talks first; `draft_hash` of all fields."""

    call: str
    to: str = ""
    skills: tuple[str, ...] = ()
    attended: bool = True
    draft_hash: str = ""


@dataclass(frozen=True)
class CompleteTransfer:
    call: str
    draft_hash: str = ""


@dataclass(frozen=True)
class BackToCustomer:
    call: str


@dataclass(frozen=True)
class SendDigits:
    """`by` rtp | info."""

    call: str
    digits: str
    by: str = "rtp"


@dataclass(frozen=True)
class Merge:
    """Customer, agent and consulted engineer in one talk. CompleteTransfer or BackToCustomer end it."""

    call: str


@dataclass(frozen=True)
class Park:
    """The caller waits with music on a numbered place; anybody may pick him up."""

    call: str


@dataclass(frozen=True)
class PickUp:
    """Take a parked call, or one that rings at a colleague of the same queue."""

    call: str


@dataclass(frozen=True)
class DialStaff:
    """Call a colleague directly."""

    to: str


@dataclass(frozen=True)
class PauseRecording:
    """While card numbers and the like are spoken."""

    call: str
    on: bool


@dataclass(frozen=True)
class Supervise:
    """Hear `agent` on this call: listen | whisper | barge | off. Refused without the right."""

    call: str
    agent: str
    mode: str


@dataclass(frozen=True)
class TakeOver:
    """The supervisor who is on this call becomes the responsible one."""

    call: str


@dataclass(frozen=True)
class DryRun:
    """Where would a call from `number` to `to` go now (or at `at`, site time)? `keys` are pressed in menus."""

    number: str
    to: str = ""
    at: float = 0.0
    keys: str = ""


@dataclass(frozen=True)
class WatchTrunks:
    """An administrator's or supervisor's desk wants Trunks, at once and at every change."""

    on: bool = True


@dataclass(frozen=True)
class TestTrunk:
    """Dial a number over this very trunk and hang up when it rings or answers; TrunkTested follows."""

    trunk: str
    number: str


@dataclass(frozen=True)
class FinishWrapUp:
    """Refused with what is missing when the queue demands a disposition."""

    call: str


@dataclass(frozen=True)
class ExtendWrapUp:
    call: str


@dataclass(frozen=True)
class DialNumber:
    """Dial a customer. `task` when it is a call-back. Refused with the rule's words (outbound rules, cap, state)."""

    number: str
    task: str = ""


@dataclass(frozen=True)
class CardPainted:
    """The customer card of this call stood on the screen at `at` (site time)."""

    call: str
    at: float


@dataclass(frozen=True)
class DraftPainted:
    """The hash of the values the widgets show, after an arrived draft was painted."""

    call: str
    draft: str
    hash: str


@dataclass(frozen=True)
class SheetNow:
    """What this desk's sheet of a call says while the database is away: field → text, and the version each stood on.
    The switchboard shows it to the others of the call as not yet stored."""

    call: str
    values: dict[str, str]
    versions: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class WatchBoard:
    """A supervisor's desk wants Board, four times a second at most. Refused without the right."""

    on: bool = True


@dataclass(frozen=True)
class Force:
    """A supervisor sets another's state: READY, NOT_READY or SIGNED_OUT."""

    agent: str
    state: AgentState


@dataclass(frozen=True)
class Verb:
    """One business verb. `key` makes it idempotent: the same key again gives the same answer."""

    key: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Goodbye:
    """Sign out and close on purpose."""


ToServer = (
    Hello | Ping | Renew | ChooseState | Accept | Decline | Hold | HangUp | HangUpReason | Transfer | CompleteTransfer
    | BackToCustomer | SendDigits | FinishWrapUp | ExtendWrapUp | DialNumber | CardPainted | DraftPainted | SheetNow
    | WatchBoard | Force | Verb | Goodbye | Merge | Park | PickUp | DialStaff | PauseRecording | Supervise | TakeOver
    | DryRun | WatchTrunks | TestTrunk
)  # fmt: skip

TO_SERVER = vocabulary(
    Hello, Ping, Renew, ChooseState, Accept, Decline, Hold, HangUp, HangUpReason, Transfer, CompleteTransfer,
    BackToCustomer, SendDigits, FinishWrapUp, ExtendWrapUp, DialNumber, CardPainted, DraftPainted, SheetNow,
    WatchBoard, Force, Verb, Goodbye, Merge, Park, PickUp, DialStaff, PauseRecording, Supervise, TakeOver, DryRun,
    WatchTrunks, TestTrunk,
)  # fmt: skip
