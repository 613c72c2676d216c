# SPDX-License-Identifier: GPL-3.0-or-later
"""The right column beside the form: conduct rules of the moment, knowledge that fits, what this device went through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.widgets.figures import day
from desktop.widgets.frames import Card
from desktop.widgets.labels import label, wrapped
from desktop.widgets.theme import Theme
from models.cards import Article, ContactLine
from models.kinds import Confidence
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

ARTICLES = 3
HISTORY = 4


@dataclass(frozen=True)
class Rule:
    """One conduct rule: icon, words, and the token of its icon."""

    icon: str
    words: str
    token: str = "text2"


class RuleDelegate(RowDelegate):
    height = 26
    hover = False

    def draw(self, brush: Brush, box: QRect, row: Rule, selected: bool) -> None:
        brush.icon(box.adjusted(1, 0, 0, 0), row.icon, row.token, 14)
        brush.text(box.adjusted(24, 0, 0, 0), row.words, "body", "text")

    def tip(self, row: Rule) -> str:
        return row.words


class ArticleDelegate(RowDelegate):
    height = 51
    hover = False

    def draw(self, brush: Brush, box: QRect, row: Article, selected: bool) -> None:
        upper = QRect(box.left(), box.top() + 4, box.width(), 20)
        used = brush.text(upper, tr("form.fit", row.fit), "caption", "text3", right=True)
        brush.text(upper.adjusted(0, 0, -used - 8, 0), row.title, "strong")
        brush.text(upper.translated(0, 20), row.line, "caption", "text2")
        brush.rule(box)

    def tip(self, row: Article) -> str:
        return f"{row.title}\n{row.line}"


class HistoryDelegate(RowDelegate):
    height = 44
    hover = False

    def draw(self, brush: Brush, box: QRect, row: ContactLine, selected: bool) -> None:
        brush.text(QRect(box.left(), box.top() + 3, 46, 20), day(row.at), "caption", "text3")
        words = QRect(box.left() + 48, box.top() + 3, box.width() - 48, 20)
        brush.text(words, row.title)
        note = tr("card.dot").join(part for part in (row.note, row.agent, row.agent_name) if part)
        brush.text(words.translated(0, 19), note, "caption", "text3")

    def tip(self, row: ContactLine) -> str:
        return row.note or row.title


def rules_now(desk: Desk) -> tuple[Rule, ...]:
    """The conduct rules for this moment of the call."""
    card = desk.sheet.card
    sure = card is not None and bool(card.customer) and card.confidence is Confidence.EXACT
    talking = desk.calls.call is not None
    if talking:
        first = Rule("chat", tr("form.rule_kind"))
        confirmed = Rule("check", tr("form.rule_confirmed"), "ready.text") if sure else Rule(
            "warn", tr("form.rule_confirm"), "ring.text")  # fmt: skip
        return (first, confirmed, Rule("clock", tr("form.rule_repeat"), "ring.text"),
                Rule("hold", tr("form.rule_hold")), Rule("hangup", tr("form.rule_hang_up")))  # fmt: skip
    if sure and card is not None:
        name = Rule("user", tr("form.rule_address", f"{card.name[:1] if card.title else card.name}{card.title}",
                               tr(f"card.level_{card.level}")))  # fmt: skip
    else:
        name = Rule("user", tr("form.rule_name"))
    return (Rule("phone", tr("form.rule_three_rings"), "accent"), name, Rule("hold", tr("form.rule_hold")),
            Rule("hangup", tr("form.rule_hang_up")))  # fmt: skip


class AdvicePane(QFrame):
    """Cards stacked from the top; none of them holds anything that must be seen under the popover."""

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "canvas")
        self._rules_card = Card(tr("form.rules"), spacing=4)
        self.rules = RowsView(
            Rows(lambda row: row.words, lambda row: row.words), RuleDelegate(theme), tr("form.rules"), selectable=False
        )
        self._rules_card.body.addWidget(self.rules)
        self._articles_card = Card(tr("form.articles"), spacing=2)
        self._articles_card.head.addWidget(label(tr("form.articles_by"), "caption", "text3"))
        self.articles = RowsView(
            Rows(lambda row: row.title, lambda row: row.article), ArticleDelegate(theme), tr("form.articles"),
            selectable=False,
        )  # fmt: skip
        self._articles_none = wrapped(tr("form.articles_none"), "body", "text3")
        self._articles_card.body.addWidget(self.articles)
        self._articles_card.body.addWidget(self._articles_none)
        self._history_card = Card(tr("form.history"), spacing=2)
        self.history = RowsView(
            Rows(lambda row: row.title, lambda row: row.contact), HistoryDelegate(theme), tr("form.history"),
            selectable=False,
        )  # fmt: skip
        self._history_none = wrapped(tr("form.history_none"), "body", "text3")
        self._history_card.body.addWidget(self.history)
        self._history_card.body.addWidget(self._history_none)
        inner = QWidget()
        inner.setProperty("role", "canvas")
        column = QVBoxLayout(inner)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        for card in (self._rules_card, self._articles_card, self._history_card):
            column.addWidget(card)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        desk.sheet.changed.watch(self.refresh)
        desk.calls.changed.watch(self._call_changed)
        self.refresh()

    def _call_changed(self) -> None:
        self.rules.show_rows(rules_now(self._desk))

    def refresh(self) -> None:
        """Everything anew from the flow."""
        sheet = self._desk.sheet
        self._call_changed()
        here = sheet.card is not None
        self._articles_card.setVisible(here)
        self._history_card.setVisible(here and sheet.device is not None)
        articles = sheet.articles[:ARTICLES]
        self.articles.show_rows(articles)
        self._articles_none.setVisible(not articles)
        device = sheet.device.device if sheet.device is not None else ""
        contacts = sheet.card.contacts if sheet.card is not None else ()
        lines = tuple(line for line in contacts if device and line.device == device)[:HISTORY]
        self.history.show_rows(lines)
        self._history_none.setVisible(not lines)
