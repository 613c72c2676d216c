# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a caller on his way: words are through, a key, time, the far end outside, hanging up.

Each function gives True when the event was its business; what it leaves goes the way of calls with people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models.kinds import HangUpBy, Outcome
from models.rules.plan import Destination
from telephony.calls import (
    AgentLegGone,
    CallerHungUp,
    CustomerAnswered,
    CustomerLegFailed,
    HangUpAsked,
    JoinCaller,
    OutsideAnswered,
    OutsideFailed,
    PlayRingback,
)
from telephony.routing import (
    admission,
    announcing,
    callbacks,
    menu,
    outside,
    queues,
    ringing,
    talking,
    voicemail,
    waiting,
)
from telephony.routing.floor import Call, Floor, Hearing, Stage, Turn
from telephony.routing.way import Saying

ON_HIS_WAY = frozenset({Stage.TOLD, Stage.MENU, Stage.MESSAGE, Stage.OUTSIDE, Stage.FAREWELL})


def _go(turn: Turn, call: Call, to: Destination | None) -> None:
    if to is not None:
        admission.send(turn, turn.calls[call.id], to)


# ---- words ----------------------------------------------------------------------------------------------------


def through(turn: Turn, call: Call) -> None:
    """The words that were being said are through. Of words that something else has replaced nothing follows."""
    saying = call.way.saying
    if saying is Saying.NOTHING:
        return
    if saying is Saying.MENU and call.stage is Stage.MENU:
        menu.listen(turn, call)
        return
    call = turn.put_call(announcing.quiet(call))
    if saying is Saying.ONWARD and call.stage is Stage.TOLD:
        onward = call.way.onward
        if onward is not None:
            admission.send(turn, call, onward)
        else:
            turn.put_call(replace(call, stage=Stage.WAITING))
    elif saying is Saying.GREETING and call.stage is Stage.MESSAGE:
        voicemail.begin(turn, call)
    elif saying is Saying.FAREWELL and call.stage is Stage.FAREWELL:
        talking.finish(turn, call, call.way.ends or Outcome.FAILED, HangUpBy.SYSTEM)
    elif saying is Saying.NOTICE and call.stage is Stage.TALKING:
        if not call.held and call.consult is None:
            turn.order(JoinCaller(call.id, call.agent, call.leg))
    elif saying is Saying.NEWS and call.stage is Stage.WAITING and call.hearing is Hearing.RINGING:
        turn.order(PlayRingback(call.id, answered=True))


def key(turn: Turn, call: Call, digit: str) -> None:
    """A key in a menu, at the end of a message, or while waiting."""
    if call.stage is Stage.MENU:
        _go(turn, call, menu.pressed(turn, call, digit))
    elif call.stage is Stage.MESSAGE and digit == voicemail.END_KEY and call.way.message_since is not None:
        voicemail.end(turn, call, HangUpBy.SYSTEM)
    elif _keeps_place(turn, call, digit):
        call = ringing.withdraw_all(turn, call, "not_needed")
        callbacks.keep_place(turn, turn.put_call(call), call.queue)
    elif call.owed is None:
        waiting.key_pressed(turn, call, digit)


def _keeps_place(turn: Turn, call: Call, digit: str) -> bool:
    waits = call.stage is Stage.WAITING and call.answered and not call.back_to and call.owed is None
    wanted = digit == turn.settings.callback_key and bool(call.number)
    return waits and wanted and callbacks.offered_by(turn, call.queue)


# ---- time -----------------------------------------------------------------------------------------------------


def deadlines(floor: Floor, call: Call) -> Iterator[float]:
    """When time alone does something to this call because of the plan."""
    if call.way.until is not None:
        yield call.way.until
    if call.stage is not Stage.WAITING or call.offers or call.back_to:
        return
    plan = floor.plan.queues.get(call.queue)
    if call.owed is not None and not call.owed.reached:
        if call.owed.not_before > 0:
            yield call.owed.not_before
        return
    if plan is None:
        return
    if plan.max_wait_s > 0 and plan.overflow is not None and plan.queue not in call.way.overflowed:
        yield waited_since(call) + plan.max_wait_s
    if call.way.next_position is not None and call.way.saying is Saying.NOTHING:
        yield call.way.next_position


def waited_since(call: Call) -> float:
    return call.arrived if call.way.entered is None else call.way.entered


def time(turn: Turn, call: Call) -> bool:
    """What is overdue: words whose end nobody told, a key that did not come, the longest message, no answer outside."""
    if call.way.until is None or call.way.until > turn.now:
        return _wait_goes_on(turn, call)
    if call.way.saying is not Saying.NOTHING:
        through(turn, call)
    elif call.stage is Stage.MENU:
        _go(turn, call, menu.nothing_pressed(turn, call))
    elif call.stage is Stage.MESSAGE:
        voicemail.end(turn, call, HangUpBy.SYSTEM)
    elif call.stage is Stage.OUTSIDE:
        if outside.rang_too_long(turn, call):
            _goes_on(turn, turn.calls[call.id])
    else:
        turn.put_call(replace(call, way=replace(call.way, until=None)))
    return True


