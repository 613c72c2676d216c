# SPDX-License-Identifier: GPL-3.0-or-later
"""What a desk may ask of the switchboard: each wish is checked, told to routing, and otherwise refused in words.

`ask` answers None when it is done, or the Refusal (a key of the catalogue `link` with its arguments).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.kinds import AgentState
from models.rules import guide, outbound
from telephony import calls
from telephony import messages as link
from telephony.exchange import engine
from telephony.messages import Refusal
from telephony.numbers import UnusableNumber, normalise, refused_outbound
from telephony.routing.dry_run import dry_run
from telephony.routing.floor import IllegalTransition
from telephony.routing.offers import offer_of
from telephony.routing.supervising import is_heard
from telephony.service import company
from telephony.service.hearing import e164
from telephony.service.live import LiveCall
from telephony.service.rights import may_oversee, may_set_up

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

CHOOSABLE = frozenset({AgentState.READY, AgentState.NOT_READY, AgentState.SIGNED_OUT})
DIGITS = frozenset("0123456789*#ABCD")
LONGEST_REASON = 200
LONGEST_FIELD = 20_000

CallWish = (
    link.Accept | link.Decline | link.Hold | link.HangUp | link.HangUpReason | link.Transfer | link.CompleteTransfer
    | link.BackToCustomer | link.SendDigits | link.CardPainted | link.DraftPainted | link.SheetNow | link.Merge
    | link.Park | link.PauseRecording
)  # fmt: skip
Wish = (
    CallWish | link.Renew | link.ChooseState | link.FinishWrapUp | link.ExtendWrapUp | link.DialNumber | link.Force
    | link.Goodbye | link.PickUp | link.DialStaff | link.Supervise | link.TakeOver | link.TestTrunk | link.DryRun
)  # fmt: skip


class Refused(Exception):
    """Carries the Refusal's words (a whole key, or a name in the catalogue `link`) and their arguments."""

    def __init__(self, words: str, *args: str) -> None:
        super().__init__(words, *args)
        self.words = words
        self.args_ = args


def ask(board: Switchboard, person: str, wish: Wish) -> Refusal | None:
    """Carry out one wish of this person's desk."""
    what = type(wish).__name__
    try:
        _ask(board, person, wish)
    except Refused as refused:
        words = refused.words if "." in refused.words else f"link.{refused.words}"
        return Refusal(what, words, refused.args_)
    except IllegalTransition:
        return Refusal(what, "link.not_now")
    return None


def _ask(board: Switchboard, person: str, wish: Wish) -> None:
    match wish:
        case link.Renew():
            if person in board.floor.agents:
                board.tell(calls.LeaseRenewed(person))
        case link.ChooseState(state, reason):
            _in_queues(board, person)
            if state not in CHOOSABLE:
                raise Refused("state_not_yours")
            board.ask(calls.StateChosen(person, state, reason if state is AgentState.NOT_READY else None))
        case link.FinishWrapUp(call):
            _finish_wrap_up(board, person, call)
        case link.ExtendWrapUp(call):
            agent = board.floor.agents.get(person)
            if agent is None or agent.state is not AgentState.WRAP_UP or agent.call != call:
                raise Refused("no_wrap_up")
            if agent.extensions >= board.floor.settings.wrap_up_extensions:
                raise Refused("no_more_time", str(board.floor.settings.wrap_up_extensions))
            board.ask(calls.WrapUpExtended(person))
        case link.DialNumber(number, task):
            _dial(board, person, number, task)
        case link.Force(agent, state):
            _force(board, person, agent, state)
        case link.Goodbye():
            board.seating.sign_out(person)
        case link.PickUp(call):
            _in_queues(board, person)
            _on_the_line(board, call)
            board.ask(calls.PickUpAsked(call, person))
        case link.DialStaff(to):
            _dial_staff(board, person, to)
        case link.Supervise() | link.TakeOver():
            _supervise(board, person, wish)
        case link.DryRun():
            _dry_run(board, person, wish)
        case link.TestTrunk(trunk, number):
            _test_trunk(board, person, trunk, number)
        case _:
            live = board.calls.get(wish.call)
            if live is None or person not in live.agents:
                if isinstance(wish, link.SheetNow):
                    return  # nobody is there to see it; its outbox keeps it
                raise Refused("call_gone" if isinstance(wish, link.Accept | link.Decline) else "no_such_call")
            _about_call(board, person, live, wish)


