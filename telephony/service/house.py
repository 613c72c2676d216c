# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switchboard keeps of the house in memory, so that routing never waits for it: queues and rules."""

from __future__ import annotations

from dataclasses import dataclass

from models.kinds import Group
from models.settings import Settings
from telephony.messages import FloorSettings


@dataclass(frozen=True)
class QueueLine:
    """A queue: its words, the skills it needs, the dialled numbers that lead to it."""

    queue: str
    words_zh: str
    words_en: str
    skills: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    disposition_required: bool = True


FIRST = QueueLine("main", "热线", "Hotline")
"""The queue of a house that has set up none."""


@dataclass(frozen=True)
class OutboundRule:
    """The first rule whose prefix fits an E.164 number decides; `why` is the catalogue key of the refusal."""

    prefix: str
    allowed: bool
    why: str = ""


@dataclass(frozen=True)
class House:
    """Everything of the house that calls need. `company` and `hotline` are said and shown as they stand."""

    settings: Settings
    company: str = ""
    hotline: str = ""
    queues: tuple[QueueLine, ...] = ()
    outbound: tuple[OutboundRule, ...] = ()

    def queue_for(self, dialled: str) -> QueueLine:
        """The queue a dialled number leads to; the first one for a number nobody claimed."""
        for line in self.queues:
            if dialled in line.numbers:
                return line
        return self.queues[0] if self.queues else FIRST

    def queue(self, name: str) -> QueueLine | None:
        return next((line for line in self.queues or (FIRST,) if line.queue == name), None)

    def queues_of(self, groups: tuple[str, ...], skills: tuple[str, ...]) -> tuple[str, ...]:
        """The queues whose calls reach such a person: an agent those whose skills he has, engineers are consulted."""
        if Group.AGENT not in groups:
            return ()
        return tuple(line.queue for line in self.queues or (FIRST,) if line.skills <= set(skills))

    def why_not_dial(self, e164: str) -> str:
        """The words of the house's own rule that forbids this number, "" when none does."""
        rule = next((rule for rule in self.outbound if e164.startswith(rule.prefix)), None)
        return "" if rule is None or rule.allowed else rule.why or "link.number_forbidden"

    def for_desks(self) -> FloorSettings:
        settings = self.settings
        chinese = settings.language == "zh_CN"
        return FloorSettings(
            company=self.company,
            hotline=self.hotline or settings.hotline,
            ring_cadence_s=settings.ring_cadence_s,
            rings=settings.rings,
            wrap_up_s=settings.wrap_up_s,
            wrap_up_extend_s=settings.wrap_up_extend_s,
            wrap_up_extensions=settings.wrap_up_extensions,
            handover_s=settings.handover_s,
            callback_s=settings.callback_s if settings.callback_said else None,
            queues={line.queue: line.words_zh if chinese else line.words_en for line in self.queues or (FIRST,)},
        )
