# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker: good logs pass, and every one of the mutated logs is refused for what was done to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pytest

from models.kinds import AgentState
from models.rules.proof import prove
from models.rules.proof_log import KINDS, Event, Proof, TicketEvent
from telephony import calls
from telephony.calls import CONTACT_EVENTS
from telephony.simulator import Caller, Handing, Simulator, Staff

ENGINEERS = frozenset({"engineers"})
PRINTER = frozenset({"printer"})


@dataclass(frozen=True)
class Log:
    """A log with what stands beside it."""

    events: tuple[Event, ...]
    tickets: tuple[TicketEvent, ...] = ()
    recordings: tuple[tuple[str, float], ...] = ()

    def proof(self, **options: Any) -> Proof:
        return prove(self.events, self.tickets, dict(self.recordings), **options)


def _log(floor: Simulator) -> Log:
    return Log(tuple(floor.log), tuple(floor.tickets), tuple(floor.recordings.items()))


@lru_cache
def plain() -> Log:
    """One call answered in the first ring."""
    floor = Simulator()
    floor.staff(Staff("1001"))
    floor.callers(Caller("c1", 1))
    floor.run(60)
    return _log(floor)


@lru_cache
def handed_over() -> Log:
    """One call, handed to an engineer after a talk with him."""
    floor = Simulator()
    floor.staff(Staff("1001", hands_on=Handing(skills=PRINTER)), Staff("2001", ENGINEERS, PRINTER))
    floor.callers(Caller("c1", 1, talk_s=60))
    floor.run(120)
    return _log(floor)


@lru_cache
def missed() -> Log:
    """Missed by the first agent, answered by the second."""
    floor = Simulator()
    floor.staff(Staff("1001", answers_s=None), Staff("1002"))
    floor.callers(Caller("c1", 1))
    floor.run(90)
    return _log(floor)


@lru_cache
def unserved() -> Log:
    """Nobody there: one caller presses 1, one hangs up, one gives up at once."""
    floor = Simulator()
    floor.callers(
        Caller("c1", 1, presses_one_after_s=4), Caller("c2", 2, "+8613800138001", patience_s=10), Caller("c3", 3, "")
    )
    floor.run(200)
    return _log(floor)


@lru_cache
def busy_floor() -> Log:
    """Two hundred seconds of everything: misses, transfers to two engineers, music, dialling out, abandoned callers."""
    floor = Simulator()
    floor.staff(
        Staff("1001"),
        Staff("1002", answers_s=None),
        Staff("1003", hands_on=Handing(skills=PRINTER)),
        Staff("1004", hands_on=Handing(to="2001", attended=False)),
        Staff("1005", hands_on=Handing(skills=PRINTER, completes=False)),
        Staff("2001", ENGINEERS, PRINTER),
        Staff("2002", ENGINEERS, PRINTER, answers_s=None),
    )
    floor.callers(*(Caller(f"c{n}", 1 + 7 * n, f"+86138001380{n:02d}", 90, 25 + n % 7 * 5) for n in range(20)))
    floor.callers(Caller("early", 2, patience_s=0.01), Caller("short", 30, patience_s=3))
    floor.dials(290, "1001", "o1", "+8613900139000")
    floor.dials(330, "1001", "o2", "+8613900139000", fails="busy")
    floor.run(500)
    return _log(floor)


@lru_cache
def troubled() -> Log:
    """A phone lost in a call, a rejected offer, a hang-up by staff, holding."""
    floor = Simulator()
    floor.staff(Staff("1001"), Staff("1002", signs_in_s=2))
    floor.callers(Caller("c1", 1, talk_s=60), Caller("c2", 80, talk_s=40))
    floor.at(15, calls.HoldAsked("c1", "1001", True))
    floor.at(18, calls.HoldAsked("c1", "1001", False))
    floor.at(20, calls.PhoneUnreachable("1001"))
    floor.at(20.1, calls.AgentLegGone("c1", "1001", lost=True))
    floor.at(23, calls.PhoneReachable("1001"))
    floor.at(81, calls.OfferFailed("c2", "1002", "rejected"))
    floor.at(100, calls.HangUpAsked("c2", "1001", "2"))
    floor.at(130, calls.StateChosen("1002", AgentState.READY))
    floor.run(200)
    return _log(floor)


