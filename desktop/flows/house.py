# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up of the house at the desk: read, edited part by part, tried before and after it is stored.

Nothing is stored but by a verb; a change that another stored meanwhile is read at once and shown beside what is
written here. Trunks report their state while somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from desktop.flows import house_check, house_verbs
from desktop.flows.facts import Topic
from desktop.flows.house_edit import Edit, Fault
from desktop.flows.house_picture import KINDS, Picture
from desktop.flows.house_reading import read_picture
from desktop.flows.outbox import Refused
from models.kinds import AgentState, Group
from models.rules.permissions import ADMINISTER, OVERSEE, may
from models.rules.plan import Plan
from models.store.errors import DatabaseAway
from telephony import messages as link

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

FOLLOWED = frozenset({
    *KINDS, "plan", "dialled_number", "blocked_number", "outbound_rule", "desk_phone", "person_skill", "person",
    "setting",
})  # fmt: skip
"""Kinds of `Changed` after which the set-up is read again."""


class HouseFlow:
    """Attributes: `picture` (None until read), `trunks` (name → state now), `tried` (the last dry run), `tested` (the
    last test call), `testing` (the trunk a test call runs over, "" none), `away` (it cannot be read just now)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("house_changed")
        self.edited = Topic("house_edited")
        self.trunks_changed = Topic("trunks_changed")
        self.run = Topic("dry_run")
        self.picture: Picture | None = None
        self.trunks: Mapping[str, link.TrunkIs] = MappingProxyType({})
        self.tried: link.DryRunResult | None = None
        self.tested: link.TrunkTested | None = None
        self.testing = ""
        self.away = False
        self._edits: dict[tuple[str, str], Edit] = {}
        self._watching = False
        self._asked: link.DryRun | None = None

    def may_edit(self, kind: str) -> bool:
        """Whether this person may change parts of this kind; whoever may not still sees them."""
        needed = {"trunk": ADMINISTER, "device": ADMINISTER, "blocked": OVERSEE}.get(kind, OVERSEE | ADMINISTER)
        me = self._desk.me
        return me is not None and may((Group(one) for one in me.groups), needed)

    # ---- reading ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Somebody looks: read the set-up and follow the trunks and the queues."""
        if not self._watching:
            self._watching = True
            self._desk.send(link.WatchTrunks(True))
        self.refresh()

    def watch_queues(self) -> None:
        """Follow the live figures of the queues, for those who may see the board."""
        me = self._desk.me
        if me is not None and may((Group(one) for one in me.groups), OVERSEE):
            self._desk.board.watch(True)

    def leave(self) -> None:
        """Nobody looks any more."""
        if self._watching:
            self._watching = False
            self._desk.send(link.WatchTrunks(False))

    def refresh(self) -> None:
        """Read the set-up again."""
        self._desk.start(self._read())

    async def _read(self) -> None:
        try:
            picture = await self._desk.read(read_picture)
        except DatabaseAway:
            self.away = True
            self.changed.tell()
            return
        self.away = False
        self.show(picture)

    def show(self, picture: Picture) -> None:
        """A new picture of the house; whatever is being edited learns what another stored."""
        self.picture = picture
        for (kind, id_), edit in self._edits.items():
            mark = picture.mark(kind, id_)
            edit.stored(picture.part(kind, id_), mark.version, mark.by)
        self.changed.tell()
        if self._asked is not None:
            self._desk.send(self._asked)

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.Changed() if self._watching and message.kind in FOLLOWED:
                self.refresh()
            case link.Welcome() if self._watching:
                self._desk.send(link.WatchTrunks(True))
                self.refresh()
            case link.Trunks():
                self.trunks = MappingProxyType({one.trunk: one for one in message.trunks})
                self.trunks_changed.tell()
            case link.TrunkTested():
                self.tested, self.testing = message, ""
                self.trunks_changed.tell()
            case link.DryRunResult():
                self.tried = message
                self.run.tell()
            case _:
                return

    # ---- editing ------------------------------------------------------------------------------------------------

    def edit(self, kind: str, id_: str) -> Edit | None:
        """What is written of a part; begins with what is stored. None when there is no such part."""
        if (kind, id_) not in self._edits:
            if self.picture is None or (part := self.picture.part(kind, id_)) is None:
                return None
            self._edits[kind, id_] = Edit(kind, id_, part, self.picture.version(kind, id_))
        return self._edits[kind, id_]

    def begin_new(self, kind: str, part: Any) -> Edit:
        """A part that is not stored yet."""
        edit = self._edits[kind, ""] = Edit(kind, "", part, new=True)
        self.edited.tell(kind, "")
        return edit

    def put(self, edit: Edit, field: str, value: Any) -> None:
        """Write one field."""
        if edit.put(field, value):
            self.edited.tell(edit.kind, edit.id)

    def take(self, edit: Edit, field: str, theirs: bool) -> None:
        """Choose between what another stored and what is written here."""
        (edit.take if theirs else edit.keep)(field)
        self.edited.tell(edit.kind, edit.id)

    def drop(self, edit: Edit) -> None:
        """Back to what is stored; a new part is forgotten."""
        if edit.new or edit.gone:
            self._edits.pop((edit.kind, edit.id), None)
        else:
            edit.drop()
        self.edited.tell(edit.kind, edit.id)

    def faults(self, edit: Edit) -> Mapping[str, Fault]:
        """Field → what is wrong with it as written; checked against the whole plan."""
        return house_check.faults(self.picture, edit)

    def unsaved(self, kind: str) -> tuple[str, ...]:
        """The parts of a kind that are written but not stored."""
        return tuple(id_ for (of, id_), edit in self._edits.items() if of == kind and edit.dirty)

    def save(self, edit: Edit) -> None:
        """Store it, one verb; a refusal stays at the edit."""
        if edit.saving or not edit.dirty or self.faults(edit) or edit.theirs:
            return
        edit.saving = True
        self._desk.start(self._save(edit, house_verbs.save(edit.kind, edit.id, edit.now, edit.version)))
        self.edited.tell(edit.kind, edit.id)

    async def _save(self, edit: Edit, order: house_verbs.Order) -> None:
        sent = edit.now
        try:
            # A secret never waits on this machine's disk: it is stored now, or the person is told to try again.
            send = self._desk.ask_now if "secret" in order[1] else self._desk.post
            answer = await send(*order)
        except Refused as refused:
            edit.saving = False
            edit.refused, edit.refused_field = (refused.words, refused.words_args), house_check.field_of(refused)
            self.edited.tell(edit.kind, edit.id)
            await self._read()  # a stale write is refused: show what is stored now
            return
        later, edit.now = edit.now, sent
        edit.saved(int(answer.get("version", edit.version + 1)))
        edit.now = later  # what was typed while the verb was on its way stays to be saved
        if edit.id == "":
            self._edits.pop((edit.kind, ""), None)
            edit.id = house_check.id_of(edit.kind, sent) or str(answer.get("id", ""))
            if edit.dirty:
                self._edits[edit.kind, edit.id] = edit
        self._desk.told.tell("house.saved", ())
        await self._read()
        self.edited.tell(edit.kind, edit.id)

    def remove(self, edit: Edit) -> None:
        """Take a stored part away."""
        if edit.new:
            self.drop(edit)
            return
        self._desk.start(self._remove(edit))

    async def _remove(self, edit: Edit) -> None:
        try:
            await self._desk.post(*house_verbs.remove(edit.kind, edit.id, edit.version))
        except Refused as refused:
            edit.refused, edit.refused_field = (refused.words, refused.words_args), ""
            self.edited.tell(edit.kind, edit.id)
            return
        self._edits.pop((edit.kind, edit.id), None)
        self._desk.told.tell("house.removed", ())
        await self._read()

    def move(self, rule: str, step: int) -> None:
        """An outbound rule one place up (-1) or down (1): the first rule that fits decides."""
        picture = self.picture
        if picture is None or rule not in picture.rule_ids:
            return
        at, rules = picture.rule_ids.index(rule), list(picture.rule_ids)
        if 0 <= at + step < len(rules):
            rules[at], rules[at + step] = rules[at + step], rules[at]
            self._desk.start(self._do(house_verbs.order(tuple(rules))))

    def set_level(self, person: str, skill: str, level: int) -> None:
        """How well a person can something, 1…5; 0: not at all."""
        if 0 <= level <= 5:
            self._desk.start(self._do(house_verbs.skill(person, skill, level)))

    def set_preset(self, name: str, value: Any) -> None:
        """What the house sets for itself; effective at once, the earlier value stands in the audit."""
        self._desk.start(self._do(house_verbs.preset(name, value)))

    def close_now(self, queue: str, prompt: str = "closed_emergency") -> None:
        """Emergency: a queue ("" the whole house) takes no calls from now on."""
        self._desk.start(self._do(house_verbs.emergency_close(queue, prompt)))

    def make_first(self, queue: str) -> None:
        """Calls that nothing else claims go to this queue from now on."""
        self._desk.start(self._do(house_verbs.first_queue(queue)))

    def open_again(self, queue: str) -> None:
        self._desk.start(self._do(house_verbs.emergency_open(queue)))

    async def _do(self, order: house_verbs.Order) -> None:
        try:
            await self._desk.post(*order)
        finally:
            await self._read()

    # ---- looking ahead --------------------------------------------------------------------------------------------

    def try_call(self, number: str, to: str, at: float = 0.0, keys: str = "") -> None:
        """Where would such a call go? `run` tells the answer, and again whenever the stored set-up changes."""
        self._asked = link.DryRun(number, to, at, keys)
        self._desk.send(self._asked)

    def test_trunk(self, trunk: str, number: str) -> None:
        """Dial over this very trunk and hang up when it rings."""
        self.testing, self.tested = trunk, None
        self._desk.send(link.TestTrunk(trunk, number))
        self.trunks_changed.tell()

    def figures(self, queue: str) -> tuple[int, int]:
        """(waiting, ready) of a queue now, from the live board."""
        board = self._desk.board.board
        plan = self.picture.plan if self.picture is not None else Plan()
        if board is None or queue not in plan.queues:
            return 0, 0
        one = plan.queues[queue]
        waiting = sum(1 for each in board.waiting if each.queue in (queue, one.words_zh, one.words_en))
        ready = sum(
            1
            for each in board.people
            if each.state is AgentState.READY
            and (each.agent in one.members if one.members else set(one.skills) <= set(each.skills))
        )
        return waiting, ready

    def outbound_verdict(self, number: str, person: str = "") -> house_check.Verdict | None:
        """Which outbound rule decides over a number, and what it says."""
        return house_check.verdict(self.picture, number, person, self._desk.now())
