# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP digest for SIP (RFC 7616, RFC 8760) both ways: challenges we set, challenges we answer; MD5 and SHA-256.

A nonce is a time with an HMAC of it, so nothing is stored for the unanswered ones; times in seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from telephony.exchange.embedded.sip import SipRequest, SipResponse, parse_auth

REALM = "threerings"
ALGORITHMS = ("SHA-256", "MD5")  # the stronger first, RFC 8760 §2.3
NONCE_LIFE = 300.0
LOCKOUT_FAILURES = 5
LOCKOUT_SECONDS = 30.0
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_MAC_LENGTH = 32


class Verdict(Enum):
    """What a request's credentials are worth."""

    GOOD = "good"
    NONE = "none"  # no usable credentials: challenge
    STALE = "stale"  # right secret, old nonce or used counter: challenge with stale=true
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass
class _Failures:
    count: int = 0
    since: float = 0.0


def _hash(algorithm: str, text: str) -> str:
    return _HASHES[algorithm](text.encode()).hexdigest()


def response_of(algorithm: str, user: str, realm: str, secret: str, method: str, params: dict[str, str]) -> str:
    """The `response` of RFC 7616 for credentials `params`."""
    ha1 = _hash(algorithm, f"{user}:{realm}:{secret}")
    ha2 = _hash(algorithm, f"{method}:{params.get('uri', '')}")
    if params.get("qop"):
        middle = f"{params['nonce']}:{params.get('nc', '')}:{params.get('cnonce', '')}:{params['qop']}"
    else:
        middle = params["nonce"]
    return _hash(algorithm, f"{ha1}:{middle}:{ha2}")


@dataclass
class Guard:
    """The server side: checks credentials against `secret_of(user)`; locks (user, host) for a while after failures."""

    secret_of: Callable[[str], str | None]
    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _counters: dict[str, tuple[int, float]] = field(default_factory=dict)
    _failures: dict[tuple[str, str], _Failures] = field(default_factory=dict)

    def challenges(self, stale: bool = False) -> tuple[tuple[str, str], ...]:
        """WWW-Authenticate headers, one for each algorithm."""
        nonce = self._nonce()
        extra = ", stale=true" if stale else ""
        return tuple(
            ("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm={name}, qop="auth"{extra}')
            for name in ALGORITHMS
        )

    def check(self, request: SipRequest, user: str, host: str) -> Verdict:
        """What the Authorization of `request` says for `user`, who sends from `host`."""
        now = self.clock()
        failures = self._failures.get((user, host))
        if failures and failures.count >= LOCKOUT_FAILURES:
            if now - failures.since < LOCKOUT_SECONDS:
                return Verdict.LOCKED
            del self._failures[(user, host)]
        params = _credentials(request)
        algorithm = params.get("algorithm", "MD5").upper()
        if not params or algorithm not in _HASHES or not self._ours(params.get("nonce", "")):
            return Verdict.NONE
        secret = self.secret_of(user)
        expected = response_of(algorithm, user, REALM, secret or secrets.token_hex(16), request.method, params)
        right = hmac.compare_digest(expected, params.get("response", "").lower())
        if not secret or not right or params.get("username") != user or params.get("qop", "auth") != "auth":
            entry = self._failures.setdefault((user, host), _Failures())
            entry.count += 1
            entry.since = now
            return Verdict.WRONG
        self._failures.pop((user, host), None)
        if now - self._born(params["nonce"]) > NONCE_LIFE or not self._count(params, now):
            return Verdict.STALE
        return Verdict.GOOD

    def tidy(self) -> None:
        """Forget what has expired."""
        now = self.clock()
        self._counters = {n: c for n, c in self._counters.items() if c[1] > now}
        self._failures = {k: f for k, f in self._failures.items() if now - f.since < LOCKOUT_SECONDS}

    def _count(self, params: dict[str, str], now: float) -> bool:
        """A nonce count must rise; without qop a nonce is good once."""
        try:
            count = int(params.get("nc", ""), 16) if params.get("qop") else 1
        except ValueError:
            return False
        if count <= self._counters.get(params["nonce"], (0, 0.0))[0]:
            return False
        self._counters[params["nonce"]] = (count, now + NONCE_LIFE)
        return True

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:_MAC_LENGTH]

    def _nonce(self) -> str:
        text = f"{int(self.clock() * 1000):x}.{secrets.token_hex(4)}"
        return text + self._mac(text)

    def _ours(self, nonce: str) -> bool:
        text, mac = nonce[:-_MAC_LENGTH], nonce[-_MAC_LENGTH:]
        return nonce.isascii() and "." in text and hmac.compare_digest(mac, self._mac(text))

    def _born(self, nonce: str) -> float:
        return int(nonce.split(".")[0], 16) / 1000


def _credentials(request: SipRequest) -> dict[str, str]:
    for value in request.headers.get("authorization"):
        parsed = parse_auth(value, credentials=True)
        if parsed.scheme.lower() == "digest":
            return {name.lower(): text for name, text in parsed.params.items()}
    return {}


def answer(response: SipResponse, method: str, uri: str, user: str, secret: str) -> tuple[str, str] | None:
    """The header that answers the challenge of a 401 or 407, or None when it asks for nothing we can do."""
    proxy = response.status_code == 407
    offered: dict[str, dict[str, str]] = {}
    for value in response.headers.get("proxy-authenticate" if proxy else "www-authenticate"):
        parsed = parse_auth(value)
        params = {name.lower(): text for name, text in parsed.params.items()}
        algorithm = params.get("algorithm", "MD5").upper()
        if parsed.scheme.lower() == "digest" and algorithm in _HASHES and "nonce" in params:
            offered.setdefault(algorithm, params)
    algorithm = next((name for name in ALGORITHMS if name in offered), None)
    if algorithm is None:
        return None
    asked = offered[algorithm]
    realm = asked.get("realm", "")
    params = {"nonce": asked["nonce"], "uri": uri}
    if "auth" in [word.strip() for word in asked.get("qop", "").split(",")]:
        params |= {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)}
    digest = response_of(algorithm, user, realm, secret, method, params)
    text = f'Digest username="{user}", realm="{realm}", nonce="{params["nonce"]}", uri="{uri}", response="{digest}"'
    if "algorithm" in asked:
        text += f", algorithm={asked['algorithm']}"
    if "qop" in params:
        text += f', qop=auth, nc={params["nc"]}, cnonce="{params["cnonce"]}"'
    if "opaque" in asked:
        text += f', opaque="{asked["opaque"]}"'
    return ("Proxy-Authorization" if proxy else "Authorization", text)
