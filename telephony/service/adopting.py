# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switchboard that begins to lead makes of the calls it finds: talking ones go on, waiting ones queue again.

Nothing is written twice: who arrived, was found or promised stands in the history (own journal files and
`contact_event`). A call of the history that the exchange no longer has gets its one end.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from models.kinds import AgentState, StateReason
from telephony import calls
from telephony.exchange import engine
from telephony.messages import CallIs, OfferGone
from telephony.service.floor_log import log
from telephony.service.hearing import e164
from telephony.service.journal import Errand, Event, files, read_lines
from telephony.service.live import LiveCall, StaffLeg

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

FILES_READ = 8
RECORDINGS = "recordings"
BROUGHT_S = 10.0  # a recording that ended while nobody led is lost when the exchange has not brought it by then
WORKING = frozenset({AgentState.READY, AgentState.RESERVED, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP})
"""Who was in one of these when the switchboard went is ready again when he comes back."""
CHOSEN = frozenset({StateReason.BREAK, StateReason.MEAL, StateReason.TRAINING, StateReason.MEETING})


@dataclass
class Past:
    """One call as its events tell it."""

    call: str
    from_number: str = ""
    to_number: str = ""
    direction: str = "in"
    queue: str = ""
    began: float = 0.0
    arrived: bool = False
    customer: str = ""
    confidence: str = "unknown"
    first_ring: float = 0.0
    connected_at: float = 0.0
    responsible: str = ""
    responsible_leg: str = ""
    recording: str = ""
    recorded_at: float = 0.0
    recorded_of: str = ""
    recording_done: bool = False
    draft_wanted: bool = False
    agents: dict[str, str] = field(default_factory=dict)  # leg: agent
    wrapping: str = ""
    promised: bool = False
    outcome: str = ""
    callback: calls.CallbackQueued | None = None  # it waits in a queue to be called back


@dataclass
class History:
    """The past of the calls not yet over, and the last state of each agent."""

    calls: dict[str, Past] = field(default_factory=dict)
    states: dict[str, tuple[AgentState, StateReason | None]] = field(default_factory=dict)
    last_at: float = 0.0


def read_journals(directory: Path, site: str) -> tuple[list[Event], list[Errand]]:
    """The lines of the newest journals on this machine."""
    events: list[Event] = []
    errands: list[Errand] = []
    for path in files(directory, site)[-FILES_READ:]:
        for line, _ in read_lines(path):
            if isinstance(line, Event):
                events.append(line)
            else:
                errands.append(line)
    return events, errands


def history(events: Iterable[Event], errands: Iterable[Errand] = ()) -> History:
    """Put events of several sources together; doubles by key are one."""
    past = History()
    for event in sorted({(e.epoch, e.seq): e for e in events}.values(), key=lambda e: (e.epoch, e.seq)):
        past.last_at = max(past.last_at, event.at)
        if event.kind == "agent_state":
            past.states[event.who] = _state(event)
        elif event.call and event.kind != "alarm":
            _add(past.calls.setdefault(event.call, Past(event.call)), event)
    for errand in errands:
        call = past.calls.get(str(errand.args.get("contact", "")))
        if call is not None and errand.name == "draft_create":
            call.draft_wanted = True
    return past


def _state(event: Event) -> tuple[AgentState, StateReason | None]:
    reason = event.data.get("reason")
    return AgentState(event.data.get("state", AgentState.SIGNED_OUT)), StateReason(reason) if reason else None


def _add(call: Past, event: Event) -> None:
    data = event.data
    match event.kind:
        case "arrived":
            call.arrived = True
            call.from_number, call.to_number = str(data.get("from", "")), str(data.get("to", ""))
            call.direction, call.began = str(data.get("direction", "in")), event.at
        case "customer_found":
            call.customer, call.confidence = str(data.get("customer", "")), str(data.get("confidence", "unknown"))
        case "queued":
            call.queue = str(data.get("queue", ""))
        case "ringback":
            call.first_ring = call.first_ring or event.at
        case "offered" | "dialled":
            call.agents[str(data.get("leg", ""))] = event.who
        case "connected":
            call.connected_at = call.connected_at or event.at
        case "responsible":
            call.responsible, call.responsible_leg = event.who, str(data.get("leg", ""))
        case "released":
            call.responsible = call.responsible_leg = ""
        case "recording_started":
            call.recording, call.recorded_at, call.recorded_of = str(data.get("file", "")), event.at, event.who
        case "recording_ended":
            call.recording_done = True
        case "wrap_up_started":
            call.wrapping = event.who
        case "wrap_up_ended":
            call.wrapping = ""
        case "promised":
            call.promised = True
        case "callback_waits":
            call.callback = calls.CallbackQueued(
                call.call, str(data.get("number", "")), str(data.get("queue", "")), float(data.get("since", event.at)),
                str(data.get("of_call", "")), customer=call.customer, attempts=int(data.get("attempts", 0)),
            )  # fmt: skip
        case "callback_over":
            call.callback = None
        case "ended":
            call.outcome = str(data.get("outcome", ""))
        case _:
            return


