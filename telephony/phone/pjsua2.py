# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone engine on PJSIP (wheel `pjsua2-python`): registration and calls.

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
from functools import wraps
from typing import Any, assert_never

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
    EngineUnavailable,
    Goodbye,
    HandsetNow,
    HangUpCall,
    HoldCall,
    Keep,
    Levels,
    Mute,
    PhoneCall,
    Register,
    RegistrationChanged,
    RejectCall,
    Report,
    SendTones,
    Speak,
    Unregister,
)
from telephony.phone.pjsip import TOO_MANY, pj, register_digests, words
from telephony.phone.pjsua2_sound import BadSound, Sound, level
from telephony.phone.signalling import (
    extension_headers,
    is_digits,
    is_phone_word,
    may_send_header,
    number_of,
    registration_why,
    tag_of,
)

log = logging.getLogger(__name__)

MAX_CALLS = 4  # compiled into the wheel; UaConfig.maxCalls above it is accepted and then not kept
MAX_ACCOUNTS = 8  # a ninth account ends the process by a C assert: this engine has one and modifies it
POLL_MS = 10
LEVELS_EVERY_S = 0.2
UNREACHABLE_AFTER_S = 6.0  # PJSIP itself gives up a REGISTER after 32 s: too long for a person who waits
REGISTRATION_S = 60
RETRY_S = 5
AGAIN_AFTER_S = 0.1
AGAIN_TRIES = 20
QUICK_ENDS = 20  # calls that may end within QUICK_S: their sockets close late, and above some 30 the library aborts
QUICK_S = 1.0  # callers who cancel as quickly cannot be slowed from here: that is for the exchange before it
CODECS = ("PCMA/8000", "PCMU/8000")


class _Refused(Exception):
    """A command that cannot be done; the text is CommandRefused.why."""


def _guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """An exception that leaves a callback crosses C++ frames: it is logged here and stays here."""

    @wraps(callback)
    def guarded(*args: Any) -> None:
        try:
            callback(*args)
        except Exception:
            log.exception("callback %s", callback.__name__)

    return guarded


