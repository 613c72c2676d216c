# SPDX-License-Identifier: GPL-3.0-or-later
"""How a handset registers: encrypted where exchange and telephone both can, never in the clear because that failed."""

from __future__ import annotations

from telephony.link_tells import Welcome
from telephony.phone.engine import Capabilities, Register


def registration(welcome: Welcome, able: Capabilities) -> Register | None:
    """What to tell the handset; None for a person without a telephone.

    A telephone that cannot speak TLS is let in by the other way. One that can stays out when the certificate is not
    the one that the switchboard named.
    """
    if not welcome.extension or not welcome.sip_secret:
        return None
    if not (welcome.sip_secure and welcome.sip_trust and able.tls):
        return Register(welcome.sip_server, welcome.extension, welcome.sip_secret)
    return Register(
        welcome.sip_secure, welcome.extension, welcome.sip_secret, transport="tls",
        media=welcome.sip_media if able.srtp else "", trust=welcome.sip_trust,
    )  # fmt: skip
