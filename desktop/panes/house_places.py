# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call goes, chosen in three steps: what kind of place, which one, and what is said before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QWidget

from desktop.flows.house_picture import Picture
from desktop.panes.house_fields import Chooser, HouseField
from desktop.panes.house_names import prompt_words, prompts, queue_words
from desktop.widgets.theme import restyle
from models.rules.plan import Destination, DestinationKind
from resources.i18n import tr

NOWHERE = ""
KIND_W, PROMPT_W = 158, 150


def targets(picture: Picture | None, kind: str) -> list[tuple[str, str]]:
    """The places of a kind: (code, words)."""
    if picture is None:
        return []
    match kind:
        case DestinationKind.QUEUE | DestinationKind.VOICEMAIL | DestinationKind.CALLBACK:
            return [(name, queue_words(queue)) for name, queue in picture.plan.queues.items()]
        case DestinationKind.MENU:
            return [(name, name) for name in picture.plan.menus]
        case DestinationKind.PERSON:
            return [(one.person, f"{one.name} {one.person}") for one in picture.people]
        case DestinationKind.ANNOUNCE:
            return prompts(picture)
        case _:
            return []


class PlaceField(HouseField):
    """A Destination, or None where `nothing` (its words) is allowed."""

    def __init__(self, name: str, picture: Callable[[], Picture | None], nothing: str = "") -> None:
        super().__init__()
        self._picture = picture
        self._kept: Destination | None = None
        self.kind = Chooser(tr("house.place_kind", name), self)
        options = [(kind.value, tr(f"house.to_{kind}")) for kind in DestinationKind]
        self.kind.fill([(NOWHERE, nothing), *options] if nothing else options)
        self.kind.setFixedWidth(KIND_W)
        self.target = Chooser(tr("house.place_target", name), self, prompt_words)
        self.number = QLineEdit(self)
        self.number.setAccessibleName(tr("house.place_number", name))
        self.number.setPlaceholderText(tr("house.place_number_hint"))
        self._nothing = QWidget(self)
        self._which = QStackedWidget(self)
        for one in (self._nothing, self.target, self.number):
            self._which.addWidget(one)
        self._which.setFixedHeight(32)
        self.prompt = Chooser(tr("house.place_prompt", name), self, prompt_words)
        self.prompt.fill([("", tr("house.no_prompt")), *prompts(picture())])
        self.prompt.setFixedWidth(PROMPT_W)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.kind)
        row.addWidget(self._which, 1)
        row.addWidget(self.prompt)
        self.setFocusProxy(self.kind)
        self.kind.activated.connect(self._kind_chosen)
        self.target.activated.connect(lambda _n: self.changed.emit())
        self.prompt.activated.connect(lambda _n: self.changed.emit())
        self.number.textEdited.connect(lambda _text: self.changed.emit())
        self._show_which()

    def _kind_chosen(self) -> None:
        kind = self.kind.currentData() or NOWHERE
        self.target.fill(targets(self._picture(), kind))
        if self.target.currentIndex() < 0 and self.target.count():
            self.target.setCurrentIndex(0)
        self._show_which()
        self.changed.emit()

    def _show_which(self) -> None:
        kind = self.kind.currentData() or NOWHERE
        bare = kind in (NOWHERE, DestinationKind.HANG_UP)
        by_number = kind == DestinationKind.NUMBER
        self._which.setCurrentWidget(self._nothing if bare else self.number if by_number else self.target)
        self.prompt.setVisible(bool(kind) and kind != DestinationKind.ANNOUNCE)

    def value(self) -> Any:
        kind = self.kind.currentData() or NOWHERE
        if not kind:
            return None
        of = DestinationKind(kind)
        if of is DestinationKind.NUMBER:
            target = self.number.text().strip().replace(" ", "")
        else:
            target = "" if of is DestinationKind.HANG_UP else self.target.currentData() or ""
        return Destination(of, target, self.prompt.currentData() or "")

    def show_value(self, value: Any) -> None:
        if self.value() == value and self.kind.currentIndex() >= 0:
            return
        self.kind.choose(value.kind.value if value is not None else NOWHERE)
        self.target.fill(targets(self._picture(), self.kind.currentData() or NOWHERE))
        if value is not None and value.kind is DestinationKind.NUMBER:
            self.number.setText(value.target)
        elif value is not None:
            self.target.choose(value.target)
        self.prompt.choose(value.prompt if value is not None else "")
        self._show_which()

    def refresh(self) -> None:
        self.prompt.fill([("", tr("house.no_prompt")), *prompts(self._picture())])
        self.target.fill(targets(self._picture(), self.kind.currentData() or NOWHERE))

    def mark(self, wrong: bool) -> None:
        for one in (self.target, self.number):
            if bool(one.property("wrong")) != wrong:
                restyle(one, wrong=wrong)
