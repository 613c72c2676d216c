# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor as routing sees it: agents, calls, phones and the house's numbers; all frozen, times in site seconds.

`Turn` is the working page of one step: it collects the new floor and the orders, and is thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from models.kinds import AgentState, StateReason
from models.rules.plan import Plan
from telephony.calls import AgentId, CallId, LegId, Note, Order
from telephony.routing import deadlines, line, standing
from telephony.routing.deadlines import Deadlines
from telephony.routing.line import Line, Spot
from telephony.routing.needs import Needs
from telephony.routing.pace import Pace
from telephony.routing.standing import Standee, Standing
from telephony.routing.way import Owed, Way

T = TypeVar("T")


class IllegalTransition(Exception):
    """A command that the present state does not allow. Says the state and the event."""

    def __init__(self, state: str, event: object) -> None:
        super().__init__(f"{type(event).__name__} is not possible in state {state}: {event}")
        self.state = state
        self.event = event


@dataclass(frozen=True)
class Settings:
    """The house's numbers; seconds unless said otherwise."""

    rings: int = 3  # a call must be picked up within three rings
    cadence_s: float = 5.0  # one ring: 1 on, 4 off
    no_ringing_s: float = 5.0  # a phone that has not said 180 by then is unreachable
    accepted_s: float = 2.0  # after an accept in time, the 200 has this long
    last_agent_pause_s: float = 10.0  # before the last reachable agent of a queue is offered a call again
    same_agent_s: float = 10.0  # a caller whose agent lost his phone waits this long for the same agent
    dial_s: float = 90.0  # an outbound call that nobody ended by then is given up
    lease_s: float = 15.0
    return_s: float = 60.0  # a disconnect shorter than this gives the earlier state back
    wrap_up_s: float = 60.0
    wrap_up_extend_s: float = 30.0
    wrap_up_extensions: int = 2
    ready_after_wrap_up: bool = True  # when wrap-up times out; otherwise not ready, WRAP_UP_TIMEOUT
    long_wait_s: float = 120.0  # the supervisor hears of a caller who waits longer
    promised_s: float = 8.0  # time for the words that confirm a call-back before the call is ended
    callback_key: str = "1"
    park_s: float = 300.0  # a parked caller nobody picks up by then goes back to his queue, first

    @property
    def offer_s(self) -> float:
        """How long one phone may ring."""
        return self.rings * self.cadence_s


@dataclass(frozen=True)
class Agent:
    """One person at this site. `call` is set while reserved, ringing, on_call or wrap_up, and only then."""

    id: AgentId
    name: str = ""
    extension: str = ""
    skills: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    levels: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(dict[str, int]()))
    calls_today: int = 0  # with a customer, connected
    talk_today_s: float = 0.0
    state: AgentState = AgentState.SIGNED_OUT
    reason: StateReason | None = None
    since: float = 0.0
    next_state: AgentState | None = None
    next_reason: StateReason | None = None
    call: CallId = ""
    until: float | None = None  # end of wrap-up
    extensions: int = 0
    idle_since: float = 0.0
    misses: int = 0  # in a row, of calls that rang at several phones at once
    spared_until: float = 0.0  # the last reachable agent is not rung again before this
    lease_until: float = 0.0
    earlier: tuple[AgentState, StateReason | None] | None = None  # what returns with desk or phone
    earlier_until: float = 0.0


class Role(StrEnum):
    """Why a staff phone rings."""

    OFFER = "offer"
    CONSULT = "consult"
    DIAL = "dial"  # his own phone, for a call he dials
    PICK_UP = "pick_up"  # a parked caller he takes
    CALLBACK = "callback"  # somebody who waits to be called back
    SUPERVISE = "supervise"  # his own phone, to hear a colleague's call
    STAFF = "staff"  # a colleague calls, or his own phone when he does


@dataclass(frozen=True)
class Offer:
    """A staff phone that is being rung. The offer clock starts at `ringing_at`, the phone's 180."""

    agent: AgentId
    leg: LegId
    role: Role
    made_at: float
    with_all: bool = False  # the queue rings everybody at once
    ringing_at: float | None = None
    accepted_at: float | None = None


