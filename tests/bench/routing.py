# SPDX-License-Identifier: GPL-3.0-or-later
"""`routing`: who gets a call, by routing's bitmaps against one loop over all agents; and whole calls through `step`.

1,000 agents, 50 skills, 500 calls that wait. Between decisions a random agent becomes ready or busy, in both books.
Changing the books is outside both clocks and reported beside them; `brain_*` counts everything, `due` included.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from typing import Any

from models.kinds import AgentState
from telephony.calls import (
    AgentSignedIn,
    CallArrived,
    CallerHungUp,
    CustomerFound,
    Event,
    MediaBothWays,
    OfferAccepted,
    OfferAnswered,
    OfferRinging,
    Order,
    PhoneReachable,
    RingAgent,
    StateChosen,
    WrapUpFinished,
)
from telephony.routing import matching, standing
from telephony.routing.floor import Floor, Settings
from telephony.routing.router import due, step
from telephony.routing.standing import Need, Standee, Standing
from tests.bench import measuring, routing_naive
from tests.bench.routing_naive import Seat

AGENTS, SKILLS, WAITING, QUEUES = 1_000, 50, 500, ("400", "spare", "sales")
READY_SHARE = 0.3
DECISIONS = 20_000
PEER_DECISIONS = 500
CHECKED, CHECKED_QUICK = 1_000_000, 50_000
MATCHINGS, MATCHINGS_QUICK = 200, 40
CALLS, CALLS_QUICK = 3_000, 600


class Books:
    """The same agents twice: as routing keeps them and as the peer does."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.now = chance, 0.0
        self.seats = [self._seat(n) for n in range(AGENTS)]
        self.standing: Standing = standing.build({seat.id: standee(seat) for seat in self.seats})
        self.needs = [self._need() for _ in range(WAITING)]

    def _seat(self, n: int) -> Seat:
        self.now += 0.001
        skills = frozenset(f"s{k}" for k in self.chance.sample(range(SKILLS), self.chance.randint(3, 8)))
        queues = frozenset(self.chance.sample(QUEUES, self.chance.randint(1, 2)))
        return Seat(f"{1000 + n}", self.chance.random() < READY_SHARE, queues, skills, self.now)

    def _need(self) -> tuple[Need, str, frozenset[str]]:
        skills = frozenset(f"s{k}" for k in self.chance.sample(range(SKILLS), self.chance.randint(1, 2)))
        queue = self.chance.choice(QUEUES)
        return Need(queue, tuple((skill, 1) for skill in sorted(skills))), queue, skills

    def somebody_changes(self) -> float:
        """A random agent becomes ready (and idle from now) or busy. Gives the seconds our book took for it."""
        seat = self.chance.choice(self.seats)
        self.now += 0.001
        seat.ready = self.chance.random() < READY_SHARE
        if seat.ready:
            seat.idle_since = self.now
        began = time.perf_counter()
        self.standing = standing.updated(self.standing, {seat.id: standee(seat)})
        return time.perf_counter() - began


def standee(seat: Seat) -> Standee:
    state = AgentState.READY if seat.ready else AgentState.ON_CALL
    return Standee(seat.queues, seat.skills, {}, state, seat.ready, True, seat.idle_since)


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    books = Books(random.Random(3))
    checked = CHECKED_QUICK if quick else CHECKED
    different, change_s = _compare(books, checked)
    served, best, match_s = _match(books, MATCHINGS_QUICK if quick else MATCHINGS)
    busy = measuring.wait_until_quiet()
    ours, peers = [], []
    for _ in range(measuring.REPEATS):
        ours.append(_time_ours(books))
        peers.append(_time_peer(books))
    brain = _brain(CALLS_QUICK if quick else CALLS)
    return measuring.result(
        "routing",
        busy,
        {
            "decisions_to_naive_scan": measuring.ratio(ours, peers, 100.0, at_least=True),
            "answers_as_naive_scan": measuring.ratio([float(checked - different)], [float(checked)], 1.0, True),
            "served_to_hopcroft_karp": measuring.ratio([float(served)], [float(best)], 0.995, at_least=True),
        },
        {
            "quick": quick,
            "agents": AGENTS,
            "skills": SKILLS,
            "waiting": WAITING,
            "states_checked": checked,
            "answers_different": different,
            "decisions_per_s": round(statistics.median(ours)),
            "naive_decisions_per_s": round(statistics.median(peers)),
            "change_of_an_agent_us": round(change_s * 1e6, 1),
            "matching_of_500_ms": round(match_s * 1000, 2),
            **brain,
        },
    )