def _about_call(board: Switchboard, person: str, live: LiveCall, wish: CallWish) -> None:
    call = live.call
    match wish:
        case link.Accept():
            if not _is_offered(board, person, call):
                raise Refused("call_gone")
            board.ask(calls.OfferAccepted(call, person))
        case link.Decline():
            leg = live.leg_of(person)
            if leg is None or not _is_offered(board, person, call):
                raise Refused("call_gone")
            board.carrying.drop(live, leg.leg)
            board.ask(calls.OfferFailed(call, person, "rejected", leg.leg))
            board.desks.tell(person, link.OfferGone(call, "rejected"))
        case link.Hold(on=on):
            _on_the_line(board, call)
            board.ask(calls.HoldAsked(call, person, on))
        case link.HangUp(reason=reason):
            _on_the_line(board, call)
            board.ask(calls.HangUpAsked(call, person, reason[:LONGEST_REASON]))
        case link.HangUpReason(reason=reason):
            board.write(call, "staff_hung_up", person, {"reason": reason[:LONGEST_REASON]})
        case link.Transfer():
            _transfer(board, person, live, wish)
        case link.CompleteTransfer(draft_hash=draft_hash):
            _on_the_line(board, call)
            _write_hash(board, person, live, draft_hash)
            board.ask(calls.CompleteAsked(call, person))
        case link.BackToCustomer():
            _on_the_line(board, call)
            board.ask(calls.BackAsked(call, person))
        case link.SendDigits(digits=digits, by=by):
            _on_the_line(board, call)
            if not digits or not DIGITS.issuperset(digits) or len(digits) > 64 or by not in ("rtp", "info"):
                raise Refused("bad_digits")
            board.give(call, engine.SendDigits, leg=call, digits=digits, by=by)
        case link.Merge():
            _on_the_line(board, call)
            board.ask(calls.MergeAsked(call, person))
        case link.Park():
            _on_the_line(board, call)
            board.ask(calls.ParkAsked(call, person))
        case link.PauseRecording(on=on):
            _on_the_line(board, call)
            if board.floor.calls[call].agent != person:
                raise Refused("not_now")
            company.pause_recording(board, live, person, on)
        case link.CardPainted(at=at):
            board.write(call, "card_painted", person, {"painted_at": at})
        case link.DraftPainted(draft=draft, hash=hash_):
            board.write(call, "draft_painted", person, {"draft": draft, "hash": hash_})
        case link.SheetNow():
            _sheet_now(board, person, live, wish)


def _sheet_now(board: Switchboard, person: str, live: LiveCall, wish: link.SheetNow) -> None:
    """The database is away: the texts of this desk go to the others of the call as not yet stored."""
    seat = board.seats.get(person)
    name = seat.name if seat is not None else person
    now = board.clock.now()
    for field in wish.values.keys() & guide.FIELD.keys():
        value, known = wish.values[field][:LONGEST_FIELD], live.unstored.get(field)
        if known is None or known.value != value:
            version = wish.versions.get(field, 0)
            board.showing.unstored(
                live, link.DraftChanged(live.call, field, value, person, name, now, version, stored=False)
            )


def _is_offered(board: Switchboard, person: str, call: str) -> bool:
    found = board.floor.calls.get(call)
    return found is not None and offer_of(found, person) is not None


def _on_the_line(board: Switchboard, call: str) -> None:
    if call not in board.floor.calls:
        raise Refused("customer_gone")


def _in_queues(board: Switchboard, person: str) -> None:
    if person not in board.floor.agents:
        raise Refused("not_in_queues")


def _write_hash(board: Switchboard, person: str, live: LiveCall, draft_hash: str) -> None:
    if draft_hash:
        board.write(live.call, "draft_hash", person, {"draft": live.call, "hash": draft_hash})


def _transfer(board: Switchboard, person: str, live: LiveCall, wish: link.Transfer) -> None:
    _on_the_line(board, live.call)
    if wish.to == person:
        raise Refused("not_to_yourself")
    if not wish.to and not wish.skills:
        raise Refused("to_whom")
    if wish.to and wish.to not in board.seats:
        raise Refused("not_signed_in", wish.to)
    board.ask(calls.ConsultAsked(live.call, person, wish.to, frozenset(wish.skills), wish.attended))
    call = board.floor.calls.get(live.call)
    if call is None or call.consult is None:
        if wish.to:
            raise Refused("not_free", board.seats[wish.to].name)
        raise Refused("nobody_free")
    _write_hash(board, person, live, wish.draft_hash)


