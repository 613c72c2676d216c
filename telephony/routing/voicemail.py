# SPDX-License-Identifier: GPL-3.0-or-later
"""The voicemail: greeting, tone, the caller's message up to its end by #, by hanging up or after three minutes."""

from __future__ import annotations

from dataclasses import replace

from models.kinds import HangUpBy, Outcome
from telephony.calls import KeepMessage, TakeMessage
from telephony.routing import announcing, talking
from telephony.routing.floor import Call, Stage, Turn
from telephony.routing.way import Saying

LONGEST_S = 180.0
SHORTEST_S = 1.0  # nobody says anything in less
END_KEY = "#"
GREETING = ("voicemail_greeting", "beep")


def greet(turn: Turn, call: Call, queue: str) -> None:
    """Say the greeting. The message will be a task of this queue's people."""
    call = announcing.say(turn, call, GREETING, Saying.GREETING, "silence")
    way = replace(call.way, message_queue=queue, message_since=None)
    turn.put_call(replace(call, stage=Stage.MESSAGE, way=way))


def begin(turn: Turn, call: Call) -> None:
    """After the tone: what he says from now on is kept."""
    turn.order(TakeMessage(call.id, call.way.message_queue, LONGEST_S))
    turn.note(call.id, "voicemail", queue=call.way.message_queue)
    call = announcing.quiet(call)
    way = replace(call.way, message_since=turn.now, until=turn.now + LONGEST_S)
    turn.put_call(replace(call, way=way))


def end(turn: Turn, call: Call, by: HangUpBy) -> None:
    """The message is over, or he hung up before it began. Who said nothing is like one who gave up waiting."""
    since = call.way.message_since
    if since is not None and turn.now - since > SHORTEST_S:
        turn.order(KeepMessage(call.id, call.way.message_queue, call.number))
        talking.finish(turn, call, Outcome.VOICEMAIL, by)
    else:
        talking.finish(turn, call, Outcome.CLOSED if call.way.closed else Outcome.ABANDONED, by)
