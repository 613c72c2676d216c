# SPDX-License-Identifier: GPL-3.0-or-later
"""Three rings: who lets it ring, rejects, has a dead phone or registers anew in mid-ring. The next one is rung every
time, and only who let it ring three times has missed a call.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass

import pytest

from models.kinds import AgentState, StateReason
from models.rules.proof import prove
from models.rules.proof_log import Event
from telephony import calls
from telephony.simulator import PHONE_S, Caller, Simulator, Staff
from tests.faults.house import PATIENT_S, House
from tests.telephony.exchange.peers import Phone, Talk
from tests.telephony.service.room import until

AGENTS = ("1001", "1002", "1003", "1004")
OFFER_S = 15.0
EVERY_S = 100.0  # one call after the other; three who let it ring take 45 s


@dataclass(frozen=True)
class Way:
    """What comes of not answering: the line in the log, the state it leaves, and when the next one is rung."""

    line: str
    leaves: tuple[AgentState, StateReason]
    after_s: float


MISSED = (AgentState.NOT_RESPONDING, StateReason.MISSED)
REJECTED = (AgentState.NOT_READY, StateReason.REJECTED)
PHONE_GONE = (AgentState.NOT_READY, StateReason.DEVICE_LOST)
FAILS = {
    "lets it ring": Way("missed", MISSED, PHONE_S + OFFER_S),
    "registers anew and lets it ring": Way("missed", MISSED, PHONE_S + OFFER_S),
    "rejects": Way("declined", REJECTED, PHONE_S + 2.0),
    "is busy": Way("declined", REJECTED, PHONE_S + 2.0),
    "has a phone that says nothing": Way("withdrawn", PHONE_GONE, 5.0),
    "has a phone that goes in mid-ring": Way("withdrawn", PHONE_GONE, PHONE_S + 7.0),
    "accepts and never picks up": Way("withdrawn", PHONE_GONE, PHONE_S + OFFER_S + 1.0),
}
ANSWERS = ("answers", "registers anew and answers", "answers at the last moment")


class Phones(Simulator):
    """The first phone that is rung for a call does what stands first in `does`, and so on."""

    def __init__(self) -> None:
        super().__init__()
        self.does: list[str] = []

    def _rings(self, order: calls.RingAgent) -> None:
        call, agent, leg = order.call, order.agent, order.leg
        self._needs_draft(call)
        self._write(call, "card_painted", agent, painted_at=self.now)

        def later(seconds: float, event: calls.Event) -> None:
            self._in(seconds, lambda: None if leg in self._calls[call].dropped else self.tell(event))

        does = self.does.pop(0)
        if does != "has a phone that says nothing":
            later(PHONE_S, calls.OfferRinging(call, agent, leg))
        if does.startswith("registers anew"):
            later(PHONE_S + 6.0, calls.PhoneReachable(agent))
            later(PHONE_S + 6.1, calls.OfferRinging(call, agent, leg))
        match does:
            case "rejects":
                later(PHONE_S + 2.0, calls.OfferFailed(call, agent, "rejected", leg))
            case "is busy":
                later(PHONE_S + 2.0, calls.OfferFailed(call, agent, "busy", leg))
            case "has a phone that goes in mid-ring":
                later(PHONE_S + 7.0, calls.PhoneUnreachable(agent))
            case "accepts and never picks up":
                later(PHONE_S + OFFER_S - 1.0, calls.OfferAccepted(call, agent))
            case "answers" | "registers anew and answers":
                later(PHONE_S + 8.0, calls.OfferAccepted(call, agent))
                later(PHONE_S + 8.1, calls.OfferAnswered(call, agent, leg))
            case "answers at the last moment":
                later(PHONE_S + OFFER_S - 0.01, calls.OfferAccepted(call, agent))
                later(PHONE_S + OFFER_S + 1.9, calls.OfferAnswered(call, agent, leg))
            case _:
                pass

    def back_to_work(self) -> None:
        """Whoever could not answer is there again."""
        for agent in AGENTS:
            self.tell(calls.PhoneReachable(agent))
            if self.floor.agents[agent].state is not AgentState.READY:
                self.tell(calls.StateChosen(agent, AgentState.READY))


def test_the_next_one_is_rung_every_time_and_only_a_real_miss_is_missed(long: bool):
    times = 10_000 if long else 300
    chance = random.Random(15)
    floor = Phones()
    floor.staff(*(Staff(agent, wrap_up_s=1.0) for agent in AGENTS))
    tried: Counter[str] = Counter()
    for n in range(times):
        call = f"c{n}"
        floor.callers(Caller(call, floor.now - floor.start + 1.0, f"+8613{n:09d}", 90.0, 10.0))
        failing, answering = chance.sample(list(FAILS), chance.randrange(len(AGENTS))), chance.choice(ANSWERS)
        tried.update((*failing, answering))
        floor.does = [*failing, answering]
        begins = len(floor.log)
        floor.run(EVERY_S)
        assert not floor.does and not floor.floor.calls, failing
        the_call_went(floor.log[begins:], call, [FAILS[does] for does in failing])
        floor.back_to_work()
    assert set(tried) == {*FAILS, *ANSWERS}
    proof = prove(floor.log, floor.tickets, floor.recordings)
    assert [str(violation) for violation in proof.violations] == []


def the_call_went(lines: list[Event], call: str, ways: list[Way]) -> None:
    """From one to the next, each with what became of him, until one answered."""
    mine = [line for line in lines if line.contact == call]
    offers = [line for line in mine if line.kind == "offered"]
    assert len({line.who for line in offers}) == len(offers) == len(ways) + 1, "somebody else every time"
    for offer, following, way in zip(offers, offers[1:], ways, strict=False):
        assert following.at - offer.at == pytest.approx(way.after_s, abs=0.001)
        [over] = [line for line in mine if line.who == offer.who and line.kind in ("missed", "declined", "withdrawn")]
        assert over.kind == way.line
        states = [line for line in lines if line.who == offer.who and line.kind == "agent_state"]
        assert (states[-1].data["state"], states[-1].data["reason"]) == tuple(each.value for each in way.leaves)
    over = Counter(line.kind for line in mine)
    assert over["missed"] == sum(way.line == "missed" for way in ways), "only who let it ring has missed a call"
    [answered] = [line for line in mine if line.kind == "connected"]
    assert answered.who == offers[-1].who
    assert [line.data["outcome"] for line in mine if line.kind == "ended"] == ["answered"]


async def test_real_phones_that_ring_unattended_reject_and_register_anew(house: House, long: bool) -> None:
    """Three phones: one rings unattended, one rejects, and the third registers anew while it rings and is answered."""
    chance = random.Random(16)
    phones = [await house.sit_down(person) for person in AGENTS[:3]]
    for n in range(20 if long else 1):
        ways = ["lets it ring", chance.choice(("rejects", "is busy"))]
        chance.shuffle(ways)
        bells = Bells(house, [*ways, "registers anew and answers"])
        for phone in phones:
            phone.incoming = bells.rung  # type: ignore[method-assign]
        customer = await house.calls(f"139{n:08d}")
        await until(lambda n=n: len(house.lines("connected")) == n + 1, "nobody talks", PATIENT_S)
        call, _ = house.lines("connected")[-1]
        assert set(bells.agents.values()) == {phone.name for phone in phones}, "somebody else every time"
        assert house.lines("connected")[-1][1] == bells.agents.pop("registers anew and answers")
        assert house.lines("missed")[n:] == [(call, bells.agents.pop("lets it ring"))], "the only real miss"
        assert house.lines("declined")[n:] == [(call, *bells.agents.values())]
        customer.hang_up()
        await house.all_over()
        await house.ready()
        await bells.errand


class Bells:
    """The first phone that rings does what stands first in `ways`, and so on. `agents`: way → whose phone it was."""

    def __init__(self, house: House, ways: list[str]) -> None:
        self.house, self.ways = house, ways
        self.agents: dict[str, str] = {}
        self.errand: asyncio.Task[None]

    def rung(self, talk: Talk) -> None:
        way = self.ways.pop(0)
        self.agents[way] = talk.peer.name
        talk.ring()
        if way in ("rejects", "is busy"):
            asyncio.get_running_loop().call_later(0.1, talk.reject, 603 if way == "rejects" else 486)
        elif way != "lets it ring":
            self.errand = asyncio.create_task(self._registers_and_answers(talk))

    async def _registers_and_answers(self, talk: Talk) -> None:
        assert isinstance(talk.peer, Phone)
        await self.house.register(talk.peer)
        await self.house.register(talk.peer)
        talk.answer()
