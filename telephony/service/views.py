# SPDX-License-Identifier: GPL-3.0-or-later
"""How desks see the floor: from routing's state and the live calls to the messages of the link. No input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.kinds import AgentState
from telephony.messages import CallIs, Colleague, MyState, Offer, ParkedCall, ParkedCalls, Waiting
from telephony.routing.floor import Agent, Call, Floor, Role, Stage
from telephony.routing.offers import offer_of
from telephony.service.live import LiveCall, Seat
from telephony.service.rights import may_oversee


def names_of(seats: Mapping[str, Seat]) -> dict[str, str]:
    return {person: seat.name for person, seat in seats.items()}


def my_state(agent: Agent, calls_today: int) -> MyState:
    return MyState(
        agent.state, agent.reason, agent.since, agent.next_state, agent.next_reason, agent.until, calls_today
    )


def offer(floor: Floor, live: LiveCall, agent: str, names: Mapping[str, str], now: float) -> Offer | None:
    """The offer whose phone rings at this agent, None when there is none."""
    call = floor.calls.get(live.call)
    if call is None:
        return None
    if call.stage is Stage.STAFF:
        return _staff_offer(floor, live, call, agent, names)
    ringing = offer_of(call, agent)
    if ringing is None or ringing.role is Role.DIAL:
        return None
    by = call.consult.by if call.consult is not None and ringing.role is Role.CONSULT else ""
    return Offer(
        call=live.call,
        role=str(ringing.role),
        from_number=live.number,
        from_name=names.get(by, "") if by else live.from_name,
        queue=live.queue,
        offered_at=ringing.made_at,
        ring_started=ringing.ringing_at or 0.0,
        rings=floor.settings.rings,
        cadence_s=floor.settings.cadence_s,
        customer=live.customer,
        confidence=live.confidence,
        draft=live.call,
        from_agent=by,
        waited_s=max(0.0, now - call.arrived),
    )


def _staff_offer(floor: Floor, live: LiveCall, call: Call, agent: str, names: Mapping[str, str]) -> Offer | None:
    """A colleague's phone rings at this agent."""
    if agent != call.to_number or call.ever_connected or live.leg_of(agent) is None:
        return None
    return Offer(
        call=live.call, role="staff", from_number=call.agent, from_name=names.get(call.agent, ""), queue="",
        offered_at=live.offered_at.get(agent, call.arrived), ring_started=0.0, rings=floor.settings.rings,
        cadence_s=floor.settings.cadence_s, customer="", confidence="unknown", draft="", from_agent=call.agent,
    )  # fmt: skip


def call_is(floor: Floor, live: LiveCall, person: str, names: Mapping[str, str]) -> CallIs | None:
    """The call whole, as this person's desk shall show it; None for somebody who takes no part."""
    agent, call = floor.agents.get(person), floor.calls.get(live.call)
    if agent is None:
        return None
    if agent.state is AgentState.WRAP_UP and agent.call == live.call:
        left = max(0, floor.settings.wrap_up_extensions - agent.extensions)
        taker = call.agent if call is not None and call.agent != person else ""
        return _whole(floor, live, person, names, "wrap_up", "agent", taker, agent.until or 0.0, left)
    if call is None:
        return None
    consult = call.consult
    watching = live.watching.get(person)
    if watching is not None:
        return replace(_whole(floor, live, person, names, "supervising", "supervise", watching.of), mode=watching.mode)
    if call.stage is Stage.STAFF:
        if person not in (call.agent, call.to_number):
            return None
        stage = "staff" if call.ever_connected else "dialling"
        if stage == "dialling" and person != call.agent:
            return None
        peer = call.to_number if person == call.agent else call.agent
        return _whole(floor, live, person, names, stage, "staff", peer)
    if call.agent == person and call.agent_joined:
        peer = consult.engineer if consult is not None else ""
        if call.outbound and not call.customer_joined:
            stage = "dialling"
        elif consult is not None and consult.merged:
            stage = "merged"
        elif consult is not None and consult.leg:
            stage = "consulting"
        else:
            stage = "held" if call.held or consult is not None else "talking"
        return _whole(floor, live, person, names, stage, "agent", peer)
    if call.agent == person and call.stage is Stage.DIALLING:
        return _whole(floor, live, person, names, "dialling", "agent", "")
    if consult is not None and consult.engineer == person and consult.leg:
        stage = "merged" if consult.merged else "consulting"
        return _whole(floor, live, person, names, stage, "consult", consult.by)
    return None