def adopt(board: Switchboard, snapshot: engine.Snapshot, past: History) -> None:
    """Take over what stands at the exchange and end what stands there no more."""
    board.phones = {phone.extension for phone in snapshot.phones}
    board.seating.earlier = {
        person: (AgentState.READY, None) if state in WORKING else (state, reason)
        for person, (state, reason) in past.states.items()
        if state in WORKING or (state is AgentState.NOT_READY and reason in CHOSEN)
    }
    for now in snapshot.calls:
        _adopt_call(board, now, past.calls.get(now.call, Past(now.call)))
    standing = {now.call for now in snapshot.calls}
    for call in past.calls.values():
        if call.wrapping:
            board.write(call.call, "wrap_up_ended", call.wrapping, {"why": "restart"})
            _say_it_ended(board, call, call.wrapping)
        if call.call not in standing and call.callback is not None and not call.outcome:
            _wait_again(board, call, call.callback)
        elif call.call not in standing and call.arrived and not call.outcome:
            _end_lost(board, call)
        if call.call not in standing and call.recording and not call.recording_done:
            _end_recording(board, call)


def _adopt_call(board: Switchboard, now: engine.CallNow, past: Past) -> None:
    if now.foreign:
        _adopt_foreign(board, now, past)
        return
    live = LiveCall(
        call=now.call,
        from_number=past.from_number or e164(now.from_number),
        from_name=now.from_name,
        to_number=past.to_number or now.to_number,
        queue=past.queue or board.house.queue_for(now.to_number).queue,
        began=past.began or board.clock.now(),
        direction=now.direction,
        customer=past.customer,
        confidence=past.confidence,
        draft_wanted=past.draft_wanted,
        answered=now.answered,
        customer_media=now.answered,
        first_ring=past.first_ring,
        connected_at=past.connected_at,
        recording=now.recording or past.recording,
        recorded_at=past.recorded_at,
        recording_done=past.recording_done,
    )
    board.calls[now.call] = live
    if not past.arrived:
        _write_arrival(board, live)
    for leg in now.legs:
        if leg.side == "staff":
            agent = past.agents.get(leg.leg) or _whose(board, leg)
            live.legs[leg.leg] = StaffLeg(leg.leg, agent, "offer", answered=leg.stage == "answered", media=True)
            live.agents.add(agent)
    customer = any(leg.leg == now.call for leg in now.legs)
    talking = _talking_leg(live, past, now)
    for leg in list(live.legs.values()):
        if talking is None or leg.leg != talking.leg:
            board.carrying.drop(live, leg.leg)
            board.showing.left_over.setdefault(leg.agent, []).append(OfferGone(now.call, "not_needed"))
    if past.responsible and (talking is None or talking.agent != past.responsible):
        board.write(now.call, "released", past.responsible, {"leg": past.responsible_leg})
    if not customer or past.outcome:
        # The customer went while nobody led, or an outbound number was not dialled yet; or it has its one end already,
        # and only the exchange was not told.
        live.customer_gone = live.direction == "in"
        if not past.outcome:
            _end_lost(board, past if past.arrived else Past(now.call, connected_at=past.connected_at))
        board.give(now.call, engine.EndCall)
        live.over = True
    elif talking is not None:
        live.joined = live.told_connected = talking.leg
        live.responsible = talking.agent
        since = past.connected_at or board.clock.now()
        board.tell(
            calls.Adopted(now.call, live.from_number, live.to_number, live.queue, talking.agent, talking.leg, since)
        )
        board.give(now.call, engine.Connect, groups=((now.call, talking.leg),), others="music")
        board.errand("handover_follow", {"contact": now.call, "in_bridge": talking.agent})
    else:
        board.errand("handover_follow", {"contact": now.call, "in_bridge": ""})
        _queue_again(board, live)


def _wait_again(board: Switchboard, past: Past, callback: calls.CallbackQueued) -> None:
    """A call-back keeps its place in the queue over a restart."""
    board.calls[past.call] = LiveCall(
        past.call, past.from_number, "", past.to_number, callback.queue, past.began, direction="out",
        customer=past.customer, confidence=past.confidence, draft_wanted=past.draft_wanted,
    )  # fmt: skip
    board.tell(callback)


