# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor on a virtual clock: whatever staff, callers and faults a script has, the checker finds nothing wrong."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.kinds import AgentState, StateReason
from models.rules.proof import prove
from telephony import calls
from telephony.simulator import Caller, Handing, Simulator, Staff

AGENTS = ("1001", "1002", "1003", "2001", "2002")
PRINTER = frozenset({"printer"})

answers = st.one_of(st.none(), st.sampled_from((0.5, 4.0, 14.5, 14.96)))
handings = st.one_of(
    st.none(),
    st.builds(
        Handing,
        to=st.sampled_from(("", "2001")),
        skills=st.just(PRINTER),
        attended=st.booleans(),
        after_s=st.sampled_from((1.0, 12.0)),
        talk_s=st.sampled_from((1.0, 8.0)),
        completes=st.booleans(),
    ),
)
callers = st.tuples(
    st.floats(0, 120), st.sampled_from((0.01, 3.0, 40.0, 200.0)), st.sampled_from((3.0, 25.0, 60.0)), st.booleans()
)
faults = st.tuples(
    st.floats(0, 150),
    st.sampled_from(("phone", "leg", "reject", "sign out", "hang up", "break", "late 200")),
    st.sampled_from(AGENTS),
)


def _play(floor: Simulator, at: float, fault: str, agent: str) -> None:
    """A fault of this agent, about the call he has then."""

    def strikes() -> None:
        person = floor.floor.agents.get(agent)
        call = person.call if person is not None else ""
        talks = call in floor.floor.calls and floor.floor.calls[call].agent == agent
        match fault:
            case "phone":
                floor.tell(calls.PhoneUnreachable(agent))
                floor.at(floor.now - floor.start + 4, calls.PhoneReachable(agent))
                if talks:
                    floor.tell(calls.AgentLegGone(call, agent, lost=True))
            case "leg" if talks:
                floor.tell(calls.AgentLegGone(call, agent))
            case "reject" if call:
                floor.tell(calls.OfferFailed(call, agent, "rejected"))
            case "late 200" if call:
                floor.tell(calls.OfferAnswered(call, agent, f"{call}.1.1"))
            case "hang up" if talks:
                floor.tell(calls.HangUpAsked(call, agent, "3"))
            case "sign out":
                floor.tell(calls.AgentSignedOut(agent))
            case "break":
                floor.tell(calls.StateChosen(agent, AgentState.NOT_READY, StateReason.BREAK))
            case _:
                pass

    floor.script(at, strikes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(answers, handings), min_size=5, max_size=5),
    st.lists(callers, min_size=1, max_size=10),
    st.lists(faults, max_size=6),
)
def test_no_script_makes_the_router_break_an_invariant(
    desks: list[tuple[float | None, Handing | None]],
    arriving: list[tuple[float, float, float, bool]],
    struck: list[tuple[float, str, str]],
) -> None:
    floor = Simulator()
    for agent, (answers_s, handing) in zip(AGENTS, desks, strict=True):
        engineer = agent.startswith("2")
        queue = "engineers" if engineer else "400"
        floor.staff(Staff(agent, frozenset({queue}), PRINTER if engineer else frozenset(), answers_s, hands_on=handing))
    for n, (at, patience, talk, presses) in enumerate(arriving):
        floor.callers(
            Caller(f"c{n}", at, f"+86138001380{n:02d}", patience, talk, presses_one_after_s=10 if presses else None)
        )
    for at, fault, agent in struck:
        _play(floor, at, fault, agent)
    floor.run(600)
    proof = prove(floor.log, None, floor.recordings)
    assert [violation for violation in proof.violations if "sheet" not in violation.words] == []
    assert len(proof.calls) == len(arriving)


def test_the_same_script_gives_the_same_log() -> None:
    def once() -> Simulator:
        floor = Simulator()
        floor.staff(Staff("1001"), Staff("1002", answers_s=None))
        floor.callers(*(Caller(f"c{n}", n * 4.0) for n in range(5)))
        floor.run(200)
        return floor

    first, second = once(), once()
    assert first.log == second.log
    assert first.tickets == second.tickets
    assert first.floor == second.floor


def test_a_refused_command_is_kept_and_changes_nothing() -> None:
    floor = Simulator()
    floor.staff(Staff("1001"))
    floor.dials(1, "1009", "o1", "+8613900139000")
    floor.run(20)
    assert len(floor.refused) == 1
    assert all(event.contact != "o1" for event in floor.log)
