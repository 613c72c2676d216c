# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to PJSIP: `pj` is its module (untyped), found here and nowhere else. Raises EngineUnavailable at import."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

from telephony.phone.engine import EngineUnavailable

try:
    import pjsua2
except ImportError as error:
    raise EngineUnavailable(
        f"The SIP engine pjsua2 is not installed ({error}). Install it with: pip install pjsua2-python"
        " (Python 3.11 or 3.12 on Linux x86-64, Windows or macOS)."
    ) from error

pj: Any = pjsua2
PLENTY = 1 << 40
TOO_MANY = 70010  # PJ_ETOOMANY, which the wheel does not name


def register_digests() -> None:
    """The wheel's own OpenSSL 1.0.2 on Linux has no digest registered, so MD5 and SHA-256 authentication would fail."""
    if sys.platform != "linux" or not pj.__file__:
        return
    for library in (Path(pj.__file__).parent.parent / "pjsua2_python.libs").glob("libcrypto*"):
        ctypes.CDLL(str(library)).OPENSSL_add_all_algorithms_noconf()


def keep_singletons() -> None:
    """The wheel gives back None, True and False it does not own, some at every call; Python 3.11 counts them, and at
    zero the process ends. They get a count that no lifetime uses up; from 3.12 on they are not counted at all.
    """
    if sys.version_info < (3, 12) and sys.implementation.name == "cpython":
        for one in (None, True, False):
            ctypes.c_ssize_t.from_address(id(one)).value += PLENTY


def words(error: BaseException) -> str:
    """An error of PJSIP in its own words, or any other as it speaks."""
    return f"{error.reason} ({error.status})" if isinstance(error, pj.Error) else str(error)  # pyright: ignore
