# SPDX-License-Identifier: GPL-3.0-or-later
"""The telephone at the desk: state, offer, call, hang-up rule, wrap-up and dial box.

What stands comes from the switchboard (`MyState`, `Offer`, `CallIs`, `Glimpse`); the handset answers, mutes and ends
this desk's own leg. The flow asks both and paints neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop.flows.facts import Topic
from desktop.flows.hang_up import HangUpGuard, Press
from models.cards import Disposition
from models.kinds import AgentState, StateReason
from models.store import sheets
from telephony import messages as link
from telephony.numbers import UnusableNumber, normalise, refused_outbound
from telephony.phone import engine as phone

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


@dataclass(frozen=True)
class CallLogLine:
    """One line of the dial box's history. `direction` in | out; `outcome` a call stage or end."""

    at: float
    number: str
    direction: str
    name: str
    outcome: str


class CallFlow:
    """Attributes as in the class body; `changed` is told at every change of state, offer or call."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("call_changed")
        self.glimpsed = Topic("glimpsed")
        self.state: link.MyState | None = None
        self.offer: link.Offer | None = None
        self.call: link.CallIs | None = None
        self.last_call: link.CallIs | None = None
        self.glimpse: link.Glimpse | None = None
        self.muted = False
        self.guard = HangUpGuard()
        self.hang_up_reason_wanted = False
        self.log: tuple[CallLogLine, ...] = ()
        self.dispositions: tuple[Disposition, ...] = ()
        self.disposition = ""
        self.suggested = ""
        self._phone_calls: dict[int, phone.PhoneCall] = {}
        self._accepting = ""
        self._answered: set[int] = set()
        self._asked: set[str] = set()  # calls this desk asked for: its own phone is answered at once
        self.parked: tuple[link.ParkedCall, ...] = ()

    # ---- what the agent does ----------------------------------------------------------------------------------

    def accept(self) -> None:
        """Answer the ringing call: tell the switchboard (the accept that counts) and let the handset pick up."""
        if self.offer is None or self._accepting == self.offer.call:
            return
        self._accepting = self.offer.call
        self._desk.send(link.Accept(self.offer.call))
        self._pick_up()

    def decline(self, reason: str = "") -> None:
        """Refuse the ringing call."""
        if self.offer is not None:
            self._desk.send(link.Decline(self.offer.call, reason))

    def hold(self, on: bool) -> None:
        """Let the customer hear music, or take him back."""
        self._with_call(lambda call: link.Hold(call, on))

    def mute(self, on: bool) -> None:
        """Silence this desk's microphone."""
        self.guard.disarm()
        for number, call in self._phone_calls.items():
            if call.stage == "talking":
                self._desk.phone(phone.Mute(number, on))
        self.muted = on
        self.changed.tell()

    def digits(self, digits: str, by: str = "rtp") -> None:
        """Send tones to the customer's side, in the sound (rtp) or as messages (info)."""
        self._with_call(lambda call: link.SendDigits(call, digits, by))

    def merge(self) -> None:
        """Customer, engineer and this desk in one talk."""
        self._with_call(link.Merge)

    def park(self) -> None:
        """Let the customer wait on a numbered place where anybody may pick him up."""
        self._with_call(link.Park)

    def pick_up(self, call: str) -> None:
        """Take a parked caller, or one who rings at a colleague: this phone rings and is answered at once."""
        self._asked.add(call)
        self._desk.send(link.PickUp(call))

    def dial_staff(self, person: str) -> None:
        """Call a colleague."""
        self._desk.send(link.DialStaff(person))

    def pause_recording(self, on: bool) -> None:
        """Keep nothing of what is said now: card numbers and the like."""
        self._with_call(lambda call: link.PauseRecording(call, on))

    def own_phone_for(self, call: str) -> None:
        """This desk asked for the call: its phone is answered as soon as it rings."""
        self._asked.add(call)

    def press_hang_up(self) -> Press:
        """One press of the hang-up control; only a deliberate second one ends a call the customer is still in."""
        call = self.call
        if call is None:
            return Press.IGNORED
        if call.role == "supervise":
            self._desk.board.leave()
            return Press.HANG_UP
        if call.role == "staff":  # a colleague needs no second press
            self._desk.send(link.HangUp(call.call))
            return Press.HANG_UP
        if call.stage == "dialling":
            self._desk.send(link.HangUp(call.call, "not_reached"))
            return Press.HANG_UP
        press = self.guard.press(time.monotonic(), call.customer_gone)
        if press is Press.HANG_UP:
            self._desk.send(link.HangUp(call.call))
            self.hang_up_reason_wanted = True
        self.changed.tell()
        return press

    def hang_up_reason(self, code: str) -> None:
        """Why this desk hung up first (digits 1–5)."""
        call = self.call or self.last_call
        if call is not None:
            self._desk.send(link.HangUpReason(call.call, code))
        self.hang_up_reason_wanted = False
        self.changed.tell()

    def choose(self, state: AgentState, reason: StateReason | None = None) -> None:
        """Choose a state; during a call it becomes the next one."""
        self._desk.send(link.ChooseState(state, reason))

    def finish_wrap_up(self) -> None:
        """Done with this contact; the server says what is missing if something is."""
        call = self.call or self.last_call
        if call is not None:
            self._desk.send_after_outbox(link.FinishWrapUp(call.call))

    def extend_wrap_up(self) -> None:
        """Thirty seconds more, twice at most."""
        call = self.call or self.last_call
        if call is not None:
            self._desk.send(link.ExtendWrapUp(call.call))

    def set_disposition(self, code: str, note: str, follow_ups: tuple[str, ...]) -> None:
        """The two-level code of this contact with its note."""
        call = self.call or self.last_call
        if call is None:
            return
        self.disposition = code
        self._desk.post(
            "disposition_set", {"contact": call.call, "code": code, "note": note, "follow_ups": list(follow_ups)}
        )
        self.changed.tell()

    def dial(self, number: str, task: str = "") -> None:
        """Dial a customer; the switchboard rings this handset first and refuses in words what the rules forbid."""
        self._desk.send(link.DialNumber(number, task))

    def dial_refusal(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """Why this text may not be dialled, while it is typed: (catalogue key, arguments), or None when it may."""
        try:
            number = normalise(text)
        except UnusableNumber as error:
            return error.words, error.words_args
        words = refused_outbound(number)
        return None if words is None else (words, ())

    async def read_log(self) -> None:
        """This person's earlier calls, for the dial box."""
        me = self._desk.me
        if me is None:
            return
        lines = await self._desk.read(sheets.call_log, me.person)
        self.log = tuple(
            CallLogLine(line.at, line.number, line.direction, line.customer_name, line.outcome) for line in lines
        )
        self.changed.tell()

    # ---- what happened ----------------------------------------------------------------------------------------

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.MyState():
                self.state = message
            case link.Offer():
                self.offer = replace(message, queue=self._queue_words(message.queue))
                if message.role != "staff":
                    self._desk.sheet.offered(message)
                if message.call in self._asked:
                    self.accept()
            case link.ParkedCalls(calls):
                self.parked = calls
            case link.OfferGone():
                if self.offer is not None and self.offer.call == message.call:
                    self._remember(self.offer.from_number, "in", message.why)
                    self.offer = None
                    self._accepting = ""
                    self._desk.sheet.offer_gone(message.call)
                    if message.why in ("missed", "caller_gone"):
                        self._desk.told.tell(f"shell.offer_{message.why}", ())
            case link.CallIs():
                self._call_is(message)
            case link.Glimpse():
                self.glimpse = message
                self.glimpsed.tell()
                return
            case _:
                return
        self.changed.tell()

    def _call_is(self, call: link.CallIs) -> None:
        if self.offer is not None and self.offer.call == call.call and call.stage != "ended":
            self.offer = None
            self._accepting = ""
        known = self.call is not None and self.call.call == call.call
        if call.stage == "ended":
            self._asked.discard(call.call)
            if known or self.call is None:
                self._remember(call.number, call.direction, "ended")
                self.last_call, self.call = call, None
                self.muted = False
                self.guard.disarm()
                self._desk.sheet.call_ended(call)
            return
        if not known:
            self.disposition = ""
            self.hang_up_reason_wanted = False
        if call.stage != (self.call.stage if known and self.call else ""):
            self.guard.disarm()
        call = replace(call, queue=self._queue_words(call.queue))
        self.call = call
        if call.role != "staff":  # colleagues have no customer and no sheet
            self._desk.sheet.in_call(call)
            self._desk.transfer.in_call(call)

    def phone_reported(self, report: object) -> None:
        """One report of the handset."""
        match report:
            case phone.HandsetNow():
                self._phone_calls = {call.call: call for call in report.calls}
            case phone.CallIncoming(call) | phone.CallChanged(call):
                self._phone_calls[call.call] = call
            case phone.CallGone():
                self._phone_calls.pop(report.call, None)
                self._answered.discard(report.call)
            case _:
                return
        if self._accepting:
            self._pick_up()
        self._pick_up_own()
        self.changed.tell()

    def handset_lost(self) -> None:
        """The handset died: its calls are gone, and the next one counts from the beginning."""
        self._phone_calls.clear()
        self._answered.clear()

    def _pick_up(self) -> None:
        """Answer the handset's leg of the accepted call; the INVITE may come a moment after the accept."""
        for number, call in self._phone_calls.items():
            if call.tag == self._accepting:
                self._answer_leg(number, call)

    def _pick_up_own(self) -> None:
        """The leg of a call this desk dialled or asked for itself is answered at once."""
        dialling = self.call.call if self.call is not None and self.call.stage == "dialling" else ""
        for number, call in self._phone_calls.items():
            match call.headers.get("X-Role"):
                case "dial" if call.tag == dialling:
                    self._answer_leg(number, call)
                case "supervise" | "pick_up" if call.tag in self._asked:
                    self._answer_leg(number, call)
                case _:
                    continue

    def _answer_leg(self, number: int, call: phone.PhoneCall) -> None:
        """Answer a ringing leg once: the handset reports several times before it talks."""
        if call.stage == "ringing" and number not in self._answered:
            self._answered.add(number)
            self._desk.phone(phone.AnswerCall(number))

    def _queue_words(self, queue: str) -> str:
        """A queue's name as people say it."""
        me = self._desk.me
        return me.settings.queues.get(queue, queue) if me is not None else queue

    def _with_call(self, message: Callable[[str], object]) -> None:
        self.guard.disarm()
        if self.call is not None:
            self._desk.send(message(self.call.call))

    def _remember(self, number: str, direction: str, outcome: str) -> None:
        name = self._desk.sheet.card.name if self._desk.sheet.card else ""
        line = CallLogLine(self._desk.now(), number, direction, name, outcome)
        self.log = (line, *self.log)[:200]
