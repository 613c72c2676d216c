# SPDX-License-Identifier: GPL-3.0-or-later
"""What each order does to a call. Every function returns why it was not done, empty when it was."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, assert_never

from resources.i18n import LANGUAGES
from telephony.exchange.embedded import hearing, trunks
from telephony.exchange.embedded.dialling import OutboundLeg, Placing
from telephony.exchange.embedded.legs import InboundLeg
from telephony.exchange.embedded.sdp import PCMA, PCMU
from telephony.exchange.embedded.session import Call
from telephony.exchange.embedded.sip import reason_of
from telephony.exchange.embedded.sounds import NoSuchSound
from telephony.exchange.engine import (
    Answer,
    Connect,
    Dial,
    Drop,
    EndCall,
    PauseRecording,
    Play,
    Record,
    Refuse,
    Ring,
    Ringback,
    SendDigits,
    SetAccount,
    Supervise,
    Trunk,
)

if TYPE_CHECKING:
    from telephony.exchange.embedded.switch import Switch

log = logging.getLogger(__name__)

CallOrder = (
    Ringback | Answer | Refuse | Play | Connect | Drop | EndCall | Record | PauseRecording | SendDigits | Supervise
)
BOTH_LAWS = (PCMA, PCMU)
LONGEST_HEADER = 500
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_EXTENSION = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HEADER = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_FILE = re.compile(r"[\w-][\w.-]{0,200}\.wav")


def set_account(switch: Switch, order: SetAccount) -> str:
    """Accounts are the names phones sign in by."""
    if not _EXTENSION.fullmatch(order.extension):
        return "bad_order"
    switch.registrar.set_account(order.extension, order.secret)
    return ""


def set_trunk(switch: Switch, trunk: Trunk) -> str:
    """A trunk is checked whole before anything changes."""
    why = trunks.problem(trunk)
    if not why:
        switch.trunks.set(trunk)
    return why


def ring(switch: Switch, order: Ring) -> str:
    """INVITE a registered phone with the caller's codec only, so that relaying never needs another one."""
    call, why = _call_for(switch, order, "")
    if call is None:
        return why
    headers = {"X-Call-Id": call.id, **order.headers}
    if not all(_HEADER.fullmatch(n) and len(v) <= LONGEST_HEADER and v.isprintable() for n, v in headers.items()):
        return "bad_order"
    binding = switch.registrar.find(order.extension)
    if binding is None:
        return "not_registered"
    try:
        port = switch.phone_ports.open()
    except OSError as error:
        return str(error)
    caller = call.legs.get(call.id) or next((leg for leg in call.legs.values() if leg.side == "customer"), None)
    line = switch.phone_line
    name = re.sub(r'["\\\r\n<>]', "", call.from_name)
    number = (call.from_number if call.direction == "in" else call.to_number) or "anonymous"
    placing = Placing(
        uri=binding.contact,
        to=binding.source,
        sender=(f'"{name}" ' if name else "") + f"<sip:{_uri_user(number)}@{line.transactions.sent_by}>",
        laws=(caller.law,) if caller else BOTH_LAWS,
        headers=headers,
        timeout_s=_timeout(order.timeout_s),
        fixed_peer=True,
    )
    leg = OutboundLeg(line, call, order.leg, "staff", order.extension, order.extension, port, placing)
    _begin(switch, call, leg)
    return ""


def dial(switch: Switch, order: Dial) -> str:
    """INVITE a number over a trunk: the customer of a call of ours, or whom a caller of a call to us is sent on to."""
    if not _NUMBER.fullmatch(order.number) or (order.caller_id and not _NUMBER.fullmatch(order.caller_id)):
        return "bad_order"
    standing = switch.trunks.out(order.trunk)
    if standing is None or standing.address is None:
        return "no_trunk"
    trunk = standing.trunk
    caller_id = order.caller_id or trunk.caller_id
    call, why = _call_for(switch, order, order.number, caller_id)
    if call is None:
        return why
    if switch.is_full(trunk):
        return "trunk_full"
    try:
        port = switch.ports.open()
    except OSError as error:
        return str(error)
    ours = call.direction == "out"
    if ours:
        call.to_number, call.from_number, call.trunk = order.number, caller_id, trunk.name
    placing = Placing(
        uri=f"sip:{order.number.replace('#', '%23')}@{trunk.host}:{trunk.port}",
        to=standing.address,
        sender=f"<sip:{_uri_user(caller_id or trunk.username or 'anonymous')}@{trunk.host}>",
        laws=trunks.laws(trunk),
        user=trunk.username,
        secret=trunk.secret,
        timeout_s=_timeout(order.timeout_s),
        trunk=trunk.name,
        external=trunk.external_address,
    )
    side = "customer" if ours else "staff"
    _begin(switch, call, OutboundLeg(switch.trunk_line, call, order.leg, side, order.number, "", port, placing))
    return ""


