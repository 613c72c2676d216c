# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone engine on PJSIP (wheel `pjsua2-python`): commands, and what PJSIP reports.

One Python thread of its own owns every PJSIP object: it polls for 10 ms, then carries out the commands that queued up.
Callbacks therefore run on that thread too. Raises EngineUnavailable at import or start when PJSIP cannot run here.
"""

from __future__ import annotations

import gc
import itertools
import logging
import threading
import time
from collections import deque
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
from telephony.phone.pjsip import TOO_MANY, keep_singletons, pj, register_digests, words
from telephony.phone.pjsua2_account import Transports, account_settings
from telephony.phone.pjsua2_legs import AGAIN_AFTER_S, AGAIN_TRIES, Account, Leg, answer
from telephony.phone.pjsua2_sound import BadSound, Sound, level
from telephony.phone.registering import Registration, why_not
from telephony.phone.signalling import (
    extension_headers,
    is_digits,
    number_of,
    offers_keys,
    tag_of,
    travelled_secure,
)
from telephony.phone.trust import Untrusted, certificate

log = logging.getLogger(__name__)

MAX_CALLS = 4  # compiled into the wheel; UaConfig.maxCalls above it is accepted and then not kept
MAX_ACCOUNTS = 8  # a ninth account ends the process by a C assert: this engine has one and modifies it
POLL_MS = 10
LEVELS_EVERY_S = 0.2
QUICK_ENDS = 20  # calls that may end within QUICK_S: their sockets close late, and above some 30 the library aborts
QUICK_S = 1.0  # callers who cancel as quickly cannot be slowed from here: that is for the exchange before it
CODECS = ("PCMA/8000", "PCMU/8000")


class Pjsua2Engine(OwnThread):
    """See PhoneEngine. `bind`: address of SIP and RTP; `port` 0: any free one; `sound` False never opens a device."""

    capabilities = Capabilities(
        name="pjsua2", hold=True, dtmf_send=True, tls=True, srtp=True, devices=True, play_file=True,
        max_calls=MAX_CALLS, max_accounts=MAX_ACCOUNTS, info_digits=True,
    )  # fmt: skip

    def __init__(self, bind: str = "127.0.0.1", port: int = 0, sound: bool = True, log_file: str = "") -> None:
        super().__init__(bind, port)
        self._allowed, self._log_file = sound, log_file
        self._numbers = itertools.count(1)
        self._legs: dict[int, Leg] = {}
        self._ended: list[Leg] = []
        self._ends: deque[float] = deque(maxlen=QUICK_ENDS)
        self._registration = Registration()
        self._levels_due = 0.0

    # ---- the SIP thread -------------------------------------------------------------------------------------------

    def turn(self) -> None:
        self._endpoint.libHandleEvents(POLL_MS)
        self._ended.clear()  # never inside its own callback
        moment = time.monotonic()
        for leg in list(self._legs.values()):
            leg.settle_hold(moment)
        if self._registration.silent(moment):
            self.registration_heard(408, False)
        if moment >= self._levels_due:
            self._levels_due = moment + LEVELS_EVERY_S
            self._tell_levels()

    def open(self) -> None:
        keep_singletons()
        self._endpoint = pj.Endpoint()
        register_digests()
        self._endpoint.libCreate()
        settings = pj.EpConfig()
        settings.logConfig.level = 1
        settings.logConfig.consoleLevel = 0
        settings.logConfig.filename = self._log_file
        settings.uaConfig.threadCnt = 0
        settings.uaConfig.mainThreadOnly = True
        settings.uaConfig.maxCalls = MAX_CALLS
        settings.uaConfig.userAgent = "Three Rings handset"
        settings.medConfig.clockRate = 8000  # the house speaks G.711: nothing to gain above
        settings.medConfig.noVad = True
        self._endpoint.libInit(settings)
        self._transports = Transports(self._endpoint, self.bind, self.port)
        self.port = self._transports.port
        for codec in self._endpoint.codecEnum2():
            rank = next((i for i, name in enumerate(CODECS) if codec.codecId.startswith(name)), None)
            self._endpoint.codecSetPriority(codec.codecId, 0 if rank is None else 255 - rank)
        self._endpoint.libStart()
        self._sound = Sound(self._endpoint.audDevManager(), self._allowed, self._no_device)
        self._account = Account(self)
        self._account.create(account_settings(None, self.bind, self.port))
        self.publish()

    def abandon(self) -> None:
        self._endpoint.libDestroy()  # left to the end of the program, another thread would do it: an abort
        del self._endpoint

    def close(self) -> None:
        self._hang_up_all()  # its own method: a local name of this one would keep the last Call alive
        self._pump(0.5, lambda: not self._legs)
        if self._registration.registered:
            self._account.setRegistration(False)
            self._registration.wanted = None
            self._pump(0.5, lambda: not self._registration.registered)
        # a Call or player alive after libDestroy is an abort of the process
        self._endpoint.hangupAllCalls()
        self._legs.clear()
        self._ended.clear()
        self._sound.close()
        gc.collect()
        self._account.shutdown()
        del self._account
        gc.collect()
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
        del self._endpoint
        gc.collect()

    def explain(self, error: BaseException) -> str:
        return words(error)

    def put_off(self, error: Exception, tries: int) -> bool:
        return isinstance(error, pj.Error) and error.status == TOO_MANY and tries < AGAIN_TRIES  # type: ignore[attr-defined]

    def _hang_up_all(self) -> None:
        for leg in list(self._legs.values()):
            try:
                leg.release(0)
            except pj.Error as error:
                log.debug("hang up while closing: %s", words(error))

    def _pump(self, seconds: float, until: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self._endpoint.libHandleEvents(POLL_MS)

    # ---- commands -------------------------------------------------------------------------------------------------

    def order(self, command: Command, tries: int) -> None:
        try:
            self._order(command, tries)
        except BadSound as refused:
            raise Refused(str(refused)) from None
        except pj.Error as error:
            if error.status == TOO_MANY and tries >= AGAIN_TRIES:
                raise Refused("too_many_calls") from None
            raise

    def _order(self, command: Command, tries: int) -> None:
        match command:
            case Register():
                self._register(command)
            case Unregister():
                self._registration.give_up()
                if self._account.getInfo().regIsConfigured:
                    self._account.modify(account_settings(None, self.bind, self.port))
                self.registration_heard(200, False)
            case AnswerCall(number):
                leg = self._leg(number)
                if leg.view.stage != "ringing":
                    raise Refused("not_ringing")
                leg.answer(answer(200))
            case RejectCall(number, code):
                if code not in (486, 603, 480):
                    raise Refused("bad_code")
                leg = self._leg(number)
                if leg.view.stage != "ringing":
                    raise Refused("not_ringing")
                moment = time.monotonic()
                if len(self._ends) == QUICK_ENDS and moment - self._ends[0] < QUICK_S:
                    # a flood: while this one keeps its line, PJSIP answers 486 by itself and opens no socket
                    self.later(command, tries, AGAIN_AFTER_S)
                    return
                leg.release(code)
            case HangUpCall(number):
                self._leg(number).release(0)
            case Mute(number, on):
                leg = self._leg(number)
                self.leg_changed(leg, replace(leg.view, muted=on))
                self.connect_sound(leg)
            case HoldCall(number, on):
                leg = self._leg(number)
                if leg.view.stage != "talking":
                    raise Refused("not_talking")
                leg.wish_hold(on)
            case SendTones(number, digits, by):
                self._send_tones(self._leg(number), digits, by)
            case DialOut():
                self._dial(command)
            case Speak():
                self._speak(command)
            case ChooseDevices():
                self._sound.choose(command)
                for leg in list(self._legs.values()):
                    self.connect_sound(leg)
                self._ring_as_needed()  # chosen while it rings: on with it
                self.publish()
            case Keep() | Ask() | Goodbye():
                raise Refused("unsupported")  # the handset process answers these
            case _:
                assert_never(command)

    def _leg(self, number: int) -> Leg:
        leg = self._legs.get(number)
        if leg is None:
            raise Refused("no_such_call")
        return leg

    def _register(self, command: Register) -> None:
        if why := why_not(command, self.capabilities):
            raise Refused(why)
        self._registration.want(command, time.monotonic())
        self.publish()
        if command.transport != "tls":
            self._send_registration(command, "")
            return

        def look_up() -> None:
            try:
                shown = certificate(command.trust, command.server)
            except Untrusted as error:
                why = str(error)
                self.run_soon(lambda: self._cannot_trust(command, why))
            else:
                self.run_soon(lambda: self._send_registration(command, shown))

        threading.Thread(target=look_up, name="certificate", daemon=True).start()

    def _send_registration(self, command: Register, trusted: str) -> None:
        if self._registration.wanted is not command:
            return  # another wish came while the certificate was looked up
        # the same account again would not be sent: forget it first
        if self._account.getInfo().regIsConfigured:
            self._account.modify(account_settings(None, self.bind, self.port))
        try:
            self._transports.need(command.transport, trusted)
            self._account.modify(account_settings(command, self.bind, self.port))
        except pj.Error as error:
            log.warning("registering: %s", words(error))
            self._cannot_trust(command, "bad_trust" if trusted else "unreachable")

    def _cannot_trust(self, command: Register, why: str) -> None:
        if self._registration.wanted is command and (told := self._registration.heard(503, False, why)):
            self.say(told)

    def _dial(self, command: DialOut) -> None:
        if len(self._legs) >= MAX_CALLS:
            raise Refused("too_many_calls")
        target = target_of(command, self._registration.wanted)
        offer = pj.CallOpParam(True)
        offer.opt.videoCount = 0
        for name, value in command.headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            offer.txOption.headers.append(header)
        if command.caller:
            offer.txOption.localUri = f"sip:{command.caller}@{self.bind}"
        leg = Leg(self, self._account, next(self._numbers))
        leg.view = replace(
            leg.view, tag=tag_of(command.headers), remote=number_of(target), headers=dict(command.headers),
            secure="transport=tls" in target.lower(),
        )  # fmt: skip
        self._legs[leg.view.call] = leg
        try:
            leg.makeCall(target, offer)
        except pj.Error:
            self._legs.pop(leg.view.call, None)
            self._ended.append(leg)
            raise
        self.say(CallChanged(leg.view))

    def _send_tones(self, leg: Leg, digits: str, by: str) -> None:
        if not is_digits(digits) or by not in ("rtp", "info"):
            raise Refused("bad_digits")
        if leg.view.stage != "talking":
            raise Refused("not_talking")
        leg.send_digits(digits, by)

    # ---- sound ----------------------------------------------------------------------------------------------------

    def _speak(self, command: Speak) -> None:
        old = self._sound.speak(command)
        for leg in list(self._legs.values()):
            self.connect_sound(leg)
        del old  # only now is nobody listening to it

    def connect_sound(self, leg: Leg) -> None:
        """Join a leg to the earpiece and, unless muted, to its voice or the microphone; learns whether it is held."""
        info = leg.getInfo()  # kept in a name: its media list is memory of this object
        held, secure = False, False
        for index in range(len(info.media)):
            media = info.media[index]
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            held = held or media.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
            if media.status not in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD):
                leg.source = None
                continue
            sound = leg.getAudioMedia(index)
            secure = leg.media_is_secure()
            self._sound.talking()
            voice, earpiece = self._sound.voice(leg.view.call), self._sound.earpiece()
            try:
                if leg.source is not None and (leg.view.muted or leg.source is not voice):
                    leg.source.stopTransmit(sound)
                    leg.source = None
                sound.startTransmit(earpiece)
                if not leg.view.muted:
                    voice.startTransmit(sound)
                    leg.source = voice
            except pj.Error as error:
                self._sound.failed(error)
        wanted = self._registration.wanted
        if wanted is not None and wanted.media and leg.source is not None and not secure:
            leg.release(0)  # it was to be encrypted or not to be
            return
        self.leg_changed(leg, replace(leg.view, held=held, media_secure=secure or (held and leg.view.media_secure)))

    def _no_device(self) -> None:
        self.say(CommandRefused("ChooseDevices", "no_device"))

    def _ring_as_needed(self) -> None:
        stages = {(leg.view.direction, leg.view.stage) for leg in self._legs.values()}
        self._sound.ring(("in", "ringing") in stages and not any(stage == "talking" for _, stage in stages))
        if not self._legs:
            self._sound.idle()

    def _tell_levels(self) -> None:
        for leg in list(self._legs.values()):
            if leg.view.stage != "talking" or leg.view.held or not leg.hasMedia():
                continue
            try:
                sound = leg.getAudioMedia(-1)
                own = leg.source.getTxLevel() if leg.source is not None else 0
                # PJSIP names its levels as the bridge sees them: Tx is what this port gives, so what the far side says
                self.say(Levels(leg.view.call, level(own), level(sound.getTxLevel())))
            except pj.Error as error:
                log.debug("levels: %s", words(error))

    # ---- what PJSIP reports ---------------------------------------------------------------------------------------

    def leg_arrived(self, call_id: int, message: str) -> None:
        """An INVITE came: say 180 at once and tell the desk. PJSIP itself answers 486 when all four slots are taken."""
        leg = Leg(self, self._account, next(self._numbers), call_id)
        code = self._refusal_of(message)
        if code:
            leg.hangup(answer(code))
            self._ended.append(leg)
            return
        leg.answer(answer(180))
        headers = extension_headers(message)
        remote = number_of(leg.getInfo().remoteUri)
        leg.view = PhoneCall(
            leg.view.call, tag_of(headers), "in", "ringing", remote, headers, secure=travelled_secure(message)
        )
        self._legs[leg.view.call] = leg
        self.say(CallIncoming(leg.view))
        self._ring_as_needed()

    def _refusal_of(self, message: str) -> int:
        """With which status an INVITE is refused before it rings, 0 when it rings."""
        if len(self._legs) >= MAX_CALLS:
            return 486
        wanted = self._registration.wanted
        return 488 if wanted is not None and wanted.media and not offers_keys(message) else 0

    def leg_changed(self, leg: Leg, view: PhoneCall) -> None:
        """Take over the new view and tell it when it differs."""
        if view != leg.view and leg.view.call in self._legs:
            leg.view = view
            self.say(CallChanged(view))
            self._ring_as_needed()

    def leg_ended(self, leg: Leg, code: int) -> None:
        """The call is over; the object goes at the end of this turn."""
        self._ended.append(leg)
        self._ends.append(time.monotonic())
        leg.source = None
        if self._legs.pop(leg.view.call, None) is not None:
            self._sound.forget(leg.view.call)
            by = "us" if leg.ended_by_us else "far"
            self.say(CallGone(leg.view.call, leg.view.tag, by, code))
            self._ring_as_needed()

    def registration_heard(self, code: int, active: bool) -> None:
        """The server answered, or nobody did."""
        if told := self._registration.heard(code, active):
            self.say(told)

    def stands(self) -> HandsetNow:
        wanted, registered = self._registration.wanted or Register("", "", ""), self._registration.registered
        calls = tuple(leg.view for leg in self._legs.values())
        return now_of(self.capabilities, wanted, registered, calls, self._sound.devices, f"{self.bind}:{self.port}")
