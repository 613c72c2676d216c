# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone engine on the wheel `pjsua2-pybind11` (PJSIP 2.14.1), under an interpreter of its own.

One thread owns every object and polls; PJSIP's own workers stay off, for with them a hang-up waits for a lock that
a callback holds while it waits for the interpreter. No TLS, SRTP or sound card: for robots and machines with their own.
"""

from __future__ import annotations

import gc
import itertools
import logging
import re
import time
import wave
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, assert_never

from telephony.phone.dialling import server_uri, target_of
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
from telephony.phone.pjsua2_pybind11_library import INVALID_ID, TOO_MANY, UNHOLD, Library, pj, status_of, words
from telephony.phone.registering import REGISTRATION_S, RETRY_S, Registration, why_not
from telephony.phone.signalling import extension_headers, is_digits, number_of, tag_of

log = logging.getLogger(__name__)

MAX_CALLS = 4  # compiled into the wheel
MAX_ACCOUNTS = 8  # a ninth ends the process: this engine has one and modifies it
POLL_MS = 10
LEVELS_EVERY_S = 0.2
AGAIN_TRIES = 20
AGAIN_AFTER_S = 0.1
ALL_CALLS = -1
MICROPHONE = SILENT_END = 0  # the bridge's own place: there is no sound card
NO_SOUND_CARD = -2
PREFERRED = {"PCMA/8000/1": 255, "PCMU/8000/1": 254}
SWITCHED_OFF = ("speex/16000", "speex/8000", "speex/32000", "iLBC", "GSM", "G722", "L16")


def _guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """An exception that leaves a callback of this wheel ends the process."""

    @wraps(callback)
    def careful(*args: Any) -> None:
        try:
            callback(*args)
        except Exception:
            log.exception("callback %s", callback.__name__)

    return careful


class _Leg(pj.Call):
    def __init__(self, engine: Pybind11Engine, account: Any, number: int, call_id: int = INVALID_ID) -> None:
        pj.Call.__init__(self, account, call_id)
        self.engine = engine
        self.view = PhoneCall(number, "", "out", "calling", "", {})
        self.ended_by_us = False
        self.slot = self.source = -1
        self.hold_wish, self.hold_tries, self.hold_due = False, 0, 0.0

    @_guarded
    def onCallState(self, prm: Any) -> None:
        info = self.info
        if info.state == pj.InvState.DISCONNECTED:
            self.engine.leg_ended(self, int(info.lastStatusCode))
        elif info.state == pj.InvState.CONFIRMED:
            self.engine.leg_changed(self, replace(self.view, stage="talking"))

    @_guarded
    def onCallMediaState(self, prm: Any) -> None:
        self.engine.connect_sound(self)

    @_guarded
    def onCallSdpCreated(self, prm: Any) -> None:
        """The wheel cannot bind its sound to an address: it listens at all and would name the machine's first."""
        prm.sdp.wholeSdp = re.sub(r"(?m)^(c=IN IP4 )\S+", rf"\g<1>{self.engine.bind}", prm.sdp.wholeSdp)

    @_guarded
    def onDtmfDigit(self, prm: Any) -> None:
        self.engine.say(DigitHeard(self.view.call, prm.digit))

    @_guarded
    def onCallTransferRequest(self, prm: Any) -> None:
        prm.statusCode = pj.StatusCode(603)  # transfers are the exchange's


class _Account(pj.Account):
    def __init__(self, engine: Pybind11Engine) -> None:
        pj.Account.__init__(self)
        self.engine = engine

    @_guarded
    def onIncomingCall(self, prm: Any) -> None:
        self.engine.leg_arrived(prm.callId, prm.rdata.wholeMsg)

    @_guarded
    def onRegState(self, prm: Any) -> None:
        self.engine.registration_heard(int(prm.code), prm.expiration > 0 and bool(self.info.regIsActive))


