# SPDX-License-Identifier: GPL-3.0-or-later
"""People and phones that come and go, and what becomes of the calls that ring at them."""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState, StateReason
from telephony.calls import AgentId, AgentLegGone
from telephony.routing import agents, offers, talking, transfer
from telephony.routing.floor import Agent, Call, Turn


def stop_ringing(turn: Turn, person: Agent, why: str) -> None:
    """Whatever rings or is about to ring at this agent goes on to the next one."""
    call = turn.calls.get(person.call)
    if call is None:
        return
    offer = offers.offer_of(call, person.id)
    if offer is not None:
        offers.came_to_nothing(turn, replace(call, back_until=turn.now), offer, why, rings=True)
    elif call.back_to == person.id:
        talking.give_up_the_same(turn, call)


def sign_out(turn: Turn, agent: AgentId) -> None:
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
            stop_ringing(turn, person, "not_needed")
        case _:
            agents.change(turn, person, AgentState.SIGNED_OUT)


def phone_reachable(turn: Turn, agent: AgentId) -> None:
    turn.phones = turn.phones | {agent}
    person = turn.agents.get(agent)
    if person is None:
        return
    call = turn.calls.get(person.call)
    if call is not None and call.back_to == agent and all(offer.ringing_at is None for offer in call.offers):
        talking.ring_again(turn, call)
    elif person.reason is StateReason.DEVICE_LOST:
        agents.came_back(turn, person)


def phone_unreachable(turn: Turn, agent: AgentId) -> None:
    """A talking call goes on until its leg is gone; a ringing one goes to the next agent."""
    turn.phones = turn.phones - {agent}
    person = turn.agents.get(agent)
    if person is None:
        return
    call = turn.calls.get(person.call)
    match person.state:
        case AgentState.RESERVED | AgentState.RINGING if call is not None and (offer := offers.offer_of(call, agent)):
            offers.came_to_nothing(turn, call, offer, "unreachable", rings=True)
        case AgentState.READY:
            agents.lose(turn, person, StateReason.DEVICE_LOST)
        case _:
            pass


def make_free_for_adoption(turn: Turn, agent: AgentId) -> None:
    person = turn.agents.get(agent)
    if person is not None and person.state in (AgentState.RESERVED, AgentState.RINGING):
        stop_ringing(turn, person, "not_needed")


def leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> None:
    """An answered staff leg ended: the consulted engineer's or the responsible agent's; any other one is known of."""
    begun = call.consult
    if begun is not None and begun.engineer == event.agent and begun.leg and event.leg in ("", begun.leg):
        transfer.engineer_gone(turn, call, begun)
    elif call.agent == event.agent and event.leg in ("", call.leg):
        if begun is not None:
            transfer.agent_gone(turn, call, begun, event.lost)
        else:
            talking.agent_gone(turn, replace(call, offers=()), event.lost)
