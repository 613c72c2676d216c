# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a call went as it did: routing's own explanation of its history, with names for numbers, and what stood around.

Routing explains its decisions (`telephony.routing.why`); arrival, menu, transfer and end come from the history itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desktop.flows.facts import Topic
from models.rules.plan_lines import EventLine
from models.store import plan_rows
from models.store.errors import DatabaseAway
from resources.i18n import language, listed
from telephony.numbers import show
from telephony.routing import why

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

AROUND: Mapping[str, str] = {
    "arrived": "call", "dialled": "call", "menu": "menu", "outside_answered": "answered", "outside_failed": "missed",
    "callback_over": "callback", "promised": "callback", "ended": "ended", "dial_failed": "missed",
    "transferred": "overflow", "taken_over": "answered",
}  # fmt: skip
"""The lines that routing does not explain and their sign; what is in neither (recordings, paints) is left out."""
SIGNS = {"queue": "queue", "choice": "eligible", "miss": "missed", "overflow": "overflow", "end": "answered"}
INNER = frozenset({"eligible", "out"})
"""Kinds that stand under the choice they belong to."""
IN_SECONDS = frozenset({"why.score_longest_idle", "why.score_least_talk_time"})


@dataclass(frozen=True)
class WhyLine:
    """One line: `words` is a catalogue key, arguments may be keys too. `inner`: under the line before. `key` tells
    lines apart."""

    key: str
    at: float
    sign: str
    words: str
    args: tuple[str, ...] = ()
    inner: bool = False


@dataclass(frozen=True)
class Names:
    """`people` number → name, `queues` id → name."""

    people: Mapping[str, str]
    queues: Mapping[str, str]

    def person(self, number: str) -> str:
        return self.people.get(number, number)

    def queue(self, queue: str) -> str:
        return self.queues.get(queue, queue)

    def all(self, value: Any) -> str:
        """People by name, queues by name, anything else as it is."""
        said = str(value)
        if ", " in said:
            return listed(self.person(one) for one in said.split(", "))
        return self.people.get(said, self.queues.get(said, said))


def explain(events: Sequence[EventLine], names: Names) -> tuple[WhyLine, ...]:
    """The history in lines, in its order."""
    lines: list[WhyLine] = []
    for event in events:
        lines += _lines(event, names, len(lines))
    return tuple(lines)


def _lines(event: EventLine, names: Names, first: int) -> Iterable[WhyLine]:
    told = why.explain([_Row(event.at, event.kind, event.who, dict(event.data))])
    if not told and event.kind in AROUND:
        words, args = _around(event, names)
        yield WhyLine(f"{first}", event.at, AROUND[event.kind], words, args)
    for n, line in enumerate(told, first):
        yield WhyLine(f"{n}", event.at, _sign(line), line.words, _args(line, names), line.kind in INNER)


@dataclass(frozen=True)
class _Row:
    at: float
    kind: str
    who: str
    data: dict[str, Any]


def _sign(line: why.WhyLine) -> str:
    match line.words:
        case "why.rung":
            return "offer"
        case "why.relaxed":
            return "relaxed"
        case "why.voicemail":
            return "message"
        case "why.callback_waits":
            return "callback"
        case words if words.startswith(("why.closed_", "why.blocked")):
            return "closed"
        case _:
            return SIGNS.get(line.kind, "other")


def _args(line: why.WhyLine, names: Names) -> tuple[str, ...]:
    """The arguments as they stand in the sentence."""
    if line.words.startswith("why.score_"):
        place, agent, number = line.args
        return str(place), names.person(str(agent)), _clock(number) if line.words in IN_SECONDS else f"{number:g}"
    if line.words.startswith("why.overflowed_"):
        kind, _, target = str(line.args[1]).partition(":")
        return names.queue(str(line.args[0])), f"house.to_{kind}", names.all(target)
    if line.words == "why.sent_outside":
        return (_number(line.args[0]),)
    return tuple(names.all(each) for each in line.args)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _number(number: Any) -> str:
    return show(str(number)) if number else "house.withheld"


def _around(event: EventLine, names: Names) -> tuple[str, tuple[str, ...]]:
    data = event.data
    name = event.who_name or names.person(event.who)
    words = f"why.{event.kind}"
    match event.kind:
        case "arrived":
            return words, (_number(data.get("from")), _number(data.get("to")))
        case "menu":
            digit = str(data.get("digit", ""))
            return (words, (str(data.get("menu", "")), digit)) if digit else ("why.menu_said", (str(data["menu"]),))
        case "outside_answered" | "outside_failed" | "dialled":
            return words, (_number(data.get("number")), name)
        case "transferred":
            return words, (name, names.person(str(data.get("to", ""))))
        case "ended":
            return words, (f"why.outcome_{data.get('outcome', '')}",)
        case "dial_failed" | "callback_over":
            return words, (f"why.because_{data.get('why', '')}",)
        case _:
            return words, (name,)


class WhyFlow:
    """Attributes: `contact`, `lines`, `state` reading | nothing | away when there are none."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("why_changed")
        self.contact = ""
        self.lines: tuple[WhyLine, ...] = ()
        self.state = "nothing"

    def open(self, contact: str) -> None:
        """Explain this contact; "" lets it be. The same one again is not read again."""
        if contact == self.contact:
            return
        self.contact, self.lines, self.state = contact, (), "reading"
        self.changed.tell()
        if contact:
            self._desk.start(self._read(contact))

    async def _read(self, contact: str) -> None:
        try:
            events = await self._desk.read(plan_rows.events_of, contact)
        except DatabaseAway:
            self._show(contact, (), "away")
            return
        self._show(contact, explain(events, self._names(events)), "nothing")

    def _names(self, events: Sequence[EventLine]) -> Names:
        """Names from the set-up when it was read, from the sign-in, and from the history itself."""
        picture, me = self._desk.house.picture, self._desk.me
        people = {event.who: event.who_name for event in events if event.who and event.who_name}
        people |= {one.agent: one.name for one in self._desk.transfer.people}
        queues = dict(me.settings.queues) if me is not None else {}
        if picture is not None:
            people |= {one.person: one.name for one in picture.people}
            zh = language() == "zh_CN"
            queues |= {name: one.words_zh if zh else one.words_en for name, one in picture.plan.queues.items()}
        return Names(people, queues)

    def _show(self, contact: str, lines: tuple[WhyLine, ...], state: str) -> None:
        if contact == self.contact:
            self.lines, self.state = lines, state
            self.changed.tell()