class _Leg(pj.Call):
    """One call of this phone as PJSIP sees it, with what the desk knows about it in `view`."""

    def __init__(
        self, engine: Pjsua2Engine, account: _Account, number: int, call_id: int = pj.PJSUA_INVALID_ID
    ) -> None:
        super().__init__(account, call_id)
        self.engine = engine
        self.view = PhoneCall(number, "", "out", "calling", "", {})
        self.ended_by_us = False
        self.source: Any = None
        self.hold_wish, self.hold_tries, self.hold_due = False, 0, 0.0

    @_guarded
    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.engine.leg_ended(self, info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.engine.leg_changed(self, replace(self.view, stage="talking"))

    @_guarded
    def onCallMediaState(self, prm: Any) -> None:
        self.engine.connect_sound(self)

    @_guarded
    def onDtmfDigit(self, prm: Any) -> None:
        self.engine.say(DigitHeard(self.view.call, prm.digit))

    @_guarded
    def onCallTransferRequest(self, prm: Any) -> None:
        prm.statusCode = 603  # transfers are the exchange's: a REFER to the phone is declined


class _Account(pj.Account):
    def __init__(self, engine: Pjsua2Engine) -> None:
        super().__init__()
        self.engine = engine

    @_guarded
    def onIncomingCall(self, prm: Any) -> None:
        self.engine.leg_arrived(prm.callId, prm.rdata.wholeMsg)

    @_guarded
    def onRegState(self, prm: Any) -> None:
        self.engine.registration(prm.code, prm.expiration > 0 and bool(self.getInfo().regIsActive))


class Pjsua2Engine:
    """See PhoneEngine. `bind`: address of SIP and RTP; `port` 0: any free one; `sound` False never opens a device."""

    capabilities = Capabilities(
        name="pjsua2", hold=True, dtmf_send=True, tls=False, srtp=False, devices=True, play_file=True,
        max_calls=MAX_CALLS, max_accounts=MAX_ACCOUNTS,
    )  # fmt: skip

    def __init__(self, bind: str = "127.0.0.1", port: int = 0, sound: bool = True, log_file: str = "") -> None:
        self.bind, self.port = bind, port
        self._allowed, self._log_file = sound, log_file
        self._commands: deque[Command] = deque()
        self._again: list[tuple[float, int, Command]] = []
        self._numbers = itertools.count(1)
        self._legs: dict[int, _Leg] = {}
        self._ended: list[_Leg] = []
        self._ends: deque[float] = deque(maxlen=QUICK_ENDS)
        self._wanted: Register | None = None
        self._registered = False
        self._why_not: str | None = None
        self._answer_due = 0.0
        self._levels_due = 0.0
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self._now = HandsetNow(self.capabilities, False, "", "", (), (), {})

    # ---- called from any thread -----------------------------------------------------------------------------------

    def start(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise EngineUnavailable(
                f"The SIP engine cannot start on {self.bind}:{self.port}: {words(self._failure)}."
                " Is the address one of this machine, and the port free?"
            ) from self._failure

    def do(self, command: Command) -> None:
        self._commands.append(command)

    def now(self) -> HandsetNow:
        return self._now

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    # ---- the SIP thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
        except Exception as error:
            self._failure = error
            self._endpoint.libDestroy()  # left to the end of the program, another thread would do it: an abort
            del self._endpoint
            return
        finally:
            self._started.set()
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception as error:
                log.exception("SIP thread: %s", words(error))
        try:
            self._close()
        except Exception as error:
            log.exception("closing the SIP engine: %s", words(error))

    def _turn(self) -> None:
        self._endpoint.libHandleEvents(POLL_MS)
        self._ended.clear()  # never inside its own callback
        while self._commands:
            self._carry_out(self._commands.popleft(), 0)
        moment = time.monotonic()
        due = [entry for entry in self._again if entry[0] <= moment]
        self._again = [entry for entry in self._again if entry[0] > moment]
        for _, tries, command in due:
            self._carry_out(command, tries)
        for leg in list(self._legs.values()):
            self._settle_hold(leg, moment)
        if self._answer_due and moment >= self._answer_due:
            self.registration(408, False)
        if moment >= self._levels_due:
            self._levels_due = moment + LEVELS_EVERY_S
            self._tell_levels()

    def _open(self) -> None:
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
        transport = pj.TransportConfig()
        transport.boundAddress, transport.port = self.bind, self.port
        number = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.port = int(self._endpoint.transportGetInfo(number).localName.rpartition(":")[2])
        for codec in self._endpoint.codecEnum2():
            rank = next((i for i, name in enumerate(CODECS) if codec.codecId.startswith(name)), None)
            self._endpoint.codecSetPriority(codec.codecId, 0 if rank is None else 255 - rank)
        self._endpoint.libStart()
        self._sound = Sound(self._endpoint.audDevManager(), self._allowed, self._no_device)
        self._account = _Account(self)
        self._account.create(self._account_settings(None))
        self._publish()

    def _close(self) -> None:
        self._hang_up_all()  # its own method: a local name of this one would keep the last Call alive
        self._pump(0.5, lambda: not self._legs)
        if self._registered:
            self._account.setRegistration(False)
            self._wanted = None
            self._pump(0.5, lambda: not self._registered)
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

    def _hang_up_all(self) -> None:
        for leg in list(self._legs.values()):
            try:
                self._hang_up(leg, 0)
            except pj.Error as error:
                log.debug("hang up while closing: %s", words(error))

    def _pump(self, seconds: float, until: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self._endpoint.libHandleEvents(POLL_MS)

    # ---- commands -------------------------------------------------------------------------------------------------

    def _carry_out(self, command: Command, tries: int) -> None:
        name = type(command).__name__
        try:
            self._order(command, tries)
        except (_Refused, BadSound) as refused:
            self.say(CommandRefused(name, str(refused)))
        except pj.Error as error:
            if error.status == TOO_MANY and tries < AGAIN_TRIES:  # the slot of a call just ended is not free yet
                self._again.append((time.monotonic() + AGAIN_AFTER_S, tries + 1, command))
                return
            log.warning("%s: %s", name, words(error))
            self.say(CommandRefused(name, "too_many_calls" if error.status == TOO_MANY else words(error)))
        except Exception as error:
            log.exception("command %s", name)
            self.say(CommandRefused(name, f"failed: {error}"))

    def _order(self, command: Command, tries: int) -> None:
        match command:
            case Register():
                self._register(command)
            case Unregister():
                self._wanted, self._answer_due = None, 0.0
                if self._account.getInfo().regIsConfigured:
                    self._account.modify(self._account_settings(None))
                self.registration(200, False)
            case AnswerCall(number):
                leg = self._leg(number)
                if leg.view.stage != "ringing":
                    raise _Refused("not_ringing")
                leg.answer(_answer(200))
            case RejectCall(number, code):
                if code not in (486, 603, 480):
                    raise _Refused("bad_code")
                leg = self._leg(number)
                if leg.view.stage != "ringing":
                    raise _Refused("not_ringing")
                moment = time.monotonic()
                if len(self._ends) == QUICK_ENDS and moment - self._ends[0] < QUICK_S:
                    # a flood: while this one keeps its line, PJSIP answers 486 by itself and opens no socket
                    self._again.append((moment + AGAIN_AFTER_S, tries, command))
                    return
                self._hang_up(leg, code)
            case HangUpCall(number):
                self._hang_up(self._leg(number), 0)
            case Mute(number, on):
                leg = self._leg(number)
                self.leg_changed(leg, replace(leg.view, muted=on))
                self.connect_sound(leg)
            case HoldCall(number, on):
                leg = self._leg(number)
                if leg.view.stage != "talking":
                    raise _Refused("not_talking")
                leg.hold_wish, leg.hold_tries, leg.hold_due = on, AGAIN_TRIES, 0.0
                self._settle_hold(leg, time.monotonic())
            case SendTones(number, digits):
                self._send_tones(self._leg(number), digits)
            case DialOut():
                self._dial(command)
            case Speak():
                self._speak(command)
            case ChooseDevices():
                self._sound.choose(command)
                for leg in list(self._legs.values()):
                    self.connect_sound(leg)
                self._ring_as_needed()  # chosen while it rings: on with it
                self._publish()
            case Keep() | Ask() | Goodbye():
                raise _Refused("unsupported")  # the handset process answers these
            case _:
                assert_never(command)

    def _leg(self, number: int) -> _Leg:
        leg = self._legs.get(number)
        if leg is None:
            raise _Refused("no_such_call")
        return leg

    def _register(self, command: Register) -> None:
        if not is_phone_word(command.extension) or not command.server:
            raise _Refused("bad_address")
        self._wanted, self._why_not, self._registered = command, None, False
        self._answer_due = time.monotonic() + UNREACHABLE_AFTER_S
        before = self._account.getInfo().regIsConfigured
        # the same account again would not be sent: forget it first
        if before:
            self._account.modify(self._account_settings(None))
        self._account.modify(self._account_settings(command))
        self._publish()

    def _account_settings(self, wanted: Register | None) -> Any:
        settings = pj.AccountConfig()
        settings.idUri = f"sip:handset@{self.bind}:{self.port}"
        settings.regConfig.timeoutSec = REGISTRATION_S
        settings.regConfig.retryIntervalSec = RETRY_S
        settings.regConfig.firstRetryIntervalSec = RETRY_S
        settings.regConfig.unregWaitMsec = 500
        settings.mediaConfig.transportConfig.boundAddress = self.bind
        settings.mediaConfig.transportConfig.port = 0
        if wanted is not None:
            settings.idUri = f"sip:{wanted.extension}@{wanted.server}"
            settings.regConfig.registrarUri = f"sip:{wanted.server}"
            settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", wanted.extension, 0, wanted.secret))
        return settings

    def _dial(self, command: DialOut) -> None:
        if len(self._legs) >= MAX_CALLS:
            raise _Refused("too_many_calls")
        target = command.target
        if not target.lower().startswith(("sip:", "sips:", "<sip")):
            if self._wanted is None:
                raise _Refused("not_registered")
            if not is_phone_word(target):
                raise _Refused("bad_address")
            target = f"sip:{target}@{self._wanted.server}"
        if command.caller and not is_phone_word(command.caller):
            raise _Refused("bad_address")
        offer = pj.CallOpParam(True)
        offer.opt.videoCount = 0
        for name, value in command.headers.items():
            if not may_send_header(name, value):
                raise _Refused("bad_header")
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
        except pj.Error:
            self._legs.pop(leg.view.call, None)
            self._ended.append(leg)
            raise
        self.say(CallChanged(leg.view))

    def _hang_up(self, leg: _Leg, code: int) -> None:
        leg.ended_by_us = True
        leg.hangup(_answer(code))

    def _settle_hold(self, leg: _Leg, moment: float) -> None:
        """Bring a call to the last wish. A re-INVITE may still be under way, so it is tried again for 2 s."""
        if leg.view.held == leg.hold_wish or not leg.hold_tries or moment < leg.hold_due:
            return
        leg.hold_tries, leg.hold_due = leg.hold_tries - 1, moment + AGAIN_AFTER_S
        terms = pj.CallOpParam(True)
        try:
            if leg.hold_wish:
                leg.setHold(terms)
            else:
                terms.opt.flag = pj.PJSUA_CALL_UNHOLD
                terms.opt.videoCount = 0
                leg.reinvite(terms)
        except pj.Error as error:
            if not leg.hold_tries:
                self.say(CommandRefused("HoldCall", words(error)))

    def _send_tones(self, leg: _Leg, digits: str) -> None:
        if not is_digits(digits):
            raise _Refused("bad_digits")
        if leg.view.stage != "talking":
            raise _Refused("not_talking")
        tones = pj.CallSendDtmfParam()
        tones.method, tones.duration, tones.digits = pj.PJSUA_DTMF_METHOD_RFC2833, 160, digits.upper()
        leg.sendDtmf(tones)

    # ---- sound ----------------------------------------------------------------------------------------------------

    def _speak(self, command: Speak) -> None:
        old = self._sound.speak(command)
        for leg in list(self._legs.values()):
            self.connect_sound(leg)
        del old  # only now is nobody listening to it

    def connect_sound(self, leg: _Leg) -> None:
        """Join a leg to the earpiece and, unless muted, to its voice or the microphone; learns whether it is held."""
        info = leg.getInfo()  # kept in a name: its media list is memory of this object
        held = False
        for index in range(len(info.media)):
            media = info.media[index]
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            held = held or media.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
            if media.status not in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD):
                leg.source = None
                continue
            sound = leg.getAudioMedia(index)
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
        self.leg_changed(leg, replace(leg.view, held=held))

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
        leg = _Leg(self, self._account, next(self._numbers), call_id)
        if len(self._legs) >= MAX_CALLS:
            leg.hangup(_answer(486))
            self._ended.append(leg)
            return
        leg.answer(_answer(180))
        headers = extension_headers(message)
        remote = number_of(leg.getInfo().remoteUri)
        leg.view = PhoneCall(leg.view.call, tag_of(headers), "in", "ringing", remote, headers)
        self._legs[leg.view.call] = leg
        self.say(CallIncoming(leg.view))
        self._ring_as_needed()

    def leg_changed(self, leg: _Leg, view: PhoneCall) -> None:
        """Take over the new view and tell it when it differs."""
        if view != leg.view and leg.view.call in self._legs:
            leg.view = view
            self.say(CallChanged(view))
            self._ring_as_needed()

    def leg_ended(self, leg: _Leg, code: int) -> None:
        """The call is over; the object goes at the end of this turn."""
        self._ended.append(leg)
        self._ends.append(time.monotonic())
        leg.source = None
        if self._legs.pop(leg.view.call, None) is not None:
            self._sound.forget(leg.view.call)
            by = "us" if leg.ended_by_us else "far"
            self.say(CallGone(leg.view.call, leg.view.tag, by, code))
            self._ring_as_needed()

    def registration(self, code: int, active: bool) -> None:
        """Tell a change of the registration; the answer to giving up an older one is not a change."""
        if self._wanted is not None and not active and 200 <= code < 300:
            return
        self._answer_due = 0.0
        why = registration_why(code, self._registered)
        if why == self._why_not and active == self._registered:
            return
        self._registered, self._why_not = active, why
        self.say(RegistrationChanged(active, code, why))

    def say(self, report: Report) -> None:
        """Give a report to the handset; what it does with it never harms the SIP thread."""
        self._publish()
        try:
            self._report(report)
        except Exception:
            log.exception("report %s", type(report).__name__)

    def _publish(self) -> None:
        wanted, sip = self._wanted or Register("", "", ""), f"{self.bind}:{self.port}"
        calls = tuple(leg.view for leg in self._legs.values())
        self._now = HandsetNow(
            self.capabilities, self._registered, wanted.extension, wanted.server, calls, self._sound.devices, {}, sip
        )


def _answer(code: int) -> Any:
    terms = pj.CallOpParam(True)
    terms.statusCode = code
    terms.opt.videoCount = 0
    return terms
