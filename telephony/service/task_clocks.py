# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-over clock of tasks nobody has claimed: the supervisor is alarmed before its end and gets it after.

The tasks are read at the start, after every change and after an outage; what was said already stands in the task, so a
restart says nothing twice. Site time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from models.store.errors import DatabaseAway
from telephony.service.archive import Archive, OpenTask
from telephony.service.floor_log import log

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

READ_AGAIN_S = 1.0


class TaskClocks:
    """One alarm clock a task and deadline, on the switchboard's own clocks."""

    def __init__(self, board: Switchboard, archive: Archive) -> None:
        self._board, self._archive = board, archive
        self._said: set[tuple[str, str]] = set()
        self._named: set[str] = set()

    async def read_again(self) -> None:
        """Set the clocks by the tasks that are open now; waits for the database."""
        while True:
            try:
                tasks = await self._archive.open_tasks()
                break
            except DatabaseAway as error:
                log.warning("tasks_not_read", why=str(error))
                await asyncio.sleep(READ_AGAIN_S)
        settings = self._board.house.settings
        wanted: dict[str, tuple[float, str, OpenTask]] = {}
        for task in tasks:
            before = settings.handover_s - settings.handover_alarm_s
            if not task.warned:
                wanted[f"task-{task.task}-due"] = (task.handover_due - before, "handover_due", task)
            if not task.escalated:
                wanted[f"task-{task.task}-late"] = (task.handover_due, "handover_late", task)
        for name in self._named - set(wanted):
            self._board.alarm_clocks.off(name)
        self._named = set(wanted)
        for name, (at, what, task) in wanted.items():
            self._board.alarm_clocks.set(name, at, lambda what=what, task=task: self._say(what, task))

    def _say(self, what: str, task: OpenTask) -> None:
        if (what, task.task) in self._said:
            return
        self._said.add((what, task.task))
        self._board.alarm(what, task.contact, "")
        self._board.errand("task_warn" if what == "handover_due" else "task_escalate", {"task": task.task})
