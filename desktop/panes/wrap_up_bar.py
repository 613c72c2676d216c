# SPDX-License-Identifier: GPL-3.0-or-later
"""The wrap-up's countdown in the call bar, with what can be done about it: a little more time, or done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.widgets.beat import TimerLabel, beat
from desktop.widgets.buttons import Button
from desktop.widgets.figures import clock
from desktop.widgets.labels import label
from resources.i18n import tr
from telephony.messages import CallIs

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class WrapUpBar(QWidget):
    """The countdown with what can be done about it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 14, 0)
        row.setSpacing(12)
        column = QVBoxLayout()
        column.setSpacing(4)
        top = QHBoxLayout()
        top.addWidget(label(tr("shell.wrap_up_time"), "caption", "text3", self))
        top.addStretch(1)
        self.left = TimerLabel(desk.now, "name", "wrap.text", self)
        top.addWidget(self.left)
        self.whole = label("", "caption", "text3", self)
        top.addWidget(self.whole)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        column.addStretch(1)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.extend = Button(tr("shell.extend", 30), hint="E", size=40, parent=self)
        self.finish = Button(tr("shell.finish", tr("state.ready")), "primary", hint="Ctrl+Enter", size=40, parent=self)
        row.addWidget(self.extend)
        row.addWidget(self.finish)
        self.extend.clicked.connect(desk.calls.extend_wrap_up)
        self.finish.clicked.connect(desk.calls.finish_wrap_up)
        beat().second.connect(self._tick)

    def refresh(self) -> None:
        call, me = self._desk.calls.call, self._desk.me
        if call is None or call.stage != "wrap_up" or me is None:
            return
        self.left.count_to(call.wrap_up_until)
        self.whole.setText(f"/ {clock(self._whole(call))}")
        again = call.extensions_left
        self.extend.set_text(tr("shell.extend", round(me.settings.wrap_up_extend_s)))
        self.extend.say_why("" if again > 0 else tr("shell.why_extended"))
        if again > 0:
            self.extend.setToolTip(tr("shell.extend_left", again))
        mine = self._desk.calls.state
        following = mine.next_state if mine is not None and mine.next_state is not None else None
        self.finish.set_text(tr("shell.finish", tr(f"state.{following.value}") if following else tr("state.ready")))
        self._tick()

    def _whole(self, call: CallIs) -> float:
        me = self._desk.me
        if me is None:
            return 60.0
        used = me.settings.wrap_up_extensions - call.extensions_left
        return me.settings.wrap_up_s + used * me.settings.wrap_up_extend_s

    def _tick(self) -> None:
        call = self._desk.calls.call
        if call is None or call.stage != "wrap_up":
            return
        left = max(0.0, call.wrap_up_until - self._desk.now())
        self.bar.setValue(round(1000 * min(1.0, left / max(1.0, self._whole(call)))))
