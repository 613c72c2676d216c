# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in window: checks that never block, errors under the password, language, what is remembered; the welcome."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from desktop.flows.front import SignInFailed
from desktop.panes.settings_menu import SettingsMenu, stored
from desktop.panes.sign_in import HEIGHT, WIDTH, SignInWindow
from desktop.panes.welcome import CHOICES, Welcome
from desktop.widgets.theme import Theme
from models.kinds import AgentState
from resources import i18n
from resources.i18n import tr
from tests.desktop.fake_desk import Check, FakeDesk


@pytest.fixture
def signing() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def sign_in(shown, theme: Theme, signing: FakeDesk) -> SignInWindow:
    return shown(SignInWindow(signing, theme, person="1001"))  # type: ignore[arg-type]


def words(window: SignInWindow) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel))


def test_it_is_as_large_as_drawn_and_starts_at_the_password(sign_in: SignInWindow):
    assert (sign_in.width(), sign_in.height()) == (WIDTH, HEIGHT) == (860, 520)
    assert sign_in.password.hasFocus() and sign_in.number.text() == "1001"
    assert sign_in.panel.isVisible()
    sign_in.resize(600, HEIGHT)
    assert not sign_in.panel.isVisible()


def test_the_checks_run_before_the_button_is_pressed(sign_in: SignInWindow, signing: FakeDesk):
    assert signing.names_asked() == ["sign_in.begin_checks"]
    shown_words = words(sign_in)
    assert tr("sign_in.server_ok", 12) in shown_words and tr("sign_in.state_drafts_warn") in shown_words


def test_a_failed_check_explains_itself_and_does_not_block(sign_in: SignInWindow, signing: FakeDesk):
    signing.sign_in.checks = (Check("headset", "warn", "sign_in.headset_none"),
                              Check("server", "bad", "sign_in.server_away"),
                              Check("drafts", "busy", "sign_in.check_busy"))  # fmt: skip
    signing.sign_in.checked.tell()
    assert tr("sign_in.server_away") in words(sign_in) and tr("sign_in.state_server_bad") in words(sign_in)
    assert sign_in.button.isEnabled() and sign_in.password.isEnabled()


async def test_enter_signs_in_and_remembers_when_asked(qtbot, sign_in: SignInWindow, signing: FakeDesk):
    heard: list[bool] = []
    sign_in.signed_in.connect(lambda: heard.append(True))
    qtbot.keyClicks(sign_in.password, "drei ringe")
    sign_in.remember.setChecked(True)
    qtbot.keyClick(sign_in.password, Qt.Key.Key_Return)
    assert not sign_in.button.isEnabled()
    await asyncio.sleep(0.01)
    assert signing.last("sign_in.sign_in") == ("1001", "drei ringe", "") and heard == [True]
    assert sign_in.password.text() == "" and stored().value("person") == "1001"
    assert signing.last("calls.choose") is None


async def test_ready_after_sign_in_is_a_choice(qtbot, sign_in: SignInWindow, signing: FakeDesk):
    sign_in.after.setCurrentIndex(1)
    sign_in.submit()
    await asyncio.sleep(0.01)
    assert signing.last("calls.choose") == (AgentState.READY, None)


async def test_a_wrong_password_stands_under_the_field(qtbot, sign_in: SignInWindow, signing: FakeDesk):
    signing.sign_in.failure = SignInFailed("sign_in.fill_both")
    sign_in.submit()
    await asyncio.sleep(0.01)
    assert sign_in.error.text() == tr("sign_in.fill_both") and sign_in.password.property("wrong") is True
    assert sign_in.button.isEnabled() and sign_in.password.hasFocus()
    qtbot.keyClicks(sign_in.password, "x")
    assert sign_in.error.text() == "" and sign_in.password.property("wrong") is False


async def test_pressing_twice_signs_in_once(sign_in: SignInWindow, signing: FakeDesk):
    sign_in.submit()
    sign_in.submit()
    await asyncio.sleep(0.01)
    assert signing.names_asked().count("sign_in.sign_in") == 1


def test_another_language_keeps_what_was_typed(qtbot, sign_in: SignInWindow):
    qtbot.keyClicks(sign_in.password, "abc")
    sign_in.use_language("en")
    assert i18n.language() == "en" and sign_in.windowTitle() == "Three Rings · Log in"
    assert (sign_in.number.text(), sign_in.password.text()) == ("1001", "abc")
    assert "Password" in words(sign_in)


def test_tab_order(qtbot, sign_in: SignInWindow):
    sign_in.number.setFocus()
    order = []
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        order.append(QApplication.focusWidget())
    assert order == [sign_in.extension, sign_in.password, sign_in.team, sign_in.after, sign_in.remember, sign_in.forgot,
                     sign_in.button, sign_in.language]  # fmt: skip


def test_a_forgotten_password_has_a_way_out(sign_in: SignInWindow):
    sign_in.forgot.click()
    assert sign_in.error.text() == tr("sign_in.forgot_how")


@pytest.mark.parametrize("number", range(1, 5))
def test_the_welcome_is_chosen_by_digit(qtbot, shown, theme: Theme, number: int):
    welcome = shown(Welcome(theme))
    chosen: list[str] = []
    welcome.chosen.connect(chosen.append)
    qtbot.keyClick(welcome, str(number))
    assert chosen == [CHOICES[number - 1][0]]


def test_the_welcome_is_chosen_by_mouse_and_enter(qtbot, shown, theme: Theme):
    welcome = shown(Welcome(theme))
    chosen: list[str] = []
    welcome.chosen.connect(chosen.append)
    qtbot.mouseClick(welcome.cards["supervisor"], Qt.MouseButton.LeftButton)
    welcome.cards["all"].setFocus()
    qtbot.keyClick(welcome.cards["all"], Qt.Key.Key_Return)
    assert chosen == ["supervisor", "all"]


def test_settings_change_theme_and_are_kept(qtbot, theme: Theme):
    menu = SettingsMenu(theme)
    qtbot.addWidget(menu)
    languages: list[str] = []
    menu.language_chosen.connect(languages.append)
    by_words = {action.text(): action for action in menu.actions() if action.text()}
    by_words[f"&4   {tr('shell.theme_dark')}"].trigger()
    assert theme.name == "dark" and stored().value("theme") == "dark"
    by_words["&2   English"].trigger()
    assert languages == ["en"] and stored().value("language") == "en"
    by_words[f"&5   {tr('shell.key_hints')}"].trigger()
    assert theme.key_hints is False
