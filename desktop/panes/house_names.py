# SPDX-License-Identifier: GPL-3.0-or-later
"""How parts of the set-up are called on the screen, and their values in words for the preview of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desktop.flows.house_picture import Picture
from desktop.panes.house_fields import clock_words
from models.kinds import Group
from models.rules.lines import TrunkLine
from models.rules.plan import Blocked, Destination, DestinationKind, OutboundRule, QueuePlan, Relaxation
from resources.i18n import known, language, listed, tr
from telephony.numbers import show

DURATIONS = frozenset({"max_wait_s", "position_every_s", "callback_retry_s", "timeout_s", "target_s"})
DAY_S = 86_400
MOST_WORDS = 120


def queue_words(queue: QueuePlan) -> str:
    """A queue by its name in the language in use."""
    return (queue.words_zh if language() == "zh_CN" else queue.words_en) or queue.queue


def queue_name(picture: Picture | None, queue: str) -> str:
    found = picture.plan.queues.get(queue) if picture is not None else None
    return queue_words(found) if found is not None else queue


def skill_words(skill: str) -> str:
    """A skill by its name; product lines have one in the catalogue."""
    key = f"guide.product_line_{skill}"
    return tr(key) if known(key) else skill


def number_words(number: str) -> str:
    """A telephone number as people read it, service numbers too."""
    return show(number) if number.startswith("+") else number


def title_words(kind: str, part: Any) -> str:
    """What the editor of a part is headed with."""
    match kind:
        case "queue":
            return queue_words(part)
        case "number":
            return number_words(part.number)
        case "outbound":
            return rule_words(part)
        case "blocked":
            return blocked_words(part)
        case "trunk" | "device":
            return str(part.name)
        case _:
            return str(getattr(part, kind))


def prompt_words(prompt: str) -> str:
    key = f"house.prompt_{prompt}"
    return tr(key) if known(key) else prompt


def prompts(picture: Picture | None) -> list[tuple[str, str]]:
    """What can be said: (prompt, words)."""
    return [(prompt, prompt_words(prompt)) for prompt in picture.prompts] if picture is not None else []


def group_words(group: str) -> str:
    key = f"house.group_{group}"
    return tr(key) if known(key) else group


GROUPS = tuple(group.value for group in Group)


def day_words(day: int) -> str:
    return tr(f"house.day_{day}")


def minutes_words(minutes: int) -> str:
    """08:30; midnight at the end of a day is 24:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def span_words(spans: Sequence[tuple[int, int]]) -> str:
    """``08:30-12:00 13:30-18:00``, "" for none."""
    return " ".join(f"{minutes_words(start)}-{minutes_words(end)}" for start, end in spans)


def destination_words(picture: Picture | None, place: Destination | None) -> str:
    """``排队：服务器专线``."""
    if place is None:
        return tr("house.nowhere")
    target = place.target
    match place.kind:
        case DestinationKind.QUEUE | DestinationKind.VOICEMAIL | DestinationKind.CALLBACK:
            target = queue_name(picture, target)
        case DestinationKind.NUMBER:
            target = number_words(target)
        case DestinationKind.PERSON:
            people = picture.people if picture is not None else ()
            target = next((f"{one.name} {one.person}" for one in people if one.person == target), target)
        case DestinationKind.ANNOUNCE:
            target = prompt_words(target)
        case _:
            pass
    kind = tr(f"house.to_{place.kind}")
    said = tr("house.to_words", kind, target) if target else kind
    return tr("house.after_prompt", prompt_words(place.prompt), said) if place.prompt else said


def rule_words(rule: OutboundRule) -> str:
    """``+1 开头：不许``."""
    number = tr("house.prefix_words", rule.prefix) if rule.prefix else tr("house.prefix_all")
    return tr("house.rule_words", number, tr("house.allowed" if rule.allowed else "house.forbidden"))


def blocked_words(one: Blocked) -> str:
    return tr("house.withheld") if one.prefix == "withheld" else one.prefix


def trunk_words(line: TrunkLine) -> str:
    return f"{line.host}:{line.port} {line.transport.upper()}"


def value_words(picture: Picture | None, field: str, value: Any) -> str:
    """A field's value for the preview: short, in words."""
    said = _words(picture, field, value)
    return said if len(said) <= MOST_WORDS else said[: MOST_WORDS - 1] + "…"


def _words(picture: Picture | None, field: str, value: Any) -> str:
    if field == "secret":
        return tr("house.secret_hidden")
    if value is None or isinstance(value, Destination):
        return destination_words(picture, value)
    if isinstance(value, bool):
        return tr("house.yes" if value else "house.no")
    if field in DURATIONS:
        return clock_words(value)
    if field == "last_agent_s":
        return tr("house.days", round(value / DAY_S))
    if field in ("strategy", "callback"):
        return tr(f"house.{field}_{value}")
    if field == "weekly":
        return listed(f"{day_words(day)} {span_words([(a, b)])}" for day, a, b in value) or tr("house.empty")
    if isinstance(value, Mapping):
        return _mapping_words(picture, field, value)
    if isinstance(value, (tuple, frozenset, list)):
        return listed(_item_words(field, one) for one in value) or tr("house.empty")
    if field in ("welcome", "music", "prompt", "emergency_prompt"):
        return prompt_words(value) if value else tr("house.empty")
    return str(value) if value not in ("", None) else tr("house.empty")


def _item_words(field: str, one: Any) -> str:
    if isinstance(one, Relaxation):
        return tr("house.relax_words", clock_words(one.after_s), one.by)
    return group_words(one) if field == "groups" else str(one)


def _mapping_words(picture: Picture | None, field: str, value: Mapping[str, Any]) -> str:
    if field == "skills":
        said = [f"{skill_words(skill)} ≥ {level}" for skill, level in value.items()]
    elif field == "options":
        said = [f"{digit} → {destination_words(picture, place)}" for digit, place in value.items()]
    elif field == "special":
        said = [f"{day} {span_words(spans) or tr('house.closed_day')}" for day, spans in value.items()]
    elif field == "level_scores":
        said = [f"{tr(f'house.level_{level}')} {score}" for level, score in value.items()]
    else:
        said = [f"{key} {item}" for key, item in value.items()]
    return listed(said) or tr("house.empty")
