# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in the store, in words a person understands: each error has a catalogue key and arguments."""

from __future__ import annotations

from resources.i18n import tr


class StoreError(Exception):
    """`key` is ``store.…`` or ``people.…``, `args_` fill its places; str() is the sentence in the language in use."""

    def __init__(self, key: str, *args: object) -> None:
        super().__init__(key, *args)
        self.key = key
        self.args_ = args

    def __str__(self) -> str:
        return tr(self.key, *self.args_)


class ServerError(StoreError):
    """The embedded server cannot be started, stopped or found."""


class DatabaseAway(StoreError):
    """Nobody answers at the database's address, or it is starting or stopping: try again."""


class SignInRefused(StoreError):
    """Wrong person or password, a disabled person, or too many connections. Never says which half was wrong."""


class SiteError(StoreError):
    """A site's name, database or version does not fit."""


class PeopleError(StoreError):
    """A person, name, group or password that is refused."""


class StaleEpoch(StoreError):
    """Another switchboard leads with a newer epoch, or this lease has run out: nothing was written."""
