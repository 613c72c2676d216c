# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up page by keyboard: from list to saved change, faults at their fields, others at work, the dry run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from desktop.panes.house_arm import ArmedButton
from desktop.panes.house_lines import OutboundPage, QueuePage, TrunkPage
from desktop.panes.house_menu_tree import MenuPage
from desktop.panes.house_page import TABS, HousePage
from desktop.panes.house_parts import PartsPage
from desktop.panes.house_skills import SkillsPage
from desktop.widgets.labels import ElideLabel
from models.rules.plan import Destination, DestinationKind, Strategy
from resources.i18n import LANGUAGES, catalogue, tr
from telephony import messages as link
from tests.desktop.guided_desk import SMALLEST, dressed, settle, stand, type_text
from tests.desktop.house_desk import QUEUES, HouseDesk


@pytest.fixture
def desk(qtbot: QtBot) -> HouseDesk:
    dressed()
    made = HouseDesk()
    made.sign_in_as("supervisor")
    assert made.me is not None
    made.me = replace(made.me, groups=("supervisor", "administrator"))
    return made


@pytest.fixture
def page(desk: HouseDesk) -> Iterator[HousePage]:
    made = HousePage(desk, dressed())  # type: ignore[arg-type]
    stand(made)
    yield made
    let_go(made)


def let_go(page: HousePage) -> None:
    """Really gone, with its two thousand widgets: dressing them all in another language later would take seconds."""
    page.close()
    delete(page)


def parts(page: HousePage, tab: str) -> PartsPage:
    page.show_tab(tab)
    settle()
    made = page.current
    assert isinstance(made, PartsPage)
    return made


def queues(page: HousePage) -> QueuePage:
    made = parts(page, "queue")
    assert isinstance(made, QueuePage)
    return made


