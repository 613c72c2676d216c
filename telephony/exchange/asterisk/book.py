# SPDX-License-Identifier: GPL-3.0-or-later
"""What was pushed into Asterisk's memory and has to be pushed again when Asterisk was started again.

The secrets live in this process only. One book for each Asterisk, whoever attaches from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.exchange.asterisk.settings import Node
from telephony.exchange.engine import Trunk

_books: dict[str, Book] = {}


@dataclass
class Book:
    """Accounts by extension, trunks by name, and who is ready."""

    accounts: dict[str, str] = field(default_factory=dict, repr=False)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    ready: dict[str, bool] = field(default_factory=dict)


def book_of(node: Node) -> Book:
    """The book of a node."""
    return _books.setdefault(node.url, Book())
