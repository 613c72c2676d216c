# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty callers and six desks by every strategy, on a virtual clock; the checker of the event log finds nothing."""

from __future__ import annotations

import random

import pytest

from models.rules.plan import Plan, QueuePlan, Relaxation, Strategy
from models.rules.proof import prove
from telephony.calls import PlanChanged
from telephony.simulator import Caller, Simulator, Staff

CALLERS = 40


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("seed", [1, 2])
def test_no_strategy_breaks_an_invariant(strategy: Strategy, seed: int):
    chance = random.Random(seed)
    floor = Simulator()
    plan = QueuePlan("400", "热线", "Hotline", strategy=strategy, relax=(Relaxation(15.0),))
    floor.at(0, PlanChanged(Plan({"400": plan})))
    for n in range(6):
        floor.staff(Staff(f"{1001 + n}", answers_s=chance.choice((None, 2.0, 4.0, 20.0)), signs_in_s=1))
    for n in range(CALLERS):
        patience, talk = chance.choice((5.0, 40.0, 200.0)), chance.choice((3.0, 25.0))
        floor.callers(Caller(f"c{n}", chance.uniform(2, 200), f"+86138001380{n:02d}", patience, talk))
    floor.run(900)
    proof = prove(floor.log, None, floor.recordings)
    assert [violation for violation in proof.violations if "sheet" not in violation.words] == []
    assert len(proof.calls) == CALLERS and not floor.floor.calls
    rung = {event.contact for event in floor.log if event.kind == "offered"}
    assert rung and rung == {event.contact for event in floor.log if event.kind == "chosen"}
