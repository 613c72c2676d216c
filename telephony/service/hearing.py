# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange's facts as routing hears them: legs become offers, agents and callers.

Facts about calls nobody knows any more are ignored; they come late, which is no fault. Exchange times are monotonic
seconds of its machine and are turned into site time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from telephony import calls
from telephony.exchange import engine
from telephony.numbers import UnusableNumber, normalise
from telephony.service import company
from telephony.service.live import LiveCall, StaffLeg

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

OFFER_FAILURES = {"busy": "busy", "reject": "rejected", "cancel": "cancelled"}
DIAL_FAILURES = {"busy": "busy", "no_answer": "no_answer", "not_found": "not_found", "reject": "rejected"}


class Hearing:
    """`hear` takes one fact."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board

    def hear(self, fact: engine.Fact) -> None:
        match fact:
            case engine.CallArrived():
                self._arrived(fact)
            case engine.CallRefused():
                self._refused(fact)
            case engine.LegRinging(call, leg):
                self.board.trunks.leg_rings(call, leg)
                staff = self._staff(call, leg)
                if staff is not None:
                    self.board.tell(calls.OfferRinging(call, staff.agent, leg))
            case engine.LegAnswered(call, leg):
                self._answered(call, leg)
            case engine.LegEnded():
                self._ended(fact)
            case engine.CallEnded(call):
                self._call_ended(call)
            case engine.MediaStarted(call, leg, _, secure):
                self._media(call, leg, secure)
            case engine.MediaLost(call, leg):
                self._media_lost(call, leg)
            case engine.DigitPressed(call, leg, digit):
                if call in self.board.floor.calls and leg == call:
                    self.board.tell(calls.KeyPressed(call, digit))
            case engine.RecordingEnded():
                self._recorded(fact)
            case engine.PhoneRegistered(extension):
                self.board.phones.add(extension)
                if extension in self.board.extensions:
                    self.board.tell(calls.PhoneReachable(self.board.extensions[extension]))
            case engine.PhoneLost(extension):
                self.board.phones.discard(extension)
                if extension in self.board.extensions:
                    self.board.tell(calls.PhoneUnreachable(self.board.extensions[extension]))
            case engine.PromptEnded(call, leg):
                if leg == call and call in self.board.floor.calls:
                    self.board.tell(calls.PromptOver(call))
            case engine.TrunkChanged(trunk, state, code, why):
                self.board.trunks.changed(trunk, state, code, why)
            case engine.Done() | engine.Refused() | engine.Snapshot():
                pass
            case _:
                assert_never(fact)

    def _staff(self, call: str, leg: str) -> StaffLeg | None:
        live = self.board.calls.get(call)
        staff = live.legs.get(leg) if live is not None else None
        return staff if staff is not None and not staff.dropped else None

    def _arrived(self, fact: engine.CallArrived) -> None:
        board = self.board
        if fact.call in board.calls:
            return
        now = board.clock.now()
        number = e164(fact.from_number)
        queue = board.house.queue_for(fact.to_number)
        live = LiveCall(fact.call, number, fact.from_name, fact.to_number, queue.queue, now, trunk=fact.trunk)
        board.calls[fact.call] = live
        received = board.clock.at(fact.received_at)
        board.open_contact(live, received, fact.trunk, queue=queue.queue)
        board.start_look_up(live)
        board.tell(calls.CallArrived(fact.call, number, fact.to_number, ""))

    def _refused(self, fact: engine.CallRefused) -> None:
        board = self.board
        number = e164(fact.from_number)
        at = board.clock.at(fact.at)
        arrived = {"from": number, "to": fact.to_number, "trunk": "", "received_at": at, "direction": "in"}
        board.write(fact.call, "arrived", "", arrived)
        board.errand(
            "contact_open",
            {"contact": fact.call, "direction": "in", "from_number": number, "to_number": fact.to_number,
             "started": at},
        )  # fmt: skip
        board.write(fact.call, "ended", "", {"outcome": "refused", "by": "system"})
        board.errand(
            "contact_close",
            {"contact": fact.call, "outcome": "refused", "hang_up_by": "system", "ended": board.clock.now()},
        )

    def _answered(self, call: str, leg: str) -> None:
        live = self.board.calls.get(call)
        if live is None:
            self.board.trunks.leg_answered(call)
            return
        if leg == live.outside:
            self.board.tell(calls.OutsideAnswered(call, leg))
            return
        if leg == call:
            live.answered = True
            if live.direction == "out":
                self.board.tell(calls.CustomerAnswered(call))
            return
        staff = live.legs.get(leg)
        if staff is None or staff.dropped:
            return
        staff.answered = True
        self.board.tell(calls.OfferAnswered(call, staff.agent, leg))
        if staff.dial and not staff.dropped:
            self.board.carrying.dial_customer(live, staff)

    def _ended(self, fact: engine.LegEnded) -> None:
        board = self.board
        live = board.calls.get(fact.call)
        if live is None:
            board.trunks.leg_ended(fact)
            return
        if fact.leg == fact.call:
            self._customer_leg_ended(live, fact)
            return
        if fact.leg == live.outside:
            live.outside = ""
            board.tell(calls.OutsideFailed(fact.call, fact.leg, DIAL_FAILURES.get(fact.why, fact.why)))
            return
        staff = live.legs.get(fact.leg)
        if staff is None or staff.dropped:
            return
        staff.dropped = True
        company.left(live, fact.leg)
        if staff.answered:
            lost = fact.why in ("lost", "unreachable")
            board.tell(calls.AgentLegGone(fact.call, staff.agent, lost, fact.leg))
        else:
            why = OFFER_FAILURES.get(fact.why, "unreachable")
            board.tell(calls.OfferFailed(fact.call, staff.agent, why, fact.leg))

    def _customer_leg_ended(self, live: LiveCall, fact: engine.LegEnded) -> None:
        known = fact.call in self.board.floor.calls
        if live.direction == "out" and not live.answered:
            if known:
                why = DIAL_FAILURES.get(fact.why, "unreachable")
                self.board.tell(calls.CustomerLegFailed(fact.call, why))
        elif known:
            live.customer_gone = True
            self.board.tell(calls.CallerHungUp(fact.call))

    def _call_ended(self, call: str) -> None:
        # No leg is left: whatever routing still believes of it has ended without our hearing.
        live = self.board.calls.get(call)
        if live is None or call not in self.board.floor.calls:
            return
        if live.direction == "out" and not live.answered:
            self.board.tell(calls.CustomerLegFailed(call, "unreachable"))
        else:
            live.customer_gone = True
            self.board.tell(calls.CallerHungUp(call))

    def _media(self, call: str, leg: str, secure: bool) -> None:
        live = self.board.calls.get(call)
        if live is None:
            return
        if leg == live.joined:
            live.secure = secure
        if leg == call:
            live.customer_media = True
        elif leg in live.legs:
            live.legs[leg].media = True
        self.board.check_media(live)

    def _media_lost(self, call: str, leg: str) -> None:
        staff = self._staff(call, leg)
        if staff is None or not staff.answered:
            return
        self.board.give(call, engine.Drop, leg=leg)
        staff.dropped = True
        self.board.tell(calls.AgentLegGone(call, staff.agent, True, leg))

    def _recorded(self, fact: engine.RecordingEnded) -> None:
        board = self.board
        live = board.calls.get(fact.call)
        if live is not None:
            agent, started = live.responsible, live.recorded_at
        else:
            agent, started = board.to_be_brought.pop(fact.file, ("", board.clock.at(fact.at) - fact.seconds))
        board.write(fact.call, "recording_ended", agent, {"file": fact.file, "seconds": fact.seconds, "why": fact.why})
        board.errand(
            "recording_add",
            {"contact": fact.call, "agent": agent, "file": fact.file, "started": started, "seconds": fact.seconds},
        )
        if fact.why != "ended":
            board.alarm(f"recording_{fact.why}", fact.call, agent)
        if live is not None:
            live.recording_done = True


def e164(text: str) -> str:
    """A caller's number as the house writes it; what is no number stays as it came, a withheld one is empty."""
    try:
        return normalise(text).e164
    except UnusableNumber:
        return text if any(each.isdigit() for each in text) else ""
