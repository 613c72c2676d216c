# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing's orders carried out: to the exchange, to the desks, into the journal, and as errands to the database."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, assert_never

from telephony import calls
from telephony.calls import OfferFailed
from telephony.exchange import engine
from telephony.messages import OfferGone
from telephony.service import company, outside, saying, views
from telephony.service.live import LiveCall, StaffLeg

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

RING_TIMEOUT_S = 60.0
SILENT_CUSTOMER_S = 1.0  # who picked up and sends no sound by then is listening
PROMPTS = {"waiting": ("waiting",), "nobody": ("nobody",), "promised": ("callback_noted",)}
_unfit = re.compile(r"[^A-Za-z0-9_-]")


class Carrying:
    """One method an order; `do` chooses it."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board

    def do(self, order: calls.Order, now: float) -> None:
        match order:
            case calls.PlayRingback(call, answered):
                self._ringback(self.board.calls[call], answered)
            case calls.AnswerAndWait(call, announcement):
                self._answer_and_wait(self.board.calls[call], announcement)
            case calls.RingAgent(call, agent, leg, role):
                self._ring(self.board.calls[call], agent, leg, role)
            case calls.WithdrawOffer(call, agent, leg, why):
                self.drop(self.board.calls[call], leg)
                self.board.desks.tell(agent, OfferGone(call, why))
            case calls.JoinCaller(call, agent, leg):
                self._join(self.board.calls[call], agent, leg, now)
            case calls.HoldCaller(call, _, leg):
                company.connect(self.board, self.board.calls[call], ((leg,),))
            case calls.JoinConsult(call, leg, with_leg):
                company.connect(self.board, self.board.calls[call], ((leg, with_leg),))
            case calls.JoinThree():
                company.join_three(self.board, order)
            case calls.JoinStaff():
                company.join_staff(self.board, order)
            case calls.ParkCaller():
                company.park(self.board, order)
            case calls.Supervise():
                company.supervise(self.board, order)
            case calls.Say():
                saying.say(self.board, order)
            case calls.RefuseCaller():
                saying.refuse(self.board, order)
            case calls.TakeMessage():
                saying.take_message(self.board, order, now)
            case calls.KeepMessage():
                saying.keep_message(self.board, order, now)
            case calls.SendOutside():
                outside.send(self.board, order)
            case calls.JoinOutside():
                outside.join(self.board, order)
            case calls.CallBack():
                outside.call_back(self.board, order)
            case calls.QueueCallback():
                outside.queue_callback(self.board, order.callback)
            case calls.CallbackOver():
                pass  # its task in the recall list ends by itself with the next talk to that number
            case calls.DropLeg(call, _, leg):
                self.drop(self.board.calls[call], leg)
            case calls.DialCustomer(call, agent, leg, number):
                self._dial(self.board.calls[call], agent, leg, number)
            case calls.EndTheCall(call):
                self._end(self.board.calls[call])
            case calls.BeginHandover() | calls.CommitHandover() | calls.AbortHandover():
                self._handover(order, now)
            case calls.PromiseCallback(call, number, why):
                live = self.board.calls[call]
                self.board.write(call, "promised", "", {"number": number, "why": why})
                self.board.errand(
                    "promise_recall", {"contact": call, "number": number, "customer": live.customer, "why": why}
                )
            case calls.AlarmSupervisor(what, call, agent):
                self.board.alarm(what, call, agent)
            case calls.AgentStateChanged():
                self._state(order)
            case calls.Note(call, kind, data, who):
                self._note(self.board.calls[call], kind, who, data, now)
            case calls.CallOver(call, outcome, by):
                self._over(self.board.calls[call], str(outcome), str(by), now)
            case _:
                assert_never(order)

    # ---- the customer hears -----------------------------------------------------------------------------------

    def _ringback(self, live: LiveCall, answered: bool) -> None:
        if answered or live.answered:
            self.board.give(live.call, engine.Play, leg=live.call, prompts=(), then="ringing")
        else:
            self.board.give(live.call, engine.Ringback)

    def _answer_and_wait(self, live: LiveCall, announcement: str) -> None:
        self.answer(live)
        prompts = PROMPTS.get(announcement, (announcement,))
        self.board.give(live.call, engine.Play, leg=live.call, prompts=prompts, then="music")

    def answer(self, live: LiveCall) -> None:
        """Answer the customer's leg, once."""
        if not live.answered and live.direction == "in":
            live.answered = True
            self.board.give(live.call, engine.Answer)

    # ---- staff ------------------------------------------------------------------------------------------------

    def _ring(self, live: LiveCall, agent: str, leg: str, role: str) -> None:
        board = self.board
        now = board.clock.now()
        live.legs[leg] = StaffLeg(leg, agent, role)
        live.agents.add(agent)
        if role not in ("supervise", "staff"):
            board.need_draft(live, agent)
        told = None
        offer = views.offer(board.floor, live, agent, board.names, now)
        if offer is not None:
            # The desk hears of it before its phone does, so that the card is there with the first ring.
            told = board.showing.offer(agent, offer)
        self._ring_phone(live, live.legs[leg], role, told)

    def _ring_phone(self, live: LiveCall, leg: StaffLeg, role: str, told: Awaitable[None] | None = None) -> None:
        if role == "staff" and leg.agent == live.from_number:
            role = "dial"  # his own phone: he asked for the talk
        headers = {"X-Call-Id": live.call, "X-Role": role, "X-Caller": live.number, "X-Queue": live.queue}
        self.board.give(
            live.call,
            engine.Ring,
            answered=lambda _order, answer: self._phone_answered(live, leg, answer),
            first=told,
            leg=leg.leg,
            extension=self.board.extension_of(leg.agent),
            headers=headers,
            timeout_s=RING_TIMEOUT_S,
        )

    def _phone_answered(self, live: LiveCall, leg: StaffLeg, answer: object) -> None:
        if isinstance(answer, engine.Refused) and answer.why != "exists" and not leg.dropped:
            leg.dropped = True
            self.board.tell(OfferFailed(live.call, leg.agent, "unreachable", leg.leg))

    def drop(self, live: LiveCall, leg: str) -> None:
        """End one staff leg; its end is no news to us."""
        staff = live.legs.get(leg)
        if staff is not None:
            if staff.dropped:
                return
            staff.dropped = True
        company.left(live, leg)
        self.board.give(live.call, engine.Drop, leg=leg)

    def _join(self, live: LiveCall, agent: str, leg: str, now: float) -> None:
        self.answer(live)
        live.joined = leg
        company.left(live, leg)
        queue = self.board.house.queue(live.queue)
        if not live.recording and (queue is None or queue.record):
            self.record(live, agent, now)
        company.connect(self.board, live, ((live.call, leg),), lambda _order, _answer: self._joined(live, leg))

    def record(self, live: LiveCall, agent: str, now: float) -> None:
        """From now on to the end of the call."""
        live.recording = recording_name(live.call, now)
        live.recorded_at = now
        self.board.give(live.call, engine.Record, answered=self._recording_answered, file=live.recording)
        self.board.write(live.call, "recording_started", agent, {"file": live.recording})

    def _joined(self, live: LiveCall, leg: str) -> None:
        """Connected as soon as sound flows both ways; a customer who sends none (muted) is not waited for."""
        board = self.board
        board.check_media(live)
        if live.told_connected != leg:
            late = board.clock.now() + SILENT_CUSTOMER_S
            board.alarm_clocks.set(f"silent-{live.call}", late, lambda: board.take_for_connected(live, leg))

    def _recording_answered(self, order: engine.Order, answer: object) -> None:
        if isinstance(answer, engine.Refused) and isinstance(order, engine.Record):
            live = self.board.calls.get(order.call)
            if live is not None:
                live.recording_done = True
                ended = {"file": order.file, "seconds": 0.0, "why": "failed"}
                self.board.write(order.call, "recording_ended", live.responsible, ended)
            self.board.alarm("recording_failed", order.call, "")

    def _dial(self, live: LiveCall, agent: str, leg: str, number: str) -> None:
        live.legs[leg] = StaffLeg(leg, agent, "dial", dial=number)
        live.agents.add(agent)
        self.board.need_draft(live, agent)
        self._ring_phone(live, live.legs[leg], "dial")

    def dial_customer(self, live: LiveCall, leg: StaffLeg) -> None:
        """The agent has picked up: now the number, while he hears it ring."""
        number, leg.dial = leg.dial, ""
        outside.dial_customer(self.board, live, number, leg)

    def _end(self, live: LiveCall) -> None:
        for leg in live.legs.values():
            leg.dropped = True
        self.board.give(live.call, engine.EndCall)

    # ---- what is kept -----------------------------------------------------------------------------------------

    def _handover(self, order: calls.BeginHandover | calls.CommitHandover | calls.AbortHandover, now: float) -> None:
        live = self.board.calls[order.call]
        match order:
            case calls.BeginHandover(call, from_agent, to_agent):
                live.handover = f"{call}-{self.board.journal.epoch}-{int(now * 1000)}"
                live.agents.add(to_agent)
                self.board.errand(
                    "handover_begin",
                    {"id": live.handover, "contact": call, "from_agent": from_agent, "to_agent": to_agent,
                     "epoch": self.board.journal.epoch},
                )  # fmt: skip
            case calls.CommitHandover(_, from_agent, to_agent):
                live.handed_by[to_agent] = from_agent
                self.board.errand("handover_commit", {"id": live.handover})
            case calls.AbortHandover():
                self.board.errand("handover_abort", {"id": live.handover})
            case _:
                assert_never(order)

    def _state(self, order: calls.AgentStateChanged) -> None:
        board = self.board
        reason = str(order.reason) if order.reason is not None else ""
        board.write("", "agent_state", order.agent, {"state": str(order.state), "reason": reason, "call": order.call})
        board.seating.mirror_ready(order.agent, order.state)
        agent = board.floor.agents.get(order.agent)
        if agent is not None:
            board.desks.tell(order.agent, views.my_state(agent, board.figures.calls_of(order.agent)))
        board.seating.state_changed(order.agent, order.state)

    def _note(self, live: LiveCall, kind: str, who: str, data: dict[str, object], now: float) -> None:
        match kind:
            case "ringback":
                live.first_ring = live.first_ring or now
            case "connected":
                live.connected_at = live.connected_at or now
                self.board.errand("contact_connected", {"contact": live.call, "agent": who, "at": now})
                self._attempted(live, "reached")
            case "dial_failed":
                self._attempted(live, "busy" if data.get("why") == "busy" else "no_answer")
            case "queued" if data.get("queue") != live.queue:
                live.queue = str(data.get("queue", ""))
                self.board.errand("contact_open", {"contact": live.call, "queue": live.queue})
            case "responsible":
                live.responsible = who
            case "held" | "consult_started":
                live.held_since = live.held_since or now
            case "resumed" | "consult_ended" | "transferred":
                live.held_since = 0.0
            case _:
                pass
        self.board.write(live.call, kind, who, dict(data))

    def _attempted(self, live: LiveCall, result: str) -> None:
        """A call-back was tried: the task hears of it once, whatever the desk does."""
        if live.task and not live.task_told:
            live.task_told = True
            self.board.errand("task_attempt", {"task": live.task, "result": result, "contact": live.call})

    def _over(self, live: LiveCall, outcome: str, by: str, now: float) -> None:
        live.over = True
        self.board.write(live.call, "ended", live.responsible, {"outcome": outcome, "by": by})
        if live.direction == "staff":
            return
        self.board.errand(
            "contact_close",
            {"contact": live.call, "outcome": outcome, "hang_up_by": by, "ended": now},
        )


def recording_name(call: str, at: float) -> str:
    """A bare file name that tells when and which call."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(at))}-{_unfit.sub('_', call)[-40:]}.wav"
