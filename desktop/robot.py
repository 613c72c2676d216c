# SPDX-License-Identifier: GPL-3.0-or-later
"""Robots of the demo: staff who sit at real desks and do what a person would, through the window and its flows.

They answer within the three rings, ask the questions, hand over what is beyond them, wait for the customer to hang up
and finish the wrap-up within five seconds. They keep no record: what they did is read from the event log.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.flows.desk import Desk
from desktop.hands import Hands, NotThere
from models.kinds import AgentState, Group, TaskState
from models.rules import guide
from resources.i18n import language, tr
from telephony.phone.engine import Speak
from telephony.phone.tones import mark

if TYPE_CHECKING:
    from desktop.app import DeskOptions

log = logging.getLogger(__name__)

SPEECH = Path(__file__).resolve().parent.parent / "resources" / "prompts" / "robots"
LOOK_S = 0.1
THINK_S = 0.6
PATIENT = "patient"
"""A robot that lets every call ring: the screen pop is all a bench wants of it."""


class Robot:
    """One member of the staff. Attributes: `desk`, `hands`."""

    def __init__(self, desk: Desk, window: QWidget, options: DeskOptions) -> None:
        self.desk = desk
        self.hands = Hands(window, options.pictures, f"{language()}-{options.theme}")
        self._options = options
        self._talks: list[str] = []

    async def work(self) -> None:
        """Until cancelled: be ready, take what comes, and never stop over one call that went wrong."""
        if self._options.tone:
            group = "engineer" if self._options.robot == Group.ENGINEER else "agent"
            voice = mark(SPEECH / f"{group}.wav", self._options.tone, tempfile.gettempdir())
            self.desk.phone(Speak(str(voice)))
        if self._options.robot == Group.SUPERVISOR:
            await self._supervise()
            return
        while True:
            try:
                await self._one_contact()
            except NotThere as lost:
                log.warning("the robot is at a loss: %s", lost)
                await asyncio.sleep(1.0)

    async def _one_contact(self) -> None:
        calls = self.desk.calls
        state = calls.state.state if calls.state else AgentState.SIGNED_OUT
        if calls.offer is not None and self._options.robot != PATIENT:
            await self._answer()
        elif calls.call is not None and calls.call.stage == "wrap_up":
            await self._wrap_up()
        elif calls.call is not None and calls.call.responsible and calls.call.stage == "talking":
            await self._talk(calls.call.call)
        elif state in (AgentState.NOT_READY, AgentState.NOT_RESPONDING) and calls.call is None:
            calls.choose(AgentState.READY)
            await asyncio.sleep(0.5)
        elif state is AgentState.READY and calls.call is None and self._options.robot == Group.ENGINEER:
            await self._call_back()
        else:
            await asyncio.sleep(LOOK_S)

    async def _call_back(self) -> None:
        """Take the most urgent task and call its customer; what became of it is logged by the switchboard."""
        tasks = self.desk.tasks
        me = self.desk.me.person if self.desk.me else ""
        mine = [task for task in tasks.tasks if task.claimed_by == me and (task.next_due or 0) <= self.desk.now()]
        if mine:
            tasks.choose(mine[0].task)
            await asyncio.sleep(THINK_S)
            tasks.call_back(mine[0].task)
            await self._until(lambda: self.desk.calls.call is not None, 3.0)
            await self._until(lambda: not self._dialling(), 40.0)
            if self.desk.calls.call is not None and self.desk.calls.call.connected_at:
                tasks.done(mine[0].task, "solved")
        elif any(task.state is TaskState.OPEN for task in tasks.tasks):
            tasks.claim_next()
            await asyncio.sleep(1.0)
        else:
            await asyncio.sleep(LOOK_S)

    def _dialling(self) -> bool:
        call = self.desk.calls.call
        return call is not None and call.stage == "dialling"

    async def _answer(self) -> None:
        offer = self.desk.calls.offer
        if offer is None:
            return
        pause = THINK_S + (zlib.crc32(offer.call.encode()) % 40) / 20  # within the first ring
        await asyncio.sleep(pause)
        if self._options.robot == Group.AGENT:
            await self.hands.picture("agent-ringing")
        if self.desk.calls.offer is not None:
            await self.hands.press(tr("shell.accept"))
            await self._until(lambda: self.desk.calls.offer is None, 4.0)

    # ---- talking ----------------------------------------------------------------------------------------------

    async def _talk(self, call: str) -> None:
        if call not in self._talks:
            self._talks.append(call)
        await self._until(lambda: self.desk.sheet.draft is not None and self.desk.sheet.card is not None, 3.0)
        if self._options.robot == Group.ENGINEER:
            await self._diagnose(call)
        else:
            await self._ask(call)
        await self._until(lambda: not self._still(call) or self._customer_gone(), 300.0)

    async def _ask(self, call: str) -> None:
        """The agent's questions, in the order of the form; then the engineer, or the service itself."""
        beyond = self._is_beyond(call)
        while self._still(call) and not self._customer_gone():
            step = self.desk.sheet.step
            await self._fill_step(call, step, beyond)
            if step == "fault":
                await self.hands.picture("agent-in-call")
            if step == "fault" and beyond and await self._hand_over(call):
                return
            if step == guide.STEPS[-1]:
                break
            await self.hands.press(tr("form.next"))
        if not self._still(call) or self.desk.sheet.missing():
            return
        if beyond:
            self.desk.transfer.promise(self.desk.sheet.phone_of_call(), tr("demo.said_since"))
        else:
            self.desk.sheet.submit()

    async def _fill_step(self, call: str, step: str, beyond: bool) -> None:
        values = self.desk.sheet.values
        for field in guide.fields_of(step):
            if not self._still(call) or self._customer_gone():
                return
            wanted = self._answer_to(field.name, beyond)
            if wanted and not values.get(field.name) and guide.applies(field, self.desk.sheet.values):
                if field.name == "service_mode":
                    await self._choose_mode()
                else:
                    await self.hands.type(tr(field.label), wanted)

    async def _choose_mode(self) -> None:
        modes = self.desk.sheet.modes()
        if modes:
            await self.hands.press_first(tr(f"guide.service_mode_{modes[-1].mode}"))

    def _answer_to(self, field: str, beyond: bool) -> str:
        """What this customer says when he is asked."""
        card = self.desk.sheet.card
        line = self.desk.sheet.value("product_line") or "server"
        said = {
            "customer_name": card.name if card and card.name else tr("demo.said_name"),
            "caller_kind": "end_customer",
            "callback_number": self.desk.sheet.phone_of_call(),
            "product_line": line,
            "model": "HS5280 M6",
            "fault_class": "system" if beyond else "inquiry",
            "symptom": tr(f"demo.said_symptom_{line}"),
            "since": tr("demo.said_since"),
            "warranty": "covered",
            "service_level": "normal",
            "service_mode": "phone",
            "next_step": "close",
            "note_to_engineer": "",
        }
        return said.get(field, "")

    async def _hand_over(self, call: str) -> bool:
        """Whether an engineer was free; else the sheet is filled to its end and becomes a task."""
        await self.hands.press(tr("shell.transfer"))
        await asyncio.sleep(0.4)
        await self.hands.picture("agent-transfer")
        if any(one.state is AgentState.READY for one in self.desk.transfer.people):
            await self.hands.press(tr("transfer.transfer"))
            await self._until(lambda: not self._still(call) or self._customer_gone(), 40.0)
            return True
        await self.hands.key(Qt.Key.Key_Escape)
        return False

    async def _diagnose(self, call: str) -> None:
        await asyncio.sleep(THINK_S)
        await self.hands.type(tr("guide.field_diagnosis"), tr("demo.said_diagnosis"))
        await self.hands.picture("engineer")
        await self.hands.type(tr("guide.field_solution"), tr("demo.said_solution"))

    def _is_beyond(self, call: str) -> bool:
        """Whether this customer's trouble is one for an engineer: the first one's, and every second one's, is."""
        return self._talks.index(call) % 2 == 0

    # ---- afterwards -------------------------------------------------------------------------------------------

    async def _wrap_up(self) -> None:
        """Two digits, and done: within five seconds."""
        call = self.desk.calls.call
        if call is None:
            return
        await asyncio.sleep(0.3)
        if not self.desk.calls.disposition:
            await self.hands.key(Qt.Key.Key_1)
            await asyncio.sleep(0.2)
            await self.hands.key(Qt.Key.Key_1)
            await asyncio.sleep(0.2)
        if self._options.robot == Group.AGENT:
            await self.hands.picture("agent-wrap-up")
        if self.hands.window.isActiveWindow():
            await self.hands.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        else:  # one of three windows on a newcomer's screen: chords are for the active one
            await self.hands.press(tr("shell.finish", tr("state.ready")))
        await self._until(lambda: self.desk.calls.call is None or self.desk.calls.call.call != call.call, 3.0)

    async def _supervise(self) -> None:
        while True:
            board = self.desk.board.board
            if board is not None and any(one.state is AgentState.ON_CALL for one in board.people):
                await asyncio.sleep(3.0)
                await self.hands.picture("monitor")
                return
            await asyncio.sleep(LOOK_S)

    # ---- looking ----------------------------------------------------------------------------------------------

    def _still(self, call: str) -> bool:
        now = self.desk.calls.call
        return now is not None and now.call == call and now.responsible and now.stage != "wrap_up"

    def _customer_gone(self) -> bool:
        now = self.desk.calls.call
        return now is None or now.customer_gone

    @staticmethod
    async def _until(true: object, wait_s: float) -> bool:
        assert callable(true)
        for _ in range(round(wait_s / LOOK_S)):
            if true():
                return True
            await asyncio.sleep(LOOK_S)
        return bool(true())


async def play(desk: Desk, window: QWidget, options: DeskOptions) -> None:
    """Play one member of the staff until cancelled."""
    await Robot(desk, window, options).work()
