# SPDX-License-Identifier: GPL-3.0-or-later
"""What the house sets for itself, by keyboard: stored as it is written, refused when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.panes.house_presets import PresetsPage
from telephony import messages as link
from tests.desktop.guided_desk import dressed, settle, stand, type_text
from tests.desktop.house_desk import HouseDesk


@pytest.fixture
def desk(qtbot: QtBot) -> HouseDesk:
    dressed()
    made = HouseDesk()
    made.sign_in_as("supervisor")
    made.house.begin()
    return made


@pytest.fixture
def page(desk: HouseDesk) -> Iterator[PresetsPage]:
    made = PresetsPage(desk.house)
    stand(made)
    yield made
    made.close()


def test_what_stands_is_shown_with_who_changed_it(page: PresetsPage) -> None:
    assert page.presets["company"].field.value() == "瀚川科技"
    assert page.presets["supervision_shown"].field.value() is True
    assert "周敏 改于第 2 版" in page.presets["hotline"].about.text()


def test_who_hears_that_somebody_listens_is_set_with_one_key(qtbot: QtBot, desk: HouseDesk, page: PresetsPage) -> None:
    page.presets["supervision_shown"].field.setFocus()
    qtbot.keyClick(page.presets["supervision_shown"].field.focusProxy(), Qt.Key.Key_Space)
    settle()
    assert desk.posted == [("setting_save", {"name": "supervision_shown", "value": False})]
    assert page.presets["supervision_shown"].field.value() is False
    assert "周立群 改于第 3 版" in page.presets["supervision_shown"].about.text()


def test_the_company_is_stored_by_enter_and_not_twice(qtbot: QtBot, desk: HouseDesk, page: PresetsPage) -> None:
    edit = page.presets["company"].field.edit  # type: ignore[attr-defined]
    edit.clear()
    type_text(edit, "青禾科技")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    page.step(1)
    page.finish()
    assert desk.posted == [("setting_save", {"name": "company", "value": "青禾科技"})]


def test_what_is_no_number_is_said_and_not_stored(qtbot: QtBot, desk: HouseDesk, page: PresetsPage) -> None:
    preset = page.presets["hotline"]
    edit = preset.field.edit  # type: ignore[attr-defined]
    edit.clear()
    type_text(edit, "四百")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert not desk.posted and preset.about.text() == "这不是电话号码。" and edit.property("wrong") is True
    edit.clear()
    type_text(edit, "400 999 8888")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert desk.posted == [("setting_save", {"name": "hotline", "value": "400 999 8888"})]
    assert edit.property("wrong") is False


def test_what_is_being_written_stays_when_another_stores(desk: HouseDesk, page: PresetsPage) -> None:
    edit = page.presets["company"].field.edit  # type: ignore[attr-defined]
    edit.setFocus()
    type_text(edit, "二部")
    desk.set_preset("company", "另一家", "郭晨")
    desk.house.heard(link.Changed("setting", "company", 3))
    settle()
    assert edit.text() == "瀚川科技二部" and "郭晨" in page.presets["company"].about.text()


def test_who_may_not_change_it_sees_it_all_the_same(desk: HouseDesk, page: PresetsPage) -> None:
    assert desk.me is not None
    desk.me = replace(desk.me, groups=("agent",))
    page.refresh()
    assert not any(preset.field.isEnabled() for preset in page.presets.values())
    page.finish()
    assert not desk.posted
