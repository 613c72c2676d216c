# SPDX-License-Identifier: GPL-3.0-or-later
"""The house test: what every file of this project keeps to, beside what linters know."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("desktop", "telephony", "models", "resources")
BANNED_NAMES = {"utils", "util", "misc", "helpers", "common", "manager"}
ROOM_FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
PYTHON_FILES = [*ROOM_FILES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "packaging").rglob("*.py"))]


def test_there_are_files_to_look_at() -> None:
    assert len(ROOM_FILES) > 80


@pytest.mark.parametrize("file", PYTHON_FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_says_its_licence_and_its_purpose(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if not text:
        assert file.name == "__init__.py"
        return
    assert text.startswith("# SPDX-License-Identifier: GPL-3.0-or-later\n")
    if file.name != "__init__.py" or file.parent.parts[-1] in ROOMS:
        assert ast.get_docstring(ast.parse(text)), "one sentence of purpose is missing"


def test_no_file_is_called_after_nothing_in_particular() -> None:
    assert not [file for file in ROOM_FILES if file.stem in BANNED_NAMES or BANNED_NAMES & set(file.parts)]


def test_packaging_is_no_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists(), "it would shadow the PyPI package of that name"


def test_nothing_is_left_for_later_in_silence() -> None:
    marks = re.compile(r"NotImplementedError\(|\bTODO\b|\bFIXME\b|\bXXX\b")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in ROOM_FILES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_no_test_is_skipped_for_good() -> None:
    skipping = re.compile(r"pytest\.mark\.(skip|xfail)\b|pytest\.(skip|xfail)\(")
    found = [file.name for file in (ROOT / "tests").rglob("*.py") if skipping.search(file.read_text(encoding="utf-8"))]
    assert [name for name in found if name != "test_house.py"] == []


def test_the_lock_has_a_hash_for_everything_and_names_no_index() -> None:
    for lock in (ROOT / "packaging").glob("requirements*.txt"):
        text = lock.read_text(encoding="utf-8")
        pinned = re.findall(r"^[A-Za-z0-9_.\[\]-]+==", text, re.MULTILINE)
        assert pinned and text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_the_test_lock_agrees_with_the_users_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "packaging" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([A-Za-z0-9_.-]+==[^ ;\\]+)", text, re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-test.txt")


def test_the_version_is_one() -> None:
    from resources import VERSION

    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_both_languages_have_the_same_areas() -> None:
    areas = {
        language: {file.name for file in (ROOT / "resources" / "i18n" / language).glob("*.json")}
        for language in ("zh_CN", "en")
    }
    assert areas["zh_CN"] == areas["en"] != set()
    for file in (ROOT / "resources" / "i18n").rglob("*.json"):
        assert isinstance(json.loads(file.read_text(encoding="utf-8")), dict)


def test_no_icon_is_missing_its_colour() -> None:
    icons = list((ROOT / "resources" / "icons").glob("*.svg"))
    assert len(icons) > 40
    assert [icon.name for icon in icons if "currentColor" not in icon.read_text(encoding="utf-8")] == []
