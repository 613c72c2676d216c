# SPDX-License-Identifier: GPL-3.0-or-later
"""The focus ring: 2 px of accent, 1 px outside the edge of whichever button has the focus.

A style can only paint inside a widget, so the ring is a transparent child of the button's parent that follows it.
Inputs show their focus by their own border and are left alone. Installed once per application.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QWidget

from desktop.widgets.theme import current

OUTSIDE = 3


class FocusRing(QWidget):
    """One for the whole application; belongs to whichever parent the focused button has."""

    def __init__(self) -> None:
        super().__init__(None)
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def follow(self, target: QWidget | None) -> None:
        """Stand round `target`, or nowhere."""
        if self._target is not None:
            self._target.removeEventFilter(self)
        self._target = target
        parent = target.parentWidget() if target is not None else None
        if target is None or parent is None:
            self.hide()
            self.setParent(None)
            return
        self.setParent(parent)
        target.installEventFilter(self)
        target.destroyed.connect(self._lost)
        self._place()

    def _lost(self) -> None:
        self._target = None
        self.hide()
        self.setParent(None)

    def _place(self) -> None:
        if self._target is not None and self._target.isVisible():
            self.setGeometry(self._target.geometry().adjusted(-OUTSIDE, -OUTSIDE, OUTSIDE, OUTSIDE))
            self.raise_()
            self.show()
        else:
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(current().color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()


class FocusWatcher(QObject):
    """Moves the ring with the focus of the application; makes a new one if its parent took it away."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.ring = FocusRing()
        app.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        wanted = isinstance(new, QAbstractButton) and not isinstance(new, QCheckBox)
        target = new if wanted and not (new is not None and new.property("ownFocus")) else None
        try:
            self.ring.follow(target)
        except RuntimeError:  # the ring died with the parent it stood in
            self.ring = FocusRing()
            self.ring.follow(target)


_watcher: FocusWatcher | None = None


def show_focus_everywhere() -> None:
    """Install the ring, once per application."""
    global _watcher
    app = QApplication.instance()
    if _watcher is None and isinstance(app, QApplication):
        _watcher = FocusWatcher(app)