@dataclass(frozen=True)
class Consult:
    """A transfer under way. `engineer` is who was asked last; `leg` is set once he talks, `offer` while he rings."""

    by: AgentId
    to: AgentId
    skills: frozenset[str]
    attended: bool
    engineer: AgentId
    offer: Offer | None
    leg: LegId = ""
    tried: frozenset[AgentId] = frozenset()
    merged: bool = False  # customer, agent and engineer talk with one another


@dataclass(frozen=True)
class Watcher:
    """A supervisor on a call. `leg` rings until `joined`; `of` is whom he hears; `mode` listen | whisper | barge."""

    supervisor: AgentId
    leg: LegId
    of: AgentId
    mode: str
    asked_at: float
    joined: bool = False


class Stage(StrEnum):
    """Where a call is: waiting for an agent (perhaps ringing one), with one, dialled, saying good-bye; parked on a
    numbered place; or a talk between two colleagues. On his way through the plan: told something before he goes on,
    in a menu, leaving a message, sent to an outside number."""

    WAITING = "waiting"
    TALKING = "talking"
    DIALLING = "dialling"
    FAREWELL = "farewell"
    PARKED = "parked"
    STAFF = "staff"
    TOLD = "told"
    MENU = "menu"
    MESSAGE = "message"
    OUTSIDE = "outside"


class Hearing(StrEnum):
    """What the caller hears while nobody talks to him."""

    NOTHING = "nothing"
    RINGING = "ringing"
    MUSIC = "music"


@dataclass(frozen=True)
class Call:
    """One customer's call. `agent` is the responsible one, with his `leg`; only he changes by transfer."""

    id: CallId
    from_number: str
    to_number: str
    queue: str
    skills: frozenset[str] = frozenset()
    arrived: float = 0.0
    stage: Stage = Stage.WAITING
    outbound: bool = False
    answered: bool = False  # the caller's leg has been answered
    hearing: Hearing = Hearing.NOTHING
    promise_started: bool = False
    customer: str = ""
    level: str = "normal"
    last_agent: AgentId = ""
    last_agent_at: float = 0.0  # when they last talked; 0: not known
    last_engineer: AgentId = ""
    relaxed: int = 0  # how many steps its queue's demands have fallen
    offers: tuple[Offer, ...] = ()  # phones that ring for the caller now; several only when a queue rings all
    offered: frozenset[AgentId] = frozenset()  # in this round
    offers_made: int = 0
    past_legs: tuple[tuple[AgentId, LegId], ...] = ()  # withdrawn ones, for answers that come too late
    agent: AgentId = ""
    leg: LegId = ""
    agent_joined: bool = False  # the responsible agent's own phone is in the call
    customer_joined: bool = True  # False while a dialled customer has not answered
    connected: bool = False  # media both ways with the responsible agent, now
    ever_connected: bool = False
    held: bool = False
    consult: Consult | None = None
    back_to: AgentId = ""  # his phone was lost: he is offered the call first
    back_until: float = 0.0
    front: bool = False
    promised: bool = False
    unserved: bool = False  # nobody was reachable; alarmed once
    long_wait_alarmed: bool = False
    deadline: float | None = None  # of DIALLING, FAREWELL, PARKED and STAFF
    watchers: tuple[Watcher, ...] = ()
    slot: int = 0  # the place of a parked call, 1 …
    parked_by: AgentId = ""
    parked_at: float = 0.0
    way: Way = field(default_factory=Way)
    owed: Owed | None = None  # a call-back in the queue

    @property
    def waits(self) -> bool:
        """Whether an agent is looked for now."""
        return self.stage is Stage.WAITING and not self.offers and not self.back_to

    @property
    def offer(self) -> Offer | None:
        """The only phone that rings for it, or the first of several."""
        return self.offers[0] if self.offers else None

    @property
    def number(self) -> str:
        """The customer's number, "" when withheld."""
        return self.to_number if self.outbound else self.from_number


def _no_agents() -> Mapping[AgentId, Agent]:
    return MappingProxyType({})


def _no_names() -> Mapping[str, AgentId]:
    return MappingProxyType({})


