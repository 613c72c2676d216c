# SPDX-License-Identifier: GPL-3.0-or-later
"""The chords of the desk, application-wide, working from inside text fields. None hangs up in one stroke.

Digits are live only while the window says that they mean something, so that they never disturb a field or a list.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget


def in_text_field() -> bool:
    """Whether somebody is typing: plain digits and signs belong to the field then."""
    focus = QApplication.focusWidget()
    if isinstance(focus, QLineEdit | QPlainTextEdit | QTextEdit):
        return not focus.isReadOnly()
    return False


class Shortcuts(QObject):
    """All chords of one window."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._digits: list[QShortcut] = []
        self.made: dict[str, QShortcut] = {}

    def add(self, chord: str, act: Callable[[], object], ambiguous: bool = False) -> QShortcut:
        """One chord for the whole application. `ambiguous`: act even when a pane has the same chord."""
        made = QShortcut(QKeySequence(chord), self._window)
        made.setContext(Qt.ShortcutContext.ApplicationShortcut)
        made.setAutoRepeat(False)
        made.activated.connect(act)
        if ambiguous:
            made.activatedAmbiguously.connect(act)
        self.made[chord] = made
        return made

    def add_digits(self, act: Callable[[int], object]) -> None:
        """1 to 9 and Alt+1 to Alt+9, off until `live`."""
        for digit in range(1, 10):
            for chord in (str(digit), f"Alt+{digit}"):
                made = self.add(chord, partial(act, digit), ambiguous=True)
                made.setEnabled(False)
                self._digits.append(made)

    def digits_live(self, on: bool) -> None:
        for made in self._digits:
            if made.isEnabled() != on:
                made.setEnabled(on)

    def drop(self) -> None:
        """Before the window builds itself anew."""
        for made in self.made.values():
            made.setEnabled(False)
            made.deleteLater()
        self.made.clear()
        self._digits.clear()
