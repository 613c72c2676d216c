# SPDX-License-Identifier: GPL-3.0-or-later
"""The window by keyboard only: chords from inside fields, regions, panels, strips, pages by role, another language."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from desktop.panes.key_list import KEYS
from desktop.panes.window import PAGES, MainWindow
from desktop.widgets.call_controls import ControlButton
from desktop.widgets.theme import Theme
from models.kinds import AgentState, StateReason
from resources import i18n
from tests.desktop.conftest import form_page
from tests.desktop.fake_desk import FakeDesk

CHORD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def field_of(window: MainWindow) -> QLineEdit:
    return window.findChild(QLineEdit, "field")  # type: ignore[return-value]


def test_an_incoming_call_never_takes_the_focus(qtbot, window: MainWindow, desk: FakeDesk):
    field = field_of(window)
    field.setFocus()
    qtbot.keyClicks(field, "halb ge")
    desk.ring()
    assert window.popover.isVisible()
    qtbot.keyClicks(QApplication.focusWidget(), "tippt A R 1")
    assert QApplication.focusWidget() is field and field.text() == "halb getippt A R 1"
    assert "calls.accept" not in desk.names_asked() and "calls.decline" not in desk.names_asked()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "calls.accept" not in desk.names_asked()


def test_the_whole_path_by_keyboard(qtbot, window: MainWindow, desk: FakeDesk):
    field = field_of(window)
    field.setFocus()
    desk.ring()
    qtbot.keyClick(field, Qt.Key.Key_A, CHORD)
    assert desk.names_asked().count("calls.accept") == 1
    desk.answer()
    assert not window.popover.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_H, CHORD)
    assert desk.last("calls.hold") == (True,)
    desk.hold_on()
    qtbot.keyClick(field, Qt.Key.Key_H, CHORD)
    assert desk.last("calls.hold") == (False,)
    desk.change_call(stage="talking", held_since=0.0)
    qtbot.keyClick(field, Qt.Key.Key_M, CHORD)
    assert desk.last("calls.mute") == (True,) and desk.calls.muted
    desk.wrap_up()
    qtbot.keyClick(field, Qt.Key.Key_Return, CTRL)
    assert "calls.finish_wrap_up" in desk.names_asked()


def test_no_key_hangs_up_in_one_stroke(qtbot, window: MainWindow, desk: FakeDesk):
    desk.answer()
    hang_up = window.bar.controls.hang_up
    hang_up.setFocus()
    clock = [50.0]
    desk.calls.clock = lambda: clock[0]
    qtbot.keyClick(hang_up, Qt.Key.Key_Space)
    assert desk.calls.guard.armed_at == 50.0 and not desk.calls.hang_up_reason_wanted
    clock[0] += 1.0
    qtbot.keyClick(hang_up, Qt.Key.Key_Space)
    assert desk.calls.hang_up_reason_wanted
    assert window.strip.asks_reason
    window.centralWidget().setFocus()
    qtbot.keyClick(window.centralWidget(), Qt.Key.Key_3)
    assert desk.last("calls.hang_up_reason") == ("silent",) and not window.strip.isVisible()


def test_reject_asks_a_reason_in_the_popover(qtbot, window: MainWindow, desk: FakeDesk):
    field = field_of(window)
    field.setFocus()
    desk.ring()
    qtbot.keyClick(field, Qt.Key.Key_R, CHORD)
    assert window.popover.asks_reason and "calls.decline" not in desk.names_asked()
    qtbot.keyClick(field, Qt.Key.Key_1)
    assert field.text() == "1" and "calls.decline" not in desk.names_asked()
    qtbot.keyClick(field, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert desk.last("calls.decline") == ("not_mine",)


def test_escape_takes_back_one_thing_at_a_time(qtbot, window: MainWindow, desk: FakeDesk):
    field = field_of(window)
    desk.ring()
    qtbot.keyClick(window, Qt.Key.Key_R, CHORD)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.popover.asks_reason and window.popover.isVisible()
    desk.answer()
    window.bar.controls.hang_up.click()
    assert window.bar.controls.hang_up.look == "armed"
    window.open_dial_box("13800138000")
    qtbot.keyClick(window.dial_box.field, Qt.Key.Key_Escape)
    assert window.bar.controls.hang_up.look == "line" and window.dial_box.isVisible()
    qtbot.keyClick(window.dial_box.field, Qt.Key.Key_Escape)
    assert not window.dial_box.isVisible()
    field.setFocus()
    qtbot.keyClicks(field, "bleibt")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hasFocus() and field.text() == "bleibt"


def test_the_state_menu_by_keys(qtbot, window: MainWindow, desk: FakeDesk):
    field_of(window).setFocus()
    qtbot.keyClick(field_of(window), Qt.Key.Key_S, CHORD)
    menu = window.bar.state.menu
    assert menu.isVisible()
    qtbot.keyClick(menu, Qt.Key.Key_3)
    assert desk.last("calls.choose") == (AgentState.NOT_READY, StateReason.MEAL)
    assert not menu.isVisible()


def test_regions_are_reached_by_f6(qtbot, window: MainWindow, desk: FakeDesk):
    window.centralWidget().setFocus()
    seen = []
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_F6)
        focus = QApplication.focusWidget()
        seen.append(next(place for place in window.regions() if place is focus or place.isAncestorOf(focus)))
    assert seen == window.regions()[:3] and seen[0] is window.bar and seen[1] is window.rail
    qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert window.rail.isAncestorOf(QApplication.focusWidget())


def test_tab_order_of_the_call_bar(qtbot, window: MainWindow, desk: FakeDesk):
    desk.answer()
    controls = window.bar.controls
    window.bar.state.setFocus()
    order: list[QWidget] = []
    for _ in range(7):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        order.append(QApplication.focusWidget())
    wanted = [
        controls.hold, controls.mute, controls.transfer, controls.consult, controls.keypad, controls.more,
        controls.hang_up,
    ]  # fmt: skip
    assert order == wanted


def test_the_list_of_keys_opens_only_outside_fields(qtbot, window: MainWindow):
    field = field_of(window)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert not window.key_list.isVisible()
    window.centralWidget().setFocus()
    window.keys.made["?"].activated.emit()
    assert window.key_list.isVisible()
    qtbot.keyClick(window.key_list, Qt.Key.Key_Escape)
    assert not window.key_list.isVisible()


def test_every_listed_key_exists(window: MainWindow):
    chords = {chord.replace("Return", "Enter") for chord in window.keys.made}
    listed = {chord for chord, _ in KEYS} - {"1 – 9"}
    assert listed <= chords and {str(digit) for digit in range(1, 10)} <= chords


def test_back_to_the_call_returns_to_the_field_that_was_left(qtbot, theme: Theme, desk: FakeDesk):
    desk.me = None
    desk.sign_in_as("agent")
    assert desk.me is not None
    from dataclasses import replace

    desk.me = replace(desk.me, groups=("agent", "supervisor"))
    pages = (
        ("agent", frozenset({"agent"}), "headset", form_page),
        ("board", frozenset({"supervisor"}), "grid", form_page),
    )
    window = MainWindow(desk, theme, pages)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    desk.answer()
    field = field_of(window)
    field.setFocus()
    window.rail.item("board").click()
    assert window.page == "board" and not field.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_C, CHORD)
    assert window.page == "agent" and field.hasFocus()


def test_a_supervisor_who_took_a_call_over_has_its_card_and_sheet_before_him(qtbot, theme: Theme, desk: FakeDesk):
    desk.sign_in_as("supervisor")
    window = MainWindow(desk, theme)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert window.page == "board"
    desk.answer()
    desk.change_call(stage="supervising", role="supervise", responsible=False)
    window.show_page("board")
    desk.change_call(stage="supervising", mode="whisper")
    assert window.page == "board", "listening leaves him at the monitor"
    desk.change_call(stage="talking", role="agent", responsible=True)
    assert window.page == "agent"
    window.show_page("board")
    desk.change_call(stage="held")
    assert window.page == "board", "he may look at the monitor meanwhile"
    desk.wrap_up()
    qtbot.keyClick(window, Qt.Key.Key_C, CHORD)
    assert window.page == "agent" and window.wrap_up_page() is not None


@pytest.mark.parametrize(("group", "pages"), [
    ("agent", ["agent", "recall"]), ("engineer", ["engineer", "recall"]),
    ("supervisor", ["board", "agent", "recall", "house"]),
    ("administrator", ["house"]),
])  # fmt: skip
def test_pages_by_role(group: str, pages: list[str]):
    mine = [name for name, groups, _icon, _make in PAGES if group in groups]
    assert mine == pages


def test_strips_push_the_page_and_say_what_is_safe(qtbot, window: MainWindow, desk: FakeDesk):
    top = window.workspace.y()
    desk.database_up = False
    desk.unsent = 3
    desk.connection_changed.tell()
    QApplication.processEvents()
    assert window.strips.data.isVisible() and not window.strips.phone.isVisible()
    assert "草稿" in window.strips.data.words.text() and "3" in window.strips.data.words.text()
    assert window.workspace.y() == top + 28
    desk.handset_up = False
    desk.connection_changed.tell()
    assert not window.strips.phone.isVisible(), "a handset that never was up is starting"
    desk.handset_down_since = time.monotonic() - 65
    desk.connection_changed.tell()
    QApplication.processEvents()
    assert "1:05" in window.strips.phone.words.text()
    assert window.strips.phone.isVisible() and window.workspace.y() == top + 56
    assert window.bar.state.title == i18n.tr("state.phone_offline") and not window.bar.state.isEnabled()
    assert window.bar.controls.dial.why
    desk.database_up = desk.handset_up = True
    desk.connection_changed.tell()
    QApplication.processEvents()
    assert window.workspace.y() == top and window.bar.state.isEnabled()


def test_refusals_stay_and_remarks_leave(qtbot, window: MainWindow, desk: FakeDesk):
    desk.told.tell("shell.offer_missed", ())
    desk.refused.tell("shell.link_down", ())
    desk.refused.tell("shell.link_down", ())
    assert [toast.error for toast in window.toasts.shown] == [False, True]
    quiet, loud = window.toasts.shown
    quiet._timer.timeout.emit()
    assert window.toasts.shown == [loud] and not loud._timer.isActive()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.toasts.shown == []


def test_another_language_keeps_the_call_and_the_page(qtbot, window: MainWindow, desk: FakeDesk):
    desk.answer()
    window.use_language("en")
    assert window.bar.state.title == "On call" and window.page == "agent"
    assert window.bar.controls.hold.text() == "Hold"
    desk.hold_on()
    assert window.bar.controls.hold.text() == "Resume"


def test_everything_that_can_be_pressed_has_a_name(window: MainWindow, desk: FakeDesk):
    from PySide6.QtWidgets import QAbstractButton

    desk.answer()
    nameless = [button for button in window.findChildren(QAbstractButton)
                if button.isVisible() and not (button.accessibleName() or button.text())]  # fmt: skip
    assert nameless == []


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("situation", ["ready", "ring", "answer", "consult", "armed", "wrap_up"])
def test_words_half_as_long_again_still_fit_the_call_bar(
    qtbot, theme: Theme, desk: FakeDesk, monkeypatch, language: str, situation: str
):
    i18n.use(language)
    real = i18n.catalogue(language)
    longer = {key: f"[{text}{'~' * round(len(text) * 0.6)}]" for key, text in real.items()}
    monkeypatch.setattr(i18n, "catalogue", lambda _language: longer)
    window = MainWindow(desk, theme, (("agent", frozenset({"agent"}), "headset", form_page),))  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.resize(1366, 680)
    window.show()
    if situation == "ring":
        desk.ring()
    elif situation != "ready":
        desk.answer()
    if situation == "consult":
        desk.consult()
    if situation == "wrap_up":
        desk.wrap_up()
    if situation == "armed":
        desk.calls.press_hang_up()
    QApplication.processEvents()
    bar = window.bar
    buttons = [one for one in bar.findChildren(ControlButton) if one.isVisible()]
    assert [one.text() for one in buttons if one.elided] == []
    assert not bar.controls.hang_up.elided and not bar.state.elided
    for one in (*buttons, bar.glimpse.waiting, bar.glimpse.longest, bar.glimpse.rate):
        assert one.width() >= one.minimumSizeHint().width()
    assert window.width() <= 1366, "the bar must not widen the window"


def test_the_catalogue_can_be_made_longer_for_that_test():
    file = Path(i18n.__file__).parent / "en" / "shell.json"
    assert json.loads(file.read_text(encoding="utf-8"))["transfer"] == "Transfer"
