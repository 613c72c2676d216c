# SPDX-License-Identifier: GPL-3.0-or-later
"""The live monitor: figures from hand-computed counts, stale data, forcing a state, 500 agents at little cost."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from desktop.panes import board_figures as figures
from desktop.panes.board import BoardPage
from desktop.panes.board_chart import nice_top
from desktop.panes.board_side import urgent_first
from desktop.widgets.theme import current
from models.kinds import AgentState, StateReason
from telephony.messages import Alarm, Board, Colleague, Interval, Waiting
from tests.desktop.fake_desk import NOW, TASKS
from tests.desktop.guided_desk import GuidedDesk, dressed, settle, stand

# Offered 50: answered 44, abandoned 5 (2 of them within 5 s), 1 still waiting; 38 within 20 s, 42 within three rings.
TODAY = Interval(NOW - 3600, 50, 44, 5, 2, 38, 42, 400.0)
NOTHING = Interval(NOW, 0, 0, 0, 0, 0, 0, 0.0)


def person(number: int, state: AgentState, ago: float = 60.0, reason: StateReason | None = None) -> Colleague:
    return Colleague(str(number), f"坐席{number}", ("agent",), ("server",), state, reason, NOW - ago)


def board(people: tuple[Colleague, ...] = (), waiting: tuple[Waiting, ...] = (), today: Interval = TODAY) -> Board:
    return Board(NOW - 0.4, waiting, people, today, (today,), ())


@pytest.fixture
def desk(qtbot: QtBot) -> GuidedDesk:
    dressed()
    desk = GuidedDesk()
    desk.sign_in_as("supervisor")
    return desk


@pytest.fixture
def page(qtbot: QtBot, desk: GuidedDesk) -> BoardPage:
    page = BoardPage(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    stand(page)
    return page


def show(desk: GuidedDesk, now: Board) -> None:
    desk.board.board = now
    desk.board.changed.tell()
    settle()


def test_the_ratios_are_those_of_the_hand() -> None:
    # 38 ÷ (44 + 5 − 2) = 38 ÷ 47; 42 ÷ 47; (5 − 2) ÷ (50 − 2) = 3 ÷ 48.
    assert figures.service_level(TODAY) == figures.Ratio(38, 47)
    assert figures.service_level(TODAY).percent() == "80.9%"
    assert figures.three_ring_rate(TODAY).percent() == "89.4%"
    assert figures.abandonment(TODAY).percent() == "6.2%"


def test_nothing_counted_is_neither_all_nor_none() -> None:
    for ratio in (figures.service_level, figures.three_ring_rate, figures.abandonment):
        assert ratio(NOTHING).value is None and ratio(NOTHING).percent() == "–"
    only_short = replace(NOTHING, offered=2, abandoned=2, short_abandoned=2)
    assert figures.abandonment(only_short).value is None


def test_the_room_left_under_the_abandonment_limit() -> None:
    # 3 % of 400 is 12; 9 − 0 have gone: 3 more may.
    assert figures.abandonments_left(Interval(0, 400, 391, 9, 0, 0, 0, 0)) == 3
    assert figures.abandonments_left(TODAY) == 0


def test_the_longest_wait_is_of_who_waits_now() -> None:
    waiting = tuple(Waiting(f"c{n}", "", "", "", NOW - seconds) for n, seconds in enumerate((12, 72, 30)))
    assert figures.longest_wait(board(waiting=waiting), NOW) == 72.0
    assert figures.longest_wait(board(), NOW) == 0.0


def test_the_cards_show_and_judge_the_figures(desk: GuidedDesk, page: BoardPage) -> None:
    waiting = tuple(Waiting(f"c{n}", "", "", "", NOW - 72 + n) for n in range(7))
    show(desk, board(waiting=waiting))
    assert {name: card.figure for name, card in page.cards.items()} == {
        "waiting": "7", "longest": "1:12", "service_level": "80.9%", "three_ring": "89.4%", "abandonment": "6.2%",
    }  # fmt: skip
    said = {name: card.accessibleName() for name, card in page.cards.items()}
    assert "目标 80%" in said["service_level"] and "低于目标 95%" in said["three_ring"]
    assert "超过 1:00 警戒" in said["longest"] and "超过上限 3%" in said["abandonment"]


def test_waiting_is_compared_with_five_minutes_ago(desk: GuidedDesk, page: BoardPage) -> None:
    def waiting(count: int) -> tuple[Waiting, ...]:
        return tuple(Waiting(f"c{n}", "", "", "", NOW) for n in range(count))

    show(desk, replace(board(waiting=waiting(4)), at=NOW - 300))
    show(desk, replace(board(waiting=waiting(7)), at=NOW))
    assert "比 5 分钟前多 3" in page.cards["waiting"].accessibleName()


def test_a_press_opens_the_formula_with_the_numbers(qtbot: QtBot, desk: GuidedDesk, page: BoardPage) -> None:
    show(desk, board())
    card = page.cards["service_level"]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    settle()
    assert page.formula.isVisible()
    assert "接听 + 放弃 − 短放弃" in page.formula.formula.text()
    assert "38 ÷ 47 = 80.9%" in page.formula.numbers.text()
    assert page.close_panel() and not page.formula.isVisible()


def test_a_card_with_the_focus_is_seen_to_have_it(desk: GuidedDesk, page: BoardPage) -> None:
    show(desk, board())
    card = page.cards["three_ring"]
    edge = QPoint(card.width() // 2, 1)
    before = card.grab().toImage().pixelColor(edge)
    page.activateWindow()
    card.setFocus(Qt.FocusReason.TabFocusReason)
    assert card.grab().toImage().pixelColor(edge) == current().color("accent") != before


def test_agents_stand_in_the_group_of_their_state_longest_first(desk: GuidedDesk, page: BoardPage) -> None:
    people = (person(1, AgentState.READY, 10), person(2, AgentState.READY, 90), person(3, AgentState.RESERVED),
              person(4, AgentState.NOT_READY, reason=StateReason.MEAL))  # fmt: skip
    show(desk, board(people))
    groups = {state: [one.agent for one in group.view.tiles.rows()] for state, group in page.tiles.groups.items()
              if group.isVisible()}  # fmt: skip
    assert groups == {AgentState.RINGING: ["3"], AgentState.READY: ["2", "1"], AgentState.NOT_READY: ["4"]}
    spoken = page.tiles.groups[AgentState.NOT_READY].view.tiles.index(0).data()
    assert "示忙" in spoken and "用餐" in spoken


def test_the_search_finds_by_name_and_number(desk: GuidedDesk, page: BoardPage) -> None:
    show(desk, board(tuple(person(n, AgentState.READY) for n in (1001, 1002))))
    page.focus_search()
    page.search.setText("1002")
    assert [one.agent for one in page.tiles.groups[AgentState.READY].view.tiles.rows()] == ["1002"]
    page.search.setText("没有")
    assert not page.tiles.groups[AgentState.READY].isVisible()


def test_a_supervisor_forces_a_state_from_the_menu(desk: GuidedDesk, page: BoardPage) -> None:
    menu = page.menu_for(person(1001, AgentState.READY))
    ready, not_ready, out = menu.actions()
    assert not ready.isEnabled(), "he is ready already"
    not_ready.trigger()
    assert desk.last("board.force") == ("1001", AgentState.NOT_READY)
    out.trigger()
    assert desk.last("board.force") == ("1001", AgentState.SIGNED_OUT)


def test_the_menu_opens_by_keyboard(qtbot: QtBot, desk: GuidedDesk, page: BoardPage) -> None:
    show(desk, board((person(1001, AgentState.READY),)))
    view = page.tiles.groups[AgentState.READY].view
    view.setFocus()
    view.setCurrentIndex(view.tiles.index(0))
    with qtbot.waitSignal(page.tiles.menu_wanted, timeout=1000) as wanted:
        page.tiles.menu_wanted.disconnect(page.open_menu)
        qtbot.keyClick(view, Qt.Key.Key_Menu)
    assert wanted.args is not None and wanted.args[0].agent == "1001"


def test_data_that_stopped_is_marked_with_its_age(desk: GuidedDesk, page: BoardPage) -> None:
    show(desk, board())
    assert not page.stale.isVisible()
    desk.at = NOW + 12
    page._tick()
    settle()
    assert page.stale.isVisible() and "0:12" in page.stale.words.text()
    assert "12 秒前的数" in page.cards["waiting"].accessibleName()


def test_before_the_first_picture_nothing_is_claimed(desk: GuidedDesk, page: BoardPage) -> None:
    assert {card.figure for card in page.cards.values()} == {"–"}
    assert page.stale.isVisible()


def test_the_board_is_asked_for_only_while_it_is_in_sight(desk: GuidedDesk, page: BoardPage) -> None:
    assert desk.last("board.watch") == (True,)
    page.hide()
    assert desk.last("board.watch") == (False,)


def test_clocks_of_unclaimed_sheets_come_by_urgency(desk: GuidedDesk, page: BoardPage) -> None:
    later = replace(TASKS[1], task="k3", handover_due=NOW + 700)
    late = replace(TASKS[1], task="k4", handover_due=NOW - 48)
    assert [task.task for task in urgent_first((TASKS[0], later, TASKS[1], late))] == ["k4", "k2", "k3"]
    desk.tasks.tasks = (TASKS[0], later, TASKS[1], late)
    desk.tasks.changed.tell()
    assert page._clocks_count.text() == "进行中 3，超时 1"


def test_alarms_are_said_with_the_name_of_the_agent(desk: GuidedDesk, page: BoardPage) -> None:
    alarms = (Alarm(NOW - 20, "handover_due"), Alarm(NOW - 10, "last_agent_missed", "c1", "1001"))
    show(desk, replace(board((person(1001, AgentState.NOT_RESPONDING),)), alarms=alarms))
    first = page.alarms.model().index(0, 0).data()
    assert "坐席1001 1001" in first
    show(desk, replace(board(), alarms=(Alarm(NOW, "something_new"),)))
    assert page.alarms.model().index(0, 0).data() == "something_new", "an unknown alarm is shown, not swallowed"


def test_the_scale_of_the_chart_holds_the_highest() -> None:
    for highest in (0, 3, 13, 58, 499, 2400):
        assert nice_top(highest) >= highest


def test_five_hundred_agents_cost_what_changed(desk: GuidedDesk, page: BoardPage) -> None:
    states = (AgentState.READY, AgentState.ON_CALL, AgentState.WRAP_UP, AgentState.NOT_READY)
    people = [person(1000 + n, states[n % 4], 1000 - n) for n in range(500)]
    show(desk, board(tuple(people)))
    tiles = [group.view.tiles for group in page.tiles.groups.values()]
    told: list[str] = []
    for model in tiles:
        model.dataChanged.connect(lambda *_: told.append("changed"))
        model.rowsInserted.connect(lambda *_: told.append("inserted"))
        model.rowsRemoved.connect(lambda *_: told.append("removed"))
        model.modelReset.connect(lambda *_: told.append("reset"))
    show(desk, board(tuple(people)))
    assert told == [], "the same picture again tells nothing"
    people[40] = replace(people[40], peer="陈志远")
    show(desk, board(tuple(people)))
    assert told == ["changed"]
    told.clear()
    people[41] = replace(people[41], state=AgentState.READY, since=NOW)
    show(desk, board(tuple(people)))
    assert sorted(told) == ["inserted", "removed"]
    spent = []
    for n in range(20):
        people[n] = replace(people[n], missed=n + 1)
        desk.board.board = board(tuple(people))
        begun = time.process_time()
        desk.board.changed.tell()
        spent.append(time.process_time() - begun)
    assert sorted(spent)[10] < 0.05
