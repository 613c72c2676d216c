# SPDX-License-Identifier: GPL-3.0-or-later
"""THE THREE-RING RULE. One phone at a time rings for a call, three rings long; then the next one.

Two clocks:

* The OFFER clock belongs to one agent. It starts with his phone's 180 and runs `rings x cadence` (3 x 5 s). A phone
  that says nothing for 5 s cannot be reached. An accept received before expiry wins; the 200 then has 2 s. -> `expiry`
* The PROMISE clock belongs to the caller. It starts with the first ringback he hears and is never reset; nothing
  expires by it, it is only measured. -> the note "ringback" in `let_hear_ringing`

What becomes of who did not answer (-> `came_to_nothing`):

* missed: not responding, until he acts himself; his phone does not ring on unattended.
* missed, but the last reachable agent of a queue: counted as missed and the supervisor alarmed, but he stays ready and
  is offered a call again after 10 s.
* missed where a call rings at everybody: counted, but his state changes only at the second in a row.
* rejected or busy: not ready (rejected). Unreachable: not ready (device lost).
* the caller is gone, or somebody else is better: back to where he was.

The call keeps its place; who comes next is decided in `queues.choose_for`, nobody reachable in `waiting.let_wait`.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState, StateReason
from models.rules.plan import Strategy
from telephony.calls import AlarmSupervisor, LegId, PlayRingback, RingAgent, WithdrawOffer
from telephony.routing import agents, queues, why
from telephony.routing.floor import Agent, Call, Hearing, Offer, Role, Settings, Turn
from telephony.routing.way import Saying

MISSES_OF_ALL = 2
"""Where a call rings at everybody, one missed call says nothing of one agent; so many in a row do."""


def expiry(offer: Offer, settings: Settings) -> float:
    """The instant this offer ends if nothing else ends it."""
    if offer.ringing_at is None:
        ends = offer.made_at + settings.no_ringing_s
    else:
        ends = offer.ringing_at + settings.offer_s
    if offer.accepted_at is not None:
        ends = max(ends, offer.accepted_at + settings.accepted_s)
    return ends


def next_leg(turn: Turn, call: Call) -> tuple[Call, LegId]:
    """A name for the next staff leg of this call, never used before."""
    n = call.offers_made + 1
    return replace(call, offers_made=n), f"{call.id}.{turn.epoch}.{n}"


def ring(turn: Turn, call: Call, person: Agent, role: Role) -> tuple[Call, Offer]:
    """Reserve the agent and ring his phone. The caller of this function puts the offer where it belongs."""
    call, leg = next_leg(turn, call)
    agents.change(turn, person, AgentState.RESERVED, call=call.id)
    turn.note(call.id, "offered", person.id, leg=leg, n=call.offers_made, role=role.value)
    turn.order(RingAgent(call.id, person.id, leg, role.value))
    return call, Offer(person.id, leg, role, turn.now)


def offer_call(turn: Turn, call: Call, person: Agent) -> None:
    """Offer a waiting call to this very person, the caller hearing it ring."""
    call = let_hear_ringing(turn, call)
    call, offer = ring(turn, call, person, Role.OFFER)
    turn.put_call(replace(call, offers=(*call.offers, offer), offered=call.offered | {person.id}))


def offer_chosen(turn: Turn, call: Call, choice: queues.Choice, role: Role = Role.OFFER) -> None:
    """Ring the agent, or all agents, chosen for a waiting call, the caller hearing it ring (who is called back hears
    nothing yet)."""
    why.note_choice(turn, call, choice)
    if role is Role.OFFER:
        call = let_hear_ringing(turn, call)
    if choice.ask.strategy is Strategy.ROUND_ROBIN:
        turn.last_rung = {**turn.last_rung, call.queue: choice.agents[0]}
    for agent in choice.agents:
        call, offer = ring(turn, call, turn.agents[agent], role)
        offer = replace(offer, with_all=choice.ask.strategy is Strategy.RING_ALL)
        call = replace(call, offers=(*call.offers, offer), offered=call.offered | {agent})
    turn.put_call(call)


def let_hear_ringing(turn: Turn, call: Call) -> Call:
    """The caller hears ringing; with the first one the promise to him begins. Words being said are not cut off: he
    hears it ring after them."""
    if call.hearing is not Hearing.RINGING and call.way.saying is Saying.NOTHING:
        turn.order(PlayRingback(call.id, answered=call.answered))
    if not call.promise_started:
        turn.note(call.id, "ringback")
    return replace(call, hearing=Hearing.RINGING, promise_started=True)


def phone_rings(turn: Turn, call: Call, offer: Offer) -> Offer:
    """The 180: the offer clock starts. A second 180 does not start it again."""
    if offer.ringing_at is not None:
        return offer
    turn.note(call.id, "ringing", offer.agent, leg=offer.leg)
    if offer.role is not Role.DIAL:
        agents.change(turn, turn.agents[offer.agent], AgentState.RINGING, call=call.id)
    return replace(offer, ringing_at=turn.now)


def accept(turn: Turn, call: Call, offer: Offer) -> Offer:
    """The desk's accept, received in time (what is too late finds no offer any more)."""
    if offer.accepted_at is not None:
        return offer
    turn.note(call.id, "accepted", offer.agent, leg=offer.leg)
    return replace(offer, accepted_at=turn.now)


