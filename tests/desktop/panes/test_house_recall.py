# SPDX-License-Identifier: GPL-3.0-or-later
"""The recall list: the most urgent first, claimed, heard and dialled from here, and why the call went as it did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from desktop.panes.house_recall import RecallPage
from desktop.panes.house_why import WhyPane, WhyPanel
from desktop.panes.window import MainWindow
from resources.i18n import tr
from telephony import messages as link
from tests.desktop.guided_desk import dressed, settle, stand
from tests.desktop.house_desk import HouseDesk


@pytest.fixture
def desk(qtbot: QtBot) -> HouseDesk:
    dressed()
    made = HouseDesk()
    made.sign_in_as("agent")
    return made


@pytest.fixture
def page(desk: HouseDesk) -> Iterator[RecallPage]:
    made = RecallPage(desk, dressed())  # type: ignore[arg-type]
    stand(made)
    yield made
    made.close()
    delete(made)


def test_one_is_chosen_and_called_back_by_keyboard(qtbot: QtBot, desk: HouseDesk, page: RecallPage) -> None:
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    chosen = desk.recall.current
    assert chosen is not None and page.title.text() in ("孙强", "陈志远")
    page.finish()
    assert desk.posted[0] == ("task_claim", {"task": int(chosen.task.task)})
    assert desk.last("calls.dial") == (chosen.task.number, chosen.task.task)


def test_beside_it_stands_why_the_call_came_to_nothing(desk: HouseDesk, page: RecallPage) -> None:
    desk.recall.choose("31")
    assert page.why.flow.contact == "call-31" and page.why.list.isVisible()
    desk.recall.choose("33")
    assert page.why.empty.isVisible(), "nobody called: he asked for it on the web"


def test_g_claims_the_most_urgent_free_one(qtbot: QtBot, desk: HouseDesk, page: RecallPage) -> None:
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_G)
    assert desk.posted == [("task_claim", {"task": 31})]


def test_a_message_is_marked_heard_when_first_played(qtbot: QtBot, desk: HouseDesk, page: RecallPage) -> None:
    desk.recall.choose("32")
    assert page.player.isVisible() and page.player.words.text() == tr("recall.unheard")
    desk.recall.player._fetch = _never  # type: ignore[method-assign, assignment]
    page.player.play.click()
    assert desk.posted == [("voicemail_heard", {"voicemail": "7"})] and desk.recall.player.state == "fetching"
    desk.recall.choose("34")
    assert "林晓雯" in page.player.words.text() and desk.recall.player.state == "off"


async def _never(what: str) -> None:
    """The sound does not come in this test."""


def test_filters_and_what_cannot_be_done_says_why(desk: HouseDesk, page: RecallPage) -> None:
    page.filters["voicemail"].click()
    assert [line.task.task for line in page.list.rows.rows()] == ["32", "34"]
    page.filters["mine"].click()
    assert [line.task.task for line in page.list.rows.rows()] == ["34"]
    desk.recall.choose("34")
    assert page.claim.toolTip() == tr("recall.why_claimed") and page.done.isEnabled()
    desk.answer()
    assert page.dial.toolTip() == tr("recall.why_in_call")


def test_whom_another_took_is_his(desk: HouseDesk, page: RecallPage) -> None:
    line = desk.recalls[3]
    desk.recalls = (
        *desk.recalls[:3],
        replace(line, task=replace(line.task, claimed_by="2031", claimed_by_name="高建平")),
    )
    desk.recall.heard(link.Changed("task", "34"))
    desk.recall.choose("34")
    assert page.dial.toolTip() == tr("recall.why_theirs", "高建平") and not page.done.isEnabled()


def test_the_reason_of_a_call_back_is_said_in_words(desk: HouseDesk, page: RecallPage) -> None:
    for note, words in (("abandoned", tr("recall.because_abandoned")), ("请下午打", "请下午打")):
        line = desk.recalls[0]
        desk.recalls = (replace(line, task=replace(line.task, title="", note=note)), *desk.recalls[1:])
        desk.recall.heard(link.Changed("task", line.task.task))
        desk.recall.choose(line.task.task)
        assert page.note.text() == words


def test_one_that_is_done_leaves_the_list_and_the_centre(desk: HouseDesk, page: RecallPage) -> None:
    desk.recall.choose("33")
    desk.recalls = desk.recalls[:2]
    desk.recall.heard(link.Changed("task", "33"))
    assert desk.recall.current is None and not page.dial.isVisible()
    desk.reading = False
    desk.recall.refresh()
    assert page.away.isVisible() and len(page.list.rows.rows()) == 2


def test_why_is_read_once_and_shown_in_words(qtbot: QtBot, desk: HouseDesk) -> None:
    pane = WhyPane(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(pane)
    stand(pane, (380, 600))
    pane.show("call-9")
    rows = pane.list.rows.rows()
    assert len(rows) == 17 and pane.list.isVisible()
    spoken = " ".join(str(pane.list.rows.index(n).data()) for n in range(len(rows)))
    assert "周敏 三声没有接" in spoken and "溢出到语音留言" in spoken and "why." not in spoken
    pane.show("")
    assert pane.empty.isVisible()


def test_why_opens_over_any_page_and_esc_closes_it(qtbot: QtBot, desk: HouseDesk, page: RecallPage) -> None:
    panel = WhyPanel(desk, dressed(), page)  # type: ignore[arg-type]
    panel.open_for("call-9")
    settle()
    assert panel.isVisible() and page.rect().contains(panel.geometry()) and panel.close_button.hasFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_both_pages_are_reached_from_the_rail(qtbot: QtBot, desk: HouseDesk) -> None:
    desk.sign_in_as("supervisor")
    window = MainWindow(desk, dressed())  # type: ignore[arg-type]
    window.show()
    for page in ("recall", "house"):
        window.rail.item(page).click()
        settle()
        assert window.page == page
        before = window.focusWidget()
        window.next_region()
        assert window.regions() and window.focusWidget() is not before
    window.close()
    delete(window)
