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
    AgentId,
    AgentLegGone,
    AgentSignedIn,
    AgentSignedOut,
    BackAsked,
    CallArrived,
    CallerHungUp,
    CallId,
    CompleteAsked,
    ConsultAsked,
    CustomerAnswered,
    CustomerFound,
    CustomerLegFailed,
    DialledOut,
    DropLeg,
    Event,
    HangUpAsked,
    HoldAsked,
    KeyPressed,
    LeaseRenewed,
    LegId,
    MediaBothWays,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Order,
    PhoneReachable,
    PhoneUnreachable,
    StateChosen,
    TimePassed,
    WrapUpExtended,
    WrapUpFinished,
)
from telephony.routing import agents, ringing, talking, transfer, waiting
from telephony.routing.floor import Agent, Call, Floor, IllegalTransition, Offer, Role, Stage, Turn


def step(floor: Floor, event: Event, now: float) -> tuple[Floor, tuple[Order, ...]]:
    """What happened, and what shall happen. Raises IllegalTransition and changes nothing for an impossible command."""
    turn = Turn(floor, now)
    _let_time_pass(turn)
    _happen(turn, event)
    waiting.serve(turn)
    return turn.floor(), tuple(turn.orders)


def due(floor: Floor) -> float | None:
    """The next instant to call `step` with TimePassed, None when nothing waits for time."""
    instants = [when for when in map(agents.deadline, floor.agents.values()) if when is not None]
    for call in floor.calls.values():
        instants.extend(_deadlines(floor, call))
    return min(instants, default=None)


def _deadlines(floor: Floor, call: Call) -> Iterator[float]:
    if call.offer is not None:
        yield ringing.expiry(call.offer, floor.settings)
    if call.consult is not None and call.consult.offer is not None:
        yield ringing.expiry(call.consult.offer, floor.settings)
    if call.back_to and (call.offer is None or call.offer.ringing_at is None):
        yield call.back_until
    if call.deadline is not None:
        yield call.deadline
    if call.stage is Stage.WAITING and not call.long_wait_alarmed:
        yield call.arrived + floor.settings.long_wait_s


def _happen(turn: Turn, event: Event) -> None:
    match event:
        case AgentSignedIn():
            agents.signed_in(turn, event)
        case AgentSignedOut(agent):
            _sign_out(turn, agent)
        case StateChosen(agent, AgentState.SIGNED_OUT):
            agents.known(turn, agent, event)
            _sign_out(turn, agent)
        case StateChosen():
            agents.choose(turn, event)
        case LeaseRenewed(agent):
            agents.renewed(turn, agent)
        case PhoneReachable(agent):
            _phone_reachable(turn, agent)
        case PhoneUnreachable(agent):
            _phone_unreachable(turn, agent)
        case WrapUpFinished():
            agents.finish_wrap_up(turn, event)
        case WrapUpExtended():
            agents.extend_wrap_up(turn, event)
        case CallArrived():
            waiting.arrived(turn, event)
        case DialledOut():
            talking.dial(turn, event)
        case Adopted(agent=agent):
            _make_free_for_adoption(turn, agent)
            talking.adopt(turn, event)
        case OfferRinging() | OfferAccepted() | OfferAnswered() | OfferFailed():
            _offer_event(turn, event)
        case ConsultAsked() | CompleteAsked() | BackAsked() | HoldAsked() | HangUpAsked():
            call = turn.calls.get(event.call)
            if call is not None:  # otherwise the caller was quicker, which the desk is told by the call's end
                _command(turn, call, event)
        case AgentLegGone(call=id):
            if (call := turn.calls.get(id)) is not None:
                _agent_leg_gone(turn, call, event)
        case (
            CustomerFound() | CustomerAnswered() | CustomerLegFailed() | MediaBothWays() | CallerHungUp() | KeyPressed()
        ):
            if (call := turn.calls.get(event.call)) is not None:
                _customer_event(turn, call, event)
        case TimePassed():
            pass
        case _:
            assert_never(event)


def _customer_event(
    turn: Turn,
    call: Call,
    event: CustomerFound | CustomerAnswered | CustomerLegFailed | MediaBothWays | CallerHungUp | KeyPressed,
) -> None:
    match event:
        case CustomerFound():
            turn.put_call(replace(call, customer=event.customer, level=event.level, last_agent=event.last_agent))
        case CustomerAnswered():
            talking.customer_answered(turn, call)
        case CustomerLegFailed():
            talking.customer_failed(turn, call, event)
        case MediaBothWays(agent=agent):
            talking.media(turn, call, agent)
        case CallerHungUp():
            talking.caller_hung_up(turn, call)
        case KeyPressed(digit=digit):
            waiting.key_pressed(turn, call, digit)
        case _:
            assert_never(event)


