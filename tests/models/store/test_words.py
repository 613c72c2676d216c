# SPDX-License-Identifier: GPL-3.0-or-later
"""Every word the store's errors and findings name stands in both catalogues, with the same places to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import models.store
from resources.i18n import LANGUAGES, catalogue

_KEY = re.compile(r'"((?:store|people)\.[a-z_]+)"')
_OURS = ("store.", "people.")


def _named() -> set[str]:
    files = Path(models.store.__file__).parent.glob("*.py")
    return {key for file in files for key in _KEY.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_and_none_is_idle(language: str) -> None:
    words = {key for key in catalogue(language) if key.startswith(_OURS)}
    assert _named() == words


def test_both_languages_fill_in_the_same_places() -> None:
    chinese, english = (catalogue(language) for language in ("zh_CN", "en"))
    for key in _named():
        assert set(re.findall(r"%\d", chinese[key])) == set(re.findall(r"%\d", english[key])), key


def test_chinese_has_full_width_punctuation() -> None:
    for key, words in catalogue("zh_CN").items():
        if key.startswith(_OURS):
            words = re.sub(r"postgresql://\S+", "", words)  # an address is written as it is typed
            assert not re.search(r"[\u4e00-\u9fff][,;:!?()]|[,;!?()][\u4e00-\u9fff]", words), key