def _call_for(switch: Switch, order: Ring | Dial, to_number: str, caller_id: str = "") -> tuple[Call | None, str]:
    """The call of an order that adds a leg; an id that was never used begins a call of ours."""
    call = switch.calls.get(order.call)
    if call is not None:
        return (None, "exists") if order.leg in call.used else (call, "")
    if switch.is_past(order.call):
        return None, "no_such_call"
    if not order.leg:
        return None, "bad_order"
    return Call(switch, order.call, caller_id, "", to_number, "out", time.monotonic()), ""


def _begin(switch: Switch, call: Call, leg: OutboundLeg) -> None:
    switch.begin(call)
    call.add(leg)
    leg.place()


def _uri_user(number: str) -> str:
    return re.sub(r"[^A-Za-z0-9+*._-]", "", number) or "anonymous"


def _timeout(seconds: float) -> float:
    return min(max(seconds, 1.0), 300.0)


def for_call(call: Call, order: CallOrder) -> str:
    """Orders for a call that exists."""
    match order:
        case Ringback():
            return _ringback(call)
        case Answer():
            return _answer(call)
        case Refuse():
            return _refuse(call, order.code)
        case Play():
            return _play(call, order)
        case Connect():
            return _connect(call, order)
        case Drop():
            leg = call.legs.get(order.leg)
            if leg is None:
                return "no_such_leg"
            leg.drop()
        case EndCall():
            call.end()
        case Record():
            return _record(call, order.file)
        case PauseRecording():
            call.pause_recording(order.on)
        case Supervise():
            return _supervise(call, order)
        case SendDigits():
            return _send_digits(call, order)
        case _:
            assert_never(order)
    return ""


def _caller(call: Call) -> InboundLeg | None:
    return call.caller


def _ringback(call: Call) -> str:
    caller = _caller(call)
    if caller is None:
        return "no_such_leg"
    caller.ring()
    return ""


def _answer(call: Call) -> str:
    caller = _caller(call)
    if caller is None:
        return "no_such_leg"
    return "" if caller.stage == "answered" or caller.answer() else "no_such_leg"


def _refuse(call: Call, code: int) -> str:
    caller = _caller(call)
    if caller is None:
        return "no_such_leg"
    if caller.stage == "answered" or not 400 <= code <= 699:
        return "bad_order"
    log.debug("call %s refused: %d %s", call.id, code, reason_of(code))
    caller.drop(code)
    return ""


def _play(call: Call, order: Play) -> str:
    if order.leg not in call.legs:
        return "no_such_leg"
    if call.answered(order.leg) is None:
        return "not_answered"
    if order.then not in ("", "music", "ringing") or order.language not in ("", *LANGUAGES):
        return "bad_order"
    try:
        call.play(order.leg, order.prompts, order.then, order.language)
    except NoSuchSound as error:
        return f"no prompt {error}"
    return ""


def _connect(call: Call, order: Connect) -> str:
    if order.others not in ("music", "silence"):
        return "bad_order"
    if any(leg not in call.legs for group in order.groups for leg in group):
        return "no_such_leg"
    try:
        call.connect(order.groups, order.others)
    except NoSuchSound as error:
        return f"no prompt {error}"
    return ""


def _record(call: Call, name: str) -> str:
    if not _FILE.fullmatch(name):
        return "bad_order"
    if call.recording is not None:
        return "exists"
    try:
        call.record(name)
    except FileExistsError:
        return "exists"
    except OSError as error:
        return f"cannot record: {error.strerror}"
    return ""


def _send_digits(call: Call, order: SendDigits) -> str:
    leg = call.answered(order.leg)
    if leg is None:
        return "not_answered" if order.leg in call.legs else "no_such_leg"
    if order.by not in ("rtp", "info"):
        return "bad_order"
    if order.by == "rtp" and leg.port.digits_type < 0:
        return "the far end takes no digits"
    try:
        (leg.info if order.by == "info" else leg.port.sender).queue(order.digits)
    except ValueError:
        return "bad_order"
    return ""


def _supervise(call: Call, order: Supervise) -> str:
    """A supervisor is answered staff in no group; he never whispers to a customer, nor watches who watches."""
    if order.leg not in call.legs or (order.of not in call.legs and order.mode != hearing.OFF):
        return "no_such_leg"
    supervisor = call.answered(order.leg)
    if supervisor is None or (order.mode != hearing.OFF and call.answered(order.of) is None):
        return "not_answered"
    known = order.mode in (hearing.LISTEN, hearing.WHISPER, hearing.OFF)
    if not known or supervisor.side != "staff" or order.leg == order.of:
        return "bad_order"
    if order.leg in call.hearing.grouped():
        return "" if order.mode == hearing.OFF else "bad_order"
    if order.mode != hearing.OFF:
        watched = call.legs[order.of]
        if call.hearing.is_aside(order.of) or (order.mode == hearing.WHISPER and watched.side == "customer"):
            return "bad_order"
    call.supervise(order.leg, order.of, order.mode)
    return ""
