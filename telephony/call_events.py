# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of calls: what routing is told, in the past tense. Times are site time in seconds.

A *call* is a contact with a customer; an *agent* is a person's id at this site (his number, e.g. "1001").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.kinds import AgentState, StateReason
from models.rules.plan import Plan

CallId = str
AgentId = str
LegId = str


@dataclass(frozen=True)
class AgentSignedIn:
    """A desk has signed in to the queues, or comes back. He is not ready («seated») until he says so; within 60 s of a
    disconnect the earlier state returns."""

    agent: AgentId
    name: str
    extension: str
    skills: frozenset[str]
    queues: frozenset[str]
    groups: frozenset[str] = frozenset({"agent"})
    levels: Mapping[str, int] = field(default_factory=dict[str, int])  # skill: proficiency 1…5; one not named is 3
    calls_today: int = 0
    talk_today_s: float = 0.0


@dataclass(frozen=True)
class AgentSignedOut:
    agent: AgentId


@dataclass(frozen=True)
class StateChosen:
    """The agent (or, with `by`, a supervisor) chose READY or NOT_READY; during a call it becomes his next state."""

    agent: AgentId
    state: AgentState
    reason: StateReason | None = None
    by: AgentId = ""


@dataclass(frozen=True)
class LeaseRenewed:
    """The desk lives. Without one for the lease time the agent is reaped to DESKTOP_LOST."""

    agent: AgentId


@dataclass(frozen=True)
class PhoneReachable:
    agent: AgentId


@dataclass(frozen=True)
class PhoneUnreachable:
    agent: AgentId


@dataclass(frozen=True)
class CallArrived:
    """A customer's call. `queue` "": the plan decides where it goes, from the dialled number, the hour and the caller.
    `skills` beside those the queue needs."""

    call: CallId
    from_number: str
    to_number: str
    queue: str
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CustomerFound:
    call: CallId
    customer: str
    level: str = "normal"
    last_agent: AgentId = ""
    last_agent_at: float = 0.0  # when they last talked, in site time; 0: not known, and it counts
    last_engineer: AgentId = ""


@dataclass(frozen=True)
class DialledOut:
    """An agent dials a customer: the call is his from the start. `task` when it is a call-back."""

    call: CallId
    agent: AgentId
    number: str
    task: str = ""


@dataclass(frozen=True)
class CustomerAnswered:
    """The far end of an outbound call answered."""

    call: CallId


@dataclass(frozen=True)
class CustomerLegFailed:
    """An outbound call did not get through: busy, no_answer, not_found, rejected, unreachable."""

    call: CallId
    why: str


@dataclass(frozen=True)
class OfferRinging:
    """The agent's phone said 180: the offer clock starts. `leg`, where an event of a phone has one, tells a late event
    of a withdrawn leg from one of the leg that rings now; "" means the present one."""

    call: CallId
    agent: AgentId
    leg: LegId = ""


@dataclass(frozen=True)
class OfferAccepted:
    """The desk's accept reached the switchboard. Before expiry it wins; the 200 then has 2 s."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class OfferAnswered:
    """The agent's phone said 200."""

    call: CallId
    agent: AgentId
    leg: LegId = ""


@dataclass(frozen=True)
class OfferFailed:
    """The offer came to nothing: rejected, busy, unreachable, cancelled."""

    call: CallId
    agent: AgentId
    why: str
    leg: LegId = ""


@dataclass(frozen=True)
class MediaBothWays:
    """Sound flows in both directions between the caller and this agent: connected."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class CallerHungUp:
    call: CallId


@dataclass(frozen=True)
class AgentLegGone:
    """An answered agent leg ended. `lost` when the phone died (no RTP, killed), not when he hung up."""

    call: CallId
    agent: AgentId
    lost: bool = False
    leg: LegId = ""


@dataclass(frozen=True)
class HoldAsked:
    call: CallId
    agent: AgentId
    on: bool


@dataclass(frozen=True)
class HangUpAsked:
    """The responsible agent ends the call although the customer is on the line; the desk asked twice."""

    call: CallId
    agent: AgentId
    reason: str = ""


@dataclass(frozen=True)
class ConsultAsked:
    """Transfer to a named person, or to the longest idle with `skills`. `attended`: talk first, else complete at once
    when he answers."""

    call: CallId
    agent: AgentId
    to: AgentId = ""
    skills: frozenset[str] = frozenset()
    attended: bool = True


@dataclass(frozen=True)
class CompleteAsked:
    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class BackAsked:
    """Leave the consulted engineer and go back to the customer."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class PlanChanged:
    """The supervisor changed the plan: calls that come or are decided from now on follow it."""

    plan: Plan


