# SPDX-License-Identifier: GPL-3.0-or-later
"""SCRAM-SHA-256 verifiers made here, so that no password ever travels to the server or stands in its log (RFC 5802)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stringprep
import unicodedata

ITERATIONS = 4096  # PostgreSQL's own default: a sign-in must stay quick


def verifier(password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL stores for `password`, as ``SCRAM-SHA-256$<n>:<salt>$<stored key>:<server key>``."""
    salt = salt or os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${iterations}:{salt64}${stored64}:{server64}"


def saslprep(password: str) -> str:
    """The form both sides hash (RFC 4013). What may not be prepared is hashed as it is, as PostgreSQL does."""
    mapped = "".join(
        " " if stringprep.in_table_c12(each) else each for each in password if not stringprep.in_table_b1(each)
    )
    text = unicodedata.normalize("NFKC", mapped)
    if not text or any(_prohibited(each) for each in text):
        return password
    right_to_left = [stringprep.in_table_d1(each) for each in text]
    if any(right_to_left):
        mixed = any(stringprep.in_table_d2(each) for each in text)
        if mixed or not (right_to_left[0] and right_to_left[-1]):
            return password
    return text


def _prohibited(each: str) -> bool:
    return (
        stringprep.in_table_a1(each)
        or stringprep.in_table_c12(each)
        or stringprep.in_table_c21_c22(each)
        or stringprep.in_table_c3(each)
        or stringprep.in_table_c4(each)
        or stringprep.in_table_c5(each)
        or stringprep.in_table_c6(each)
        or stringprep.in_table_c7(each)
        or stringprep.in_table_c8(each)
        or stringprep.in_table_c9(each)
    )
