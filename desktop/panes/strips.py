# SPDX-License-Identifier: GPL-3.0-or-later
"""The offline strips under the call bar: what is down, since when, what is safe. They push the page, never cover it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.widgets.beat import beat
from desktop.widgets.figures import clock
from desktop.widgets.frames import Strip
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class OfflineStrips(QWidget):
    """Amber for the data side, red for the telephone side; both may stand at once."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.phone = Strip("miss", "warn", parent=self)
        self.data = Strip("ring", "wifi", parent=self)
        column.addWidget(self.phone)
        column.addWidget(self.data)
        desk.connection_changed.watch(self.refresh)
        desk.signed_in.watch(self.refresh)
        beat().second.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """The durations run on this machine's steady clock: a changed wall clock must not disturb them."""
        desk = self._desk
        inside = desk.me is not None
        now = time.monotonic()
        # A handset that has not come up yet is starting, not lost.
        phone_down = inside and not desk.handset_up and desk.handset_down_since > 0
        self.phone.setVisible(phone_down)
        if phone_down:
            talking = desk.calls.call is not None and desk.calls.call.stage != "wrap_up"
            key = "shell.phone_down_call" if talking else "shell.phone_down"
            self.phone.say(tr(key, clock(now - desk.handset_down_since)))
        down = inside and not (desk.link_up and desk.database_up)
        self.data.setVisible(down)
        if down:
            if not desk.link_up:
                words = tr("shell.link_down_strip", clock(now - desk.link_down_since), desk.unsent)
            else:
                words = tr("shell.data_down_strip", clock(now - desk.database_down_since), desk.unsent)
            self.data.say(words)
        self.setVisible(down or phone_down)
