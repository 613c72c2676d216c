# SPDX-License-Identifier: GPL-3.0-or-later
"""Which page belongs to which role. A page is imported when it is first shown: a desk starts with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from desktop.flows.desk import Desk
    from desktop.widgets.theme import Theme

PageMaker = Callable[["Desk", "Theme"], QWidget]


def _agent_page(desk: Desk, theme: Theme) -> QWidget:
    from desktop.panes.agent_page import AgentPage

    return AgentPage(desk, theme)


def _engineer_page(desk: Desk, theme: Theme) -> QWidget:
    from desktop.panes.engineer_page import EngineerPage

    return EngineerPage(desk, theme)


def _board_page(desk: Desk, theme: Theme) -> QWidget:
    from desktop.panes.board import BoardPage

    return BoardPage(desk, theme)


def _house_page(desk: Desk, theme: Theme) -> QWidget:
    from desktop.panes.house_page import HousePage

    return HousePage(desk, theme)


def _recall_page(desk: Desk, theme: Theme) -> QWidget:
    from desktop.panes.house_recall import RecallPage

    return RecallPage(desk, theme)


PAGES: tuple[tuple[str, frozenset[str], str, PageMaker], ...] = (
    ("board", frozenset({"supervisor", "manager"}), "grid", _board_page),
    ("engineer", frozenset({"engineer"}), "headset", _engineer_page),
    ("agent", frozenset({"agent", "complaint_specialist", "supervisor", "manager"}), "headset", _agent_page),
    ("recall", frozenset({"agent", "engineer", "supervisor", "manager"}), "cb", _recall_page),
    ("house", frozenset({"supervisor", "manager", "administrator"}), "transfer", _house_page),
)
"""Page, the groups that have it, its icon, what makes it, in the order of the rail; the first one is shown first.

Whoever may take a call over has a page for the customer, the sheet and the wrap-up of that call."""

CALL_PAGES = ("agent", "engineer")
"""Where a call of one's own is dealt with."""
