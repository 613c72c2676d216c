# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's own Asterisk machines, as its administrator writes them down: a JSON list in the data directory.

Each entry: name, url, user, password, trunk_address, phone_address and, where they differ, app, prompts, tls, srtp.
Raises BadNodes with words that name the entry and what is wrong with it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from resources.i18n import tr
from telephony.exchange.asterisk.settings import Node

NEEDED = ("name", "url", "user", "password", "trunk_address", "phone_address")
_KNOWN = {each.name for each in fields(Node)}
_FLAGS = ("tls", "srtp")


class BadNodes(Exception):
    """The file cannot be used; the words say why and where."""


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
    if not wrong and not str(entry["url"]).startswith(("http://", "https://")):
        wrong = ["url"]
    if wrong:
        raise BadNodes(tr("asterisk.nodes_entry", file, number, wrong[0]))
    if "prompts" in entry:
        entry = {**entry, "prompts": Path(str(entry["prompts"]))}
    return Node(**entry)
