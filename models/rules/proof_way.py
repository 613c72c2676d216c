# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan and the company did with one contact: refusals, outside, call-backs, parking, merging, supervision.

`PlanWay.take` is fed the contact's events with who is responsible and consulted then, and gives what is wrong;
`closing` says what the outcome must have been. Call-backs of several contacts are looked at in `check_callbacks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.kinds import Outcome
from models.rules.proof_log import Event

Wrong = tuple[str, str]
MODES = frozenset({"listen", "whisper", "barge", "off"})
WHYS = frozenset({"reached", "failed", "withdrawn"})


@dataclass
class PlanWay:
    """So far. `outside`: leg → sent | answered | failed. `watching`: supervisor → leg; `watched`: every leg that ever
    heard → supervisor."""

    blocked: bool = False
    closed: bool = False
    overflowed: bool = False
    announced: bool = False
    voicemail: bool = False
    lost_race: bool = False
    accepted: bool = False
    outside: dict[str, str] = field(default_factory=dict[str, str])
    parked: bool = False
    merged: bool = False
    watching: dict[str, str] = field(default_factory=dict[str, str])
    watched: dict[str, str] = field(default_factory=dict[str, str])
    taken: tuple[str, str] | None = None  # (who takes over, leg) until he is responsible
    waits: Event | None = None
    waited_from: float = 0.0
    over: Event | None = None

    def take(self, event: Event, responsible: str, consulted: str, consult_leg: str) -> Iterator[Wrong]:
        """The next event of the contact."""
        data = event.data
        leg = str(data.get("leg", ""))
        match event.kind:
            case "blocked":
                self.blocked = True
            case "closed":
                self.closed = True
            case "overflowed":
                self.overflowed = True
            case "announced":
                self.announced = True
            case "voicemail":
                self.voicemail = True
            case "lost_race":
                self.lost_race = True
            case "accepted":
                self.accepted = True
            case "sent_outside" | "outside_answered" | "outside_failed":
                yield from self._outside(event, leg, responsible)
            case "merged":
                self.merged = True
                if responsible != event.who or not leg or leg != consult_leg:
                    yield "I2", f"merged with {data.get('to')}, whom {event.who} did not talk to"
            case "parked":
                if self.parked:
                    yield "log", "parked twice"
                self.parked = True
            case "picked_up":
                if data.get("slot") and not self.parked:
                    yield "log", f"picked up by {event.who} from a place where nobody was parked"
            case "responsible":
                yield from self._responsible(event, leg)
            case "supervision":
                yield from self._supervision(event, leg, responsible, consulted)
            case "taken_over":
                if self.watched.get(leg) != event.who:
                    yield "I2", f"taken over by {event.who}, who was not on the call"
                self.taken = (event.who, leg)
            case "callback_waits" | "callback_over":
                yield from self._callback(event)
            case _:
                pass

    def _outside(self, event: Event, leg: str, responsible: str) -> Iterator[Wrong]:
        before = self.outside.get(leg)
        if event.kind == "sent_outside":
            if before is not None:
                yield "log", f"leg {leg} was sent outside twice"
            if responsible:
                yield "I2", f"sent outside while {responsible} is responsible"
            self.outside[leg] = "sent"
        elif before != "sent":
            yield "log", f"{event.kind} of leg {leg}, which was {before or 'never sent'}"
        else:
            self.outside[leg] = event.kind.removeprefix("outside_")

    def _responsible(self, event: Event, leg: str) -> Iterator[Wrong]:
        self.parked = False
        if self.taken is not None and self.taken != (event.who, leg):
            yield "I2", f"taken over by {self.taken[0]}, but {event.who} is responsible"
        if self.watched.get(leg) == event.who and self.taken is None:
            yield "I2", f"{event.who} only supervised and is responsible"
        self.taken = None

    def _supervision(self, event: Event, leg: str, responsible: str, consulted: str) -> Iterator[Wrong]:
        who, of, mode = event.who, str(event.data.get("of", "")), str(event.data.get("mode", ""))
        if mode not in MODES:
            yield "log", f"there is no supervision {mode!r}"
        elif mode == "off":
            if self.watching.pop(who, None) is None:
                yield "log", f"{who} left a call that he did not supervise"
        else:
            if who == responsible:
                yield "I2", f"{who} supervises the call that is his"
            if of not in (responsible, consulted):
                yield "I2", f"{who} supervises {of}, who is not on the call"
            self.watching[who] = leg
            self.watched[leg] = who

    def _callback(self, event: Event) -> Iterator[Wrong]:
        if event.kind == "callback_waits":
            if self.over is not None:
                yield "I8", "a call-back waits that is over"
            if self.waits is None:
                self.waited_from = event.at
            elif int(event.data["attempts"]) < int(self.waits.data["attempts"]):
                yield "log", "a call-back lost an attempt"
            self.waits = event
            return
        if self.over is not None:
            yield "I8", "a call-back is over twice"
        if event.data.get("why") not in WHYS:
            yield "log", f"a call-back cannot end as {event.data.get('why')!r}"
        if self.waits is not None and self.waits.data.get("of_call") != event.data.get("of_call"):
            yield "log", f"a call-back of {self.waits.data.get('of_call')} ended as one of {event.data.get('of_call')}"
        self.over = event

    # ---- the end ----------------------------------------------------------------------------------------------

    def closing(self, outcome: str, *, talked: bool, rung: bool, served: bool) -> Iterator[Wrong]:
        """What the outcome says must have happened, and what happened must show in it."""
        if self.blocked != (outcome == Outcome.BLOCKED):
            yield "I8", f"{outcome}, {'but it was' if self.blocked else 'and it was not'} blocked"
        # An accept wins the race, though the caller may be gone before the 200.
        if self.lost_race and not served and not self.accepted:
            yield "I2", "a race was lost that nobody won"
        if self.blocked and rung:
            yield "I8", "blocked, but it was offered"
        if outcome == Outcome.CLOSED and not self.closed:
            yield "I8", "closed, and nothing was closed"
        if outcome == Outcome.VOICEMAIL and not self.voicemail:
            yield "I8", "a voicemail without a message"
        left = "answered" in self.outside.values()
        if outcome == Outcome.OVERFLOWED and not (left or self.announced or self.overflowed):
            yield "I8", "overflowed, and nothing sent it anywhere"
        if left and not talked and outcome != Outcome.OVERFLOWED:
            yield "I8", f"{outcome}, but it was answered outside"
        if talked and outcome in (Outcome.BLOCKED, Outcome.CLOSED, Outcome.VOICEMAIL, Outcome.OVERFLOWED):
            yield "I8", f"{outcome}, but somebody was connected"
        for supervisor in self.watching:
            yield "I4", f"ended while {supervisor} still supervises"
        if self.taken is not None:
            yield "I2", f"taken over by {self.taken[0]}, who never became responsible"
        if self.waits is not None:
            yield from self._callback_closing(outcome)

    def _callback_closing(self, outcome: str) -> Iterator[Wrong]:
        why = "" if self.over is None else self.over.data.get("why")
        if self.over is None:
            yield "I8", "a call-back ended without saying how"
        elif why != "reached" and outcome in (Outcome.ANSWERED, Outcome.ABANDONED):
            yield "I8", f"{outcome}, but the call-back {why}"


def check_callbacks(contacts: Sequence[tuple[str, PlanWay, Event | None]]) -> Iterator[tuple[str, str, str]]:
    """Across contacts (id, way, its end): whose call-back it is, and never two at once for one number in one queue.

    Gives (invariant, contact, words)."""
    ended = {id: end for id, _, end in contacts if end is not None}
    waiting: dict[tuple[str, str], list[tuple[float, float, str]]] = {}
    for id, way, end in contacts:
        if way.waits is None:
            continue
        of_call = str(way.waits.data.get("of_call") or "")
        first = ended.get(of_call)
        if first is not None and first.data.get("outcome") != Outcome.CALLBACK:
            yield "I1", id, f"the call-back of {of_call}, which ended {first.data.get('outcome')}"
        over = way.over or end
        until = over.at if over is not None else float("inf")
        key = (str(way.waits.data.get("number")), str(way.waits.data.get("queue")))
        waiting.setdefault(key, []).append((way.waited_from, until, id))
    for spans in waiting.values():
        spans.sort()
        for n, (_, until, before) in enumerate(spans[:-1]):
            if spans[n + 1][0] < until:
                yield "I1", spans[n + 1][2], f"a second call-back for the number of {before} in the same queue"
