# SPDX-License-Identifier: GPL-3.0-or-later
"""How texts of several writers come together in one field of a draft, so that no text is ever lost.

Pure. A save names the version its writer had seen (`base`). An equal base writes; an equal value changes nothing; any
other text is kept beside the field under its writer's name until somebody resolves it. One writer's own texts arrive
in their order, so he may build on his own unbroken run without having seen its answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

FILLED_IN = "system"
"""The writer of what was filled in from the customer's file: no words of anybody, so a typed text takes its place."""


@dataclass(frozen=True)
class OtherText:
    """A text that lost the race: its value and the version its writer had seen."""

    value: str
    base: int


@dataclass(frozen=True)
class FieldState:
    """One field: version 0 is empty and never written. `run` is the version before its writer's unbroken run."""

    value: str = ""
    version: int = 0
    by: str = ""
    run: int = 0
    others: dict[str, OtherText] = field(default_factory=dict[str, OtherText])


class Merge(StrEnum):
    WRITTEN = "written"
    SAME = "same"
    BESIDE = "beside"


def save(state: FieldState, value: str, base: int, by: str) -> tuple[FieldState, Merge]:
    """The field after `by`, who had seen version `base`, wrote `value`. A later base counts as the present."""
    if value == state.value:
        # He agrees with what stands here: his own other text, if there was one, is settled.
        return replace(state, others=_without(state.others, by)), Merge.SAME
    follows_himself = state.version > 0 and state.by == by and base >= state.run
    if by in state.others or not (base >= state.version or follows_himself or state.by == FILLED_IN):
        # Once his text stands beside the field it grows there: the answer told his desk the new version, but he may
        # not have looked at it, so an equal base does not mean that he has seen the other's words.
        kept = state.others[by].base if by in state.others else base
        return replace(state, others={**state.others, by: OtherText(value, kept)}), Merge.BESIDE
    run = state.run if state.by == by and state.version > 0 else state.version
    return FieldState(value, state.version + 1, by, run, dict(state.others)), Merge.WRITTEN


def resolve(state: FieldState, value: str, by: str) -> FieldState:
    """The field after `by` looked at all the texts and settled on `value`."""
    if value == state.value and not state.others:
        return state
    if value == state.value:
        return replace(state, others={})
    return FieldState(value, state.version + 1, by, state.version, {})


def _without(others: dict[str, OtherText], by: str) -> dict[str, OtherText]:
    return {who: text for who, text in others.items() if who != by}
