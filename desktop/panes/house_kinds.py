# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of every kind of part, section by section, and what a new one begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from desktop.flows.house_picture import Picture
from desktop.panes.house_box import Spec
from desktop.panes.house_fields import (
    ChoiceField,
    DaysField,
    DurationField,
    HouseField,
    NumberField,
    ScoresField,
    TextField,
    TickField,
    WordsField,
)
from desktop.panes.house_kind_lines import until_value, until_words
from desktop.panes.house_names import (
    group_words,
    prompt_words,
    prompts,
    skill_words,
)
from desktop.panes.house_places import PlaceField
from desktop.panes.house_row_kinds import (
    LANGUAGES,
    OrderField,
    keys_field,
    languages_field,
    relax_field,
    skills_field,
    special_field,
)
from desktop.panes.house_week import WeekField
from models.kinds import CustomerLevel, Group
from models.rules.lines import CODECS, TRANSPORTS, DeskPhone, TrunkLine
from models.rules.plan import (
    Blocked,
    Calendar,
    Callback,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    QueuePlan,
    Strategy,
)
from resources.i18n import tr

if TYPE_CHECKING:
    from desktop.flows.house import HouseFlow

Sections = Sequence[tuple[str, Sequence[Spec]]]
GROUPS = tuple(group.value for group in Group)


