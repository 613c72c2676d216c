# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call goes by the plan: the blacklist, the dialled number, the hours, and every kind of destination.

`arrived` and `send` are the only ways into a queue, a menu, a voicemail or out of the house; the dry run takes them
too. A call is sent on HOPS times at most, whatever the plan says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from models.kinds import HangUpBy, Outcome
from models.rules import hours, reached
from models.rules.plan import Destination, DestinationKind, QueuePlan
from telephony.calls import CallArrived, CallOver, RefuseCaller
from telephony.routing import announcing, callbacks, menu, outside, queues, ringing, talking, voicemail, waiting
from telephony.routing.floor import Agent, Call, Hearing, IllegalTransition, Stage, Turn
from telephony.routing.way import Saying

HOPS = 16
DECLINED = 603
NOT_NOW = 480
UNAVAILABLE = ("unavailable",)


def arrived(turn: Turn, event: CallArrived) -> None:
    """A new caller: refused, or sent where the plan says. With a queue given he takes his place in it at once."""
    if event.queue:
        waiting.arrived(turn, event)
        return
    if event.call in turn.calls:
        raise IllegalTransition(str(turn.calls[event.call].stage), event)
    entry = reached.number_of(turn.plan, event.to_number)
    call = Call(event.call, event.from_number, event.to_number, "", event.skills, turn.now)
    language = entry.language if entry is not None else call.way.language
    call = turn.put_call(replace(call, way=replace(call.way, planned=True, language=language)))
    refused = reached.blocked(turn.plan, event.from_number, turn.now)
    if refused is not None:
        turn.note(call.id, "blocked", prefix=refused.prefix, why=refused.why)
        end(turn, call, (refused.prompt,), Outcome.BLOCKED, DECLINED)
    elif turn.plan.emergency:
        turn.note(call.id, "closed", calendar="", why="house_emergency")
        end(turn, call, (turn.plan.emergency,), Outcome.CLOSED, NOT_NOW)
    elif entry is not None:
        send(turn, call, entry.destination)
    else:
        send(turn, call, first_queue(turn, call))


def first_queue(turn: Turn, call: Call) -> Destination:
    """The queue of a call that nothing else claims; in a house without a plan the dialled number names its queue."""
    queue = turn.plan.first or next(iter(turn.plan.queues), "") or call.to_number
    return Destination(DestinationKind.QUEUE, queue)


def end(turn: Turn, call: Call, prompts: tuple[str, ...], outcome: Outcome, code: int = NOT_NOW) -> None:
    """Last words and the end; without words, who was not answered yet is refused with this SIP status."""
    if any(prompts):
        announcing.farewell(turn, call, prompts, outcome)
        return
    turn.note(call.id, "announced", prompts=[], language=call.way.language)  # he was told nothing
    if call.answered:
        talking.finish(turn, call, outcome, HangUpBy.SYSTEM)
    else:
        turn.order(RefuseCaller(call.id, code), CallOver(call.id, outcome, HangUpBy.SYSTEM))
        turn.forget_call(call.id)


def unavailable(turn: Turn, call: Call) -> None:
    """There is nowhere left to send him: told so, and in the recall list when the house was open."""
    if not call.way.closed:
        call = waiting.promise(turn, call, "unserved")
    end(turn, call, UNAVAILABLE, Outcome.CLOSED if call.way.closed else Outcome.FAILED)


def send(turn: Turn, call: Call, to: Destination) -> None:
    """Send a caller on, the destination's prompt said before."""
    way = replace(
        call.way, hops=call.way.hops + 1, onward=None, menu="", until=None, saying=Saying.NOTHING, with_notice=False
    )
    call = turn.put_call(replace(call, way=way))
    if way.hops > HOPS:
        unavailable(turn, call)
    elif to.prompt and to.kind not in (DestinationKind.ANNOUNCE, DestinationKind.HANG_UP):
        call = announcing.say(turn, call, (to.prompt,), Saying.ONWARD)
        turn.put_call(replace(call, stage=Stage.TOLD, way=replace(call.way, onward=replace(to, prompt=""))))
    else:
        _arrive_at(turn, call, to)


def _arrive_at(turn: Turn, call: Call, to: Destination) -> None:
    ending = Outcome.CLOSED if call.way.closed else Outcome.OVERFLOWED
    match to.kind:
        case DestinationKind.QUEUE:
            enter(turn, call, to.target)
        case DestinationKind.MENU:
            chosen = turn.plan.menus.get(to.target)
            if chosen is None:
                unavailable(turn, call)
            else:
                menu.enter(turn, call, chosen)
        case DestinationKind.NUMBER:
            outside.send(turn, call, to.target)
        case DestinationKind.PERSON:
            _ring_person(turn, call, to.target)
        case DestinationKind.VOICEMAIL:
            voicemail.greet(turn, call, to.target)
        case DestinationKind.CALLBACK:
            _note_number(turn, call, to.target)
        case DestinationKind.ANNOUNCE:
            end(turn, call, (to.prompt, to.target), ending)
        case DestinationKind.HANG_UP:
            end(turn, call, (to.prompt,), ending)
        case _:
            assert_never(to.kind)


