# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets beside the calls (I1): every talk has its draft; no ticket, task or hand-over is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.kinds import TaskKind
from models.rules.proof_contact import Contact
from models.rules.proof_log import TicketEvent, Violation

ENDS_A_HANDOVER = frozenset({"handover_committed", "handover_aborted"})


@dataclass
class Handover:
    contact: str
    by: str
    to: str
    ends: list[str] = field(default_factory=list[str])


class Sheets:
    """Fed with every ticket event in the order of its id, then asked about every contact."""

    def __init__(self, events: Iterable[TicketEvent]) -> None:
        self.violations: list[Violation] = []
        self.drafts: dict[str, str] = {}  # draft: contact
        self.draft_of: dict[str, str] = {}
        self.tickets: dict[str, str] = {}  # draft: ticket number
        self.handovers: dict[str, Handover] = {}
        self.dispositions: dict[str, str] = {}
        self.recalls: set[str] = set()
        self.tasks: dict[str, str] = {}  # task: who has claimed it
        self._numbers: set[str] = set()
        seen: set[int] = set()
        for event in sorted(events, key=lambda event: event.id):
            if event.id in seen:
                self.wrong(event.contact, f"sheet event {event.id} is there twice")
                continue
            seen.add(event.id)
            self._take(event)

    def wrong(self, contact: str, words: str) -> None:
        self.violations.append(Violation("I1", contact, words))

    def ticket_of(self, contact: str) -> str:
        """The number of the ticket this contact became, "" none."""
        return self.tickets.get(self.draft_of.get(contact, ""), "")

    def _take(self, event: TicketEvent) -> None:
        draft = "" if event.draft is None else str(event.draft)
        match event.kind:
            case "draft_created":
                if event.contact in self.draft_of or draft in self.drafts:
                    self.wrong(event.contact, f"draft {draft} is a second one")
                self.drafts[draft] = event.contact
                self.draft_of[event.contact] = draft
            case "ticket_opened":
                self._ticket(event, draft)
            case "handover_begun" | "handover_committed" | "handover_aborted":
                self._handover(event)
            case "disposition_set":
                before = self.dispositions.get(event.contact, "")
                if str(event.data.get("before", before)) != before:
                    self.wrong(event.contact, f"a disposition was lost: {event.data.get('before')} before {before!r}")
                self.dispositions[event.contact] = str(event.data.get("code", ""))
            case "task_created" | "task_claimed" | "task_released" | "task_done":
                self._task(event)
            case _:
                pass

    def _ticket(self, event: TicketEvent, draft: str) -> None:
        number = str(event.data.get("number", event.ticket))
        if draft in self.tickets or number in self._numbers:
            self.wrong(event.contact, f"ticket {number} was opened twice")
        if draft and draft not in self.drafts:
            self.wrong(event.contact, f"ticket {number} was opened from a draft that nobody created")
        self.tickets[draft] = number
        self._numbers.add(number)

    def _handover(self, event: TicketEvent) -> None:
        name = str(event.data.get("handover", event.contact))
        if event.kind == "handover_begun":
            if name in self.handovers:
                self.wrong(event.contact, f"hand-over {name} began twice")
            data = event.data
            self.handovers[name] = Handover(event.contact, str(data.get("from", "")), str(data.get("to", "")))
            return
        begun = self.handovers.get(name)
        if begun is None:
            self.wrong(event.contact, f"hand-over {name}: {event.kind} without having begun")
        elif begun.ends:
            self.wrong(event.contact, f"hand-over {name} ended twice: {begun.ends[0]}, {event.kind}")
        else:
            begun.ends.append(event.kind)

    def _task(self, event: TicketEvent) -> None:
        task = str(event.data.get("task", ""))
        match event.kind:
            case "task_created":
                if task in self.tasks:
                    self.wrong(event.contact, f"task {task} was created twice")
                self.tasks[task] = ""
                if event.data.get("task_kind") == TaskKind.RECALL:
                    self.recalls.add(event.contact)
            case "task_claimed":
                holder = self.tasks.get(task, "")
                if holder:
                    self.wrong(event.contact, f"task {task} was claimed by {event.who}, {holder} had it")
                self.tasks[task] = event.who
            case _:
                if task not in self.tasks:
                    self.wrong(event.contact, f"{event.kind} of task {task}, which nobody created")
                self.tasks[task] = ""

    def check(self, contacts: Iterable[Contact], *, live: bool) -> None:
        """What the calls promise and the sheets must show. Nothing of what is still under way."""
        for contact in contacts:
            if contact.ended is None or live:
                continue
            if contact.stretches and contact.id not in self.draft_of:
                self.wrong(contact.id, "somebody was responsible and there is no sheet")
            if contact.promised and contact.id not in self.recalls:
                self.wrong(contact.id, "a call-back was promised and there is no task for it")
            for transfer in contact.transfers:
                if not self._committed(contact.id, transfer.by, transfer.to):
                    self.wrong(contact.id, f"transferred to {transfer.to} without the sheet being handed over")
            received = {transfer.to for transfer in contact.transfers}
            for each in self.handovers.values():
                committed = each.contact == contact.id and "handover_committed" in each.ends
                if committed and each.to not in received and contact.epochs < 2:
                    self.wrong(contact.id, f"the sheet was handed over to {each.to}, the call was not")
        if not live:
            for name, begun in self.handovers.items():
                if not begun.ends:
                    self.wrong(begun.contact, f"hand-over {name} began and never ended")

    def _committed(self, contact: str, by: str, to: str) -> bool:
        return any(
            (each.contact, each.by, each.to) == (contact, by, to) and "handover_committed" in each.ends
            for each in self.handovers.values()
        )