GOOD = [plain, handed_over, missed, unserved, busy_floor, troubled]


def test_the_kinds_are_those_of_the_vocabulary() -> None:
    assert KINDS == CONTACT_EVENTS


@pytest.mark.parametrize("make", GOOD)
def test_a_good_log_passes(make: Callable[[], Log]) -> None:
    log = make()
    assert log.proof().violations == ()
    kinds = {event.kind for event in log.events}
    assert {"arrived", "ended"} <= kinds


def test_the_good_logs_together_hold_nearly_every_kind() -> None:
    kinds = {event.kind for make in GOOD for event in make().events}
    by_the_plan = {
        "menu", "blocked", "closed", "overflowed", "announced", "position", "voicemail", "callback_waits",
        "callback_over", "sent_outside", "outside_answered", "outside_failed", "merged", "parked", "picked_up",
        "supervision", "taken_over", "recording_paused",
    }  # fmt: skip
    assert set(KINDS) - kinds <= {"lost_race", "adopted"} | by_the_plan, "see test_proof_way for the plan's"


@pytest.mark.parametrize("make", GOOD)
def test_the_order_of_delivery_does_not_matter(make: Callable[[], Log]) -> None:
    log = make()
    shuffled = list(log.events)
    random.Random(3).shuffle(shuffled)
    assert replace(log, events=tuple(shuffled)).proof() == log.proof()


def test_a_live_log_may_stop_anywhere() -> None:
    log = busy_floor()
    for n in range(0, len(log.events), 19):
        cut = replace(log, events=log.events[:n])
        assert cut.proof(live=True).violations == (), n


def test_an_excerpt_does_not_begin_with_one() -> None:
    log = plain()
    tail = replace(log, events=tuple(event for event in log.events if event.seq > 1))
    assert tail.proof().violations
    assert tail.proof(from_the_start=False).violations == ()


def test_the_report_of_a_plain_call() -> None:
    (call,) = plain().proof().calls
    assert (call.caller, call.customer, call.answered_by, call.outcome) == (
        "+8613800138000",
        "k8000",
        "1001",
        "answered",
    )
    assert call.offer_rings == pytest.approx(0.8, abs=0.01)
    assert call.promise_rings == pytest.approx(4.15 / 5, abs=0.01)
    assert call.answer_s == pytest.approx(4.15, abs=0.01)
    assert call.pop_ms == pytest.approx(30, abs=0.1)
    assert (call.ticket, call.recording) == ("FW00001", "c1.wav")
    assert (call.transferred_to, call.engineer_pop_ms, call.draft_carried) == ("", None, None)


def test_the_report_of_a_transfer() -> None:
    (call,) = handed_over().proof().calls
    assert (call.answered_by, call.transferred_to, call.draft_carried) == ("1001", "2001", True)
    assert call.engineer_pop_ms == pytest.approx(30, abs=0.1)


def test_the_report_of_a_missed_call_counts_the_offer_of_who_answered_and_the_promise_from_the_first_ring() -> None:
    (call,) = missed().proof().calls
    assert call.answered_by == "1002"
    assert call.offer_rings == pytest.approx(0.8, abs=0.01)
    assert call.promise_rings is not None and call.promise_rings > 3


def test_the_outcomes_of_who_was_not_served() -> None:
    outcomes = {call.contact: call.outcome for call in unserved().proof().calls}
    assert outcomes == {"c1": "callback_scheduled", "c2": "abandoned", "c3": "abandoned"}


def test_percentiles_are_those_of_the_pops() -> None:
    proof = busy_floor().proof()
    pops = sorted(call.pop_ms for call in proof.calls if call.pop_ms is not None)
    assert proof.pop_ms.p50 in pops and proof.pop_ms.p99 == pops[-1]
    assert prove([]).pop_ms.p50 is None


