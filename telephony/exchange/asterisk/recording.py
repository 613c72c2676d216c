# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings: the customer left, all staff right, each an ear (snoop) on every leg in a bridge that is recorded.

Silence is played into such a bridge all the time, so both sides stay in step whoever joins or leaves; Asterisk goes on
recording while nobody leads. A pause takes the ears away: what is not heard cannot be kept. At the end both files
are fetched, put together and removed from Asterisk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telephony.exchange.asterisk import stereo
from telephony.exchange.asterisk.calls import BETWEEN, Call, Leg
from telephony.exchange.asterisk.client import name
from telephony.exchange.asterisk.settings import EAR, KEEPER_BRIDGE, KEEPER_CONTEXT
from telephony.exchange.engine import CallId, LegId, RecordingEnded

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

SIDES = {"customer": "l", "staff": "r"}
STEADY_SILENCE = "tone:0/10000"  # somebody who says nothing, so that time goes on in the file when nobody is heard
LONGEST_S = 6 * 3600  # a recording that nobody ends ends by itself
FORMAT = "wav"
NARROW = "slin"  # 8 kHz: whoever can do more has his bridge mixed at 192 kHz, dearer than all the rest
KEEPER = f"Local/keep@{KEEPER_CONTEXT}/n"
SETTLE_S, TRIES = 0.05, 60  # until Asterisk has closed a file


def bridge_id(call: CallId, side: str) -> str:
    """The bridge in which one side is recorded."""
    return f"{call}{BETWEEN}r{BETWEEN}{side}"


def keeper_id(call: CallId, half: int = 1) -> str:
    """Who stays in the bridges of both sides, one half in each: were one left by everybody, Asterisk would end the
    recording."""
    return f"{call}{BETWEEN}k{BETWEEN}{half}"


def keeps(channel: str) -> bool:
    """Whether a channel is half a keeper."""
    return f"{BETWEEN}k{BETWEEN}" in channel


def recording_name(call: str, side: str, file: str) -> str:
    """Says everything that is needed to finish it after a crash."""
    return f"{call}{BETWEEN}{side}{BETWEEN}{file.removesuffix('.wav')}"


