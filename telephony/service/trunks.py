# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks and hardware phones as the house has set them up: told to the exchange, their state shown, test calls made."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from telephony.exchange import engine
from telephony.messages import TrunkIs, TrunkTested
from telephony.messages import Trunks as Picture
from telephony.service.house import House

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

TEST_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class _Test:
    person: str
    trunk: str
    number: str
    began: float


class Trunks:
    """`dirty` until the picture was taken. States are the exchange's own words (see `exchange.facts.TrunkNow`)."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self.dirty = False
        self._states: dict[str, TrunkIs] = {}
        self._tests: dict[str, _Test] = {}

    def begin(self, snapshot: engine.Snapshot) -> None:
        """We lead now: what the exchange has, and what it shall have."""
        now = self._board.clock.now()
        for trunk in snapshot.trunks:
            self._states[trunk.trunk] = TrunkIs(trunk.trunk, trunk.state, trunk.code, trunk.why, now)
        for line in self._board.house.trunks:
            self._board.give_site(engine.SetTrunk, trunk=engine.Trunk(**asdict(line)))
        for phone in self._board.house.desk_phones:
            self._board.give_site(engine.SetAccount, extension=phone.extension, secret=phone.secret)

    def follow(self, before: House) -> None:
        """The house has changed: only what is different is told."""
        board = self._board
        old, new = ({line.name: line for line in house.trunks} for house in (before, board.house))
        for name in old.keys() - new.keys():
            board.give_site(engine.RemoveTrunk, trunk=name)
            self._states.pop(name, None)
        for name, line in new.items():
            if old.get(name) != line:
                board.give_site(engine.SetTrunk, trunk=engine.Trunk(**asdict(line)))
        phones, kept = ({each.extension: each for each in house.desk_phones} for house in (before, board.house))
        for extension in phones.keys() - kept.keys():
            board.give_site(engine.SetAccount, extension=extension, secret="")
        for extension, phone in kept.items():
            if phones.get(extension) != phone:
                board.give_site(engine.SetAccount, extension=extension, secret=phone.secret)
        self.dirty = True

    def changed(self, trunk: str, state: str, code: int, why: str) -> None:
        before = self._states.get(trunk)
        self._states[trunk] = TrunkIs(trunk, state, code, why, self._board.clock.now())
        self.dirty = True
        if state in ("refused", "unreachable") and (before is None or before.state != state):
            self._board.alarm(f"trunk_{state}", "", trunk)

    def picture(self) -> Picture:
        self.dirty = False
        lines = Counter(live.trunk for live in self._board.calls.values() if live.trunk and not live.over)
        names = sorted({*self._states, *(line.name for line in self._board.house.trunks)})
        now = self._board.clock.now()
        states = (self._states.get(name, TrunkIs(name, "unknown", 0, "", now)) for name in names)
        shown = tuple(
            TrunkIs(each.trunk, each.state, each.code, each.why, each.since, lines[each.trunk]) for each in states
        )
        facilities = self._board.exchange.facilities
        return Picture(shown, facilities.name, facilities.nodes)

    # ---- a test call ------------------------------------------------------------------------------------------

    def test(self, person: str, trunk: str, number: str) -> None:
        """Dial and hang up as soon as something is known. Several may run, each tells its person once."""
        board = self._board
        call = f"test-{board.journal.epoch}-{uuid.uuid4().hex[:8]}"
        self._tests[call] = _Test(person, trunk, number, board.clock.now())
        board.give(
            call,
            engine.Dial,
            answered=lambda _order, answer: self._refused(call, answer),
            leg=call,
            number=number,
            caller_id=board.house.own_number,
            trunk=trunk,
            timeout_s=TEST_TIMEOUT_S,
        )

    def _refused(self, call: str, answer: object) -> None:
        if isinstance(answer, engine.Refused):
            self._tell(call, "failed", 0, answer.why)

    def leg_rings(self, call: str, leg: str) -> None:
        if call == leg:
            self._tell(call, "ringing", 180, "")

    def leg_answered(self, call: str) -> None:
        self._tell(call, "answered", 200, "")

    def leg_ended(self, fact: engine.LegEnded) -> None:
        self._tell(fact.call, "failed", fact.code, fact.why)

    def _tell(self, call: str, result: str, code: int, why: str) -> None:
        test = self._tests.pop(call, None)
        if test is None:
            return
        took = self._board.clock.now() - test.began
        self._board.desks.tell(test.person, TrunkTested(test.trunk, test.number, result, code, why, took))
        self._board.give(call, engine.EndCall)
