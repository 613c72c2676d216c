# SPDX-License-Identifier: GPL-3.0-or-later
"""Hearing a colleague's call from the monitor and from the call bar; parking and picking up from the bar's menu."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.panes.board import BoardPage
from desktop.panes.call_bar import CallBar
from desktop.panes.more_menu import MoreMenu
from desktop.widgets.theme import current
from models.kinds import AgentState
from resources.i18n import tr
from telephony.messages import Board, CallIs, Colleague, Interval, ParkedCall
from tests.desktop.fake_desk import NOW, FakeDesk

HEARD = Colleague("1001", "李娜", ("agent",), ("printer",), AgentState.ON_CALL, None, NOW - 60, "c1", "+8613800138000")
IDLE = Colleague("1002", "周敏", ("agent",), (), AgentState.READY, None, NOW - 5)


def hearing(mode: str) -> CallIs:
    return CallIs("c1", "supervising", "supervise", False, "+8613800138000", "", "热线", "c1", NOW - 60, peer="1001",
                  peer_name="李娜", mode=mode)  # fmt: skip


@pytest.fixture
def page(qtbot: QtBot, desk: FakeDesk) -> BoardPage:
    nothing = Interval(NOW - 900, 0, 0, 0, 0, 0, 0, 0.0)
    desk.board.board = Board(NOW, (), (HEARD, IDLE), nothing, (), ())
    page = BoardPage(desk, current())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.resize(1302, 704)
    page.show()
    return page


@pytest.fixture
def bar(qtbot: QtBot, desk: FakeDesk) -> CallBar:
    bar = CallBar(desk)  # type: ignore[arg-type]
    qtbot.addWidget(bar)
    bar.resize(1366, 64)
    bar.show()
    return bar


def choose(page: BoardPage, state: AgentState) -> None:
    view = page.tiles.groups[state].view
    view.setCurrentIndex(view.model().index(0, 0))


def test_the_strip_comes_with_an_agent_on_a_call_and_only_then(page: BoardPage):
    assert page.strip.isHidden()
    choose(page, AgentState.READY)
    assert page.strip.isHidden()
    choose(page, AgentState.ON_CALL)
    assert not page.strip.isHidden()
    assert "李娜" in page.strip.who.text()
    assert page.strip.hears.text() == tr("shell.hears_nobody")


def test_one_listens_and_two_whispers_to_the_chosen_agent(qtbot: QtBot, page: BoardPage, desk: FakeDesk):
    choose(page, AgentState.ON_CALL)
    view = page.tiles.groups[AgentState.ON_CALL].view
    qtbot.keyClick(view, Qt.Key.Key_1)
    qtbot.keyClick(view, Qt.Key.Key_2)
    assert desk.asked[-2:] == [("board.supervise", ("1001", "listen")), ("board.supervise", ("1001", "whisper"))]


def test_who_was_chosen_stays_chosen_when_his_state_changes(page: BoardPage, desk: FakeDesk):
    """Else the keys of the strip would mean whoever stands in his place."""
    choose(page, AgentState.ON_CALL)
    page.tiles.groups[AgentState.ON_CALL].view.setFocus()
    other = replace(IDLE, state=AgentState.ON_CALL, call="c2", peer="+8613900001111")
    wraps_up = replace(HEARD, state=AgentState.WRAP_UP, call="", since=NOW)
    assert desk.board.board is not None
    desk.board.board = replace(desk.board.board, people=(wraps_up, other))
    page.refresh()
    chosen = page.tiles.current_person()
    assert chosen is not None and chosen.agent == "1001"
    assert page.strip.isHidden(), "he is on no call any more"
    desk.board.board = replace(desk.board.board, people=(other,))
    page.refresh()
    assert page.tiles.current_person() is None, "who is gone is not replaced by another"


def test_the_keyboard_reaches_every_tile_and_what_is_chosen_is_seen(qtbot: QtBot, page: BoardPage):
    first, second = (page.tiles.groups[state].view for state in (AgentState.ON_CALL, AgentState.READY))
    page.search.setFocus()
    first.setFocus(Qt.FocusReason.TabFocusReason)
    assert page.tiles.current_person() == HEARD
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert page.tiles.current_person() == IDLE and second.selectionModel().hasSelection()
    qtbot.keyClick(second, Qt.Key.Key_Up)
    assert page.tiles.current_person() == HEARD


def test_the_menu_of_who_talks_begins_with_hearing_him(page: BoardPage, desk: FakeDesk):
    listen, whisper, *_ = page.menu_for(HEARD).actions()
    listen.trigger()
    whisper.trigger()
    assert desk.asked[-2:] == [("board.supervise", ("1001", "listen")), ("board.supervise", ("1001", "whisper"))]
    assert len(page.menu_for(IDLE).actions()) == 3, "who talks with nobody can only be set to a state"


def test_barging_in_is_offered_only_to_who_listens_already(page: BoardPage, desk: FakeDesk):
    choose(page, AgentState.ON_CALL)
    assert page.strip.modes["barge"].isEnabled() is False
    desk.board.listening = hearing("listen")
    page.strip.refresh()
    assert page.strip.modes["barge"].isEnabled() and page.strip.take.isEnabled()
    page.strip.modes["barge"].click()
    assert desk.asked[-1] == ("board.press", ("barge",))


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_the_strip_always_says_who_can_hear(page: BoardPage, desk: FakeDesk, mode: str):
    desk.board.listening = hearing(mode)
    page.strip.refresh()
    assert page.strip.hears.text() == tr(f"shell.hears_{mode}", "李娜")


def test_escape_leaves_the_call_and_first_disarms(page: BoardPage, desk: FakeDesk):
    desk.board.listening = hearing("listen")
    desk.board.armed_what = "barge"
    assert page.close_panel()
    assert desk.board.armed_what == "" and "board.leave" not in desk.names_asked()
    assert page.close_panel()
    assert "board.leave" in desk.names_asked()


def test_the_bar_of_a_listening_supervisor_has_no_hold_and_no_transfer(bar: CallBar, desk: FakeDesk):
    desk.calls.call = desk.board.listening = hearing("whisper")
    bar.refresh()
    assert bar.middle.currentWidget() is bar.supervision
    assert bar.supervision.modes["whisper"].isChecked() and not bar.supervision.modes["listen"].isChecked()
    assert bar.supervision.hears.text() == tr("shell.hears_whisper", "李娜")
    bar.supervision.leave.click()
    assert desk.names_asked()[-1] == "board.leave"


def test_digits_choose_on_the_bar(bar: CallBar, desk: FakeDesk):
    assert not bar.supervision.pick(1), "nobody is heard"
    desk.calls.call = desk.board.listening = hearing("listen")
    assert bar.supervision.pick(2) and bar.supervision.pick(4) and not bar.supervision.pick(5)
    assert desk.asked[-2:] == [("board.press", ("whisper",)), ("board.press", ("take_over",))]


def test_an_armed_control_counts_down_in_words(bar: CallBar, desk: FakeDesk):
    desk.calls.call = desk.board.listening = hearing("listen")
    desk.board.armed_what = "take_over"
    bar.refresh()
    assert bar.supervision.take.text() == tr("shell.press_again", 3)
    assert bar.supervision.disarm()
    assert bar.supervision.take.text() == tr("shell.take_over")


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_the_agent_sees_who_is_on(bar: CallBar, desk: FakeDesk, mode: str):
    desk.answer()
    assert desk.calls.call is not None
    desk.calls.call = replace(desk.calls.call, watched_by="孙班长", watched_mode=mode)
    bar.refresh()
    assert bar.caller.line.text() == tr(f"shell.watched_{mode}", "孙班长")


def test_the_lock_stands_for_encrypted_sound_only(bar: CallBar, desk: FakeDesk):
    desk.answer()
    bar.refresh()
    assert bar.caller.lock.isHidden()
    assert desk.calls.call is not None
    desk.calls.call = replace(desk.calls.call, secure=True)
    bar.refresh()
    assert not bar.caller.lock.isHidden()
    desk.calls.call = replace(desk.calls.call, stage="wrap_up")
    bar.refresh()
    assert bar.caller.lock.isHidden(), "there is no sound any more"


def test_the_menu_parks_pauses_and_picks_up(desk: FakeDesk, bar: CallBar):
    desk.answer()
    assert desk.calls.call is not None
    desk.calls.call = replace(desk.calls.call, recording=True)
    desk.calls.parked = (ParkedCall("c9", 1, "+8613900139000", "", "热线", NOW - 30, "1002", "周敏"),)
    menu = MoreMenu(desk, bar)  # type: ignore[arg-type]
    park, pause, _line, pick_up = menu.actions()
    assert park.isEnabled() and pause.isEnabled() and not pick_up.isEnabled(), "one call at a time"
    park.trigger()
    pause.trigger()
    desk.calls.call = None
    menu = MoreMenu(desk, bar)  # type: ignore[arg-type]
    park, pause, _line, pick_up = menu.actions()
    assert not park.isEnabled() and not pause.isEnabled()
    pick_up.trigger()
    assert desk.asked[-3:] == [("calls.park", ()), ("calls.pause_recording", (True,)), ("calls.pick_up", ("c9",))]


def test_parked_callers_are_counted_on_the_bar(bar: CallBar, desk: FakeDesk):
    assert bar.controls.more.isHidden()
    desk.calls.parked = (ParkedCall("c9", 1, "+8613900139000", "", "热线", NOW - 30, "1002", "周敏"),)
    bar.refresh()
    assert not bar.controls.more.isHidden() and bar.controls.more.text() == tr("shell.more_parked", 1)
