# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that leave the house: sent on to an outside number, and call-backs that waited in a queue.

A call-back has a contact of its own: the exchange begins it with the first leg that is rung or dialled under its id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.rules.plan import Callback
from telephony import calls
from telephony.exchange import engine
from telephony.service import company
from telephony.service.live import LiveCall

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

DIAL_TIMEOUT_S = 60.0


def caller_id(board: Switchboard) -> str:
    return board.house.hotline or board.house.settings.hotline


def send(board: Switchboard, order: calls.SendOutside) -> None:
    """Ring the outside number; the caller hears it ring."""
    live = board.calls[order.call]
    live.outside = order.leg
    board.carrying.answer(live)
    board.give(order.call, engine.Play, leg=order.call, prompts=(), then="ringing")
    board.give(
        order.call,
        engine.Dial,
        answered=lambda _order, answer: _sent(board, order, answer),
        leg=order.leg,
        number=order.number,
        caller_id=caller_id(board),
        timeout_s=DIAL_TIMEOUT_S,
    )


def _sent(board: Switchboard, order: calls.SendOutside, answer: object) -> None:
    if isinstance(answer, engine.Refused) and answer.why != "exists":
        board.tell(calls.OutsideFailed(order.call, order.leg, answer.why))


def join(board: Switchboard, order: calls.JoinOutside) -> None:
    live = board.calls[order.call]
    company.connect(board, live, ((live.call, order.leg),))


def queue_callback(board: Switchboard, callback: calls.CallbackQueued) -> None:
    """The contact of a call-back, from now on until somebody was reached or nobody could be."""
    if callback.call in board.calls:
        return
    now = board.clock.now()
    live = LiveCall(
        callback.call, caller_id(board), "", callback.number, callback.queue, now, direction="out",
        customer=callback.customer,
    )  # fmt: skip
    board.calls[callback.call] = live
    board.write(
        callback.call,
        "arrived",
        "",
        {"from": live.from_number, "to": live.to_number, "trunk": "", "received_at": now, "direction": "out"},
    )
    board.errand(
        "contact_open",
        {"contact": callback.call, "direction": "out", "channel": "callback", "from_number": live.from_number,
         "to_number": live.to_number, "queue": callback.queue, "started": now},
    )  # fmt: skip
    if not callback.customer:
        board.start_look_up(live)


def call_back(board: Switchboard, order: calls.CallBack) -> None:
    """Dial the customer; who has been rung for it hears it ring."""
    live = board.calls[order.call]
    leg = live.leg_of(order.agent) if order.agent else None
    if leg is not None:
        board.give(live.call, engine.Play, leg=leg.leg, prompts=(), then="ringing")
    board.give(
        live.call,
        engine.Dial,
        answered=lambda _order, answer: _dialled(board, live, answer),
        leg=live.call,
        number=order.number,
        caller_id=caller_id(board),
        timeout_s=DIAL_TIMEOUT_S,
    )


def _dialled(board: Switchboard, live: LiveCall, answer: object) -> None:
    if isinstance(answer, engine.Refused) and answer.why != "exists":
        why = "rejected" if answer.why == "no_trunk" else "unreachable"
        board.tell(calls.CustomerLegFailed(live.call, why))


def wished(board: Switchboard, wish: dict[str, str]) -> None:
    """Somebody wishes on the web to be called: he takes his place in the queue, if it calls back in turn."""
    queue = board.house.plan.queues.get(wish.get("queue", "") or board.house.plan.first)
    if queue is not None and queue.callback is not Callback.OFF:
        task = wish["task"]
        board.tell(calls.CallbackQueued(f"cb-web-{task}", wish["number"], queue.queue, board.clock.now()))