class Kinds:
    """Builds sections out of the flow's picture, whatever it is at that moment."""

    def __init__(self, flow: HouseFlow, now: Callable[[], float]) -> None:
        self._flow, self._now = flow, now

    # ---- what can be chosen --------------------------------------------------------------------------------------

    def picture(self) -> Picture | None:
        return self._flow.picture

    def _calendars(self) -> list[tuple[str, str]]:
        picture = self.picture()
        known = picture.plan.calendars if picture is not None else {}
        return [("", tr("house.always_open")), *((name, name) for name in known)]

    def _prompts(self) -> list[tuple[str, str]]:
        return prompts(self.picture())

    def _prompts_or_none(self) -> list[tuple[str, str]]:
        return [("", tr("house.no_prompt")), *prompts(self.picture())]

    def _skills(self) -> list[tuple[str, str]]:
        picture = self.picture()
        return [(skill, skill_words(skill)) for skill in picture.skills()] if picture is not None else []

    def _trunks(self) -> list[tuple[str, str]]:
        picture = self.picture()
        lines = picture.trunks if picture is not None else ()
        return [("", tr("house.own_trunk")), *((line.name, line.name) for line in lines)]

    def _place(self, nothing: str = "") -> Callable[[str], HouseField]:
        return lambda name: PlaceField(name, self.picture, tr(nothing) if nothing else "")

    # ---- fields --------------------------------------------------------------------------------------------------

    def queue(self) -> Sections:
        strategies = [(one.value, tr(f"house.strategy_{one}")) for one in Strategy]
        callbacks = [(one.value, tr(f"house.callback_{one}")) for one in Callback]
        levels = [(level.value, tr(f"house.level_{level}")) for level in CustomerLevel]
        return (
            ("house.section_basics", (
                Spec("queue", TextField, 2),
                Spec("words_zh", TextField, 2),
                Spec("words_en", TextField, 2),
                Spec("priority", lambda name: NumberField(name, -10_000, 10_000, tr("house.unit_points")), 2),
                Spec("level_scores", lambda _name: ScoresField(levels), 4),
            )),
            ("house.section_strategy", (
                Spec("strategy", _choice(strategies, "house.strategy_why", Strategy), 3),
                Spec("members", lambda name: WordsField(name, tr("house.members_hint")), 3),
                _tick("last_agent_first", 3),
                Spec("last_agent_s", lambda name: DaysField(name, 0, 365, tr("house.unit_days")), 3),
            )),
            ("house.section_skills", (
                Spec("skills", lambda name: skills_field(name, self._skills), 6, "-"),
                Spec("relax", relax_field, 6),
            )),
            ("house.section_hours", (
                Spec("calendar", lambda name: ChoiceField(name, self._calendars), 2),
                Spec("closed", self._place("house.closed_nothing"), 4),
                Spec("emergency_prompt", lambda name: ChoiceField(name, self._prompts, None, prompt_words), 2),
            )),
            ("house.section_waiting", (
                Spec("max_wait_s", lambda name: DurationField(name, tr("house.no_limit")), 2),
                Spec("max_waiting", lambda name: NumberField(name, 0, 10_000, tr("house.unit_callers")), 2),
                Spec("target_s", lambda name: NumberField(name, 1, 3600, tr("house.unit_seconds")), 2),
                Spec("overflow", self._place("house.overflow_nothing"), 6),
                Spec("unserved", self._place("house.unserved_nothing"), 6),
                Spec("position_every_s", lambda name: DurationField(name, tr("house.never")), 2),
                Spec("music", lambda name: ChoiceField(name, self._prompts, None, prompt_words), 2),
                _tick("say_expected_wait", 2),
            )),
            ("house.section_callback", (
                Spec("callback", _choice(callbacks, "house.callback_why", Callback), 2),
                Spec("callback_attempts", lambda name: NumberField(name, 1, 20), 2),
                Spec("callback_retry_s", DurationField, 2),
            )),
            ("house.section_answer", (
                Spec("welcome", lambda name: ChoiceField(name, self._prompts_or_none, None, prompt_words), 2),
                _tick("recording_notice", 2),
                _tick("record", 2),
                _tick("disposition_required", 3),
            )),
        )  # fmt: skip

    def calendar(self) -> Sections:
        return (
            ("", (Spec("calendar", TextField, 2),)),
            ("house.section_week", (Spec("weekly", WeekField, 6, "-"),)),
            ("house.section_special", (
                Spec("special", lambda name: special_field(name, self._today), 6, "-", ("words",), _special,
                     _special_written),
            )),
        )  # fmt: skip

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now()).date().isoformat()

    def menu(self) -> Sections:
        return (
            ("", (
                Spec("menu", TextField, 2),
                Spec("prompt", lambda name: ChoiceField(name, self._prompts, None, prompt_words), 2),
                Spec("tries", lambda name: NumberField(name, 1, 9), 1),
                Spec("timeout_s", DurationField, 1),
            )),
            ("house.section_keys", (
                Spec("options", lambda name: keys_field(name, self.picture), 6, "-"),
                Spec("otherwise", self._place(), 6),
            )),
            ("house.section_languages", (Spec("languages", languages_field, 6, "-"),)),
        )  # fmt: skip

    def number(self) -> Sections:
        languages = [(code, tr(f"house.language_{code}")) for code in LANGUAGES]
        return (
            ("", (
                Spec("number", TextField, 3),
                Spec("language", lambda name: ChoiceField(name, lambda: languages), 3),
                Spec("destination", self._place(), 6),
                Spec("note", TextField, 6),
            )),
        )  # fmt: skip

    def trunk(self) -> Sections:
        ways = [(way, way.upper()) for way in TRANSPORTS]
        return (
            ("house.section_provider", (
                Spec("name", TextField, 2),
                Spec("host", TextField, 2),
                Spec("port", lambda name: NumberField(name, 1, 65535), 1),
                Spec("transport", lambda name: ChoiceField(name, lambda: ways), 1),
            )),
            ("house.section_account", (
                _tick("register", 2),
                Spec("username", TextField, 2),
                Spec("secret", lambda name: TextField(name, tr("house.secret_hint"), secret=True), 2),
            )),
            ("house.section_line", (
                Spec("caller_id", TextField, 2),
                Spec("max_calls", lambda name: NumberField(name, 0, 10_000, tr("house.unit_no_limit")), 2),
                Spec("external_address", lambda name: TextField(name, tr("house.external_hint")), 2),
                Spec("codecs", lambda name: OrderField(name, CODECS), 6),
                Spec("numbers", lambda name: WordsField(name, tr("house.numbers_hint")), 3),
                Spec("sources", lambda name: WordsField(name, tr("house.sources_hint")), 3),
                _tick("trusted", 6),
            )),
        )  # fmt: skip

    def device(self) -> Sections:
        return (
            ("", (
                Spec("extension", TextField, 2),
                Spec("name", TextField, 4),
                Spec("person", lambda name: ChoiceField(name, self._people), 3),
                Spec("secret", lambda name: TextField(name, tr("house.secret_hint"), secret=True), 3),
            )),
        )  # fmt: skip

    def _people(self) -> list[tuple[str, str]]:
        picture = self.picture()
        people = picture.people if picture is not None else ()
        return [("", tr("house.whoever")), *((one.person, f"{one.name} {one.person}") for one in people)]

    def outbound(self) -> Sections:
        return (
            ("house.section_which", (
                Spec("prefix", lambda name: TextField(name, tr("house.prefix_hint")), 2),
                Spec("groups", lambda name: GroupsField(name), 4),
                Spec("persons", lambda name: WordsField(name, tr("house.persons_hint"), frozenset), 2),
                Spec("calendar", lambda name: ChoiceField(name, self._calendars), 2),
                Spec("per_day", lambda name: NumberField(name, 0, 100_000, tr("house.unit_no_limit")), 2),
            )),
            ("house.section_then", (
                _tick("allowed", 2),
                Spec("why", lambda name: TextField(name, tr("house.why_hint")), 4),
                Spec("trunk", lambda name: ChoiceField(name, self._trunks), 2),
                Spec("caller_id", TextField, 2),
            )),
        )  # fmt: skip

    def blocked(self) -> Sections:
        return (
            ("", (
                Spec("prefix", lambda name: TextField(name, tr("house.blocked_hint")), 3),
                Spec("prompt", lambda name: ChoiceField(name, self._refuse_or_prompt, None, prompt_words), 3),
                Spec("until", UntilField, 3),
                Spec("why", TextField, 6),
            )),
        )  # fmt: skip

    def _refuse_or_prompt(self) -> list[tuple[str, str]]:
        return [("", tr("house.refuse_at_once")), *prompts(self.picture())]

    # ---- new ones ------------------------------------------------------------------------------------------------

    def blank(self, kind: str) -> Any:
        """What a new part begins with."""
        picture = self.picture()
        first = next(iter(picture.plan.queues), "") if picture is not None else ""
        to_first = Destination(DestinationKind.QUEUE, first)
        match kind:
            case "queue":
                return QueuePlan("", "", "")
            case "calendar":
                return Calendar("", tuple((day, 510, 1050) for day in range(5)))
            case "menu":
                return Menu("", "", {"1": to_first}, to_first)
            case "number":
                return DialledNumber("", to_first)
            case "trunk":
                return TrunkLine("", "")
            case "outbound":
                return OutboundRule("", True)
            case "device":
                return DeskPhone("", "")
            case _:
                return Blocked("")


