# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers who wait: announcement and music, their place, nobody reachable, the recall list, and who is served when.

Call-backs that are owed wait among them: they hear nothing, and are rung or dialled when their turn comes.
"""

from __future__ import annotations

from dataclasses import replace

from models.rules import hours
from models.rules.plan import Callback, QueuePlan
from telephony.calls import AlarmSupervisor, AnswerAndWait, CallArrived, CallBack, PromiseCallback
from telephony.routing import announcing, queues, ringing
from telephony.routing.floor import Call, Hearing, IllegalTransition, Role, Stage, Turn
from telephony.routing.way import Owed, Saying

CALLBACK_RINGS_S = 45.0  # how long a customer who is called back may let it ring
ASK_AGAIN_S = 60.0  # whether a queue that is closed by hand works again
PROMPTS = {"promised": "callback_noted"}


def arrived(turn: Turn, event: CallArrived) -> None:
    """A new caller takes his place in the queue; `serve` then rings somebody or lets him wait."""
    if event.call in turn.calls:
        raise IllegalTransition(str(turn.calls[event.call].stage), event)
    turn.note(event.call, "queued", queue=event.queue)
    turn.put_call(Call(event.call, event.from_number, event.to_number, event.queue, event.skills, turn.now))


def serve(turn: Turn, again: bool = False) -> None:
    """Give every waiting call, in order, the agent it can have; who gets none hears why. `again`: only those for whom
    somebody became free after the first time."""
    for id in queues.to_serve(turn, again):
        call = turn.calls.get(id)
        if call is None or not call.waits:
            continue
        if call.owed is not None and not call.owed.reached:
            _serve_owed(turn, call, call.owed)
            continue
        choice = queues.choose(turn, call)
        if choice is None:
            let_wait(turn, call)
            continue
        if choice.new_round:
            if len(call.offered) > 1:
                turn.order(AlarmSupervisor("all_missed", call.id))
            call = replace(call, offered=frozenset())
        ringing.offer_chosen(turn, call, choice)


def let_wait(turn: Turn, call: Call) -> None:
    """Announcement and music, once. NOBODY REACHABLE: said at once, supervisor alarmed, number in the recall list."""
    if queues.somebody_there(turn, call):
        if call.hearing is not Hearing.MUSIC:
            call = announce(turn, call, "waiting")
    elif not call.unserved:
        call = announce(turn, call, "nobody")
        turn.order(AlarmSupervisor("nobody_reachable", call.id))
        call = replace(promise(turn, call, "unserved"), unserved=True)
    elif call.hearing is not Hearing.MUSIC:
        call = announce(turn, call, "nobody")
    turn.put_call(announcing.position(turn, call))


def _serve_owed(turn: Turn, call: Call, owed: Owed) -> None:
    """A call-back's turn: its agent's phone first, or its customer's when as many agents are free as are dialled for.

    Outside the queue's hours nobody is called back."""
    plan = announcing.plan_of(turn, call)
    if owed.not_before > turn.now:
        return
    opens = opens_at(turn, plan)
    if opens > turn.now:
        turn.put_call(replace(call, owed=replace(owed, not_before=opens)))
        return
    choice = queues.choose(turn, call)
    if choice is None:
        return
    if plan is None or plan.callback is not Callback.CUSTOMER_FIRST:
        ringing.offer_chosen(turn, call, queues.first_of(choice), Role.CALLBACK)
        return
    dialled = [each for each in turn.calls.values() if _dialled_first(each) and each.queue == call.queue]
    if len(dialled) < queues.free_for(turn, call):
        turn.order(CallBack(call.id, call.number))
        turn.put_call(replace(call, stage=Stage.DIALLING, deadline=turn.now + CALLBACK_RINGS_S))


def _dialled_first(call: Call) -> bool:
    return call.owed is not None and call.stage is Stage.DIALLING and not call.agent


def opens_at(turn: Turn, plan: QueuePlan | None) -> float:
    """When the queue works: now, at its next opening, or to be asked again after a while."""
    if plan is None:
        return turn.now
    calendar = turn.plan.calendars.get(plan.calendar)
    if plan.emergency or turn.plan.emergency:
        return turn.now + ASK_AGAIN_S
    if calendar is None:
        return turn.now
    now = hours.at(calendar, turn.now)
    return turn.now if now.open else now.opens or turn.now + ASK_AGAIN_S


def announce(turn: Turn, call: Call, announcement: str) -> Call:
    """Answer the caller if that has not happened, play the announcement, then music.

    In his language where the plan knows it, and with the recording notice where it is due."""
    notice = announcing.notice_due(turn, call) and announcement != "promised"
    if notice or call.way.planned:
        words = (announcing.NOTICE if notice else "", PROMPTS.get(announcement, announcement))
        call = announcing.say(turn, call, words, Saying.NEWS, within_s=announcing.NEWS_S)
    else:
        turn.order(AnswerAndWait(call.id, announcement))
    turn.note(call.id, "waiting_answered", announcement=announcement)
    return replace(call, answered=True, hearing=Hearing.MUSIC)


def promise(turn: Turn, call: Call, why: str) -> Call:
    """Put the caller in the recall list, once. Who withheld his number cannot be called back."""
    if call.promised or not call.number:
        return call
    turn.order(PromiseCallback(call.id, call.number, why))
    return replace(call, promised=True)


def key_pressed(turn: Turn, call: Call, digit: str) -> None:
    """Key 1 while waiting asks for a call-back: confirmed, then the call ends. Any other key or time: nothing."""
    wanted = digit == turn.settings.callback_key and call.stage is Stage.WAITING and call.answered and not call.back_to
    if not wanted or not call.number:
        return
    call = ringing.withdraw_all(turn, call, "not_needed")
    call = announce(turn, promise(turn, call, "asked"), "promised")
    turn.put_call(replace(call, stage=Stage.FAREWELL, deadline=turn.now + turn.settings.promised_s))


def alarm_long_wait(turn: Turn, call: Call) -> None:
    """The supervisor hears once of a caller who waits too long."""
    turn.order(AlarmSupervisor("long_wait", call.id))
    turn.put_call(replace(call, long_wait_alarmed=True))
