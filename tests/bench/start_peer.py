# SPDX-License-Identifier: GPL-3.0-or-later
"""The `start` bench's peer: a bare PySide6 window with the same number of widgets of the same Qt classes."""

from __future__ import annotations

import json
import sys

from PySide6 import QtWidgets
from PySide6.QtCore import QEvent, QObject


class FirstPaint(QObject):
    """Prints PAINTED after the window has painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            print("PAINTED", flush=True)
        return False


def window(census: dict[str, int]) -> QtWidgets.QWidget:
    """A window 860 × 520 with these widgets in a grid."""
    shown = QtWidgets.QWidget()
    shown.resize(860, 520)
    grid = QtWidgets.QGridLayout(shown)
    place = 0
    for name, count in census.items():
        for _ in range(count):
            kind = getattr(QtWidgets, name)
            try:
                widget = kind()
            except (TypeError, NotImplementedError):  # an abstract class: its plainest relative
                widget = QtWidgets.QPushButton() if "Button" in name else QtWidgets.QWidget()
            write = getattr(widget, "setText", None)
            if write is not None:
                write("三声")
            grid.addWidget(widget, place // 8, place % 8)
            place += 1
    return shown


if __name__ == "__main__":
    app = QtWidgets.QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    shown = window(json.loads(sys.argv[1]))
    watcher = FirstPaint()
    shown.installEventFilter(watcher)
    shown.show()
    sys.exit(app.exec())
