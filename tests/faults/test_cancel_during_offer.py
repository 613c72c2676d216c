# SPDX-License-Identifier: GPL-3.0-or-later
"""The caller hangs up while a phone is rung or while it is picked up, 0 to 300 ms later: nobody is stuck.

Every instant on the floor without telephones, 10,000 times with --long; some on each real exchange, where CANCEL and
200 cross on the wire.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from models.kinds import AgentState
from models.rules.plan import Plan, QueuePlan, Strategy
from models.rules.proof import prove
from telephony.calls import DropLeg, OfferAnswered, Order, PlanChanged, WithdrawOffer
from telephony.simulator import Caller as SimulatedCaller
from telephony.simulator import Simulator, Staff
from tests.faults.house import PATIENT_S, House
from tests.telephony.exchange import peers
from tests.telephony.exchange.peers import Caller, Talk
from tests.telephony.service.room import until

AT_MOST_S = 0.3
EVERY_S = 4.0  # one call after the other, each with time to settle
WRAP_UP_S = 1.0
SETTLED_S = 3.0  # after a call began: everything about it is over
DESKS = {"1001": 0.0, "1002": 0.1, "1003": 0.25}  # who picks up so long after the first ring


class Crossing(Simulator):
    """A phone that is told to stop may just have been picked up: its 200 comes all the same, and the switchboard hears
    it after the caller is gone."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.late: list[str] = []  # legs that were picked up too late
        self.put_down: list[str] = []

    def _carry(self, order: Order) -> None:
        super()._carry(order)
        if isinstance(order, WithdrawOffer) and self.chance.random() < 0.5:
            self.late.append(order.leg)
            self._in(self.chance.uniform(0, 0.1), lambda: self.tell(OfferAnswered(order.call, order.agent, order.leg)))
        elif isinstance(order, DropLeg):
            self.put_down.append(order.leg)


@pytest.mark.parametrize("strategy", [Strategy.LONGEST_IDLE, Strategy.RING_ALL])
def test_a_caller_who_goes_at_any_instant_leaves_nobody_stuck(strategy: Strategy, long: bool):
    times = 10_000 if long else 500
    floor = Crossing(random.Random(f"{strategy}"))
    chance = floor.chance
    floor.at(0, PlanChanged(Plan({"400": QueuePlan("400", "热线", "Hotline", strategy=strategy)})))
    floor.staff(*(Staff(agent, answers_s=answers, wrap_up_s=WRAP_UP_S) for agent, answers in DESKS.items()))
    stuck: list[str] = []

    def look(call: str) -> None:
        people = {agent.id: f"{agent.state} {agent.call}".strip() for agent in floor.floor.agents.values()}
        if floor.floor.calls or set(people.values()) != {AgentState.READY.value}:
            stuck.append(f"after {call}: {people}, calls {list(floor.floor.calls)}")

    for n in range(times):
        at = 1.0 + n * EVERY_S
        # From the offer on, or (who was quick enough to be answered) from the first word on.
        ringing_s = 0.0 if chance.random() < 0.5 else chance.choice(tuple(DESKS.values())) + 0.05
        patience_s = ringing_s + chance.uniform(0, AT_MOST_S)
        number = f"+8613{n:09d}"
        floor.callers(SimulatedCaller(f"c{n}", at, number, patience_s, chance.uniform(0, AT_MOST_S)))
        floor.script(at + SETTLED_S, lambda n=n: look(f"c{n}"))
    floor.run(2.0 + times * EVERY_S)

    assert stuck == []
    assert floor.late and set(floor.late) <= set(floor.put_down), "who picks up too late is put down again"
    proof = prove(floor.log, floor.tickets, floor.recordings)
    assert [str(violation) for violation in proof.violations] == []
    ended = [line.data["outcome"] for line in floor.log if line.kind == "ended"]
    assert len(ended) == times, "one outcome each"
    assert min(ended.count("abandoned"), ended.count("answered")) > times / 20, "both sides of the answer were tried"
    assert not [line for line in floor.log if line.kind == "missed"], "nobody missed what was taken away"


async def test_where_cancel_and_answer_cross_on_the_wire_nobody_is_stuck(house: House, long: bool) -> None:
    """Three phones that are picked up within 0.25 s, and three callers at a time who go within 0.3 s."""
    rounds = 100 if long else 4
    dice = random.Random(14)
    phones = [await house.sit_down(person) for person in DESKS]
    for phone, answers in zip(phones, DESKS.values(), strict=True):
        phone.incoming = _picks_up_after(answers)  # type: ignore[method-assign]
    callers = [await house.caller(f"1390000000{n}") for n in range(len(phones))]
    for _ in range(rounds):
        await asyncio.gather(*(_calls_and_goes(house, caller, dice.uniform(0, AT_MOST_S)) for caller in callers))
        await house.all_over()
        await house.are(AgentState.READY)
        await until(lambda: not any(phone.talks for phone in phones), "a phone is left off the hook", PATIENT_S)
    assert len(house.lines("ended")) == rounds * len(callers)
    assert not house.lines("missed")
    talk = callers[0].call(house.where()[0], "400")  # and who stays is served
    await talk.reaches("answered")
    await until(lambda: len(house.lines("connected")) and house.floor.calls, "nobody talks")
    talk.hang_up()
    await house.all_over()


def _picks_up_after(seconds: float) -> Callable[[Talk], None]:
    def incoming(talk: Talk) -> None:
        talk.ring()
        asyncio.get_running_loop().call_later(seconds, lambda: talk.answer() if talk.state == "ringing" else None)

    return incoming


async def _calls_and_goes(house: House, caller: Caller, after: float) -> None:
    """He gives up so long after the first ring; who was answered by then hangs up."""
    talk = caller.call(house.where()[0], "400")
    await peers.until(lambda: talk.state != "trying")
    await asyncio.sleep(after)
    if talk.state == "ringing":
        talk.cancel()
        await peers.until(lambda: talk.state != "ringing")
    if talk.state == "answered":  # the 200 was quicker than the CANCEL
        talk.hang_up()
    await talk.reaches("ended")
