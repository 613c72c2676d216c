# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs that set the house up, with the arguments each takes: (name, arguments) for a part as it is edited."""

from __future__ import annotations

from typing import Any

from models.rules.plan_json import dump

Order = tuple[str, dict[str, Any]]

SAVE = {
    "queue": "queue_save",
    "calendar": "calendar_save",
    "menu": "menu_save",
    "number": "number_save",
    "blocked": "blocked_add",
    "outbound": "outbound_rule_save",
    "trunk": "trunk_save",
    "device": "device_save",
}
REMOVE = {
    "queue": "queue_remove",
    "calendar": "calendar_remove",
    "menu": "menu_remove",
    "number": "number_remove",
    "blocked": "blocked_remove",
    "outbound": "outbound_rule_remove",
    "trunk": "trunk_remove",
    "device": "device_remove",
}
KEY = {"blocked": "prefix", "outbound": "rule", "device": "extension"}
"""What the id of a part is called in a verb, where it is not the name of the kind."""


def save(kind: str, id_: str, part: Any, version: int) -> Order:
    """Store one part as it stands. An outbound rule keeps its place, a new one comes last; a trunk's secret travels
    beside it, and an empty one keeps the old."""
    if kind == "device":
        return SAVE[kind], {**dump(part), "base_version": version}
    args: dict[str, Any] = {"plan": dump(part), "base_version": version}
    if kind == "outbound" and id_:
        args["rule"] = id_
    if kind == "trunk":
        secret = args["plan"].pop("secret", "")
        if secret:
            args["secret"] = secret
    return SAVE[kind], args


def order(rules: tuple[str, ...]) -> Order:
    """The outbound rules in the order in which they decide."""
    return "outbound_rule_order", {"rules": list(rules)}


def remove(kind: str, id_: str, version: int) -> Order:
    return REMOVE[kind], {KEY.get(kind, kind): id_, "base_version": version}


def first_queue(queue: str) -> Order:
    """The queue of a call that nothing else claims."""
    return "first_queue_save", {"queue": queue}


def emergency_close(queue: str, prompt: str) -> Order:
    """Close a queue, "" the whole house, by hand and now."""
    return "emergency_close", {"queue": queue, "prompt": prompt}


def emergency_open(queue: str) -> Order:
    return "emergency_open", {"queue": queue}


def preset(name: str, value: Any) -> Order:
    """What the house sets for itself: its name, its number, what the law asks of it."""
    return "setting_save", {"name": name, "value": value}


def skill(person: str, skill_: str, level: int) -> Order:
    """`level` 1…5, 0 takes the skill away."""
    return "person_skill_save", {"person": person, "skill": skill_, "level": level}


def heard(voicemail: str) -> Order:
    return "voicemail_heard", {"voicemail": voicemail}
