# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice menus: the words, a key or none, another language. Says where the caller goes next, None while he stays."""

from __future__ import annotations

from dataclasses import replace

from models.rules.plan import Destination, DestinationKind, Menu
from telephony.routing import announcing
from telephony.routing.floor import Call, Stage, Turn
from telephony.routing.way import Saying

WRONG_KEY = "menu_wrong"
GONE = Destination(DestinationKind.ANNOUNCE, "unavailable")
"""Where a caller goes whose menu was taken out of the plan while he listened."""


def enter(turn: Turn, call: Call, menu: Menu) -> None:
    """Say the menu for the first time."""
    way = replace(call.way, menu=menu.menu, tries=0)
    _say(turn, replace(call, stage=Stage.MENU, way=way), (menu.prompt,))


def _say(turn: Turn, call: Call, prompts: tuple[str, ...]) -> None:
    turn.note(call.id, "menu", menu=call.way.menu, digit="")
    turn.put_call(announcing.say(turn, call, prompts, Saying.MENU, "silence"))


def listen(turn: Turn, call: Call) -> None:
    """The words are through: from now on a key is waited for."""
    menu = turn.plan.menus.get(call.way.menu)
    call = announcing.quiet(call)
    seconds = menu.timeout_s if menu is not None else 0.0
    turn.put_call(replace(call, way=replace(call.way, until=turn.now + seconds)))


def pressed(turn: Turn, call: Call, digit: str) -> Destination | None:
    """A key, also while the menu is being said. Words that a key interrupts were heard as far as he wanted."""
    menu = turn.plan.menus.get(call.way.menu)
    if menu is None:
        return GONE
    turn.note(call.id, "menu", menu=menu.menu, digit=digit)
    call = turn.put_call(announcing.quiet(call))
    if digit in menu.options:
        return menu.options[digit]
    if digit in menu.languages:
        _say(turn, replace(call, way=replace(call.way, language=menu.languages[digit])), (menu.prompt,))
        return None
    return _again(turn, call, menu, (WRONG_KEY, menu.prompt))


def nothing_pressed(turn: Turn, call: Call) -> Destination | None:
    """No key in time."""
    menu = turn.plan.menus.get(call.way.menu)
    if menu is None:
        return GONE
    return _again(turn, call, menu, (menu.prompt,))


def _again(turn: Turn, call: Call, menu: Menu, prompts: tuple[str, ...]) -> Destination | None:
    tries = call.way.tries + 1
    if tries >= menu.tries:
        return menu.otherwise
    _say(turn, replace(call, way=replace(call.way, tries=tries)), prompts)
    return None
