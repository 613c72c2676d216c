# SPDX-License-Identifier: GPL-3.0-or-later
"""What phones, callers and desks report comes doubled, late and in another order: the same final state.

A history is a script of callers and desks whose reports go through a proxy that shuffles them. 100,000 with --long;
each is compared with the same script whose reports came at once. A whole switchboard is told its facts so as well.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.kinds import AgentState, Group
from models.rules.plan import Plan, QueuePlan, Strategy
from models.rules.proof import prove
from telephony import calls
from telephony.exchange import engine
from telephony.routing.floor import Settings
from telephony.simulator import Caller, Simulator, Staff
from tests.conftest import Site
from tests.telephony.service.fakes import FakeExchange
from tests.telephony.service.room import Room, room_of, until

LATE_S = 0.2
"""A 180, an accept and a 200 lie within 0.1 s here, so that they overtake each other; what a person does next does
not."""
SHUFFLES = 20  # of one script
LASTS_S = 700.0  # until the last one has been served or has given up
AGENTS = ("1001", "1002", "1003")
REPORTS = (
    calls.CallArrived, calls.CustomerFound, calls.OfferRinging, calls.OfferAccepted, calls.OfferAnswered,
    calls.OfferFailed, calls.MediaBothWays, calls.CallerHungUp, calls.AgentLegGone, calls.PhoneReachable,
    calls.PhoneUnreachable, calls.HangUpAsked, calls.WrapUpFinished, calls.KeyPressed,
)  # fmt: skip


@dataclass(frozen=True)
class Script:
    """Who does what, with seconds between what depends on each other, so that no race decides."""

    answers_s: tuple[float | None, ...]
    callers: tuple[Caller, ...]
    hangs_up: frozenset[str]  # calls that the agent ends
    loses: frozenset[str]  # calls in which the agent's phone dies and comes back
    strategy: Strategy


def scripts() -> Iterator[Script]:
    chance = random.Random(10)
    while True:
        strategy = chance.choice((Strategy.LINEAR, Strategy.RING_ALL))
        answers: list[float | None] = [0.05, 7.0, None]
        if strategy is Strategy.LINEAR:
            answers = [0.0, chance.choice((0.0, 0.05, None)), chance.choice((0.0, 0.05, None))]
        chance.shuffle(answers)
        callers = tuple(
            Caller(
                f"c{n}", 3.0 + 11.0 * n, f"+861380013800{n}", chance.choice((2.0, 68.0, 500.0)),
                chance.choice((6.0, 37.0, 91.0)), presses_one_after_s=chance.choice((None, None, 29.0)),
            )
            for n in range(chance.randint(2, 4))
        )  # fmt: skip
        some = [caller.call for caller in callers]
        yield Script(
            tuple(answers), callers, frozenset(chance.sample(some, 1) if chance.random() < 0.3 else ()),
            frozenset(chance.sample(some, 1) if chance.random() < 0.3 else ()),
            strategy,
        )  # fmt: skip


class Proxied(Simulator):
    """The proxy: with `chance` each report may come twice or three times, and each time somewhat late; without, once
    and exactly so late."""

    def __init__(self, script: Script, late_s: float, chance: random.Random | None = None) -> None:
        super().__init__(Settings(lease_s=1e6))
        self.late_s, self.chance = late_s, chance
        self.script_played = script
        self.told = 0
        plan = QueuePlan("400", "热线", "Hotline", strategy=script.strategy, members=AGENTS)
        self.at(0, calls.PlanChanged(Plan({"400": plan})))
        for n, (agent, answers_s) in enumerate(zip(AGENTS, script.answers_s, strict=True)):
            self.staff(Staff(agent, answers_s=answers_s, wrap_up_s=2.5, signs_in_s=0.3 * n))
        self.callers(*script.callers)

    def _renews(self, each: Staff) -> None:
        """The desks of this hour are never gone."""

    def tell(self, event: calls.Event) -> None:
        if not isinstance(event, REPORTS):
            super().tell(event)
        elif self.chance is None:
            self._in(self.late_s, lambda: self.deliver(event))
        else:
            for _ in range(self.chance.choice((1, 1, 2, 3))):
                self._in(self.chance.uniform(0, self.late_s), lambda: self.deliver(event))

    def deliver(self, event: calls.Event) -> None:
        """What comes out of the proxy."""
        self.told += 1
        super().tell(event)

    def _connected(self, call: str, agent: str) -> None:
        first = not self._calls[call].connected
        super()._connected(call, agent)
        if first and call in self.script_played.hangs_up:
            self._in(3.0, lambda: self.tell(calls.HangUpAsked(call, agent, "3")))
        elif first and call in self.script_played.loses:
            leg = self.floor.calls[call].leg
            self._in(3.0, lambda: self.tell(calls.PhoneUnreachable(agent)))
            self._in(3.0, lambda: self.tell(calls.AgentLegGone(call, agent, True, leg)))
            self._in(5.0, lambda: self.tell(calls.PhoneReachable(agent)))


def final_state(floor: Simulator) -> dict[str, object]:
    """What the house knows at the end of it: of each person and of each call."""
    state: dict[str, object] = {}
    for person in floor.floor.agents.values():
        state[person.id] = (person.state, person.reason, person.call, person.calls_today, person.misses)
    for id in floor._calls:
        lines = [line for line in floor.log if line.contact == id]
        state[id] = [
            (line.kind, line.who, line.data.get("outcome"), line.data.get("by"))
            for line in lines
            if line.kind in ("responsible", "released", "connected", "missed", "declined", "promised", "ended")
        ]
    return {**state, "standing": list(floor.floor.calls), "phones": floor.floor.phones}


def test_the_final_state_is_the_same_however_the_reports_come(long: bool):
    histories = 100_000 if long else 200
    played = told = swallowed = races = 0
    for script in scripts():
        if played == histories:
            break
        at_once, latest = Proxied(script, 0.0), Proxied(script, LATE_S)
        at_once.run(LASTS_S)
        latest.run(LASTS_S)
        wanted = final_state(at_once)
        if final_state(latest) != wanted:
            races += 1  # a moment decides there, in whatever order it is told of
            continue
        assert not at_once.floor.calls
        for _ in range(SHUFFLES):
            floor = Proxied(script, LATE_S, random.Random(played))
            floor.run(LASTS_S)
            assert final_state(floor) == wanted, f"history {played}: {script}"
            assert not prove(floor.log, floor.tickets, floor.recordings).violations
            played += 1
            told += floor.told
            swallowed += len(floor.refused)
    assert races < histories / SHUFFLES / 4
    assert told > 30 * histories and swallowed


class LateExchange(FakeExchange):
    """Each fact comes once to three times and somewhat late. What is said of one leg keeps its order, as it does on
    one connection; the legs overtake each other."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(11)
        self._last: dict[str, float] = {}
        self.reported = 0

    def report(self, fact: engine.Fact) -> None:
        loop = asyncio.get_running_loop()
        about = getattr(fact, "leg", getattr(fact, "extension", ""))
        ends_all = isinstance(fact, engine.CallEnded | engine.RecordingEnded)
        # A file is closed once: what a second telling of it means nobody has said.
        for _ in range(1 if isinstance(fact, engine.RecordingEnded) else self.chance.choice((1, 1, 2, 3))):
            earliest = max(self._last.values(), default=0.0) if ends_all else self._last.get(about, 0.0)
            at = max(earliest + 0.001, loop.time() + self.chance.uniform(0, 0.1))
            self._last[about] = at
            self.reported += 1
            loop.call_at(at, super().report, fact)


