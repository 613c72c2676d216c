# SPDX-License-Identifier: GPL-3.0-or-later
"""Every piece of the widget set on one sheet, to be looked at in both themes."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.panes.state_block import StateBlock
from desktop.widgets.bars import AuthorDot, ClockBar, ConfidenceBars, RingBar
from desktop.widgets.buttons import Button, IconButton, LinkButton, OptionCard
from desktop.widgets.call_controls import HangUpButton, HangUpLook
from desktop.widgets.chips import Chip, RemovableChip, ToggleChip
from desktop.widgets.frames import Card, Strip
from desktop.widgets.glyphs import StateGlyph
from desktop.widgets.kpi import KpiCard
from desktop.widgets.labels import EmptyPlace, FigureLabel, KeyHint, section
from desktop.widgets.stepper import Step, Stepper
from models.kinds import AgentState, StateReason
from telephony.messages import MyState
from tests.desktop.fake_desk import NOW, FakeDesk

LOOKS = ("ready", "ring", "call", "wrap", "pause", "miss", "off")


def _row(column: QVBoxLayout, *widgets: QWidget, spacing: int = 8) -> None:
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    column.addLayout(row)


def _blocks() -> list[QWidget]:
    made: list[QWidget] = []
    for state, reason in (
        (AgentState.READY, None),
        (AgentState.RINGING, None),
        (AgentState.ON_CALL, None),
        (AgentState.WRAP_UP, None),
        (AgentState.NOT_READY, StateReason.BREAK),
        (AgentState.NOT_RESPONDING, StateReason.MISSED),
    ):
        desk = FakeDesk()
        desk.sign_in_as("agent")
        if state is AgentState.RINGING:
            desk.ring()
        desk.calls.state = MyState(state, reason, NOW - 134, until=NOW + 23, calls_today=37)
        block = StateBlock(desk)  # type: ignore[arg-type]
        block.desk_of_picture = desk  # type: ignore[attr-defined]
        made.append(block)
    return made


def sheet() -> QWidget:
    """The sheet, not yet shown."""
    whole = QWidget()
    whole.setProperty("role", "canvas")
    whole.setObjectName("workspace")
    column = QVBoxLayout(whole)
    column.setContentsMargins(24, 16, 24, 16)
    column.setSpacing(10)
    column.addWidget(section("状态"))
    _row(column, *_blocks(), spacing=14)
    _row(column, *[StateGlyph(look, size) for look in LOOKS for size in (14, 16, 24)])
    bars = []
    for elapsed in (2.0, 7.0, 13.0, 15.0):
        bar = RingBar()
        bar.set_elapsed(elapsed, 3, 5.0)
        bar.setFixedWidth(236)
        bars.append(bar)
    _row(column, *bars, spacing=80)
    steps: tuple[tuple[HangUpLook, str], ...] = (
        ("line", "挂机 客户先挂"), ("armed", "再按确认 3 秒"), ("gone", "客户已挂断"), ("idle", "挂机"),
    )  # fmt: skip
    hang_ups = []
    for look, words in steps:
        button = HangUpButton(words)
        button.set_look(look, words, "")
        hang_ups.append(button)
    off = Button("不可用")
    off.say_why("没有通话。")
    _row(
        column,
        *hang_ups,
        Button("主要", "primary", hint="Enter"),
        Button("次要"),
        Button("安静", "quiet"),
        Button("接听", "accept", "phone"),
        Button("拒接", "end"),
        off,
        IconButton("x", "关闭"),
        LinkButton("改"),
    )
    fields = []
    for text, name in (("陈志远", ""), ("", "missing"), ("138 0013 800", "wrong")):
        field = QLineEdit(text)
        field.setPlaceholderText("姓名和手机号")
        if name:
            field.setProperty(name, True)
        fields.append(field)
    fixed = QLineEdit("铂金 7×24")
    fixed.setReadOnly(True)
    choice = QComboBox()
    choice.addItem("服务器组")
    _row(column, *fields, fixed, choice, QCheckBox("记住工号"))
    _row(
        column,
        Chip("在保", "ready", "shield"),
        Chip("剩 12 天", "ring", "clock"),
        Chip("已过保", "miss", "warn"),
        Chip("已带出·待核对", "accent"),
        Chip("最终客户", "outline", "user"),
        Chip("上门", "plain", "home"),
        Chip("金牌", "ink", "star"),
        ConfidenceBars(3, "已核实"),
        ConfidenceBars(2, "较可信"),
        ConfidenceBars(1, "待核实"),
    )
    ticked = ToggleChip("上门后回访")
    ticked.setChecked(True)
    _row(
        column,
        ticked,
        ToggleChip("发短信", "chat"),
        RemovableChip("产品：HS5280"),
        AuthorDot("林"),
        AuthorDot("高", True),
        KeyHint("1"),
        FigureLabel("最长等待"),
    )
    stepper = Stepper()
    names = ("客户", "产品", "故障", "保修", "服务方式", "流转")
    stepper.set_steps(tuple(Step(name, n < 4, n == 4) for n, name in enumerate(names)))
    column.addWidget(stepper)
    cards = QHBoxLayout()
    chosen = OptionCard("上门", "4 小时内到场，14:45 前", "免费", "home", "1")
    chosen.setChecked(True)
    cards.addWidget(chosen)
    cards.addWidget(OptionCard("寄修", "往返 5 天，我方付运费", "免费", "box", "2"))
    figure = KpiCard("最长等待")
    figure.set("1:12", "超过 1:00 警戒", "warn", "ring.text", "ring", (1, 2, 1, 3, 4))
    cards.addWidget(figure)
    clock = ClockBar()
    clock.set_left(200, 900)
    cards.addWidget(clock)
    column.addLayout(cards)
    column.addWidget(Strip("ring", "wifi", "工单服务断开 0:12，草稿存在本机，恢复后自动提交。", "详情"))
    column.addWidget(Strip("miss", "warn", "话机离线，5 秒后重连。当前通话由话机保持。", "立即重连"))
    empty = Card("空")
    empty.body.addWidget(EmptyPlace("inbox", "没有待回电的客户。"))
    column.addWidget(empty)
    column.addStretch(1)
    return whole