def _finish_wrap_up(board: Switchboard, person: str, call: str) -> None:
    agent = board.floor.agents.get(person)
    if agent is None or agent.state is not AgentState.WRAP_UP or agent.call != call:
        raise Refused("no_wrap_up")
    live = board.calls.get(call)
    queue = board.house.queue(live.queue) if live is not None else None
    if live is not None and queue is not None and queue.disposition_required and not live.disposition:
        raise Refused("disposition_missing")
    board.ask(calls.WrapUpFinished(person))


def _must(board: Switchboard, person: str, may: Callable[[tuple[str, ...]], bool]) -> None:
    seat = board.seats.get(person)
    if seat is None or not may(seat.groups):
        raise Refused("not_your_right")


def _callable(text: str) -> str:
    """The number in E.164, when it is one that may be called at all."""
    try:
        number = normalise(text)
    except UnusableNumber as error:
        raise Refused(error.words, *error.words_args) from error
    words = refused_outbound(number)
    if words or not number.e164:
        raise Refused(words or "number_withheld")
    return number.e164


def _dial(board: Switchboard, person: str, text: str, task: str) -> None:
    number = _callable(text)
    _in_queues(board, person)
    groups, today = board.seats[person].groups, board.figures.dials_of(person)
    way = outbound.way_out(board.house.plan, number, person, groups, today, board.clock.now())
    if way.words:
        raise Refused(way.words, *way.args)
    cap = board.house.settings.outbound_calls_per_person
    mine = [live for live in board.calls.values() if live.responsible == person and not live.over]
    under_way = sum(live.direction == "out" for live in mine)
    if under_way >= cap:
        raise Refused("outbound_cap", str(cap))
    if person not in board.floor.phones:
        raise Refused("phone_offline")
    board.dial(person, number, task, way.trunk, way.caller_id)


def _force(board: Switchboard, person: str, agent: str, state: AgentState) -> None:
    _must(board, person, may_oversee)
    if agent not in board.seats or agent not in board.floor.agents:
        raise Refused("not_signed_in", agent)
    if state not in CHOOSABLE:
        raise Refused("state_not_yours")
    board.ask(calls.StateChosen(agent, state, by=person))


def _dial_staff(board: Switchboard, person: str, to: str) -> None:
    _in_queues(board, person)
    if to == person:
        raise Refused("not_to_yourself")
    if to not in board.seats or to not in board.floor.agents:
        raise Refused("not_signed_in", to)
    if person not in board.floor.phones:
        raise Refused("phone_offline")
    board.dial_staff(person, to)


def _supervise(board: Switchboard, person: str, wish: link.Supervise | link.TakeOver) -> None:
    """Only whose right it is, and only at a phone of his own; everything else is routing's decision."""
    _must(board, person, may_oversee)
    _in_queues(board, person)
    live = board.calls.get(wish.call)
    if live is None:
        raise Refused("no_such_call")
    _on_the_line(board, wish.call)
    match wish:
        case link.TakeOver(call):
            board.ask(calls.TakeOverAsked(call, person))
        case link.Supervise(call, mode="off"):
            board.ask(calls.SuperviseLeft(call, person))
        case link.Supervise(call, agent, mode):
            if person not in board.floor.phones:
                raise Refused("phone_offline")
            if not is_heard(board.floor.calls[call], agent):
                raise Refused("nobody_to_hear", board.seats[agent].name if agent in board.seats else agent)
            live.agents.add(person)
            board.ask(calls.SuperviseAsked(call, person, agent, mode))


def _test_trunk(board: Switchboard, person: str, trunk: str, text: str) -> None:
    _must(board, person, may_set_up)
    board.trunks.test(person, trunk, _callable(text))


def _dry_run(board: Switchboard, person: str, wish: link.DryRun) -> None:
    _must(board, person, may_set_up)
    if len(wish.number) > 40 or len(wish.to) > 40 or len(wish.keys) > 40:
        raise Refused("bad_digits")
    now = wish.at or board.clock.now()
    board.desks.tell(person, dry_run(board.floor, e164(wish.number), wish.to, wish.keys, now, present=not wish.at))
