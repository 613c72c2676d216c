# SPDX-License-Identifier: GPL-3.0-or-later
"""A refusal in the words of the language in use. Pure.

What a verb refuses travels as a catalogue key and arguments, so that each desk reads it in its own language. An
argument may itself be a key; arguments beyond the text's own places join its last one («缺 2 项：型号、故障现象»).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from resources.i18n import known, listed, tr

_PLACE = re.compile(r"%(\d)")


def in_words(words: str, args: Sequence[str] = ()) -> str:
    """The sentence to show. Unknown words are shown as they came: an older desk must not fall over a newer server."""
    if not known(words):
        return " ".join((words, *args))
    return tr(words, *spoken(words, args))


def spoken(words: str, args: Sequence[str]) -> tuple[str, ...]:
    """The arguments as they stand in the sentence: keys in words, no more of them than it has places."""
    said = [tr(arg) if known(arg) else arg for arg in args]
    places = max((int(n) for n in _PLACE.findall(tr(words))), default=0) if known(words) else 0
    if places and len(said) > places:
        said = [*said[: places - 1], listed(said[places - 1 :])]
    return tuple(said)
