# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers who wait: announcement and music, nobody reachable, the call-back by key 1, and who is served when."""

from __future__ import annotations

from dataclasses import replace

from telephony.calls import AlarmSupervisor, AnswerAndWait, CallArrived, PromiseCallback
from telephony.routing import queues, ringing
from telephony.routing.floor import Call, Hearing, IllegalTransition, Stage, Turn


def arrived(turn: Turn, event: CallArrived) -> None:
    """A new caller takes his place in the queue; `serve` then rings somebody or lets him wait."""
    if event.call in turn.calls:
        raise IllegalTransition(str(turn.calls[event.call].stage), event)
    turn.note(event.call, "queued", queue=event.queue)
    turn.put_call(Call(event.call, event.from_number, event.to_number, event.queue, event.skills, turn.now))


def serve(turn: Turn) -> None:
    """Give every waiting call, in order, the agent it can have; who gets none hears why."""
    for call in queues.waiting_in_order(turn):
        person, new_round = queues.choose_for(turn, call)
        if person is None:
            let_wait(turn, call)
            continue
        if new_round:
            if len(call.offered) > 1:
                turn.order(AlarmSupervisor("all_missed", call.id))
            call = replace(call, offered=frozenset())
        ringing.offer_call(turn, call, person)


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
    turn.put_call(call)


def announce(turn: Turn, call: Call, announcement: str) -> Call:
    """Answer the caller if that has not happened, play the announcement, then music."""
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
