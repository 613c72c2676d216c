# SPDX-License-Identifier: GPL-3.0-or-later
"""WHY this agent: the note "chosen" before every offer, and what a contact's events say of how it was routed.

Shape of the note's data (numbers and ids, no words):

* `strategy`: a Strategy, or "last_agent" | "last_engineer" when somebody was preferred whatever the strategy
* `eligible`: {"count": n, "best": [[agent, score], …]}, the best twelve in the order the strategy would ring them. The
  score is the strategy's own number: seconds idle, levels added up, calls today, seconds talked today, place in turn
* `chosen`: the agents rung: one, or all when the queue rings all
* `level`: how many steps the demands had been relaxed
* `out`: of the queue's people who were not eligible, how many and why: {state: n, "skills": n, "spared": n,
  "offered": n (eligible, but it rang there already in this round), "last_agent": [agent, state] of one passed over}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from models.kinds import AgentState
from telephony.calls import AgentId
from telephony.routing import queues, strategies
from telephony.routing.floor import Agent, Call, Turn
from telephony.routing.queues import Choice

BEST_SHOWN = 12
LONG_LIST = 64
"""Of more than so many eligible people only the longest idle ones are compared for the log's best twelve."""


def note_choice(turn: Turn, call: Call, choice: Choice) -> None:
    """Write down why, before the phones ring."""
    standing = turn.standing
    number = strategies.score(choice.ask, standing)
    shown = list(islice(standing.people(choice.eligible), LONG_LIST))
    best = strategies.in_order(choice.ask, standing, shown)[:BEST_SHOWN]
    if choice.agents[0] not in best:
        best = [choice.agents[0], *best[: BEST_SHOWN - 1]]
    turn.note(
        call.id,
        "chosen",
        choice.agents[0] if len(choice.agents) == 1 else "",
        strategy="last_agent" if choice.last_agent else choice.ask.strategy.value,
        eligible={
            "count": choice.eligible.bit_count(),
            "best": [[agent, round(number(agent), 1)] for agent in best],
        },
        chosen=list(choice.agents),
        level=call.relaxed,
        out=_out(turn, call, choice),
    )


def _out(turn: Turn, call: Call, choice: Choice) -> dict[str, Any]:
    standing = turn.standing
    people = standing.queues.get(call.queue, 0)
    out: dict[str, Any] = {}
    for state, bits in standing.states.items():
        if state is not AgentState.READY and (n := (people & bits).bit_count()):
            out[state.value] = n
    ready = people & standing.states.get(AgentState.READY, 0)
    numbers = {
        "skills": people & standing.free & ~choice.eligible,
        "spared": ready & ~standing.free,
        "offered": standing.bits(call.offered) & choice.eligible & ~standing.bits(choice.agents),
    }
    out |= {why: bits.bit_count() for why, bits in numbers.items() if bits}
    if queues.knows(turn, call) and call.last_agent not in choice.agents and call.last_agent in turn.agents:
        out["last_agent"] = [call.last_agent, turn.agents[call.last_agent].state.value]
    return out


def note_engineer(turn: Turn, call: Call, engineer: Agent, skills: frozenset[str], tried: frozenset[AgentId]) -> None:
    """The same for a transfer by skill: the longest idle, or who had this customer last."""
    standing = turn.standing
    able = standing.free & ~standing.bits(tried)
    for skill in skills:
        able &= standing.having(skill, 1)
    best = islice(standing.people(able), BEST_SHOWN)
    turn.note(
        call.id,
        "chosen",
        engineer.id,
        strategy="last_engineer" if engineer.id == call.last_engineer else "longest_idle",
        eligible={
            "count": able.bit_count(),
            "best": [[agent, round(turn.now - turn.agents[agent].idle_since, 1)] for agent in best],
        },
        chosen=[engineer.id],
        level=0,
        out={},
    )


# ---- read again -----------------------------------------------------------------------------------------------


class Row(Protocol):
    """A line of `contact_event`, whatever holds it."""

    @property
    def at(self) -> Any: ...
    @property
    def kind(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class WhyLine:
    """One thing to say: `words` is a catalogue key why.*, `args` fill its {0}, {1}, …; `kind` groups (queue, choice,
    eligible, out, miss, overflow, end); `agent` is whom it is about, "" for nobody."""

    kind: str
    words: str
    args: tuple[Any, ...]
    at: Any
    agent: AgentId = ""


def explain(events: Iterable[Row]) -> tuple[WhyLine, ...]:
    """A contact's events as an explanation, in their order: who was eligible and with which number, who was rung, who
    missed it, how demands were relaxed, why it overflowed."""
    lines: list[WhyLine] = []
    for row in events:
        lines += _lines(row)
    return tuple(lines)


def _lines(row: Row) -> Sequence[WhyLine]:
    data, at, who = row.data, row.at, row.who

    def one(kind: str, words: str, *args: Any, agent: str = who) -> list[WhyLine]:
        return [WhyLine(kind, f"why.{words}", args, at, agent)]

    match row.kind:
        case "queued":
            return one("queue", "queued", data["queue"])
        case "blocked":
            return one("end", "blocked", data["prefix"], data["why"])
        case "closed":
            return one("overflow", f"closed_{data['why']}", data["calendar"])
        case "overflowed":
            return one("overflow", f"overflowed_{data['why']}", data["queue"], data["to"])
        case "waiting_answered" if data["announcement"] == "nobody":
            return one("queue", "nobody_there")
        case "waiting_answered" if data["announcement"] == "waiting":
            return one("queue", "nobody_free")
        case "chosen":
            return _choice(row)
        case "offered":
            return one("choice", "rung", who, data["n"])
        case "missed" | "lost_race":
            return one("miss", row.kind, who)
        case "declined":
            return one("miss", "declined", who)
        case "withdrawn" if data["why"] == "unreachable":
            return one("miss", "unreachable", who)
        case "callback_waits":
            return one("queue", "callback_waits", data["queue"])
        case "voicemail":
            return one("overflow", "voicemail", data["queue"])
        case "sent_outside":
            return one("overflow", "sent_outside", data["number"])
        case "connected":
            return one("end", "connected", who)
        case _:
            return ()


def _choice(row: Row) -> list[WhyLine]:
    data, at = row.data, row.at
    strategy, count = data["strategy"], data["eligible"]["count"]
    chosen: list[str] = data["chosen"]
    lines = [WhyLine("choice", f"why.by_{strategy}", (", ".join(chosen), count), at, row.who)]
    if data["level"]:
        lines.append(WhyLine("choice", "why.relaxed", (data["level"],), at))
    for place, (agent, number) in enumerate(data["eligible"]["best"], 1):
        words = "why.score_" + ("longest_idle" if strategy in _BY_IDLE_TIME else strategy)
        lines.append(WhyLine("eligible", words, (place, agent, number), at, agent))
    for why, n in data["out"].items():
        if why == "last_agent":
            lines.append(WhyLine("out", f"why.last_agent_{n[1]}", (n[0],), at, n[0]))
        else:
            lines.append(WhyLine("out", f"why.out_{why}", (n,), at))
    return lines


_BY_IDLE_TIME = frozenset({"longest_idle", "ring_all", "last_agent", "last_engineer"})
