# SPDX-License-Identifier: GPL-3.0-or-later
"""A handset registers as safely as exchange and telephone both can, and never in the clear because that failed."""

from __future__ import annotations

from dataclasses import replace

from desktop.flows.registering import registration
from telephony.link_tells import Welcome
from telephony.phone.engine import Register
from telephony.phone.hardware import HardwareEngine
from tests.desktop.fake_desk import SETTINGS

PLAIN = Welcome("1001", "林晓雯", ("agent",), 0.0, "10.0.0.5:5062", "8001", "geheim", SETTINGS)
SAFE = replace(PLAIN, sip_secure="10.0.0.5:5061", sip_media="sdes", sip_trust="sha256:" + "0" * 64)
ABLE = replace(HardwareEngine.capabilities, tls=True, srtp=True)


def test_who_can_registers_encrypted() -> None:
    wanted = Register("10.0.0.5:5061", "8001", "geheim", transport="tls", media="sdes", trust="sha256:" + "0" * 64)
    assert registration(SAFE, ABLE) == wanted
    assert registration(SAFE, replace(ABLE, srtp=False)) == replace(wanted, media="")
    assert registration(replace(SAFE, sip_media=""), ABLE) == replace(wanted, media="")


def test_who_cannot_is_let_in_by_the_other_way() -> None:
    wanted = Register("10.0.0.5:5062", "8001", "geheim")
    assert registration(SAFE, replace(ABLE, tls=False)) == wanted
    assert registration(PLAIN, ABLE) == wanted
    assert registration(replace(SAFE, sip_trust=""), ABLE) == wanted, "a server that nobody vouches for is none"


def test_who_has_no_telephone_registers_nowhere() -> None:
    assert registration(replace(SAFE, extension=""), ABLE) is None
    assert registration(replace(SAFE, sip_secret=""), ABLE) is None
