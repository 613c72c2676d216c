# SPDX-License-Identifier: GPL-3.0-or-later
"""A call with its responsible agent: joined, connected, held, its agent's phone lost, dialled out, and how it ends.

Every call ends in `finish`, once, with one outcome. Responsibility begins in `join` or `dial` and ends in `let_go`.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState, HangUpBy, Outcome, StateReason
from telephony.calls import (
    AbortHandover,
    Adopted,
    CallOver,
    CustomerLegFailed,
    DialCustomer,
    DialledOut,
    DropLeg,
    EndTheCall,
    HangUpAsked,
    HoldAsked,
    HoldCaller,
    JoinCaller,
)
from telephony.routing import agents, announcing, ringing, supervising, waiting
from telephony.routing.floor import Agent, Call, Consult, Hearing, IllegalTransition, Offer, Role, Stage, Turn


def join(turn: Turn, call: Call, offer: Offer) -> None:
    """The agent picked up: customer and agent are connected, and he is responsible.

    Where the law wants the customer told first that the call is recorded, they are connected when that was said.
    """
    if announcing.notice_due(turn, call):
        call = announcing.notice_first(turn, call)
    else:
        turn.order(JoinCaller(call.id, offer.agent, offer.leg))
    turn.note(call.id, "responsible", offer.agent, leg=offer.leg)
    agents.change(turn, turn.agents[offer.agent], AgentState.ON_CALL, call=call.id)
    turn.put_call(
        replace(
            call,
            stage=Stage.TALKING,
            answered=True,
            hearing=Hearing.NOTHING,
            offers=(),
            offered=frozenset(),
            agent=offer.agent,
            leg=offer.leg,
            agent_joined=True,
            connected=False,
            held=False,
            back_to="",
        )
    )


def media(turn: Turn, call: Call, agent: str) -> None:
    """Sound both ways with the responsible agent: connected. Of a consulted engineer it says nothing yet."""
    if call.stage is not Stage.TALKING or call.agent != agent or call.connected:
        return
    turn.note(call.id, "connected", agent, leg=call.leg)
    turn.put_call(replace(call, connected=True, ever_connected=True))


def hold(turn: Turn, call: Call, event: HoldAsked) -> None:
    """Music for the customer and back. Asking for what is so already changes nothing."""
    if call.stage is not Stage.TALKING or call.agent != event.agent or call.consult is not None:
        raise IllegalTransition(where(call), event)
    if event.on == call.held:
        return
    if event.on:
        turn.order(HoldCaller(call.id, call.agent, call.leg))
    else:
        turn.order(JoinCaller(call.id, call.agent, call.leg))
    turn.note(call.id, "held" if event.on else "resumed", call.agent)
    turn.put_call(replace(call, held=event.on))


def where(call: Call) -> str:
    """The state of a call in words, for a refusal."""
    return f"{call.stage}{', consulting' if call.consult else ''}{f', with {call.agent}' if call.agent else ''}"


def let_go(turn: Turn, call: Call) -> Call:
    """Responsibility ends. Who talked wraps up, who did not is free again. Who comes next is the caller's business."""
    if not call.agent:
        return call
    turn.note(call.id, "released", call.agent, leg=call.leg)
    if call.connected:
        agents.wrap_up(turn, call.agent, call.id)
    else:
        agents.release(turn, call.agent)
    return replace(
        call,
        past_legs=(*call.past_legs, (call.agent, call.leg)),
        agent="",
        leg="",
        agent_joined=False,
        connected=False,
        held=False,
    )


def finish(turn: Turn, call: Call, outcome: Outcome, by: HangUpBy) -> None:
    """The call is over for everybody on it: the one outcome."""
    if call.consult is not None:
        _leave_consult(turn, call, call.consult)
    call = supervising.all_off(turn, call)
    rang = tuple(offer for offer in call.offers if offer.role is not Role.DIAL)
    if rang:
        call = ringing.withdraw_all(turn, replace(call, offers=rang), "caller_gone")
    elif call.back_to:
        agents.release(turn, call.back_to)
    let_go(turn, call)
    turn.order(EndTheCall(call.id), CallOver(call.id, outcome, by))
    if outcome is Outcome.ABANDONED:
        waiting.promise(turn, call, "abandoned")
    turn.forget_call(call.id)


