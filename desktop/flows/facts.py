# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts told to whoever watches: how flows speak to panes without knowing them.

Watchers are held weakly (bound methods and functions), called in the thread and order of `tell`, always on the event
loop's thread. A watcher that raises is logged and the others still hear.
"""

from __future__ import annotations

import inspect
import logging
import weakref
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Topic:
    """One kind of fact, named in the past tense by its owner (`call_changed`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._watchers: list[weakref.ref[Callable[..., Any]]] = []

    def watch(self, watcher: Callable[..., Any]) -> None:
        """Call `watcher(*what)` at every fact as long as its owner lives. Lambdas would die at once: use methods."""
        if inspect.ismethod(watcher):
            self._watchers.append(weakref.WeakMethod(watcher))
        else:
            self._watchers.append(weakref.ref(watcher))

    def tell(self, *what: Any) -> None:
        """Tell every living watcher."""
        for reference in list(self._watchers):
            watcher = reference()
            if watcher is None:
                self._watchers.remove(reference)
                continue
            try:
                watcher(*what)
            except Exception:
                log.exception("a watcher of %s failed", self.name)
