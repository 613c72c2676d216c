# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the screen: offscreen windows in Chinese and light, a desk of plain data, settings of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panes.window import MainWindow
from desktop.widgets.theme import Theme
from resources import i18n
from tests.desktop.fake_desk import FakeDesk


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path) -> None:
    """What a test keeps must not meet what a person or another test kept."""
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def no_widget_stays() -> Iterator[None]:
    """Outside an event loop Qt deletes nothing later, and every widget left costs time at the next change of theme."""
    yield
    if isinstance(QApplication.instance(), QApplication):
        for widget in QApplication.topLevelWidgets():
            widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """Light and Chinese, whatever the test before did."""
    i18n.use("zh_CN")
    made = Theme("light")
    made.apply()
    yield made
    i18n.use("zh_CN")


@pytest.fixture
def desk() -> FakeDesk:
    """An agent who is ready."""
    made = FakeDesk()
    made.sign_in_as("agent")
    return made


@pytest.fixture
def shown(qtbot, theme: Theme) -> Callable[[QWidget], QWidget]:  # type: ignore[no-untyped-def]
    """Shows a widget and waits until it is there."""

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        widget.show()
        widget.activateWindow()
        qtbot.waitUntil(widget.isVisible)
        QApplication.processEvents()
        return widget

    return show


def form_page(desk: object, theme: Theme) -> QWidget:
    """A page with one field, standing for any page."""
    from PySide6.QtWidgets import QLineEdit, QVBoxLayout

    page = QWidget()
    column = QVBoxLayout(page)
    field = QLineEdit(page)
    field.setObjectName("field")
    column.addWidget(field)
    return page


@pytest.fixture
def window(qtbot, theme: Theme, desk: FakeDesk) -> MainWindow:  # type: ignore[no-untyped-def]
    """The main window around a page with one field."""
    made = MainWindow(desk, theme, (("agent", frozenset({"agent"}), "headset", form_page),))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made
