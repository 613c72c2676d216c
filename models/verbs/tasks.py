# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of tasks: a hand-over sheet to claim and call back, a recall, a sheet still owed.

Two clocks: `handover_due` runs until somebody claims, `callback_due` from the claim to the first attempt. A task that
was not reached stays; each attempt is logged and the next one becomes due.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from models.contacts import contact as contacts
from models.kinds import Group, TaskKind, TaskState
from models.rules import draft_merge, guide, permissions
from models.rules.clocks import SHEET_OWED_S, next_attempt
from models.rules.permissions import EVERYBODY, TALKERS, may
from models.verbs import loading
from models.verbs.registry import Act, SheetId, VerbRefused, verb
from models.verbs.tickets import require_complete
from models.work import task as tasks
from models.work import task_attempt as task_attempts

RESULTS = ("busy", "no_answer", "reached")
SETTLED = (TaskKind.RECALL, TaskKind.WEB_CALLBACK)
"""What is done as soon as its caller was served otherwise; a message is still to be heard."""


@verb(TALKERS, system=True, owner="party")
async def task_create(
    act: Act,
    draft: SheetId,
    number: str = "",
    note: str = "",
    group: str = Group.ENGINEER,
    kind: str = TaskKind.HANDOVER,
) -> dict[str, Any]:
    """Hand the sheet on without voice (kind handover: it must be complete), or owe it (kind sheet). One of each."""
    row = await loading.own_draft(act, draft)
    id_: int = row["id"]
    if kind not in (TaskKind.HANDOVER, TaskKind.SHEET):
        raise VerbRefused("refusal.argument_wrong", "kind")
    if not permissions.claimers(group):
        raise VerbRefused("refusal.argument_wrong", "group")
    open_one = select(tasks).where(tasks.c.draft == id_, tasks.c.kind == kind, tasks.c.state != TaskState.DONE)
    existing = (await act.conn.execute(open_one)).mappings().first()
    if existing is not None:
        return {**told(existing), "sheet": row["number"]}
    fields = await loading.fields_of(act, id_)
    number = number.strip() or fields.get("callback_number", "")
    if kind == TaskKind.HANDOVER:
        if not number:
            raise VerbRefused("refusal.callback_number_needed")
        if not fields.get("callback_number"):
            await _keep_number(act, id_, number)
            fields["callback_number"] = number
        require_complete(fields)
    owed = kind == TaskKind.SHEET
    owner = row["responsible"] or act.actor.person
    made = await act.conn.execute(
        insert(tasks)
        .values(
            kind=kind,
            draft=id_,
            contact=row["contact"],
            number=number,
            customer=row["customer"],
            group_name=group,
            title=guide.title(fields),
            note=note.strip() or fields.get("note_to_engineer", ""),
            created=act.now,
            created_by=act.actor.person,
            handover_due=act.now + (SHEET_OWED_S if owed else act.house.handover_s),
            state=TaskState.CLAIMED if owed else TaskState.OPEN,
            claimed_by=owner if owed else "",
            claimed_at=act.now if owed else None,
        )
        .returning(tasks)
    )
    return {**made_known(act, made.mappings().one()), "sheet": row["number"]}


@verb(system=True)
async def promise_recall(act: Act, contact: str, number: str, why: str = "", customer: int = 0) -> dict[str, Any]:
    """A caller who was not served is called back: unserved, abandoned, or he asked for it. One task a contact."""
    if not number:
        raise VerbRefused("refusal.callback_number_needed")
    one = select(tasks).where(tasks.c.contact == contact, tasks.c.kind == TaskKind.RECALL)
    existing = (await act.conn.execute(one)).mappings().first()
    if existing is not None:
        return told(existing)
    draft = await loading.draft_of(act, contact)
    made = await act.conn.execute(
        insert(tasks)
        .values(
            kind=TaskKind.RECALL,
            draft=draft["id"] if draft is not None else None,
            contact=contact,
            number=number,
            customer=customer or (draft["customer"] if draft is not None else None),
            group_name=Group.AGENT,
            queue=await queue_of(act, contact),
            note=why,
            created=act.now,
            created_by=act.actor.person,
            handover_due=act.now + act.house.handover_s,
        )
        .returning(tasks)
    )
    return made_known(act, made.mappings().one())


@verb(EVERYBODY, owner="task_group")
async def task_claim(act: Act, task: int) -> dict[str, Any]:
    """Take a task: from now on it is his, and the call-back clock runs. A second claimer is told who has it."""
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    if row["claimed_by"] == act.actor.person and row["state"] == TaskState.CLAIMED:
        return told(row)
    if not may(act.actor.groups, permissions.claimers(row["group_name"])):
        raise VerbRefused("refusal.not_your_group")
    if row["state"] == TaskState.CLAIMED:
        raise VerbRefused("refusal.task_claimed", await loading.name_of(act, row["claimed_by"]), row["claimed_by"])
    if row["state"] == TaskState.DONE:
        raise VerbRefused("refusal.task_done")
    after = await _change(
        act,
        row,
        "task_claimed",
        state=TaskState.CLAIMED,
        claimed_by=act.actor.person,
        claimed_at=act.now,
        callback_due=act.now + act.house.callback_s,
    )
    if row["draft"] is not None:
        await loading.join_party(act, row["draft"], act.actor.person)
        await loading.touch(act, row["draft"], responsible=act.actor.person)
    return told(after)


