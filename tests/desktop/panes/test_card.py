# SPDX-License-Identifier: GPL-3.0-or-later
"""The customer card: who calls, how sure that is, and that the flow hears of the card once it is really painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.panes.card import CustomerCardPane
from desktop.panes.card_rows import open_tickets
from models.kinds import Confidence, TicketStage
from tests.desktop.fake_desk import CARD, DEVICES
from tests.desktop.guided_desk import GuidedDesk, dressed, settle, stand, type_text


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[GuidedDesk]:
    dressed()
    desk = GuidedDesk()
    desk.sign_in_as("agent")
    yield desk


@pytest.fixture
def pane(qtbot: QtBot, desk: GuidedDesk) -> CustomerCardPane:
    pane = CustomerCardPane(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(pane)
    stand(pane, (304, 704))
    return pane


def words_on(widget: QWidget) -> str:
    """All label texts in sight."""
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def test_a_known_customer_is_named_with_phones_tickets_devices_and_contacts(
    desk: GuidedDesk, pane: CustomerCardPane
) -> None:
    desk.ring()
    settle()
    words = words_on(pane)
    assert "陈志远" in words and "金牌" in words and "最终客户" in words
    spoken = [pane.phones.model().index(row, 0).data() for row in range(2)]
    assert spoken == ["138 0013 8000，已核实", "0539 555 0126，较可信"]
    assert len(pane.tickets.rows.rows()) == 2 and len(pane.contacts.rows.rows()) == 3
    assert "上次接待 1007 周敏" in words


def test_open_tickets_stand_above_the_devices(desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.ring()
    settle()
    top = {view: view.mapTo(pane, view.rect().topLeft()).y() for view in (pane.tickets, pane.devices, pane.contacts)}
    assert top[pane.tickets] < top[pane.devices] < top[pane.contacts]


@pytest.mark.parametrize("confidence", [Confidence.MAYBE, Confidence.HOUSEHOLD])
def test_a_guess_is_never_shown_as_a_fact(desk: GuidedDesk, pane: CustomerCardPane, confidence: Confidence) -> None:
    desk.guess(confidence)
    settle()
    words = words_on(pane)
    assert "138 0013 8000" in words.splitlines()
    assert "陈志远" not in words.splitlines()
    assert "可能是陈志远" in words and "尚未核对" in words
    assert "金牌" not in words
    pane._guess.confirm.click()
    assert desk.last("sheet.confirm_phone") == ()


def test_an_unknown_number_offers_matches_with_confidence_and_reason(desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.unknown()
    settle()
    words = words_on(pane)
    assert "138 0013 8000" in words and "归属地 青禾市" in words and "尚未核对" in words
    matches = pane._unknown.matches
    assert [matches.model().index(row, 0).data() for row in range(2)] == [
        "陈志远，青禾市第二医院，较可信", "王丽华，恒信科技，待核实"]  # fmt: skip
    assert not pane._unknown.choose.isEnabled(), "nobody is chosen before the agent has asked"
    matches.select_key("c9")
    matches.chosen.emit(matches.current_row())
    pane._unknown.choose.click()
    assert desk.last("sheet.choose_customer") == ("c9",)


def test_a_withheld_number_says_so_and_asks_for_one(desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.withheld()
    settle()
    words = words_on(pane)
    assert "未显示号码" in words and "记下可以回电的号码" in words
    assert "138" not in words


def test_a_new_customer_is_made_by_keyboard(qtbot: QtBot, desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.unknown()
    settle()
    unknown = pane._unknown
    unknown.new.setFocus()
    qtbot.keyClick(unknown.new, Qt.Key.Key_Return)
    assert unknown.new_name.hasFocus()
    type_text(unknown.new_name, "赵国栋")
    qtbot.keyClick(unknown.new_name, Qt.Key.Key_Return)
    assert unknown.new_company.hasFocus()
    type_text(unknown.new_company, "恒信科技")
    qtbot.keyClick(unknown.new_company, Qt.Key.Key_Return)
    assert desk.last("sheet.new_customer") == ("赵国栋", "恒信科技")


def test_searching_shows_what_was_found_as_a_guess(qtbot: QtBot, desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.unknown()
    settle()
    type_text(pane._unknown.search, "czy")
    assert desk.last("sheet.search_customers") == ("czy",)
    rows = pane._unknown.matches.rows.rows()
    assert [row.confidence for row in rows] == [Confidence.MAYBE]


def test_arrows_and_enter_choose_the_device(qtbot: QtBot, desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.ring()
    settle()
    assert pane.devices.current_row() == DEVICES[0]
    pane.devices.setFocus()
    qtbot.keyClick(pane.devices, Qt.Key.Key_Down)
    qtbot.keyClick(pane.devices, Qt.Key.Key_Return)
    assert desk.last("sheet.choose_device") == ("d2",)


def test_the_flow_hears_once_per_call_and_only_after_the_paint(desk: GuidedDesk, pane: CustomerCardPane) -> None:
    desk.ring()
    assert "sheet.painted" not in desk.names_asked(), "laid out is not painted"
    settle()
    assert desk.names_asked().count("sheet.painted") == 1
    desk.sheet.changed.tell()
    settle()
    assert desk.names_asked().count("sheet.painted") == 1
    desk.answer()
    settle()
    assert desk.names_asked().count("sheet.painted") == 1, "the same call again is not a new card"


def test_a_hidden_card_is_not_reported_as_painted(desk: GuidedDesk, pane: CustomerCardPane) -> None:
    pane.hide()
    desk.ring()
    settle()
    assert "sheet.painted" not in desk.names_asked()
    pane.show()
    settle()
    assert desk.names_asked().count("sheet.painted") == 1


def test_closed_tickets_are_no_open_ones():
    old = replace(CARD.tickets[0], ticket="t9", stage=TicketStage.CLOSED)
    assert open_tickets(replace(CARD, tickets=(*CARD.tickets, old))) == CARD.tickets
    assert open_tickets(None) == ()
