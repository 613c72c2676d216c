# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate beside an Asterisk of our own: kept while it is good, and known by its fingerprint."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from telephony.exchange.asterisk.certificates import DAYS, NoCertificate, fingerprint_of, kept_certificate
from telephony.exchange.asterisk.fetch import Installation
from telephony.exchange.asterisk.nodes import BadNodes, site_nodes

DAY_S = 86_400
NODE = {
    "name": "a", "url": "http://127.0.0.1:8088", "user": "u", "password": "p", "trunk_address": "127.0.0.1:5060",
    "phone_address": "127.0.0.1:5062", "srtp": True, "tls_address": "127.0.0.1:5061",
}  # fmt: skip


def test_it_is_kept_while_it_is_good_and_made_anew_before_it_ends(installation: Installation, tmp_path: Path) -> None:
    made = kept_certificate(tmp_path, installation, "127.0.0.1")
    assert made.key.stat().st_mode & 0o777 == 0o600
    first = fingerprint_of(str(made.chain))
    assert fingerprint_of(str(kept_certificate(tmp_path, installation, "127.0.0.1").chain)) == first
    old = time.time() - (DAYS - 10) * DAY_S
    os.utime(made.chain, (old, old))
    assert fingerprint_of(str(kept_certificate(tmp_path, installation, "hotline.example").chain)) != first


def test_without_openssl_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoCertificate):
        kept_certificate(tmp_path, Installation("22", tmp_path, loader=("/bin/false",)), "127.0.0.1")


def test_a_fingerprint_is_read_in_any_spelling() -> None:
    plain = "ab" * 32
    pairs = ":".join(plain[n : n + 2] for n in range(0, 64, 2)).upper()
    for spelling in (plain, f"sha256:{plain}", f"SHA256:{pairs}", pairs):
        assert fingerprint_of(spelling) == f"sha256:{plain}"
    for none in ("", "sha256:12", "ab" * 31, "gg" * 32, "/no/such.pem"):
        with pytest.raises(ValueError):
            fingerprint_of(none)


def test_a_machine_of_the_site_names_its_certificate(installation: Installation, tmp_path: Path) -> None:
    made = kept_certificate(tmp_path / "tls", installation, "127.0.0.1")
    file = tmp_path / "asterisk.json"
    file.write_text(json.dumps([{**NODE, "trust": str(made.chain)}]), encoding="utf-8")
    (node,) = site_nodes(tmp_path)
    assert node.tls and node.trust == fingerprint_of(str(made.chain))
    for trust in ({}, {"trust": "sha256:12"}, {"trust": 5}):
        file.write_text(json.dumps([{**NODE, **trust}]), encoding="utf-8")
        with pytest.raises(BadNodes, match="trust"):
            site_nodes(tmp_path)
