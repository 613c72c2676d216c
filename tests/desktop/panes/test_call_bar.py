# SPDX-License-Identifier: GPL-3.0-or-later
"""The call bar in each situation: who calls, which controls live, why the others do not, the hang-up in two steps."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from desktop.panes.call_bar import CallBar
from desktop.panes.state_block import CHOICES, state_line
from desktop.widgets.beat import beat
from desktop.widgets.call_controls import ARMED_WIDTH, HANG_UP_WIDTH
from models.kinds import AgentState, StateReason
from resources.i18n import tr
from telephony.messages import MyState
from tests.desktop.fake_desk import NOW, FakeDesk


@pytest.fixture
def bar(shown, desk: FakeDesk) -> CallBar:
    made = CallBar(desk)  # type: ignore[arg-type]
    made.resize(1366, 64)
    return shown(made)


@pytest.fixture
def clock(desk: FakeDesk, monkeypatch) -> list[float]:
    """The steady clock of the guard, moved by hand."""
    now = [100.0]
    desk.calls.clock = lambda: now[0]
    monkeypatch.setattr("desktop.panes.controls.time.monotonic", lambda: now[0])
    return now


def test_without_a_call_every_control_says_why(bar: CallBar):
    controls = bar.controls
    for button in (controls.hold, controls.mute, controls.transfer, controls.consult):
        assert not button.isEnabled() and button.why == tr("shell.why_no_call") and button.why in button.toolTip()
    assert controls.dial.isVisible() and controls.dial.isEnabled() and not controls.keypad.isVisible()
    assert controls.hang_up.look == "idle" and not controls.hang_up.isEnabled()


def test_on_a_call_the_caller_stands_with_his_timer(bar: CallBar, desk: FakeDesk):
    desk.answer(207)
    assert bar.caller.name.text() == tr("shell.name_level", "陈志远", tr("card.level_gold"))
    assert bar.caller.timer.text() == "03:27" and "138 0013 8000" in bar.caller.line.text()
    assert bar.controls.hold.isEnabled() and bar.controls.keypad.isEnabled()
    desk.at += 3600
    beat().second.emit()
    assert bar.caller.timer.text() == "1:03:27"


def test_a_guess_is_not_shown_as_the_caller(bar: CallBar, desk: FakeDesk):
    desk.ring(known=False)
    desk.answer()
    assert bar.caller.name.text() == "138 0013 8000"


def test_hold_shows_its_own_time(bar: CallBar, desk: FakeDesk):
    desk.answer()
    desk.hold_on(12)
    assert bar.controls.hold.text() == tr("shell.resume") and bar.caller.timer.text() == "00:12"
    assert bar.caller.recording.words.text() == tr("shell.on_hold")


def test_while_consulting_one_may_merge_complete_or_go_back(bar: CallBar, desk: FakeDesk):
    desk.answer()
    desk.consult()
    controls = bar.controls
    assert controls.conference.isVisible() and not controls.conference.why
    assert not controls.hold.isVisible() and not controls.transfer.isVisible()
    controls.conference.click()
    controls.complete.click()
    controls.back.click()
    assert desk.names_asked()[-3:] == ["calls.merge", "transfer.complete", "transfer.back"]
    assert controls.hang_up.isEnabled()


def test_transfer_opens_and_shuts_the_panel(bar: CallBar, desk: FakeDesk):
    desk.answer()
    bar.controls.transfer.click()
    assert desk.transfer.open and bar.controls.transfer.isChecked()
    bar.controls.transfer.click()
    assert not desk.transfer.open and not bar.controls.transfer.isChecked()


def test_who_is_not_responsible_cannot_hand_the_call_on(bar: CallBar, desk: FakeDesk):
    desk.answer()
    desk.change_call(responsible=False)
    assert bar.controls.transfer.why == tr("shell.why_not_responsible")


def test_a_double_click_does_not_hang_up(qtbot, bar: CallBar, desk: FakeDesk, clock: list[float]):
    desk.answer()
    button = bar.controls.hang_up
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    clock[0] += 0.12
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not desk.calls.hang_up_reason_wanted and button.look == "armed"
    clock[0] += 0.5
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert desk.calls.hang_up_reason_wanted


def test_arming_grows_the_button_and_moves_no_neighbour(bar: CallBar, desk: FakeDesk, clock: list[float]):
    desk.answer()
    button, keypad = bar.controls.hang_up, bar.controls.keypad
    place = keypad.pos()
    assert button.sizeHint().width() == HANG_UP_WIDTH
    button.click()
    assert button.sizeHint().width() == ARMED_WIDTH and keypad.pos() == place
    assert button.text() == tr("shell.hang_up_again", 3)
    clock[0] += 1.5
    beat().tenth.emit()
    assert button.text() == tr("shell.hang_up_again", 2)


def test_three_seconds_disarm(bar: CallBar, desk: FakeDesk, clock: list[float]):
    desk.answer()
    modes: list[str] = []
    bar.armed.connect(modes.append)
    bar.controls.hang_up.click()
    assert modes[-1] == "armed" and beat().tenths_running
    clock[0] += 3.1
    beat().tenth.emit()
    assert bar.controls.hang_up.look == "line" and modes[-1] == "" and not beat().tenths_running


@pytest.mark.parametrize("control", ["hold", "mute", "transfer", "consult"])
def test_any_other_control_disarms(bar: CallBar, desk: FakeDesk, clock: list[float], control: str):
    desk.answer()
    bar.controls.hang_up.click()
    getattr(bar.controls, control).click()
    assert desk.calls.guard.armed_at is None
    bar.refresh()
    assert bar.controls.hang_up.look == "line"


def test_once_the_customer_has_gone_one_press_moves_on(bar: CallBar, desk: FakeDesk):
    desk.answer()
    desk.customer_leaves()
    assert bar.controls.hang_up.look == "gone" and bar.controls.hang_up.text() == tr("shell.customer_gone")
    assert not bar.controls.hold.isEnabled()
    bar.controls.hang_up.click()
    assert desk.names_asked()[-1] == "calls.finish_wrap_up" and not desk.calls.hang_up_reason_wanted


def test_wrap_up_counts_down_and_can_be_extended(bar: CallBar, desk: FakeDesk):
    desk.answer(521)
    desk.wrap_up(23)
    assert bar.middle.currentWidget() is bar.wrap and bar.wrap.left.text() == "0:23"
    assert bar.wrap.bar.value() == round(1000 * 23 / 60)
    bar.wrap.extend.click()
    bar.wrap.finish.click()
    assert desk.names_asked()[-2:] == ["calls.extend_wrap_up", "calls.finish_wrap_up"]
    desk.change_call(extensions_left=0, wrap_up_until=desk.at + 60)
    assert not bar.wrap.extend.isEnabled() and bar.wrap.extend.toolTip() == tr("shell.why_extended")
    assert bar.wrap.whole.text().endswith("2:00")


def test_the_glimpse_turns_stale_without_the_link(bar: CallBar, desk: FakeDesk):
    assert bar.glimpse.rate.figure == "96.4%" and bar.glimpse.longest.figure == "0:38"
    desk.link_up = False
    desk.at += 12
    beat().second.emit()
    assert bar.glimpse.waiting.accessibleDescription() == tr("shell.stale", 12)


@pytest.mark.parametrize(
    ("mine", "line"),
    [
        (MyState(AgentState.READY, None, NOW - 134), ("state.line_ready", "2:14")),
        (MyState(AgentState.ON_CALL, None, NOW, calls_today=37), ("state.line_on_call", 37)),
        (MyState(AgentState.SIGNED_OUT, None, NOW), ("state.line_signed_out",)),
    ],
)
def test_the_line_under_the_state(theme, mine: MyState, line: tuple):
    assert state_line(mine, NOW, 3, 5.0, 0.0) == tr(*line)


def test_a_state_chosen_in_a_call_is_said_as_the_next_one(bar: CallBar, desk: FakeDesk):
    desk.answer()
    desk.calls.state = MyState(AgentState.ON_CALL, None, NOW, AgentState.NOT_READY, StateReason.MEAL)
    desk.calls.changed.tell()
    assert bar.state.line == tr("state.line_next", tr("state.reason_meal"))


def test_the_menu_offers_six_choices_by_digits(bar: CallBar, desk: FakeDesk):
    bar.state.fill_menu()
    words = [action.text() for action in bar.state.menu.actions()]
    assert [text[:2] for text in words] == [f"&{digit}" for digit in range(1, 7)] and len(CHOICES) == 6
    desk.answer()
    bar.state.fill_menu()
    assert bar.state.menu.actions()[0].text() == tr("state.menu_next")


def test_every_state_has_words_and_a_name_for_readers(bar: CallBar, desk: FakeDesk):
    for state in AgentState:
        for reason in (None, *StateReason):
            desk.calls.state = MyState(state, reason, NOW - 5, until=NOW + 5)
            desk.calls.changed.tell()
            assert bar.state.title and bar.state.line and bar.state.title in bar.state.accessibleName()