def why_expired(offer: Offer) -> str:
    """Who never rang, or accepted but never spoke, has a broken phone; everybody else did not pick up."""
    return "unreachable" if offer.ringing_at is None or offer.accepted_at is not None else "missed"


def withdraw(turn: Turn, call: Call, offer: Offer, why: str) -> Call:
    """Stop ringing and settle the agent: missed | unreachable | rejected | caller_gone | not_needed | lost_race."""
    turn.order(WithdrawOffer(call.id, offer.agent, offer.leg, why))
    return came_to_nothing(turn, call, offer, why)


def withdraw_all(turn: Turn, call: Call, why: str) -> Call:
    """Stop every phone that rings for this caller."""
    for offer in call.offers:
        call = withdraw(turn, call, offer, why)
    return replace(call, offers=())


def came_to_nothing(turn: Turn, call: Call, offer: Offer, why: str) -> Call:
    """Write how the offer ended and say what becomes of the agent. Gives the call with the leg remembered as past."""
    person = turn.agents[offer.agent]
    match why:
        case "missed":
            turn.note(call.id, "missed", person.id, leg=offer.leg)
            _missed(turn, call, person, offer)
        case "rejected" | "busy":
            turn.note(call.id, "declined", person.id, leg=offer.leg, why=why)
            agents.rest(turn, person, AgentState.NOT_READY, StateReason.REJECTED)
        case "unreachable" | "cancelled":
            turn.note(call.id, "withdrawn", person.id, leg=offer.leg, why="unreachable")
            agents.lose(turn, person, StateReason.DEVICE_LOST)
        case "lost_race":
            turn.note(call.id, "lost_race", person.id, leg=offer.leg)
            agents.release(turn, person.id)
        case _:
            turn.note(call.id, "withdrawn", person.id, leg=offer.leg, why=why)
            agents.release(turn, person.id)
    return replace(call, past_legs=(*call.past_legs, (offer.agent, offer.leg)))


def _missed(turn: Turn, call: Call, person: Agent, offer: Offer) -> None:
    if offer.with_all and person.misses + 1 < MISSES_OF_ALL:
        turn.put_agent(replace(agents.rest(turn, person, AgentState.READY), misses=person.misses + 1))
        return
    if not queues.last_reachable(turn, person, call):
        agents.rest(turn, person, AgentState.NOT_RESPONDING, StateReason.MISSED)
        return
    turn.order(AlarmSupervisor("last_agent_missed", call.id, person.id))
    after = agents.rest(turn, person, AgentState.READY)
    if after.state is AgentState.READY:
        turn.put_agent(replace(after, spared_until=turn.now + turn.settings.last_agent_pause_s))