def colleague(floor: Floor, seat: Seat, live: Mapping[str, LiveCall], missed: int) -> Colleague | None:
    """One line of the transfer panel and the board; None for a desk outside the queues."""
    agent = floor.agents.get(seat.person)
    if agent is None or agent.state is AgentState.SIGNED_OUT or may_oversee(seat.groups):
        return None
    call = live.get(agent.call)
    return Colleague(
        agent=seat.person,
        name=seat.name,
        groups=seat.groups,
        skills=seat.skills,
        state=agent.state,
        reason=agent.reason,
        since=agent.since,
        call=agent.call,
        peer=call.number if call is not None else "",
        queue=call.queue if call is not None else "",
        missed=missed,
    )


def waiting(floor: Floor, live: Mapping[str, LiveCall]) -> tuple[Waiting, ...]:
    """The callers nobody talks to yet, the longest wait first."""
    found = [
        Waiting(
            call.id,
            live[call.id].number,
            live[call.id].customer,
            call.queue,
            call.arrived,
            "callback" if call.outbound else "call",
        )
        for call in floor.calls.values()
        if call.stage is Stage.WAITING and call.id in live
    ]
    return tuple(sorted(found, key=lambda each: each.since))


def parked(floor: Floor, live: Mapping[str, LiveCall], names: Mapping[str, str]) -> ParkedCalls:
    """Who waits on a numbered place."""
    found = [
        ParkedCall(
            call.id, call.slot, live[call.id].number, live[call.id].customer, call.queue, call.parked_at,
            call.parked_by, names.get(call.parked_by, ""),
        )
        for call in floor.calls.values()
        if call.stage is Stage.PARKED and call.id in live
    ]  # fmt: skip
    return ParkedCalls(tuple(sorted(found, key=lambda each: each.slot)))


def watched(call: CallIs, live: LiveCall, names: Mapping[str, str], shown: bool) -> CallIs:
    """The same call with the word that somebody is on, for the one who is heard, if the law's preset says so."""
    watching = next(iter(live.watching.values()), None)
    if watching is None or call.role == "supervise" or not (shown or watching.mode in ("whisper", "barge")):
        return call
    return replace(call, watched_by=names.get(watching.supervisor, watching.supervisor), watched_mode=watching.mode)


def _whole(
    floor: Floor, live: LiveCall, person: str, names: Mapping[str, str], stage: str, role: str, peer: str,
    wrap_up_until: float = 0.0, extensions_left: int = 0,
) -> CallIs:  # fmt: skip
    call = floor.calls.get(live.call)
    rings = 0
    if live.connected_at and live.first_ring:
        rings = int((live.connected_at - live.first_ring) // floor.settings.cadence_s) + 1
    return CallIs(
        call=live.call,
        stage=stage,
        role=role,
        responsible=(call.agent if call is not None else person) == person,
        number=live.number,
        customer=live.customer,
        queue=live.queue,
        draft=live.call,
        connected_at=live.connected_at,
        held_since=live.held_since,
        peer=peer,
        peer_name=names.get(peer, ""),
        customer_gone=live.customer_gone,
        recording=bool(live.recording) and not live.recording_done,
        direction=live.direction,
        task=live.task,
        handed_by=live.handed_by.get(person, ""),
        handed_by_name=names.get(live.handed_by.get(person, ""), ""),
        wrap_up_until=wrap_up_until,
        extensions_left=extensions_left,
        promise_rings=rings,
        recording_paused=live.recording_paused,
        secure=live.secure,
    )