def _compare(books: Books, states: int) -> tuple[int, float]:
    """How many answers differ over so many states, and the median seconds of an agent's change in our book."""
    different, spent = 0, []
    for _ in range(states):
        spent.append(books.somebody_changes())
        need, queue, skills = books.chance.choice(books.needs)
        different += books.standing.longest_idle(need) != routing_naive.choose(books.seats, queue, skills)
    return different, statistics.median(spent)


def _match(books: Books, times: int) -> tuple[int, int, float]:
    """Calls served by our pass and by the best possible, over many states; seconds of one pass."""
    served = best = 0
    spent = []
    for _ in range(times):
        for _ in range(50):
            books.somebody_changes()
        book = books.standing
        began = time.perf_counter()
        fits = [book.fitting(need) & book.free for need, _, _ in books.needs]
        served += len(matching.match(fits, lambda _, bits: bits & -bits))
        spent.append(time.perf_counter() - began)
        best += routing_naive.most_served([[book.place[agent] for agent in book.people(bits)] for bits in fits])
    return served, best, statistics.median(spent)


def _time_ours(books: Books) -> float:
    needs = [books.chance.choice(books.needs)[0] for _ in range(DECISIONS)]
    book = books.standing
    began = time.perf_counter()
    for need in needs:
        book.longest_idle(need)
    return DECISIONS / (time.perf_counter() - began)


def _time_peer(books: Books) -> float:
    asked = [books.chance.choice(books.needs) for _ in range(PEER_DECISIONS)]
    began = time.perf_counter()
    for _, queue, skills in asked:
        routing_naive.choose(books.seats, queue, skills)
    return PEER_DECISIONS / (time.perf_counter() - began)


# ---- the whole brain ------------------------------------------------------------------------------------------


class Brain:
    """A floor of 1,000 ready agents and calls played through it one after the other."""

    def __init__(self) -> None:
        self.floor, self.now, self.orders, self.steps = Floor(Settings(lease_s=1e6)), 0.0, 0, 0
        chance = random.Random(5)
        for n in range(AGENTS):
            agent = f"{1000 + n}"
            skills = frozenset(f"s{k}" for k in chance.sample(range(SKILLS), chance.randint(3, 8)))
            self.tell(PhoneReachable(agent))
            self.tell(AgentSignedIn(agent, agent, agent, skills, frozenset({"400"})))
            self.tell(StateChosen(agent, AgentState.READY))
        self.chance = chance

    def tell(self, event: Event) -> tuple[Order, ...]:
        self.now += 0.0005
        self.floor, orders = step(self.floor, event, self.now)
        due(self.floor)
        self.orders += len(orders)
        self.steps += 1
        return orders

    def whole_call(self, call: str) -> None:
        skills = frozenset({f"s{self.chance.randrange(SKILLS)}"})
        orders = self.tell(CallArrived(call, "+8613800138000", "400", "400", skills))
        rung = next(order for order in orders if isinstance(order, RingAgent))
        agent, leg = rung.agent, rung.leg
        for event in (
            CustomerFound(call, "k1"), OfferRinging(call, agent, leg), OfferAccepted(call, agent),
            OfferAnswered(call, agent, leg), MediaBothWays(call, agent), CallerHungUp(call), WrapUpFinished(agent),
        ):  # fmt: skip
            self.tell(event)


def _brain(calls: int) -> dict[str, Any]:
    """Whole calls, orders and steps a second on one core; then the same while 500 callers wait in vain."""
    figures: dict[str, Any] = {}
    for name, waiting in (("", 0), ("_with_500_waiting", WAITING)):
        brain = Brain()
        for n in range(waiting):
            brain.tell(CallArrived(f"w{n}", "+8613900139000", "400", "400", frozenset({f"nobody{n % SKILLS}"})))
        gc.collect()
        orders, steps, began = brain.orders, brain.steps, time.perf_counter()
        for n in range(calls):
            brain.whole_call(f"c{n}")
        spent = time.perf_counter() - began
        figures[f"brain_calls_per_s{name}"] = round(calls / spent)
        figures[f"brain_orders_per_s{name}"] = round((brain.orders - orders) / spent)
        figures[f"brain_us_per_step{name}"] = round(spent / (brain.steps - steps) * 1e6, 1)
    return figures