def _copy(mapping: Mapping[str, T]) -> dict[str, T]:
    """A dictionary of one's own; a proxy's copy() is ten times as fast as dict() of it."""
    return mapping.copy() if isinstance(mapping, MappingProxyType) else dict(mapping)


def _no_calls() -> Mapping[CallId, Call]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Index:
    """What is worked out of a floor and kept from step to step; it holds for these very mappings and no others."""

    agents: Mapping[AgentId, Agent]
    calls: Mapping[CallId, Call]
    phones: frozenset[AgentId]
    plan: Plan
    settings: Settings
    needs: Needs
    standing: Standing
    line: Line
    deadlines: Deadlines

    def holds_for(self, floor: Floor) -> bool:
        return (
            self.agents is floor.agents
            and self.calls is floor.calls
            and self.phones is floor.phones
            and self.plan is floor.plan
            and self.settings is floor.settings
        )


@dataclass(frozen=True)
class Floor:
    """Everything routing knows. `phones` are the agents whose phone is registered, signed in or not.

    `epoch` of the leader goes into the names of the legs, so that a restarted switchboard never names one twice.
    """

    settings: Settings = field(default_factory=Settings)
    agents: Mapping[AgentId, Agent] = field(default_factory=_no_agents)
    calls: Mapping[CallId, Call] = field(default_factory=_no_calls)
    phones: frozenset[AgentId] = frozenset()
    epoch: int = 0
    plan: Plan = field(default_factory=Plan)  # a queue it does not name rings the longest idle
    pace: Pace = field(default_factory=Pace)
    last_rung: Mapping[str, AgentId] = field(default_factory=_no_names)  # by queue: where a round robin stands
    index: Index | None = field(default=None, compare=False, repr=False)


_NO_DEADLINES = Deadlines()


