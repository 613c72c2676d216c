# SPDX-License-Identifier: GPL-3.0-or-later
"""Ring bar, clocks, labels, buttons, chips, lists: what they show and how they are worked by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.widgets import beat as beats
from desktop.widgets.bars import RingBar, clock_tone, ring_fill, ring_now
from desktop.widgets.beat import TimerLabel, beat
from desktop.widgets.buttons import Button, OptionCard
from desktop.widgets.chips import Chip, RemovableChip, ToggleChip
from desktop.widgets.digit_list import DigitList, DigitRow
from desktop.widgets.figures import call_clock, clock, grouped, share
from desktop.widgets.focus import show_focus_everywhere
from desktop.widgets.labels import ElideLabel, FigureLabel
from desktop.widgets.stepper import Step, Stepper
from desktop.widgets.theme import current


def test_ring_segments_fill_one_after_the_other():
    assert ring_fill(0, 3, 5.0) == (0, 0, 0)
    assert ring_fill(7.5, 3, 5.0) == (1.0, 0.5, 0.0)
    assert ring_fill(99, 3, 5.0) == (1.0, 1.0, 1.0)
    assert [ring_now(at, 3, 5.0) for at in (0, 4.9, 5.0, 14.9, 20)] == [1, 1, 2, 3, 3]
    with pytest.raises(ValueError):
        ring_fill(1, 3, 0)


def test_the_ring_bar_is_amber_while_it_rings_and_red_when_it_is_over(qtbot, shown):
    bar = RingBar()
    bar.setFixedWidth(236)
    shown(bar)
    bar.set_elapsed(7.5, 3, 5.0)
    image = bar.grab().toImage()
    first, second, third = (round(box.left()) for box in bar.segments())
    assert image.pixelColor(first + 10, 7).name() == current().hex("ring.solid").lower()
    assert image.pixelColor(second + 10, 7).name() == current().hex("ring.solid").lower()
    assert image.pixelColor(second + 60, 7).name() != current().hex("ring.solid").lower()
    assert image.pixelColor(third + 10, 7).name() != current().hex("ring.solid").lower()
    bar.set_elapsed(15.0, 3, 5.0)
    assert bar.over and bar.grab().toImage().pixelColor(third + 10, 7) == QColor(current().hex("miss.solid"))


def test_with_reduced_motion_the_bar_steps_by_seconds(qtbot, theme):
    theme.reduced_motion = True
    bar = RingBar()
    qtbot.addWidget(bar)
    bar.set_elapsed(7.9, 3, 5.0)
    assert bar.fill == ring_fill(7.0, 3, 5.0)


def test_a_clock_turns_amber_under_half_and_red_under_two_minutes():
    assert [clock_tone(left, 900) for left in (800, 449, 121, 119, -5)] == ["text2", "ring", "ring", "miss", "miss"]


def test_figures_are_written_as_people_read_them():
    assert [clock(at) for at in (0, 59.9, 61, 3661, -3)] == ["0:00", "0:59", "1:01", "1:01:01", "0:00"]
    assert [call_clock(at) for at in (5, 207, 4000)] == ["00:05", "03:27", "1:06:40"]
    assert grouped("+8613800138000") == grouped("13800138000") == "138 0013 8000"
    assert grouped("+865395550126") == "0539 555 0126"
    assert grouped("+861062781234") == "010 6278 1234"
    assert grouped("8001") == "8001" and grouped("") == ""
    assert share(241, 250) == "96.4%" and share(0, 0) == "–"


def test_timers_subtract_instead_of_counting(qtbot, theme):
    now = [1000.0]
    label = TimerLabel(lambda: now[0])
    qtbot.addWidget(label)
    label.count_from(997.0)
    assert label.text() == "0:03"
    now[0] += 3600
    beat().second.emit()
    assert label.text() == "1:00:03"
    label.count_to(now[0] + 10)
    now[0] += 60
    beat().second.emit()
    assert label.text() == "0:00"
    label.count_from(None)
    assert label.text() == ""


def test_all_timers_share_one_beat(qtbot, theme):
    labels = [TimerLabel(lambda: 0.0) for _ in range(20)]
    for label in labels:
        qtbot.addWidget(label)
        assert label.findChildren(type(beat()._seconds)) == []
    assert beats.beat() is beat()


def test_tenths_run_only_while_somebody_needs_them(qtbot, theme):
    one, two = QWidget(), QWidget()
    qtbot.addWidget(one)
    qtbot.addWidget(two)
    assert not beat().tenths_running
    beat().want_tenths(one, True)
    beat().want_tenths(two, True)
    beat().want_tenths(one, False)
    assert beat().tenths_running
    beat().want_tenths(two, False)
    assert not beat().tenths_running


def test_a_long_text_elides_and_says_so(qtbot, shown):
    label = ElideLabel("青禾市第二医院信息科设备管理办公室")
    label.setFixedWidth(80)
    shown(label)
    assert label.elided
    label.setFixedWidth(400)
    assert not label.elided


def test_a_stale_figure_says_its_age(qtbot, theme):
    figure = FigureLabel("等待")
    qtbot.addWidget(figure)
    figure.set_figure("7")
    assert figure.accessibleName() == "等待 7" and figure.accessibleDescription() == "等待"
    figure.set_figure("7", "12 秒前")
    assert figure.accessibleDescription() == "12 秒前"


def test_a_disabled_button_says_why(qtbot, theme):
    button = Button("呼叫", "primary")
    qtbot.addWidget(button)
    button.say_why("没有通话。")
    assert not button.isEnabled() and button.toolTip() == "没有通话。" == button.accessibleDescription()
    button.say_why("")
    assert button.isEnabled() and button.toolTip() == ""


def test_enter_and_space_both_press(qtbot, shown):
    button = Button("呼叫")
    shown(button)
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter):
        qtbot.keyClick(button, key)
    assert len(pressed) == 3
    qtbot.keyClick(button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(pressed) == 3


def test_the_key_hint_widens_the_button_and_can_be_turned_off(qtbot, theme):
    plain, hinted = Button("完成并示闲"), Button("完成并示闲", hint="Ctrl+Enter")
    for button in (plain, hinted):
        qtbot.addWidget(button)
    assert hinted.sizeHint().width() > plain.sizeHint().width() + 60
    theme.key_hints = False
    assert hinted.sizeHint().width() == plain.sizeHint().width()


def test_chips_refuse_a_look_that_does_not_exist(qtbot, theme):
    chip = Chip("在保", "ready", "shield")
    qtbot.addWidget(chip)
    assert chip.height() == 22
    with pytest.raises(KeyError):
        chip.set("在保", "green")


def test_a_filter_is_taken_away_by_keys(qtbot, shown):
    chip = RemovableChip("技能：服务器")
    shown(chip)
    gone: list[bool] = []
    chip.removed.connect(lambda: gone.append(True))
    qtbot.keyClick(chip, Qt.Key.Key_Delete)
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert len(gone) == 2


def test_a_ticked_option_grows_its_tick(qtbot, theme):
    chip = ToggleChip("没有显示")
    qtbot.addWidget(chip)
    before = chip.sizeHint().width()
    chip.setChecked(True)
    assert chip.sizeHint().width() > before


def test_options_carry_title_line_and_price_to_readers(qtbot, theme):
    card = OptionCard("上门", "4 小时内到场", "免费", "home", "1")
    qtbot.addWidget(card)
    assert card.accessibleName() == "上门 4 小时内到场 免费" and card.height() == 66


def test_the_stepper_is_walked_by_arrows(qtbot, shown):
    stepper = Stepper()
    stepper.resize(700, 41)
    stepper.set_steps(tuple(Step(name, n < 1, n == 1) for n, name in enumerate(("客户", "产品", "故障"))))
    shown(stepper)
    chosen: list[int] = []
    stepper.chosen.connect(chosen.append)
    qtbot.keyClick(stepper, Qt.Key.Key_Right)
    qtbot.keyClick(stepper, Qt.Key.Key_Return)
    qtbot.mouseClick(stepper, Qt.MouseButton.LeftButton, pos=stepper.boxes()[0].center().toPoint())
    assert chosen == [2, 0] and stepper.accessibleName()


def test_digits_pick_rows(qtbot, shown):
    rows = DigitList("大类")
    rows.fill(tuple(DigitRow(f"c{n}", f"第 {n} 项") for n in range(1, 12)))
    shown(rows)
    picked: list[str] = []
    rows.picked.connect(picked.append)
    qtbot.keyClick(rows, Qt.Key.Key_3)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert picked == ["c3", "c4"] and rows.chosen == "c4"
    assert not rows.pick(0) and not rows.pick(10)


def test_the_focus_ring_stands_outside_the_button_and_not_round_inputs(qtbot, shown):
    show_focus_everywhere()
    place = QWidget()
    row = QHBoxLayout(place)
    row.setContentsMargins(20, 20, 20, 20)
    one, two = Button("一"), Button("二")
    row.addWidget(one)
    row.addWidget(two)
    shown(place)
    two.setFocus(Qt.FocusReason.TabFocusReason)
    image = place.grab().toImage()
    outside = two.geometry().adjusted(-2, -2, 2, 2)
    assert image.pixelColor(outside.left(), two.geometry().center().y()).name() == current().hex("accent").lower()
    one.setFocus(Qt.FocusReason.MouseFocusReason)
    image = place.grab().toImage()
    assert image.pixelColor(outside.right(), two.geometry().center().y()).name() != current().hex("accent").lower()
