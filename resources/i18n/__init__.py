# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogues: every word a person can see, Chinese first, English complete.

A key is ``area.name``; ``resources/i18n/<language>/<area>.json`` holds ``{"name": "text with %1 %2"}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
_HERE = Path(__file__).parent
_language = "zh_CN"


@cache
def catalogue(language: str) -> dict[str, str]:
    """All words of one language as {"area.name": text}. Raises KeyError for a language there is none of."""
    if language not in LANGUAGES:
        raise KeyError(language)
    words: dict[str, str] = {}
    for file in sorted((_HERE / language).glob("*.json")):
        for name, text in json.loads(file.read_text(encoding="utf-8")).items():
            words[f"{file.stem}.{name}"] = text
    return words


def use(language: str) -> None:
    """Choose the language of this process. Raises KeyError for one that is not shipped."""
    global _language
    catalogue(language)
    _language = language


def language() -> str:
    """The language in use, ``zh_CN`` or ``en``."""
    return _language


def tr(key: str, *args: object) -> str:
    """The words for `key` with %1, %2 … replaced by `args`. A missing key is a defect: raises KeyError."""
    text = catalogue(_language)[key]
    for number in range(len(args), 0, -1):
        text = text.replace(f"%{number}", str(args[number - 1]))
    return text


def known(key: str) -> bool:
    """Whether the catalogue in use has `key` (for values that come from data, such as a model's own name)."""
    return key in catalogue(_language)


def listed(words: Iterable[str]) -> str:
    """Several words in one line, as the language in use lists them."""
    return tr("refusal.join").join(words)