@verb(EVERYBODY, owner="claimer")
async def task_release(act: Act, task: int) -> dict[str, Any]:
    """Give a claimed task back; its hand-over clock runs on from the beginning."""
    row = await _claimed(act, task)
    after = await _change(
        act, row, "task_released", state=TaskState.OPEN, claimed_by="", claimed_at=None, callback_due=None
    )
    return told(after)


@verb(EVERYBODY, system=True, owner="claimer")
async def task_attempt(act: Act, task: int, result: str, contact: str = "") -> dict[str, Any]:
    """He was called: busy and no_answer leave the task with its next attempt due, reached leaves it to be done."""
    return await _attempt(act, task, result, contact)


@verb(EVERYBODY, owner="claimer")
async def task_done(act: Act, task: int, result: str = "") -> dict[str, Any]:
    """The task is finished; `result` says how."""
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    if row["state"] == TaskState.DONE and row["claimed_by"] == act.actor.person:
        return told(row)
    _require_claimer(act, row)
    after = await _change(
        act, row, "task_done", state=TaskState.DONE, done_at=act.now, done_result=result, next_due=None
    )
    return told(after)


@verb(system=True)
async def task_warn(act: Act, task: int) -> dict[str, Any]:
    """The hand-over clock nears its end: noted once, so that a restart does not alarm again."""
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    if row["state"] != TaskState.OPEN or row["warned_at"] is not None:
        return {**told(row), "warned": False}
    after = await _change(act, row, "task_warned", warned_at=act.now)
    return {**told(after), "warned": True}


@verb(system=True)
async def task_escalate(act: Act, task: int) -> dict[str, Any]:
    """Nobody claimed it in time: it is the supervisor's, and stays open for its group."""
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    if row["state"] != TaskState.OPEN or row["escalated_at"] is not None:
        return {**told(row), "escalated": False}
    after = await _change(act, row, "task_escalated", escalated_at=act.now)
    return {**told(after), "escalated": True}


async def queue_of(act: Act, contact: str) -> str:
    """The queue that a contact came to, "" when none is known."""
    found = await act.conn.execute(select(contacts.c.queue).where(contacts.c.id == contact))
    return found.scalar_one_or_none() or ""


async def settle_recalls(act: Act, number: str, by: str) -> list[str]:
    """The caller of these promises was served meanwhile: nobody need call him back. The tasks that this ended."""
    promised = select(tasks).where(
        tasks.c.kind.in_(SETTLED), tasks.c.state != TaskState.DONE, tasks.c.number == number
    )
    rows = (await act.conn.execute(promised.with_for_update().order_by(tasks.c.id))).mappings().all() if number else []
    for row in rows:
        await _change(
            act, row, "task_done", state=TaskState.DONE, done_at=act.now, done_result=f"served:{by}", next_due=None
        )
    return [str(row["id"]) for row in rows]


async def _attempt(act: Act, task: int, result: str, contact: str) -> dict[str, Any]:
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    if result not in RESULTS:
        raise VerbRefused("refusal.argument_wrong", "result")
    if not act.actor.system:
        _require_claimer(act, row)
    n = row["attempts"] + 1
    who = row["claimed_by"] if act.actor.system else act.actor.person
    await act.conn.execute(
        insert(task_attempts).values(task=task, n=n, at=act.now, who=who, result=result, contact=contact)
    )
    due = next_attempt(result, act.now, act.house)
    after = await _change(act, row, "task_attempted", attempts=n, last_result=result, next_due=due)
    return told(after)


async def _claimed(act: Act, task: int) -> RowMapping:
    row = await loading.locked(act, tasks, task, "refusal.no_task")
    _require_claimer(act, row)
    return row


def _require_claimer(act: Act, row: RowMapping) -> None:
    if row["state"] == TaskState.DONE:
        raise VerbRefused("refusal.task_done")
    if row["state"] != TaskState.CLAIMED or row["claimed_by"] != act.actor.person:
        raise VerbRefused("refusal.not_your_task")


async def _change(act: Act, row: RowMapping, kind: str, **values: Any) -> RowMapping:
    changed = await act.conn.execute(
        update(tasks).where(tasks.c.id == row["id"]).values(version=tasks.c.version + 1, **values).returning(tasks)
    )
    after = changed.mappings().one()
    act.event(
        kind, contact=row["contact"], draft=row["draft"], task=str(row["id"]), state=after["state"],
        result=after["last_result"],
    )  # fmt: skip
    act.changed("task", row["id"], after["version"])
    act.audited(task=row["id"], state=after["state"])
    return after


def made_known(act: Act, row: RowMapping) -> dict[str, Any]:
    act.event("task_created", contact=row["contact"], draft=row["draft"], task=str(row["id"]), task_kind=row["kind"])
    act.changed("task", row["id"], row["version"])
    act.audited(task=row["id"], kind=row["kind"])
    return told(row)


def told(row: RowMapping) -> dict[str, Any]:
    return {
        "task": str(row["id"]),
        "state": row["state"],
        "draft": "" if row["draft"] is None else row["contact"],
        "number": row["number"],
        "claimed_by": row["claimed_by"],
        "handover_due": row["handover_due"],
        "callback_due": row["callback_due"],
        "next_due": row["next_due"],
        "attempts": row["attempts"],
        "version": row["version"],
    }


async def _keep_number(act: Act, draft: int, number: str) -> None:
    """The number the writer gave with the task belongs on the sheet."""
    before = await loading.field_state(act, draft, "callback_number")
    after = draft_merge.resolve(before, number, act.actor.person)
    await loading.write_field(act, draft, "callback_number", after, after.by)
