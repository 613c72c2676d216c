# SPDX-License-Identifier: GPL-3.0-or-later
"""One node as the engine leads it: its calls, what its events mean, and the facts they become.

`report(fact)` gets every fact. Everything runs on the loop; a command's failure that an event will tell of is not
waited for. Raises ConnectionError when the node is gone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path

from telephony.exchange.asterisk import arriving, graph, supervision
from telephony.exchange.asterisk.accounts import Accounts
from telephony.exchange.asterisk.book import Book
from telephony.exchange.asterisk.calls import BETWEEN, INBOUND, PROMPT, SILENCE, STATE, Call, Leg
from telephony.exchange.asterisk.causes import code_of, why_failed
from telephony.exchange.asterisk.client import Ari, Event, name
from telephony.exchange.asterisk.lane import Lane, end
from telephony.exchange.asterisk.media import Ears
from telephony.exchange.asterisk.recording import Recorder
from telephony.exchange.asterisk.settings import EPOCH, OPEN, PING, PONG, Node
from telephony.exchange.asterisk.trunks import Lines
from telephony.exchange.engine import (
    CallEnded,
    CallId,
    DigitPressed,
    Fact,
    LegAnswered,
    LegEnded,
    LegRinging,
    PromptEnded,
    StaleEpoch,
)

log = logging.getLogger(__name__)

EVENTS = (
    "RESTResponse", "ApplicationReplaced", "StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelHangupRequest",
    "ChannelStateChange", "Dial", "ChannelDtmfReceived", "ChannelHold", "ChannelUnhold", "PlaybackFinished",
    "RecordingFailed", "ContactStatusChange", "ChannelEnteredBridge", "ChannelUserevent",
)  # fmt: skip
REMEMBERED_CALLS = 2000
SILENT_S = 4.0  # a phone that has not even rung by then is not there
LEFT_US_S = 1.0  # a channel that left the application and still lives after this was taken by somebody else
TIMED_OUT = (408, 20.0)  # this code after so many seconds is Asterisk's own, nobody answered the INVITE


class NodeSwitch:
    """Begins with `attach()`. `lost(switch, why)` is called once when the node does not obey any more."""

    def __init__(
        self,
        node: Node,
        book: Book,
        recordings: Path,
        report: Callable[[Fact], None],
        lost: Callable[[NodeSwitch, str], None],
    ) -> None:
        self.node = node
        self.book = book
        self.fact = report
        self.ari = Ari(node)
        self.calls: dict[CallId, Call] = {}
        self.channels: dict[str, tuple[Call, Leg]] = {}
        self.past: deque[CallId] = deque(maxlen=REMEMBERED_CALLS)
        self.open = False
        self.accounts = Accounts(self)
        self.lines = Lines(self)
        self.ears = Ears(self)
        self.recorder = Recorder(self, recordings)
        self._lost = lost
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- leading ----------------------------------------------------------------------------------------------------

    async def epoch(self) -> int:
        """The epoch of who attached last, 0 for nobody."""
        value = (await self.ari.read("asterisk/variable", variable=EPOCH)).data
        text = value.get("value", "") if isinstance(value, dict) else ""
        return int(text) if text.isdigit() else 0

    async def attach(self, epoch: int) -> None:
        """Take the application. Raises StaleEpoch when a higher epoch has."""
        if await self.epoch() > epoch:
            raise StaleEpoch(epoch)
        await self.ari.listen(epoch, self._heard, lambda why: self._lost(self, why))
        reply = await self.ari.ask("GET", "asterisk/variable", variable=EPOCH)
        now = str((reply.data or {}).get("value", "")) if isinstance(reply.data, dict) else ""
        if now.isdigit() and int(now) > epoch:
            raise StaleEpoch(epoch)
        await self.raise_epoch(epoch)
        self.ari.keep_asking()
        await self.ari.hear_only(EVENTS)
        opened = await self.ari.ask("GET", "asterisk/variable", variable=OPEN)
        self.open = isinstance(opened.data, dict) and opened.data.get("value") == "1"

    async def raise_epoch(self, epoch: int) -> None:
        """Let Asterisk say who leads."""
        self.ari.epoch = epoch
        await self.ari.ask("POST", "asterisk/variable", variable=EPOCH, value=str(epoch))

    async def push_again(self) -> None:
        """Give an Asterisk that was started again what it has forgotten."""
        reply = await self.ari.read("endpoints/PJSIP")
        rows = reply.data if reply.good and isinstance(reply.data, list) else []
        await self.lines.push_again({row["resource"] for row in rows})
        await self.accounts.push_again()

    async def set_open(self, opened: bool) -> str:
        """Take new calls, or refuse them; the dialplan knows it too."""
        self.open = opened
        reply = await self.ari.ask("POST", "asterisk/variable", variable=OPEN, value="1" if opened else "0")
        return "" if reply.good else f"Asterisk refused: {reply.status} {reply.data}"

    def begin(self) -> None:
        """Everything that stands has been read: listen and look from now on."""
        self._start(self.ears.run())
        self._start(self.lines.run())

    async def close(self) -> None:
        """Let go; calls go on."""
        for timer in self._timers.values():
            timer.cancel()
        await end(self._tasks)
        await self.ari.close()
        await self.recorder.close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- calls ------------------------------------------------------------------------------------------------------

    def is_past(self, call: CallId) -> bool:
        """Whether this id may not begin a new call of ours."""
        return call in self.past or call.startswith(INBOUND) or not call or BETWEEN in call

    def take(self, call: Call) -> None:
        """A call is here, with its legs."""
        self.calls[call.id] = call
        for leg in call.legs.values():
            self.channels[leg.channel] = (call, leg)

    def add(self, call: Call, leg: Leg) -> None:
        """A leg joins a call, which may be new."""
        self.calls[call.id] = call
        call.add(leg)
        self.channels[leg.channel] = (call, leg)

    def never_was(self, call: Call, leg: Leg) -> None:
        """A leg could not be made: nothing is told of it."""
        self._forget(leg.channel)
        self.channels.pop(leg.channel, None)
        call.legs.pop(leg.id, None)
        call.used.discard(leg.id)
        if not call.legs:
            self.calls.pop(call.id, None)

    def to(self, call: Call) -> Lane:
        """Where the commands of this call go."""
        return self.ari.lane(call.id)

    def write(self, call: Call) -> None:
        """Let Asterisk keep how the call stands; nobody waits for it."""
        if not call.foreign:
            self.ari.ask("POST", "asterisk/variable", variable=f"{STATE}{call.id}", value=call.written())

    def erase(self, call: Call) -> None:
        """The call is over."""
        if not call.foreign:
            self.ari.ask("POST", "asterisk/variable", variable=f"{STATE}{call.id}")

    def rewire(self, call: Call) -> None:
        """Bring everybody where he belongs."""
        graph.rewire(call, self.to(call))

    def hush(self, call: Call, leg: Leg) -> None:
        """Silence, until somebody is connected or something is played."""
        leg.ordered, leg.then = True, SILENCE
        if leg.place != SILENCE:
            graph.leave(leg, self.to(call))
            leg.place = SILENCE
            graph.sound(leg, SILENCE, self.to(call))
        self.rewire(call)

    def watch_for_an_answer(self, leg: Leg) -> None:
        """A phone that does not ring is not there, nor a provider that answers no OPTIONS either."""
        self._later(leg.channel, SILENT_S, self._silent)

    def _later(self, channel: str, seconds: float, then: Callable[[str], None]) -> None:
        self._forget(channel)
        self._timers[channel] = asyncio.get_running_loop().call_later(seconds, then, channel)

    def _forget(self, channel: str) -> None:
        timer = self._timers.pop(channel, None)
        if timer is not None:
            timer.cancel()

    def _silent(self, channel: str) -> None:
        self._timers.pop(channel, None)
        found = self.channels.get(channel)
        if found is None or found[1].stage != "new" or self.ari.why_gone:
            return
        leg = found[1]
        if leg.trunk and self.lines.answers(leg.trunk):  # it may take its time to find whom we called
            self._later(channel, SILENT_S / 4, self._silent)
            return
        leg.unreachable = True
        self.to(found[0]).ask("DELETE", f"channels/{name(channel)}")
        self.accounts.unbind(leg.extension)

    # ---- what Asterisk tells ----------------------------------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        try:
            self._understand(event)
        except ConnectionError as error:
            log.info("%s: %s", self.node.name, error)
        except Exception:
            log.exception("an event of %s could not be used: %.300s", self.node.name, event)

    def _understand(self, event: Event) -> None:
        kind = event["type"]
        channel = event.get("channel") or event.get("peer") or {}
        found = self.channels.get(channel.get("id", ""))
        match kind:
            case "StasisStart" if found is None:
                arriving.arrived(self, event)
            case "StasisStart" if found is not None:
                found[1].entered.set()
            case "ContactStatusChange":
                self._contact(event)
            case "ChannelUserevent" if event["eventname"] == PING:
                number = str(event["userevent"].get("ping", ""))
                self.ari.ask("POST", "asterisk/variable", variable=PONG, value=number)
            case "PlaybackFinished":
                self._played(event)
            case "RecordingFailed":
                self.recorder.failed(event["recording"])
            case "ChannelEnteredBridge" if found is not None and found[0].foreign:
                arriving.joined_foreign(self, found[0], event["bridge"])
            case _ if found is not None:
                self._of_leg(kind, event, *found)

    def _of_leg(self, kind: str, event: Event, call: Call, leg: Leg) -> None:
        match kind:
            case "ChannelStateChange" if event["channel"]["state"] == "Up":
                self.answered(call, leg)
            case "ChannelStateChange" if event["channel"]["state"] == "Ringing":
                self._ringing(call, leg)
            case "Dial" if event.get("dialstatus") == "PROGRESS" and leg.side == "customer":
                self._forget(leg.channel)
                leg.early = True
                self.rewire(call)
            case "ChannelDtmfReceived":
                self.fact(DigitPressed(call.id, leg.id, event["digit"], time.monotonic()))
            case "ChannelHold":
                leg.held = True
            case "ChannelUnhold":
                leg.held = False
                leg.heard_at = time.monotonic()
            case "ChannelHangupRequest":
                if leg.soft is None:  # what follows is the dialplan's
                    leg.soft = bool(event.get("soft"))
            case "StasisEnd":
                self._later(leg.channel, LEFT_US_S, self._taken)
            case "ChannelDestroyed":
                self._ended(call, leg, event)

    def _taken(self, channel: str) -> None:
        """A channel left the application and lives: the fall-back took it. There is one way of finding out: anew."""
        if channel in self.channels and not self.channels[channel][0].foreign:
            self._lost(self, "a call was taken away")

    def _contact(self, event: Event) -> None:
        contact = event["contact_info"]
        if not self.lines.contact(contact["aor"], contact["contact_status"]):
            self.accounts.contact(contact["aor"], contact["uri"], contact["contact_status"])

    def _ringing(self, call: Call, leg: Leg) -> None:
        self._forget(leg.channel)
        if leg.stage == "new":
            leg.stage = "ringing"
            self.fact(LegRinging(call.id, leg.id, time.monotonic()))
            self.rewire(call)

    def answered(self, call: Call, leg: Leg) -> None:
        """A leg is answered, said by an event or by the answer to our order; told once."""
        self._forget(leg.channel)
        if leg.stage in ("new", "ringing") and not leg.dropped:
            leg.stage = "answered"
            leg.answered_at = time.monotonic()
            self.fact(LegAnswered(call.id, leg.id, leg.answered_at))
            self.rewire(call)
            self.recorder.listen(call)
            self.ears.wake()

    def _played(self, event: Event) -> None:
        playback = event["playback"]
        found = self.channels.get(playback["target_uri"].removeprefix("channel:"))
        if found is None or found[1].playback != playback["id"]:
            return
        call, leg = found
        if leg.place == PROMPT:
            leg.playback = ""
            leg.place = leg.then
            graph.sound(leg, leg.then, self.to(call))
            self.fact(PromptEnded(call.id, leg.id, time.monotonic()))

    def _ended(self, call: Call, leg: Leg, event: Event) -> None:
        self._forget(leg.channel)
        by, code, why = _words(leg, event)
        leg.stage = "ended"
        self.channels.pop(leg.channel, None)
        call.legs.pop(leg.id, None)
        self.fact(LegEnded(call.id, leg.id, by, code, why, time.monotonic()))
        supervision.leg_ended(self, call, leg.id)
        if call.legs:
            if leg.in_bridge or leg.early or not leg.inbound:
                graph.left(call, leg, self.to(call))
            self.recorder.left(call, leg)
            self.write(call)
            return
        graph.clear(leg, self.to(call))
        self.calls.pop(call.id, None)
        self.past.append(call.id)
        self.recorder.finish(call)
        self.erase(call)
        self.fact(CallEnded(call.id, time.monotonic()))


def _words(leg: Leg, event: Event) -> tuple[str, int, str]:
    """by, code, why of LegEnded."""
    code = int(event.get("tech_cause") or 0) or code_of(int(event.get("cause") or 0))
    if leg.unreachable:
        return "system", 408, "unreachable"
    if leg.dropped:
        return "us", leg.refused_with, "dropped"
    if leg.stage == "answered":
        return ("system", 0, "lost") if leg.soft else ("far", 0, "bye")
    if leg.inbound:
        return "far", 487, "cancel"
    if leg.soft:
        return "us", 0, "no_answer"
    if code == TIMED_OUT[0] and time.monotonic() - leg.placed_at > TIMED_OUT[1]:
        return "system", code, "unreachable"
    return "far", code, why_failed(code)
