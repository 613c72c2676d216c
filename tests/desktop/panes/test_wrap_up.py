# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrap-up: two digits and Ctrl+Enter, the suggestion is only marked, the note goes along, the facts beside it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop.panes.agent_page import AgentPage
from desktop.panes.window import MainWindow
from desktop.panes.wrap_up import WrapUpPage
from desktop.panes.wrap_up_facts import WrapUpFacts
from desktop.widgets.theme import Theme
from models.cards import Disposition
from resources import i18n
from resources.i18n import tr
from tests.desktop.fake_desk import FakeDesk

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(shown, theme: Theme, desk: FakeDesk) -> WrapUpPage:
    desk.answer(521)
    desk.wrap_up()
    made = WrapUpPage(desk, theme)  # type: ignore[arg-type]
    made.resize(702, 704)
    return shown(made)


def told(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_nothing_is_chosen_for_the_agent(page: WrapUpPage, desk: FakeDesk):
    assert page.categories.chosen == "" and page.details.chosen == ""
    assert desk.last("calls.set_disposition") is None
    assert page.complete.words.text() == tr("wrap_up.no_code")


def test_two_digits_choose(qtbot, page: WrapUpPage, desk: FakeDesk):
    page.categories.setFocus()
    qtbot.keyClick(page.categories, Qt.Key.Key_1)
    assert page.details.hasFocus() and page.level_2_name.text() == tr("wrap_up.level_2_of", "硬件故障")
    qtbot.keyClick(page.details, Qt.Key.Key_3)
    assert desk.last("calls.set_disposition") == ("hw.memory", "", ())
    assert page.complete.words.text() == tr("wrap_up.sheet_lacks", 2)


def test_backspace_returns_to_the_categories(qtbot, page: WrapUpPage):
    page.pick(1)
    assert page.details.hasFocus()
    qtbot.keyClick(page.details, Qt.Key.Key_Backspace)
    assert page.categories.hasFocus()


def test_a_category_without_details_is_a_choice_itself(page: WrapUpPage, desk: FakeDesk):
    page.pick(7)
    assert desk.last("calls.set_disposition") == ("void", "", ())


def test_the_note_and_what_follows_go_along(qtbot, page: WrapUpPage, desk: FakeDesk):
    page.pick(1)
    page.pick(3)
    page.follow_ups["revisit"].click()
    assert desk.last("calls.set_disposition") == ("hw.memory", "", ("revisit",))
    page.write_note()
    qtbot.keyClicks(page.note, "1 zwei")
    page.categories.setFocus()
    assert desk.last("calls.set_disposition") == ("hw.memory", "1 zwei", ("revisit",))


def test_the_suggestion_is_marked(page: WrapUpPage, desk: FakeDesk):
    page.pick(1)
    rows = {row.code: row for row in page.details._rows}
    assert rows["hw.memory"].remark == tr("wrap_up.suggested") and rows["hw.power"].remark == ""


def test_the_next_contact_starts_empty(page: WrapUpPage, desk: FakeDesk):
    page.pick(1)
    page.pick(3)
    page.note.setPlainText("alt")
    desk.calls.disposition = ""
    desk.change_call(call="call-2")
    assert page.note.toPlainText() == "" and page.categories.chosen == "" and page.details.chosen == ""


def test_dispositions_that_arrive_late_are_shown(shown, theme: Theme, desk: FakeDesk):
    desk.calls.dispositions = ()
    desk.answer(10)
    desk.wrap_up()
    late = shown(WrapUpPage(desk, theme))
    assert not late.pick(1)
    desk.calls.dispositions = (Disposition("a", "甲", "A"),)
    desk.calls.changed.tell()
    assert late.pick(1)


def test_english_words_in_english(shown, theme: Theme, desk: FakeDesk):
    i18n.use("en")
    desk.answer(10)
    desk.wrap_up()
    page = shown(WrapUpPage(desk, theme))
    assert page.categories._rows[0].words == "Hardware fault"


def test_the_usual_case_in_the_whole_window(qtbot, theme: Theme, desk: FakeDesk):
    pages = (("agent", frozenset({"agent"}), "headset", WrapUpPage),)
    window = MainWindow(desk, theme, pages)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    desk.answer(521)
    desk.wrap_up()
    place = window.centralWidget()
    place.setFocus()
    qtbot.keyClick(place, Qt.Key.Key_1)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_3)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_N)
    qtbot.keyClicks(QApplication.focusWidget(), "e7 n")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, CTRL)
    assert [name for name in desk.names_asked() if name.startswith("calls.")] == [
        "calls.set_disposition", "calls.set_disposition", "calls.finish_wrap_up"]  # fmt: skip
    assert desk.last("calls.set_disposition") == ("hw.memory", "e7 n", ())
    place.setFocus()
    qtbot.keyClick(place, Qt.Key.Key_E)
    assert desk.names_asked()[-1] == "calls.extend_wrap_up"


def test_from_a_field_of_the_form_the_focus_comes_to_the_categories(qtbot, theme: Theme, desk: FakeDesk):
    desk.answer(521)
    window = MainWindow(desk, theme)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    page = window.current_page()
    assert page is not None
    page.form.focus_first_empty()  # type: ignore[attr-defined]
    assert page.form.isAncestorOf(QApplication.focusWidget())  # type: ignore[attr-defined]
    desk.wrap_up()
    wrap_up = window.wrap_up_page()
    assert wrap_up is not None and wrap_up.categories.hasFocus()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_1)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_3)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return, CTRL)
    assert desk.last("calls.set_disposition") == ("hw.memory", "", ())
    assert desk.names_asked()[-1] == "calls.finish_wrap_up"
    assert wrap_up.note.toPlainText() == ""


def test_the_facts_say_how_the_call_went(shown, theme: Theme, desk: FakeDesk):
    desk.answer(521)
    desk.wrap_up()
    facts = shown(WrapUpFacts(desk, theme))
    shown_words = told(facts)
    assert tr("wrap_up.rang_value", 2) in shown_words and "8:41" in shown_words
    assert tr("wrap_up.by_customer") in shown_words
    assert tr("wrap_up.step_lacks", tr("guide.step_service"), 2) in shown_words
    assert facts.count.text() == tr("wrap_up.of", 5, 6)


def test_a_call_handed_on_does_not_say_who_hung_up(qtbot, theme: Theme, desk: FakeDesk, shown):
    desk.answer(20)
    desk.wrap_up()
    desk.change_call(responsible=False, peer="2031", peer_name="高建平", customer_gone=False)
    shown_words = told(shown(WrapUpFacts(desk, theme)))
    assert "高建平" in shown_words and tr("wrap_up.by_us") not in shown_words


def test_wrap_up_shuts_the_transfer_panel_and_gives_the_column_back(qtbot, theme: Theme, desk: FakeDesk, shown):
    page = shown(AgentPage(desk, theme))
    desk.answer(10)
    before = page.splitter.sizes()
    desk.transfer.opened()
    assert page.right.currentWidget() is page.transfer
    desk.wrap_up()
    assert not desk.transfer.open
    assert isinstance(page.right.currentWidget(), WrapUpFacts)
    assert page.splitter.sizes() == before
    desk.calls.call = None
    desk.calls.changed.tell()
    assert page.right.currentWidget() is page.advice
