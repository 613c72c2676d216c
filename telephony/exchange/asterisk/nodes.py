# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's own Asterisk machines, as its administrator writes them down: a JSON list in the data directory.

Each entry: name, url, user, password, trunk_address, phone_address and, where they differ, app, prompts, srtp, and
for phones by TLS tls_address with trust, the fingerprint of its certificate ("sha256:" and 64 digits) or its PEM file.
Raises BadNodes with words that name the entry and what is wrong with it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from resources.i18n import tr
from telephony.exchange.asterisk import certificates
from telephony.exchange.asterisk.settings import NODES, Node

NEEDED = ("name", "url", "user", "password", "trunk_address", "phone_address")
_KNOWN = {each.name for each in fields(Node)}
_FLAGS = ("srtp",)
_TEXTS = ("app", "tls_address", "trust", "ami", "ami_user", "ami_password")


class BadNodes(Exception):
    """The file cannot be used; the words say why and where."""


def site_nodes(data: Path) -> tuple[Node, ...]:
    """The machines that the file in this data directory names, none without such a file."""
    file = data / NODES
    return read_nodes(file) if file.exists() else ()


def read_nodes(file: Path) -> tuple[Node, ...]:
    """Every machine of the file, one at least, names different."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadNodes(tr("asterisk.nodes_unreadable", file, error)) from None
    if not isinstance(raw, list) or not raw:
        raise BadNodes(tr("asterisk.nodes_empty", file))
    found = tuple(_node(file, number, each) for number, each in enumerate(raw, start=1))
    if len({node.name for node in found}) < len(found):
        raise BadNodes(tr("asterisk.nodes_twice", file))
    return found


def _node(file: Path, number: int, raw: Any) -> Node:
    if not isinstance(raw, dict):
        raise BadNodes(tr("asterisk.nodes_entry", file, number, "{}"))
    entry: dict[str, Any] = raw
    wrong = [name for name in NEEDED if not isinstance(entry.get(name), str) or not entry[name]]
    wrong += [name for name in entry if name not in _KNOWN]
    wrong += [name for name in _FLAGS if not isinstance(entry.get(name, False), bool)]
    wrong += [name for name in _TEXTS if not isinstance(entry.get(name, ""), str)]
    if not wrong and bool(entry.get("tls_address")) != bool(entry.get("trust")):
        wrong = ["trust" if entry.get("tls_address") else "tls_address"]
    if not wrong and not str(entry["url"]).startswith(("http://", "https://")):
        wrong = ["url"]
    if wrong:
        raise BadNodes(tr("asterisk.nodes_entry", file, number, wrong[0]))
    if "prompts" in entry:
        entry = {**entry, "prompts": Path(str(entry["prompts"]))}
    if entry.get("trust"):
        try:
            entry = {**entry, "trust": certificates.fingerprint_of(str(entry["trust"]))}
        except ValueError:
            raise BadNodes(tr("asterisk.nodes_entry", file, number, "trust")) from None
    return Node(**entry)