def test_a_restart_goes_on_with_who_talks_and_forgets_what_rang() -> None:
    log = plain()
    talk = next(event for event in log.events if event.kind == "connected")
    before = [event for event in log.events if event.seq <= talk.seq]
    at = before[-1].at
    after = [
        Event("sim", 2, 1, at + 1, "", "leading", "", {"epoch": 2}),
        Event("sim", 2, 2, at + 1, "c1", "adopted", "1001", {"leg": talk.data["leg"]}),
        Event("sim", 2, 3, at + 1, "", "agent_state", "1001", {"state": "on_call", "reason": "", "call": "c1"}),
        Event("sim", 2, 4, at + 9, "c1", "customer_hung_up", "", {}),
        Event("sim", 2, 5, at + 9, "c1", "released", "1001", {"leg": talk.data["leg"]}),
        Event("sim", 2, 6, at + 9, "c1", "wrap_up_started", "1001", {}),
        Event("sim", 2, 7, at + 9, "", "agent_state", "1001", {"state": "wrap_up", "reason": "", "call": "c1"}),
        Event("sim", 2, 8, at + 9, "c1", "ended", "1001", {"outcome": "answered", "by": "customer"}),
        Event(
            "sim", 2, 9, at + 9, "c1", "recording_ended", "1001", {"file": "c1.wav", "seconds": 9.05, "why": "ended"}
        ),
    ]
    whole = Log((*before, *after), log.tickets, (("c1.wav", 9.05),))
    assert whole.proof().violations == ()
    assert whole.proof().calls[0].outcome == "answered"
    stranger = [replace(event, who="1002") if event.kind == "adopted" else event for event in whole.events]
    assert "I2" in {violation.invariant for violation in replace(whole, events=tuple(stranger)).proof().violations}


# ---- mutations ------------------------------------------------------------------------------------------------

Change = Callable[[Event], Event | list[Event] | None]


def _renumbered(events: list[Event]) -> tuple[Event, ...]:
    """Without the gap or double a careless forger would leave."""
    return tuple(replace(event, seq=n) for n, event in enumerate(events, 1))


def _each(log: Log, kind: str, change: Change, n: int | None = 0) -> Log:
    """The log with the n-th event of a kind changed (None: every one of them)."""
    events: list[Event] = []
    seen = -1
    for event in log.events:
        seen += event.kind == kind
        if event.kind == kind and n in (None, seen):
            after = change(event)
            events += after if isinstance(after, list) else [after] if after is not None else []
        else:
            events.append(event)
    assert seen >= (n or 0), f"no such event: {kind}"
    return replace(log, events=_renumbered(events))


def without(kind: str, n: int | None = 0) -> Callable[[Log], Log]:
    return lambda log: _each(log, kind, lambda event: None, n)


def twice(kind: str, n: int = 0) -> Callable[[Log], Log]:
    return lambda log: _each(log, kind, lambda event: [event, event], n)


def with_data(kind: str, n: int = 0, **data: Any) -> Callable[[Log], Log]:
    return lambda log: _each(log, kind, lambda event: replace(event, data={**event.data, **data}), n)


def without_data(kind: str, name: str) -> Callable[[Log], Log]:
    def change(event: Event) -> Event:
        return replace(event, data={key: value for key, value in event.data.items() if key != name})

    return lambda log: _each(log, kind, change)


def by(kind: str, who: str, n: int = 0) -> Callable[[Log], Log]:
    return lambda log: _each(log, kind, lambda event: replace(event, who=who), n)


def later(kind: str, seconds: float, n: int = 0) -> Callable[[Log], Log]:
    """The event and everything after it happens later."""

    def change(log: Log) -> Log:
        found = [event for event in log.events if event.kind == kind][n]
        moved = (replace(event, at=event.at + seconds) if event.seq >= found.seq else event for event in log.events)
        return replace(log, events=tuple(moved))

    return change


def before(kind: str, *events: Event) -> Callable[[Log], Log]:
    """Events put in just before the first one of a kind, at its time."""
    return lambda log: _each(log, kind, lambda found: [*(replace(event, at=found.at) for event in events), found])


def after(kind: str, *events: Event) -> Callable[[Log], Log]:
    return lambda log: _each(log, kind, lambda found: [found, *(replace(event, at=found.at) for event in events)])


def _event(kind: str, who: str = "", contact: str = "c1", **data: Any) -> Event:
    return Event("sim", 1, 0, 0.0, contact, kind, who, data)


