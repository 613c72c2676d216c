# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated floor plays a plan: who presses 1 is called back in his place, and the checker proves the log."""

from __future__ import annotations

from models.rules.plan import Plan, QueuePlan
from models.rules.proof import prove
from telephony.calls import PlanChanged
from telephony.simulator import Caller, Simulator, Staff


def test_a_call_back_in_the_queue_on_the_virtual_clock() -> None:
    floor = Simulator()
    floor.staff(Staff("1001"))
    floor.at(0.5, PlanChanged(Plan({"400": QueuePlan("400", "热线", "Hotline", recording_notice=True)}, first="400")))
    floor.callers(
        Caller("c1", 1, talk_s=40), Caller("c2", 5, "+8613800138001", presses_one_after_s=6),
        Caller("c3", 8, "+8613800138002", queue=""),
    )  # fmt: skip
    floor.run(300)
    proof = prove(floor.log, floor.tickets, floor.recordings)
    assert proof.violations == ()
    outcomes = {call.contact: call.outcome for call in proof.calls}
    assert outcomes == {"c1": "answered", "c2": "callback_scheduled", "cb-c2-1": "answered", "c3": "answered"}
    began = {event.contact: event.at for event in floor.log if event.kind == "connected"}
    assert began["c1"] < began["cb-c2-1"] < began["c3"], "the call-back kept its place"
