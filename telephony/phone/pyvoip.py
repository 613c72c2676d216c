# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone engine on pyVoIP: pure Python, for machines where no wheel of PJSIP runs.

G.711 over UDP, in the clear. One thread for SIP, one for sound. Raises EngineUnavailable at import without pyVoIP.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from telephony.phone.dialling import target_of
from telephony.phone.engine import (
    AnswerCall,
    Ask,
    CallChanged,
    CallGone,
    CallIncoming,
    Capabilities,
    ChooseDevices,
    Command,
    CommandRefused,
    DialOut,
    DigitHeard,
    Goodbye,
    HandsetNow,
    HangUpCall,
    HoldCall,
    Keep,
    Levels,
    Mute,
    PhoneCall,
    Register,
    RejectCall,
    SendTones,
    Speak,
    Unregister,
)
from telephony.phone.own_thread import OwnThread, Refused, now_of
from telephony.phone.pyvoip_leg import Leg
from telephony.phone.pyvoip_message import BadSip, Message, response
from telephony.phone.pyvoip_registration import Binding
from telephony.phone.pyvoip_sound import Line, Mixer
from telephony.phone.pyvoip_wire import Address, Wire, address_of
from telephony.phone.registering import Registration, why_not
from telephony.phone.signalling import (
    extension_headers,
    is_digits,
    number_of,
    tag_of,
)

log = logging.getLogger(__name__)

MAX_CALLS = 4
WAIT_S = 0.05
LEVELS_EVERY_S = 0.2
ENDED_KEPT_S = 32.0  # a call that is over still answers what comes again


