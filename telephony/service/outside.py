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
from telephony.service.live import LiveCall, StaffLeg

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

DIAL_TIMEOUT_S = 60.0


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
        caller_id=board.house.own_number,
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
        callback.call, board.house.own_number, "", callback.number, callback.queue, now, direction="out",
        customer=callback.customer,
    )  # fmt: skip
    board.calls[callback.call] = live
    board.open_contact(live, channel="callback", queue=callback.queue)
    if not callback.customer:
        board.start_look_up(live)


def call_back(board: Switchboard, order: calls.CallBack) -> None:
    """Dial the customer; who has been rung for it hears it ring."""
    live = board.calls[order.call]
    dial_customer(board, live, order.number, live.leg_of(order.agent) if order.agent else None)


def dial_customer(board: Switchboard, live: LiveCall, number: str, agent: StaffLeg | None) -> None:
    """Dial the customer of a call that began with us, while the agent who waits for him, if any, hears it ring."""
    if agent is not None:
        board.give(live.call, engine.Play, leg=agent.leg, prompts=(), then="ringing")
    board.give(
        live.call,
        engine.Dial,
        answered=lambda _order, answer: _dialled(board, live, answer),
        leg=live.call,
        number=number,
        trunk=live.trunk,
        caller_id=live.caller_id or board.house.own_number,
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
