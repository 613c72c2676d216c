# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up flow over a house in memory: verbs with their arguments, refusals, faults, others' changes, dry runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop.flows.house_edit import Edit
from desktop.flows.house_why import Names, explain
from models.kinds import AgentState, Outcome
from models.rules.plan import Destination, DestinationKind, QueuePlan, Strategy
from resources.i18n import catalogue
from telephony import messages as link
from tests.desktop.house_desk import EVENTS, LIVE, QUEUES, TRUNKS, HouseDesk


@pytest.fixture
def desk() -> HouseDesk:
    made = HouseDesk()
    made.sign_in_as("supervisor")
    made.house.begin()
    return made


def opened(desk: HouseDesk, kind: str, id_: str) -> Edit:
    edit = desk.house.edit(kind, id_)
    assert edit is not None
    return edit


def test_saving_is_one_verb_with_the_whole_part_and_its_version(desk: HouseDesk) -> None:
    edit = opened(desk, "queue", "servers")
    desk.house.put(edit, "priority", 500)
    desk.house.save(edit)
    (verb, args), *more = desk.posted
    assert verb == "queue_save" and not more
    assert args["base_version"] == 3 and args["plan"]["priority"] == 500 and args["plan"]["queue"] == "servers"
    assert not edit.dirty and edit.version == 4
    assert desk.stored.plan.queues["servers"].priority == 500


def test_a_refusal_stays_at_the_edit_and_nothing_is_lost(desk: HouseDesk) -> None:
    edit = opened(desk, "queue", "servers")
    desk.house.put(edit, "priority", 500)
    desk.refuse = ("refusal.plan_changed", ("周敏",))
    desk.house.save(edit)
    assert edit.refused == ("refusal.plan_changed", ("周敏",)) and edit.now.priority == 500 and not edit.saving
    desk.house.save(edit)
    assert desk.stored.plan.queues["servers"].priority == 500 and edit.refused is None


def test_a_stale_edit_is_shown_both_values_and_cannot_be_saved_unseen(desk: HouseDesk) -> None:
    edit = opened(desk, "queue", "servers")
    desk.house.put(edit, "priority", 500)
    desk.somebody_saves("queue", replace(QUEUES[0], priority=7))
    assert edit.theirs == {"priority": 7} and edit.version == 4
    desk.house.save(edit)
    assert desk.posted == []
    desk.house.take(edit, "priority", False)
    desk.house.save(edit)
    assert desk.posted[0][1]["base_version"] == 4 and desk.stored.plan.queues["servers"].priority == 500


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("words_zh", " ", "house.fault_empty"),
        ("overflow", None, "house.fault_overflow"),
        ("overflow", Destination(DestinationKind.QUEUE, "servers"), "house.fault_itself"),
        ("unserved", Destination(DestinationKind.NUMBER, "abc"), "house.fault_target_number"),
        ("closed", Destination(DestinationKind.MENU, "none"), "house.fault_target_menu"),
        ("calendar", "none", "house.fault_no_calendar"),
        ("position_every_s", 5.0, "plan.fault_position"),
    ],
)
def test_a_fault_is_said_at_its_field_and_keeps_it_from_being_saved(
    desk: HouseDesk, field: str, value: object, words: str
) -> None:
    edit = opened(desk, "queue", "servers")
    assert not desk.house.faults(edit)
    desk.house.put(edit, field, value)
    assert desk.house.faults(edit)[field][0] == words
    desk.house.save(edit)
    assert desk.posted == []


def test_a_way_that_leads_round_is_a_fault_of_the_whole(desk: HouseDesk) -> None:
    edit = opened(desk, "queue", "storage")
    desk.house.put(edit, "unserved", Destination(DestinationKind.QUEUE, "laptops"))
    desk.house.save(edit)
    round_ = opened(desk, "queue", "laptops")
    desk.house.put(round_, "unserved", Destination(DestinationKind.QUEUE, "storage"))
    assert "plan.fault_cycle" in {words for words, _args in desk.house.faults(round_).values()}


