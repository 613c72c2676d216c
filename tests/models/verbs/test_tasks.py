# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: complete or refused, claimed once, attempted until reached, escalated when late."""

from __future__ import annotations

import asyncio

from models.kinds import TaskKind, TaskState
from models.store import cards, sheets
from models.verbs.registry import SYSTEM
from tests.models.verbs.floor import BOSS, COMPLETE, GAO, LIN, NOW, SU, ZHOU, Floor


async def _task(floor: Floor, contact: str = "c1") -> str:
    draft = await floor.draft(contact, LIN, fields={k: v for k, v in COMPLETE.items() if k != "callback_number"})
    await floor(LIN, "draft_save", draft=draft, field="callback_number", value="+8613800138000", base_version=0)
    return (await floor(LIN, "task_create", draft=draft, note="客户较急"))["task"]


async def test_a_handover_names_what_is_missing(floor: Floor) -> None:
    draft = await floor.draft("c1", LIN, fields={**COMPLETE, "model": "", "symptom": ""})
    refusal = await floor.refused(LIN, "task_create", draft=draft)
    assert refusal.words == "refusal.sheet_missing"
    assert refusal.args_ == ("2", "guide.field_model", "guide.field_symptom")


async def test_a_withheld_number_is_asked_for(floor: Floor) -> None:
    await floor(SYSTEM, "contact_open", contact="c1")
    draft = (await floor(SYSTEM, "draft_create", contact="c1", agent="1001"))["draft"]
    for name, value in COMPLETE.items():
        if name != "callback_number":
            await floor(LIN, "draft_save", draft=draft, field=name, value=value, base_version=0)
    assert (await floor.refused(LIN, "task_create", draft=draft)).words == "refusal.callback_number_needed"
    made = await floor(LIN, "task_create", draft=draft, number="+865395550126")
    assert made["number"] == "+865395550126"
    async with floor.database.reading() as conn:
        sheet = await cards.draft(conn, draft)
    assert sheet is not None and sheet.fields["callback_number"].value == "+865395550126"


async def test_one_task_a_sheet(floor: Floor) -> None:
    task = await _task(floor)
    async with floor.database.reading() as conn:
        (line,) = await cards.tasks(conn)
        again = await floor(LIN, "task_create", draft=line.draft)
    assert again["task"] == task == line.task
    assert (line.kind, line.state, line.note) == (TaskKind.HANDOVER, TaskState.OPEN, "客户较急")
    assert (line.created, line.handover_due) == (NOW, NOW + 900)
    assert line.title == "反复重启"


async def test_the_second_claimer_is_told_who_has_it(floor: Floor) -> None:
    task = await _task(floor)
    first = await floor(GAO, "task_claim", task=task, now=NOW + 60)
    assert (first["claimed_by"], first["callback_due"]) == ("2031", NOW + 60 + 900)
    assert (await floor(GAO, "task_claim", task=task, now=NOW + 90))["callback_due"] == NOW + 60 + 900
    refusal = await floor.refused(SU, "task_claim", task=task)
    assert (refusal.words, refusal.args_[1]) == ("refusal.task_claimed", "2031")
    assert (await floor.refused(LIN, "task_claim", task=task)).words == "refusal.not_your_group"
    draft = first["draft"]
    assert (await floor(GAO, "draft_save", draft=draft, field="diagnosis", value="内存", base_version=0))[
        "version"
    ] == 1


async def test_two_claims_at_once_make_one_claimer(floor: Floor) -> None:
    for n in range(4):
        task = await _task(floor, f"c{n}")
        answers = await asyncio.gather(
            floor(GAO, "task_claim", task=task), floor(SU, "task_claim", task=task), return_exceptions=True
        )
        assert sum(isinstance(answer, dict) for answer in answers) == 1


async def test_no_answer_leaves_the_task(floor: Floor) -> None:
    task = await _task(floor)
    assert (await floor.refused(GAO, "task_attempt", task=task, result="busy")).words == "refusal.not_your_task"
    await floor(GAO, "task_claim", task=task)
    busy = await floor(GAO, "task_attempt", task=task, result="busy", now=NOW + 100)
    assert (busy["attempts"], busy["next_due"], busy["state"]) == (1, NOW + 700, "claimed")
    quiet = await floor(SYSTEM, "task_attempt", task=task, result="no_answer", contact="out-1", now=NOW + 800)
    assert (quiet["attempts"], quiet["next_due"]) == (2, NOW + 1400)
    reached = await floor(GAO, "task_attempt", task=task, result="reached", now=NOW + 1400)
    assert (reached["attempts"], reached["next_due"], reached["state"]) == (3, None, "claimed")
    assert (await floor.refused(SU, "task_done", task=task)).words == "refusal.not_your_task"
    assert (await floor(GAO, "task_done", task=task, result="电话解决"))["state"] == "done"
    assert (await floor(GAO, "task_done", task=task, result="电话解决"))["state"] == "done"
    assert (await floor.refused(GAO, "task_attempt", task=task, result="busy")).words == "refusal.task_done"
    assert (await floor.refused(GAO, "task_attempt", task=task, result="mumbled")).words == "refusal.argument_wrong"
    async with floor.database.reading() as conn:
        assert await cards.tasks(conn) == ()
        assert await sheets.task_day(conn, "2031", NOW) == (1, 1, 3)
        assert await sheets.task_day(conn, "2031", NOW + 1401) == (0, 0, 0)
        assert await sheets.task_day(conn, "2044", NOW) == (0, 0, 0)


