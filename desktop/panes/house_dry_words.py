# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a dry run in words: queues, people, prompts and numbers by the names they have on the screen."""

from __future__ import annotations

from desktop.flows.house_picture import Picture
from desktop.panes.house_names import destination_words, number_words, prompt_words, queue_name
from models.rules.plan import Destination, DestinationKind
from models.rules.refusals import in_words
from resources.i18n import known, listed, tr
from telephony.messages import DryStep

QUEUES = frozenset({"queue", "voicemail", "callback"})
"""Steps, and ends of steps like ``after_queue``, whose last argument is a queue."""


def step_words(picture: Picture | None, step: DryStep) -> str:
    """A step in words; a switchboard newer than this desk is shown as it spoke."""
    return in_words(step.words, _named(picture, step))


def score_words(score: str, value: float) -> str:
    """Why somebody is rung before others."""
    return tr(score, f"{value:g}") if known(score) else f"{value:g}"


def _named(picture: Picture | None, step: DryStep) -> tuple[str, ...]:
    args = tuple(number_words(arg) for arg in step.args)
    room, _, kind = step.words.partition(".")
    if room != "dry_run" or not args:
        return args
    match kind:
        case "said":
            prompts, language = args
            said = f"house.language_{language}"
            return listed(map(prompt_words, prompts.split(", "))), tr(said) if known(said) else language
        case "rings":
            return (_person(picture, args[0]),)
        case _ if kind.startswith("overflowed_"):
            return queue_name(picture, args[0]), _place(picture, step.args[1])
    *before, last = args
    match kind.rpartition("_")[2]:
        case end if end in QUEUES:
            return *before, queue_name(picture, last)
        case "person":
            return *before, _person(picture, last)
        case "announce":
            return *before, prompt_words(last)
        case _:
            return args


def _place(picture: Picture | None, place: str) -> str:
    kind, _, target = place.partition(":")
    known_kind = kind in DestinationKind.__members__.values()
    return destination_words(picture, Destination(DestinationKind(kind), target)) if known_kind else place


def _person(picture: Picture | None, person: str) -> str:
    people = picture.people if picture is not None else ()
    return next((f"{one.name} {one.person}" for one in people if one.person == person), person)
