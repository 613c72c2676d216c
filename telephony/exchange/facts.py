# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exchange reports, and its answers to orders. `at` is seconds of CLOCK_MONOTONIC of the exchange's machine.

`FACTS` is the vocabulary on the wire. The rules of the conversation stand in `engine`.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.exchange.orders import CallId, LegId
from telephony.wire import vocabulary


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
    """One call as it stands, for adoption after a crash. `groups` as last connected; `supervised` as (leg, of, mode).
    `foreign`: the exchange's own queue has it because nobody led when it came: it can be ended and dropped, no more."""

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
    trunk: str = ""
    supervised: tuple[tuple[LegId, LegId, str], ...] = ()
    foreign: bool = False


@dataclass(frozen=True)
class PhoneNow:
    """A registered phone; `secure` when its signalling is encrypted."""

    extension: str
    address: str
    secure: bool = False


@dataclass(frozen=True)
class TrunkNow:
    """How a trunk fares: registered | refused | unreachable | open (no registration needed) | unknown (not yet)."""

    trunk: str
    state: str
    code: int = 0
    why: str = ""


@dataclass(frozen=True)
class Snapshot:
    """Everything that stands: answer to Attach and List."""

    order: int
    epoch: int
    at: float
    calls: tuple[CallNow, ...]
    phones: tuple[PhoneNow, ...]
    accounts: tuple[str, ...] = ()
    trunks: tuple[TrunkNow, ...] = ()


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
    """The first RTP of an answered leg: with both sides of a group it is `connected`. `secure`: it is SRTP."""

    call: CallId
    leg: LegId
    at: float
    secure: bool = False


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
    secure: bool = False


@dataclass(frozen=True)
class PhoneLost:
    """Unregistered, expired, or unreachable."""

    extension: str
    at: float


@dataclass(frozen=True)
class TrunkChanged:
    """How a trunk fares from now on; states as in TrunkNow."""

    trunk: str
    state: str
    code: int
    why: str
    at: float


Fact = (
    Done | Refused | Snapshot | CallArrived | CallRefused | LegRinging | LegAnswered | LegEnded | CallEnded
    | MediaStarted | MediaLost | DigitPressed | PromptEnded | RecordingEnded | PhoneRegistered | PhoneLost
    | TrunkChanged
)  # fmt: skip

FACTS = vocabulary(
    Done, Refused, Snapshot, CallNow, LegNow, PhoneNow, TrunkNow, CallArrived, CallRefused, LegRinging, LegAnswered,
    LegEnded, CallEnded, MediaStarted, MediaLost, DigitPressed, PromptEnded, RecordingEnded, PhoneRegistered, PhoneLost,
    TrunkChanged,
)  # fmt: skip