def sheets(kind: str, change: Callable[[TicketEvent], list[TicketEvent]]) -> Callable[[Log], Log]:
    def mutate(log: Log) -> Log:
        assert any(event.kind == kind for event in log.tickets)
        changed = [each for event in log.tickets for each in (change(event) if event.kind == kind else [event])]
        return replace(log, tickets=tuple(replace(event, id=n) for n, event in enumerate(changed)))

    return mutate


def raw(change: Callable[[list[Event]], list[Event]]) -> Callable[[Log], Log]:
    return lambda log: replace(log, events=tuple(change(list(log.events))))


def recordings(change: Callable[[str, float], list[tuple[str, float]]]) -> Callable[[Log], Log]:
    return lambda log: replace(log, recordings=tuple(each for pair in log.recordings for each in change(*pair)))


def _swap(events: list[Event], first: str, second: str) -> list[Event]:
    a = next(n for n, event in enumerate(events) if event.kind == first)
    b = next(n for n, event in enumerate(events) if event.kind == second)
    events[a], events[b] = replace(events[b], seq=events[a].seq), replace(events[a], seq=events[b].seq)
    return events


def _set_state(log: Log, old: str, new: str, before: str = "") -> Log:
    """An agent_state says something else (the first one that says `old`), and stands before another event if asked."""
    found = next(event for event in log.events if event.kind == "agent_state" and event.data["state"] == old)
    changed = replace(found, data={**found.data, "state": new, "reason": ""})
    events: list[Event] = []
    for event in log.events:
        if event is found:
            events += [] if before else [changed]
        else:
            events += [changed, event] if before and event.kind == before else [event]
    return replace(log, events=_renumbered(events))


def _without_state(log: Log, state: str) -> Log:
    """The log ends before the agent's state tells of the end of the call."""
    cut = next(event.seq for event in log.events if event.kind == "agent_state" and event.data["state"] == state)
    events = [event for event in log.events if event.seq < cut or event.kind in ("ended", "recording_ended")]
    return replace(log, events=_renumbered(events))


def _offer(who: str, contact: str = "c1") -> Event:
    return _event("offered", who, contact, leg=f"{contact}.1.99", n=99, role="offer")


def _left_ringing() -> list[Event]:
    states = ("ready", "reserved", "ringing")
    return [_event("agent_state", "1001", "", state=state, reason="", call="c1") for state in states]


def _same_agent_twice(log: Log) -> Log:
    """Two contacts that talk at the same time get the same agent."""
    first, second = [event for event in log.events if event.kind == "responsible"][:2]
    assert first.who != second.who
    changed = (
        replace(event, who=first.who) if event.contact == second.contact and event.who == second.who else event
        for event in log.events
    )
    return replace(log, events=tuple(changed))


def _typed_later(log: Log) -> Log:
    sent = next(event for event in log.events if event.kind == "draft_hash")
    return before("transferred", replace(sent, data={**sent.data, "hash": "typed-later"}))(log)


def _claims(event: TicketEvent) -> list[TicketEvent]:
    return [replace(event, kind="task_claimed", who=who) for who in ("2001", "2002")]


