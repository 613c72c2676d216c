# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours of a day as text: ``08:30-12:00 13:30-18:00`` to (from, to) in minutes after midnight and back."""

from __future__ import annotations

import re
from itertools import pairwise

DAY = 24 * 60
Spans = tuple[tuple[int, int], ...]
_SPAN = re.compile(r"([0-9]{1,2}):([0-5][0-9])[-–—~]([0-9]{1,2}):([0-5][0-9])")


def read_spans(text: str) -> Spans | None:
    """The spans in order, () for none; None when it is not hours, or they overlap."""
    spans: list[tuple[int, int]] = []
    for word in re.split(r"[\s,，、;；]+", text.strip().replace("：", ":")):
        if not word:
            continue
        found = _SPAN.fullmatch(word)
        if found is None:
            return None
        first, second = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
        if not first < second <= DAY:
            return None
        spans.append((first, second))
    spans.sort()
    if any(one[1] > other[0] for one, other in pairwise(spans)):
        return None
    return tuple(spans)


def joined(spans: Spans) -> Spans:
    """The same minutes in as few spans as they need."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        elif start < end:
            made.append((start, end))
    return tuple(made)


def painted(spans: Spans, start: int, end: int, on: bool) -> Spans:
    """The spans with the minutes from `start` to `end` open or closed."""
    if on:
        return joined((*spans, (start, end)))
    parts = ((a, min(b, start)) for a, b in spans)
    rest = ((max(a, end), b) for a, b in spans)
    return joined(tuple(one for one in (*parts, *rest) if one[0] < one[1]))