class Turn:
    """The working page of one step: the floor as it becomes, and the orders in their order.

    `dirty` calls and `freed` agents are those for whom somebody may have to be found; everybody when `look_at_all`.
    """

    def __init__(self, floor: Floor, now: float) -> None:
        self.now = now
        self.settings = floor.settings
        self.epoch = floor.epoch
        self.pace = floor.pace
        self.last_rung = floor.last_rung
        self.orders: list[Order] = []
        self.dirty: set[CallId] = set()
        self.freed: set[AgentId] = set()
        self.look_at_all = False
        self.matched: dict[CallId, AgentId] = {}
        self._before = floor
        self._agents: dict[AgentId, Agent] = _copy(floor.agents)
        self._calls: dict[CallId, Call] = _copy(floor.calls)
        self._phones = floor.phones
        self._plan = floor.plan
        self._new_agents: set[AgentId] = set()  # not yet in the standing
        self._new_calls: set[CallId] = set()  # not yet in the line
        self._changed: set[tuple[int, str]] = set()  # whose deadline may have changed
        index = floor.index
        if index is not None and index.holds_for(floor):
            self.needs, self._standing, self._line = index.needs, index.standing, index.line
            self.deadlines = index.deadlines
        else:
            self.needs, self.deadlines = Needs(floor.plan), _NO_DEADLINES
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._standing, self._line = Standing(), Line()
        self._new_agents, self._new_calls = set(self._agents), set(self._calls)
        self._changed |= {(deadlines.AGENT, id) for id in self._agents} | {(deadlines.CALL, id) for id in self._calls}
        self.look_at_all = True

    def floor(
        self, deadlines_of: Callable[[Floor, Call], Iterable[float]], agents_deadline: Callable[[Agent], float | None]
    ) -> Floor:
        """The floor after this step."""
        after = replace(
            self._before,
            agents=MappingProxyType(self._agents),
            calls=MappingProxyType(self._calls),
            phones=self._phones,
            plan=self._plan,
            pace=self.pace,
            last_rung=self.last_rung,
            index=None,
        )

        def deadline(subject: tuple[int, str]) -> float | None:
            if subject[0] == deadlines.AGENT:
                return agents_deadline(self._agents[subject[1]])
            call = self._calls.get(subject[1])
            return None if call is None else min(deadlines_of(after, call), default=None)

        changes = {subject: deadline(subject) for subject in self._changed}
        index = Index(
            after.agents, after.calls, after.phones, after.plan, after.settings, self.needs, self.standing, self.line,
            deadlines.updated(self.deadlines, changes, deadline),
        )  # fmt: skip
        object.__setattr__(after, "index", index)  # it is new, and nobody has seen it without
        return after

    @property
    def agents(self) -> Mapping[AgentId, Agent]:
        return self._agents

    @property
    def calls(self) -> Mapping[CallId, Call]:
        return self._calls

    @property
    def phones(self) -> frozenset[AgentId]:
        return self._phones

    @phones.setter
    def phones(self, phones: frozenset[AgentId]) -> None:
        self._new_agents |= (phones ^ self._phones) & self._agents.keys()
        self._phones = phones

    @property
    def plan(self) -> Plan:
        return self._plan

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self._plan = plan
        self.needs = Needs(plan)
        self._begin_anew()

    @property
    def standing(self) -> Standing:
        """Who stands where, up to date."""
        self._look_at_agents()
        return self._standing

    def _look_at_agents(self) -> None:
        if self._new_agents:
            changes = {id: self._standee(self._agents[id]) for id in self._new_agents}
            self._new_agents = set()
            known = self._standing.standees
            for id, after in changes.items():
                before = known.get(id)
                if before != after:
                    self._notice(id, before, after)
            self._standing = standing.updated(self._standing, changes)

    def _notice(self, id: AgentId, before: Standee | None, after: Standee) -> None:
        if after.free:
            self.freed.add(id)
        if before is None or before.there != after.there or before[:3] != after[:3]:
            self.look_at_all = True

    def _standee(self, person: Agent) -> Standee:
        free = (
            person.state is AgentState.READY
            and person.spared_until <= self.now
            and person.lease_until > self.now
            and person.id in self._phones
        )
        there = (
            person.state not in (AgentState.SIGNED_OUT, AgentState.NOT_RESPONDING)
            and person.reason is not StateReason.DESKTOP_LOST
            and person.reason is not StateReason.DEVICE_LOST
        )
        queues = self.needs.queues_of(person.id, person.queues)
        return Standee(queues, person.skills, person.levels, person.state, free, there, person.idle_since)

    @property
    def line(self) -> Line:
        """Who waits, in order, up to date."""
        if self._new_calls:
            changes = {id: self._spot(self._calls.get(id)) for id in self._new_calls}
            self._new_calls = set()
            self._line = line.updated(self._line, changes)
        return self._line

    def _spot(self, call: Call | None) -> Spot | None:
        if call is None or not call.waits:
            return None
        need = self.needs.of(call.queue, call.skills, call.relaxed)
        points = self.needs.points(call.queue, call.level)
        return (not call.front, call.arrived - points, call.arrived, call.id, need)

    def put_agent(self, agent: Agent) -> Agent:
        self._agents[agent.id] = agent
        self._new_agents.add(agent.id)
        self._changed.add((deadlines.AGENT, agent.id))
        return agent

    def put_call(self, call: Call) -> Call:
        self._calls[call.id] = call
        self.look_at(call.id)
        return call

    def forget_call(self, call: CallId) -> None:
        del self._calls[call]
        self.look_at(call)

    def look_at(self, call: CallId) -> None:
        """Something about this call, if only the hour, has changed."""
        self.dirty.add(call)
        self._new_calls.add(call)
        self._changed.add((deadlines.CALL, call))

    def overdue(self) -> list[tuple[int, str]]:
        """Whose deadline may have passed: calls, then agents."""
        if self.deadlines is _NO_DEADLINES:
            return [(deadlines.CALL, id) for id in self._calls] + [(deadlines.AGENT, id) for id in self._agents]
        return self.deadlines.overdue(self.now)

    def looked_at(self) -> list[Call]:
        """Calls whose own state, hour or people have changed in this step: all when it concerns everybody."""
        self._look_at_agents()
        if self.look_at_all:
            return list(self._calls.values())
        return [self._calls[id] for id in sorted(self.dirty) if id in self._calls]

    def order(self, *orders: Order) -> None:
        self.orders.extend(orders)

    def note(self, call: CallId, kind: str, who: AgentId = "", **data: Any) -> None:
        """A line for the contact's event log."""
        self.orders.append(Note(call, kind, data, who))
