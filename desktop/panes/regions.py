# SPDX-License-Identifier: GPL-3.0-or-later
"""The regions of the window for F6: call bar, rail, panes, what stands over them; each is entered at its first stop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QSplitter, QWidget


def panes_of(page: QWidget | None) -> list[QWidget]:
    """The panes that a page names itself, those of its splitter, or the page."""
    if page is None:
        return []
    named: Callable[[], list[QWidget]] | None = getattr(page, "panes", None)
    if named is not None:
        return list(named())
    splitter = getattr(page, "splitter", None)
    if isinstance(splitter, QSplitter):
        return [pane for n in range(splitter.count()) if (pane := splitter.widget(n)) is not None]
    return [page]


def reachable(places: list[QWidget]) -> list[QWidget]:
    """Those in sight that have something to stop at."""
    return [place for place in places if place.isVisible() and first_stop(place) is not None]


def first_stop(place: QWidget) -> QWidget | None:
    """The first widget of a region that can take the focus by Tab."""
    for one in (place, *place.findChildren(QWidget)):
        if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return one
    return None


def step_region(places: list[QWidget], step: int) -> None:
    """Move the focus to the next (1) or previous (-1) region; from nowhere to the first or last."""
    if not places:
        return
    focus = QApplication.focusWidget()
    here = next(
        (n for n, place in enumerate(places) if focus is not None and (place is focus or place.isAncestorOf(focus))),
        None,
    )
    at = (0 if step > 0 else len(places) - 1) if here is None else (here + step) % len(places)
    stop = first_stop(places[at])
    if stop is not None:
        stop.setFocus(Qt.FocusReason.TabFocusReason)
