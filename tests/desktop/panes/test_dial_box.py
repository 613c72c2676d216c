# SPDX-License-Identifier: GPL-3.0-or-later
"""The dial box and the keypad: reasons while typing, paste, redial, the log, tones."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panes.dial_box import DialBox
from desktop.panes.keypad import Keypad
from resources.i18n import tr
from tests.desktop.fake_desk import NOW, CallLogLine, FakeDesk

LOG = (
    CallLogLine(NOW - 600, "+8613700009036", "in", "孙强", "missed"),
    CallLogLine(NOW - 700, "+8613800138000", "out", "陈志远", "answered"),
)


@pytest.fixture
def box(shown, desk: FakeDesk) -> DialBox:
    place = QWidget()
    place.resize(400, 600)
    made = DialBox(desk, place)  # type: ignore[arg-type]
    shown(place)
    made.open_with()
    made.place_keeper = place  # type: ignore[attr-defined]
    return made


def test_it_opens_with_the_field_ready(box: DialBox):
    assert box.isVisible() and box.field.hasFocus() and not box.call.isEnabled()
    assert box.reading.words.text() == tr("dial.hint")


def test_a_number_is_dialled_as_typed(qtbot, box: DialBox, desk: FakeDesk):
    qtbot.keyClicks(box.field, "138-0013 8000")
    assert box.call.isEnabled() and box.reading.words.text() == tr("dial.will_dial", "138 0013 8000")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert desk.last("calls.dial") == ("138-0013 8000", "")


def test_a_refused_number_says_why_while_it_is_typed(qtbot, box: DialBox, desk: FakeDesk):
    desk.calls.refusal = ("numbers.refused_international", ())
    qtbot.keyClicks(box.field, "0044 20 7946")
    assert box.reading.words.text() == tr("numbers.refused_international") == box.call.toolTip()
    assert not box.call.isEnabled() and box.field.property("wrong") is True
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert desk.last("calls.dial") is None
    desk.calls.refusal = None
    qtbot.keyClick(box.field, Qt.Key.Key_Backspace)
    assert box.call.isEnabled() and box.field.property("wrong") is False


def test_pasting_takes_the_first_line(qtbot, box: DialBox):
    QApplication.clipboard().setText("  +86 138 0013 8000 \n其他文字")
    box.paste.click()
    assert box.field.text() == "+86 138 0013 8000" and box.call.isEnabled()


def test_during_a_call_nothing_is_dialled(qtbot, box: DialBox, desk: FakeDesk):
    qtbot.keyClicks(box.field, "13800138000")
    desk.answer()
    assert not box.call.isEnabled() and box.call.toolTip() == tr("dial.why_busy")


def test_redial_takes_the_last_number_that_went_out(box: DialBox, desk: FakeDesk):
    assert not box.again.isEnabled() and box.again.toolTip() == tr("dial.why_redial")
    desk.calls.log = LOG
    desk.calls.changed.tell()
    box.again.click()
    assert desk.last("calls.dial") == ("138 0013 8000", "")


def test_the_log_is_listed_and_a_click_fills_the_field(qtbot, box: DialBox, desk: FakeDesk):
    assert box.nothing.isVisible()
    desk.calls.log = LOG
    desk.calls.changed.tell()
    assert box.log.count() == 2 and not box.nothing.isVisible()
    spoken = box.log.item(0).data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert "孙强" in spoken and tr("dial.outcome_missed") in spoken
    box.log.itemActivated.emit(box.log.item(0))
    assert box.field.text() == "137 0000 9036" and desk.last("calls.dial") is None


def test_escape_puts_it_away(qtbot, box: DialBox):
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert not box.isVisible()


def test_tones_by_mouse_and_by_keys(qtbot, shown, desk: FakeDesk):
    desk.answer()
    place = QWidget()
    place.resize(400, 400)
    pad = Keypad(desk, place)  # type: ignore[arg-type]
    shown(place)
    pad.open()
    qtbot.mouseClick(pad.buttons["5"], Qt.MouseButton.LeftButton)
    qtbot.keyClick(pad, Qt.Key.Key_9)
    qtbot.keyClick(pad, "#")
    assert [args for name, args in desk.asked if name == "calls.digits"] == [("5",), ("9",), ("#",)]
    assert pad.sent.text() == "59#"
    desk.wrap_up()
    assert not pad.isVisible()