class Recorder:
    """The recordings of one node."""

    def __init__(self, switch: NodeSwitch, folder: Path) -> None:
        self._switch = switch
        self._folder = folder
        self._finishing: set[asyncio.Task[None]] = set()

    async def begin(self, call: Call, file: str) -> str:
        """Record from now on."""
        if call.file or await asyncio.to_thread((self._folder / file).exists):
            return "exists"
        lane = self._switch.to(call)
        call.file, call.paused = file, False
        for side in SIDES.values():
            lane.ask("POST", "bridges", bridgeId=bridge_id(call.id, side), type="mixing")
            lane.ask("POST", f"bridges/{name(bridge_id(call.id, side))}/play", {"media": [STEADY_SILENCE]})
        near, far = (bridge_id(call.id, side) for side in SIDES.values())
        lane.ask(
            "POST", "channels",
            {"endpoint": KEEPER, "channelId": keeper_id(call.id), "otherChannelId": keeper_id(call.id, 2),
             "formats": NARROW, "app": self._switch.node.app, "appArgs": f"{EAR},{near}",
             "variables": {KEEPER_BRIDGE: far}},
        )  # fmt: skip
        begun = [
            lane.ask(
                "POST", f"bridges/{name(bridge_id(call.id, side))}/record", name=recording_name(call.id, side, file),
                format=FORMAT, maxDurationSeconds=str(LONGEST_S), ifExists="fail",
            )
            for side in SIDES.values()
        ]  # fmt: skip
        answers = await asyncio.gather(*begun)
        bad = next((answer for answer in answers if not answer.good), None)
        if bad is not None:
            call.file = ""
            self._take_down(call)
            return "exists" if bad.status == 409 else f"cannot record: {bad.status} {bad.data}"
        self.listen(call)
        self._switch.write(call)
        return ""

    def listen(self, call: Call) -> None:
        """Hear every customer, and the staff who are in a group: not who waits, listens in or whispers."""
        if not call.file or call.paused or call.foreign:
            return
        grouped = {leg for group in call.groups for leg in group}
        heard = {leg.id for leg in call.answered() if leg.side == "customer" or leg.id in grouped}
        lane = self._switch.to(call)
        for leg_id in [leg for leg in call.snoops if leg not in heard]:
            lane.ask("DELETE", f"channels/{name(call.snoops.pop(leg_id))}")
        for leg in [call.legs[leg_id] for leg_id in sorted(heard) if leg_id not in call.snoops]:
            snoop = call.snoops[leg.id] = f"{call.id}{BETWEEN}e{BETWEEN}{leg.id}{BETWEEN}{time.monotonic_ns()}"
            lane.ask(
                "POST", f"channels/{name(leg.channel)}/snoop/{name(snoop)}", spy="in", whisper="none",
                app=self._switch.node.app, appArgs=f"{EAR},{bridge_id(call.id, SIDES[leg.side])}",
            )  # fmt: skip

    def left(self, call: Call, leg: Leg) -> None:
        """Asterisk ends an ear with its leg."""
        call.snoops.pop(leg.id, None)

    async def pause(self, call: Call, on: bool) -> str:
        """Silence until turned off again. When it cannot be made sure, the recording ends instead."""
        if not call.file:
            return "bad_order"
        call.paused = on
        if on:
            ears = list(call.snoops.values())
            call.snoops.clear()
            gone = await asyncio.gather(*(self._switch.to(call).ask("DELETE", f"channels/{name(ear)}") for ear in ears))
            if any(not answer.good and answer.status != 404 for answer in gone):
                self.finish(call)
                return "the recording could not be paused and was ended"
        else:
            self.listen(call)
        self._switch.write(call)
        return ""

    def failed(self, recording: dict[str, Any]) -> None:
        """Asterisk cannot go on: a full disk, most often."""
        call_id, _, rest = str(recording["name"]).partition(BETWEEN)
        call = self._switch.calls.get(call_id)
        if call is not None and call.file and rest:
            log.error("recording %s failed: %s", recording["name"], recording.get("cause"))
            self.finish(call, "disk_full" if "space" in str(recording.get("cause")).lower() else "failed")

    def finish(self, call: Call, why: str = "ended") -> None:
        """End it; RecordingEnded comes when the file is durable."""
        if call.file:
            file, call.file = call.file, ""
            self._take_down(call)
            self._work(call.id, file, why)

    def finish_orphan(self, call: str, file: str) -> None:
        """A recording of a call that ended while nobody led."""
        self._work(call, file, "ended")

    async def close(self) -> None:
        """Let those that are being put together finish; the rest is found by the next leader."""
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=2.0)
        for task in list(self._finishing):
            task.cancel()
        await asyncio.gather(*self._finishing, return_exceptions=True)

    def _take_down(self, call: Call) -> None:
        for ear in call.snoops.values():
            self._switch.to(call).ask("DELETE", f"channels/{name(ear)}")
        call.snoops.clear()

    def _work(self, call: str, file: str, why: str) -> None:
        task = asyncio.get_running_loop().create_task(self._put_together(call, file, why), name=f"recording {file}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _put_together(self, call: str, file: str, why: str) -> None:
        lane = self._switch.ari.lane(call)
        names = [recording_name(call, side, file) for side in SIDES.values()]
        try:
            for one in names:
                await lane.ask("POST", f"recordings/live/{name(one)}/stop")
            await lane.ask("DELETE", f"channels/{name(keeper_id(call))}")
            for side in SIDES.values():
                await lane.ask("DELETE", f"bridges/{name(bridge_id(call, side))}")
            sides = [await self._stored(one) for one in names]
            seconds, told = await asyncio.to_thread(stereo.write, self._folder / file, sides)
            if told in ("ended", "exists"):  # otherwise what Asterisk has is all there is
                for one in names:
                    await lane.ask("DELETE", f"recordings/stored/{name(one)}")
            self._switch.fact(RecordingEnded(call, file, seconds, why if told == "ended" else told, time.monotonic()))
        except ConnectionError as error:
            log.warning("recording %s stays in Asterisk until somebody leads again: %s", file, error)

    async def _stored(self, recording: str) -> bytes:
        """The file of one side, when Asterisk has closed it; empty when there is none."""
        ari = self._switch.ari
        for _ in range(TRIES):
            if not (await ari.read(f"recordings/live/{name(recording)}")).good:
                return await ari.fetch(f"recordings/stored/{name(recording)}/file") or b""
            await asyncio.sleep(SETTLE_S)
        log.error("recording %s does not end", recording)
        return b""


def ear_of(channel: str) -> tuple[LegId, str] | None:
    """(leg, kind) of a snoop's id: kind s of a supervisor, e of the recording."""
    parts = channel.split(BETWEEN)
    return (parts[2], parts[1]) if len(parts) == 4 and parts[1] in ("s", "e") else None
