# SPDX-License-Identifier: GPL-3.0-or-later
"""The house's routing plan: where a call goes and whom it may ring, as a supervisor sets it up. Pure data.

Times of day are minutes after midnight in the house's zone, durations seconds, weekdays 0 (Monday) … 6. Ids are short
words ([a-z0-9_-]). A plan that `models.rules.plan_check` finds fault with is never stored and never reaches routing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Strategy(StrEnum):
    """Whom a queue rings first. Names as the field has them."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"  # the one after him who was offered last, with memory
    FEWEST_CALLS = "fewest_calls"  # of today
    LEAST_TALK_TIME = "least_talk_time"  # of today
    RING_ALL = "ring_all"
    LINEAR = "linear"  # always from the top of the queue's list
    RANDOM = "random"  # by a number made from call and agent, so that a replay decides alike
    SKILLS = "skills"  # the best proficiency first, then longest idle


class DestinationKind(StrEnum):
    QUEUE = "queue"
    MENU = "menu"
    NUMBER = "number"  # an outside number, over a trunk
    PERSON = "person"  # a colleague's extension
    VOICEMAIL = "voicemail"  # target: the queue whose task it becomes
    ANNOUNCE = "announce"  # target: a prompt; then the call ends
    CALLBACK = "callback"  # target: the queue; the number is noted, said, and the call ends
    HANG_UP = "hang_up"


@dataclass(frozen=True)
class Destination:
    """Where a call goes. `target` as the kind says, "" where it needs none. `prompt` is said before, "" nothing."""

    kind: DestinationKind
    target: str = ""
    prompt: str = ""


class Callback(StrEnum):
    """Whether a waiting caller may keep his place and be called back, and who is rung first then."""

    OFF = "off"
    AGENT_FIRST = "agent_first"
    CUSTOMER_FIRST = "customer_first"


@dataclass(frozen=True)
class Relaxation:
    """After `after_s` of waiting a lower proficiency will do: the levels needed fall by `by` (never below 1; a skill
    asked for with level 1 can be given up altogether when `drop` is set)."""

    after_s: float
    by: int = 1
    drop: bool = False


LEVEL_SCORES: Mapping[str, int] = MappingProxyType({"normal": 0, "silver": 60, "gold": 180, "platinum": 600})
"""What a customer's level adds to his place in the queue; one point is worth one second of waiting."""


@dataclass(frozen=True)
class QueuePlan:
    """One queue. `skills`: skill → least proficiency 1…5. `members`: its own list of agents by place, for `linear`;
    empty: everybody who has the skills. `priority` and `level_scores` are points; a caller's score is priority + level
    score + seconds waited. `max_wait_s` and `max_waiting` 0: no limit."""

    queue: str
    words_zh: str
    words_en: str
    skills: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(dict[str, int]()))
    strategy: Strategy = Strategy.LONGEST_IDLE
    relax: tuple[Relaxation, ...] = ()
    members: tuple[str, ...] = ()
    priority: int = 0
    level_scores: Mapping[str, int] = field(default_factory=lambda: LEVEL_SCORES)
    last_agent_first: bool = True  # a caller who comes again within `last_agent_s` rings the same agent first, if free
    last_agent_s: float = 7 * 86_400.0
    max_wait_s: float = 0.0
    max_waiting: int = 0
    overflow: Destination | None = None  # past max_wait_s or max_waiting
    unserved: Destination | None = None  # nobody signed in or everybody not responding; None: announce and wait
    calendar: str = ""  # "": always open
    closed: Destination | None = None  # outside the calendar; None: an announcement, then the call ends
    emergency: bool = False  # closed by hand, now
    emergency_prompt: str = "closed_emergency"
    welcome: str = ""  # a prompt said on arrival (answers the call at once)
    recording_notice: bool = False  # "this call is recorded" before the first recorded word
    position_every_s: float = 0.0  # place and expected wait are said this often; 0 never
    say_expected_wait: bool = True
    callback: Callback = Callback.AGENT_FIRST
    callback_attempts: int = 3
    callback_retry_s: float = 300.0
    music: str = "music"
    record: bool = True
    target_s: int = 20
    disposition_required: bool = True


@dataclass(frozen=True)
class Calendar:
    """When somebody is there. `weekly`: (weekday, from, to) in minutes. `special`: ISO date → the intervals of that day
    in place of the weekly ones, none: closed (a holiday), some: a special day. `words` say what a special day is."""

    calendar: str
    weekly: tuple[tuple[int, int, int], ...] = ()
    special: Mapping[str, tuple[tuple[int, int], ...]] = field(
        default_factory=lambda: MappingProxyType(dict[str, tuple[tuple[int, int], ...]]())
    )
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))


@dataclass(frozen=True)
class Menu:
    """A voice menu. `options`: digit → destination. `languages`: digit → language (zh_CN, en), which changes the
    prompts from then on and says the menu again. After `tries` wrong or missing keys the call goes to `otherwise`."""

    menu: str
    prompt: str
    options: Mapping[str, Destination]
    otherwise: Destination
    languages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))
    timeout_s: float = 5.0
    tries: int = 3


@dataclass(frozen=True)
class DialledNumber:
    """A number of ours (DID, in E.164 or as the provider sends it) and where its calls go."""

    number: str
    destination: Destination
    language: str = "zh_CN"
    note: str = ""


@dataclass(frozen=True)
class Blocked:
    """A caller whose number begins with `prefix` (E.164) is refused at once (603), or hears `prompt` and is ended.
    `until` site time, 0: for good. `prefix` "withheld": callers without a number."""

    prefix: str
    prompt: str = ""
    until: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class OutboundRule:
    """Who may dial what. The first rule whose `prefix` (E.164, "" is every number) and person fit decides.

    `groups` and `persons` empty: everybody. `calendar` "": at any hour; outside it the rule forbids. `per_day` caps
    what one person dials under this rule, 0: no cap. `trunk` and `caller_id` "": the house's own. `why`: catalogue key
    or words of the refusal.
    """

    prefix: str
    allowed: bool
    why: str = ""
    groups: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    calendar: str = ""
    per_day: int = 0
    trunk: str = ""
    caller_id: str = ""


@dataclass(frozen=True)
class Plan:
    """The whole plan. `emergency`: the whole house is closed by hand, with this prompt. `first` is the queue of a call
    that nothing else claims."""

    queues: Mapping[str, QueuePlan] = field(default_factory=lambda: MappingProxyType(dict[str, QueuePlan]()))
    numbers: Mapping[str, DialledNumber] = field(default_factory=lambda: MappingProxyType(dict[str, DialledNumber]()))
    menus: Mapping[str, Menu] = field(default_factory=lambda: MappingProxyType(dict[str, Menu]()))
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: MappingProxyType(dict[str, Calendar]()))
    blocked: tuple[Blocked, ...] = ()
    outbound: tuple[OutboundRule, ...] = ()
    emergency: str = ""
    first: str = ""
    version: int = 0
