# SPDX-License-Identifier: GPL-3.0-or-later
"""What is heard of a staff phone that rings: 180, accept, 200, refusal; and the races, settled.

An offer is a caller's, a consult's, or the agent's own phone of a call he dials; each goes where it belongs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from telephony.calls import (
    AgentId,
    CustomerFound,
    DropLeg,
    LegId,
    OfferAccepted,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
)
from telephony.routing import callbacks, queues, ringing, talking, transfer, waiting
from telephony.routing.floor import Call, Offer, Role, Stage, Turn


def all_of(call: Call) -> tuple[Offer, ...]:
    """Every staff phone that rings because of this call, a consulted engineer's too."""
    asked = call.consult.offer if call.consult is not None else None
    return call.offers if asked is None else (*call.offers, asked)


def offer_of(call: Call, agent: AgentId, leg: LegId = "") -> Offer | None:
    """The offer of this call that rings at this agent now."""
    return next((offer for offer in all_of(call) if offer.agent == agent and leg in ("", offer.leg)), None)


def customer_found(turn: Turn, call: Call, event: CustomerFound) -> None:
    """Who calls is known. While no phone has said 180 yet, the agent who knows the customer may still be rung first."""
    call = turn.put_call(
        replace(
            call,
            customer=event.customer,
            level=event.level,
            last_agent=event.last_agent,
            last_agent_at=event.last_agent_at,
            last_engineer=event.last_engineer,
        )
    )
    offered = {offer.agent for offer in call.offers}
    silent = all(offer.ringing_at is None and offer.role is Role.OFFER for offer in call.offers)
    if call.stage is Stage.WAITING and offered and silent and not call.back_to and event.last_agent not in call.offered:
        known = queues.knows(turn, call) and not queues.rings_all(turn, call)
        if known and queues.is_free_for(turn, call, event.last_agent):
            call = ringing.withdraw_all(turn, call, "not_needed")
            turn.put_call(replace(call, offered=call.offered - offered))


def _put(turn: Turn, call: Call, offer: Offer) -> None:
    if offer.role is Role.CONSULT and call.consult is not None:
        turn.put_call(replace(call, consult=replace(call.consult, offer=offer)))
    else:
        turn.put_call(replace(call, offers=tuple(offer if each.leg == offer.leg else each for each in call.offers)))


def happened(turn: Turn, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> None:
    call = turn.calls.get(event.call)
    leg = "" if isinstance(event, OfferAccepted) else event.leg
    offer = offer_of(call, event.agent, leg) if call is not None else None
    if call is None or offer is None:
        _too_late(turn, call, event)
        return
    match event:
        case OfferRinging():
            _put(turn, call, ringing.phone_rings(turn, call, offer))
        case OfferAccepted():
            _put(turn, _others_lost(turn, call, offer), ringing.accept(turn, call, offer))
        case OfferAnswered():
            _answered(turn, call, offer)
        case OfferFailed(why=why):
            came_to_nothing(turn, call, offer, why, rings=False)
        case _:
            assert_never(event)


def _answered(turn: Turn, call: Call, offer: Offer) -> None:
    if offer.role is Role.CONSULT and call.consult is not None:
        transfer.engineer_answered(turn, call, call.consult, offer)
    elif offer.role is Role.DIAL:
        talking.own_phone_answered(turn, call)
    elif offer.role is Role.CALLBACK:
        callbacks.agent_answered(turn, call, offer)
    else:
        talking.join(turn, _others_lost(turn, call, offer), offer)


def _others_lost(turn: Turn, call: Call, winner: Offer) -> Call:
    """One took the call that rang at everybody: the others' phones stop, and nobody of them missed anything."""
    for other in call.offers:
        if other.leg != winner.leg and winner.role is not Role.CONSULT:
            call = ringing.withdraw(turn, call, other, "lost_race")
    if winner.role is Role.CONSULT or len(call.offers) < 2:
        return call
    return turn.put_call(replace(call, offers=(winner,)))


def _too_late(turn: Turn, call: Call | None, event: OfferRinging | OfferAccepted | OfferAnswered | OfferFailed) -> None:
    """The offer is withdrawn or the call over. A phone that was picked up after that is put down again."""
    if not isinstance(event, OfferAnswered):
        return
    legs = dict(call.past_legs) if call is not None else {}
    leg = event.leg or legs.get(event.agent, "")
    in_call = call is not None and (leg == call.leg or (call.consult is not None and leg == call.consult.leg))
    if leg and not in_call:
        turn.order(DropLeg(event.call, event.agent, leg))


def came_to_nothing(turn: Turn, call: Call, offer: Offer, why: str, *, rings: bool) -> None:
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
    others = tuple(each for each in call.offers if each.leg != offer.leg)
    turn.put_call(replace(settle(turn, call, offer, why), offers=others, back_to=""))
