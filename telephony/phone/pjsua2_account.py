# SPDX-License-Identifier: GPL-3.0-or-later
"""How a registration is written for PJSIP: account settings, and the transports it travels by.

A tls transport checks the server's certificate against the one trusted certificate and nothing else.
"""

from __future__ import annotations

from typing import Any

from telephony.phone.dialling import server_uri
from telephony.phone.engine import Register
from telephony.phone.pjsip import pj
from telephony.phone.registering import REGISTRATION_S, RETRY_S


class Transports:
    """The transports of one endpoint: udp stands always, tcp and tls come with the registration that wants them."""

    def __init__(self, endpoint: Any, bind: str, port: int) -> None:
        self._endpoint, self._bind = endpoint, bind
        settings = self._settings(port)
        number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, settings)
        self.port = int(endpoint.transportGetInfo(number).localName.rpartition(":")[2])
        self._tcp: int | None = None
        self._tls: int | None = None
        self._trusted = ""

    def need(self, transport: str, certificate: str) -> None:
        """Have that transport; `certificate` (PEM) is what a tls server must show, or what issued what it shows."""
        if transport == "tcp" and self._tcp is None:
            self._tcp = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, self._settings(0))
        if transport != "tls" or (self._tls is not None and certificate == self._trusted):
            return
        if self._tls is not None:
            self._endpoint.transportClose(self._tls)  # another server is trusted from now on
            self._tls = None
        settings = self._settings(0)
        settings.tlsConfig.CaBuf = certificate
        settings.tlsConfig.verifyServer = True
        settings.tlsConfig.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2  # the best its OpenSSL 1.0.2 knows
        self._tls = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, settings)
        self._trusted = certificate

    def _settings(self, port: int) -> Any:
        settings = pj.TransportConfig()
        settings.boundAddress, settings.port = self._bind, port
        return settings


def account_settings(wanted: Register | None, bind: str, port: int) -> Any:
    """The account as it should be; without a wish it is registered nowhere and takes calls all the same."""
    settings = pj.AccountConfig()
    settings.idUri = f"sip:handset@{bind}:{port}"
    settings.regConfig.timeoutSec = REGISTRATION_S
    settings.regConfig.retryIntervalSec = RETRY_S
    settings.regConfig.firstRetryIntervalSec = RETRY_S
    settings.regConfig.unregWaitMsec = 500
    settings.mediaConfig.transportConfig.boundAddress = bind
    settings.mediaConfig.transportConfig.port = 0
    if wanted is not None:
        settings.idUri = f"sip:{wanted.extension}@{wanted.server}"
        settings.regConfig.registrarUri = server_uri(wanted)
        settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", wanted.extension, 0, wanted.secret))
        if wanted.media == "sdes":
            # "mandatory" would refuse exchanges that offer their keys under the plain profile; the engine ends what
            # comes to talk in the clear
            settings.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_OPTIONAL
            settings.mediaConfig.srtpSecureSignaling = 1
            settings.mediaConfig.srtpOpt.keyings = pj.IntVector([pj.PJMEDIA_SRTP_KEYING_SDES])
    return settings
