# SPDX-License-Identifier: GPL-3.0-or-later
"""One call and the account as PJSIP sees them: its callbacks, each guarded, told on to the engine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Protocol

from telephony.phone.engine import CommandRefused, DigitHeard, PhoneCall, Report
from telephony.phone.pjsip import pj, words

log = logging.getLogger(__name__)

AGAIN_AFTER_S = 0.1
AGAIN_TRIES = 20


class LegOwner(Protocol):
    """What a leg and the account tell the engine."""

    def say(self, report: Report) -> None: ...
    def leg_arrived(self, call_id: int, message: str) -> None: ...
    def leg_changed(self, leg: Any, view: PhoneCall) -> None: ...
    def leg_ended(self, leg: Any, code: int) -> None: ...
    def connect_sound(self, leg: Any) -> None: ...
    def registration_heard(self, code: int, active: bool) -> None: ...


def guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """An exception that leaves a callback crosses C++ frames: it is logged here and stays here."""

    @wraps(callback)
    def careful(*args: Any) -> None:
        try:
            callback(*args)
        except Exception:
            log.exception("callback %s", callback.__name__)

    return careful


class Leg(pj.Call):
    """One call of this phone as PJSIP sees it, with what the desk knows about it in `view`."""

    def __init__(self, engine: LegOwner, account: Any, number: int, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.engine = engine
        self.view = PhoneCall(number, "", "out", "calling", "", {})
        self.ended_by_us = False
        self.source: Any = None
        self._hold_wish, self._hold_tries, self._hold_due = False, 0, 0.0

    @guarded
    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.engine.leg_ended(self, info.lastStatusCode)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.engine.leg_changed(self, replace(self.view, stage="talking"))

    @guarded
    def onCallMediaState(self, prm: Any) -> None:
        self.engine.connect_sound(self)

    @guarded
    def onDtmfDigit(self, prm: Any) -> None:
        self.engine.say(DigitHeard(self.view.call, prm.digit))

    @guarded
    def onCallTransferRequest(self, prm: Any) -> None:
        prm.statusCode = 603  # transfers are the exchange's: a REFER to the phone is declined

    def release(self, code: int) -> None:
        """End this leg from here; `code` 0 lets PJSIP choose."""
        self.ended_by_us = True
        self.hangup(answer(code))

    def wish_hold(self, on: bool) -> None:
        """Be held or not from now on."""
        self._hold_wish, self._hold_tries, self._hold_due = on, AGAIN_TRIES, 0.0
        self.settle_hold(time.monotonic())

    def settle_hold(self, moment: float) -> None:
        """Bring the call to the last wish. A re-INVITE may still be under way, so it is tried again for 2 s."""
        if self.view.held == self._hold_wish or not self._hold_tries or moment < self._hold_due:
            return
        self._hold_tries, self._hold_due = self._hold_tries - 1, moment + AGAIN_AFTER_S
        terms = pj.CallOpParam(True)
        try:
            if self._hold_wish:
                self.setHold(terms)
            else:
                terms.opt.flag = pj.PJSUA_CALL_UNHOLD
                terms.opt.videoCount = 0
                self.reinvite(terms)
        except pj.Error as error:
            if not self._hold_tries:
                self.engine.say(CommandRefused("HoldCall", words(error)))

    def send_digits(self, digits: str, by: str) -> None:
        """Send digits as events of RTP or by SIP INFO."""
        tones = pj.CallSendDtmfParam()
        tones.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if by == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
        tones.duration, tones.digits = 160, digits.upper()
        self.sendDtmf(tones)

    def media_is_secure(self) -> bool:
        """Whether the sound goes under SRTP. The profile does not tell: keys may come under the plain one."""
        return "SRTP status: Active" in self.dump(True, "")


class Account(pj.Account):
    """The one account: registrations and incoming calls."""

    def __init__(self, engine: LegOwner) -> None:
        super().__init__()
        self.engine = engine

    @guarded
    def onIncomingCall(self, prm: Any) -> None:
        self.engine.leg_arrived(prm.callId, prm.rdata.wholeMsg)

    @guarded
    def onRegState(self, prm: Any) -> None:
        self.engine.registration_heard(prm.code, prm.expiration > 0 and bool(self.getInfo().regIsActive))


def answer(code: int) -> Any:
    """Terms of an answer without video."""
    terms = pj.CallOpParam(True)
    terms.statusCode = code
    terms.opt.videoCount = 0
    return terms
