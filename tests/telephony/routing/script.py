# SPDX-License-Identifier: GPL-3.0-or-later
"""A floor to play on: says what happens at which second and keeps every order, so that a test reads like a story."""

from __future__ import annotations

from typing import Any, TypeVar

from models.kinds import AgentState, StateReason
from telephony.calls import (
    AgentSignedIn,
    CallArrived,
    Event,
    LeaseRenewed,
    MediaBothWays,
    Note,
    OfferAnswered,
    OfferRinging,
    Order,
    PhoneReachable,
    StateChosen,
    TimePassed,
)
from telephony.routing.floor import Agent, Call, Floor, Settings
from telephony.routing.router import due, step

T = TypeVar("T")


class Story:
    """Plays events at `now`; `orders` are those of the last event, `log` all of them with their instants."""

    def __init__(self, **settings: Any) -> None:
        self.floor = Floor(Settings(**settings))
        self.now = 1000.0
        self.orders: tuple[Order, ...] = ()
        self.log: list[tuple[float, Order]] = []

    def happens(self, event: Event) -> tuple[Order, ...]:
        self.floor, self.orders = step(self.floor, event, self.now)
        self.log += [(self.now, order) for order in self.orders]
        return self.orders

    def wait(self, seconds: float, desks: bool = True) -> tuple[Order, ...]:
        """Let time pass, deadline by deadline, with living desks unless told otherwise. Gives all orders meanwhile."""
        until, first = self.now + seconds, len(self.log)
        while self.now < until:
            when = due(self.floor)
            self.now = min(until, self.now + 4.0, until if when is None else max(when, self.now))
            if desks:
                for agent in list(self.floor.agents):
                    self.happens(LeaseRenewed(agent))
            self.happens(TimePassed())
        return tuple(order for _, order in self.log[first:])

    def sign_in(self, *agents: str, queue: str = "400", skills: tuple[str, ...] = (), ready: bool = True) -> None:
        for agent in agents:
            self.happens(PhoneReachable(agent))
            self.happens(AgentSignedIn(agent, f"name {agent}", agent, frozenset(skills), frozenset({queue})))
            if ready:
                self.happens(StateChosen(agent, AgentState.READY))
            self.now += 0.001

    def call(self, call: str = "c1", number: str = "+8613800138000", skills: tuple[str, ...] = ()) -> tuple[Order, ...]:
        return self.happens(CallArrived(call, number, "400", "400", frozenset(skills)))

    def rings(self, agent: str, call: str = "c1") -> tuple[Order, ...]:
        return self.happens(OfferRinging(call, agent))

    def answers(self, agent: str, call: str = "c1") -> tuple[Order, ...]:
        return self.happens(OfferAnswered(call, agent))

    def talk(self, agent: str = "1001", call: str = "c1") -> None:
        """A call that arrives, rings at this agent and is connected."""
        self.call(call)
        self.rings(agent, call)
        self.answers(agent, call)
        self.happens(MediaBothWays(call, agent))

    def agent(self, agent: str = "1001") -> Agent:
        return self.floor.agents[agent]

    def state(self, agent: str = "1001") -> tuple[AgentState, StateReason | None]:
        return self.agent(agent).state, self.agent(agent).reason

    def the_call(self, call: str = "c1") -> Call:
        return self.floor.calls[call]

    def ordered(self, kind: type[T]) -> list[T]:
        """Orders of one kind from the whole story."""
        return [order for _, order in self.log if isinstance(order, kind)]

    def notes(self, kind: str) -> list[Note]:
        return [order for _, order in self.log if isinstance(order, Note) and order.kind == kind]

    def when(self, kind: str) -> list[float]:
        """The instants of the notes of one kind."""
        return [at for at, order in self.log if isinstance(order, Note) and order.kind == kind]