def _leave_consult(turn: Turn, call: Call, consult: Consult) -> None:
    if consult.offer is not None:
        ringing.withdraw(turn, call, consult.offer, "caller_gone")
    else:
        agents.release(turn, consult.engineer)
    turn.order(AbortHandover(call.id, consult.by, consult.engineer))
    turn.note(call.id, "consult_ended", consult.by, to=consult.engineer, why="caller_gone")


def caller_hung_up(turn: Turn, call: Call) -> None:
    """Anywhere, at any time. Before anything was offered or answered the caller merely cancelled."""
    turn.note(call.id, "customer_hung_up")
    if call.ever_connected:
        outcome = Outcome.ANSWERED
    elif call.stage is Stage.FAREWELL:
        outcome = Outcome.CALLBACK
    elif call.outbound:
        outcome = Outcome.FAILED
    elif call.offers_made or call.answered:
        outcome = Outcome.ABANDONED
    else:
        outcome = Outcome.CANCELLED
    finish(turn, call, outcome, HangUpBy.CUSTOMER)


def hang_up(turn: Turn, call: Call, event: HangUpAsked) -> None:
    """The responsible agent ends the call although the customer is on the line; the reason is logged."""
    if call.agent != event.agent:
        raise IllegalTransition(where(call), event)
    staff_hung_up(turn, call, event.reason)


def staff_hung_up(turn: Turn, call: Call, reason: str) -> None:
    turn.note(call.id, "staff_hung_up", call.agent, reason=reason)
    if call.ever_connected:
        outcome = Outcome.ANSWERED
    else:
        outcome = Outcome.CANCELLED if call.outbound else Outcome.FAILED
    finish(turn, call, outcome, HangUpBy.STAFF)


def agent_gone(turn: Turn, call: Call, lost: bool) -> None:
    """The responsible agent's leg ended while no engineer can take over: the customer is never left alone.

    A dead phone brings the caller back to the same agent first; a hang-up on a caller he talked to ends the call; one
    on a caller he never heard gives that caller the next agent.
    """
    if not call.customer_joined:
        if lost:
            turn.note(call.id, "dial_failed", call.agent, why="device_lost")
            finish(turn, call, Outcome.FAILED, HangUpBy.SYSTEM)
        else:
            staff_hung_up(turn, call, "phone")
    elif lost:
        _back_to_the_same(turn, call)
    elif call.connected:
        staff_hung_up(turn, call, "phone")
    else:
        turn.put_call(back_to_front(let_go(turn, call)))


def back_to_front(call: Call) -> Call:
    """The call waits again, before everybody else."""
    return replace(
        call, stage=Stage.WAITING, hearing=Hearing.NOTHING, offers=(), offered=frozenset(), front=True, back_to=""
    )


def _back_to_the_same(turn: Turn, call: Call) -> None:
    agent = call.agent
    turn.note(call.id, "released", agent, leg=call.leg)
    agents.change(turn, turn.agents[agent], AgentState.RESERVED, call=call.id)
    call = replace(
        back_to_front(call),
        past_legs=(*call.past_legs, (agent, call.leg)),
        agent="",
        leg="",
        agent_joined=False,
        connected=False,
        held=False,
        back_to=agent,
        back_until=turn.now + turn.settings.same_agent_s,
    )
    if agent in turn.phones:
        ring_again(turn, call)
    else:
        turn.put_call(waiting.announce(turn, call, "waiting"))


def ring_again(turn: Turn, call: Call) -> None:
    """Ring the phone of the agent this call comes back to; a leg that never said 180 belonged to the dead phone."""
    if call.offer is not None:
        call = drop_silent_offer(turn, call, call.offer)
    call = ringing.let_hear_ringing(turn, call)
    call, offer = ringing.ring(turn, call, turn.agents[call.back_to], Role.OFFER)
    turn.put_call(replace(call, offers=(offer,)))


def drop_silent_offer(turn: Turn, call: Call, offer: Offer) -> Call:
    """Forget a leg to a dead phone without blaming the agent, who is waited for."""
    turn.order(ringing.WithdrawOffer(call.id, offer.agent, offer.leg, "unreachable"))
    turn.note(call.id, "withdrawn", offer.agent, leg=offer.leg, why="unreachable")
    person = turn.agents[offer.agent]
    if person.state is AgentState.RINGING:
        agents.change(turn, person, AgentState.RESERVED, call=call.id)
    return replace(call, offers=(), past_legs=(*call.past_legs, (offer.agent, offer.leg)))