@dataclass(frozen=True)
class MergeAsked:
    """Customer, agent and consulted engineer talk with one another; the agent stays responsible. CompleteAsked then
    leaves the engineer with the customer, BackAsked the agent."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class ParkAsked:
    """The responsible agent puts the caller on a numbered place with music and is free; anybody may pick him up."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class PickUpAsked:
    """An agent takes a parked call (or one that rings elsewhere in his queues) to his phone."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True)
class StaffDialled:
    """A colleague is dialled directly: a call between the two, without a customer or a sheet."""

    call: CallId
    agent: AgentId
    to: AgentId


@dataclass(frozen=True)
class SuperviseAsked:
    """A supervisor wants to hear `of` on this call: listen | whisper | barge. Asked again it changes the mode."""

    call: CallId
    supervisor: AgentId
    of: AgentId
    mode: str


@dataclass(frozen=True)
class SuperviseLeft:
    call: CallId
    supervisor: AgentId


@dataclass(frozen=True)
class TakeOverAsked:
    """The supervisor who is on this call becomes the responsible one; the agent's leg is let go."""

    call: CallId
    supervisor: AgentId


@dataclass(frozen=True)
class PromptOver:
    """The words that were said to the caller are through (announcement, menu, notice, greeting of the voicemail)."""

    call: CallId


@dataclass(frozen=True)
class CallbackQueued:
    """Somebody is owed a call in a queue and keeps his place there: asked for by key while waiting (also after a
    restart), or wished on the web. `since` is when he first waited; `of_call` the contact in which he asked."""

    call: CallId
    number: str
    queue: str
    since: float
    of_call: CallId = ""
    level: str = "normal"
    customer: str = ""
    attempts: int = 0


@dataclass(frozen=True)
class OutsideAnswered:
    """The outside number a call was sent to has answered."""

    call: CallId
    leg: LegId


@dataclass(frozen=True)
class OutsideFailed:
    call: CallId
    leg: LegId
    why: str


@dataclass(frozen=True)
class KeyPressed:
    """The caller pressed a key: in a menu, or waiting (1 asks for a call-back)."""

    call: CallId
    digit: str


@dataclass(frozen=True)
class WrapUpFinished:
    agent: AgentId


@dataclass(frozen=True)
class WrapUpExtended:
    agent: AgentId


@dataclass(frozen=True)
class TimePassed:
    """Nothing happened but time; deadlines that are due take effect."""


@dataclass(frozen=True)
class Adopted:
    """After a restart: a talking call with its responsible agent, found at the exchange."""

    call: CallId
    from_number: str
    to_number: str
    queue: str
    agent: AgentId
    agent_leg: LegId
    since: float


Event = (
    AgentSignedIn | AgentSignedOut | StateChosen | LeaseRenewed | PhoneReachable | PhoneUnreachable | CallArrived
    | CustomerFound | DialledOut | CustomerAnswered | CustomerLegFailed | OfferRinging | OfferAccepted | OfferAnswered
    | OfferFailed | MediaBothWays | CallerHungUp | AgentLegGone | HoldAsked | HangUpAsked | ConsultAsked | CompleteAsked
    | BackAsked | KeyPressed | WrapUpFinished | WrapUpExtended | TimePassed | Adopted | PlanChanged | MergeAsked
    | ParkAsked | PickUpAsked | StaffDialled | SuperviseAsked | SuperviseLeft | TakeOverAsked | PromptOver
    | CallbackQueued | OutsideAnswered | OutsideFailed
)  # fmt: skip
