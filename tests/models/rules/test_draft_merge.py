# SPDX-License-Identifier: GPL-3.0-or-later
"""No text is lost, whatever the interleaving of writers with old and new views."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.rules.draft_merge import FieldState, Merge, resolve, save

WRITERS = ("林", "高", "周")
# Each step: who acts, whether he first looks at what stands there, and what he writes (few texts, so that some agree).
STEPS = st.lists(st.tuples(st.sampled_from(WRITERS), st.booleans(), st.sampled_from("abcd")), max_size=30)


@given(STEPS)
def test_a_text_goes_only_when_seen_or_by_its_own_writer(steps: list[tuple[str, bool, str]]) -> None:
    state = FieldState()
    seen = dict.fromkeys(WRITERS, 0)
    last: dict[str, str] = {}  # the latest text of each writer that must still be somewhere
    for who, looks, text in steps:
        if looks:
            seen[who] = state.version
        before = state
        state, merge = save(before, text, seen[who], who)
        assert state.version == before.version + (merge is Merge.WRITTEN)
        match merge:
            case Merge.SAME:
                assert state.value == before.value
                last.pop(who, None)
                if before.by == who:
                    last[who] = text
            case Merge.WRITTEN:
                # What he wrote over he had seen, or had written himself.
                assert before.by == who or seen[who] == before.version
                if before.by != who:
                    last.pop(before.by, None)
                last[who] = text
            case Merge.BESIDE:
                assert state.value == before.value
                assert state.others[who].value == text
                if before.by == who:
                    last[before.by] = text
                last[who] = text
        kept = {state.value, *(other.value for other in state.others.values())}
        assert set(last.values()) <= kept
        assert set(before.others) - {who} <= set(state.others)


@given(STEPS, st.sampled_from(WRITERS), st.text(max_size=3))
def test_settling_ends_every_conflict(steps: list[tuple[str, bool, str]], who: str, text: str) -> None:
    state = FieldState()
    for writer, looks, words in steps:
        state, _ = save(state, words, state.version if looks else 0, writer)
    settled = resolve(state, text, who)
    assert settled.value == text
    assert settled.others == {}
    assert settled.version >= state.version
    again, merge = save(settled, text + "!", settled.version, "周")
    assert (again.value, merge) == (text + "!", Merge.WRITTEN)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8))
def test_one_writer_never_argues_with_himself(texts: list[str]) -> None:
    state = FieldState()
    for text in texts:
        state, merge = save(state, text, 0, "林")
        assert merge is not Merge.BESIDE
    assert (state.value, state.others) == (texts[-1], {})


def test_words_of_another_between_are_not_overwritten() -> None:
    state, _ = save(FieldState(), "一", 0, "林")
    state, _ = save(state, "二", 1, "高")
    state, merge = save(state, "三", 0, "林")
    assert (merge, state.value, state.others["林"].value) == (Merge.BESIDE, "二", "三")
    state, merge = save(state, "四", 2, "林")
    assert (merge, state.value, state.others["林"].value) == (Merge.BESIDE, "二", "四")
    state, merge = save(state, "二", 2, "林")
    assert (merge, state.others) == (Merge.SAME, {})
