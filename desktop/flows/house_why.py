# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a call went as it did, read from its history: who could have taken it, who missed it, what sent it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desktop.flows.facts import Topic
from models.rules.plan_lines import EventLine
from models.store import plan_rows
from models.store.errors import DatabaseAway

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

SIGNS: Mapping[str, str] = {
    "arrived": "call", "dialled": "call", "queued": "queue", "menu": "menu", "chosen": "eligible", "offered": "offer",
    "missed": "missed", "declined": "missed", "withdrawn": "missed", "lost_race": "missed", "connected": "answered",
    "overflowed": "overflow", "sent_outside": "overflow", "outside_answered": "answered", "outside_failed": "missed",
    "blocked": "closed", "closed": "closed", "relaxed": "relaxed", "callback_waits": "callback",
    "callback_over": "callback", "promised": "callback", "voicemail": "message", "ended": "ended",
    "dial_failed": "missed", "transferred": "overflow", "taken_over": "answered", "alarm": "missed",
}  # fmt: skip
"""The lines of a history that answer «why»; the rest (recordings, paints) is left out."""


@dataclass(frozen=True)
class WhyLine:
    """One line: `words` and `more` are catalogue keys. `key` tells lines apart."""

    key: str
    at: float
    sign: str
    words: str
    args: tuple[str, ...] = ()
    more: str = ""
    more_args: tuple[str, ...] = ()


def explain(events: Sequence[EventLine], people: Mapping[str, str], queues: Mapping[str, str]) -> tuple[WhyLine, ...]:
    """The history in lines. `people` number → name, `queues` id → name."""
    lines: list[WhyLine] = []
    for n, event in enumerate(events):
        if event.kind not in SIGNS:
            continue
        name = event.who_name or people.get(event.who, event.who)
        data = event.data
        words, args = f"why.{event.kind}", _args(event, name, people, queues)
        more, more_args = _more(event.kind, data, people)
        lines.append(WhyLine(f"{n} {event.kind}", event.at, SIGNS[event.kind], words, args, more, more_args))
    return tuple(lines)


def _args(event: EventLine, name: str, people: Mapping[str, str], queues: Mapping[str, str]) -> tuple[str, ...]:
    data = event.data
    queue = str(data.get("queue", ""))
    match event.kind:
        case "arrived":
            return str(data.get("from", data.get("from_number", ""))), str(data.get("to", data.get("to_number", "")))
        case "queued" | "voicemail":
            return (queues.get(queue, queue),)
        case "menu":
            return str(data.get("menu", "")), str(data.get("digit", "")) or "—"
        case "overflowed":
            kind, _, target = str(data.get("to", "")).partition(":")
            return queues.get(queue, queue), f"why.because_{data.get('why', '')}", f"house.to_{kind}", queues.get(
                target, people.get(target, target)
            )  # fmt: skip
        case "closed" | "blocked":
            return (f"why.because_{data.get('why', '')}" if event.kind == "closed" else str(data.get("prefix", "")),)
        case "sent_outside" | "outside_answered" | "outside_failed" | "dialled":
            return (str(data.get("number", "")), name)
        case "transferred":
            to = str(data.get("to", ""))
            return name, people.get(to, to)
        case "ended":
            return (f"why.outcome_{data.get('outcome', '')}",)
        case "alarm":
            return (f"alarm.{data.get('what', '')}",)
        case _:
            return (name,)


def _more(kind: str, data: Mapping[str, Any], people: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The second line: scores of those who could have taken it, the reason of a miss."""
    if kind == "chosen":
        return _scores(data.get("eligible") or (), people)
    if kind in ("declined", "withdrawn", "outside_failed", "dial_failed", "callback_over") and data.get("why"):
        return "why.reason", (f"why.because_{data['why']}",)
    return "", ()


def _scores(eligible: Any, people: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Those who could have taken it, with their score: person → score, or (person, score, …), or a person alone."""
    pairs = list(eligible.items()) if isinstance(eligible, Mapping) else [_pair(one) for one in eligible]
    said = "、".join(" ".join(part for part in (people.get(who, who), score) if part) for who, score in pairs)
    return ("why.scores", (said,)) if said else ("", ())


def _pair(one: Any) -> tuple[str, str]:
    if isinstance(one, Mapping):
        return str(one.get("agent", "")), str(one.get("score", ""))
    if isinstance(one, (list, tuple)):
        score = one[1] if len(one) > 1 else ""
        return str(one[0]), f"{score:g}" if isinstance(score, (int, float)) else str(score)
    return str(one), ""


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
        self._show(contact, self._explained(events), "nothing")

    def _explained(self, events: Sequence[EventLine]) -> tuple[WhyLine, ...]:
        picture = self._desk.house.picture
        people = {one.person: one.name for one in picture.people} if picture is not None else {}
        me = self._desk.me
        return explain(events, people, dict(me.settings.queues) if me is not None else {})

    def _show(self, contact: str, lines: tuple[WhyLine, ...], state: str) -> None:
        if contact == self.contact:
            self.lines, self.state = lines, state
            self.changed.tell()
