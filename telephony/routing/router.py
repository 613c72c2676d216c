# SPDX-License-Identifier: GPL-3.0-or-later
"""The router: `step(floor, event, now) -> (floor, orders)` and `due(floor)`, when time alone decides next.

Pure. Whatever is overdue at `now` takes effect before the event, so an accept counts only if it came in time. What a
phone or a caller says too late is a race and is settled; a command the state does not allow raises IllegalTransition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from models.kinds import AgentState, HangUpBy, Outcome, StateReason
from telephony.calls import (
    Adopted,
    AgentLegGone,
    AgentSignedIn,
    AgentSignedOut,
    BackAsked,
    CallArrived,
    CallbackQueued,
    CallerHungUp,
    CallId,
    CompleteAsked,
    ConsultAsked,
    CustomerAnswered,
    CustomerFound,
    CustomerLegFailed,
    DialledOut,
    Event,
    HangUpAsked,
    HoldAsked,
    KeyPressed,
    LeaseRenewed,
    MediaBothWays,
    MergeAsked,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Order,
    OutsideAnswered,
    OutsideFailed,
    ParkAsked,
    PhoneReachable,
    PhoneUnreachable,
    PickUpAsked,
    PlanChanged,
    PromptOver,
    StaffDialled,
    StateChosen,
    SuperviseAsked,
    SuperviseLeft,
    TakeOverAsked,
    TimePassed,
    WrapUpExtended,
    WrapUpFinished,
)
from telephony.routing import (
    admission,
    agents,
    callbacks,
    deadlines,
    offers,
    pace,
    parking,
    presence,
    queues,
    ringing,
    staff,
    steering,
    supervising,
    talking,
    waiting,
    wishes,
)
from telephony.routing.floor import Agent, Call, Floor, IllegalTransition, Stage, Turn


def step(floor: Floor, event: Event, now: float) -> tuple[Floor, tuple[Order, ...]]:
    """What happened, and what shall happen. Raises IllegalTransition and changes nothing for an impossible command."""
    turn = Turn(floor, now)
    _let_time_pass(turn)
    _happen(turn, event)
    steering.follow(turn)
    waiting.serve(turn)
    supervising.follow(turn)
    waiting.serve(turn, again=True)
    _keep_pace(turn)
    return turn.floor(_deadlines, agents.deadline), tuple(turn.orders)


def _keep_pace(turn: Turn) -> None:
    """Contacts that were connected or wrapped up in this step."""

    def queue_of(id: CallId) -> str:
        call = turn.calls.get(id)
        return call.queue if call is not None else ""

    turn.pace = pace.observe(turn.pace, turn.orders, queue_of, turn.now)


def due(floor: Floor) -> float | None:
    """The next instant to call `step` with TimePassed, None when nothing waits for time."""
    if floor.index is not None and floor.index.holds_for(floor):
        return floor.index.deadlines.first()
    instants = [when for when in map(agents.deadline, floor.agents.values()) if when is not None]
    for call in floor.calls.values():
        instants.extend(_deadlines(floor, call))
    return min(instants, default=None)


def _deadlines(floor: Floor, call: Call) -> Iterator[float]:
    """The instants at which time alone changes this call. They follow from the call, the settings and the plan only:
    nothing but a change of these has them worked out again."""
    for offer in call.offers:
        yield ringing.expiry(offer, floor.settings)
    if call.consult is not None and call.consult.offer is not None:
        yield ringing.expiry(call.consult.offer, floor.settings)
    if call.back_to and all(offer.ringing_at is None for offer in call.offers):
        yield call.back_until
    if call.deadline is not None:
        yield call.deadline
    yield from steering.deadlines(floor, call)
    for watcher in call.watchers:
        if not watcher.joined:
            yield watcher.asked_at + floor.settings.offer_s
    plan = floor.plan.queues.get(call.queue)
    if call.stage is Stage.WAITING and plan is not None and call.relaxed < len(plan.relax):
        yield call.arrived + plan.relax[call.relaxed].after_s
    if call.stage is Stage.WAITING and not call.long_wait_alarmed:
        yield call.arrived + floor.settings.long_wait_s


def _happen(turn: Turn, event: Event) -> None:
    match event:
        case AgentSignedIn():
            agents.signed_in(turn, event)
        case AgentSignedOut(agent):
            presence.sign_out(turn, agent)
        case StateChosen(agent, AgentState.SIGNED_OUT):
            agents.known(turn, agent, event)
            presence.sign_out(turn, agent)
        case StateChosen():
            agents.choose(turn, event)
        case LeaseRenewed(agent):
            agents.renewed(turn, agent)
        case PhoneReachable(agent):
            presence.phone_reachable(turn, agent)
        case PhoneUnreachable(agent):
            presence.phone_unreachable(turn, agent)
        case WrapUpFinished():
            agents.finish_wrap_up(turn, event)
        case WrapUpExtended():
            agents.extend_wrap_up(turn, event)
        case CallArrived():
            admission.arrived(turn, event)
        case CallbackQueued():
            callbacks.queued(turn, event)
        case DialledOut():
            talking.dial(turn, event)
        case Adopted(agent=agent):
            presence.make_free_for_adoption(turn, agent)
            talking.adopt(turn, event)
        case OfferRinging() | OfferAccepted() | OfferAnswered() | OfferFailed():
            if not supervising.happened(turn, event) and not staff.happened(turn, event):
                offers.happened(turn, event)
        case StaffDialled():
            staff.dialled(turn, event)
        case (
            ConsultAsked() | CompleteAsked() | BackAsked() | HoldAsked() | HangUpAsked() | MergeAsked() | ParkAsked()
            | PickUpAsked() | SuperviseAsked() | SuperviseLeft() | TakeOverAsked()
        ):  # fmt: skip
            call = turn.calls.get(event.call)
            if call is None:
                return  # the caller was quicker, which the desk is told by the call's end
            if not isinstance(event, HangUpAsked) or not steering.hang_up_asked(turn, call, event):
                wishes.carry_out(turn, call, event)
        case AgentLegGone(call=id):
            if (call := turn.calls.get(id)) is not None:
                _leg_gone(turn, call, event)
        case (
            CustomerFound() | CustomerAnswered() | CustomerLegFailed() | MediaBothWays() | CallerHungUp() | KeyPressed()
            | PromptOver() | OutsideAnswered() | OutsideFailed()
        ):  # fmt: skip
            if (call := turn.calls.get(event.call)) is not None:
                _customer_event(turn, call, event)
        case PlanChanged(plan):
            turn.plan = plan
        case TimePassed():
            pass
        case _:
            assert_never(event)


def _leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> None:
    if steering.leg_gone(turn, call, event):
        return
    if not supervising.leg_gone(turn, call, event) and not staff.leg_gone(turn, call, event):
        presence.leg_gone(turn, call, event)


CustomerEvent = (
    CustomerFound | CustomerAnswered | CustomerLegFailed | MediaBothWays | CallerHungUp | KeyPressed | PromptOver
    | OutsideAnswered | OutsideFailed
)  # fmt: skip


def _customer_event(turn: Turn, call: Call, event: CustomerEvent) -> None:
    match event:
        case CustomerAnswered() | CustomerLegFailed() if steering.customer(turn, call, event):
            pass
        case CallerHungUp() if steering.hung_up(turn, call, event):
            pass
        case PromptOver():
            steering.through(turn, call)
        case OutsideAnswered() | OutsideFailed():
            steering.outside_happened(turn, call, event)
        case CustomerFound():
            offers.customer_found(turn, call, event)
        case CustomerAnswered():
            talking.customer_answered(turn, call)
        case CustomerLegFailed():
            talking.customer_failed(turn, call, event)
        case MediaBothWays(agent=agent):
            talking.media(turn, call, agent)
        case CallerHungUp():
            talking.caller_hung_up(turn, call)
        case KeyPressed(digit=digit):
            steering.key(turn, call, digit)
        case _:
            assert_never(event)


# ---- time -----------------------------------------------------------------------------------------------------


def _let_time_pass(turn: Turn) -> None:
    """Everything overdue takes effect: first what rings, then calls, then agents."""
    overdue = turn.overdue()
    for kind, id in overdue:
        if kind == deadlines.CALL and id in turn.calls:
            turn.look_at(id)
            _call_time(turn, id)
    people = [turn.agents[id] for kind, id in overdue if kind == deadlines.AGENT]
    for person in people:
        when = agents.deadline(person)
        if when is not None and when <= turn.now and turn.agents[person.id] is person:
            _agent_time(turn, person)


def _call_time(turn: Turn, id: CallId) -> None:
    call = turn.calls[id]
    back_is_over = call.back_to and call.back_until <= turn.now
    if back_is_over and all(offer.ringing_at is None for offer in call.offers):
        talking.give_up_the_same(turn, call)
        return
    overdue = [offer for offer in offers.all_of(call) if ringing.expiry(offer, turn.settings) <= turn.now]
    for offer in overdue:
        present = turn.calls.get(id)
        if present is not None and offer in offers.all_of(present):
            offers.came_to_nothing(turn, present, offer, ringing.why_expired(offer), rings=True)
    if overdue or steering.time(turn, call):
        return
    if call.stage is Stage.WAITING:
        call = queues.relax(turn, call)
    if call.owed is not None and 0 < call.owed.not_before <= turn.now:
        call = turn.put_call(replace(call, owed=replace(call.owed, not_before=0.0)))
    if call.deadline is not None and call.deadline <= turn.now:
        _past_deadline(turn, call)
    elif (
        call.stage is Stage.WAITING
        and not call.long_wait_alarmed
        and call.arrived + turn.settings.long_wait_s <= turn.now
    ):
        waiting.alarm_long_wait(turn, call)


def _past_deadline(turn: Turn, call: Call) -> None:
    if steering.past_deadline(turn, call):
        return
    if call.stage is Stage.FAREWELL:
        talking.finish(turn, call, Outcome.CALLBACK, HangUpBy.SYSTEM)
    elif call.stage is Stage.PARKED:
        parking.nobody_came(turn, call)
    elif call.stage is Stage.STAFF:
        staff.nobody_came(turn, call)
    else:
        turn.note(call.id, "dial_failed", call.agent, why="no_answer")
        talking.finish(turn, call, Outcome.FAILED, HangUpBy.SYSTEM)


def _agent_time(turn: Turn, person: Agent) -> None:
    if person.state is AgentState.WRAP_UP:
        agents.wrap_up_over(turn, person, "timeout")
    elif person.lease_until > turn.now:
        turn.put_agent(replace(person, spared_until=0.0))
    elif person.state in (AgentState.RESERVED, AgentState.RINGING):
        presence.stop_ringing(turn, person, "unreachable")
        agents.lose(turn, turn.agents[person.id], StateReason.DESKTOP_LOST)
    else:
        agents.lose(turn, person, StateReason.DESKTOP_LOST)


__all__ = ["IllegalTransition", "due", "step"]
