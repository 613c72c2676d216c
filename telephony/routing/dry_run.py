# SPDX-License-Identifier: GPL-3.0-or-later
"""WHERE WOULD A CALL GO? The router itself plays a call on a copy of the floor, and every step is told in words.

Nothing is decided here: the steps are read from the orders and notes that the router gives. Words are said in an
instant; only a key that is not pressed takes its time. It ends where a person, the outside or patience would be next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from models.kinds import AgentState
from models.rules import reached
from telephony.calls import (
    CallArrived,
    CallOver,
    Event,
    KeyPressed,
    Note,
    Order,
    PromiseCallback,
    PromptOver,
    QueueCallback,
    TimePassed,
)
from telephony.messages import DryRunResult, DryStep
from telephony.routing import agents
from telephony.routing.floor import Agent, Call, Floor, Stage
from telephony.routing.router import step
from telephony.routing.way import Saying

CALL = "dry-run"
MOST_STEPS = 100
LEASE_S = 86_400.0
BY_IDLE_TIME = frozenset({"longest_idle", "ring_all", "last_agent"})


def dry_run(floor: Floor, number: str, to: str, keys: str, now: float, *, present: bool = True) -> DryRunResult:
    """The way of a call from `number` ("" withheld) to our number `to` at `now`, pressing `keys` in its menus.

    Not `present`: at another hour, so without the calls there are now and with everybody who is signed in free.
    """
    played = _Played(_stage(floor, now, present=present), now)
    played.steps.append(_dialled(floor, to))
    played.happens(CallArrived(CALL, number, to, ""))
    ahead = list(keys)
    for _ in range(MOST_STEPS):
        call = played.floor.calls.get(CALL)
        event = None if call is None else _next(call, ahead)
        if call is None or event is None:
            break
        if isinstance(event, TimePassed):
            played.now = max(played.now, call.way.until or played.now)
        played.happens(event)
    return DryRunResult(number, to, tuple(played.steps), played.agents)


def _stage(floor: Floor, now: float, *, present: bool) -> Floor:
    """The floor as the play begins: every desk that is there stays there."""
    people = {id: replace(person, lease_until=now + LEASE_S) for id, person in floor.agents.items()}
    if present:
        return replace(floor, agents=MappingProxyType(people))
    free = {id: _freed(person) for id, person in people.items()}
    return replace(floor, agents=MappingProxyType(free), calls=MappingProxyType(dict[str, Call]()))


def _freed(person: Agent) -> Agent:
    if person.state not in agents.BUSY:
        return person
    return replace(person, state=AgentState.READY, reason=None, call="", until=None, next_state=None, next_reason=None)


def _dialled(floor: Floor, to: str) -> DryStep:
    entry = reached.number_of(floor.plan, to)
    if entry is None:
        return DryStep("number", "dry_run.number_unknown", (to,))
    destination = entry.destination
    return DryStep("number", f"dry_run.number_{destination.kind}", (to, destination.target))


def _next(call: Call, keys: list[str]) -> Event | None:
    """What happens to the call next if nobody of ours does anything; None where the play ends."""
    if call.stage is Stage.MENU:
        if keys:
            return KeyPressed(CALL, keys.pop(0))
        return PromptOver(CALL) if call.way.saying is Saying.MENU else TimePassed()
    said = (Saying.ONWARD, Saying.GREETING, Saying.FAREWELL)
    return PromptOver(CALL) if call.way.saying in said else None


class _Played:
    """The play so far."""

    def __init__(self, floor: Floor, now: float) -> None:
        self.floor = floor
        self.now = now
        self.steps: list[DryStep] = []
        self.agents: tuple[tuple[str, str, str, float], ...] = ()

    def happens(self, event: Event) -> None:
        self.floor, orders = step(self.floor, event, self.now)
        call = self.floor.calls.get(CALL)
        for order in orders:
            if isinstance(order, Note) and order.call == CALL and order.kind == "chosen":
                self._choose(order)
            self.steps += _steps(order, call)
        if call is not None and call.stage is Stage.WAITING and not call.offers:
            self.steps += self._waits(call)

    def _name(self, agent: str) -> str:
        return self.floor.agents[agent].name or agent

    def _choose(self, note: Note) -> None:
        strategy = str(note.data["strategy"])
        by = "longest_idle" if strategy in BY_IDLE_TIME else strategy
        self.agents = tuple(
            (agent, self._name(agent), f"dry_run.score_{by}", float(score))
            for agent, score in note.data["eligible"]["best"]
        )

    def _waits(self, call: Call) -> Iterator[DryStep]:
        """How the wait would end if nobody becomes free."""
        plan = self.floor.plan.queues.get(call.queue)
        if plan is not None and plan.max_wait_s > 0 and plan.overflow is not None:
            to = plan.overflow
            if plan.queue not in call.way.overflowed:
                yield DryStep("overflow", f"dry_run.after_{to.kind}", (f"{plan.max_wait_s:g}", to.target))


def _steps(order: Order, call: Call | None) -> Iterator[DryStep]:
    match order:
        case Note(call=id) if id == CALL:
            yield from _noted(order, call)
        case QueueCallback(callback) if callback.of_call == CALL:
            yield DryStep("callback", "dry_run.callback", (callback.queue,))
        case PromiseCallback(call=id, why="asked") if id == CALL:
            yield DryStep("callback", "dry_run.recall", (order.number,))
        case CallOver(call=id, outcome=outcome) if id == CALL:
            yield DryStep("ends", f"dry_run.ends_{outcome}")
        case _:
            pass


def _noted(note: Note, call: Call | None) -> Iterator[DryStep]:
    data = {name: str(value) for name, value in note.data.items()}
    match note.kind:
        case "blocked":
            yield DryStep("blocked", "dry_run.blocked", (data["prefix"],))
        case "closed":
            yield DryStep("closed", f"dry_run.closed_{data['why']}", (data["calendar"],))
        case "menu" if data["digit"]:
            yield DryStep("menu", "dry_run.menu_key", (data["menu"], data["digit"]))
        case "menu":
            yield DryStep("menu", "dry_run.menu", (data["menu"],))
        case "queued":
            yield DryStep("queue", "dry_run.queue", (data["queue"],))
        case "announced" if note.data["prompts"]:
            welcome = call is not None and call.stage is Stage.TOLD and call.way.onward is None
            prompts = ", ".join(note.data["prompts"])
            yield DryStep("welcome" if welcome else "announce", "dry_run.said", (prompts, data["language"]))
        case "waiting_answered":
            yield DryStep("waits", f"dry_run.waits_{data['announcement']}")
        case "overflowed":
            yield DryStep("overflow", f"dry_run.overflowed_{data['why']}", (data["queue"], data["to"]))
        case "voicemail":
            yield DryStep("voicemail", "dry_run.voicemail", (data["queue"],))
        case "sent_outside":
            yield DryStep("outside", "dry_run.outside", (data["number"],))
        case "offered":
            yield DryStep("rings", "dry_run.rings", (note.who,))
        case _:
            pass


__all__ = ["dry_run"]
