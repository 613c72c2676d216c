# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor on a virtual clock: the live router with scripted staff and callers, and the event log they leave behind.

No input or output and no dice: the same script gives the same log. Seconds are counted from `start`, a site time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, assert_never

from models.kinds import AgentState, TaskKind
from models.rules.proof_log import Event as LogLine
from models.rules.proof_log import TicketEvent
from telephony import calls
from telephony.routing.floor import Floor, IllegalTransition, Settings
from telephony.routing.router import due, step

LEASE_EVERY_S = 5.0
PAINT_S = 0.03
WORDS_S = 3.0  # any words said to a caller
FAR_END_S = 3.0  # until an outside number or a customer who is called back answers
PHONE_S = 0.05  # from the order to the 180, and from the 200 to sound both ways


@dataclass(frozen=True)
class Handing:
    """An agent who hands every call on: to a person or by skills, `after_s` of talk, with `talk_s` of consulting."""

    to: str = ""
    skills: frozenset[str] = frozenset()
    attended: bool = True
    after_s: float = 10.0
    talk_s: float = 5.0
    completes: bool = True


@dataclass(frozen=True)
class Staff:
    """One desk. `answers_s` after the first ring, None for a phone that rings unattended."""

    agent: str
    queues: frozenset[str] = frozenset({"400"})
    skills: frozenset[str] = frozenset()
    answers_s: float | None = 4.0
    wrap_up_s: float = 5.0
    hands_on: Handing | None = None
    signs_in_s: float = 0.0


@dataclass(frozen=True)
class Caller:
    """One caller: hangs up after `patience_s` without a person, or `talk_s` after the first one spoke."""

    call: str
    at_s: float
    number: str = "+8613800138000"
    patience_s: float = 120.0
    talk_s: float = 30.0
    queue: str = "400"
    skills: frozenset[str] = frozenset()
    presses_one_after_s: float | None = None


@dataclass
class _Call:
    """What the simulated exchange and desks know of a call."""

    caller: Caller | None
    draft: int = 0
    ticket: bool = False
    connected: bool = False
    over: bool = False
    recording: str = ""
    recorded_since: float = 0.0
    dropped: set[str] = field(default_factory=set[str])
    handed: bool = False
    handover: str = ""
    key: int = 0  # how often something was typed


