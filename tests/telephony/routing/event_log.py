# SPDX-License-Identifier: GPL-3.0-or-later
"""The event log of a played floor, written as the switchboard writes it, and what the checker finds wrong with it."""

from __future__ import annotations

from typing import Any

from models.rules.proof import prove
from models.rules.proof_log import Event, Violation
from telephony.calls import (
    AgentStateChanged,
    AlarmSupervisor,
    CallArrived,
    CallOver,
    JoinCaller,
    Note,
    Order,
    PromiseCallback,
    QueueCallback,
    StaffDialled,
)
from telephony.calls import Event as CallEvent


class EventLog:
    """Fed with what happened and what routing ordered. Every talk is recorded; sheets there are none."""

    def __init__(self) -> None:
        self.lines: list[Event] = []
        self.now = 0.0
        self._recorded: set[str] = set()

    def take(self, event: CallEvent, orders: tuple[Order, ...], now: float) -> None:
        self.now = now
        if isinstance(event, CallArrived):
            self._arrived(event.call, event.from_number, event.to_number, "in")
        elif isinstance(event, StaffDialled):
            self._arrived(event.call, event.agent, event.to, "staff")
        for order in orders:
            self._take(order)

    def violations(self, *, live: bool = False) -> tuple[Violation, ...]:
        return prove(self.lines, live=live).violations

    def _write(self, contact: str, kind: str, who: str = "", /, **data: Any) -> None:
        if not self.lines:
            self.lines.append(Event("s", 1, 1, self.now, "", "leading", "", {"epoch": 1}))
        self.lines.append(Event("s", 1, len(self.lines) + 1, self.now, contact, kind, who, data))

    def _arrived(self, call: str, number: str, to: str, direction: str) -> None:
        ends = {"from": number, "to": to}
        self._write(call, "arrived", "", **ends, trunk="", received_at=self.now, direction=direction)

    def _take(self, order: Order) -> None:
        match order:
            case Note(call, kind, data, who):
                self._write(call, kind, who, **data)
            case QueueCallback(callback):
                self._arrived(callback.call, "400", callback.number, "out")
            case JoinCaller(call, agent, _) if call not in self._recorded:
                self._recorded.add(call)
                self._write(call, "recording_started", agent, file=f"{call}.wav")
            case AgentStateChanged(agent, state, reason, call=call):
                self._write("", "agent_state", agent, state=state.value, reason=str(reason or ""), call=call)
            case PromiseCallback(call, number, why):
                self._write(call, "promised", "", number=number, why=why)
            case AlarmSupervisor(what, call, agent):
                self._write(call, "alarm", agent, what=what, call=call, agent=agent)
            case CallOver(call, outcome, by):
                self._write(call, "ended", "", outcome=outcome.value, by=by.value)
                if call in self._recorded:
                    self._write(call, "recording_ended", "", file=f"{call}.wav", seconds=1e6, why="ended")
            case _:
                pass
