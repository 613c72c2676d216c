# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands of a robot: it finds what it presses by the name a screen reader reads, in a real window, with real events."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

KEY_S = 0.012
"""Between two keys: a quick typist, and the loop breathes."""


class NotThere(RuntimeError):
    """What the robot looks for is not on the screen, or cannot be pressed; says what."""


class Hands:
    """Acts on one window. Attributes: `window`, `pictures` (where pictures go, or None)."""

    def __init__(self, window: QWidget, pictures: Path | None, suffix: str) -> None:
        self.window = window
        self.pictures = pictures
        self._suffix = suffix

    def find(self, name: str, *kinds: type[QWidget]) -> QWidget | None:
        """The visible widget with this accessible name (or a button with this text), enabled ones first."""
        found = [
            widget
            for kind in kinds
            for widget in self.window.findChildren(kind)
            if widget.isVisible() and name in (widget.accessibleName(), _text(widget))
        ]
        return next((widget for widget in found if widget.isEnabled()), found[0] if found else None)

    async def wait_for(self, name: str, *kinds: type[QWidget], wait_s: float = 5.0) -> QWidget:
        """The widget, once it is there and enabled. Raises NotThere."""
        until = time.monotonic() + wait_s
        while True:
            widget = self.find(name, *kinds)
            if widget is not None and widget.isEnabled():
                return widget
            if time.monotonic() > until:
                raise NotThere(f"{name}: {'disabled' if widget is not None else 'not on the screen'}")
            await asyncio.sleep(0.05)

    async def press(self, name: str, wait_s: float = 5.0) -> None:
        """Click the button with this name. Raises NotThere."""
        button = await self.wait_for(name, QAbstractButton, wait_s=wait_s)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(button.width() // 2, button.height() // 2))
        await asyncio.sleep(0)

    async def press_first(self, beginning: str) -> None:
        """Click the first visible button whose name begins so (a card says its price behind). Raises NotThere."""
        for button in self.window.findChildren(QAbstractButton):
            if button.isVisible() and button.isEnabled() and button.accessibleName().startswith(beginning):
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
                await asyncio.sleep(0)
                return
        raise NotThere(f"{beginning}…: not on the screen")

    async def type(self, name: str, text: str) -> None:
        """Type into the field with this name, key by key, after what is there. Raises NotThere."""
        editor = await self.wait_for(name, QLineEdit, QPlainTextEdit, QComboBox)
        editor.setFocus()
        if isinstance(editor, QComboBox):
            await self._choose(editor, text)
            return
        if not isinstance(editor, QLineEdit | QPlainTextEdit):
            raise NotThere(f"{name} is nothing to type in")
        for character in text:  # as an input method commits them: Chinese has no keys of its own
            committed = QInputMethodEvent()
            committed.setCommitString(character)
            QCoreApplication.sendEvent(editor, committed)
            await asyncio.sleep(KEY_S)

    async def _choose(self, box: QComboBox, value: str) -> None:
        if box.findData(value) < 0:
            raise NotThere(f"{value} cannot be chosen")
        QTest.keyClick(box, Qt.Key.Key_Home)
        while box.currentData() != value:
            before = box.currentIndex()
            QTest.keyClick(box, Qt.Key.Key_Down)
            await asyncio.sleep(KEY_S)
            if box.currentIndex() == before:
                raise NotThere(f"{value} cannot be reached with the keys")

    async def key(self, key: Qt.Key, *with_keys: Qt.KeyboardModifier) -> None:
        """Press a key in the window, where its focus is."""
        modifiers = Qt.KeyboardModifier.NoModifier
        for one in with_keys:
            modifiers |= one
        target = self.window.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers)
        await asyncio.sleep(KEY_S)

    async def picture(self, name: str) -> None:
        """Keep what the window shows as `name`-language-theme.png; the first of a name stays."""
        if self.pictures is None:
            return
        file = self.pictures / f"{name}-{self._suffix}.png"
        if not file.exists():
            await asyncio.sleep(0.2)  # what changed a moment ago is laid out and painted by the loop itself
            self.window.grab().save(str(file), "PNG", 0)  # 0: packed as small as it goes


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""
