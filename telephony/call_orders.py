# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders about calls: what routing asks for, as imperatives. Times are site time in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.kinds import AgentState, HangUpBy, Outcome, StateReason
from telephony.call_events import AgentId, CallbackQueued, CallId, LegId


@dataclass(frozen=True)
class PlayRingback:
    """The caller hears ringing, unanswered (180); after music, the ring tone over the answered leg."""

    call: CallId
    answered: bool = False


@dataclass(frozen=True)
class AnswerAndWait:
    """Answer the caller with the announcement, then music. `announcement` names a prompt: waiting, nobody, or promised
    (key 1 was pressed; the call is ended some seconds later)."""

    call: CallId
    announcement: str


@dataclass(frozen=True)
class RingAgent:
    """Tell the desk, then ring the phone. `role`: offer | consult | supervise | pick_up | callback (his phone first,
    then the customer who waits to be called) | staff (a colleague calls)."""

    call: CallId
    agent: AgentId
    leg: LegId
    role: str = "offer"


@dataclass(frozen=True)
class WithdrawOffer:
    """Stop ringing this agent: missed | caller_gone | lost_race | not_needed | unreachable | rejected."""

    call: CallId
    agent: AgentId
    leg: LegId
    why: str


@dataclass(frozen=True)
class JoinCaller:
    """Connect customer and agent; answer the caller first when that has not happened. He is responsible from now."""

    call: CallId
    agent: AgentId
    leg: LegId


@dataclass(frozen=True)
class HoldCaller:
    """The caller hears music; the agent's leg waits in silence."""

    call: CallId
    agent: AgentId
    leg: LegId


@dataclass(frozen=True)
class JoinConsult:
    """Agent and consulted engineer talk, the caller hears music."""

    call: CallId
    leg: LegId
    with_leg: LegId


@dataclass(frozen=True)
class DropLeg:
    call: CallId
    agent: AgentId
    leg: LegId


@dataclass(frozen=True)
class DialCustomer:
    """Ring the agent's own phone first, then dial the number and join them."""

    call: CallId
    agent: AgentId
    leg: LegId
    number: str


@dataclass(frozen=True)
class EndTheCall:
    call: CallId


@dataclass(frozen=True)
class Say:
    """Answer the caller if that has not happened, say the prompts in `language` one after the other, then `then`:
    "music" | "silence" | "ringing". PromptOver comes when they are through. A prompt is a name in resources/prompts,
    without a language; numbers are "number-0" … "number-59"."""

    call: CallId
    prompts: tuple[str, ...]
    language: str = "zh_CN"
    then: str = "music"


@dataclass(frozen=True)
class RefuseCaller:
    """Refuse a caller who was not answered yet, with a SIP status."""

    call: CallId
    code: int


@dataclass(frozen=True)
class TakeMessage:
    """Record what the caller says from now on, `longest_s` at most; the call's end closes it. KeepMessage follows when
    there is something to keep."""

    call: CallId
    queue: str
    longest_s: float


@dataclass(frozen=True)
class KeepMessage:
    """The message is a task for the queue's people, with its recording."""

    call: CallId
    queue: str
    number: str


@dataclass(frozen=True)
class SendOutside:
    """Ring an outside number over a trunk for this caller; JoinOutside follows when it answers."""

    call: CallId
    leg: LegId
    number: str


@dataclass(frozen=True)
class JoinOutside:
    call: CallId
    leg: LegId


@dataclass(frozen=True)
class JoinThree:
    """Customer, agent and engineer in one bridge."""

    call: CallId
    leg: LegId
    with_leg: LegId


@dataclass(frozen=True)
class ParkCaller:
    """Music for the caller on the place `slot`; the agent's leg is dropped by an order of its own."""

    call: CallId
    slot: int


@dataclass(frozen=True)
class JoinStaff:
    """Two colleagues talk; there is no customer."""

    call: CallId
    leg: LegId
    with_leg: LegId


@dataclass(frozen=True)
class Supervise:
    """The supervisor's leg hears what `of_leg` hears and says. `mode` listen | whisper | barge | off; barge puts him
    into the bridge. `agent` is who is heard: his desk is told when the law's preset says so."""

    call: CallId
    supervisor: AgentId
    leg: LegId
    agent: AgentId
    of_leg: LegId
    mode: str


@dataclass(frozen=True)
class CallBack:
    """Dial the customer of a call-back that waited in the queue; `agent` "" when the customer is dialled first."""

    call: CallId
    number: str
    agent: AgentId = ""


@dataclass(frozen=True)
class QueueCallback:
    """Write down that this call-back waits in the queue (so that a restart finds it)."""

    callback: CallbackQueued


@dataclass(frozen=True)
class CallbackOver:
    """A call-back leaves the queue: reached | failed (a task in the recall list stays) | withdrawn."""

    call: CallId
    of_call: CallId
    why: str


@dataclass(frozen=True)
class BeginHandover:
    """Give the engineer access to the live draft; responsibility stays (four steps: begin, move, commit or abort)."""

    call: CallId
    from_agent: AgentId
    to_agent: AgentId


@dataclass(frozen=True)
class CommitHandover:
    call: CallId
    from_agent: AgentId
    to_agent: AgentId


@dataclass(frozen=True)
class AbortHandover:
    call: CallId
    from_agent: AgentId
    to_agent: AgentId


@dataclass(frozen=True)
class PromiseCallback:
    """Put the caller in the recall list: unserved, abandoned, or asked for by key 1."""

    call: CallId
    number: str
    why: str


@dataclass(frozen=True)
class AlarmSupervisor:
    """`what`: nobody_reachable | last_agent_missed | all_missed | long_wait | handover_due | handover_late."""

    what: str
    call: CallId = ""
    agent: AgentId = ""


@dataclass(frozen=True)
class AgentStateChanged:
    """The agent's state from now on: to the desk, the board, the event log."""

    agent: AgentId
    state: AgentState
    reason: StateReason | None
    since: float
    next_state: AgentState | None = None
    next_reason: StateReason | None = None
    call: CallId = ""
    until: float | None = None


@dataclass(frozen=True)
class Note:
    """A line of the contact's event log that routing itself decides on: kind and data of `contact_event`, see
    ROUTING_NOTES. `who` is the agent it concerns, "" for nobody."""

    call: CallId
    kind: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    who: AgentId = ""


@dataclass(frozen=True)
class CallOver:
    """The one outcome of a call (I8)."""

    call: CallId
    outcome: Outcome
    by: HangUpBy


Order = (
    PlayRingback | AnswerAndWait | RingAgent | WithdrawOffer | JoinCaller | HoldCaller | JoinConsult | DropLeg
    | DialCustomer | EndTheCall | BeginHandover | CommitHandover | AbortHandover | PromiseCallback | AlarmSupervisor
    | AgentStateChanged | Note | CallOver | Say | RefuseCaller | TakeMessage | KeepMessage | SendOutside | JoinOutside
    | JoinThree | ParkCaller | JoinStaff | Supervise | CallBack | QueueCallback | CallbackOver
)  # fmt: skip
