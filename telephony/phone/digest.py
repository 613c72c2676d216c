# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a digest challenge (RFC 7616 as SIP uses it): MD5 and SHA-256, with and without qop=auth."""

from __future__ import annotations

import hashlib
import re
import secrets

_PART = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def authorization(challenge: str, method: str, uri: str, user: str, secret: str) -> str:
    """The value of Authorization for a WWW-/Proxy-Authenticate value, empty when its way is not known here."""
    asked = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(challenge)}
    algorithm = asked.get("algorithm", "MD5")
    hashing = _HASHES.get(algorithm.upper())
    offered = [way.strip() for way in asked.get("qop", "").split(",") if way.strip()]
    if not challenge.lower().startswith("digest") or hashing is None or "nonce" not in asked:
        return ""
    if offered and "auth" not in offered:
        return ""

    def digest(text: str) -> str:
        return hashlib.new(hashing, text.encode()).hexdigest()

    realm, nonce = asked.get("realm", ""), asked["nonce"]
    known, wanted = digest(f"{user}:{realm}:{secret}"), digest(f"{method}:{uri}")
    parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"', f"algorithm={algorithm}"]
    if offered:
        count, own = "00000001", secrets.token_hex(8)
        parts += [f'response="{digest(f"{known}:{nonce}:{count}:{own}:auth:{wanted}")}"']
        parts += ["qop=auth", f"nc={count}", f'cnonce="{own}"']
    else:
        parts += [f'response="{digest(f"{known}:{nonce}:{wanted}")}"']
    if "opaque" in asked:
        parts.append(f'opaque="{asked["opaque"]}"')
    return "Digest " + ", ".join(parts)
