# SPDX-License-Identifier: GPL-3.0-or-later
"""What each order does to a call that stands. Every function returns why it was not done, empty when it was."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, assert_never

from resources.i18n import LANGUAGES, language
from telephony.exchange.asterisk import graph, supervision
from telephony.exchange.asterisk.calls import MUSIC, PROMPT, RINGING, SILENCE, Call, Leg
from telephony.exchange.asterisk.causes import CAUSES
from telephony.exchange.asterisk.client import name
from telephony.exchange.asterisk.settings import REFUSE_CONTEXT, prompts_here
from telephony.exchange.engine import (
    Answer,
    Connect,
    Drop,
    EndCall,
    PauseRecording,
    Play,
    Record,
    Refuse,
    Ringback,
    SendDigits,
    Supervise,
)

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

CallOrder = (
    Ringback | Answer | Refuse | Play | Connect | Drop | EndCall | Record | PauseRecording | SendDigits | Supervise
)
NOT_NOW = 480  # what a caller is answered who is dropped before he was answered
_FILE = re.compile(r"[\w-][\w.-]{0,200}\.wav")
_DIGITS = re.compile(r"[0-9*#A-D]{1,64}")


async def for_call(switch: NodeSwitch, call: Call, order: CallOrder) -> str:
    """Orders for a call that exists."""
    if call.foreign and not isinstance(order, Drop | EndCall):
        return "the exchange's own queue has this call"
    match order:
        case Ringback():
            return _ringback(switch, call)
        case Answer():
            return await _answer(switch, call)
        case Refuse():
            return await _refuse(switch, call, order.code)
        case Play():
            return _play(switch, call, order)
        case Connect():
            return _connect(switch, call, order)
        case Drop():
            leg = call.legs.get(order.leg)
            if leg is None:
                return "no_such_leg"
            await drop(switch, call, leg)
        case EndCall():
            for leg in list(call.legs.values()):
                await drop(switch, call, leg)
        case Record():
            return await switch.recorder.begin(call, order.file) if _FILE.fullmatch(order.file) else "bad_order"
        case PauseRecording():
            return await switch.recorder.pause(call, order.on)
        case SendDigits():
            return await _send_digits(switch, call, order)
        case Supervise():
            return supervision.supervise(switch, call, order)
        case _:
            assert_never(order)
    return ""


async def drop(switch: NodeSwitch, call: Call, leg: Leg, code: int = NOT_NOW) -> None:
    """CANCEL, BYE or a final refusal, whichever fits; ChannelDestroyed tells when it is done."""
    leg.dropped = True
    lane = switch.to(call)
    channel = f"channels/{name(leg.channel)}"
    if not leg.inbound or leg.stage == "answered":
        await lane.ask("DELETE", channel)
        return
    leg.refused_with = code
    if code in CAUSES:
        await lane.ask("DELETE", channel, reason_code=str(CAUSES[code]))
    else:
        await lane.ask("POST", f"{channel}/continue", context=REFUSE_CONTEXT, extension=str(code), priority="1")


def _ringback(switch: NodeSwitch, call: Call) -> str:
    caller = call.caller
    if caller is None:
        return "no_such_leg"
    if caller.stage == "new":
        caller.stage = "ringing"
        switch.to(call).ask("POST", f"channels/{name(caller.channel)}/ring")  # nothing depends on its answer
    return ""


async def _answer(switch: NodeSwitch, call: Call) -> str:
    caller = call.caller
    if caller is None or caller.dropped:
        return "no_such_leg"
    if caller.stage != "answered":
        reply = await switch.to(call).ask("POST", f"channels/{name(caller.channel)}/answer")
        if not reply.good:
            return "no_such_leg"
        switch.answered(call, caller)
    return ""


async def _refuse(switch: NodeSwitch, call: Call, code: int) -> str:
    caller = call.caller
    if caller is None:
        return "no_such_leg"
    if caller.stage == "answered" or not 400 <= code <= 699:
        return "bad_order"
    await drop(switch, call, caller, code)
    return ""


def sound_of(switch: NodeSwitch, prompt: str, spoken: str = "") -> str | None:
    """The media of a prompt in this language, else the house's, or in none; None when there is no such file."""
    if not prompt or not prompt.replace("_", "").replace("-", "").isalnum():
        return None
    for folder in (spoken or language(), ""):
        if (prompts_here() / folder / f"{prompt}.wav").is_file():
            return f"sound:{switch.node.prompts / folder / prompt}"
    return None


def _play(switch: NodeSwitch, call: Call, order: Play) -> str:
    leg = call.legs.get(order.leg)
    if leg is None:
        return "no_such_leg"
    if leg.stage != "answered":
        return "not_answered"
    if order.then not in ("", MUSIC, RINGING) or order.language not in ("", *LANGUAGES):
        return "bad_order"
    media: list[str] = []
    for prompt in order.prompts:
        sound = sound_of(switch, prompt, order.language)
        if sound is None:
            return f"no prompt {prompt}"
        media.append(sound)
    old = leg.place if leg.in_bridge else ""
    graph.leave(leg, switch.to(call))
    leg.ordered, leg.then = True, order.then or SILENCE
    if media:
        leg.place, leg.playback = PROMPT, graph.new_playback(leg)
        body = {"media": media, "playbackId": leg.playback}
        switch.to(call).ask("POST", f"channels/{name(leg.channel)}/play", body)
    else:
        leg.place = leg.then
        graph.sound(leg, leg.place, switch.to(call))
    if old or leg.side == "staff":
        switch.rewire(call)
    return ""


def _connect(switch: NodeSwitch, call: Call, order: Connect) -> str:
    if order.others not in ("music", "silence"):
        return "bad_order"
    if any(leg not in call.legs for group in order.groups for leg in group):
        return "no_such_leg"
    call.groups, call.others, call.grouped_at = order.groups, order.others, time.monotonic()
    for leg in call.legs.values():
        leg.ordered = False
    supervision.barge(switch, call)
    switch.rewire(call)
    switch.recorder.listen(call)
    switch.write(call)
    return ""


async def _send_digits(switch: NodeSwitch, call: Call, order: SendDigits) -> str:
    leg = call.legs.get(order.leg)
    if leg is None:
        return "no_such_leg"
    if leg.stage != "answered":
        return "not_answered"
    if not _DIGITS.fullmatch(order.digits) or order.by not in ("rtp", "info"):
        return "bad_order"
    channel = f"channels/{name(leg.channel)}"
    if order.by == "info":
        switch.to(call).ask("POST", f"{channel}/variable", variable="PJSIP_DTMF_MODE()", value="info")
    reply = await switch.to(call).ask("POST", f"{channel}/dtmf", dtmf=order.digits)
    return "" if reply.good else "the far end takes no digits"
