# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers who wait to be called back: abandoned, unserved, asked for it, left a message. Claimed, heard and dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.flows import house_verbs
from desktop.flows.facts import Topic
from desktop.flows.house_player import Player
from desktop.flows.outbox import Refused
from models.kinds import Group, TaskState
from models.rules.permissions import RECALL, may
from models.rules.plan_lines import RecallLine
from models.store import plan_rows
from models.store.errors import DatabaseAway
from telephony import messages as link

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

FOLLOWED = frozenset({"task", "voicemail"})


class RecallFlow:
    """Attributes: `lines` (the most urgent first), `current`, `player` of its message, `away`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("recalls_changed")
        self.lines: tuple[RecallLine, ...] = ()
        self.current: RecallLine | None = None
        self.away = False
        self.player = Player(desk)
        self._watching = False

    @property
    def may_call(self) -> bool:
        """Whether this person may call them back."""
        me = self._desk.me
        return me is not None and may((Group(one) for one in me.groups), RECALL)

    def begin(self) -> None:
        """Somebody looks: read the list and follow it."""
        self._watching = True
        self.refresh()

    def refresh(self) -> None:
        self._desk.start(self._read())

    async def _read(self) -> None:
        try:
            lines = await self._desk.read(plan_rows.recalls)
        except DatabaseAway:
            self.away = True
            self.changed.tell()
            return
        self.away = False
        self.show(lines)

    def show(self, lines: tuple[RecallLine, ...]) -> None:
        """These are to be called back now."""
        self.lines = lines
        if self.current is not None:
            task = self.current.task.task
            self.current = next((one for one in lines if one.task.task == task), None)
            if self.current is None:
                self.player.stop()
        self.changed.tell()

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.Changed() if self._watching and message.kind in FOLLOWED:
                self.refresh()
            case link.Welcome() if self._watching:
                self.refresh()
            case _:
                return

    def choose(self, task: str) -> None:
        """Show this one; its message is not played before it is asked for."""
        if self.current is not None and self.current.task.task == task:
            return
        self.current = next((one for one in self.lines if one.task.task == task), None)
        self.player.stop()
        self.changed.tell()

    def claim(self, task: str) -> None:
        """Take it: from now on it has a name on it. A second claimer is told who was first."""
        self._desk.start(self._do("task_claim", {"task": int(task)}))

    def release(self, task: str) -> None:
        """Give it back."""
        self._desk.start(self._do("task_release", {"task": int(task)}))

    def done(self, task: str, result: str) -> None:
        """It needs no more calls."""
        self._desk.start(self._do("task_done", {"task": int(task), "result": result}))

    def dial(self, task: str) -> None:
        """Call him back; who has not claimed it yet claims it first."""
        line = next((one for one in self.lines if one.task.task == task), None)
        if line is None or not line.task.number:
            return
        self.player.pause()
        self._desk.start(self._dial(line))

    async def _dial(self, line: RecallLine) -> None:
        if line.task.state is TaskState.OPEN:
            await self._do("task_claim", {"task": int(line.task.task)})
        self._desk.calls.dial(line.task.number, line.task.task)

    def play(self) -> None:
        """Play or go on playing the message of the current one; the first time it counts as heard."""
        line = self.current
        if line is None or line.voicemail is None:
            return
        message = line.voicemail
        self.player.play(message.voicemail, message.seconds)
        if not message.heard_by:
            self._desk.start(self._heard(message.voicemail))

    async def _heard(self, voicemail: str) -> None:
        await self._do(*house_verbs.heard(voicemail))

    async def _do(self, verb: str, args: dict[str, object]) -> None:
        try:
            await self._desk.post(verb, args)
        except Refused:
            await self._read()  # the refusal was told; what made it is on the screen now
            raise
        await self._read()
