# SPDX-License-Identifier: GPL-3.0-or-later
"""What callers are told and leave behind: prompts in their language, refusals, and messages on the voicemail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony import calls
from telephony.exchange import engine

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard


def say(board: Switchboard, order: calls.Say) -> None:
    """Answer the caller if need be and say the words."""
    live = board.calls[order.call]
    board.carrying.answer(live)
    then = "" if order.then == "silence" else order.then
    board.give(order.call, engine.Play, leg=order.call, prompts=order.prompts, then=then, language=order.language)


def refuse(board: Switchboard, order: calls.RefuseCaller) -> None:
    live = board.calls[order.call]
    live.customer_gone = True
    board.give(order.call, engine.Refuse, code=order.code)


def take_message(board: Switchboard, order: calls.TakeMessage, now: float) -> None:
    """Record from now on; a call that is recorded already goes on in its file."""
    live = board.calls[order.call]
    if not live.recording:
        board.carrying.record(live, "", now)
    live.message_from = now


def keep_message(board: Switchboard, order: calls.KeepMessage, now: float) -> None:
    """Somebody of the queue must listen and call back: a task with the recording."""
    live = board.calls[order.call]
    board.errand(
        "voicemail_add",
        {"contact": order.call, "queue": order.queue, "number": order.number, "customer": live.customer,
         "file": live.recording, "seconds": max(0.0, now - live.message_from)},
    )  # fmt: skip
