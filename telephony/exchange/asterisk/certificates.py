# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate by which phones know our Asterisk: made by ourselves, kept beside it, renewed before it ends.

Desks are told its fingerprint over the link and trust nothing else; a certificate of an authority needs no other way.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from resources.i18n import tr
from telephony.exchange.asterisk.fetch import Installation

DAYS = 730
RENEWED_DAYS = 60  # before its end
_DAY_S = 86_400
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


class NoCertificate(Exception):
    """It could not be made; the words say why."""


@dataclass(frozen=True)
class Certificate:
    """Files of a TLS server: the chain and its key, in PEM."""

    chain: Path
    key: Path


def fingerprint_of(trust: str) -> str:
    """``sha256:`` and the fingerprint, of a fingerprint in any spelling or of the certificate in a PEM file.

    Raises ValueError when it is neither.
    """
    plain = trust.lower().replace(":", "").replace(" ", "")
    if _FINGERPRINT.fullmatch(f"sha256:{plain.removeprefix('sha256')}"):
        return f"sha256:{plain.removeprefix('sha256')}"
    try:
        text = Path(trust).read_text(encoding="ascii")
        first = text[text.index("-----BEGIN CERTIFICATE") :]
        first = first[: first.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")]
        return fingerprint(first)
    except (OSError, ValueError) as error:
        raise ValueError(f"{trust}: {error}") from None


def fingerprint(pem: str) -> str:
    """Of one certificate."""
    return "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def kept_certificate(directory: Path, installation: Installation, host: str) -> Certificate:
    """The one in this folder, made anew when there is none or it ends soon. Raises NoCertificate."""
    kept = Certificate(directory / "chain.pem", directory / "key.pem")
    try:
        fresh = time.time() - kept.chain.stat().st_mtime < (DAYS - RENEWED_DAYS) * _DAY_S
        if fresh and kept.key.exists():
            return kept
    except OSError:
        pass
    return make_certificate(directory, installation, host)


def make_certificate(directory: Path, installation: Installation, host: str = "127.0.0.1") -> Certificate:
    """Self-made, so it proves nothing to who was not told its fingerprint. Raises NoCertificate."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate = Certificate(directory / "chain.pem", directory / "key.pem")
    kind = "IP" if re.fullmatch(r"[0-9.]+|\[?[0-9a-fA-F:]+\]?", host) else "DNS"
    words = [
        *installation.command("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", str(DAYS), "-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host.strip('[]')}",
        "-keyout", str(certificate.key), "-out", str(certificate.chain),
    ]  # fmt: skip
    settings = directory / "openssl.cnf"
    settings.write_text("[req]\ndistinguished_name=name\n[name]\n", encoding="utf-8")
    environment = {**os.environ, "OPENSSL_CONF": str(settings)}
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCertificate(tr("asterisk.no_certificate", error)) from None
    if done.returncode:
        raise NoCertificate(tr("asterisk.no_certificate", done.stderr.strip()[-200:]))
    certificate.key.chmod(0o600)
    return certificate
