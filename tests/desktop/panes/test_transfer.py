# SPDX-License-Identifier: GPL-3.0-or-later
"""The transfer panel: keys, order, what is missing, consultation, and the promise when nobody is free."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.panes.agent_page import AgentPage
from desktop.panes.transfer import TransferPanel
from desktop.widgets.chips import RemovableChip
from models.kinds import AgentState
from tests.desktop.fake_desk import PEOPLE
from tests.desktop.guided_desk import GuidedDesk, dressed, settle, stand, type_text

LIVE = (("product_line", "server"), ("symptom", "反复重启"))
BUSY = tuple(replace(one, state=AgentState.ON_CALL) for one in PEOPLE)


@pytest.fixture
def desk(qtbot: QtBot) -> GuidedDesk:
    dressed()
    desk = GuidedDesk()
    desk.sign_in_as("agent")
    return desk


@pytest.fixture
def page(qtbot: QtBot, desk: GuidedDesk) -> AgentPage:
    page = AgentPage(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    stand(page)
    desk.answer()
    for name, value in LIVE:
        desk.sheet.put(name, value)
    settle()
    return page


@pytest.fixture
def panel(desk: GuidedDesk, page: AgentPage) -> TransferPanel:
    desk.transfer.opened()
    settle()
    return page.transfer


def test_the_panel_takes_its_room_and_gives_the_splitter_back(desk: GuidedDesk, page: AgentPage) -> None:
    page.splitter.setSizes([320, 680, 300])
    before = page.splitter.sizes()
    desk.transfer.opened()
    settle()
    assert [round(size, -1) for size in page.splitter.sizes()] == [300, 450, 540]
    assert page.form.isVisible() and not page.form.stepper.isVisible()
    desk.transfer.closed()
    settle()
    assert page.splitter.sizes() == before and page.advice.isVisible()


def test_enter_transfers_with_the_sheet_and_shift_enter_consults(
    qtbot: QtBot, desk: GuidedDesk, panel: TransferPanel
) -> None:
    assert panel.search.hasFocus()
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.people.hasFocus()
    qtbot.keyClick(panel.people, Qt.Key.Key_Down)
    qtbot.keyClick(panel.people, Qt.Key.Key_Return)
    assert desk.last("transfer.transfer") == ("2044", False)
    qtbot.keyClick(panel.people, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert desk.last("transfer.transfer") == ("2044", True)


def test_a_click_on_a_row_only_chooses(qtbot: QtBot, desk: GuidedDesk, panel: TransferPanel) -> None:
    box = panel.people.visualRect(panel.people.model().index(1, 0))
    qtbot.mouseClick(panel.people.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert "transfer.transfer" not in desk.names_asked()
    panel.handing.transfer.click()
    assert desk.last("transfer.transfer") == ("2044", False)


def test_a_transfer_that_lacks_something_says_what(desk: GuidedDesk, panel: TransferPanel) -> None:
    desk.sheet.put("symptom", "")
    settle()
    assert not panel.handing.transfer.isEnabled() and not panel.handing.consult.isEnabled()
    assert "故障现象" in panel.handing.missing.text() and panel.handing.missing.isVisible()
    panel.people.wanted.emit(False)
    assert "transfer.transfer" not in desk.names_asked()
    desk.sheet.put("symptom", "反复重启")
    settle()
    assert panel.handing.transfer.isEnabled()


def test_only_who_is_free_is_called_so(desk: GuidedDesk, panel: TransferPanel) -> None:
    model = panel.people.model()
    spoken = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert spoken[0] == "高建平 2031，示闲，服务器・存储，立即"
    assert [line.endswith("立即") for line in spoken] == [True, True, False, False, False, False, False]
    assert panel.free.text() == "空闲 2 人"


def test_chips_go_by_key_and_search_filters(qtbot: QtBot, desk: GuidedDesk, panel: TransferPanel) -> None:
    chip = next(one for one in panel.findChildren(RemovableChip) if one.isVisible())
    assert chip.text() == "技能：服务器"
    qtbot.keyClick(chip, Qt.Key.Key_Delete)
    assert desk.last("transfer.drop_skill") == ("server",)
    type_text(panel.search, "韩")
    assert desk.last("transfer.search") == ("韩",)
    assert [one.name for one in panel.people.rows.rows()] == ["韩立"]


def test_rows_do_not_jump_while_the_focus_is_in_them(desk: GuidedDesk, panel: TransferPanel) -> None:
    panel.people.setFocus()
    assert desk.last("transfer.hold_order") == (True,)
    desk.transfer.order_changed = True
    desk.transfer.changed.tell()
    assert panel.order_changed.isVisible()
    panel.search.setFocus()
    assert desk.last("transfer.hold_order") == (False,)


def test_the_promise_stands_below_while_somebody_is_free(desk: GuidedDesk, panel: TransferPanel) -> None:
    assert panel.promise.y() > panel.people.y()
    assert panel.handing.transfer.kind == "primary" and panel.promise.make.kind == "secondary"


def test_nobody_free_puts_the_promise_on_top_with_the_only_primary_button(desk: GuidedDesk, page: AgentPage) -> None:
    desk.transfer.people = BUSY
    desk.transfer.opened()
    settle()
    panel = page.transfer
    assert panel.promise.y() < panel.people.y()
    assert panel.promise.make.kind == "primary" and panel.handing.transfer.kind == "secondary"
    assert panel.people.delegate.dimmed
    assert panel.promise.number.hasFocus()
    desk.transfer.people = PEOPLE
    desk.transfer.changed.tell()
    settle()
    assert panel.promise.y() > panel.people.y() and panel.handing.transfer.kind == "primary"


def test_the_words_follow_the_call_back_clock(desk: GuidedDesk, panel: TransferPanel) -> None:
    assert desk.me is not None and desk.me.settings.callback_s is None
    assert panel.promise.say.text() == "「我们将会有更专业的工程师与您联系，请保持 138 0013 8000 畅通。」"
    desk.me = replace(desk.me, settings=replace(desk.me.settings, callback_s=1200.0))
    panel.promise.refresh()
    assert "20 分钟内" in panel.promise.say.text()


def test_a_promise_needs_the_whole_sheet_and_says_what_is_missing(desk: GuidedDesk, panel: TransferPanel) -> None:
    assert not panel.promise.make.isEnabled()
    assert "来电身份" in panel.promise.why.text()
    for name, value in (("caller_kind", "dealer"), ("fault_class", "hard"), ("service_level", "gold"),
                        ("service_mode", "phone"), ("note_to_engineer", "客户较急")):  # fmt: skip
        desk.sheet.put(name, value)
    settle()
    assert panel.promise.make.isEnabled()
    panel.promise.make.click()
    assert desk.last("transfer.promise") == ("138 0013 8000", "客户较急")


def test_a_withheld_number_is_asked_for(qtbot: QtBot, desk: GuidedDesk, page: AgentPage) -> None:
    desk.change_call(number="")
    desk.sheet.put("callback_number", "")
    desk.transfer.people = BUSY
    desk.transfer.opened()
    settle()
    promise = page.transfer.promise
    assert promise.number.text() == "" and promise.number.property("missing") is True
    assert promise.why.text() == "对方隐藏了号码，先问清回电号码。"
    assert "哪个号码" in promise.say.text() and not promise.make.isEnabled()
    type_text(promise.number, "13900002741")
    assert "13900002741" in promise.say.text()
    assert promise.why.text() != "对方隐藏了号码，先问清回电号码。"


def test_while_consulting_complete_and_back_replace_transfer(desk: GuidedDesk, panel: TransferPanel) -> None:
    desk.consult()
    settle()
    assert panel.handing.complete.isVisible() and not panel.handing.transfer.isVisible()
    panel.handing.complete.click()
    panel.handing.back.click()
    assert desk.names_asked()[-2:] == ["transfer.complete", "transfer.back"]


def test_enter_completes_while_consulting(qtbot: QtBot, desk: GuidedDesk, panel: TransferPanel) -> None:
    desk.consult()
    panel.people.setFocus()
    qtbot.keyClick(panel.people, Qt.Key.Key_Return)
    assert desk.last("transfer.complete") == () and desk.last("transfer.transfer") is None


def test_in_a_conference_the_panel_says_so_and_completes(desk: GuidedDesk, panel: TransferPanel) -> None:
    desk.consult()
    desk.merge()
    settle()
    assert panel.handing._along.text() == "正与 高建平 三方通话"
    assert panel.handing.complete.isEnabled() and panel.handing.back.isEnabled()
    panel.handing.complete.click()
    assert desk.last("transfer.complete") == ()


def test_while_the_engineer_rings_nothing_can_be_completed(desk: GuidedDesk, panel: TransferPanel) -> None:
    desk.transfer.stage, desk.transfer.peer_name = "ringing", "高建平"
    desk.change_call(peer="2031", peer_name="高建平")
    desk.transfer.changed.tell()
    settle()
    assert not panel.handing.complete.isEnabled() and panel.handing.back.isEnabled()


def test_escape_shuts_the_panel(qtbot: QtBot, desk: GuidedDesk, page: AgentPage, panel: TransferPanel) -> None:
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    settle()
    assert not desk.transfer.open and page.advice.isVisible()