def _command(turn: Turn, call: Call, event: ConsultAsked | CompleteAsked | BackAsked | HoldAsked | HangUpAsked) -> None:
    begun = call.consult
    match event:
        case HoldAsked():
            talking.hold(turn, call, event)
        case HangUpAsked(agent=agent) if begun is not None and begun.leg and begun.engineer == agent:
            transfer.back(turn, call, begun, "engineer_gone")
        case HangUpAsked():
            talking.hang_up(turn, call, event)
        case ConsultAsked():
            transfer.consult(turn, call, event)
        case CompleteAsked(agent=agent):
            if begun is None or call.agent != agent:
                raise IllegalTransition(talking.where(call), event)
            transfer.complete_asked(turn, call, begun)
        case BackAsked(agent=agent):
            if begun is None or call.agent != agent:
                raise IllegalTransition(talking.where(call), event)
            transfer.back(turn, call, begun)
        case _:
            assert_never(event)


# ---- a staff phone that rings ---------------------------------------------------------------------------------


def _offer_of(call: Call, agent: AgentId, leg: LegId = "") -> Offer | None:
    """The offer of this call that rings at this agent now."""
    for offer in (call.offer, call.consult.offer if call.consult else None):
        if offer is not None and offer.agent == agent and leg in ("", offer.leg):
            return offer
    return None


def _put_offer(turn: Turn, call: Call, offer: Offer) -> None:
    if offer.role is Role.CONSULT and call.consult is not None:
        turn.put_call(replace(call, consult=replace(call.consult, offer=offer)))
    else:
        turn.put_call(replace(call, offer=offer))