async def test_a_house_whose_exchange_tells_everything_late_and_doubled(site: Site, tmp_path: Path, long: bool) -> None:
    """The whole switchboard: what it makes of facts is the same too."""
    rounds = 50 if long else 3
    async with room_of(site, tmp_path / "journal", wrap_up_s=0.2, ring_cadence_s=2.0) as room:
        late = room.exchange = LateExchange()
        await room.close()
        await room.open()
        people = ("1001", "1002", "1003")
        for person in people:
            await room.add(person, Group.AGENT)
            await room.desk(person)
        dice = random.Random(12)
        for n in range(rounds):
            await asyncio.gather(*(_one_call(room, f"c{n}-{person}", dice) for person in people))
            await until(lambda: not room.leading.switchboard.floor.calls, "a call is left")
            await until(lambda: _states(room) == dict.fromkeys(people, AgentState.READY), f"stuck: {_states(room)}")
        assert room.violations() == []
        assert late.reported > 10 * 3 * rounds
        for n in range(rounds):
            for person in people:
                kinds = room.kinds(f"c{n}-{person}")
                assert [kinds.count(kind) for kind in ("arrived", "ended", "missed")] == [1, 1, 0], kinds


async def _one_call(room: Room, call: str, dice: random.Random) -> None:
    """Answered and talked, or given up while it rings."""
    room.exchange.arrive(call, f"139{dice.randrange(10**8):08d}")

    def rung() -> str:
        legs = room.exchange.calls[call].legs.values()
        return next((leg.extension for leg in legs if leg.side == "staff" and leg.stage == "ringing"), "")

    await until(rung, f"{call} rings nowhere")
    if dice.random() < 0.7:
        room.exchange.pick_up(rung())
        await room.until_kind(call, "connected")
    else:
        await asyncio.sleep(0.15)
    room.exchange.put_down(call, call)
    await room.until_kind(call, "ended")


def _states(room: Room) -> dict[str, AgentState]:
    return {agent.id: agent.state for agent in room.leading.switchboard.floor.agents.values()}
