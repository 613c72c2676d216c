# SPDX-License-Identifier: GPL-3.0-or-later
"""What a softphone engine can do, and the words between desk and handset.

The handset is a process of its own: engine inside, a 0700 socket outside, JSON lines of the classes below. It outlives
a crash of the desk and keeps what the desk gave it to keep (`Keep`). `call` is the engine's own small number, `tag` the
X-Call-Id header that names the switchboard's call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from telephony.wire import vocabulary


@dataclass(frozen=True)
class Capabilities:
    """What the bar may offer with this engine."""

    name: str
    hold: bool
    dtmf_send: bool
    tls: bool
    srtp: bool
    devices: bool
    play_file: bool
    max_calls: int
    max_accounts: int
    info_digits: bool = False
    """Digits can be sent by SIP INFO, too."""
    answer: bool = True
    """False: calls are answered, dialled and ended at a telephone of its own; the bar offers what the exchange does."""
    mute: bool = True
    codecs: tuple[str, ...] = ("PCMA", "PCMU")
    digests: tuple[str, ...] = ("MD5", "SHA-256")


@dataclass(frozen=True)
class Device:
    id: int
    name: str
    inputs: int
    outputs: int


# ---- desk to handset ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Register:
    """Register at `server` (host:port) as `extension` with the secret of this sign-in; a second replaces the first.

    `transport` udp | tcp | tls; `media` "" in the clear | "sdes" encrypted or no call; `trust` says which certificate a
    tls server must show: a PEM file, or "sha256:" and its fingerprint. Without it nothing but udp and tcp is accepted.
    """

    server: str
    extension: str
    secret: str
    transport: str = "udp"
    media: str = ""
    trust: str = ""


@dataclass(frozen=True)
class Unregister:
    pass


@dataclass(frozen=True)
class AnswerCall:
    call: int


@dataclass(frozen=True)
class RejectCall:
    """Refuse a ringing call; code 486 busy or 603 decline."""

    call: int
    code: int = 486


@dataclass(frozen=True)
class HangUpCall:
    call: int


@dataclass(frozen=True)
class Mute:
    call: int
    on: bool


@dataclass(frozen=True)
class HoldCall:
    """Hold by re-INVITE. The house holds at the exchange; this exists for engines used elsewhere."""

    call: int
    on: bool


@dataclass(frozen=True)
class SendTones:
    """Send digits: `by` "rtp" (RFC 4733 events) or "info" (SIP INFO, where Capabilities.info_digits)."""

    call: int
    digits: str
    by: str = "rtp"


@dataclass(frozen=True)
class DialOut:
    """Call a SIP URI or an extension at the server, with X- headers; `caller` is the number shown, empty one's own."""

    target: str
    headers: dict[str, str]
    caller: str = ""


@dataclass(frozen=True)
class Speak:
    """A WAV file in place of the microphone (robots, sound checks), empty ends it; `call` −1 is every call."""

    file: str
    loop: bool = True
    call: int = -1


@dataclass(frozen=True)
class ChooseDevices:
    """Device ids; −1 the system's default, −2 no sound card at all. `ring` is where the ring tone sounds."""

    microphone: int = -1
    speaker: int = -1
    ring: int = -1
    ring_file: str = ""


@dataclass(frozen=True)
class Keep:
    """Words the handset keeps for a desk that comes back: session token, link address, person. Never on disk."""

    what: dict[str, str]


@dataclass(frozen=True)
class Ask:
    """Say HandsetNow (and start sending facts to this desk; the newest desk wins)."""


@dataclass(frozen=True)
class Goodbye:
    """The desk closes for good: end every leg, unregister, exit."""


Command = (
    Register | Unregister | AnswerCall | RejectCall | HangUpCall | Mute | HoldCall | SendTones | DialOut | Speak
    | ChooseDevices | Keep | Ask | Goodbye
)  # fmt: skip


# ---- handset to desk ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhoneCall:
    """One call of the handset: stage is ringing | calling | talking; direction in | out.

    `secure`: its signalling travels under TLS; `media_secure`: its sound travels under SRTP.
    """

    call: int
    tag: str
    direction: str
    stage: str
    remote: str
    headers: dict[str, str]
    muted: bool = False
    held: bool = False
    secure: bool = False
    media_secure: bool = False


@dataclass(frozen=True)
class HandsetNow:
    """What stands now; `sip` is the host:port the engine itself listens at.

    `secure`: registered over TLS with the server's certificate checked; `media_secure`: every call that is now talking
    (and there is one) has its sound under SRTP.
    """

    capabilities: Capabilities
    registered: bool
    extension: str
    server: str
    calls: tuple[PhoneCall, ...]
    devices: tuple[Device, ...]
    kept: dict[str, str]
    sip: str = ""
    secure: bool = False
    media_secure: bool = False


@dataclass(frozen=True)
class RegistrationChanged:
    """`why` for the person: "" | wrong_secret | unreachable | refused | expired | untrusted (its certificate)."""

    registered: bool
    code: int
    why: str


@dataclass(frozen=True)
class CallIncoming:
    call: PhoneCall


@dataclass(frozen=True)
class CallChanged:
    call: PhoneCall


@dataclass(frozen=True)
class CallGone:
    """`by` far | us; `code` the last SIP status."""

    call: int
    tag: str
    by: str
    code: int


@dataclass(frozen=True)
class DigitHeard:
    call: int
    digit: str


@dataclass(frozen=True)
class Levels:
    """Loudness 0…1 of microphone and earpiece, a few times a second while talking."""

    call: int
    microphone: float
    earpiece: float


@dataclass(frozen=True)
class CommandRefused:
    """What was asked cannot be done: `why` no_such_call | too_many_calls | not_registered | no_device | …"""

    command: str
    why: str


Report = (
    HandsetNow | RegistrationChanged | CallIncoming | CallChanged | CallGone | DigitHeard | Levels | CommandRefused
)  # fmt: skip

COMMANDS = vocabulary(
    Register, Unregister, AnswerCall, RejectCall, HangUpCall, Mute, HoldCall, SendTones, DialOut, Speak, ChooseDevices,
    Keep, Ask, Goodbye,
)  # fmt: skip
REPORTS = vocabulary(
    Capabilities, Device, PhoneCall, HandsetNow, RegistrationChanged, CallIncoming, CallChanged, CallGone, DigitHeard,
    Levels, CommandRefused,
)  # fmt: skip


class PhoneEngine(Protocol):
    """One SIP engine inside the handset. Every method returns at once; what happened comes to `report`, any thread."""

    capabilities: Capabilities

    def start(self, report: Callable[[Report], None]) -> None:
        """Bring the engine up. Raises EngineUnavailable with the reason and the way out."""
        ...

    def do(self, command: Command) -> None:
        """Carry out one command; a refusal is reported as CommandRefused, never raised."""
        ...

    def now(self) -> HandsetNow:
        """What stands at this moment (`kept` empty: the handset process keeps it)."""
        ...

    def stop(self) -> None:
        """End calls, unregister, release sockets and devices."""
        ...


class EngineUnavailable(RuntimeError):
    """The engine cannot run here; the text says why and what to do."""