def test_a_new_part_becomes_a_stored_one(desk: HouseDesk) -> None:
    edit = desk.house.begin_new("queue", QueuePlan("", "", ""))
    assert set(desk.house.faults(edit)) >= {"queue", "words_zh", "words_en"}
    for field, value in (("queue", "servers"), ("words_zh", "新"), ("words_en", "New")):
        desk.house.put(edit, field, value)
    assert desk.house.faults(edit)["queue"][0] == "house.fault_taken"
    desk.house.put(edit, "queue", "vip")
    desk.house.save(edit)
    assert desk.posted[-1][1]["base_version"] == 0 and edit.id == "vip"
    assert desk.house.edit("queue", "") is None and opened(desk, "queue", "vip").now.words_zh == "新"


def test_a_trunks_secret_travels_beside_it_and_only_when_written(desk: HouseDesk) -> None:
    edit = opened(desk, "trunk", "unicom")
    desk.house.put(edit, "max_calls", 60)
    desk.house.save(edit)
    assert "secret" not in desk.posted[0][1] and "secret" not in desk.posted[0][1]["plan"]
    desk.house.put(edit, "secret", "geheim")
    desk.house.save(edit)
    assert desk.posted[1][1]["secret"] == "geheim" and "secret" not in desk.posted[1][1]["plan"]
    assert desk.kept_nothing == ["trunk_save"], "the first one, without a secret, went through the outbox"


def test_the_order_of_outbound_rules_is_one_verb(desk: HouseDesk) -> None:
    desk.house.move("1", -1)
    assert desk.posted == []
    desk.house.move("3", -1)
    assert desk.posted == [("outbound_rule_order", {"rules": ["1", "3", "2"]})]


def test_which_rule_decides_over_a_number(desk: HouseDesk) -> None:
    said = desk.house.outbound_verdict("+1 202 555 0143", "1001")
    assert said is not None and said.rule == 1 and said.way.words == "公司不拨北美号码"
    said = desk.house.outbound_verdict("138 0013 8000")
    assert said is not None and said.rule == 0 and said.way.trunk == "unicom"
    assert desk.house.outbound_verdict("x") is None


def test_a_dry_run_is_run_again_when_the_house_changes(desk: HouseDesk) -> None:
    desk.house.try_call("+8613800138000", "+864008123456", 0.0, "1")
    asked = link.DryRun("+8613800138000", "+864008123456", 0.0, "1")
    assert desk.sent[-1] == asked
    desk.sent.clear()
    desk.somebody_saves("queue", replace(QUEUES[0], priority=7))
    assert desk.sent == [asked]
    desk.dry()
    assert desk.house.tried is not None and desk.house.tried.agents[0][1] == "周敏"


def test_trunks_are_followed_while_somebody_looks(desk: HouseDesk) -> None:
    assert link.WatchTrunks(True) in desk.sent
    desk.house.heard(LIVE)
    assert desk.house.trunks["backup"].code == 403
    desk.house.test_trunk("backup", "13800138000")
    assert desk.house.testing == "backup"
    desk.house.heard(link.TrunkTested("backup", "13800138000", "failed", 403, "Forbidden", 0.4))
    assert desk.house.testing == "" and desk.house.tested is not None
    desk.house.leave()
    assert desk.sent[-1] == link.WatchTrunks(False)


def test_closing_by_hand_and_opening_again(desk: HouseDesk) -> None:
    desk.house.close_now("servers")
    desk.house.close_now("")
    assert [args["queue"] for _verb, args in desk.posted] == ["servers", ""]
    picture = desk.house.picture
    assert picture is not None and picture.plan.queues["servers"].emergency and picture.plan.emergency
    desk.house.open_again("")
    assert desk.house.picture is not None and not desk.house.picture.plan.emergency