class GroupsField(WordsField):
    """Groups by their words, apart by commas."""

    def __init__(self, name: str) -> None:
        super().__init__(name, tr("house.groups_hint"), frozenset)

    def value(self) -> Any:
        by_words = {group_words(code): code for code in GROUPS}
        return frozenset(by_words.get(word, word) for word in super().value())

    def show_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText("，".join(group_words(code) for code in sorted(value)))

    def problem(self) -> str:
        wrong = next((word for word in sorted(self.value()) if word not in GROUPS), "")
        return tr("house.fault_group", wrong) if wrong else ""


class UntilField(TextField):
    """A day until whose end something holds, empty for good."""

    def __init__(self, name: str) -> None:
        super().__init__(name, tr("house.for_good"))

    def value(self) -> Any:
        return until_value(self.edit.text().strip()) or 0.0

    def show_value(self, value: Any) -> None:
        if self.value() != value or self.problem():
            self.edit.setText(until_words(value) if value else "")

    def problem(self) -> str:
        return "" if until_value(self.edit.text().strip()) is not None else tr("house.fault_date")


def _choice(
    options: Sequence[tuple[str, str]], why: str, kind: Callable[[str], Any]
) -> Callable[[str], HouseField]:
    """A choice of an enum's members with a sentence for each."""

    class EnumField(ChoiceField):
        def value(self) -> Any:
            return kind(super().value())

    return lambda name: EnumField(name, lambda: options, lambda code: tr(f"{why}_{code}"))


def _tick(field: str, span: int) -> Spec:
    return Spec(field, TickField, span, "-")


def _special(part: Calendar) -> tuple[tuple[str, tuple[tuple[int, int], ...], str], ...]:
    return tuple((day, tuple(spans), part.words.get(day, "")) for day, spans in part.special.items())


def _special_written(rows: Sequence[tuple[str, Any, str]]) -> Mapping[str, Any]:
    special = {day: tuple(spans) for day, spans, _words in rows}
    words = {day: said for day, _spans, said in rows if said}
    return {"special": MappingProxyType(special), "words": MappingProxyType(words)}
