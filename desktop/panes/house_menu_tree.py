# SPDX-License-Identifier: GPL-3.0-or-later
"""A voice menu as a tree: each key with where it leads, menus within menus unfolded, as it is written now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect

from desktop.flows.house_picture import Picture
from desktop.panes.house_names import destination_words, prompt_words
from desktop.panes.house_parts import PartsPage
from desktop.panes.paint import Brush
from desktop.panes.rows import RowDelegate, Rows, RowsView
from desktop.widgets.labels import section
from models.rules.plan import Destination, DestinationKind, Menu
from resources.i18n import tr

DEEPEST = 5
INDENT = 26
SIGNS = {
    DestinationKind.QUEUE: "users", DestinationKind.MENU: "keypad", DestinationKind.NUMBER: "phone",
    DestinationKind.PERSON: "user", DestinationKind.VOICEMAIL: "inbox", DestinationKind.ANNOUNCE: "mega",
    DestinationKind.CALLBACK: "cb", DestinationKind.HANG_UP: "hangup",
}  # fmt: skip


@dataclass(frozen=True)
class Branch:
    """One line of the tree. `again`: this menu stands above already, so it is not unfolded."""

    depth: int
    key: str
    words: str
    icon: str
    again: bool = False


def branches(picture: Picture | None, menu: Menu, above: tuple[str, ...] = ()) -> Iterator[Branch]:
    """The lines of a menu, keys in the order of a telephone, then what happens without one."""
    depth = len(above)
    for key in sorted(menu.options, key="1234567890*#".find):
        yield from _branch(picture, key, menu.options[key], (*above, menu.menu), depth)
    for key, language in sorted(menu.languages.items()):
        yield Branch(depth, key, tr("house.tree_language", tr(f"house.language_{language}")), "globe")
    yield from _branch(picture, tr("house.tree_none", menu.tries), menu.otherwise, (*above, menu.menu), depth)


def _branch(
    picture: Picture | None, key: str, place: Destination, above: tuple[str, ...], depth: int
) -> Iterator[Branch]:
    inner = picture.plan.menus.get(place.target) if picture is not None and place.kind is DestinationKind.MENU else None
    again = place.target in above or depth >= DEEPEST
    words = destination_words(picture, place)
    if inner is not None:
        words = tr("house.tree_menu", words, prompt_words(inner.prompt))
    yield Branch(depth, key, tr("house.tree_again", words) if inner is not None and again else words, SIGNS[place.kind],
                 inner is not None and again)  # fmt: skip
    if inner is not None and not again:
        yield from branches(picture, inner, above)


class BranchDelegate(RowDelegate):
    height = 28
    hover = False

    def draw(self, brush: Brush, box: QRect, row: Branch, selected: bool) -> None:
        left = box.left() + row.depth * INDENT
        for depth in range(row.depth):
            line = QRect(box.left() + depth * INDENT + 12, box.top(), 1, box.height())
            brush.fill(line, "border")
        digit = len(row.key) == 1
        key = QRect(left, box.top() + 4, 24 if digit else brush.width(row.key, "caption") + 14, 20)
        brush.outline(key, "border2", 4.0)
        brush.text(key, row.key, "caption" if not digit else "strong", "text2", centre=True)
        at = QRect(key.right() + 10, box.top(), 18, box.height())
        brush.icon(at, row.icon, "text3", 16)
        words = QRect(at.right() + 6, box.top(), box.right() - at.right() - 6, box.height())
        brush.text(words, row.words, "body", "text3" if row.again else "text")


class MenuPage(PartsPage):
    """Menus, with the tree of the one that is edited under its fields."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.tree = RowsView(
            Rows(lambda row: f"{row.key} {row.words}", lambda row: f"{row.depth} {row.key} {row.words}"),
            BranchDelegate(args[1]), tr("house.section_tree"), selectable=False,
        )  # fmt: skip
        column = self.editor.column
        column.insertWidget(column.count() - 1, section(tr("house.section_tree")))
        column.insertSpacing(column.count() - 1, 8)
        column.insertWidget(column.count() - 1, self.tree)
        self._show_tree()

    def _show_current(self) -> None:
        super()._show_current()
        if hasattr(self, "tree"):
            self._show_tree()

    def _show_tree(self) -> None:
        edit = self.editor.edit
        self.tree.show_rows(list(branches(self._flow.picture, edit.now)) if edit is not None else [])
