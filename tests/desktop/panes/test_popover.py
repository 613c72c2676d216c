# SPDX-License-Identifier: GPL-3.0-or-later
"""The incoming popover: painted from site time, a guess never as a fact, shown on top when the desk is out of sight."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from desktop.panes.popover import SIZE, IncomingPopover
from desktop.panes.window import MainWindow
from desktop.widgets.beat import beat
from models.cards import Candidate
from models.kinds import Confidence
from resources.i18n import tr
from tests.desktop.fake_desk import CARD, FakeDesk


@pytest.fixture
def popover(qtbot, theme, desk: FakeDesk) -> IncomingPopover:
    made = IncomingPopover(desk)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    return made


def test_it_stands_only_while_a_call_is_offered(popover: IncomingPopover, desk: FakeDesk):
    assert not popover.isVisible() and not beat().tenths_running
    desk.ring()
    assert popover.isVisible() and popover.size() == SIZE and beat().tenths_running
    desk.answer()
    assert not popover.isVisible() and not beat().tenths_running


def test_the_bar_follows_site_time_not_ticks(popover: IncomingPopover, desk: FakeDesk):
    desk.ring(elapsed=7.5)
    assert popover.bar.fill == pytest.approx((1.0, 0.5, 0.0))
    assert popover.head.title.text() == tr("shell.incoming_ring", 2)
    assert popover.head.left.text() == tr("shell.answer_within", 8)
    desk.at += 5
    beat().tenth.emit()
    assert popover.bar.fill == pytest.approx((1.0, 1.0, 0.5))
    assert popover.bar.accessibleName() == tr("shell.ring_accessible", 3, 3, 3)
    desk.at += 5
    beat().tenth.emit()
    assert popover.bar.over and popover.head.title.text() == tr("shell.rings_over")


def test_before_the_phone_rings_the_bar_is_empty(popover: IncomingPopover, desk: FakeDesk):
    desk.ring()
    assert desk.calls.offer is not None
    desk.calls.offer = replace(desk.calls.offer, ring_started=0.0)
    desk.calls.changed.tell()
    assert popover.bar.fill == (0.0, 0.0, 0.0)


def test_a_known_caller_stands_with_what_matters(popover: IncomingPopover, desk: FakeDesk):
    desk.ring()
    assert popover.name.text() == "陈志远" and popover.number.text() == "138 0013 8000"
    assert popover.chip.isVisible() and popover.chip.text() == tr("card.level_gold")
    assert popover.tickets.text() == tr("shell.tickets_count", 2) and popover.last.text() == "1007 周敏"
    assert popover.queue.text() == "服务器专线"


def test_an_unknown_number_stands_in_the_place_of_the_name(popover: IncomingPopover, desk: FakeDesk):
    desk.ring(known=False)
    assert popover.name.text() == "138 0013 8000" and popover.number.text() == ""
    assert popover.tickets.text() == "–"


def test_a_guess_is_never_shown_as_a_fact(popover: IncomingPopover, desk: FakeDesk):
    desk.ring(known=False)
    guess = Candidate("c1", "陈志远", "青禾市第二医院", Confidence.MAYBE, "card.why_household")
    card = replace(CARD, customer="", name="", confidence=Confidence.MAYBE, candidates=(guess,))
    desk.sheet.card = card
    desk.sheet.changed.tell()
    assert popover.name.text() == "138 0013 8000"
    assert popover.company.text() == tr("shell.maybe", "陈志远")
    assert popover.chip.text() == tr("card.confidence_maybe")


def test_a_withheld_number_has_a_word(popover: IncomingPopover, desk: FakeDesk):
    desk.ring(known=False)
    assert desk.calls.offer is not None
    desk.sheet.card = None
    desk.calls.offer = replace(desk.calls.offer, from_number="")
    desk.calls.changed.tell()
    assert popover.name.text() == tr("shell.withheld")


def test_accept_and_reject_by_mouse(qtbot, popover: IncomingPopover, desk: FakeDesk):
    desk.ring()
    qtbot.mouseClick(popover.reject, Qt.MouseButton.LeftButton)
    assert popover.asks_reason and "calls.decline" not in desk.names_asked()
    qtbot.mouseClick(popover.reasons[0], Qt.MouseButton.LeftButton)
    assert desk.last("calls.decline") == ("busy",)
    qtbot.mouseClick(popover.accept, Qt.MouseButton.LeftButton)
    assert desk.names_asked()[-1] == "calls.accept"


def test_a_question_does_not_outlive_its_call(popover: IncomingPopover, desk: FakeDesk):
    desk.ring()
    popover.ask_reason()
    desk.answer()
    desk.ring()
    assert not popover.asks_reason


def test_a_consultation_says_who_asks(popover: IncomingPopover, desk: FakeDesk):
    desk.ring()
    assert desk.calls.offer is not None
    desk.calls.offer = replace(desk.calls.offer, role="consult", from_agent="1001", from_name="林晓雯")
    desk.calls.changed.tell()
    assert popover.name.text() == "林晓雯" and popover.chip.text() == tr("shell.consult")
    assert popover.head.title.text() == tr("shell.incoming_ring_consult", 2)


def test_a_hidden_desk_shows_it_on_top_without_taking_the_focus(qtbot, window: MainWindow, desk: FakeDesk):
    desk.ring()
    assert window.popover.isVisible() and not window.floating.isVisible()
    window.showMinimized()
    qtbot.waitUntil(window.floating.isVisible)
    flags = window.floating.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint and flags & Qt.WindowType.WindowDoesNotAcceptFocus
    desk.answer()
    assert not window.floating.isVisible()


def test_a_desk_that_closes_takes_its_popover_with_it(qtbot, window: MainWindow, desk: FakeDesk):
    desk.ring()
    window.close()
    desk.calls.changed.tell()
    assert not window.floating.isVisible() and not beat().tenths_running
