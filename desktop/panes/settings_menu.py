# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of this person's desk: language, light or dark, key hints, reduced motion, the list of keys, leaving.

A menu that never blocks. Choices are kept in the person's own settings file.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QSettings, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from desktop.widgets.theme import Theme
from resources import i18n
from resources.i18n import tr

LANGUAGE_NAMES = {"zh_CN": "language_zh_CN", "en": "language_en"}


def stored() -> QSettings:
    """Where a person's own choices are kept."""
    return QSettings("three-rings", "desk")


class SettingsMenu(QMenu):
    """`language_chosen` with the code; the window builds itself anew. `keys_wanted`, `leave_wanted`."""

    language_chosen = Signal(str)
    keys_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(tr("shell.settings"))
        languages = QActionGroup(self)
        for number, code in enumerate(i18n.LANGUAGES, start=1):
            name = tr(f"shell.{LANGUAGE_NAMES[code]}")
            action = self._choice(f"&{number}   {name}", i18n.language() == code, languages)
            action.triggered.connect(partial(self._language, code))
        self.addSeparator()
        themes = QActionGroup(self)
        for number, name in enumerate(("light", "dark"), start=3):
            words = tr(f"shell.theme_{name}")
            action = self._choice(f"&{number}   {words}", theme.name == name, themes)
            action.triggered.connect(partial(self._use_theme, name))
        self.addSeparator()
        hints = self._choice(f"&5   {tr('shell.key_hints')}", theme.key_hints)
        hints.triggered.connect(self._key_hints)
        motion = self._choice(f"&6   {tr('shell.reduced_motion')}", theme.reduced_motion)
        motion.triggered.connect(self._reduced_motion)
        self.addAction(f"&7   {tr('shell.keys')}   ?").triggered.connect(self.keys_wanted)
        self.addSeparator()
        self.addAction(f"&8   {tr('shell.leave')}").triggered.connect(self.leave_wanted)

    def _choice(self, words: str, on: bool, group: QActionGroup | None = None) -> QAction:
        action = self.addAction(words)
        action.setCheckable(True)
        if group is not None:
            group.addAction(action)
        action.setChecked(on)
        return action

    def _language(self, code: str, checked: bool = False) -> None:
        if code != i18n.language():
            stored().setValue("language", code)
            self.language_chosen.emit(code)

    def _use_theme(self, name: str, checked: bool = False) -> None:
        stored().setValue("theme", name)
        self._theme.use("dark" if name == "dark" else "light")

    def _key_hints(self, on: bool) -> None:
        stored().setValue("key_hints", on)
        self._theme.key_hints = on
        self._theme.apply()

    def _reduced_motion(self, on: bool) -> None:
        stored().setValue("reduced_motion", on)
        self._theme.reduced_motion = on
        self._theme.changed.emit()

    def open_beside(self, widget: QWidget) -> None:
        """Pop up to the right of the rail's item."""
        corner = widget.mapToGlobal(QPoint(widget.width() + 4, widget.height()))
        self.popup(corner - QPoint(0, self.sizeHint().height()))
