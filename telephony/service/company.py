# SPDX-License-Identifier: GPL-3.0-or-later
"""More than customer and agent on one call, carried out at the exchange: merge, parking, colleagues, supervision.

A supervisor who has barged in belongs to the group of whom he hears, whatever routing connects next; so groups are
completed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony import calls
from telephony.exchange import engine
from telephony.service.live import LiveCall, Watching
from telephony.service.ordering import Answered

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

Groups = tuple[tuple[str, ...], ...]


def with_barging(live: LiveCall, groups: Groups) -> Groups:
    """The groups, completed by supervisors who have barged in on somebody of them."""
    barging = [watching for watching in live.watching.values() if watching.mode == "barge"]
    return tuple(
        (*group, *(each.leg for each in barging if each.of_leg in group and each.leg not in group)) for group in groups
    )


def connect(board: Switchboard, live: LiveCall, groups: Groups, then: Answered | None = None) -> None:
    """Let these talk with one another; who has barged in on one of them talks too."""
    live.groups = groups
    board.give(live.call, engine.Connect, answered=then, groups=with_barging(live, groups), others="music")


def join_three(board: Switchboard, order: calls.JoinThree) -> None:
    live = board.calls[order.call]
    connect(board, live, ((live.call, order.leg, order.with_leg),))


def join_staff(board: Switchboard, order: calls.JoinStaff) -> None:
    live = board.calls[order.call]
    live.joined = order.leg
    connect(board, live, ((order.leg, order.with_leg),))


def park(board: Switchboard, order: calls.ParkCaller) -> None:
    live = board.calls[order.call]
    live.joined = ""
    connect(board, live, ())


def supervise(board: Switchboard, order: calls.Supervise) -> None:
    """Let the supervisor hear, whisper or join; what he did before ends with it."""
    live = board.calls[order.call]
    before = live.watching.pop(order.supervisor, None)
    if order.mode != "off":
        live.watching[order.supervisor] = Watching(order.supervisor, order.leg, order.agent, order.of_leg, order.mode)
    if order.mode == "barge" or (before is not None and before.mode == "barge"):
        connect(board, live, live.groups)
    if order.mode in ("listen", "whisper"):
        board.give(order.call, engine.Supervise, leg=order.leg, of=order.of_leg, mode=order.mode)
    board.showing.touch_all(live)


def left(live: LiveCall, leg: str) -> None:
    """This leg is gone, or is the customer's own agent now: it watches nobody."""
    for supervisor in [each.supervisor for each in live.watching.values() if each.leg == leg]:
        del live.watching[supervisor]


def pause_recording(board: Switchboard, live: LiveCall, person: str, on: bool) -> None:
    """Nothing that is said is kept until it is turned off again."""
    if live.recording_paused == on or not live.recording or live.recording_done:
        return
    live.recording_paused = on
    board.give(live.call, engine.PauseRecording, on=on)
    board.write(live.call, "recording_paused", person, {"on": on})
    board.showing.touch_all(live)