class Pybind11Engine(OwnThread):
    """See PhoneEngine. `bind`: address of SIP; `port` 0: any free one; there is no sound card to open."""

    capabilities = Capabilities(
        name="pjsua2_pybind11", hold=True, dtmf_send=True, tls=False, srtp=False, devices=False, play_file=True,
        max_calls=MAX_CALLS, max_accounts=MAX_ACCOUNTS, info_digits=True, digests=("MD5",),
    )  # fmt: skip

    def __init__(self, bind: str = "127.0.0.1", port: int = 0, sound: bool = True) -> None:
        super().__init__(bind, port)
        self._numbers = itertools.count(1)
        self._legs: dict[int, _Leg] = {}
        self._ended: list[_Leg] = []
        self._voices: dict[int, int] = {}
        self._registration = Registration()
        self._levels_due = 0.0

    # ---- the SIP thread -------------------------------------------------------------------------------------------

    def open(self) -> None:
        self._c = Library()
        self._endpoint = pj.Endpoint()
        settings = pj.EpConfig()
        settings.logConfig.level = settings.logConfig.consoleLevel = 0
        settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly = 0, False
        settings.uaConfig.maxCalls = MAX_CALLS
        settings.medConfig.threadCnt, settings.medConfig.hasIoqueue = 0, False  # its packets are read while polling
        settings.medConfig.clockRate, settings.medConfig.noVad = 8000, True
        self._endpoint.libCreate()
        self._endpoint.libInit(settings)
        transport = pj.TransportConfig()
        transport.boundAddress, transport.port = self.bind, self.port
        number = self._endpoint.transportCreate(pj.TransportType.UDP, transport)
        self.port = int(self._endpoint.transportGetInfo(number).localName.rpartition(":")[2])
        self._endpoint.libStart()
        self._endpoint.audDevManager.setNullDev()
        for name in SWITCHED_OFF:
            self._c.prefer_codec(name, 0)
        for name, priority in PREFERRED.items():
            self._c.prefer_codec(name, priority)
        self._account = _Account(self)
        self._account.create(self._account_settings(None))
        self.publish()

    def abandon(self) -> None:
        if hasattr(self, "_endpoint"):
            self._endpoint.libDestroy()
            del self._endpoint

    def turn(self) -> None:
        self._c.poll(POLL_MS)
        self._ended.clear()  # never inside its own callback
        moment = time.monotonic()
        for leg in list(self._legs.values()):
            self._settle_hold(leg, moment)
        if self._registration.silent(moment):
            self.registration_heard(408, False)
        if moment >= self._levels_due:
            self._levels_due = moment + LEVELS_EVERY_S
            self._tell_levels()

    def close(self) -> None:
        self._hang_up_all()
        self._pump(0.5, lambda: not self._legs)
        if self._registration.registered:
            self._account.setRegistration(False)
            self._registration.wanted = None
            self._pump(0.5, lambda: not self._registration.registered)
        self._endpoint.hangupAllCalls()
        self._legs.clear()
        self._ended.clear()
        for player in self._voices.values():
            self._c.end_player(player)
        gc.collect()
        self._account.shutdown()
        del self._account
        gc.collect()
        self._endpoint.libDestroy()
        del self._endpoint
        gc.collect()

    def explain(self, error: BaseException) -> str:
        return words(error)

    def put_off(self, error: Exception, tries: int) -> bool:
        return status_of(error) == TOO_MANY and tries < AGAIN_TRIES

    def _hang_up_all(self) -> None:
        for leg in list(self._legs.values()):
            try:
                self._release(leg, 0)
            except RuntimeError as error:
                log.debug("hang up while closing: %s", words(error))

    def _pump(self, seconds: float, until: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self._c.poll(POLL_MS)

    # ---- commands -------------------------------------------------------------------------------------------------

    def order(self, command: Command, tries: int) -> None:
        match command:
            case Register():
                if why := why_not(command, self.capabilities, ("udp",)):
                    raise Refused(why)
                self._registration.want(command, time.monotonic())
                if self._account.info.regIsConfigured:
                    self._account.modify(self._account_settings(None))
                self._account.modify(self._account_settings(command))
                self.publish()
            case Unregister():
                self._registration.give_up()
                if self._account.info.regIsConfigured:
                    self._account.modify(self._account_settings(None))
                self.registration_heard(200, False)
            case AnswerCall(number):
                self._ringing(number).answer(_terms(200))
            case RejectCall(number, code):
                if code not in (486, 603, 480):
                    raise Refused("bad_code")
                self._release(self._ringing(number), code)
            case HangUpCall(number):
                self._release(self._leg(number), 0)
            case Mute(number, on):
                leg = self._leg(number)
                self.leg_changed(leg, replace(leg.view, muted=on))
                self._join(leg)
            case HoldCall(number, on):
                leg = self._talking(number)
                leg.hold_wish, leg.hold_tries, leg.hold_due = on, AGAIN_TRIES, 0.0
                self._settle_hold(leg, time.monotonic())
            case SendTones(number, digits, by):
                self._send_tones(number, digits, by)
            case DialOut():
                self._dial(command)
            case Speak():
                self._speak(command)
            case ChooseDevices(microphone, speaker):
                if NO_SOUND_CARD not in (microphone, speaker) and (microphone, speaker) != (-1, -1):
                    raise Refused("no_device")
            case Keep() | Ask() | Goodbye():
                raise Refused("unsupported")  # the handset process answers these
            case _:
                assert_never(command)

    def _leg(self, number: int) -> _Leg:
        leg = self._legs.get(number)
        if leg is None:
            raise Refused("no_such_call")
        return leg

    def _ringing(self, number: int) -> _Leg:
        leg = self._leg(number)
        if leg.view.stage != "ringing":
            raise Refused("not_ringing")
        return leg

    def _talking(self, number: int) -> _Leg:
        leg = self._leg(number)
        if leg.view.stage != "talking":
            raise Refused("not_talking")
        return leg

    def _account_settings(self, wanted: Register | None) -> Any:
        settings = pj.AccountConfig()
        settings.idUri = f"sip:handset@{self.bind}:{self.port}"
        settings.regConfig.timeoutSec = REGISTRATION_S
        settings.regConfig.retryIntervalSec = settings.regConfig.firstRetryIntervalSec = RETRY_S
        settings.regConfig.unregWaitMsec = 500
        if wanted is not None:
            settings.idUri = f"sip:{wanted.extension}@{wanted.server}"
            settings.regConfig.registrarUri = server_uri(wanted)
            settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", wanted.extension, 0, wanted.secret))
        return settings

    def _dial(self, command: DialOut) -> None:
        if len(self._legs) >= MAX_CALLS:
            raise Refused("too_many_calls")
        target = target_of(command, self._registration.wanted)
        offer = _terms(0)
        for name, value in command.headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            offer.txOption.headers.append(header)
        if command.caller:
            offer.txOption.localUri = f"sip:{command.caller}@{self.bind}"
        leg = _Leg(self, self._account, next(self._numbers))
        leg.view = replace(
            leg.view, tag=tag_of(command.headers), remote=number_of(target), headers=dict(command.headers)
        )
        self._legs[leg.view.call] = leg
        try:
            leg.makeCall(target, offer)
        except RuntimeError:
            self._legs.pop(leg.view.call, None)
            self._ended.append(leg)
            raise
        self.say(CallChanged(leg.view))

    def _release(self, leg: _Leg, code: int) -> None:
        leg.ended_by_us = True
        leg.hangup(_terms(code))

    def _settle_hold(self, leg: _Leg, moment: float) -> None:
        """Bring a call to the last wish. A re-INVITE may still be under way, so it is tried again for 2 s."""
        if leg.view.held == leg.hold_wish or not leg.hold_tries or moment < leg.hold_due:
            return
        leg.hold_tries, leg.hold_due = leg.hold_tries - 1, moment + AGAIN_AFTER_S
        terms = _terms(0)
        try:
            if leg.hold_wish:
                leg.setHold(terms)
            else:
                terms.opt.flag = UNHOLD
                leg.reinvite(terms)
        except RuntimeError as error:
            if not leg.hold_tries:
                self.say(CommandRefused("HoldCall", words(error)))

    def _send_tones(self, number: int, digits: str, by: str) -> None:
        if not is_digits(digits) or by not in ("rtp", "info"):
            raise Refused("bad_digits")
        tones = pj.CallSendDtmfParam()
        tones.method = pj.DtmfMethod.SIP_INFO if by == "info" else pj.DtmfMethod.RFC2833
        tones.duration, tones.digits = 160, digits.upper()
        self._talking(number).sendDtmf(tones)

    # ---- sound ----------------------------------------------------------------------------------------------------

    def _speak(self, command: Speak) -> None:
        player = self._c.player(_checked(command.file), command.loop) if command.file else None
        old = self._voices.pop(command.call, None)
        if player is not None:
            self._voices[command.call] = player
        for leg in list(self._legs.values()):
            self._join(leg)
        if old is not None:
            self._c.end_player(old)  # only now is nobody listening to it

    def connect_sound(self, leg: _Leg) -> None:
        """The call's sound began, stopped or moved; learns whether it is held."""
        info = leg.info  # kept in a name: its media list is memory of this object
        held, slot = False, -1
        for media in info.media:
            if media.type != pj.MediaType.AUDIO:
                continue
            held = held or media.status == pj.CallMediaStatus.LOCAL_HOLD
            if media.status in (pj.CallMediaStatus.ACTIVE, pj.CallMediaStatus.REMOTE_HOLD):
                slot = media.audioConfSlot
        if slot != leg.slot:
            leg.slot, leg.source = slot, -1
            if slot >= 0:
                self._c.connect(slot, SILENT_END)  # what nobody hears is not even read
        self._join(leg)
        self.leg_changed(leg, replace(leg.view, held=held))

    def _join(self, leg: _Leg) -> None:
        """Let the call hear its own voice, or that of all, or silence; nothing while muted."""
        if leg.slot < 0:
            return
        player = self._voices.get(leg.view.call, self._voices.get(ALL_CALLS))
        source = -1 if leg.view.muted else MICROPHONE if player is None else self._c.player_slot(player)
        if source != leg.source:
            if leg.source >= 0:
                self._c.disconnect(leg.source, leg.slot)
            if source >= 0:
                self._c.connect(source, leg.slot)
            leg.source = source

    def _tell_levels(self) -> None:
        for leg in list(self._legs.values()):
            if leg.view.stage == "talking" and not leg.view.held and leg.slot >= 0:
                own = self._c.loudness(leg.source) if leg.source >= 0 else 0
                heard = self._c.loudness(leg.slot)
                self.say(Levels(leg.view.call, round(min(own, 255) / 255, 3), round(min(heard, 255) / 255, 3)))

    # ---- what PJSIP reports ---------------------------------------------------------------------------------------

    def leg_arrived(self, call_id: int, message: str) -> None:
        """An INVITE came: say 180 at once and tell the desk. PJSIP itself answers 486 when all four slots are taken."""
        leg = _Leg(self, self._account, next(self._numbers), call_id)
        if len(self._legs) >= MAX_CALLS:
            leg.hangup(_terms(486))
            self._ended.append(leg)
            return
        leg.answer(_terms(180))
        headers = extension_headers(message)
        remote = number_of(leg.info.remoteUri)
        leg.view = PhoneCall(leg.view.call, tag_of(headers), "in", "ringing", remote, headers)
        self._legs[leg.view.call] = leg
        self.say(CallIncoming(leg.view))

    def leg_changed(self, leg: _Leg, view: PhoneCall) -> None:
        """Take over the new view and tell it when it differs."""
        if view != leg.view and leg.view.call in self._legs:
            leg.view = view
            self.say(CallChanged(view))

    def leg_ended(self, leg: _Leg, code: int) -> None:
        """The call is over; the object goes at the end of this turn."""
        self._ended.append(leg)
        leg.slot = leg.source = -1
        if self._legs.pop(leg.view.call, None) is not None:
            if (voice := self._voices.pop(leg.view.call, None)) is not None:
                self._c.end_player(voice)
            self.say(CallGone(leg.view.call, leg.view.tag, "us" if leg.ended_by_us else "far", code))

    def registration_heard(self, code: int, active: bool) -> None:
        """The server answered, or nobody did."""
        if told := self._registration.heard(code, active):
            self.say(told)

    def stands(self) -> HandsetNow:
        wanted, registered = self._registration.wanted or Register("", "", ""), self._registration.registered
        calls = tuple(leg.view for leg in self._legs.values())
        return now_of(self.capabilities, wanted, registered, calls, (), f"{self.bind}:{self.port}")


def _terms(code: int) -> Any:
    terms = pj.CallOpParam(True)
    if code:
        terms.statusCode = pj.StatusCode(code)
    terms.opt.videoCount = 0
    return terms


def _checked(file: str) -> str:
    try:
        with wave.open(file, "rb") as sound:
            if sound.getnchannels() != 1 or sound.getsampwidth() != 2 or sound.getnframes() == 0:
                raise Refused("bad_file")
    except FileNotFoundError:
        raise Refused("no_such_file") from None
    except (OSError, EOFError, wave.Error):
        raise Refused("bad_file") from None
    return file