def _adopt_foreign(board: Switchboard, now: engine.CallNow, past: Past) -> None:
    """The exchange's own queue has this call. Whoever talks on it is on a call before anybody is offered one."""
    live = LiveCall(
        now.call, past.from_number or e164(now.from_number), now.from_name, past.to_number or now.to_number,
        past.queue or board.house.queue_for(now.to_number).queue, past.began or board.clock.now(), answered=True,
        customer_media=True, foreign=True,
    )  # fmt: skip
    board.calls[now.call] = live
    if not past.arrived:
        _write_arrival(board, live)
    talking = next((leg for leg in now.legs if leg.side == "staff" and leg.stage == "answered"), None)
    agent = _whose(board, talking) if talking is not None else ""
    if past.responsible and past.responsible != agent:
        board.write(now.call, "released", past.responsible, {"leg": past.responsible_leg})
    if talking is None or not agent:
        return  # it waits in the exchange's queue, which is no business of routing
    live.legs[talking.leg] = StaffLeg(talking.leg, agent, "offer", answered=True, media=True)
    live.agents.add(agent)
    live.joined = live.told_connected = talking.leg
    live.responsible = agent
    since = past.connected_at or board.clock.now()
    board.tell(calls.Adopted(now.call, live.from_number, live.to_number, live.queue, agent, talking.leg, since))
    board.start_look_up(live)


def _say_it_ended(board: Switchboard, past: Past, person: str) -> None:
    """His desk may still show the call; it is told when it comes back."""
    number = past.from_number if past.direction == "in" else past.to_number
    ended = CallIs(
        past.call, "ended", "agent", False, number, past.customer, past.queue, past.call, past.connected_at,
        customer_gone=True, direction=past.direction,
    )  # fmt: skip
    board.showing.left_over.setdefault(person, []).append(ended)


def _queue_again(board: Switchboard, live: LiveCall) -> None:
    """A caller who waited or heard it ring waits on, before those who come now."""
    if not live.answered:
        board.carrying.answer(live)
    board.tell(calls.Adopted(live.call, live.from_number, live.to_number, live.queue, "", "", live.began))
    if live.customer:
        board.tell(calls.CustomerFound(live.call, live.customer))
    board.start_look_up(live)


def _talking_leg(live: LiveCall, past: Past, now: engine.CallNow) -> StaffLeg | None:
    """The responsible agent's answered leg; else who stands in a group with the customer."""
    leg = live.legs.get(past.responsible_leg)
    if leg is not None and leg.answered and leg.agent:
        return leg
    together = next((group for group in now.groups if now.call in group), ())
    return next((leg for leg in live.legs.values() if leg.leg in together and leg.answered and leg.agent), None)


def _whose(board: Switchboard, leg: engine.LegNow) -> str:
    return board.extensions.get(leg.extension, leg.extension)


def _write_arrival(board: Switchboard, live: LiveCall) -> None:
    board.open_contact(live, queue=live.queue)
    if live.direction == "in":
        board.write(live.call, "queued", "", {"queue": live.queue})


def _end_recording(board: Switchboard, past: Past) -> None:
    """It ended while nobody listened. Its file is here, or the exchange has still to bring it."""
    if not board.exchange.facilities.brings_recordings:
        _read_recording(board, past)
        return
    board.to_be_brought[past.recording] = (past.recorded_of, past.recorded_at)
    by = board.clock.now() + BROUGHT_S
    board.alarm_clocks.set(f"brought-{past.recording}", by, lambda: _was_not_brought(board, past))


def _was_not_brought(board: Switchboard, past: Past) -> None:
    if board.to_be_brought.pop(past.recording, None) is not None:
        _read_recording(board, past)


def _read_recording(board: Switchboard, past: Past) -> None:
    """What the file holds stands in its head."""
    file = board.house.settings.data_dir / RECORDINGS / past.recording
    try:
        with wave.open(str(file), "rb") as head:
            seconds, why = head.getnframes() / head.getframerate(), "ended"
    except (OSError, EOFError, wave.Error) as error:
        log.warning("recording_unreadable", why=str(error), file=past.recording)
        seconds, why = 0.0, "failed"
    ended = {"file": past.recording, "seconds": seconds, "why": why}
    board.write(past.call, "recording_ended", past.recorded_of, ended)
    board.errand(
        "recording_add",
        {"contact": past.call, "agent": past.recorded_of, "file": past.recording, "started": past.recorded_at,
         "seconds": seconds},
    )  # fmt: skip


def _end_lost(board: Switchboard, past: Past) -> None:
    """It ended while nobody led: what can be known of it is its outcome."""
    if past.direction == "staff":
        board.write(past.call, "ended", "", {"outcome": "answered", "by": "system"})
        return
    if past.responsible:
        board.write(past.call, "released", past.responsible, {"leg": past.responsible_leg})
        _say_it_ended(board, past, past.responsible)
        past.responsible = ""
    outcome = "answered" if past.connected_at else ("failed" if past.direction == "out" else "abandoned")
    board.write(past.call, "ended", "", {"outcome": outcome, "by": "system"})
    board.errand(
        "contact_close",
        {"contact": past.call, "outcome": outcome, "hang_up_by": "system", "ended": board.clock.now()},
    )
    if outcome == "abandoned" and past.from_number and not past.promised:
        board.write(past.call, "promised", "", {"number": past.from_number, "why": "abandoned"})
        board.errand("promise_recall", {"contact": past.call, "number": past.from_number, "why": "abandoned"})
