# SPDX-License-Identifier: GPL-3.0-or-later
"""What the call bar has no room for: park, pick up, pause the recording. Digits choose; nothing here hangs up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from desktop.widgets.figures import clock, grouped
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

OWN = ("talking", "held")


class MoreMenu(QMenu):
    """Built anew each time it opens."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setAccessibleName(tr("shell.more"))
        calls = desk.calls
        call = calls.call
        mine = call is not None and call.responsible and call.stage in OWN and not call.customer_gone
        self._number = 0
        self._add(tr("shell.park"), calls.park, mine)
        paused = call is not None and call.recording_paused
        words = tr("shell.recording_go_on") if paused else tr("shell.recording_pause")
        recorded = mine and call is not None and call.recording
        self._add(words, partial(calls.pause_recording, not paused), recorded)
        self.addSeparator()
        now = desk.now()
        for parked in calls.parked:
            number = grouped(parked.number) or tr("shell.withheld")
            words = tr("shell.pick_up", parked.slot, number, clock(now - parked.since), parked.by_name or parked.by)
            self._add(words, partial(calls.pick_up, parked.call), call is None or call.stage == "wrap_up")
        if not calls.parked:
            self._add(tr("shell.nobody_parked"), calls.pick_up, False)

    def _add(self, words: str, act: object, possible: bool) -> None:
        self._number += 1
        hint = f"&{self._number}   " if self._number < 10 else ""
        action = self.addAction(f"{hint}{words}")
        action.setEnabled(possible)
        action.triggered.connect(lambda _on=False: act())  # type: ignore[operator]
