# SPDX-License-Identifier: GPL-3.0-or-later
"""The engineer's page: tasks with both clocks, the draft as it arrived and as it goes on, the device."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.panes.draft_choices import ChoiceRow, StepsRow
from desktop.panes.draft_row import ReadRow, WriteRow
from desktop.panes.engineer_page import EngineerPage
from desktop.panes.tasks import attempts_words, owner_words, running_clock
from models.cards import DevicePart
from models.kinds import TaskState
from models.rules import guide
from tests.desktop.fake_desk import NOW, TASKS
from tests.desktop.guided_desk import GuidedDesk, dressed, settle, stand, type_text


@pytest.fixture
def desk(qtbot: QtBot) -> GuidedDesk:
    dressed()
    desk = GuidedDesk()
    desk.sign_in_as("engineer")
    return desk


@pytest.fixture
def page(qtbot: QtBot, desk: GuidedDesk) -> EngineerPage:
    page = EngineerPage(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    stand(page)
    return page


def words_on(widget: QWidget) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def arrive(desk: GuidedDesk) -> None:
    """A call with its draft comes over from the agent 1001."""
    desk.answer()
    desk.change_call(handed_by="1001")
    desk.sheet.put("symptom", "琥珀灯常亮，反复重启")
    desk.sheet.put("note_to_engineer", "HIS 停用，客户较急")
    settle()


def test_until_claimed_the_hand_over_clock_runs_then_the_call_back_clock() -> None:
    waiting = replace(TASKS[1], created=NOW - 580, handover_due=NOW + 320)
    name, rest = running_clock(waiting, NOW) or ("", None)
    assert name == "转交" and rest is not None and rest.words == "5:20" and rest.tone == "soon"
    claimed = replace(waiting, state=TaskState.CLAIMED, claimed_by="2031", claimed_at=NOW - 10, callback_due=NOW + 890)
    name, rest = running_clock(claimed, NOW) or ("", None)
    assert name == "回电" and rest is not None and rest.words == "14:50" and rest.tone == "calm"
    again = replace(claimed, attempts=1, last_result="busy", next_due=NOW + 100)
    name, rest = running_clock(again, NOW) or ("", None)
    assert rest is not None and rest.words == "1:40" and rest.tone == "late"
    assert attempts_words(again) == "已试 1 次・占线"
    late = replace(waiting, handover_due=NOW - 48)
    _, rest = running_clock(late, NOW) or ("", None)
    assert rest is not None and rest.words == "超 0:48" and rest.tone == "late"


def test_a_task_says_who_has_it() -> None:
    assert owner_words(TASKS[1], "2031") == "未领"
    assert owner_words(TASKS[0], "2031") == "我"
    assert owner_words(TASKS[0], "2044") == "高建平 已领"


def test_g_takes_the_next_task_and_not_from_inside_a_text(qtbot: QtBot, desk: GuidedDesk, page: EngineerPage) -> None:
    page.tasks.list.setFocus()
    qtbot.keyClick(page.tasks.list, Qt.Key.Key_G)
    assert desk.names_asked().count("tasks.claim_next") == 1
    arrive(desk)
    editor = page.draft.rows["diagnosis"].edit.editor  # type: ignore[attr-defined]
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_G)
    assert desk.names_asked().count("tasks.claim_next") == 1
    assert editor.toPlainText() == "g"


def test_nothing_left_to_take_is_said(desk: GuidedDesk, page: EngineerPage) -> None:
    desk.tasks.tasks = (TASKS[0],)
    desk.tasks.changed.tell()
    assert not page.tasks.claim.isEnabled() and page.tasks.claim.toolTip() == "没有可领取的任务。"


def test_calling_back_is_for_my_tasks_and_not_during_a_call(desk: GuidedDesk, page: EngineerPage) -> None:
    assert not page.tasks.call.isEnabled()
    desk.tasks.choose("k2")
    assert not page.tasks.call.isEnabled() and page.tasks.call.toolTip() == "先领取任务，再回电。"
    desk.tasks.choose("k1")
    assert page.tasks.call.isEnabled() and page.tasks.call.text() == "回电 王丽华"
    page.tasks.call.click()
    assert desk.last("tasks.call_back") == ("k1",)
    desk.answer()
    settle()
    assert not page.tasks.call.isEnabled()
    assert page.tasks.call.text() == "通话后回电 王丽华" and "通话中不能回电" in page.tasks.state.text()


def test_an_attempt_that_reached_nobody_keeps_the_task_and_says_when_next(
    desk: GuidedDesk, page: EngineerPage
) -> None:
    desk.tasks.tasks = (replace(TASKS[0], attempts=2, last_result="no_answer", next_due=NOW + 300),)
    desk.tasks.choose("k1")
    assert "已试 2 次・无人接听" in page.tasks.state.text() and "下次 " in page.tasks.state.text()
    assert page.tasks.call.isEnabled()


def test_arrows_choose_tasks(qtbot: QtBot, desk: GuidedDesk, page: EngineerPage) -> None:
    desk.tasks.choose("k1")
    page.tasks.list.setFocus()
    qtbot.keyClick(page.tasks.list, Qt.Key.Key_Down)
    assert desk.last("tasks.choose") == ("k2",)
    page.previous_step()
    assert desk.last("tasks.choose") == ("k1",)


def test_what_the_widgets_show_is_what_was_handed_over(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    told = desk.last("sheet.draft_painted")
    assert told is not None
    assert told[0] == {name: value for name, value in desk.sheet.values.items() if value}
    assert guide.sheet_hash(told[0]) == guide.sheet_hash(desk.sheet.values)
    assert page.draft.rows["warranty"].words.text() == "在保"  # type: ignore[attr-defined]


def test_the_report_comes_after_the_paint_and_again_when_another_writes(desk: GuidedDesk, page: EngineerPage) -> None:
    page.hide()
    desk.answer()
    settle()
    assert desk.last("sheet.draft_painted") is None, "what is hidden has not been painted"
    page.show()
    settle()
    count = desk.names_asked().count("sheet.draft_painted")
    assert count == 1
    desk.sheet.changed.tell()
    settle()
    assert desk.names_asked().count("sheet.draft_painted") == 1, "the same values are told once"
    desk.sheet.put("symptom", "改了一个字", "1001", "林晓雯")
    settle()
    told = desk.last("sheet.draft_painted")
    assert told is not None and told[0]["symptom"] == "改了一个字"


def test_a_widget_that_does_not_show_a_field_is_not_reported_as_showing_it(
    desk: GuidedDesk, page: EngineerPage
) -> None:
    arrive(desk)
    row = page.draft.rows["symptom"]
    assert isinstance(row, ReadRow)
    row.words.setText("something else")
    assert page.draft.values()["symptom"] == "something else"


def test_authors_and_fresh_changes_are_marked(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    row = page.draft.rows["symptom"]
    assert "林晓雯" in words_on(row) and not row.fresh
    desk.sheet.put("symptom", "换了电源后仍重启", "1001", "林晓雯")
    assert row.fresh
    row.look()
    assert not row.fresh
    assert "系统带出" in words_on(page.draft.rows["customer_name"])
    desk.sheet.typists["symptom"] = "林晓雯"
    desk.sheet.put("symptom", "换了", "1001", "林晓雯")
    assert "林晓雯 正在写" in words_on(row)


def test_the_note_of_the_agent_stands_on_top(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    assert page.draft.note_words.text() == "HIS 停用，客户较急"
    assert not page.draft.rows["note_to_engineer"].isVisible()


def test_diagnosis_steps_and_handling_are_written_by_the_engineer(
    qtbot: QtBot, desk: GuidedDesk, page: EngineerPage
) -> None:
    arrive(desk)
    diagnosis, steps, mode = (page.draft.rows[name] for name in ("diagnosis", "diagnosis_steps", "service_mode"))
    assert isinstance(diagnosis, WriteRow) and isinstance(steps, StepsRow) and isinstance(mode, ChoiceRow)
    editor = diagnosis.edit.editor
    assert isinstance(editor, QPlainTextEdit) and editor.hasFocus(), "taking the call starts at the diagnosis"
    type_text(editor, "内存 C2 报错")
    assert desk.sheet.value("diagnosis") == "内存 C2 报错"
    steps.add.click()
    for text in ("读 BMC 日志", "单路内存启动"):
        type_text(steps.line, text)
        qtbot.keyClick(steps.line, Qt.Key.Key_Return)
    assert desk.sheet.value("diagnosis_steps") == "读 BMC 日志\n单路内存启动" == steps.shown()
    assert list(mode.options) == ["onsite", "mail_in", "phone"]
    mode.options["phone"].click()
    assert desk.sheet.value("service_mode") == "phone" == mode.shown()


def test_a_field_of_the_agent_is_opened_by_enter(qtbot: QtBot, desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    row = page.draft.rows["model"]
    assert isinstance(row, ReadRow)
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert row.edit is not None and row.edit.editor.hasFocus()
    type_text(row.edit.editor, "X")
    assert desk.sheet.value("model") == "HS5280 M6X"


def test_two_texts_in_a_row_of_the_agent_are_both_seen(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    desk.sheet.put("symptom", "灯是琥珀色", conflict="灯是红色")
    settle()
    row = page.draft.rows["symptom"]
    assert isinstance(row, ReadRow) and row.edit is not None
    assert row.edit.conflict.isVisible() and "灯是红色" in words_on(row)


def test_missing_leads_to_the_field_and_submit_waits_for_it(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    assert not page.draft.submit.isEnabled()
    first = desk.sheet.missing()[0]
    page.draft.missing.click()
    settle()
    row = page.draft.rows[first]
    assert isinstance(row, ReadRow) and row.edit is not None and row.edit.editor.hasFocus()
    page.finish()
    assert "sheet.submit" not in desk.names_asked()


def test_back_to_the_agent_is_offered_after_a_hand_over_only(desk: GuidedDesk, page: EngineerPage) -> None:
    desk.answer()
    settle()
    assert not page.draft.give_back.isVisible()
    desk.change_call(handed_by="1001")
    assert page.draft.give_back.isVisible()
    page.draft.give_back.click()
    assert desk.last("transfer.transfer") == ("1001", True)


def test_another_draft_starts_clean(desk: GuidedDesk, page: EngineerPage) -> None:
    from models.cards import Draft

    arrive(desk)
    desk.sheet.draft = Draft("draft-2", "FW26031800158", "call-2", "")
    desk.sheet.changed.tell()
    settle()
    assert page.draft.values() == {} and "symptom" not in page.draft.rows


def test_the_device_follows_the_sheet(desk: GuidedDesk, page: EngineerPage) -> None:
    arrive(desk)
    assert "HC8X2406A0173" in words_on(page.device) and "3 号机柜" in words_on(page.device)
    assert [line.title for line in page.device.history.rows.rows()] == ["固件升级咨询"]
    desk.sheet.choose_device("d2")
    settle()
    assert "HC4S2311B0062" in words_on(page.device)


def test_the_sheet_of_a_task_is_only_read_until_it_is_claimed(page: EngineerPage, desk: GuidedDesk) -> None:
    arrive(desk)
    desk.calls.call = None
    desk.calls.changed.tell()
    task = replace(TASKS[0], draft=desk.sheet.draft.contact, claimed_by="", state=TaskState.OPEN)
    desk.tasks.tasks = (task,)
    desk.tasks.current = task
    desk.tasks.changed.tell()
    draft = page.draft
    assert not draft.rows["diagnosis"].body.isEnabled() and draft.claim_first.isVisibleTo(draft)
    name = draft.rows["customer_name"]
    assert isinstance(name, ReadRow)
    name.open_editor()
    assert name.edit is None
    claimed = replace(task, claimed_by=desk.me.person, state=TaskState.CLAIMED)
    desk.tasks.tasks, desk.tasks.current = (claimed,), claimed
    desk.tasks.changed.tell()
    assert draft.rows["diagnosis"].body.isEnabled() and not draft.claim_first.isVisibleTo(draft)
    name.open_editor()
    assert name.edit is not None


def test_the_parts_of_the_device_stand_beside_it(page: EngineerPage, desk: GuidedDesk) -> None:
    arrive(desk)
    desk.sheet.device = replace(desk.sheet.device, parts=(DevicePart("内存", "16 × 32GB DDR5", "C2"),))
    desk.sheet.changed.tell()
    words = {one.text() for one in page.device.findChildren(QLabel)}
    assert {"内存", "16 × 32GB DDR5"} <= words
