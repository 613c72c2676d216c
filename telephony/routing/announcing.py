# SPDX-License-Identifier: GPL-3.0-or-later
"""Words said to a caller by the plan: prompts in his language, his place and expected wait, the recording notice.

Nothing here decides where a call goes; what follows the words stands in `Way.saying` and is done by `steering`.
"""

from __future__ import annotations

from dataclasses import replace

from models.kinds import Outcome
from models.rules.plan import QueuePlan
from telephony.calls import Say
from telephony.routing import queues
from telephony.routing.floor import Call, Hearing, Stage, Turn
from telephony.routing.pace import expected_s
from telephony.routing.way import Saying

WORDS_S = 60.0  # words nobody heard the end of are taken for through after this
NEWS_S = 25.0
NOTICE_S = 15.0
NUMBERS_TO = 59  # the highest number there is a prompt for
NOTICE = "recording_notice"


def plan_of(turn: Turn, call: Call) -> QueuePlan | None:
    return turn.plan.queues.get(call.queue)


def say(
    turn: Turn, call: Call, prompts: tuple[str, ...], saying: Saying, then: str = "music", within_s: float = WORDS_S
) -> Call:
    """Order the words; a caller who was not answered is answered by them. A new Say replaces an old one."""
    prompts = tuple(prompt for prompt in prompts if prompt)
    turn.order(Say(call.id, prompts, call.way.language, then))
    turn.note(call.id, "announced", prompts=list(prompts), language=call.way.language)
    way = replace(call.way, saying=saying, until=turn.now + within_s, with_notice=NOTICE in prompts)
    return replace(call, answered=True, hearing=Hearing.MUSIC, way=way)


def farewell(turn: Turn, call: Call, prompts: tuple[str, ...], outcome: Outcome) -> Call:
    """The last words; the call ends with this outcome when they are through."""
    call = say(turn, call, prompts, Saying.FAREWELL, "silence")
    way = replace(call.way, ends=outcome, onward=None)
    return turn.put_call(replace(call, stage=Stage.FAREWELL, deadline=None, way=way))


def quiet(call: Call) -> Call:
    """The words are through, or nobody waits for their end any more."""
    said = call.way.notice_said or (call.way.with_notice and call.way.saying is not Saying.NOTHING)
    way = replace(call.way, saying=Saying.NOTHING, until=None, with_notice=False, notice_said=said)
    return replace(call, way=way)


# ---- the recording notice -------------------------------------------------------------------------------------


def notice_due(turn: Turn, call: Call) -> bool:
    """Whether «this call is recorded» must be said before this caller is joined with anybody."""
    plan = plan_of(turn, call)
    return plan is not None and plan.recording_notice and plan.record and not call.way.notice_said


def notice_first(turn: Turn, call: Call) -> Call:
    """Say the notice while the agent waits on his phone; JoinCaller follows when it is through."""
    if call.way.with_notice and call.way.saying is Saying.NEWS:  # it is being said this moment
        return replace(call, way=replace(call.way, saying=Saying.NOTICE, until=turn.now + NOTICE_S))
    return say(turn, call, (NOTICE,), Saying.NOTICE, "silence", NOTICE_S)


# ---- place and expected wait ----------------------------------------------------------------------------------


def number(value: int) -> str:
    """The prompt that says this number."""
    return f"number-{min(value, NUMBERS_TO)}"


def place_of(turn: Turn, call: Call) -> int:
    """Which one he is among those of his queue who wait and ring nobody, 1 is the next."""
    before = 1
    for other in queues.waiting_in_order(turn):
        if other.id == call.id:
            break
        before += other.queue == call.queue
    return before


def expected_wait(turn: Turn, call: Call, place: int) -> float | None:
    """Seconds until he may expect a person, by the running pace of his queue; None when nobody serves it."""
    return expected_s(turn.pace, call.queue, place - 1, queues.serving(turn, call))


def position_words(place: int, expected: float | None) -> tuple[str, ...]:
    """Prompts: «you are number three», and «in about five minutes» when that is known."""
    words = ("position", number(place)) if place <= NUMBERS_TO else ("position_far",)
    if expected is None:
        return words
    minutes = round(expected / 60)
    if minutes < 1:
        return (*words, "wait_short")
    if minutes > NUMBERS_TO:
        return (*words, "wait_long")
    return (*words, "wait_about", number(minutes), "wait_minute" if minutes == 1 else "wait_minutes")


def position(turn: Turn, call: Call) -> Call:
    """Say place and expected wait when it is time for it; never over other words."""
    plan = plan_of(turn, call)
    if plan is None or plan.position_every_s <= 0 or call.hearing is not Hearing.MUSIC:
        return call
    if call.way.next_position is None:
        return replace(call, way=replace(call.way, next_position=turn.now + plan.position_every_s))
    if call.way.saying is not Saying.NOTHING or turn.now < call.way.next_position:
        return call
    place = place_of(turn, call)
    expected = expected_wait(turn, call, place) if plan.say_expected_wait else None
    turn.note(call.id, "position", place=place, expected_s=None if expected is None else round(expected, 1))
    call = say(turn, call, position_words(place, expected), Saying.NEWS, within_s=NEWS_S)
    return replace(call, way=replace(call.way, next_position=turn.now + plan.position_every_s))