class Simulator:
    """Give it staff and callers, `run` it, read `log`, `tickets` and `recordings`."""

    def __init__(self, settings: Settings | None = None, site: str = "sim", start: float = 1_700_000_000.0) -> None:
        self.floor = Floor(settings or Settings(), epoch=1)
        self.site, self.start, self.now = site, start, start
        self.log: list[LogLine] = []
        self.tickets: list[TicketEvent] = []
        self.recordings: dict[str, float] = {}
        self.refused: list[IllegalTransition] = []
        self._staff: dict[str, Staff] = {}
        self._calls: dict[str, _Call] = {}
        self._ahead: list[tuple[float, int, Callable[[], None]]] = []
        self._n = 0
        self._write("", "leading", "", epoch=1)

    # ---- the script -------------------------------------------------------------------------------------------

    def staff(self, *people: Staff) -> None:
        """They sign in, say they are ready, and keep their desks alive."""
        for each in people:
            self._staff[each.agent] = each
            self._later(each.signs_in_s, lambda each=each: self._signs_in(each))

    def callers(self, *callers: Caller) -> None:
        for caller in callers:
            self._later(caller.at_s, lambda caller=caller: self._arrives(caller))

    def at(self, seconds: float, event: calls.Event) -> None:
        """Let anything happen at `seconds` after the start."""
        self._later(seconds, lambda: self.tell(event))

    def script(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let a function act at `seconds` after the start, when the floor is as it is then."""
        self._later(seconds, happen)

    def dials(self, seconds: float, agent: str, call: str, number: str, fails: str = "", talk_s: float = 20.0) -> None:
        """An agent dials; the far end answers after 3 s, or fails for this reason."""

        def dial() -> None:
            event = calls.DialledOut(call, agent, number)
            try:
                step(self.floor, event, self.now)  # asked on paper: a refused dialling leaves no contact behind
            except IllegalTransition as refused:
                self.refused.append(refused)
                return
            self._calls[call] = _Call(Caller(call, seconds, number, talk_s=talk_s))
            self._write(
                call, "arrived", "", **{"from": "400", "to": number}, trunk="", received_at=self.now, direction="out"
            )
            self.tell(event)
            self._in(1.0, lambda: self.tell(calls.OfferAnswered(call, agent)))
            far_end = calls.CustomerLegFailed(call, fails) if fails else calls.CustomerAnswered(call)
            self._in(4.0, lambda: self.tell(far_end))

        self._later(seconds, dial)

    def run(self, seconds: float) -> None:
        """Let this much time pass, from one happening or deadline to the next."""
        until = self.now + seconds
        while True:
            deadline = due(self.floor)
            ahead = self._ahead[0][0] if self._ahead else until
            if deadline is not None and deadline <= min(ahead, until):
                self.now = max(self.now, deadline)
                self.tell(calls.TimePassed())
            elif ahead <= until and self._ahead:
                at, _, happen = heapq.heappop(self._ahead)
                self.now = max(self.now, at)
                happen()
            else:
                self.now = until
                return

    def tell(self, event: calls.Event) -> None:
        """One event to the router, and what it orders carried out. A refused command is kept in `refused`."""
        try:
            self.floor, orders = step(self.floor, event, self.now)
        except IllegalTransition as refused:
            self.refused.append(refused)
            return
        for order in orders:
            self._carry(order)

    # ---- time, log --------------------------------------------------------------------------------------------

    def _later(self, seconds: float, happen: Callable[[], None]) -> None:
        self._n += 1
        heapq.heappush(self._ahead, (self.start + seconds, self._n, happen))

    def _in(self, seconds: float, happen: Callable[[], None]) -> None:
        self._later(self.now - self.start + seconds, happen)

    def _write(self, contact: str, kind: str, who: str = "", /, **data: Any) -> None:
        self.log.append(LogLine(self.site, 1, len(self.log) + 1, self.now, contact, kind, who, data))

    def _sheet(self, contact: str, kind: str, who: str = "", /, **data: Any) -> None:
        call = self._calls[contact]
        ticket = call.draft if call.ticket else None
        number = len(self.tickets) + 1
        self.tickets.append(TicketEvent(number, self.now, contact, ticket, call.draft or None, kind, who, data))

    # ---- people -----------------------------------------------------------------------------------------------

    def _signs_in(self, each: Staff) -> None:
        self.tell(calls.PhoneReachable(each.agent))
        self.tell(calls.AgentSignedIn(each.agent, each.agent, each.agent, each.skills, each.queues))
        self.tell(calls.StateChosen(each.agent, AgentState.READY))
        self._in(LEASE_EVERY_S, lambda: self._renews(each))

    def _renews(self, each: Staff) -> None:
        self.tell(calls.LeaseRenewed(each.agent))
        self._in(LEASE_EVERY_S, lambda: self._renews(each))

    def _arrives(self, caller: Caller) -> None:
        self._calls[caller.call] = _Call(caller)
        self._write(
            caller.call, "arrived", "", **{"from": caller.number, "to": "400"}, trunk="t", received_at=self.now,
            direction="in",
        )  # fmt: skip
        self.tell(calls.CallArrived(caller.call, caller.number, "400", caller.queue, caller.skills))
        self._in(0.02, lambda: self._found(caller))
        self._in(caller.patience_s, lambda: self._gives_up(caller))
        if caller.presses_one_after_s is not None:
            self._in(caller.presses_one_after_s, lambda: self.tell(calls.KeyPressed(caller.call, "1")))

    def _found(self, caller: Caller) -> None:
        if not self._calls[caller.call].over:
            self._write(caller.call, "customer_found", "", customer=f"k{caller.number[-4:]}", confidence="exact")
            self.tell(calls.CustomerFound(caller.call, f"k{caller.number[-4:]}"))

    def _gives_up(self, caller: Caller) -> None:
        if not self._calls[caller.call].connected:
            self.tell(calls.CallerHungUp(caller.call))

    # ---- orders -----------------------------------------------------------------------------------------------

    def _carry(self, order: calls.Order) -> None:
        match order:
            case calls.RingAgent():
                self._rings(order)
            case calls.WithdrawOffer(call, _, leg) | calls.DropLeg(call, _, leg):
                self._calls[call].dropped.add(leg)
            case calls.JoinCaller(call, agent, leg):
                self._joins(call, agent, leg)
            case calls.JoinConsult(call):
                self._consults(call)
            case calls.EndTheCall(call):
                self._ends(call)
            case calls.BeginHandover() | calls.CommitHandover() | calls.AbortHandover():
                self._hands_over(order)
            case calls.PromiseCallback(call, number, why):
                self._write(call, "promised", "", number=number, why=why)
                self._sheet(call, "task_created", "", task=f"recall-{call}", task_kind=TaskKind.RECALL.value)
            case calls.AlarmSupervisor(what, call, agent):
                self._write(call, "alarm", agent, what=what, call=call, agent=agent)
            case calls.AgentStateChanged(agent, state, reason, call=call):
                self._write(
                    "", "agent_state", agent, state=state.value, reason=reason.value if reason else "", call=call
                )
                if state is AgentState.WRAP_UP:
                    self._wraps_up(agent, call)
            case calls.Note(call, kind, data, who):
                self._write(call, kind, who, **data)
                if kind == "connected":
                    self._connected(call, who)
            case calls.CallOver(call, outcome, by):
                self._write(call, "ended", "", outcome=outcome.value, by=by.value)
            case calls.PlayRingback() | calls.AnswerAndWait() | calls.HoldCaller():
                pass
            case calls.DialCustomer(call=call):
                self._needs_draft(call)
            case calls.Say(call):
                self._unless_over(WORDS_S, calls.PromptOver(call))
            case calls.SendOutside(call, leg):
                self._unless_over(FAR_END_S, calls.OutsideAnswered(call, leg))
            case calls.QueueCallback(callback):
                self._calls[callback.call] = _Call(Caller(callback.call, self.now - self.start, callback.number))
                ends = {"from": "400", "to": callback.number}
                self._write(callback.call, "arrived", "", **ends, trunk="", received_at=self.now, direction="out")
            case calls.CallBack(call):
                self._calls[call].over = False  # an earlier attempt has ended
                self._unless_over(FAR_END_S, calls.CustomerAnswered(call))
            case (
                calls.RefuseCaller() | calls.TakeMessage() | calls.KeepMessage() | calls.JoinOutside()
                | calls.JoinThree() | calls.ParkCaller() | calls.JoinStaff() | calls.Supervise() | calls.CallbackOver()
            ):  # fmt: skip
                pass
            case _:
                assert_never(order)

    def _unless_over(
        self, seconds: float, event: calls.PromptOver | calls.OutsideAnswered | calls.CustomerAnswered
    ) -> None:
        self._in(seconds, lambda: None if self._calls[event.call].over else self.tell(event))

    def _needs_draft(self, call: str) -> None:
        if not self._calls[call].draft:
            self._calls[call].draft = sum(1 for each in self._calls.values() if each.draft) + 1
            self._sheet(call, "draft_created")

    def _rings(self, order: calls.RingAgent) -> None:
        call, agent, leg = order.call, order.agent, order.leg
        known = self._calls[call]
        self._needs_draft(call)

        def unless_dropped(seconds: float, happen: Callable[[], None]) -> None:
            self._in(seconds, lambda: None if leg in known.dropped or known.over else happen())

        unless_dropped(PAINT_S, lambda: self._write(call, "card_painted", agent, painted_at=self.now))
        unless_dropped(PHONE_S, lambda: self.tell(calls.OfferRinging(call, agent, leg)))
        if order.role == "consult":
            painted = self._hash(call)
            unless_dropped(PHONE_S, lambda: self._write(call, "draft_painted", agent, draft=known.draft, hash=painted))
        answers = self._staff[agent].answers_s
        if answers is not None:
            unless_dropped(PHONE_S + answers, lambda: self.tell(calls.OfferAccepted(call, agent)))
            unless_dropped(2 * PHONE_S + answers, lambda: self.tell(calls.OfferAnswered(call, agent, leg)))

    def _hash(self, call: str) -> str:
        return f"hash-{call}-{self._calls[call].key}"

    def _joins(self, call: str, agent: str, leg: str) -> None:
        known = self._calls[call]
        if not known.recording:
            known.recording, known.recorded_since = f"{call}.wav", self.now
            self._write(call, "recording_started", agent, file=known.recording)
        self._in(PHONE_S, lambda: None if leg in known.dropped else self.tell(calls.MediaBothWays(call, agent)))

    def _connected(self, call: str, agent: str) -> None:
        known = self._calls[call]
        if not known.connected and known.caller is not None:
            self._in(known.caller.talk_s, lambda: self.tell(calls.CallerHungUp(call)))
        known.connected = True
        handing = self._staff[agent].hands_on
        if handing is not None and not known.handed:
            known.handed = True
            self._in(handing.after_s, lambda: self._asks(call, agent, handing))

    def _asks(self, call: str, agent: str, handing: Handing) -> None:
        known = self._calls[call]
        if known.over:
            return
        known.key += 1
        self._write(call, "draft_hash", agent, draft=known.draft, hash=self._hash(call))
        self.tell(calls.ConsultAsked(call, agent, handing.to, handing.skills, handing.attended))

    def _consults(self, call: str) -> None:
        talking = self.floor.calls[call]
        agent = talking.agent
        handing = self._staff[agent].hands_on
        if handing is None:
            return
        event = calls.CompleteAsked(call, agent) if handing.completes else calls.BackAsked(call, agent)
        self._in(handing.talk_s, lambda: None if self._calls[call].over else self.tell(event))

    def _hands_over(self, order: calls.BeginHandover | calls.CommitHandover | calls.AbortHandover) -> None:
        known = self._calls[order.call]
        names = {"from": order.from_agent, "to": order.to_agent}
        match order:
            case calls.BeginHandover():
                known.handover = f"{order.call}-{len(self.tickets)}"
                kind = "handover_begun"
            case calls.CommitHandover():
                kind = "handover_committed"
            case calls.AbortHandover():
                kind = "handover_aborted"
            case _:
                assert_never(order)
        self._sheet(order.call, kind, order.from_agent, handover=known.handover, **names)

    def _ends(self, call: str) -> None:
        known = self._calls[call]
        known.over = True
        if known.recording:
            seconds = self.now - known.recorded_since
            self.recordings[known.recording] = seconds
            self._in(
                PHONE_S,
                lambda: self._write(call, "recording_ended", "", file=known.recording, seconds=seconds, why="ended"),
            )

    def _wraps_up(self, agent: str, call: str) -> None:
        self._in(self._staff[agent].wrap_up_s, lambda: self._finishes(agent, call))

    def _finishes(self, agent: str, call: str) -> None:
        person = self.floor.agents[agent]
        known = self._calls[call]
        if person.state is not AgentState.WRAP_UP or person.call != call:
            return
        if known.over and not known.ticket:
            known.ticket = True
            self._sheet(call, "ticket_opened", agent, number=f"FW{known.draft:05d}")
            self._sheet(call, "disposition_set", agent, code="solved", before="")
        self.tell(calls.WrapUpFinished(agent))
