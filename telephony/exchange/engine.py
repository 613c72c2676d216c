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

from telephony.wire import vocabulary

CallId = str
LegId = str


# ---- orders ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attach:
    """The first order on a connection: lead from now on. Answered by Snapshot; an older leader is cut off."""

    order: int
    epoch: int


@dataclass(frozen=True)
class SetOpen:
    """Whether the trunk side answers OPTIONS with 200 (open) or 503, and takes or refuses new calls (503)."""

    order: int
    epoch: int
    open: bool


@dataclass(frozen=True)
class SetAccount:
    """A phone that may register: digest secret per sign-in. `secret` empty removes the account and its binding."""

    order: int
    epoch: int
    extension: str
    secret: str


@dataclass(frozen=True)
class Ringback:
    """Let the caller hear ringing: 180, not answered, free of charge. Without effect once answered."""

    order: int
    epoch: int
    call: CallId


@dataclass(frozen=True)
class Answer:
    """Answer the caller's leg (200)."""

    order: int
    epoch: int
    call: CallId


@dataclass(frozen=True)
class Refuse:
    """Refuse a caller who was not answered yet with a SIP status code."""

    order: int
    epoch: int
    call: CallId
    code: int


@dataclass(frozen=True)
class Play:
    """Play prompts (names in resources/prompts) one after the other to one leg, then silence, music or ringing.

    `then`: "" | "music" | "ringing". The leg must be answered. A later Play or Connect replaces it. PromptEnded comes
    when the prompts are through.
    """

    order: int
    epoch: int
    call: CallId
    leg: LegId
    prompts: tuple[str, ...]
    then: str = "music"


@dataclass(frozen=True)
class Ring:
    """Ring one registered phone for this call. `headers` are X- headers on the INVITE. Conflicts if `leg` exists.

    As with Dial, a call id that was never used begins an outbound call: the agent may be rung before the number.
    """

    order: int
    epoch: int
    call: CallId
    leg: LegId
    extension: str
    headers: dict[str, str]
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Dial:
    """Dial a number over a trunk as `leg` of `call`; with a call id that is not known a new outbound call begins."""

    order: int
    epoch: int
    call: CallId
    leg: LegId
    number: str
    caller_id: str
    trunk: str = ""
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Connect:
    """Who talks with whom: each group is a full mesh of legs; answered legs of the call in no group hear `others`.

    `others`: "music" | "silence". Repeating it with other groups is hold (agent alone), consult, merge, complete, back.
    """

    order: int
    epoch: int
    call: CallId
    groups: tuple[tuple[LegId, ...], ...]
    others: str = "music"


@dataclass(frozen=True)
class Drop:
    """End one leg (CANCEL, BYE or a final refusal, whichever fits). Dropping the caller's leaves the staff's."""

    order: int
    epoch: int
    call: CallId
    leg: LegId


@dataclass(frozen=True)
class EndCall:
    """End every leg of the call and its recording."""

    order: int
    epoch: int
    call: CallId


@dataclass(frozen=True)
class Record:
    """Record the call to a stereo WAV, customer's leg left, all staff right, until EndCall. `file` is a bare name."""

    order: int
    epoch: int
    call: CallId
    file: str


@dataclass(frozen=True)
class SendDigits:
    """RFC 4733 digits towards one leg."""

    order: int
    epoch: int
    call: CallId
    leg: LegId
    digits: str


@dataclass(frozen=True)
class List:
    """Ask for a Snapshot without taking the lead."""

    order: int
    epoch: int = 0


Order = (
    Attach | SetOpen | SetAccount | Ringback | Answer | Refuse | Play | Ring | Dial | Connect | Drop | EndCall
    | Record | SendDigits | List
)  # fmt: skip


# ---- facts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    order: int


@dataclass(frozen=True)
class Refused:
    """An order was not carried out: `why` is one of stale_epoch, no_such_call, no_such_leg, exists, not_registered,
    not_answered, no_trunk, bad_order, or a sentence for the log."""

    order: int
    why: str


