# SPDX-License-Identifier: GPL-3.0-or-later
"""THE CALL-BACK THAT KEEPS ITS PLACE. The caller hangs up, a call of its own waits on for him from his first instant.

It begins in `keep_place` (by key, or where the plan sends him) or with CallbackQueued (a wish from the web; after a
restart), and there is never a second one for the same number in the same queue. `waiting.serve` rings the agent or
dials the customer when its turn has come. Busy and no answer: again after a while, so often, then it is over; the
task in the recall list stays. Every call-back ends with one CallbackOver: reached | failed | withdrawn.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import AgentState, HangUpBy, Outcome
from models.rules.plan import Callback
from models.rules.reached import canonical
from telephony.calls import (
    CallBack,
    CallbackOver,
    CallbackQueued,
    CustomerLegFailed,
    EndTheCall,
    JoinCaller,
    QueueCallback,
)
from telephony.routing import agents, announcing, talking, waiting
from telephony.routing.floor import Call, Hearing, Offer, Stage, Turn
from telephony.routing.way import Owed, Saying

ATTEMPTS = 3  # of a queue that the plan does not name
RETRY_S = 300.0
CUT_OFF_RETRY_S = 10.0  # the agent was lost while the customer was dialled
CONFIRMED = "callback_noted"
HERE_WE_ARE = "callback_here"


def offered_by(turn: Turn, queue: str) -> bool:
    """Whether this queue calls back in turn; otherwise a number only goes to the recall list."""
    plan = turn.plan.queues.get(queue)
    return plan is not None and plan.callback is not Callback.OFF


def keep_place(turn: Turn, call: Call, queue: str) -> None:
    """He is told that he will be called back; the call-back waits in his place. Without a number it cannot be."""
    if not call.number:
        announcing.farewell(turn, call, ("callback_no_number",), _unserved(call))
        return
    call = waiting.promise(turn, call, "asked")
    if _waiting_for(turn, call.number, queue) is None:
        n = sum(each.startswith(f"cb-{call.id}-") for each in turn.calls) + 1
        owed = CallbackQueued(f"cb-{call.id}-{n}", call.number, queue, call.arrived, call.id, call.level, call.customer)
        queued(turn, owed)
    announcing.farewell(turn, call, (CONFIRMED,), Outcome.CALLBACK)


def _unserved(call: Call) -> Outcome:
    return Outcome.CLOSED if call.way.closed else Outcome.FAILED


def _waiting_for(turn: Turn, number: str, queue: str) -> Call | None:
    wanted = canonical(number)
    owed = (each for each in turn.calls.values() if each.owed is not None and each.queue == queue)
    return next((each for each in owed if canonical(each.number) == wanted), None)


def queued(turn: Turn, event: CallbackQueued) -> None:
    """A call-back takes its place. One that is on already, or a second one for the number, is none."""
    known = turn.calls.get(event.call)
    if known is not None:
        if known.owed is None and known.agent:  # found talking after a restart
            _over(turn, event.call, event.of_call, "reached")
        return
    if _waiting_for(turn, event.number, event.queue) is not None:
        turn.order(CallbackOver(event.call, event.of_call, "withdrawn"))
        return
    turn.order(QueueCallback(event))
    turn.note(
        event.call, "callback_waits", number=event.number, queue=event.queue, since=event.since,
        of_call=event.of_call, attempts=event.attempts,
    )  # fmt: skip
    turn.put_call(
        Call(
            event.call,
            "",
            event.number,
            event.queue,
            arrived=event.since,
            outbound=True,
            customer_joined=False,
            customer=event.customer,
            level=event.level,
            long_wait_alarmed=True,
            owed=Owed(event.of_call, event.attempts),
        )
    )


def _over(turn: Turn, call: str, of_call: str, why: str) -> None:
    turn.note(call, "callback_over", of_call=of_call, why=why)
    turn.order(CallbackOver(call, of_call, why))


def agent_answered(turn: Turn, call: Call, offer: Offer) -> None:
    """The agent is on his phone: now the customer's number is dialled. The call is his from here."""
    turn.note(call.id, "responsible", offer.agent, leg=offer.leg)
    turn.order(CallBack(call.id, call.number, offer.agent))
    agents.change(turn, turn.agents[offer.agent], AgentState.ON_CALL, call=call.id)
    turn.put_call(
        replace(
            call,
            stage=Stage.DIALLING,
            offers=(),
            offered=frozenset(),
            agent=offer.agent,
            leg=offer.leg,
            agent_joined=True,
            deadline=turn.now + waiting.CALLBACK_RINGS_S,
        )
    )


def customer_answered(turn: Turn, call: Call, owed: Owed) -> None:
    """The customer is there: joined with the agent who waits for him, or first in line for the next free one."""
    if call.stage is not Stage.DIALLING:
        return
    _over(turn, call.id, owed.of_call, "reached")
    call = replace(
        call, owed=replace(owed, reached=True), answered=True, customer_joined=True, deadline=None,
        hearing=Hearing.NOTHING,
    )  # fmt: skip
    notice = announcing.notice_due(turn, call)
    if call.agent:
        if notice:
            call = replace(announcing.notice_first(turn, call), hearing=Hearing.NOTHING)
        else:
            turn.order(JoinCaller(call.id, call.agent, call.leg))
        turn.put_call(replace(call, stage=Stage.TALKING))
        return
    words = (HERE_WE_ARE, announcing.NOTICE if notice else "")
    call = announcing.say(turn, call, words, Saying.NEWS, "music", announcing.NEWS_S)
    turn.put_call(replace(call, stage=Stage.WAITING, front=True, promise_started=False))


def customer_failed(turn: Turn, call: Call, owed: Owed, event: CustomerLegFailed) -> None:
    """Busy, no answer: again after a while, or over."""
    if call.stage is Stage.DIALLING:
        turn.note(call.id, "dial_failed", call.agent, why=event.why)
        _again(turn, call, owed, attempt=True)


def agent_gone(turn: Turn, call: Call, owed: Owed) -> None:
    """His phone ended while the customer's rang: nobody is left alone on the line, and it is tried again."""
    turn.note(call.id, "dial_failed", call.agent, why="agent_gone")
    _again(turn, call, owed, attempt=False)


def _again(turn: Turn, call: Call, owed: Owed, *, attempt: bool) -> None:
    plan = announcing.plan_of(turn, call)
    attempts = owed.attempts + attempt
    most = plan.callback_attempts if plan is not None else ATTEMPTS
    if attempts >= most:
        _over(turn, call.id, owed.of_call, "failed")
        talking.finish(turn, call, Outcome.FAILED, HangUpBy.SYSTEM)
        return
    call = talking.let_go(turn, call)
    turn.order(EndTheCall(call.id))
    wait = (plan.callback_retry_s if plan is not None else RETRY_S) if attempt else CUT_OFF_RETRY_S
    owed = replace(owed, attempts=attempts, not_before=turn.now + wait)
    turn.note(
        call.id, "callback_waits", number=call.number, queue=call.queue, since=call.arrived, of_call=owed.of_call,
        attempts=attempts,
    )  # fmt: skip
    turn.put_call(replace(call, stage=Stage.WAITING, deadline=None, owed=owed, hearing=Hearing.NOTHING))