def _wait_goes_on(turn: Turn, call: Call) -> bool:
    """The next attempt of a call-back is due, or it is time to say the place in the queue."""
    if call.stage is not Stage.WAITING or call.offers or call.back_to:
        return False
    owed = call.owed
    if owed is not None and not owed.reached:
        if not 0 < owed.not_before <= turn.now:
            return False
        turn.put_call(replace(call, owed=replace(owed, not_before=0.0)))
        return True
    after = announcing.position(turn, call)
    if after is call:
        return False
    turn.put_call(after)
    return True


def past_deadline(turn: Turn, call: Call) -> bool:
    """A customer who is called back did not pick up."""
    if call.owed is None or call.owed.reached or call.stage is not Stage.DIALLING:
        return False
    callbacks.customer_failed(turn, call, call.owed, CustomerLegFailed(call.id, "no_answer"))
    return True


def follow(turn: Turn) -> None:
    """Who shall not wait on: his colleague did not come, he waited long enough, nobody is there."""
    if not turn.plan.queues:
        return
    for call in turn.looked_at():
        if call.stage is not Stage.WAITING or call.offers or call.back_to or call.owed is not None:
            continue
        if call.way.onward is not None:
            admission.send(turn, call, call.way.onward)
            continue
        plan = turn.plan.queues.get(call.queue)
        if plan is None or plan.queue in call.way.overflowed:
            continue
        if plan.unserved is not None and not queues.somebody_there(turn, call):
            admission.overflow(turn, call, plan, "unserved", plan.unserved)
        elif plan.max_wait_s > 0 and turn.now >= waited_since(call) + plan.max_wait_s and _nobody_free(turn, call):
            admission.overflow(turn, call, plan, "max_wait", plan.overflow)


def _nobody_free(turn: Turn, call: Call) -> bool:
    return queues.choose_for(turn, call)[0] is None


# ---- the far end ----------------------------------------------------------------------------------------------


def outside_happened(turn: Turn, call: Call, event: OutsideAnswered | OutsideFailed) -> None:
    if isinstance(event, OutsideAnswered):
        outside.answered(turn, call, event.leg)
    elif outside.gone(turn, call, event.leg, event.why):
        _goes_on(turn, turn.calls[call.id])


def _goes_on(turn: Turn, call: Call) -> None:
    """Nobody answered outside: back to the place in the queue that sent him, otherwise there is nowhere left."""
    if call.queue and not call.way.closed:
        turn.put_call(replace(call, stage=Stage.WAITING))
    else:
        admission.unavailable(turn, call)


def leg_gone(turn: Turn, call: Call, event: AgentLegGone) -> bool:
    if call.stage is Stage.OUTSIDE:
        if outside.gone(turn, call, event.leg, "gone"):
            _goes_on(turn, turn.calls[call.id])
        return True
    if call.owed is not None and call.stage is Stage.DIALLING:
        if call.agent and event.agent == call.agent and event.leg in ("", call.leg):
            callbacks.agent_gone(turn, call, call.owed)
        return True
    return call.stage in ON_HIS_WAY


def hung_up(turn: Turn, call: Call, event: CallerHungUp) -> bool:
    """The caller is gone while nobody of ours talked to him, or the customer of a call-back is."""
    if call.owed is not None:
        return _owed_hung_up(turn, call)
    if call.stage not in ON_HIS_WAY:
        return False
    turn.note(event.call, "customer_hung_up")
    closed = call.way.closed
    match call.stage:
        case Stage.MESSAGE:
            voicemail.end(turn, call, HangUpBy.CUSTOMER)
            return True
        case Stage.OUTSIDE if call.way.outside_joined:
            outcome = Outcome.OVERFLOWED
        case Stage.FAREWELL:
            outcome = call.way.ends or Outcome.CALLBACK
        case _:
            outcome = Outcome.CLOSED if closed else Outcome.ABANDONED
    talking.finish(turn, call, outcome, HangUpBy.CUSTOMER)
    return True


def _owed_hung_up(turn: Turn, call: Call) -> bool:
    """Before he was reached there is nobody who could hang up: what ends is the attempt."""
    owed = call.owed
    if owed is None or call.ever_connected:
        return False
    if not owed.reached:
        callbacks.customer_failed(turn, call, owed, CustomerLegFailed(call.id, "no_answer"))
        return True
    turn.note(call.id, "customer_hung_up")
    talking.finish(turn, call, Outcome.ABANDONED, HangUpBy.CUSTOMER)
    return True


def customer(turn: Turn, call: Call, event: CustomerAnswered | CustomerLegFailed) -> bool:
    """The dialled customer of a call-back."""
    if call.owed is None or call.owed.reached:
        return False
    if isinstance(event, CustomerAnswered):
        callbacks.customer_answered(turn, call, call.owed)
    else:
        callbacks.customer_failed(turn, call, call.owed, event)
    return True


def hang_up_asked(turn: Turn, call: Call, event: HangUpAsked) -> bool:
    """Who waits on his phone for the customer of a call-back to pick up, and gives it up."""
    if call.owed is None or call.owed.reached or call.stage is not Stage.DIALLING or call.agent != event.agent:
        return False
    callbacks.agent_gone(turn, call, call.owed)
    return True
