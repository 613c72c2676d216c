# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switchboard may order of an exchange. Every order carries its number and the epoch of the leader.

`ORDERS` is the vocabulary on the wire. The rules of the conversation stand in `engine`.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.wire import vocabulary

CallId = str
LegId = str


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
    when the prompts are through. `language` zh_CN | en, "" the house's.
    """

    order: int
    epoch: int
    call: CallId
    leg: LegId
    prompts: tuple[str, ...]
    then: str = "music"
    language: str = ""


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
    """Digits towards one leg: `by` "rtp" (RFC 4733) or "info" (SIP INFO, application/dtmf-relay)."""

    order: int
    epoch: int
    call: CallId
    leg: LegId
    digits: str
    by: str = "rtp"


@dataclass(frozen=True)
class PauseRecording:
    """Silence in place of sound in the recording until turned off again: time goes on, nothing said is kept."""

    order: int
    epoch: int
    call: CallId
    on: bool


@dataclass(frozen=True)
class Supervise:
    """Let an answered staff leg of this call, which is in no group, hear everything that `of` hears and says.

    `mode`: "listen", nobody hears him; "whisper", only `of` hears him; "off", back to silence. A repeated order with
    another mode changes it. Connect with him in a group is barging in and ends it; so does the end of either leg.
    """

    order: int
    epoch: int
    call: CallId
    leg: LegId
    of: LegId
    mode: str


@dataclass(frozen=True)
class Trunk:
    """A provider's line.

    `sources`: addresses its INVITEs come from, empty: `host` alone. `numbers`: the dialled numbers it may bring, empty:
    any. `trusted`: its P-Asserted-Identity is believed. `codecs` by preference (PCMA, PCMU, G722).
    `external_address`: what stands in our Contact and SDP when we are behind NAT. `max_calls` 0: no limit.
    """

    name: str
    host: str
    port: int = 5060
    transport: str = "udp"
    register: bool = False
    username: str = ""
    secret: str = ""
    caller_id: str = ""
    numbers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ("PCMA", "PCMU")
    trusted: bool = False
    external_address: str = ""
    max_calls: int = 0


@dataclass(frozen=True)
class SetTrunk:
    """A trunk, new or changed, effective at once; calls that stand go on. TrunkChanged tells how it fares."""

    order: int
    epoch: int
    trunk: Trunk


@dataclass(frozen=True)
class RemoveTrunk:
    order: int
    epoch: int
    trunk: str


@dataclass(frozen=True)
class SetReady:
    """Whether the agent of this phone would take a call now. Only an exchange that must serve callers while nobody
    leads needs it (Asterisk mirrors it into its own queue); for others it changes nothing."""

    order: int
    epoch: int
    extension: str
    on: bool


@dataclass(frozen=True)
class List:
    """Ask for a Snapshot without taking the lead."""

    order: int
    epoch: int = 0


Order = (
    Attach | SetOpen | SetAccount | Ringback | Answer | Refuse | Play | Ring | Dial | Connect | Drop | EndCall
    | Record | PauseRecording | SendDigits | Supervise | SetTrunk | RemoveTrunk | SetReady | List
)  # fmt: skip

ORDERS = vocabulary(
    Attach, SetOpen, SetAccount, Ringback, Answer, Refuse, Play, Ring, Dial, Connect, Drop, EndCall, Record,
    PauseRecording, SendDigits, Supervise, Trunk, SetTrunk, RemoveTrunk, SetReady, List,
)  # fmt: skip
