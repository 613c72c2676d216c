# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate a tls server must show: a PEM file, or "sha256:" and a fingerprint that is looked up at the server.

`certificate` may wait for the network: ask it on a thread of its own. Raises Untrusted with CommandRefused's word.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from pathlib import Path

LOOK_UP_S = 4.0
FINGERPRINT = "sha256:"


class Untrusted(Exception):
    """The certificate cannot be had or is another one: bad_trust | untrusted | unreachable."""


def certificate(trust: str, server: str) -> str:
    """The PEM text that the server at `server` (host:port) must show or be issued by."""
    if not trust.lower().startswith(FINGERPRINT):
        try:
            text = Path(trust).read_text(encoding="ascii")
        except (OSError, ValueError):
            raise Untrusted("bad_trust") from None
        if "BEGIN CERTIFICATE" not in text:
            raise Untrusted("bad_trust")
        return text
    wanted = trust[len(FINGERPRINT) :].replace(":", "").strip().lower()
    if len(wanted) != 64 or any(c not in "0123456789abcdef" for c in wanted):
        raise Untrusted("bad_trust")
    host, _, port = server.rpartition(":")
    try:
        shown = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=LOOK_UP_S)
    except (OSError, ValueError):
        raise Untrusted("unreachable") from None
    if not hmac.compare_digest(fingerprint(shown), wanted):
        raise Untrusted("untrusted")
    return shown


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate, 64 hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
