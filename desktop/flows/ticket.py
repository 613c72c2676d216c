# SPDX-License-Identifier: GPL-3.0-or-later
"""The task sheet at the desk: whose call it is, what was asked, what was typed, what is still missing.

One live draft per contact, shared with everybody who was ever part of it. Each key goes to the outbox at once; what
others write arrives over the link; two texts for one field stay side by side until somebody chooses.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from desktop.flows.facts import Topic
from desktop.flows.guided import ModeOption, StepNow, offers_of, options_of, steps_of
from desktop.flows.others import OthersTexts
from models.cards import Article, Candidate, CustomerCard, DeviceLine, Draft, DraftField, PolicyRow, TaskLine
from models.kinds import ServiceMode
from models.rules import guide, policy
from models.store import cards, search, sheets
from models.store.errors import DatabaseAway
from telephony import messages as link
from telephony.numbers import UnusableNumber, normalise

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

log = logging.getLogger(__name__)

READ_AGAIN_S = 0.5
ROW_AWAITED_S = 1.0  # the database answers and the row is not there: it is on its way for so long
UNSTORED_EVERY_S = 0.3  # how often the others of a call get the texts that no database takes


@dataclass(frozen=True)
class Saved:
    """The saved mark: on this machine, in the database since `central_at` (site time), how much still waits."""

    local: bool = True
    central_at: float | None = None
    unsent: int = 0


class SheetFlow:
    """Attributes: `card`, `draft`, `device`, `step`, `saved`, `greeting`, `articles`; topics tell what changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("sheet_changed")
        self.field_changed = Topic("field_changed")
        self.saved_changed = Topic("saved_changed")
        self.step_changed = Topic("step_changed")
        self.searched = Topic("searched")
        self.card: CustomerCard | None = None
        self.draft: Draft | None = None
        self.device: DeviceLine | None = None
        self.step = guide.STEPS[0]
        self.saved = Saved()
        self.greeting = ""
        self.articles: tuple[Article, ...] = ()
        self.policies: tuple[PolicyRow, ...] = ()
        self._contact = ""
        self._number = ""
        self._asked_customer = ""  # what was asked of the database already: the switchboard repeats itself
        self._asked_draft = ""
        self._others = OthersTexts(desk)
        self._telling: asyncio.TimerHandle | None = None
        self._painted: set[str] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    # ---- reading ----------------------------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, str]:
        """All fields of the draft as text."""
        return {name: field.value for name, field in self.draft.fields.items()} if self.draft else {}

    def value(self, name: str) -> str:
        """The text of one field, "" when empty."""
        found = self.draft.fields.get(name) if self.draft else None
        return found.value if found else ""

    def author(self, name: str) -> DraftField | None:
        """Who wrote a field and when, or None."""
        return self.draft.fields.get(name) if self.draft else None

    def typing(self, name: str) -> str:
        """Who else wrote this field within the last three seconds, or "": advice, not a lock."""
        return self._others.typing(name)

    def unstored(self, name: str) -> bool:
        """Whether a field shows another's text that only his desk has: the database is away."""
        return self._others.unstored(name)

    def hash(self) -> str:
        """The hash of all fields as they stand on this screen."""
        return guide.sheet_hash(self.values)

    def missing(self, purpose: guide.Purpose = "sheet") -> tuple[str, ...]:
        """Names of fields that a live transfer ("live") or a hand-over without voice ("sheet") still needs."""
        return guide.missing(self.values, purpose)

    def steps(self) -> tuple[StepNow, ...]:
        """The guided sequence with what is filled in."""
        return steps_of(self.values, set(self.missing()), self.step)

    def modes(self) -> tuple[ModeOption, ...]:
        """The service modes that the policy allows here."""
        return options_of(self._offers(), self.card, self.value("model"))

    def barred(self) -> tuple[tuple[ServiceMode, str], ...]:
        """The modes that it does not, with the reason in words."""
        return tuple((one.mode, policy.words(one.why_not)) for one in self._offers().barred)

    def say(self) -> str:
        """The words to say now, following the chosen mode; "" where the step has words of its own."""
        chosen = self.value("service_mode")
        return next((option.say for option in self.modes() if option.mode.value == chosen), "")

    async def read_again(self) -> None:
        """The sheet as it is stored now; a slow or absent database is not waited for."""
        if self.draft is None or not self._desk.database_up:
            return
        try:
            await asyncio.wait_for(self._read_draft(self.draft.draft), READ_AGAIN_S)
        except (DatabaseAway, TimeoutError):
            log.info("the sheet could not be read again")

    # ---- writing ----------------------------------------------------------------------------------------------

    def write(self, name: str, value: str) -> None:
        """One key was typed: the draft has it at once, the outbox within 50 ms, the database 400 ms after the last."""
        draft = self.draft
        if draft is None or self.value(name) == value:
            return
        field = draft.fields.get(name)
        version = field.version if field else 0
        me = self._desk.me
        mine = DraftField(name, value, me.person if me else "", me.name if me else "", self._desk.now(), version)
        self._put(mine)
        stream = f"{draft.draft}/{name}"
        arguments = {"draft": draft.draft, "field": name, "value": value, "base_version": version}
        self._desk.post("draft_save", arguments, stream)
        self._mark(local=False)
        self.field_changed.tell(name)
        if name in ("service_mode", "warranty", "product_line", "fault_class"):
            self.step_changed.tell()

    def leave(self, name: str) -> None:
        """The field was left: what was typed goes to the database now."""
        if self.draft is not None:
            self._desk.flush(f"{self.draft.draft}/{name}")

    def resolve(self, name: str, value: str) -> None:
        """Choose one of two texts for a field."""
        if self.draft is not None:
            self._desk.post("draft_resolve", {"draft": self.draft.draft, "field": name, "value": value})
            self._start(self._read_draft(self.draft.draft, after_outbox=True))

    def go(self, step: str) -> None:
        """Show a step of the form."""
        if step in guide.STEPS:
            self.step = step
            self._desk.flush()
            self.step_changed.tell()

    def next_step(self) -> None:
        """The following step, or this one again at the end."""
        self._move(1)

    def back(self) -> None:
        """The step before."""
        self._move(-1)

    def _move(self, by: int) -> None:
        names = guide.STEPS
        self.go(names[max(0, min(len(names) - 1, names.index(self.step) + by))])

    def choose_device(self, device: str) -> None:
        """The device this call is about; its product and warranty are filled in."""
        found = next((line for line in (self.card.devices if self.card else ()) if line.device == device), None)
        if found is None:
            return
        self.device = found
        for name, value in guide.device_fields(found).items():
            self.write(name, value)
        self._start(self._read_articles())
        self.changed.tell()

    def choose_customer(self, customer: str) -> None:
        """The caller said who he is."""
        if self.draft is not None:
            self._desk.post("draft_set_customer", {"draft": self.draft.draft, "customer": customer})
        self._start(self._read_card(self._number, customer))

    def new_customer(self, name: str, company: str) -> None:
        """Nobody knows this caller yet."""
        self._start(self._create_customer(name, company))

    def confirm_phone(self) -> None:
        """The customer says that this number is his own."""
        if self.card is not None and self.card.customer and self._number:
            self._desk.post("customer_phone_confirm", {"customer": self.card.customer, "number": self._number})
            self._start(self._read_card(self._number, self.card.customer, after_outbox=True))

    def search_customers(self, text: str) -> None:
        """Look for a customer; `searched` tells the candidates."""
        self._start(self._search(text))

    def submit(self) -> None:
        """Open the ticket from this sheet; what is missing comes back in words."""
        if self.draft is not None:
            self._start(self._submit(self.draft))

    def painted(self) -> None:
        """The customer card stands on the screen."""
        if self._on_the_line() and self.card is not None:
            self._tell_painted()

    def _tell_painted(self) -> None:
        if self._contact and self._contact not in self._painted:
            self._painted.add(self._contact)
            self._desk.send(link.CardPainted(self._contact, self._desk.now()))

    def draft_painted(self, values: dict[str, str]) -> None:
        """What the engineer's widgets show after an arrived draft was painted."""
        if self._on_the_line() and self.draft is not None:
            shown = guide.sheet_hash(values)
            self._desk.send(link.DraftPainted(self._contact, self.draft.draft, shown))
            if any(values.values()):
                self._tell_painted()  # the live draft shows the customer, too: to the engineer it is the card

    def _on_the_line(self) -> bool:
        """Whether this sheet belongs to a call of this desk; the sheet of a task between calls does not."""
        calls = self._desk.calls
        return self._contact in {one.call for one in (calls.call, calls.offer) if one is not None}

    # ---- what happened ----------------------------------------------------------------------------------------

    def offered(self, offer: link.Offer) -> None:
        """A call rings: everything about the caller is read before the first ring is over."""
        self._stands(offer.call, offer.from_number, offer.customer, offer.draft)

    def offer_gone(self, call: str) -> None:
        """The call went on to somebody else, or away."""
        current = self._desk.calls.call
        if self._contact == call and (current is None or current.call != call):
            if current is not None:
                self._begin(current.call, current.number, current.customer, current.draft)
                return
            self._contact, self._asked_draft, self.card, self.draft, self.device = "", "", None, None, None
            self._others.clear()
            self.changed.tell()

    def in_call(self, call: link.CallIs) -> None:
        """A call of this desk changed. A call back goes on with the sheet of its task."""
        draft = call.draft
        if call.task and not draft:
            draft = next((task.draft for task in self._desk.tasks.tasks if task.task == call.task), "")
        self._stands(call.call, call.number, call.customer, draft)

    def in_task(self, task: TaskLine) -> None:
        """Between calls: the sheet of a task that waits for its call back."""
        calls = self._desk.calls
        if calls.call is None and calls.offer is None and task.draft:
            self._begin(task.draft, task.number, task.customer, task.draft)

    def call_ended(self, call: link.CallIs) -> None:
        """The contact is over for this desk; its sheet stays on screen until the next one."""
        self._desk.flush()
        self.changed.tell()

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.DraftChanged() if message.draft == self._awaited(message.stored):
                self._other_wrote(message)
            case link.Changed(kind="draft") if self._draft_id() and message.id in (self._contact, self._draft_id()):
                # Perhaps one that we were not let into, or that was not stored, when we asked first.
                self._start(self._read_draft(self._draft_id()))
            case link.Welcome():
                self.database_back()  # what changed while the link was down was told to nobody here
                if not self._desk.database_up:
                    self.tell_unstored()
            case link.Changed(kind="customer") if self.card is not None and message.id == self.card.customer:
                self._start(self._read_card(self._number, self.card.customer))
            case _:
                return

    def stored(self, stream: str, stored: str, what: Any) -> None:
        """The outbox tells how far a field has come."""
        draft, _, name = stream.rpartition("/")
        if self.draft is None or draft != self.draft.draft:
            return
        if stored == "local":
            self._mark(local=True)
            if not self._desk.database_up and self._telling is None:
                self._telling = asyncio.get_running_loop().call_later(UNSTORED_EVERY_S, self.tell_unstored)
        elif stored == "central":
            field = self.draft.fields.get(name)
            if field is not None and isinstance(what, dict) and "version" in what:
                self._put(replace(field, version=int(what["version"])))
                if what.get("conflict"):
                    self._start(self._read_draft(self.draft.draft))
            self.saved = Saved(True, self._desk.now(), self._desk.unsent)
            self.saved_changed.tell()

    def database_back(self) -> None:
        """The database answers again: read what was missed."""
        if self._contact:
            self._begin(self._contact, self._number, self.card.customer if self.card else "", self._draft_id())

    def tell_unstored(self) -> None:
        """While the database is away the others of the call see over the link what stands here."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        call, draft = self._desk.calls.call, self.draft
        if call is None or draft is None or draft.draft != call.call or not self._desk.link_up:
            return
        if mine := self._others.mine_to_tell(draft):
            values = {name: field.value for name, field in mine.items()}
            versions = {name: field.version for name, field in mine.items()}
            self._desk.send(link.SheetNow(call.call, values, versions))

    # ---- inside -----------------------------------------------------------------------------------------------

    def _stands(self, contact: str, number: str, customer: str, draft: str) -> None:
        """The switchboard says how the contact stands, often with nothing new: only news is read."""
        if contact != self._contact:
            self._begin(contact, number, customer, draft)
            return
        if draft and draft != self._asked_draft:
            self._asked_draft = draft
            self._start(self._read_draft(draft))
        known = self.card.customer if self.card is not None else ""
        if customer and customer not in (known, self._asked_customer):
            self._asked_customer = customer
            self._start(self._read_card(number, customer))

    def _begin(self, contact: str, number: str, customer: str, draft: str) -> None:
        if contact != self._contact:
            self.card, self.draft, self.device, self.articles = None, None, None, ()
            self.step = guide.STEPS[0]
            self.saved = Saved()
            self._others.clear()
        self._contact, self._number = contact, number
        self._asked_customer, self._asked_draft = customer, draft
        me = self._desk.me
        self.greeting = guide.greeting(me.settings.company, me.person) if me else ""
        self._start(self._read_card(number, customer))
        if draft:
            self._start(self._read_draft(draft))
        self.changed.tell()

    def _awaited(self, stored: bool) -> str:
        """Whose texts are heard: the sheet's that stands here; before it does only what no database could tell us."""
        return self.draft.draft if self.draft is not None else "" if stored else self._contact

    def _other_wrote(self, change: link.DraftChanged) -> None:
        text = self._others.wrote(change, self.draft)
        if text is None:
            return
        if self.draft is None:
            self._begin_empty(change.draft)
        else:
            self._put(text)
            self.field_changed.tell(change.field)

    def _begin_empty(self, contact: str) -> None:
        """No row can be read: the sheet begins here, with what waits in the outbox and what others have sent."""
        empty = Draft(contact, "", contact, self.card.customer if self.card else "")
        self.draft = self._others.merged(empty, {})
        self.changed.tell()

    def _draft_id(self) -> str:
        return self.draft.draft if self.draft else self._asked_draft

    def _put(self, field: DraftField) -> None:
        assert self.draft is not None
        self.draft = replace(self.draft, fields={**self.draft.fields, field.name: field})

    def _mark(self, local: bool) -> None:
        self.saved = replace(self.saved, local=local, unsent=self._desk.unsent)
        self.saved_changed.tell()

    def _offers(self) -> policy.Offers:
        return offers_of(self.policies, self.values, self.card, self.device)

    async def _read_card(self, number: str, customer: str, after_outbox: bool = False) -> None:
        contact = self._contact
        if after_outbox:
            await self._desk.outbox_empty()
        if customer:
            card = await self._desk.read(cards.customer_card, customer, number)
        else:
            card = await self._desk.read(cards.find_by_phone, number)
        if contact != self._contact:
            return
        self.card = card
        if self.device is None and card.devices:
            chosen = self.value("serial")
            self.device = next((line for line in card.devices if line.serial == chosen), card.devices[0])
        self.changed.tell()  # the card first: what stands beside it may come a moment later
        self.policies = self.policies or await self._desk.read(sheets.policies)
        self._desk.calls.dispositions = self._desk.calls.dispositions or await self._desk.read(sheets.dispositions)
        await self._read_articles()
        self.changed.tell()

    async def _read_articles(self) -> None:
        if self.device is not None:
            self.articles = await self._desk.read(sheets.articles, self.device.product_line, self.value("symptom"))

    async def _read_draft(self, draft: str, after_outbox: bool = False) -> None:
        contact = self._contact
        if after_outbox:
            await self._desk.outbox_empty()
        found = None
        try:
            found = await self._desk.read(sheets.draft, draft)
            if found is None and self.draft is None and contact == self._contact:
                await asyncio.sleep(ROW_AWAITED_S)  # normally the news of its row comes first
                if self.draft is None and contact == self._contact:
                    found = await self._desk.read(sheets.draft, draft)
        except DatabaseAway:
            pass
        if contact != self._contact:
            return
        if found is not None:
            shown = replace(found, fields=self.draft.fields if self.draft is not None else {})
            self.draft = self._others.merged(shown, found.fields)
            if self.saved.central_at is None and found.fields:
                stored = max(field.at for field in found.fields.values())
                self.saved = replace(self.saved, central_at=stored)  # what was read is in the database
                self.saved_changed.tell()
            self.changed.tell()
        elif self.draft is None:
            self._begin_empty(draft)

    async def _create_customer(self, name: str, company: str) -> None:
        answer = await self._desk.post(
            "customer_create", {"name": name, "company": company, "number": self._number, "level": "normal"}
        )
        self.choose_customer(str(answer["customer"]))

    async def _search(self, text: str) -> None:
        found: tuple[Candidate, ...] = await self._desk.read(search.search_customers, text)
        self.searched.tell(found)

    async def _submit(self, draft: Draft) -> None:
        answer = await self._desk.post("open_ticket", {"draft": draft.draft})
        if self.draft is not None and self.draft.draft == draft.draft:
            self.draft = replace(self.draft, ticket=str(answer["ticket"]))
            self.changed.tell()
        self._desk.told.tell("form.ticket_opened", (str(answer.get("number", "")),))

    def _start(self, work: Any) -> None:
        async def guarded() -> None:
            try:
                await work
            except DatabaseAway:
                log.info("the database is away; the sheet shows what it has")

        self._desk.start(guarded())

    def phone_of_call(self) -> str:
        """The number of this contact in E.164, or "" when it was withheld."""
        try:
            return normalise(self._number).e164
        except UnusableNumber:
            return ""