class PyvoipEngine(OwnThread):
    """See PhoneEngine. `bind`: address of SIP and RTP; `port` 0: any free one; `sound` False never opens a device."""

    capabilities = Capabilities(
        name="pyvoip", hold=False, dtmf_send=True, tls=False, srtp=False, devices=True, play_file=True,
        max_calls=MAX_CALLS, max_accounts=1, info_digits=True,
    )  # fmt: skip

    def __init__(self, bind: str = "127.0.0.1", port: int = 0, sound: bool = True) -> None:
        super().__init__(bind, port)
        self._allowed = sound
        self._numbers = itertools.count(1)
        self._legs: dict[int, Leg] = {}
        self._dialogs: dict[str, Leg] = {}
        self._registration = Registration()
        self._binding: Binding | None = None
        self._levels_due = 0.0

    # ---- the SIP thread -------------------------------------------------------------------------------------------

    def wake(self) -> None:
        if hasattr(self, "wire"):
            self.wire.wake()

    def open(self) -> None:
        self.wire = Wire(self.bind, self.port, self._heard)
        self.port = self.wire.port
        self._mixer = Mixer(self._allowed, self._no_device, self._pressed)
        self.publish()

    def turn(self) -> None:
        self.wire.turn(WAIT_S)
        moment = time.monotonic()
        if self._registration.silent(moment):
            self._registration_heard(408, False)
        if moment >= self._levels_due:
            self._levels_due = moment + LEVELS_EVERY_S
            for call, microphone, earpiece in self._mixer.levels():
                leg = self._legs.get(call)
                if leg is not None and leg.view.stage == "talking":
                    self.say(Levels(call, 0.0 if leg.view.muted else microphone, earpiece))

    def close(self) -> None:
        for leg in list(self._legs.values()):
            leg.hang_up()
        self._pump(0.5, lambda: not self._legs)
        binding, self._binding = self._binding, None
        if binding is not None and self._registration.registered:
            binding.end()
            self._pump(0.5, lambda: binding.given_back)
        self._mixer.close()
        self.wire.close()

    def _pump(self, seconds: float, until: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.wire.turn(0.02)

    # ---- commands -------------------------------------------------------------------------------------------------

    def order(self, command: Command, tries: int) -> None:
        match command:
            case Register():
                self._register(command)
            case Unregister():
                self._registration.give_up()
                self._give_back()
                self._registration_heard(200, False)
            case AnswerCall(number):
                self._ringing(number).accept()
            case RejectCall(number, code):
                if code not in (486, 603, 480):
                    raise Refused("bad_code")
                leg = self._ringing(number)
                leg.ended_by_us = True
                leg.refuse(code)
            case HangUpCall(number):
                self._leg(number).hang_up()
            case Mute(number, on):
                leg = self._leg(number)
                if leg.line is not None:
                    leg.line.muted = on
                self.leg_changed(leg, replace(leg.view, muted=on))
            case SendTones(number, digits, by):
                if not is_digits(digits) or by not in ("rtp", "info"):
                    raise Refused("bad_digits")
                leg = self._leg(number)
                if leg.view.stage != "talking":
                    raise Refused("not_talking")
                if not leg.press(digits, by):
                    raise Refused("unsupported")
            case DialOut():
                self._dial(command)
            case Speak():
                self._mixer.speak(command)
            case ChooseDevices():
                self._mixer.choose(command)
                self._ring_as_needed()
                self.publish()
            case HoldCall(number):
                self._leg(number)
                raise Refused("unsupported")
            case Keep() | Ask() | Goodbye():
                raise Refused("unsupported")  # the handset process answers these
            case _:
                assert_never(command)

    def _leg(self, number: int) -> Leg:
        leg = self._legs.get(number)
        if leg is None:
            raise Refused("no_such_call")
        return leg

    def _ringing(self, number: int) -> Leg:
        leg = self._leg(number)
        if leg.view.stage != "ringing" or leg.sounding:
            raise Refused("not_ringing")
        return leg

    def _register(self, command: Register) -> None:
        if why := why_not(command, self.capabilities, ("udp",)):
            raise Refused(why)
        self._give_back()
        self._registration.want(command, time.monotonic())
        self.publish()
        self._binding = Binding(self.wire, self.bind, command, self._registration_heard)
        self._binding.begin()

    def _give_back(self) -> None:
        if self._binding is not None:
            self._binding.end()
            self._binding = None

    def _dial(self, command: DialOut) -> None:
        if len(self._legs) >= MAX_CALLS:
            raise Refused("too_many_calls")
        wanted = self._registration.wanted
        target = target_of(command, wanted).strip("<>")
        if "transport=t" in target.lower() or target.lower().startswith("sips:"):
            raise Refused("no_tls")
        if any(c.isspace() for c in target):
            raise Refused("bad_address")
        try:
            where = address_of(target)
        except (BadSip, OSError):
            raise Refused("bad_address") from None
        number = next(self._numbers)
        view = PhoneCall(
            number, tag_of(command.headers), "out", "calling", number_of(target), dict(command.headers)
        )  # fmt: skip
        own = f"sip:{wanted.extension}@{wanted.server}" if wanted else f"sip:handset@{self.bind}:{self.port}"
        leg = self._new_leg(view, f"{secrets.token_hex(12)}@{self.bind}")
        leg.dial(target, f"sip:{command.caller}@{self.bind}" if command.caller else own, dict(command.headers), where)
        self.say(CallChanged(view))

    # ---- what comes over the wire ---------------------------------------------------------------------------------

    def _heard(self, asked: Message, source: Address) -> None:
        leg = self._dialogs.get(asked.call_id)
        match asked.asked:
            case "INVITE" if leg is None or leg.over:
                self._leg_arrives(asked, source)
            case "INVITE":
                if leg is not None and leg.view.stage == "talking":
                    leg.asked_anew(asked, source)
            case "ACK":
                if leg is not None:
                    leg.acknowledged(asked)
            case "CANCEL":
                self.wire.answer(asked, response(asked, 200 if leg else 481, ""), source)
                if leg is not None:
                    leg.cancelled()
            case "BYE":
                self.wire.answer(asked, response(asked, 200 if leg else 481, ""), source)
                if leg is not None:
                    leg.far_hung_up()
            case "INFO":
                self.wire.answer(asked, response(asked, 200 if leg else 481, ""), source)
                if leg is not None and (digit := _digit_of(asked)):
                    self.say(DigitHeard(leg.view.call, digit))
            case "OPTIONS":
                self.wire.answer(asked, response(asked, 200, "options"), source)
            case "REFER":
                self.wire.answer(asked, response(asked, 603, ""), source)  # transfers are the exchange's
            case _:
                self.wire.answer(asked, response(asked, 405, "phone"), source)

    def _leg_arrives(self, invite: Message, source: Address) -> None:
        if invite.tag("To"):
            self.wire.answer(invite, response(invite, 481, ""), source)
            return
        if len(self._legs) >= MAX_CALLS:
            self.wire.answer(invite, response(invite, 486, secrets.token_hex(4)), source)
            return
        headers = extension_headers(invite.text)
        view = PhoneCall(
            next(self._numbers), tag_of(headers), "in", "ringing", number_of(invite.first("From")), headers
        )  # fmt: skip
        leg = self._new_leg(view, invite.call_id)
        if code := leg.arrive(invite, source):
            self._legs.pop(view.call)
            del self._dialogs[invite.call_id]
            leg.stream.stop()
            self.wire.answer(invite, response(invite, code, leg.tag), source)
            return
        self.say(CallIncoming(view))
        self._ring_as_needed()

    def _new_leg(self, view: PhoneCall, call_id: str) -> Leg:
        leg = Leg(self, view, call_id)
        wanted = self._registration.wanted
        leg.contact = f"<sip:{wanted.extension if wanted else 'handset'}@{self.bind}:{self.port}>"
        self._legs[view.call] = self._dialogs[call_id] = leg
        return leg

    # ---- what legs tell -------------------------------------------------------------------------------------------

    def credentials(self) -> tuple[str, str]:
        """Extension and secret for a challenge, empty when not registered."""
        wanted = self._registration.wanted
        return (wanted.extension, wanted.secret) if wanted else ("", "")

    def leg_changed(self, leg: Leg, view: PhoneCall) -> None:
        """Take over the new view and tell it when it differs."""
        if view != leg.view and leg.view.call in self._legs:
            leg.view = view
            self.say(CallChanged(view))
            self._ring_as_needed()

    def leg_talks(self, leg: Leg) -> None:
        """Its sound begins."""
        self._mixer.ring(False)
        leg.line = Line(leg.view.call, leg.stream)
        leg.line.muted = leg.view.muted
        self._mixer.join(leg.line)

    def leg_ended(self, leg: Leg, code: int) -> None:
        """The call is over."""
        if self._legs.pop(leg.view.call, None) is None:
            return
        self._mixer.leave(leg.view.call)
        leg.stream.stop()
        self.wire.after(ENDED_KEPT_S, lambda: self._forget(leg))
        self.say(CallGone(leg.view.call, leg.view.tag, "us" if leg.ended_by_us else "far", code))
        self._ring_as_needed()

    def _forget(self, leg: Leg) -> None:
        if self._dialogs.get(leg.call_id) is leg:
            del self._dialogs[leg.call_id]

    def _registration_heard(self, code: int, active: bool) -> None:
        if told := self._registration.heard(code, active):
            self.say(told)

    def _ring_as_needed(self) -> None:
        stages = {(leg.view.direction, leg.view.stage) for leg in self._legs.values()}
        self._mixer.ring(("in", "ringing") in stages and not any(stage == "talking" for _, stage in stages))

    def _no_device(self) -> None:
        self.say(CommandRefused("ChooseDevices", "no_device"))

    def _pressed(self, call: int, digit: str) -> None:
        self.run_soon(lambda: self.say(DigitHeard(call, digit)))

    def stands(self) -> HandsetNow:
        wanted, registered = self._registration.wanted or Register("", "", ""), self._registration.registered
        calls = tuple(leg.view for leg in self._legs.values())
        return now_of(self.capabilities, wanted, registered, calls, self._mixer.devices, f"{self.bind}:{self.port}")


def _digit_of(info: Message) -> str:
    """The digit in an INFO: `Signal=5` of dtmf-relay, or the bare digit of application/dtmf."""
    text = info.plain.decode(errors="replace")
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        word = value.strip() if equals and name.strip().lower() == "signal" else "" if equals else line.strip()
        if len(word) == 1 and is_digits(word):
            return word.upper()
    return ""
