# SPDX-License-Identifier: GPL-3.0-or-later
"""What queues, trunks and outbound rules have beside their fields: closing by hand, a test call, trying a number."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QFrame, QHBoxLayout

from desktop.panes.house_arm import ArmedButton
from desktop.panes.house_fields import TextField
from desktop.panes.house_kind_lines import trunk_state
from desktop.panes.house_parts import PartsPage
from desktop.widgets.buttons import Button
from desktop.widgets.chips import Chip
from desktop.widgets.labels import ElideLabel, IconLabel, label, set_tone
from models.rules.refusals import in_words
from resources.i18n import known, tr
from telephony.messages import TrunkIs, TrunkTested


class QueuePage(PartsPage):
    """Queues, with the switch that closes one by hand."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.switch = ArmedButton(tr("house.close_queue"), tr("house.close_queue_warning"))
        self.switch.confirmed.connect(self._switch)
        self.figures = label("", "caption", "text2")
        self.first = Button(tr("house.make_first"), "quiet", size=28)
        self.first.setToolTip(tr("house.make_first_tip"))
        self.first.clicked.connect(self._make_first)
        for widget in (self.figures, self.first, self.switch):
            self.editor.head.addWidget(widget)
        self._show_switch()

    def _show_current(self) -> None:
        super()._show_current()
        if hasattr(self, "switch"):
            self._show_switch()

    def _show_switch(self) -> None:
        edit = self.editor.edit
        shown = edit is not None and not edit.new
        may, picture = shown and self._flow.may_edit("queue"), self._flow.picture
        self.switch.setVisible(may)
        is_first = edit is not None and picture is not None and picture.plan.first == edit.id
        self.first.setVisible(may and not is_first)
        self.figures.setVisible(shown)
        if edit is None or not shown:
            return
        self.figures.setText(tr("house.figures", *self._flow.figures(edit.id)))
        closed = edit.base.emergency
        self.switch.say(
            tr("house.open_queue" if closed else "house.close_queue"),
            tr("house.open_queue_warning" if closed else "house.close_queue_warning"),
            "check" if closed else "warn",
        )

    def _make_first(self) -> None:
        edit = self.editor.edit
        if edit is not None:
            self._flow.make_first(edit.id)

    def _switch(self) -> None:
        edit = self.editor.edit
        if edit is None:
            return
        if edit.base.emergency:
            self._flow.open_again(edit.id)
        else:
            self._flow.close_now(edit.id, edit.base.emergency_prompt)


def trunk_words(now: TrunkIs | None) -> str:
    """Why a trunk is not well: the far end's code and words."""
    if now is None or not (now.code or now.why):
        return ""
    why = tr(now.why) if known(now.why) else now.why
    return " ".join(words for words in (str(now.code) if now.code else "", why) if words)


def tested_words(tested: TrunkTested) -> str:
    """``响铃，1.2 秒``; ``403 Forbidden，0.3 秒``."""
    why = tr(tested.why) if known(tested.why) else tested.why
    said = " ".join(words for words in (str(tested.code) if tested.code else "", why) if words)
    return tr(f"house.tested_{tested.result}", f"{tested.seconds:.1f}", said)


class TrunkPage(PartsPage):
    """Trunks, with their state now and a test call over the one shown."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.state = Chip("", "plain")
        self.why = ElideLabel("", "caption", "miss.text")
        self.editor.head.addWidget(self.state)
        self.editor.head.addWidget(self.why, 1)
        frame = QFrame()
        frame.setProperty("role", "facts")
        row = QHBoxLayout(frame)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel("phone", tr("house.test_call"), "strong", "text2"))
        self.number = TextField(tr("house.test_number"), tr("house.test_number"))
        self.number.setFixedWidth(180)
        self.number.edit.returnPressed.connect(self._test)
        row.addWidget(self.number)
        self.test = Button(tr("house.test_go"), size=32)
        self.test.clicked.connect(self._test)
        row.addWidget(self.test)
        self.result = ElideLabel("", "body", "text2")
        row.addWidget(self.result, 1)
        self.bench = frame
        column = self.editor.layout()
        assert column is not None
        column.insertWidget(1, frame)  # type: ignore[attr-defined]
        self._flow.trunks_changed.watch(self._show_live)
        self._show_live()

    def _show_current(self) -> None:
        super()._show_current()
        if hasattr(self, "bench"):
            self._show_live()

    def _show_live(self) -> None:
        edit = self.editor.edit
        stored = edit is not None and not edit.new
        for widget in (self.state, self.why, self.bench):
            widget.setVisible(stored)
        if edit is None or not stored:
            return
        now = self._flow.trunks.get(edit.id)
        state, tone = trunk_state(now.state if now is not None else "unknown")
        looks = {"ready": "ready", "late": "miss", "sunken": "plain"}
        self.state.set(state, looks[tone])
        self.why.setText(trunk_words(now))
        busy = self._flow.testing == edit.id
        self.test.say_why(tr("house.test_runs") if busy else "" if not edit.dirty else tr("house.test_saved_first"))
        tested = self._flow.tested
        mine = tested is not None and tested.trunk == edit.id
        words = tr("house.test_runs") if busy else tested_words(tested) if tested is not None and mine else ""
        self.result.setText(words or tr("house.test_hint"))

    def _test(self) -> None:
        edit = self.editor.edit
        if edit is not None and self.test.isEnabled() and self.number.value():
            self._flow.test_trunk(edit.id, self.number.value())


class OutboundPage(PartsPage):
    """Outbound rules in their order, with a line that tries a number against them."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        frame = QFrame()
        frame.setProperty("role", "facts")
        row = QHBoxLayout(frame)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel("search", tr("house.try_number"), "strong", "text2"))
        self.number = TextField(tr("house.try_number"), "138 0013 8000")
        self.number.setFixedWidth(170)
        self.person = TextField(tr("house.try_person"), tr("house.try_person"))
        self.person.setFixedWidth(110)
        self.verdict = ElideLabel("", "body", "text2")
        for field in (self.number, self.person):
            row.addWidget(field)
            field.edit.textChanged.connect(lambda _text: self._judge())
        row.addWidget(self.verdict, 1)
        column = self.editor.layout()
        assert column is not None
        column.insertWidget(1, frame)  # type: ignore[attr-defined]
        self._judge()

    def refresh(self) -> None:
        super().refresh()
        if hasattr(self, "verdict"):
            self._judge()

    def _judge(self) -> None:
        """What the stored rules say to this number, and which of them decides."""
        text = self.number.value()
        said = self._flow.outbound_verdict(text, self.person.value()) if text else None
        if said is None:
            self.verdict.setText(tr("house.try_wrong") if text else tr("house.try_hint"))
            set_tone(self.verdict, "text2")
            return
        rule = tr("house.try_rule", said.rule + 1) if said.rule >= 0 else tr("house.try_no_rule")
        if said.way.words:
            self.verdict.setText(tr("house.try_refused", rule, in_words(said.way.words, said.way.args)))
        else:
            self.verdict.setText(tr("house.try_allowed", rule, said.way.trunk or tr("house.own_trunk")))
        set_tone(self.verdict, "miss.text" if said.way.words else "ready.text")
