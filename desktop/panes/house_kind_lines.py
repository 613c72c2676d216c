# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the lists: what each kind of part says of itself in two lines, with its live figures and states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from desktop.flows.house_picture import Picture
from desktop.panes.house_list import Line
from desktop.panes.house_names import (
    blocked_words,
    destination_words,
    group_words,
    number_words,
    queue_words,
    rule_words,
    trunk_words,
)
from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import Blocked, Calendar, DialledNumber, Menu, OutboundRule, QueuePlan
from resources.i18n import listed, tr

if TYPE_CHECKING:
    from desktop.flows.house import HouseFlow


class KindLines:
    """`lines` of a kind, out of the flow's picture as it is at that moment."""

    def __init__(self, flow: HouseFlow, now: Callable[[], float]) -> None:
        self._flow, self._now = flow, now

    def picture(self) -> Picture | None:
        return self._flow.picture

    def lines(self, kind: str) -> list[Line]:
        """The rows of a kind's list."""
        picture = self.picture()
        if picture is None:
            return []
        unsaved = set(self._flow.unsaved(kind))
        rows = {"queue": self._queue_line, "calendar": self._calendar_line, "menu": self._menu_line,
                "number": self._number_line, "trunk": self._trunk_line, "outbound": self._rule_line,
                "blocked": self._blocked_line, "device": self._phone_line}[kind]  # fmt: skip
        return [rows(id_, part, n, id_ in unsaved) for n, (id_, part) in enumerate(picture.parts(kind))]

    def _queue_line(self, id_: str, part: QueuePlan, n: int, unsaved: bool) -> Line:
        waiting, ready = self._flow.figures(id_)
        picture = self.picture()
        first = picture is not None and picture.plan.first == id_
        state, tone = (tr("house.first"), "accent") if first else ("", "plain")
        if part.emergency:
            state, tone = tr("house.closed_now"), "late"
        about = tr(f"house.strategy_{part.strategy}")
        figure = tr("house.figures", waiting, ready)
        return Line(id_, queue_words(part), about, state, tone, figure, unsaved)

    def _calendar_line(self, id_: str, part: Calendar, n: int, unsaved: bool) -> Line:
        days = len({day for day, _from, _to in part.weekly})
        used = sum(1 for queue in self._plan_queues() if queue.calendar == id_)
        return Line(id_, id_, tr("house.calendar_about", days, len(part.special)), figure=tr("house.used_by", used),
                    unsaved=unsaved)  # fmt: skip

    def _plan_queues(self) -> list[QueuePlan]:
        picture = self.picture()
        return list(picture.plan.queues.values()) if picture is not None else []

    def _menu_line(self, id_: str, part: Menu, n: int, unsaved: bool) -> Line:
        return Line(id_, id_, tr("house.menu_about", len(part.options), len(part.languages)), unsaved=unsaved)

    def _number_line(self, id_: str, part: DialledNumber, n: int, unsaved: bool) -> Line:
        return Line(id_, number_words(id_), destination_words(self.picture(), part.destination), unsaved=unsaved)

    def _trunk_line(self, id_: str, part: TrunkLine, n: int, unsaved: bool) -> Line:
        now = self._flow.trunks.get(id_)
        state, tone = trunk_state(now.state if now is not None else "unknown")
        calls = tr("house.trunk_calls", now.calls) if now is not None else ""
        return Line(id_, id_, trunk_words(part), state, tone, calls, unsaved)

    def _phone_line(self, id_: str, part: DeskPhone, n: int, unsaved: bool) -> Line:
        picture = self.picture()
        people = {one.person: one.name for one in picture.people} if picture is not None else {}
        whose = f"{people.get(part.person, '')} {part.person}".strip() or tr("house.whoever")
        return Line(id_, part.name, whose, figure=id_, unsaved=unsaved)

    def _rule_line(self, id_: str, part: OutboundRule, n: int, unsaved: bool) -> Line:
        who = [*(group_words(group) for group in sorted(part.groups)), *sorted(part.persons)]
        return Line(id_, rule_words(part), listed(who) or tr("house.everybody"), unsaved=unsaved, number=n + 1)

    def _blocked_line(self, id_: str, part: Blocked, n: int, unsaved: bool) -> Line:
        until = tr("house.until", until_words(part.until)) if part.until else tr("house.for_good")
        over = bool(part.until) and part.until <= self._now()
        state, tone = (tr("house.over"), "plain") if over else ("", "plain")
        return Line(id_, blocked_words(part), part.why, state, tone, until, unsaved)


def until_words(until: float) -> str:
    return datetime.fromtimestamp(until - 1).date().isoformat()


def until_value(text: str) -> float | None:
    """The end of that day, 0 for none, None when it is no day."""
    if not text:
        return 0.0
    try:
        return datetime.fromisoformat(text).replace(hour=0, minute=0, second=0, microsecond=0).timestamp() + 86_400.0
    except ValueError:
        return None


def trunk_state(state: str) -> tuple[str, str]:
    """A trunk's state in words and the tone of its chip."""
    tones = {"registered": "ready", "open": "ready", "refused": "late", "unreachable": "late"}
    return tr(f"house.trunk_{state}"), tones.get(state, "sunken")
