# SPDX-License-Identifier: GPL-3.0-or-later
"""The `start` bench's own side: the desk's sign-in window, exactly as `threerings desk` shows it."""

from __future__ import annotations

import collections
import json
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app import DeskOptions, run_desk


class FirstPaint(QObject):
    """Prints PAINTED with the census of Qt classes after the first window has painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget) and watched.isWindow():
            app = QApplication.instance()
            assert app is not None
            app.removeEventFilter(self)
            census = collections.Counter(_qt_class(widget) for widget in watched.findChildren(QWidget))
            print("PAINTED", json.dumps(census), flush=True)
        return False


def _qt_class(widget: QWidget) -> str:
    """The nearest of Qt's own classes."""
    for kind in type(widget).__mro__:
        if kind.__module__.startswith("PySide6"):
            return kind.__name__
    return "QWidget"


if __name__ == "__main__":
    app = QApplication(sys.argv[:1])
    watcher = FirstPaint()
    app.installEventFilter(watcher)
    sys.exit(run_desk(DeskOptions(data_dir=Path(sys.argv[1]))))
