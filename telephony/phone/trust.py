# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate a tls server must show: a PEM file (its own, or who issued it), or "sha256:" and a fingerprint.

Asked before the SIP library connects, which would only say that it could not; the library checks again by itself. It
may wait for the network: ask it on a thread of its own. Raises Untrusted with the word for the person.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
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
        _check(text, server)
        return text.strip() + "\n"
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
    return shown.strip() + "\n"


def _check(trusted: str, server: str) -> None:
    """Shake hands as the SIP library will."""
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    try:
        context = ssl.create_default_context(cadata=trusted)
        with (
            socket.create_connection((host, int(port)), LOOK_UP_S) as line,
            context.wrap_socket(line, server_hostname=host),
        ):
            return
    except ssl.SSLCertVerificationError:
        raise Untrusted("untrusted") from None
    except ssl.SSLError as error:
        raise Untrusted("bad_trust" if "PEM" in str(error) else "unreachable") from None
    except (OSError, ValueError):
        raise Untrusted("unreachable") from None


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate, 64 hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
