# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call asks for at each step of its waiting, by the plan: skills, levels, points; worked out once for each plan.

A queue the plan does not name asks for the call's skills at any level and rings the longest idle.
"""

from __future__ import annotations

from models.rules.plan import Plan, QueuePlan, Relaxation
from telephony.calls import AgentId
from telephony.routing.standing import Need

ALL_STEPS = 1_000_000
"""As far as it goes."""


class Needs:
    """The needs of one plan. Asked twice it gives the same object; nothing else is remembered."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[tuple[str, frozenset[str], int], Need] = {}
        self._listed = {name: frozenset(queue.members) for name, queue in plan.queues.items() if queue.members}

    def of(self, queue: str, skills: frozenset[str], relaxed: int) -> Need:
        """`relaxed` steps down the queue's ladder (ALL_STEPS: the least it will ever ask for)."""
        key = (queue, skills, relaxed)
        need = self._known.get(key)
        if need is None:
            plan = self._plan.queues.get(queue)
            wanted = {skill: 1 for skill in skills} | (dict(plan.skills) if plan is not None else {})
            steps = plan.relax[:relaxed] if plan is not None else ()
            need = Need(queue, tuple(sorted(_after(wanted, steps).items())), tuple(sorted(wanted)), plan)
            self._known[key] = need
        return need

    def queues_of(self, agent: AgentId, queues: frozenset[str]) -> frozenset[str]:
        """The queues this agent serves: those he signed in to; but a queue with a list is for who is on it."""
        if not self._listed:
            return queues
        return frozenset(queue for queue in queues if queue not in self._listed) | {
            queue for queue, members in self._listed.items() if agent in members
        }

    def points(self, queue: str, level: str) -> float:
        """Seconds of waiting that the caller has ahead of an ordinary one."""
        plan = self._plan.queues.get(queue)
        return 0 if plan is None else plan.priority + plan.level_scores.get(level, 0)


def _after(wanted: dict[str, int], steps: tuple[Relaxation, ...]) -> dict[str, int]:
    for step in steps:
        kept = {skill: level for skill, level in wanted.items() if not (step.drop and level == 1)}
        wanted = {skill: max(1, level - step.by) for skill, level in kept.items()}
    return wanted


def steps_due(plan: QueuePlan | None, waited_s: float) -> int:
    """How many steps down a caller is who has waited so long."""
    return 0 if plan is None else sum(step.after_s <= waited_s for step in plan.relax)