MUTATIONS: list[tuple[str, Callable[[], Log], Callable[[Log], Log], str]] = [
    # the log itself
    ("a line is missing", plain, raw(lambda events: [e for e in events if e.seq != 9]), "log"),
    ("the first line is missing", plain, raw(lambda events: events[1:]), "log"),
    ("a number is there twice", plain, raw(lambda events: [*events, events[7]]), "log"),
    ("an unknown kind", plain, before("ended", _event("vanished")), "log"),
    ("a field is missing", plain, without_data("offered", "role"), "log"),
    ("a time is no number", plain, with_data("card_painted", painted_at="soon"), "log"),
    ("a contact is missing", plain, lambda log: _each(log, "ringback", lambda e: replace(e, contact="")), "log"),
    ("a person is missing", plain, by("connected", ""), "log"),
    ("time runs back", plain, lambda log: _each(log, "connected", lambda e: replace(e, at=e.at - 2)), "log"),
    ("a leader of another epoch", plain, with_data("leading", epoch=7), "log"),
    # the life of a contact
    ("arrived removed", plain, without("arrived"), "I8"),
    ("arrived twice", plain, twice("arrived"), "I8"),
    ("the outcome removed", plain, without("ended"), "I8"),
    ("two outcomes", plain, twice("ended"), "I8"),
    ("an outcome that does not exist", plain, with_data("ended", outcome="vanished"), "I8"),
    ("abandoned although somebody talked", plain, with_data("ended", outcome="abandoned"), "I8"),
    ("answered although nobody talked", unserved, with_data("ended", 1, outcome="answered"), "I8"),
    ("cancelled although it was offered", busy_floor, with_data("ended", 0, outcome="cancelled"), "I8"),
    ("a call-back that nobody promised", unserved, without("promised"), "I8"),
    ("ended by a customer who did not hang up", plain, without("customer_hung_up"), "I8"),
    ("ended by staff who did not hang up", troubled, without("staff_hung_up"), "I8"),
    ("the customer hung up twice", plain, twice("customer_hung_up"), "log"),
    ("connected after the end", plain, after("ended", _event("held", "1001")), "log"),
    ("queued after the customer hung up", plain, after("customer_hung_up", _event("queued", queue="400")), "log"),
    # offers
    ("the offer removed", plain, without("offered"), "log"),
    ("the offer made twice", plain, twice("offered"), "log"),
    ("the ringing removed from a miss", missed, without("ringing"), "log"),
    ("the offer clock started twice", plain, twice("ringing"), "log"),
    ("the promise clock started twice", plain, twice("ringback"), "log"),
    ("rung for longer than three rings", missed, later("missed", 4.0), "I4"),
    ("missed before three rings were over", missed, later("missed", -6.0), "log"),
    ("an accept after three rings that counted", plain, later("accepted", 12.5), "log"),
    ("accepted by somebody who was not offered it", plain, with_data("accepted", leg="c1.1.9"), "log"),
    ("the miss removed", missed, without("missed"), "log"),
    ("missed and still ready", missed, lambda log: _set_state(log, "not_responding", "ready"), "log"),
    ("missed and not ready of his own will", missed, lambda log: _set_state(log, "not_responding", "not_ready"), "log"),
    ("a rejection removed", troubled, without("declined"), "log"),
    ("offered to somebody else while one is responsible", plain, after("connected", _offer("1002")), "I2"),
    ("two phones of one agent ring", busy_floor, after("offered", _offer("1001", "c9")), "I2"),
    ("rung while on a break", plain, lambda log: _set_state(log, "ready", "not_ready"), "I2"),
    # responsibility
    ("connected without being responsible", plain, without("responsible"), "I2"),
    ("connected without being offered", plain, with_data("connected", leg="c1.1.7"), "log"),
    ("connected twice", plain, twice("connected"), "log"),
    ("responsible while another one is", plain, after("connected", _event("responsible", "1002", leg="x")), "I2"),
    ("released twice", plain, twice("released"), "I2"),
    ("never released", plain, without("released"), "I2"),
    ("responsible for two contacts", busy_floor, lambda log: _same_agent_twice(log), "I2"),
    ("on call without a call", plain, lambda log: _set_state(log, "ringing", "on_call"), "I2"),
    ("ready while responsible", plain, lambda log: _set_state(log, "wrap_up", "ready", before="released"), "I2"),
    ("the customer left alone", troubled, later("waiting_answered", 30.0), "I5"),
    # wrap-up and stuck states
    ("wrap-up that did not start", plain, without("wrap_up_started"), "log"),
    ("wrap-up that did not end", plain, without("wrap_up_ended"), "log"),
    ("left ringing", unserved, after("ended", *_left_ringing()), "I4"),
    ("left on call after the end", plain, lambda log: _without_state(log, "wrap_up"), "I4"),
    ("in wrap-up for an hour", plain, later("wrap_up_ended", 3600.0), "I4"),
    ("an unknown state", plain, lambda log: _set_state(log, "wrap_up", "asleep"), "log"),
    # hold, consult, transfer
    ("held twice", troubled, twice("held"), "log"),
    ("resumed twice", troubled, twice("resumed"), "log"),
    ("the consult began removed", handed_over, without("consult_started"), "log"),
    ("the consult's answer removed", handed_over, without("consult_answered"), "I2"),
    ("the consult's end removed", handed_over, without("consult_ended"), "I4"),
    ("transferred to somebody else", handed_over, with_data("transferred", to="2002"), "I2"),
    ("transferred by somebody else", handed_over, by("transferred", "1009"), "I2"),
    ("the engineer never responsible", handed_over, without("responsible", 1), "I2"),
    # the sheet
    ("another hash painted than typed", handed_over, with_data("draft_painted", hash="other"), "I1"),
    ("the engineer's sheet never painted", handed_over, without("draft_painted"), "I1"),
    ("the agent's sheet never sent", handed_over, without("draft_hash"), "I1"),
    ("painted by somebody else", handed_over, by("draft_painted", "2009"), "I1"),
    ("a key typed after the sheet was painted", handed_over, lambda log: _typed_later(log), "I1"),
    ("the hand-over removed", handed_over, sheets("handover_begun", lambda event: []), "I1"),
    ("a hand-over that never ended", handed_over, sheets("handover_committed", lambda event: []), "I1"),
    ("a hand-over committed twice", handed_over, sheets("handover_committed", lambda event: [event, event]), "I1"),
    ("a hand-over begun twice", handed_over, sheets("handover_begun", lambda event: [event, event]), "I1"),
    ("a hand-over aborted although transferred", handed_over,
     sheets("handover_committed", lambda event: [replace(event, kind="handover_aborted")]), "I1"),
    ("the draft lost", plain, sheets("draft_created", lambda event: []), "I1"),
    ("the draft doubled", plain, sheets("draft_created", lambda event: [event, replace(event, draft=99)]), "I1"),
    ("the sheet handed over without the call", handed_over, without("transferred"), "I1"),
    ("the ticket doubled", plain, sheets("ticket_opened", lambda event: [event, event]), "I1"),
    ("a disposition lost", plain,
     sheets("disposition_set", lambda event: [replace(event, data={"code": "other", "before": "lost"})]), "I1"),
    ("the promised task lost", unserved, sheets("task_created", lambda event: []), "I1"),
    ("a promise made twice", unserved, twice("promised"), "I1"),
    ("a task created twice", unserved, sheets("task_created", lambda event: [event, event]), "I1"),
    ("a task claimed by two", unserved, sheets("task_created", lambda event: [event, *_claims(event)]), "I1"),
    # recordings
    ("the recording's file removed", plain, recordings(lambda file, seconds: []), "I5"),
    ("the recording's file cut short", plain, recordings(lambda file, seconds: [(file, seconds - 10)]), "I5"),
    ("the recording never started", plain,
     lambda log: without("recording_started")(without("recording_ended")(log)), "I5"),
    ("the recording never ended", plain, without("recording_ended"), "I5"),
    ("the recording shorter than the talk", plain,
     lambda log: recordings(lambda file, _: [(file, 3.0)])(with_data("recording_ended", seconds=3.0)(log)), "I5"),
    ("the recording failed", plain, with_data("recording_ended", why="disk_full"), "I5"),
    ("the recording ended twice", plain, twice("recording_ended"), "log"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "mutate", "invariant"),
    [case[1:] for case in MUTATIONS],
    ids=[case[0].replace(" ", "_") for case in MUTATIONS],
)
def test_a_mutated_log_is_refused(make: Callable[[], Log], mutate: Callable[[Log], Log], invariant: str) -> None:
    found = mutate(make()).proof().violations
    assert invariant in {violation.invariant for violation in found}, found
    assert all(violation.words for violation in found)


def test_every_single_line_matters() -> None:
    """Without its numbers, too, no line of a talk can be taken away unnoticed, but those that only inform."""
    log = handed_over()
    informs = {
        "leading", "customer_found", "queued", "ringback", "card_painted", "accepted", "ringing", "held",
        "recording_started", "chosen",
    }  # fmt: skip
    for n, event in enumerate(log.events):
        if event.kind in informs or event.kind == "agent_state":
            continue
        cut = replace(log, events=_renumbered([*log.events[:n], *log.events[n + 1 :]]))
        assert cut.proof().violations, f"{event.kind} was taken away"