def test_who_may_change_what(desk: HouseDesk) -> None:
    assert desk.house.may_edit("queue") and desk.house.may_edit("blocked") and not desk.house.may_edit("trunk")
    assert desk.me is not None
    desk.me = replace(desk.me, groups=("administrator",))
    assert desk.house.may_edit("trunk") and desk.house.may_edit("queue") and not desk.house.may_edit("blocked")
    desk.me = replace(desk.me, groups=("agent",))
    assert not desk.house.may_edit("queue")


def test_while_the_database_is_away_what_was_read_stays(desk: HouseDesk) -> None:
    desk.reading = False
    desk.house.refresh()
    assert desk.house.away and desk.house.picture is not None
    desk.reading = True
    desk.house.refresh()
    assert not desk.house.away


def test_live_figures_count_by_queue(desk: HouseDesk) -> None:
    desk.live()
    assert desk.house.figures("servers")[0] == 2 and desk.house.figures("laptops")[0] == 1
    assert desk.house.figures("complaints")[1] == 2, "its own two members are ready"


def test_why_a_call_went_as_it_did() -> None:
    lines = explain(EVENTS, Names({"1007": "周敏", "1001": "林晓雯", "1012": "郭晨"}, {"servers": "服务器专线"}))
    assert [(line.words, line.args) for line in lines if line.inner] == [
        ("why.score_skills", ("1", "周敏", "5")),
        ("why.score_skills", ("2", "林晓雯", "4")),
        ("why.out_on_call", ("2",)),
        ("why.out_skills", ("1",)),
        ("why.last_agent_not_ready", ("郭晨",)),
    ]
    said = {line.words: line.args for line in lines}
    assert said["why.by_skills"] == ("周敏", "2") and said["why.relaxed"] == ("1",)
    assert said["why.overflowed_max_wait"] == ("服务器专线", "house.to_voicemail", "服务器专线")
    assert [line.words for line in lines if line.sign == "missed"] == ["why.missed", "why.declined"]
    assert said["why.ended"] == ("why.outcome_voicemail",)
    assert len({line.key for line in lines}) == len(lines)


def test_every_word_that_routing_explains_with_is_in_the_catalogue() -> None:
    words = {f"why.by_{strategy}" for strategy in (*Strategy, "last_agent", "last_engineer")}
    words |= {f"why.score_{strategy}" for strategy in Strategy if strategy is not Strategy.RING_ALL}
    words |= {f"why.{what}_{state}" for what in ("out", "last_agent") for state in AgentState}
    words |= {f"why.closed_{why}" for why in ("calendar", "holiday", "special_day", "emergency", "house_emergency")}
    words |= {f"why.overflowed_{why}" for why in ("max_wait", "max_waiting", "unserved")}
    words |= {f"why.outcome_{outcome}" for outcome in Outcome}
    assert not words - set(catalogue("zh_CN")) and not words - set(catalogue("en"))


def test_recalls_are_claimed_before_they_are_dialled(desk: HouseDesk) -> None:
    desk.recall.begin()
    desk.recall.dial("31")
    assert desk.posted == [("task_claim", {"task": 31})] and desk.last("calls.dial") == ("+8613800138000", "31")
    desk.posted.clear()
    desk.recall.dial("34")
    assert desk.posted == [], "it is claimed already"


def test_a_claim_that_is_refused_dials_nobody(desk: HouseDesk) -> None:
    desk.recall.begin()
    desk.refuse = ("refusal.task_claimed", ("高建平", "2031"))
    desk.recall.dial("31")
    assert desk.last("calls.dial") is None


def test_trunk_parts_are_checked_like_the_verb_does(desk: HouseDesk) -> None:
    edit = opened(desk, "trunk", "branch")
    desk.house.put(edit, "host", "not a host")
    assert desk.house.faults(edit)["host"][0] == "house.fault_trunk_host"
    assert TRUNKS[2].host == "10.20.0.5"
