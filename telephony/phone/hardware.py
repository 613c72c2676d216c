# SPDX-License-Identifier: GPL-3.0-or-later
"""No softphone: the person has a telephone of its own, registered at the exchange, and the desk controls the exchange.

The handset process still runs, for what it keeps for a desk that comes back; every order for a call is refused with
`at_your_telephone`, and the capabilities say so beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

from telephony.phone.engine import (
    Capabilities,
    ChooseDevices,
    Command,
    CommandRefused,
    HandsetNow,
    Register,
    Report,
    Unregister,
)
from telephony.phone.engine import RegistrationChanged as Changed
from telephony.phone.own_thread import now_of

NOBODY = Register("", "", "")


class HardwareEngine:
    """See PhoneEngine. A Register is the wish to be reached at that extension; the telephone itself registers."""

    capabilities = Capabilities(
        name="hardware", hold=False, dtmf_send=False, tls=False, srtp=False, devices=False, play_file=False,
        max_calls=0, max_accounts=0, answer=False, mute=False, codecs=(), digests=(),
    )  # fmt: skip

    def __init__(self, bind: str = "", port: int = 0, sound: bool = False) -> None:
        self._wanted = NOBODY

    def start(self, report: Callable[[Report], None]) -> None:
        self._report = report

    def do(self, command: Command) -> None:
        match command:
            case Register():
                self._wanted = command
                self._report(Changed(True, 200, ""))
            case Unregister():
                self._wanted = NOBODY
                self._report(Changed(False, 200, ""))
            case ChooseDevices():
                return  # its microphone and earpiece are its own
            case _:
                self._report(CommandRefused(type(command).__name__, "at_your_telephone"))

    def now(self) -> HandsetNow:
        return now_of(self.capabilities, self._wanted, self._wanted is not NOBODY, (), (), "")

    def stop(self) -> None:
        self._wanted = NOBODY
