# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker on logs of callers led by the plan and of the company: good ones pass, forged ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from models.rules.plan import Callback, DestinationKind, Strategy
from models.rules.proof import prove
from models.rules.proof_log import Event, Violation
from telephony.calls import (
    CallerHungUp,
    CompleteAsked,
    ConsultAsked,
    CustomerAnswered,
    CustomerLegFailed,
    HangUpAsked,
    MediaBothWays,
    MergeAsked,
    OfferAccepted,
    Order,
    OutsideAnswered,
    OutsideFailed,
    ParkAsked,
    PickUpAsked,
    StaffDialled,
    SuperviseAsked,
    TakeOverAsked,
    WrapUpFinished,
)
from telephony.calls import Event as CallEvent
from tests.telephony.routing.event_log import EventLog
from tests.telephony.routing.planned import House, plan, queue, to


class Written(House):
    """A house that writes its event log as the switchboard does."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.event_log = EventLog()
        super().__init__(*args, **settings)

    @property
    def lines(self) -> list[Event]:
        return self.event_log.lines

    def happens(self, event: CallEvent) -> tuple[Order, ...]:
        orders = super().happens(event)
        self.event_log.take(event, orders, self.now)
        return orders


Log = tuple[Event, ...]


def check(log: Log) -> tuple[Violation, ...]:
    """Violations but those about sheets, which these logs do not hold."""
    return tuple(each for each in prove(log).violations if "sheet" not in each.words)


@lru_cache
def outside() -> Log:
    """Blocked, closed, a message, a number that answers and one that does not."""
    house = Written(plan(queue("night", emergency=True), queue("400", unserved=to(DestinationKind.NUMBER, "+8610888"))))
    house.dials(number="+8613900139000", call="blocked")
    house.dials(number="", call="anonymous")
    house.through("anonymous")
    house.dials("01066667777", "message", "+8613800138001")
    house.key("3", "message")
    house.through("message")
    house.wait(5)
    house.hangs_up("message")
    house.dials(call="answered", number="+8613800138002")
    house.happens(OutsideAnswered("answered", ""))
    house.hangs_up("answered")
    house.dials(call="failed", number="+8613800138003")
    house.happens(OutsideFailed("failed", "", "busy"))
    house.hangs_up("failed")
    shut = Written(plan(emergency="closed_emergency"))
    shut.event_log, shut.now = house.event_log, house.now
    shut.dials(call="shut")
    shut.through("shut")
    return tuple(shut.lines)


@lru_cache
def called_back() -> Log:
    """A caller keeps his place, is busy once, is reached; another one is never reached."""
    house = Written(plan(queue("400", callback_attempts=2, callback_retry_s=20)), wrap_up_s=5)
    house.sign_in("1001")
    house.talk("1001", "busy")
    house.dials()
    house.through()
    house.key("1")
    house.through()
    house.dials(call="c2", number="+8613800138002")
    house.through("c2")
    house.key("1", "c2")
    house.through("c2")
    house.happens(CallerHungUp("busy"))
    house.happens(WrapUpFinished("1001"))
    house.answers("1001", "cb-c1-1")
    house.happens(CustomerLegFailed("cb-c1-1", "busy"))
    house.answers("1001", "cb-c2-1")
    house.happens(CustomerLegFailed("cb-c2-1", "no_answer"))
    house.wait(21)
    house.answers("1001", "cb-c1-1")
    house.happens(CustomerAnswered("cb-c1-1"))
    house.happens(MediaBothWays("cb-c1-1", "1001"))
    house.wait(20)
    house.happens(CallerHungUp("cb-c1-1"))
    house.happens(WrapUpFinished("1001"))
    house.answers("1001", "cb-c2-1")
    house.happens(CustomerLegFailed("cb-c2-1", "no_answer"))
    return tuple(house.lines)


@lru_cache
def customer_first() -> Log:
    house = Written(plan(queue("400", callback=Callback.CUSTOMER_FIRST)), wrap_up_s=5)
    house.dials()
    house.through()
    house.key("1")
    house.through()
    house.sign_in("1001")
    house.happens(CustomerAnswered("cb-c1-1"))
    house.answers("1001", "cb-c1-1")
    house.happens(MediaBothWays("cb-c1-1", "1001"))
    house.happens(CallerHungUp("cb-c1-1"))
    house.happens(WrapUpFinished("1001"))
    return tuple(house.lines)


@lru_cache
def all_rung() -> Log:
    house = Written(plan(queue("400", strategy=Strategy.RING_ALL)), wrap_up_s=5)
    house.sign_in("1001", "1002", "1003")
    house.dials()
    for agent in ("1001", "1002", "1003"):
        house.rings(agent)
    house.answers("1002")
    house.happens(MediaBothWays("c1", "1002"))
    house.hangs_up()
    house.happens(WrapUpFinished("1002"))
    return tuple(house.lines)


@lru_cache
def accepted_too_late() -> Log:
    """All were rung, one accepted, and the caller was gone before his phone was picked up."""
    house = Written(plan(queue("400", strategy=Strategy.RING_ALL)), wrap_up_s=5)
    house.sign_in("1001", "1002")
    house.dials()
    for agent in ("1001", "1002"):
        house.rings(agent)
    house.happens(OfferAccepted("c1", "1002"))
    house.hangs_up()
    return tuple(house.lines)


@lru_cache
def company() -> Log:
    """Parked and picked up by somebody on a break, supervised, taken over, merged; and a talk between colleagues."""
    house = Written(wrap_up_s=5)
    house.sign_in("1001", "2001")
    house.sign_in("9001", queue="other", ready=False)
    house.dials()
    house.rings("1001")
    house.answers("1001")
    house.happens(MediaBothWays("c1", "1001"))
    house.happens(ParkAsked("c1", "1001"))
    house.wait(20)
    house.happens(PickUpAsked("c1", "1001"))
    house.rings("1001")
    house.answers("1001")
    house.happens(MediaBothWays("c1", "1001"))
    house.happens(SuperviseAsked("c1", "9001", "1001", "listen"))
    house.answers("9001")
    house.happens(SuperviseAsked("c1", "9001", "1001", "barge"))
    house.happens(TakeOverAsked("c1", "9001"))
    house.happens(MediaBothWays("c1", "9001"))
    house.happens(WrapUpFinished("1001"))
    house.happens(ConsultAsked("c1", "9001", to="2001"))
    house.rings("2001")
    house.answers("2001")
    house.happens(MergeAsked("c1", "9001"))
    house.happens(CompleteAsked("c1", "9001"))
    house.happens(WrapUpFinished("9001"))
    house.happens(MediaBothWays("c1", "2001"))
    house.wait(5)
    house.hangs_up()
    house.happens(WrapUpFinished("2001"))
    house.happens(StaffDialled("s1", "1001", "2001"))
    house.answers("1001", "s1")
    house.answers("2001", "s1")
    house.happens(HangUpAsked("s1", "1001"))
    return tuple(house.lines)


GOOD = [outside, called_back, customer_first, all_rung, accepted_too_late, company]


@pytest.mark.parametrize("make", GOOD)
def test_a_good_log_passes(make: Callable[[], Log]) -> None:
    assert check(make()) == ()


def test_together_they_hold_every_kind_of_the_plan() -> None:
    kinds = {event.kind for make in GOOD for event in make()}
    assert kinds >= {
        "menu", "blocked", "closed", "overflowed", "announced", "voicemail", "callback_waits", "callback_over",
        "sent_outside", "outside_answered", "outside_failed", "merged", "parked", "picked_up", "supervision",
        "taken_over", "lost_race", "chosen",
    }  # fmt: skip


# ---- forged ---------------------------------------------------------------------------------------------------

Change = Callable[[Log], Log]


def _numbered(events: list[Event]) -> Log:
    return tuple(replace(event, seq=n) for n, event in enumerate(events, 1))


def _find(log: Log, kind: str, n: int, contact: str) -> Event:
    return [each for each in log if each.kind == kind and contact in ("", each.contact)][n]


def without(kind: str, n: int = 0, contact: str = "") -> Change:
    return lambda log: _numbered([each for each in log if each is not _find(log, kind, n, contact)])


def data(kind: str, n: int = 0, contact: str = "", **changes: Any) -> Change:
    def change(log: Log) -> Log:
        found = _find(log, kind, n, contact)
        return tuple(replace(each, data={**each.data, **changes}) if each is found else each for each in log)

    return change


def by(kind: str, who: str, n: int = 0, contact: str = "") -> Change:
    def change(log: Log) -> Log:
        found = _find(log, kind, n, contact)
        return tuple(replace(each, who=who) if each is found else each for each in log)

    return change


def before(kind: str, *events: Event, n: int = 0, contact: str = "") -> Change:
    def change(log: Log) -> Log:
        found = _find(log, kind, n, contact)
        added = [replace(each, at=found.at) for each in events]
        return _numbered([each for one in log for each in ([*added, one] if one is found else [one])])

    return change


def twice(kind: str, n: int = 0, contact: str = "") -> Change:
    return lambda log: before(kind, _find(log, kind, n, contact), n=n, contact=contact)(log)


def event(kind: str, who: str = "", contact: str = "c1", **fields: Any) -> Event:
    return Event("s", 1, 0, 0.0, contact, kind, who, fields)


FORGED: list[tuple[str, Callable[[], Log], Change, str]] = [
    ("blocked and yet abandoned", outside, data("ended", 0, "blocked", outcome="abandoned"), "I8"),
    ("an outcome blocked of nobody blocked", outside, without("blocked"), "I8"),
    ("blocked and rung", outside,
     before("ended", event("offered", "1001", "anonymous", leg="x", n=1, role="offer"),
            event("withdrawn", "1001", "anonymous", leg="x", why="caller_gone"), contact="anonymous"), "I8"),
    ("closed and nothing was", outside, without("closed"), "I8"),
    ("a voicemail nobody left", outside, without("voicemail"), "I8"),
    ("answered outside and yet abandoned", outside, data("ended", 0, "answered", outcome="abandoned"), "I8"),
    ("answered outside without being sent", outside, without("sent_outside", 0, "answered"), "log"),
    ("sent outside twice by one leg", outside, twice("sent_outside", 0, "answered"), "log"),
    ("answered and failed outside", outside, twice("outside_failed"), "log"),
    ("overflowed, and nothing sent it", outside, lambda log: without("outside_answered")(
        without("overflowed", 0, "answered")(log)), "I8"),
    ("abandoned made overflowed where somebody talked", company, data("ended", 0, "c1", outcome="overflowed"), "I8"),
    ("a call-back that nobody ended", called_back, without("callback_over"), "I8"),
    ("a call-back over twice", called_back, twice("callback_over"), "I8"),
    ("a call-back that ended otherwise", called_back, data("callback_over", why="lost"), "log"),
    ("a call-back of another call", called_back, data("callback_over", of_call="c9"), "log"),
    ("answered and yet failed", called_back, data("callback_over", 0, "cb-c1-1", why="failed"), "I8"),
    ("a call-back of a call that was abandoned", called_back, data("ended", 0, "c1", outcome="abandoned"), "I1"),
    ("a call-back that lost an attempt", called_back, data("callback_waits", 0, "cb-c1-1", attempts=2), "log"),
    ("two call-backs of one number", called_back,
     data("callback_waits", 1, "cb-c2-1", number="+8613800138000"), "I1"),
    ("two outcomes of a call-back", called_back, twice("ended", 0, "cb-c1-1"), "I8"),
    ("no outcome of a call-back", called_back, without("ended", 0, "cb-c1-1"), "I8"),
    ("a call-back that never arrived", called_back, without("arrived", 0, "cb-c1-1"), "log"),
    ("a call-back whose promise is missing", called_back, without("promised", 0, "c1"), "I8"),
    ("a lost race nobody won", all_rung, lambda log: _numbered(
        [each for each in log if each.kind not in ("responsible", "connected", "released")]), "I2"),
    ("a phone that rings on after another was connected", all_rung, without("lost_race"), "I2"),
    ("two are responsible when all are rung", all_rung,
     before("lost_race", event("responsible", "1001", leg="c1.0.1")), "I2"),
    ("lost race written as missed", all_rung,
     lambda log: tuple(replace(each, kind="missed") if each.kind == "lost_race" else each for each in log), "log"),
    ("merged with nobody", company, data("merged", leg="c1.9.9"), "I2"),
    ("merged by somebody else", company, by("merged", "1001"), "I2"),
    ("parked twice", company, twice("parked"), "log"),
    ("picked up from an empty place", company, without("parked"), "log"),
    ("picked up without being offered", company, without("offered", 1, "c1"), "I2"),
    ("a supervisor is responsible", company, without("taken_over"), "I2"),
    ("taken over by who was not on the call", company, by("taken_over", "2001"), "I2"),
    ("taken over and the agent responsible on", company, without("released", 1, "c1"), "I2"),
    ("supervised without being on the call", company, data("supervision", of="7777"), "I2"),
    ("a mode there is not", company, data("supervision", mode="shout"), "log"),
    ("supervision that never ends", company, lambda log: _numbered(
        [each for each in log if not (each.kind == "supervision" and each.data["mode"] == "off")]), "I4"),
    ("supervised by the responsible agent", company, by("supervision", "1001"), "I2"),
    ("left a call he did not hear", company,
     before("ended", event("supervision", "9002", of="1001", mode="off", leg="x")), "log"),
    ("responsible in a talk between colleagues", company,
     before("ended", event("responsible", "1001", "s1", leg="s1.0.1"), contact="s1"), "I2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "forge", "invariant"), [case[1:] for case in FORGED], ids=[case[0].replace(" ", "_") for case in FORGED]
)
def test_a_forged_log_is_refused(make: Callable[[], Log], forge: Change, invariant: str) -> None:
    found = check(forge(make()))
    assert invariant in {each.invariant for each in found}, found
    assert all(each.words for each in found)