def _note_number(turn: Turn, call: Call, queue: str) -> None:
    if callbacks.offered_by(turn, queue) or not call.number:
        callbacks.keep_place(turn, call, queue)
    else:
        call = waiting.promise(turn, call, "asked")
        announcing.farewell(turn, call, (callbacks.CONFIRMED,), Outcome.CALLBACK)


# ---- a colleague ----------------------------------------------------------------------------------------------


def _ring_person(turn: Turn, call: Call, target: str) -> None:
    """Ring this colleague if he is free; who is not served by him goes on to his queue, or to the first one."""
    if not call.queue:
        onward = first_queue(turn, call)
        call = replace(call, queue=onward.target, way=replace(call.way, onward=onward))
    call = turn.put_call(replace(call, stage=Stage.WAITING))
    person = colleague(turn, target)
    if person is not None and queues.free(turn, person):
        ringing.offer_call(turn, call, person)


def colleague(turn: Turn, target: str) -> Agent | None:
    """The colleague with this number or extension."""
    named = turn.agents.get(target)
    return named or next((each for each in turn.agents.values() if each.extension == target), None)


# ---- a queue --------------------------------------------------------------------------------------------------


def enter(turn: Turn, call: Call, queue: str) -> None:
    """Into a queue, unless it is closed or full. Welcome and notice are said before anybody is rung."""
    plan = turn.plan.queues.get(queue)
    before = call.queue
    call = replace(
        call, queue=queue, stage=Stage.WAITING, unserved=False, offered=frozenset(),
        way=replace(call.way, entered=turn.now, next_position=None),
    )  # fmt: skip
    if plan is None:
        turn.note(call.id, "queued", queue=queue)
        turn.put_call(replace(call, way=replace(call.way, closed=False)))
    elif (shut := closed(turn, plan)) is not None:
        call = turn.put_call(replace(call, queue=before, way=replace(call.way, closed=True)))
        _turn_away(turn, call, plan, shut)
    elif _full(turn, call, plan):
        turn.note(call.id, "queued", queue=queue)
        overflow(turn, turn.put_call(call), plan, "max_waiting", plan.overflow)
    else:
        turn.note(call.id, "queued", queue=queue)
        _welcome(turn, replace(call, way=replace(call.way, closed=False)), plan)


def closed(turn: Turn, plan: QueuePlan) -> tuple[str, str] | None:
    """(why, words) while this queue takes nobody, None while it does."""
    if plan.emergency:
        return "emergency", plan.emergency_prompt
    calendar = turn.plan.calendars.get(plan.calendar)
    if calendar is None:
        return None
    now = hours.at(calendar, turn.now)
    return None if now.open else (now.why, "closed_holiday" if now.why == "holiday" else "closed")


def _turn_away(turn: Turn, call: Call, plan: QueuePlan, shut: tuple[str, str]) -> None:
    why, words = shut
    turn.note(call.id, "closed", calendar=plan.calendar, why=why)
    to = plan.closed
    if to is None or (why == "emergency" and to.kind is DestinationKind.ANNOUNCE):
        end(turn, call, (words,), Outcome.CLOSED)
    elif why == "emergency":
        send(turn, call, replace(to, prompt=words))
    else:
        send(turn, call, to)


def _full(turn: Turn, call: Call, plan: QueuePlan) -> bool:
    if not plan.max_waiting or plan.overflow is None or plan.queue in call.way.overflowed:
        return False
    waiting_now = sum(
        each.stage is Stage.WAITING and each.queue == plan.queue and each.id != call.id and not each.offers
        for each in turn.calls.values()
    )
    return waiting_now >= plan.max_waiting


def _welcome(turn: Turn, call: Call, plan: QueuePlan) -> None:
    notice = announcing.NOTICE if announcing.notice_due(turn, call) else ""
    if not plan.welcome and not (notice and call.answered):
        turn.put_call(replace(call, hearing=call.hearing if call.answered else Hearing.NOTHING))
        return
    call = announcing.say(turn, call, (plan.welcome, notice), Saying.ONWARD)
    turn.put_call(replace(call, stage=Stage.TOLD))


def overflow(turn: Turn, call: Call, plan: QueuePlan, why: str, to: Destination | None) -> None:
    """The queue sends a caller on, once. `why`: max_wait | max_waiting | unserved."""
    if to is None:
        return
    turn.note(call.id, "overflowed", queue=plan.queue, why=why, to=f"{to.kind}:{to.target}")
    way = replace(call.way, overflowed=call.way.overflowed | {plan.queue})
    send(turn, turn.put_call(replace(call, way=way)), to)