def give_up_the_same(turn: Turn, call: Call) -> None:
    """The agent's phone did not come back in time: the caller goes to the front of the queue."""
    if call.offer is not None:
        call = drop_silent_offer(turn, call, call.offer)
    agents.lose(turn, turn.agents[call.back_to], StateReason.DEVICE_LOST)
    turn.put_call(back_to_front(call))


# ---- dialled out, adopted -------------------------------------------------------------------------------------


def dial(turn: Turn, event: DialledOut) -> None:
    """An agent dials a customer: his from the start. What he was before comes again after the call."""
    person = agents.known(turn, event.agent, event)
    allowed = (AgentState.READY, AgentState.NOT_READY, AgentState.NOT_RESPONDING)
    if person.state not in allowed or event.agent not in turn.phones or event.call in turn.calls:
        raise IllegalTransition(str(person.state), event)
    call = Call(
        event.call, "", event.number, "", arrived=turn.now, stage=Stage.DIALLING, outbound=True, agent=event.agent,
        customer_joined=False, deadline=turn.now + turn.settings.dial_s,
    )  # fmt: skip
    call, leg = ringing.next_leg(turn, call)
    turn.note(call.id, "dialled", event.agent, number=event.number, leg=leg, task=event.task)
    turn.note(call.id, "responsible", event.agent, leg=leg)
    turn.order(DialCustomer(call.id, event.agent, leg, event.number))
    supervising.take_part(turn, person, call)
    turn.put_call(replace(call, leg=leg, offers=(Offer(event.agent, leg, Role.DIAL, turn.now),)))


def own_phone_answered(turn: Turn, call: Call) -> None:
    """The dialling agent's own phone is in the call; the customer's rings or talks already."""
    turn.put_call(replace(call, offers=(), agent_joined=True))


def own_phone_failed(turn: Turn, call: Call, offer: Offer, why: str) -> None:
    """The dialling agent's own phone did not answer."""
    turn.note(call.id, "dial_failed", offer.agent, why=f"own_phone_{why}")
    turn.order(ringing.WithdrawOffer(call.id, offer.agent, offer.leg, why))
    if call.customer_joined:
        turn.put_call(back_to_front(let_go(turn, call)))
        return
    finish(turn, replace(call, offers=()), Outcome.FAILED, HangUpBy.SYSTEM)
    if why == "unreachable":
        agents.lose(turn, turn.agents[offer.agent], StateReason.DEVICE_LOST)


def customer_answered(turn: Turn, call: Call) -> None:
    if call.stage is not Stage.DIALLING:
        return
    turn.order(JoinCaller(call.id, call.agent, call.leg))
    turn.put_call(replace(call, stage=Stage.TALKING, answered=True, customer_joined=True, deadline=None))


def customer_failed(turn: Turn, call: Call, event: CustomerLegFailed) -> None:
    """Busy, no answer, invalid: nobody talked, so there is nothing to wrap up."""
    if call.stage is not Stage.DIALLING:
        return
    turn.note(call.id, "dial_failed", call.agent, why=event.why)
    finish(turn, call, Outcome.FAILED, HangUpBy.CUSTOMER)


def adopt(turn: Turn, event: Adopted) -> None:
    """After a restart: a call found at the exchange, with its agent or waiting. His desk may sign in later."""
    if event.call in turn.calls:
        return
    call = Call(
        event.call, event.from_number, event.to_number, event.queue, arrived=event.since, answered=True,
        promise_started=True, hearing=Hearing.MUSIC, front=True,
    )  # fmt: skip
    if not event.agent:
        turn.put_call(call)
        return
    person = turn.agents.get(event.agent, Agent(event.agent))
    if person.state is AgentState.WRAP_UP:
        agents.wrap_up_over(turn, person, "adopted")
    elif person.state in agents.BUSY:  # one agent talks on one bridge: whoever this leg is, it is not he
        turn.order(DropLeg(event.call, event.agent, event.agent_leg))
        turn.put_call(call)
        return
    person = turn.agents.get(event.agent, person)
    turn.note(event.call, "adopted", event.agent, leg=event.agent_leg)
    agents.change(turn, person, AgentState.ON_CALL, call=event.call)
    turn.put_call(
        replace(
            call,
            stage=Stage.TALKING,
            hearing=Hearing.NOTHING,
            agent=event.agent,
            leg=event.agent_leg,
            agent_joined=True,
            connected=True,
            ever_connected=True,
        )
    )
