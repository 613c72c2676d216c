# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing over: the transfer panel of the agent, and the engineer's tasks with their two clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from desktop.flows.facts import Topic
from models.cards import TaskLine
from models.kinds import AgentState, Group, TaskState
from models.store import sheets
from models.store.errors import DatabaseAway
from telephony import messages as link

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

TODAY = ("engineer.today_claimed", "engineer.today_done", "engineer.today_attempts")
_WAIT = {
    AgentState.READY: 0,
    AgentState.WRAP_UP: 1,
    AgentState.RESERVED: 2,
    AgentState.RINGING: 2,
    AgentState.ON_CALL: 3,
    AgentState.NOT_READY: 4,
    AgentState.NOT_RESPONDING: 5,
    AgentState.SIGNED_OUT: 6,
}
"""How soon somebody in this state will be free: the order of the transfer table."""


class TransferFlow:
    """Attributes: `open`, `people` (filtered, sorted, still under the hand), `skills` (chips), `peer_name`, and `stage`
    of what is under way with him: ringing | consulting | merged, empty for nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("transfer_changed")
        self.open = False
        self.everybody: tuple[link.Colleague, ...] = ()
        self.people: tuple[link.Colleague, ...] = ()
        self.skills: tuple[str, ...] = ()
        self.order_changed = False
        self.stage = ""
        self.peer_name = ""
        self._text = ""
        self._held = False

    @property
    def free(self) -> int:
        """How many engineers could take the call at once."""
        return sum(1 for one in self.people if one.state is AgentState.READY)

    def opened(self) -> None:
        """The panel opens: chips preset from product and fault."""
        self.open = True
        self._text = ""
        line = self._desk.sheet.value("product_line")
        known = {skill for one in self.everybody for skill in one.skills}
        self.skills = (line,) if line in known else ()
        self._held = False
        self._sort()

    def closed(self) -> None:
        """The panel closes; a consultation goes on."""
        self.open = False
        self.changed.tell()

    def search(self, text: str) -> None:
        """Filter by name, number or skill."""
        self._text = text.strip().lower()
        self._sort()

    def drop_skill(self, skill: str) -> None:
        """Remove a chip."""
        self.skills = tuple(one for one in self.skills if one != skill)
        self._sort()

    def hold_order(self, on: bool) -> None:
        """Rows never jump under the hand: while on, the order stands and `order_changed` says that it is old."""
        self._held = on
        if not on:
            self._sort()

    def transfer(self, agent: str, attended: bool) -> None:
        """To a named person, with the sheet; `attended` talks to him first."""
        self._ask(agent, (), attended)

    def transfer_to_skill(self, attended: bool) -> None:
        """To whoever with the chosen skills is free longest."""
        self._ask("", self.skills, attended)

    def _ask(self, agent: str, skills: tuple[str, ...], attended: bool) -> None:
        call = self._desk.calls.call
        if call is None:
            return
        self._desk.calls.guard.disarm()
        self._with_sheet(lambda told: link.Transfer(call.call, agent, skills, attended, told))

    def _with_sheet(self, order: Callable[[str], object]) -> None:
        """Send an order with the hash of the sheet as it stands once everything typed here is stored."""

        async def send() -> None:
            await self._desk.outbox_empty()
            await self._desk.sheet.read_again()
            self._desk.send_after_outbox(order(self._desk.sheet.hash()))

        self._desk.start(send())

    def complete(self) -> None:
        """Leave customer and engineer together."""
        call = self._desk.calls.call
        if call is not None:
            self._with_sheet(lambda told: link.CompleteTransfer(call.call, told))

    def back(self) -> None:
        """Leave the engineer, back to the customer."""
        call = self._desk.calls.call
        if call is not None:
            self._desk.send(link.BackToCustomer(call.call))

    def promise(self, number: str, note: str) -> None:
        """Nobody is free: the sheet becomes a task that an engineer must claim in time."""
        draft = self._desk.sheet.draft
        if draft is not None:
            self._desk.start(self._promise(draft.draft, number, note))

    async def _promise(self, draft: str, number: str, note: str) -> None:
        await self._desk.post("task_create", {"draft": draft, "number": number, "note": note})
        self._desk.told.tell("transfer.task_created", ())
        self.closed()

    def heard(self, message: object) -> None:
        """One message of the link."""
        if isinstance(message, link.Colleagues):
            self.everybody = message.people
            self._sort()

    def in_call(self, call: link.CallIs) -> None:
        """The own call changed: is somebody being rung, consulted, or on with the customer?"""
        self.peer_name = call.peer_name
        stage = "ringing" if call.peer and call.responsible else ""
        if call.stage in ("consulting", "merged"):
            stage = call.stage
        if stage != self.stage:
            self.stage = stage
            self.changed.tell()

    def _sort(self) -> None:
        me = self._desk.me
        wanted = [
            one
            for one in self.everybody
            if Group.ENGINEER.value in one.groups
            and (me is None or one.agent != me.person)
            and all(skill in one.skills for skill in self.skills)
            and self._text in f"{one.name} {one.agent} {' '.join(one.skills)}".lower()
        ]
        wanted.sort(key=lambda one: (_WAIT[one.state], one.since, one.agent))
        if self._held and [one.agent for one in wanted] != [one.agent for one in self.people]:
            self.order_changed = True
            now = {one.agent: one for one in wanted}
            self.people = tuple(now.get(one.agent, one) for one in self.people)
        else:
            self.order_changed = False
            self.people = tuple(wanted)
        self.changed.tell()


class TasksFlow:
    """Attributes: `tasks` sorted by their running clock, `current`, `today` (counts of this person's day)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("tasks_changed")
        self.tasks: tuple[TaskLine, ...] = ()
        self.current: TaskLine | None = None
        self.today: tuple[tuple[str, int], ...] = ()

    def claim(self, task: str) -> None:
        """Take a task: from now on it has a name on it. A second claimer is told who was first."""
        self._desk.start(self._do("task_claim", {"task": task}))

    def claim_next(self) -> None:
        """The most urgent one nobody has taken."""
        free = next((task for task in self.tasks if task.state is TaskState.OPEN), None)
        if free is not None:
            self.choose(free.task)
            self.claim(free.task)

    def choose(self, task: str) -> None:
        """Show this task."""
        self.current = next((one for one in self.tasks if one.task == task), None)
        if self.current is not None:
            self._desk.sheet.in_task(self.current)
        self.changed.tell()

    def call_back(self, task: str) -> None:
        """Dial the customer of a task; the result is logged by the switchboard's verb."""
        found = next((one for one in self.tasks if one.task == task), None)
        if found is not None:
            self._desk.calls.dial(found.number, found.task)

    def done(self, task: str, result: str) -> None:
        """Close a task with its result."""
        self._desk.start(self._do("task_done", {"task": task, "result": result}))

    def refresh(self) -> None:
        """Read the tasks again."""
        self._desk.start(self._read())

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.Changed(kind="task") | link.Welcome() if self._concerned:
                self.refresh()
            case _:
                return

    @property
    def _concerned(self) -> bool:
        """Whether this person works on tasks or watches their clocks; others need not read them at every change."""
        me = self._desk.me
        return me is not None and not {Group.ENGINEER, Group.SUPERVISOR, Group.MANAGER}.isdisjoint(me.groups)

    async def _do(self, verb: str, args: dict[str, object]) -> None:
        try:
            await self._desk.post(verb, args)
        finally:
            await self._read()

    async def _read(self) -> None:
        try:
            found = await self._desk.read(sheets.tasks)
        except DatabaseAway:
            return
        self.tasks = tuple(sorted(found, key=clock))
        if self.current is not None:
            self.current = next((one for one in self.tasks if one.task == self.current.task), None)
        self.changed.tell()
        if self._desk.me is not None:
            await self._count(self._desk.me.person)

    async def _count(self, me: str) -> None:
        midnight = datetime.fromtimestamp(self._desk.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            counts = await self._desk.read(sheets.task_day, me, midnight.timestamp())
        except DatabaseAway:
            return
        self.today = tuple(zip(TODAY, counts, strict=True))
        self.changed.tell()


def clock(task: TaskLine) -> float:
    """The instant this task must be acted on: the hand-over clock until claimed, then the call-back clock."""
    if task.state is TaskState.OPEN:
        return task.handover_due
    return task.next_due or task.callback_due or task.handover_due
