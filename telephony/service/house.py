# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switchboard keeps of the house in memory, so that calls never wait for the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from models.kinds import Group
from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import Callback, Plan, QueuePlan
from models.settings import Settings
from telephony.messages import FloorSettings
from telephony.service.rights import may_oversee

FIRST = QueuePlan("main", "热线", "Hotline", callback=Callback.OFF)
"""The queue of a house that has set up none."""


def with_first(plan: Plan) -> Plan:
    """A plan without any queue has one all the same."""
    return plan if plan.queues else replace(plan, queues={FIRST.queue: FIRST}, first=FIRST.queue)


@dataclass(frozen=True)
class House:
    """Everything of the house that calls need. `company` and `hotline` are said and shown as they stand.

    `supervision_shown`: whether an agent sees that somebody hears him; the law of the place decides.
    """

    settings: Settings
    company: str = ""
    hotline: str = ""
    plan: Plan = field(default_factory=lambda: with_first(Plan()))
    trunks: tuple[TrunkLine, ...] = ()
    desk_phones: tuple[DeskPhone, ...] = ()
    supervision_shown: bool = True

    @property
    def own_number(self) -> str:
        """The hotline's number, as those we call see it."""
        return self.hotline or self.settings.hotline

    def queue_for(self, dialled: str) -> QueuePlan:
        """The queue a dialled number leads to straight away; the first one otherwise."""
        known = self.plan.numbers.get(dialled)
        if known is not None and known.destination.target in self.plan.queues:
            return self.plan.queues[known.destination.target]
        return self.plan.queues.get(self.plan.first, FIRST)

    def queue(self, name: str) -> QueuePlan | None:
        return self.plan.queues.get(name)

    def queues_of(self, person: str, groups: tuple[str, ...], levels: Mapping[str, int]) -> tuple[str, ...]:
        """The queues whose calls reach such a person: those that list him, and those without a list whose skills he
        has on any level (the level decides when). Engineers are consulted, not rung; who oversees is neither."""
        if Group.AGENT not in groups or may_oversee(groups):
            return ()
        return tuple(
            queue.queue
            for queue in self.plan.queues.values()
            if (person in queue.members if queue.members else queue.skills.keys() <= levels.keys())
        )

    def for_desks(self) -> FloorSettings:
        settings = self.settings
        chinese = settings.language == "zh_CN"
        return FloorSettings(
            company=self.company,
            hotline=self.own_number,
            ring_cadence_s=settings.ring_cadence_s,
            rings=settings.rings,
            wrap_up_s=settings.wrap_up_s,
            wrap_up_extend_s=settings.wrap_up_extend_s,
            wrap_up_extensions=settings.wrap_up_extensions,
            handover_s=settings.handover_s,
            callback_s=settings.callback_s if settings.callback_said else None,
            queues={queue.queue: queue.words_zh if chinese else queue.words_en for queue in self.plan.queues.values()},
        )