@dataclass(frozen=True)
class LegNow:
    """One leg as it stands: side is customer | staff; stage is ringing | answered."""

    leg: LegId
    side: str
    stage: str
    number: str
    extension: str = ""


@dataclass(frozen=True)
class CallNow:
    """One call as it stands, for adoption after a crash. `groups` as last connected."""

    call: CallId
    from_number: str
    from_name: str
    to_number: str
    direction: str
    received_at: float
    answered: bool
    legs: tuple[LegNow, ...]
    groups: tuple[tuple[LegId, ...], ...]
    recording: str = ""


@dataclass(frozen=True)
class PhoneNow:
    extension: str
    address: str


@dataclass(frozen=True)
class Snapshot:
    """Everything that stands: answer to Attach and List."""

    order: int
    epoch: int
    at: float
    calls: tuple[CallNow, ...]
    phones: tuple[PhoneNow, ...]
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class CallArrived:
    """An INVITE from a trunk to one of our numbers. `received_at` is the stamp at the socket."""

    call: CallId
    from_number: str
    from_name: str
    to_number: str
    trunk: str
    at: float
    received_at: float


@dataclass(frozen=True)
class CallRefused:
    """A call that never became one: 488, 403, 404, 503 … answered by the exchange itself. Still an arrived contact."""

    call: CallId
    from_number: str
    to_number: str
    code: int
    why: str
    at: float


@dataclass(frozen=True)
class LegRinging:
    call: CallId
    leg: LegId
    at: float


@dataclass(frozen=True)
class LegAnswered:
    call: CallId
    leg: LegId
    at: float


@dataclass(frozen=True)
class LegEnded:
    """A leg is gone. `by` far | us | system; `code` the SIP status or 0 for BYE; `why` the far end's or ours:
    bye, cancel, busy, reject, no_answer, not_found, unreachable, lost, dropped."""

    call: CallId
    leg: LegId
    by: str
    code: int
    why: str
    at: float


@dataclass(frozen=True)
class CallEnded:
    """No leg is left."""

    call: CallId
    at: float


@dataclass(frozen=True)
class MediaStarted:
    """The first RTP of an answered leg: with both sides of a group it is `connected`."""

    call: CallId
    leg: LegId
    at: float


@dataclass(frozen=True)
class MediaLost:
    """No RTP from an answered leg for 3 s although it is in a group; MediaStarted follows if it comes back."""

    call: CallId
    leg: LegId
    at: float


@dataclass(frozen=True)
class DigitPressed:
    call: CallId
    leg: LegId
    digit: str
    at: float


@dataclass(frozen=True)
class PromptEnded:
    call: CallId
    leg: LegId
    at: float


@dataclass(frozen=True)
class RecordingEnded:
    """The file is closed and durable. `seconds` of audio; `why` ended | disk_full | failed."""

    call: CallId
    file: str
    seconds: float
    why: str
    at: float


@dataclass(frozen=True)
class PhoneRegistered:
    extension: str
    address: str
    at: float


@dataclass(frozen=True)
class PhoneLost:
    """Unregistered, expired, or unreachable."""

    extension: str
    at: float


Fact = (
    Done | Refused | Snapshot | CallArrived | CallRefused | LegRinging | LegAnswered | LegEnded | CallEnded
    | MediaStarted | MediaLost | DigitPressed | PromptEnded | RecordingEnded | PhoneRegistered | PhoneLost
)  # fmt: skip

ORDERS = vocabulary(
    Attach, SetOpen, SetAccount, Ringback, Answer, Refuse, Play, Ring, Dial, Connect, Drop, EndCall, Record, SendDigits,
    List,
)  # fmt: skip
FACTS = vocabulary(
    Done, Refused, Snapshot, CallNow, LegNow, PhoneNow, CallArrived, CallRefused, LegRinging, LegAnswered, LegEnded,
    CallEnded, MediaStarted, MediaLost, DigitPressed, PromptEnded, RecordingEnded, PhoneRegistered, PhoneLost,
)  # fmt: skip


class Exchange(Protocol):
    """One engine as the switchboard holds it: the embedded one is a client of a process, Asterisk's will be of ARI."""

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