async def test_a_task_given_back_keeps_its_clock(floor: Floor) -> None:
    task = await _task(floor)
    await floor(GAO, "task_claim", task=task)
    back = await floor(GAO, "task_release", task=task, now=NOW + 500)
    assert (back["state"], back["claimed_by"], back["handover_due"]) == ("open", "", NOW + 900)
    assert (await floor(SU, "task_claim", task=task))["claimed_by"] == "2044"


async def test_late_tasks_are_escalated_once(floor: Floor) -> None:
    task = await _task(floor)
    assert (await floor(SYSTEM, "task_warn", task=task))["warned"]
    assert not (await floor(SYSTEM, "task_warn", task=task))["warned"]
    assert (await floor(SYSTEM, "task_escalate", task=task))["escalated"]
    assert not (await floor(SYSTEM, "task_escalate", task=task))["escalated"]
    await floor(BOSS, "task_claim", task=task)
    other = await _task(floor, "c2")
    await floor(GAO, "task_claim", task=other)
    assert not (await floor(SYSTEM, "task_escalate", task=other))["escalated"]


async def test_a_recall_is_promised_once_and_agents_may_take_it(floor: Floor) -> None:
    one = await floor(SYSTEM, "promise_recall", contact="lost", number="+8613900002741", why="abandoned")
    two = await floor(SYSTEM, "promise_recall", contact="lost", number="+8613900002741", why="key_1")
    assert one["task"] == two["task"]
    assert (await floor(ZHOU, "task_claim", task=one["task"]))["claimed_by"] == "1007"
    refusal = await floor.refused(SYSTEM, "promise_recall", contact="hidden", number="")
    assert refusal.words == "refusal.callback_number_needed"


async def test_an_unfinished_sheet_is_owed_by_its_writer(floor: Floor) -> None:
    draft = await floor.draft("c1", LIN)
    owed = await floor(LIN, "task_create", draft=draft, kind="sheet")
    assert (owed["state"], owed["claimed_by"]) == ("claimed", "1001")
    for name, value in COMPLETE.items():
        version = 1 if name == "callback_number" else 0
        await floor(LIN, "draft_save", draft=draft, field=name, value=value, base_version=version)
    async with floor.database.transaction() as conn:
        from models.store.demo_house import furnish

        await furnish(conn, NOW)
    await floor(LIN, "open_ticket", draft=draft)
    async with floor.database.reading() as conn:
        assert await cards.tasks(conn) == ()


async def test_a_caller_who_was_served_later_is_not_called_back(floor: Floor) -> None:
    await floor(SYSTEM, "promise_recall", contact="lost", number="+8613800138000", why="abandoned")
    other = await floor(SYSTEM, "promise_recall", contact="other", number="+8613900002741", why="abandoned")
    await floor(SYSTEM, "contact_open", contact="again", from_number="+8613800138000", to_number="400")
    await floor(SYSTEM, "contact_close", contact="again", outcome="abandoned", hang_up_by="customer")
    async with floor.database.reading() as conn:
        assert len(await cards.tasks(conn)) == 2
    await floor(SYSTEM, "contact_open", contact="third", from_number="+8613800138000", to_number="400")
    await floor(SYSTEM, "contact_connected", contact="third", agent="1001")
    await floor(SYSTEM, "contact_close", contact="third", outcome="answered", hang_up_by="customer")
    async with floor.database.reading() as conn:
        (line,) = await cards.tasks(conn)
    assert line.task == other["task"]


async def test_a_caller_reached_on_our_call_is_not_called_again(floor: Floor) -> None:
    task = (await floor(SYSTEM, "promise_recall", contact="lost", number="+8613800138000"))["task"]
    await floor(ZHOU, "task_claim", task=task)
    await floor(SYSTEM, "contact_open", contact="out", direction="out", from_number="400", to_number="+8613800138000")
    await floor(SYSTEM, "contact_connected", contact="out", agent="1007")
    await floor(SYSTEM, "contact_close", contact="out", outcome="answered", hang_up_by="staff")
    async with floor.database.reading() as conn:
        assert await cards.tasks(conn) == ()
    assert (await floor(ZHOU, "task_done", task=task, result="reached"))["state"] == "done"


async def test_an_answer_carries_the_number_of_the_sheet(floor: Floor) -> None:
    draft = await floor.draft("c1", LIN, fields=COMPLETE)
    made = await floor(LIN, "task_create", draft=draft, number="+8613800138000")
    again = await floor(LIN, "task_create", draft="1")
    assert made["sheet"] == again["sheet"] == "FW26032000001"
    assert (made["draft"], made["task"]) == ("c1", again["task"])
