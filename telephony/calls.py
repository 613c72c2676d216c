# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocabulary of calls: what routing is told (events, past tense) and what it asks for (orders, imperatives).

The same events and orders run live, in the simulator, in the dry run and under hypothesis. Times are site time in
seconds. A *call* is a contact with a customer; an *agent* is a person's id at this site (his number, e.g. "1001").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.kinds import AgentState, HangUpBy, Outcome, StateReason

CallId = str
AgentId = str
LegId = str

# ---- events: what happened ------------------------------------------------------------------------------------


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
    """A customer's call for a queue. `skills` the queue needs; `outbound_by` set when an agent dialled it."""

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
class KeyPressed:
    """The waiting caller pressed a key (1 asks for a call-back)."""

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
    | BackAsked | KeyPressed | WrapUpFinished | WrapUpExtended | TimePassed | Adopted
)  # fmt: skip

# ---- orders: what shall happen --------------------------------------------------------------------------------


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
    """Tell the desk, then ring the phone. `role` is "offer" or "consult"."""

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
    | AgentStateChanged | Note | CallOver
)  # fmt: skip

# ---- the event log --------------------------------------------------------------------------------------------

CONTACT_EVENTS: dict[str, tuple[str, ...]] = {
    # kind: the fields of its data. `who` (the agent or person, may be empty) and `at` (site time) stand beside it.
    "arrived": ("from", "to", "trunk", "received_at", "direction"),
    "customer_found": ("customer", "confidence"),
    "queued": ("queue",),
    "ringback": (),  # the caller hears the first ring: the promise clock starts
    "waiting_answered": ("announcement",),  # answered with announcement and music
    "offered": ("leg", "n", "role"),
    "ringing": ("leg",),  # the phone's 180: the offer clock starts
    "card_painted": ("painted_at",),
    "accepted": ("leg",),
    "connected": ("leg",),  # media both ways with the responsible agent
    "responsible": ("leg",),  # responsibility begins for `who`
    "released": ("leg",),  # responsibility ends for `who`
    "missed": ("leg",),
    "declined": ("leg", "why"),
    "lost_race": ("leg",),
    "withdrawn": ("leg", "why"),
    "held": (),
    "resumed": (),
    "consult_started": ("to", "leg"),
    "consult_answered": ("to", "leg"),  # the engineer picked up; agent and engineer talk
    "consult_ended": ("to", "why"),
    "transferred": ("to", "leg"),
    "draft_hash": ("draft", "hash"),  # hash of all fields at `who`'s last key before the transfer
    "draft_painted": ("draft", "hash"),  # hash of the values painted by `who`'s widgets
    "recording_started": ("file",),
    "recording_ended": ("file", "seconds", "why"),
    "customer_hung_up": (),
    "staff_hung_up": ("reason",),
    "dialled": ("number", "leg", "task"),
    "dial_failed": ("why",),
    "wrap_up_started": (),
    "wrap_up_ended": ("why",),
    "promised": ("number", "why"),  # call-back promised
    "adopted": ("leg",),
    "ended": ("outcome", "by"),
    # without a contact
    "agent_state": ("state", "reason", "call"),
    "alarm": ("what", "call", "agent"),
    "leading": ("epoch",),
}
"""Every kind of `contact_event` with the fields of its data; written by the switchboard's journal only."""

ROUTING_NOTES = frozenset(
    {
        "queued", "ringback", "waiting_answered", "offered", "ringing", "accepted", "connected", "responsible",
        "released", "missed", "declined", "lost_race", "withdrawn", "held", "resumed", "consult_started",
        "consult_answered", "consult_ended", "transferred", "customer_hung_up", "staff_hung_up", "dialled",
        "dial_failed", "wrap_up_started", "wrap_up_ended", "adopted",
    }
)  # fmt: skip
"""Kinds that reach the event log as a Note of the router, and only so. The switchboard writes the rest: arrived (also
of a dialled call, direction "out"), customer_found, card_painted, draft_hash, draft_painted, recording_*, leading, and
from the orders CallOver → ended, AgentStateChanged → agent_state, AlarmSupervisor → alarm and PromiseCallback →
promised."""
