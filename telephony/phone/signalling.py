# SPDX-License-Identifier: GPL-3.0-or-later
"""What a phone reads and writes in SIP words: headers, numbers in URIs, why a registration failed. Pure."""

from __future__ import annotations

import re

CALL_TAG = "X-Call-Id"
"""The header that names the switchboard's call."""

_OWN_HEADER = re.compile(r"(X-[A-Za-z0-9-]+|P-Asserted-Identity|Privacy)")
_DIGITS = re.compile(r"[0-9A-Da-d*#]+")
_USER = re.compile(r"sips?:(?:([^@>;]*)@)?([^>;\s]*)", re.IGNORECASE)
_PHONE_WORD = re.compile(r"[A-Za-z0-9+*#._~-]+")


def extension_headers(message: str) -> dict[str, str]:
    """The X- headers of one whole SIP message, folded lines joined, first of a name wins."""
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    found: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", head).splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon and name.strip()[:2].upper() == "X-":
            found.setdefault(_spelled(name.strip()), value.strip())
    return found


def travelled_secure(message: str) -> bool:
    """Whether the last hop of this whole SIP message was TLS."""
    via = re.search(r"^(?:Via|v)[ \t]*:[ \t]*SIP/2\.0/(\w+)", message, re.IGNORECASE | re.MULTILINE)
    return via is not None and via.group(1).upper() == "TLS"


def offers_keys(message: str) -> bool:
    """Whether the session description in this whole SIP message offers SRTP with its keys."""
    return re.search(r"^a=crypto:", message, re.MULTILINE) is not None


def tag_of(headers: dict[str, str]) -> str:
    """The switchboard's call these headers name, empty when none."""
    return headers.get(CALL_TAG, "")


def number_of(uri: str) -> str:
    """The number or name in a SIP URI or a name-addr, its host when it has no user part."""
    match = _USER.search(uri)
    if match is None:
        return uri.strip()
    return match.group(1) or match.group(2)


def may_send_header(name: str, value: str) -> bool:
    """Whether a caller of DialOut may set this header: his own words only, and never a line break."""
    return _OWN_HEADER.fullmatch(name) is not None and "\r" not in value and "\n" not in value


def is_phone_word(text: str) -> bool:
    """Whether `text` can stand as the user part of a URI without escaping."""
    return _PHONE_WORD.fullmatch(text) is not None


def is_digits(text: str) -> bool:
    """Whether `text` can be sent as telephone tones."""
    return _DIGITS.fullmatch(text) is not None


def registration_why(code: int, was_registered: bool) -> str:
    """Why a registration ended with `code`: "" | wrong_secret | expired | unreachable | refused."""
    if 200 <= code < 300:
        return ""
    if code in (401, 403, 407):
        return "expired" if was_registered else "wrong_secret"
    if code in (408, 502, 503, 504) or code < 100:
        return "unreachable"
    return "refused"


def _spelled(name: str) -> str:
    return CALL_TAG if name.lower() == CALL_TAG.lower() else name
