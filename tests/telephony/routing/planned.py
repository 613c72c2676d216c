# SPDX-License-Identifier: GPL-3.0-or-later
"""A house with a plan, for stories of callers: three queues, a menu, hours, a blacklist; and words that get through."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from models.rules.clocks import HOUSE_ZONE
from models.rules.plan import (
    Blocked,
    Calendar,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    Plan,
    QueuePlan,
)
from telephony.calls import (
    CallArrived,
    CallerHungUp,
    CallOver,
    KeyPressed,
    Order,
    PlanChanged,
    PromptOver,
    Say,
)
from telephony.routing.floor import Floor, Settings
from tests.telephony.routing.script import Story

MONDAY_NOON = datetime(2026, 3, 16, 12, 0, tzinfo=HOUSE_ZONE).timestamp()
SUNDAY = datetime(2026, 3, 15, 12, 0, tzinfo=HOUSE_ZONE).timestamp()
HOLIDAY = datetime(2026, 10, 1, 12, 0, tzinfo=HOUSE_ZONE).timestamp()
MOBILE = "+8613800138000"


def to(kind: DestinationKind, target: str = "", prompt: str = "") -> Destination:
    return Destination(kind, target, prompt)


def queue(name: str, **changes: Any) -> QueuePlan:
    return replace(QueuePlan(name, name, name), **changes)


OFFICE = Calendar(
    "office", tuple((day, 9 * 60, 18 * 60) for day in range(5)),
    special={"2026-10-01": (), "2026-03-17": ((600, 660),)}, words={"2026-10-01": "国庆节"},
)  # fmt: skip
MAIN = Menu(
    "main", "menu_example",
    {"1": to(DestinationKind.QUEUE, "repair"), "2": to(DestinationKind.ANNOUNCE, "closed"),
     "3": to(DestinationKind.VOICEMAIL, "400"), "4": to(DestinationKind.NUMBER, "+861088886666"),
     "5": to(DestinationKind.PERSON, "1001")},
    to(DestinationKind.QUEUE, "400"), {"9": "en"},
)  # fmt: skip
NUMBERS = {
    "400": DialledNumber("4001234567", to(DestinationKind.QUEUE, "400")),
    "menu": DialledNumber("+861066667777", to(DestinationKind.MENU, "main")),
    "english": DialledNumber("02166667777", to(DestinationKind.QUEUE, "400"), "en"),
}
BLACKLIST = (Blocked("+86139"), Blocked("withheld", "blocked", why="anonymous"), Blocked("+86137", until=1.0))


def plan(*queues: QueuePlan, **changes: Any) -> Plan:
    """The house's plan with these queues in place of its own."""
    own = {each.queue: each for each in (queue("400"), queue("repair"), queue("night"), *queues)}
    return replace(Plan(own, NUMBERS, {"main": MAIN}, {"office": OFFICE}, BLACKLIST, first="400", version=1), **changes)


class House(Story):
    """Plays on a floor with a plan, from Monday noon on."""

    def __init__(self, the_plan: Plan | None = None, now: float = MONDAY_NOON, **settings: Any) -> None:
        super().__init__(**settings)
        self.floor = Floor(Settings(**settings))
        self.now = now
        self.happens(PlanChanged(the_plan if the_plan is not None else plan()))

    def dials(self, to_number: str = "4001234567", call: str = "c1", number: str = MOBILE) -> tuple[Order, ...]:
        return self.happens(CallArrived(call, number, to_number, ""))

    def through(self, call: str = "c1") -> tuple[Order, ...]:
        self.now += 2
        return self.happens(PromptOver(call))

    def key(self, digit: str, call: str = "c1") -> tuple[Order, ...]:
        return self.happens(KeyPressed(call, digit))

    def hangs_up(self, call: str = "c1") -> tuple[Order, ...]:
        return self.happens(CallerHungUp(call))

    def said(self) -> list[tuple[str, ...]]:
        return [order.prompts for order in self.ordered(Say)]

    def outcome(self, call: str = "c1") -> str:
        (over,) = [order for order in self.ordered(CallOver) if order.call == call]
        return over.outcome.value