def test_a_queue_is_changed_and_saved_without_the_mouse(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    listed = queues(page)
    listed.parts.list.setFocus()
    qtbot.keyClick(listed.parts.list, Qt.Key.Key_Down)
    assert listed.current == "storage" and listed.editor.title.text() == "存储专线"
    field = listed.editor.boxes["priority"].field.focusProxy()
    assert field is not None
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_text(field, "77")
    assert listed.editor.preview.isVisible() and listed.editor.save.isEnabled()
    page.finish()
    assert desk.posted[-1][1]["plan"]["priority"] == 77
    assert not listed.editor.preview.isVisible() and listed.editor.save.toolTip() == tr("house.why_nothing")


def test_the_preview_says_old_and_new(desk: HouseDesk, page: HousePage) -> None:
    editor = queues(page).editor
    assert editor.edit is not None
    desk.house.put(editor.edit, "strategy", Strategy.RING_ALL)
    desk.house.put(editor.edit, "max_wait_s", 60.0)
    said = [[one.text() for one in line.findChildren(ElideLabel)] for line, *_ in editor._lines if line.isVisible()]
    assert said == [["先振谁", "技能优先", "同振"], ["最长等待", "5:00", "1:00"]]


def test_what_cannot_be_read_is_said_at_once_and_not_sent(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    editor = queues(page).editor
    box = editor.boxes["max_wait_s"]
    field = box.field.focusProxy()
    assert field is not None
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_text(field, "5:99")
    assert box.note.text() == tr("house.fault_clock") and box.note.isVisible() and field.property("wrong")
    assert not editor.save.isEnabled()
    page.finish()
    assert desk.posted == []
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_text(field, "5:30")
    assert not box.note.isVisible() and editor.edit is not None and editor.edit.now.max_wait_s == 330.0


def test_a_fault_of_the_plan_stands_at_its_field(desk: HouseDesk, page: HousePage) -> None:
    editor = queues(page).editor
    assert editor.edit is not None
    desk.house.put(editor.edit, "overflow", None)
    assert editor.boxes["overflow"].note.text() == tr("house.fault_overflow")
    assert not editor.save.isEnabled()


def test_a_refusal_stands_where_it_belongs(desk: HouseDesk, page: HousePage) -> None:
    editor = queues(page).editor
    assert editor.edit is not None
    desk.house.put(editor.edit, "priority", 300)
    desk.refuse = ("refusal.argument_wrong", ("members",))
    page.finish()
    assert "members" in editor.boxes["members"].note.text() and editor.boxes["members"].note.isVisible()
    desk.house.put(editor.edit, "priority", 301)
    desk.refuse = ("refusal.database_away", ())
    page.finish()
    assert editor.strip.isVisible() and editor.strip.words.text() == tr("refusal.database_away")


def test_anothers_change_stands_beside_mine_until_chosen(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    editor = queues(page).editor
    assert editor.edit is not None
    desk.house.put(editor.edit, "priority", 300)
    desk.somebody_saves("queue", replace(QUEUES[0], priority=5, target_s=9))
    box = editor.boxes["priority"]
    assert box.note.text() == tr("house.theirs", "周敏", "5") and box.keep.isVisible()
    assert editor.strip.isVisible() and not editor.save.isEnabled()
    assert editor.boxes["target_s"].field.value() == 9 and editor.boxes["target_s"].note.isVisible()
    qtbot.mouseClick(box.keep, Qt.MouseButton.LeftButton)
    assert editor.save.isEnabled() and editor.edit.now.priority == 300


def test_closing_by_hand_needs_two_presses(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    switch = queues(page).switch
    now = [100.0]
    switch.clock = lambda: now[0]
    for _ in range(2):  # a double click is one press
        switch.click()
    assert desk.posted == [] and "3" in switch.text()
    now[0] += 1.0
    switch.click()
    assert desk.posted == [("emergency_close", {"queue": "servers", "prompt": "closed_emergency"})]
    assert switch.text() == tr("house.open_queue")
    page.emergency.clock = lambda: now[0]
    page.emergency.click()
    qtbot.keyClick(page.emergency, Qt.Key.Key_Escape)
    now[0] += 1.0
    page.emergency.click()
    assert len(desk.posted) == 1, "Esc disarmed it"
    now[0] += 1.0
    page.emergency.click()
    assert desk.posted[-1][1]["queue"] == "" and page.closed.isVisible()


def test_another_queue_becomes_the_first(desk: HouseDesk, page: HousePage) -> None:
    listed = queues(page)
    assert not listed.first.isVisible(), "it is the first already"
    listed.choose("storage")
    assert listed.first.isVisible()
    listed.first.click()
    assert desk.posted == [("first_queue_save", {"queue": "storage"})] and not listed.first.isVisible()
    states = {line.id: line.state for line in listed.parts.list.rows.rows()}
    assert states["storage"] == tr("house.first") and states["servers"] == ""


def test_an_armed_button_lets_go_after_three_seconds(qtbot: QtBot, page: HousePage) -> None:
    button = ArmedButton("关闭", "小心", parent=page)
    now = [0.0]
    button.clock = lambda: now[0]
    done: list[bool] = []
    button.confirmed.connect(lambda: done.append(True))
    button.click()
    now[0] = 3.5
    button.click()
    assert not done and button.guard.armed_at == 3.5


def test_a_new_part_begins_at_its_first_field_and_lands_in_the_list(desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "number")
    listed.begin_new()
    settle()
    first = listed.editor.boxes["number"].field.focusProxy()
    assert first is not None and first.hasFocus()
    type_text(first, "+861087654321")
    page.finish()
    assert desk.posted[-1][0] == "number_save" and listed.current == "+861087654321"
    assert "+861087654321" in [line.id for line in listed.parts.list.rows.rows()]
    assert first.isReadOnly(), "a stored number is its name"  # type: ignore[attr-defined]


def test_the_week_is_painted_by_keyboard_and_exact_by_text(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "calendar")
    listed.choose("office")
    box = listed.editor.boxes["weekly"]
    grid, exact = box.field.grid, box.field.exact  # type: ignore[attr-defined]
    grid.setFocus()
    for _ in range(5):
        qtbot.keyClick(grid, Qt.Key.Key_Down)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert (5, 480, 540) in box.field.value() and exact.value() == "08:00-09:00"
    exact.edit.setFocus()
    qtbot.keyClick(exact.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_text(exact.edit, "09:15-11:45")
    assert (5, 555, 705) in listed.editor.edit.now.weekly  # type: ignore[union-attr]
    type_text(exact.edit, " 11:00-12:00")
    assert box.note.text() == tr("house.fault_hours") and not listed.editor.save.isEnabled()


def test_a_holiday_is_added(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "calendar")
    listed.choose("office")
    field = listed.editor.boxes["special"].field
    field.add.click()  # type: ignore[attr-defined]
    row = field.rows[-1]  # type: ignore[attr-defined]
    for line, text in ((row.day, "2027-01-01"), (row.words, "元旦")):
        line.edit.setFocus()
        qtbot.keyClick(line.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        type_text(line.edit, text)
    page.finish()
    plan = desk.posted[-1][1]["plan"]
    assert plan["special"]["2027-01-01"] == [] and plan["words"]["2027-01-01"] == "元旦"


def test_a_menu_shows_its_tree_as_it_is_written(desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "menu")
    assert isinstance(listed, MenuPage)
    rows = listed.tree.rows.rows()
    assert [(row.depth, row.key) for row in rows][:4] == [(0, "1"), (0, "2"), (1, "1"), (1, "2")]
    assert any(row.again for row in rows), "the way back to the first menu is not unfolded again"
    assert listed.editor.edit is not None
    options = {"1": Destination(DestinationKind.HANG_UP)}
    desk.house.put(listed.editor.edit, "options", options)
    settle()
    assert listed.tree.rows.rows()[0].words == tr("house.to_hang_up")


def test_a_trunk_shows_its_state_and_is_tested(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "trunk")
    assert isinstance(listed, TrunkPage)
    desk.live()
    listed.choose("backup")
    assert listed.state.text() == tr("house.trunk_refused") and listed.why.text() == "403 Forbidden"
    listed.number.edit.setFocus()
    type_text(listed.number.edit, "13800138000")
    qtbot.keyClick(listed.number.edit, Qt.Key.Key_Return)
    assert desk.sent[-1] == link.TestTrunk("backup", "13800138000") and not listed.test.isEnabled()
    desk.house.heard(link.TrunkTested("backup", "13800138000", "ringing", 180, "", 1.24))
    assert "1.2" in listed.result.text() and listed.test.isEnabled()


def test_a_secret_is_never_shown_and_its_preview_hides_it(desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "trunk")
    listed.choose("unicom")
    field = listed.editor.boxes["secret"].field
    assert field.value() == ""
    field.edit.setFocus()  # type: ignore[attr-defined]
    type_text(field.edit, "geheim")  # type: ignore[attr-defined]
    shown = " ".join(one.text() for one in listed.editor.preview.findChildren(ElideLabel))
    assert "geheim" not in shown and tr("house.secret_hidden") in shown
    page.finish()
    assert desk.posted[-1][1]["secret"] == "geheim" and field.value() == ""


def test_rules_are_moved_and_a_number_is_tried(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    listed = parts(page, "outbound")
    assert isinstance(listed, OutboundPage)
    listed.choose("2")
    listed.parts.list.setFocus()
    qtbot.keyClick(listed.parts.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert desk.posted == [("outbound_rule_order", {"rules": ["2", "1", "3"]})]
    type_text(listed.number.edit, "+12025550143")
    type_text(listed.person.edit, "1001")
    assert "2" in listed.verdict.text() and "公司不拨北美号码" in listed.verdict.text()


def test_levels_are_written_by_digits(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    page.show_tab("skills")
    made = page.current
    assert isinstance(made, SkillsPage)
    made.grid.setFocus()
    qtbot.keyClick(made.grid, Qt.Key.Key_Down)
    qtbot.keyClick(made.grid, Qt.Key.Key_4)
    qtbot.keyClick(made.grid, Qt.Key.Key_9)
    assert desk.posted == [("person_skill_save", {"person": "1007", "skill": made.grid.skills[0], "level": 4})]
    made.search.setText("技术")
    assert [one.person for one in made.grid.people] == ["2031", "2044", "2017"]


def test_the_dry_run_is_beside_every_tab(qtbot: QtBot, desk: HouseDesk, page: HousePage) -> None:
    for tab in TABS:
        page.show_tab(tab)
        settle()
        assert page.dry_run.isVisible()
    type_text(page.dry_run.number.edit, "13800138000")
    type_text(page.dry_run.keys.edit, "1")
    qtbot.keyClick(page.dry_run.keys.edit, Qt.Key.Key_Return)
    assert desk.sent[-1] == link.DryRun("13800138000", "+864008123456", 0.0, "1")
    desk.dry()
    settle()
    said = " ".join(one.text() for one in page.dry_run.findChildren(ElideLabel))
    assert tr("dry_run.score_skills", "5") in said
    page.dry_run.when.choose("chosen")
    page.dry_run._when_chosen()
    page.dry_run.at.edit.setText("2026-13-01")
    page.dry_run.go()
    assert page.dry_run.fault.text() == tr("house.fault_time")


def test_tabs_and_rows_are_changed_by_keys(qtbot: QtBot, page: HousePage) -> None:
    qtbot.keyClick(page.tabs.tabs["queue"], Qt.Key.Key_Right)
    assert page.tabs.current == "calendar"
    page.next_row()
    assert parts(page, "calendar").current == "always"
    page.previous_row()
    assert parts(page, "calendar").current == "office"


def test_who_may_not_change_it_sees_it_all_the_same(desk: HouseDesk) -> None:
    assert desk.me is not None
    desk.me = replace(desk.me, groups=("supervisor",))
    made = HousePage(desk, dressed())  # type: ignore[arg-type]
    stand(made)
    listed = parts(made, "trunk")
    assert listed.editor.edit is not None and not listed.editor.boxes["host"].field.isEnabled()
    assert not listed.parts.add.isVisible() and listed.editor.save.toolTip() == tr("house.why_not_yours")
    let_go(made)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tab_fits_the_smallest_window(desk: HouseDesk, language: str) -> None:
    made = HousePage(desk, dressed(language))  # type: ignore[arg-type]
    stand(made, SMALLEST)
    for tab in TABS:
        made.show_tab(tab)
        settle()
        assert made.minimumSizeHint().width() <= SMALLEST[0]
        if isinstance(made.current, PartsPage):
            editor = made.current.editor
            assert editor.column.minimumSize().width() <= editor.width(), f"{tab} {language} is cut off at the right"
    let_go(made)


def test_a_key_that_stands_twice_is_said_and_nothing_is_lost(desk: HouseDesk, page: HousePage) -> None:
    editor = parts(page, "menu").editor
    field = editor.boxes["options"].field
    field.rows[1].key.choose("1")  # type: ignore[attr-defined]
    field.changed.emit()
    assert editor.boxes["options"].note.text() == tr("house.fault_twice", "1") and not editor.save.isEnabled()
    assert editor.edit is not None and set(editor.edit.now.options) == {"1", "2", "9", "0"}


def test_both_languages_say_the_same_things() -> None:
    zh, en = catalogue("zh_CN"), catalogue("en")
    for area in ("house.", "recall.", "why."):
        assert {key for key in zh if key.startswith(area)} == {key for key in en if key.startswith(area)}
    assert QApplication.instance() is not None