def _offer_event(turn: Turn, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> None:
    call = turn.calls.get(event.call)
    leg = "" if isinstance(event, OfferAccepted) else event.leg
    offer = _offer_of(call, event.agent, leg) if call is not None else None
    if call is None or offer is None:
        _too_late(turn, call, event)
        return
    match event:
        case OfferRinging():
            _put_offer(turn, call, ringing.phone_rings(turn, call, offer))
        case OfferAccepted():
            _put_offer(turn, call, ringing.accept(turn, call, offer))
        case OfferAnswered():
            _answered(turn, call, offer)
        case OfferFailed(why=why):
            _came_to_nothing(turn, call, offer, why, rings=False)
        case _:
            assert_never(event)


def _answered(turn: Turn, call: Call, offer: Offer) -> None:
    if offer.role is Role.CONSULT and call.consult is not None:
        transfer.engineer_answered(turn, call, call.consult, offer)
    elif offer.role is Role.DIAL:
        talking.own_phone_answered(turn, call)
    else:
        talking.join(turn, call, offer)


def _too_late(turn: Turn, call: Call | None, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> None:
    """The offer is withdrawn or the call over. A phone that was picked up after that is put down again."""
    if not isinstance(event, OfferAnswered):
        return
    legs = dict(call.past_legs) if call is not None else {}
    leg = event.leg or legs.get(event.agent, "")
    in_call = call is not None and (leg == call.leg or (call.consult is not None and leg == call.consult.leg))
    if leg and not in_call:
        turn.order(DropLeg(event.call, event.agent, leg))


def _came_to_nothing(turn: Turn, call: Call, offer: Offer, why: str, *, rings: bool) -> None:
    """An offer ended without an answer; `rings` when the phone must still be told."""
    if offer.role is Role.CONSULT and call.consult is not None:
        transfer.engineer_did_not_come(turn, call, call.consult, offer, why, rings=rings)
        return
    if offer.role is Role.DIAL:
        talking.own_phone_failed(turn, call, offer, why)
        return
    if call.back_to and why in ("unreachable", "cancelled") and turn.now < call.back_until:
        call = talking.drop_silent_offer(turn, call, offer)
        if rings and call.back_to in turn.phones:
            talking.ring_again(turn, call)
        else:
            turn.put_call(waiting.announce(turn, call, "waiting"))
        return
    settle = ringing.withdraw if rings else ringing.came_to_nothing
    turn.put_call(replace(settle(turn, call, offer, why), offer=None, back_to=""))


# ---- people and phones that come and go -----------------------------------------------------------------------


def _stop_ringing(turn: Turn, person: Agent, why: str) -> None:
    """Whatever rings or is about to ring at this agent goes on to the next one."""
    call = turn.calls.get(person.call)
    if call is None:
        return
    offer = _offer_of(call, person.id)
    if offer is not None:
        _came_to_nothing(turn, replace(call, back_until=turn.now), offer, why, rings=True)
    elif call.back_to == person.id:
        talking.give_up_the_same(turn, call)


def _sign_out(turn: Turn, agent: AgentId) -> None:
    """At once, or after the call that is on. Signing out twice is no fault."""
    person = turn.agents.get(agent)
    if person is None or person.state is AgentState.SIGNED_OUT:
        return
    match person.state:
        case AgentState.ON_CALL:
            agents.choose_next(turn, person, AgentState.SIGNED_OUT)
        case AgentState.WRAP_UP:
            agents.choose_next(turn, person, AgentState.SIGNED_OUT)
            agents.wrap_up_over(turn, turn.agents[agent], "signed_out")
        case AgentState.RESERVED | AgentState.RINGING:
            agents.choose_next(turn, person, AgentState.SIGNED_OUT)
            _stop_ringing(turn, person, "not_needed")
        case _:
            agents.change(turn, person, AgentState.SIGNED_OUT)


def _phone_reachable(turn: Turn, agent: AgentId) -> None:
    turn.phones = turn.phones | {agent}
    person = turn.agents.get(agent)
    if person is None:
        return
    call = turn.calls.get(person.call)
    if call is not None and call.back_to == agent and (call.offer is None or call.offer.ringing_at is None):
        talking.ring_again(turn, call)
    elif person.reason is StateReason.DEVICE_LOST:
        agents.came_back(turn, person)


def _phone_unreachable(turn: Turn, agent: AgentId) -> None:
    """A talking call goes on until its leg is gone; a ringing one goes to the next agent."""
    turn.phones = turn.phones - {agent}
    person = turn.agents.get(agent)
    if person is None:
        return
    call = turn.calls.get(person.call)
    match person.state:
        case AgentState.RESERVED | AgentState.RINGING if call is not None and (offer := _offer_of(call, agent)):
            _came_to_nothing(turn, call, offer, "unreachable", rings=True)
        case AgentState.READY:
            agents.lose(turn, person, StateReason.DEVICE_LOST)
        case _:
            pass


def _make_free_for_adoption(turn: Turn, agent: AgentId) -> None:
    person = turn.agents.get(agent)
    if person is not None and person.state in (AgentState.RESERVED, AgentState.RINGING):
        _stop_ringing(turn, person, "not_needed")


def _agent_leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> None:
    begun = call.consult
    if begun is not None and begun.engineer == event.agent and begun.leg and event.leg in ("", begun.leg):
        transfer.engineer_gone(turn, call, begun)
    elif call.agent == event.agent and event.leg in ("", call.leg):
        if begun is not None:
            transfer.agent_gone(turn, call, begun, event.lost)
        else:
            talking.agent_gone(turn, replace(call, offer=None), event.lost)


# ---- time -----------------------------------------------------------------------------------------------------


def _let_time_pass(turn: Turn) -> None:
    """Everything overdue takes effect: first what rings, then calls, then agents."""
    for id in list(turn.calls):
        _call_time(turn, id)
    for person in list(turn.agents.values()):
        when = agents.deadline(person)
        if when is not None and when <= turn.now and turn.agents[person.id] is person:
            _agent_time(turn, person)


def _call_time(turn: Turn, id: CallId) -> None:
    call = turn.calls[id]
    back_is_over = call.back_to and call.back_until <= turn.now
    if back_is_over and (call.offer is None or call.offer.ringing_at is None):
        talking.give_up_the_same(turn, call)
        return
    for offer in (call.offer, call.consult.offer if call.consult else None):
        if offer is not None and ringing.expiry(offer, turn.settings) <= turn.now:
            _came_to_nothing(turn, call, offer, ringing.why_expired(offer), rings=True)
            return
    if call.deadline is not None and call.deadline <= turn.now:
        _past_deadline(turn, call)
    elif (
        call.stage is Stage.WAITING
        and not call.long_wait_alarmed
        and call.arrived + turn.settings.long_wait_s <= turn.now
    ):
        waiting.alarm_long_wait(turn, call)


def _past_deadline(turn: Turn, call: Call) -> None:
    if call.stage is Stage.FAREWELL:
        talking.finish(turn, call, Outcome.CALLBACK, HangUpBy.SYSTEM)
    else:
        turn.note(call.id, "dial_failed", call.agent, why="no_answer")
        talking.finish(turn, call, Outcome.FAILED, HangUpBy.SYSTEM)


def _agent_time(turn: Turn, person: Agent) -> None:
    if person.state is AgentState.WRAP_UP:
        agents.wrap_up_over(turn, person, "timeout")
    elif person.lease_until > turn.now:
        turn.put_agent(replace(person, spared_until=0.0))
    elif person.state in (AgentState.RESERVED, AgentState.RINGING):
        _stop_ringing(turn, person, "unreachable")
        agents.lose(turn, turn.agents[person.id], StateReason.DESKTOP_LOST)
    else:
        agents.lose(turn, person, StateReason.DESKTOP_LOST)


__all__ = ["IllegalTransition", "due", "step"]
