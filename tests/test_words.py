# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogues are complete: both languages say the same things, every key used exists, no word stands in code."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from resources.i18n import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parent.parent
I18N = ROOT / "resources" / "i18n"
AREAS = sorted({file.stem for file in I18N.glob("*/*.json")})
ROOMS = ("desktop", "telephony", "models", "packaging")
FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
KEY = re.compile(rf"^({'|'.join(AREAS)})\.[a-z0-9_A-Z]+$")
CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
ARGUMENT = re.compile(r"%(\d)")
IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
PRODUCT = "三声"
CHORD = re.compile(r"^(Ctrl|Alt|Shift|Esc|Enter|F\d|Backspace)(\+\w+)*$")


def parsed() -> list[tuple[Path, ast.Module]]:
    return [(file, ast.parse(file.read_text(encoding="utf-8"))) for file in FILES]


TREES = parsed()


def constants(tree: ast.AST) -> list[ast.Constant]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def docstrings(tree: ast.AST) -> set[int]:
    """Identities of strings that are no whole value: docstrings, remarks, the fixed parts of f-strings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    return alone | parts


def tr_calls(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") in ("tr", "known") or getattr(node.func, "attr", "") in ("tr", "known"))
        and node.args
    ]


def pattern_of(joined: ast.JoinedStr) -> re.Pattern[str]:
    """An f-string key as a pattern: what is filled in matches any name."""
    parts = [
        re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else "[A-Za-z0-9_.]+"
        for part in joined.values
    ]
    return re.compile(f"^{''.join(parts)}$")


TRAVELLING = ("shell", "sign_in", "state", "dial", "wrap_up", "keys", "numbers", "refusal")
FILE_ENDS = (".json", ".py", ".svg", ".qss", ".csv")


def test_there_is_something_to_look_at():
    assert {"shell", "sign_in", "state", "keys", "dial", "wrap_up", "card", "form", "guide"} <= set(AREAS)
    assert len(FILES) > 80


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_keys_and_arguments(area: str):
    words = {
        language: json.loads((I18N / language / f"{area}.json").read_text(encoding="utf-8")) for language in LANGUAGES
    }
    chinese, english = words["zh_CN"], words["en"]
    assert sorted(set(chinese) ^ set(english)) == []
    uneven = [key for key in chinese if set(ARGUMENT.findall(chinese[key])) != set(ARGUMENT.findall(english[key]))]
    assert uneven == []
    assert [key for key in chinese if not chinese[key].strip() or not english[key].strip()] == []


@pytest.mark.parametrize("area", AREAS)
def test_a_file_names_no_key_twice(area: str):
    for language in LANGUAGES:
        pairs: list[str] = []
        text = (I18N / language / f"{area}.json").read_text(encoding="utf-8")
        json.loads(text, object_pairs_hook=lambda found: pairs.extend(name for name, _ in found))  # noqa: B023
        assert sorted({name for name in pairs if pairs.count(name) > 1}) == []


def test_chinese_is_written_with_full_width_punctuation():
    half = re.compile(r"[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]|\([^)]*[\u4e00-\u9fff]|[\u4e00-\u9fff][^(]*\)$")
    found = {key: text for key, text in catalogue("zh_CN").items() if half.search(text) and "://" not in text}
    assert found == {}


def test_english_has_no_chinese_left():
    names_of_languages = {"shell.language_zh_CN"}
    found = {key: text for key, text in catalogue("en").items() if CJK.search(text) and key not in names_of_languages}
    assert {key for key in found if not re.search(r"三声|中文|铃", found[key])} == set()


def test_every_key_used_exists_in_both_languages():
    lacking = []
    for language in LANGUAGES:
        words = catalogue(language)
        for file, tree in TREES:
            for call in tr_calls(tree):
                key = call.args[0]
                if isinstance(key, ast.Constant) and key.value not in words and getattr(call.func, "id", "") == "tr":
                    lacking.append(f"{language} {file.name}:{call.lineno} {key.value}")
                if isinstance(key, ast.JoinedStr):
                    pattern = pattern_of(key)
                    if not any(pattern.match(one) for one in words):
                        lacking.append(f"{language} {file.name}:{call.lineno} {pattern.pattern}")
    assert lacking == []


def test_a_key_of_an_area_that_travels_as_a_plain_string_exists_too():
    words = catalogue("zh_CN")
    lacking = []
    for file, tree in TREES:
        if file.is_relative_to(ROOT / "models" / "store" / "migrations"):
            continue
        alone = docstrings(tree)
        for node in constants(tree):
            key = str(node.value)
            travels = KEY.match(key) and key.split(".")[0] in TRAVELLING and not key.endswith(FILE_ENDS)
            if id(node) not in alone and travels and key not in words:
                lacking.append(f"{file.name}:{node.lineno} {key}")
    assert lacking == []


def test_the_number_of_arguments_fits():
    words = catalogue("zh_CN")
    wrong = []
    for file, tree in TREES:
        for call in tr_calls(tree):
            key = call.args[0]
            starred = any(isinstance(arg, ast.Starred) for arg in call.args)
            if getattr(call.func, "id", "") != "tr" or starred or not isinstance(key, ast.Constant):
                continue
            wanted = max((int(number) for number in ARGUMENT.findall(words.get(str(key.value), ""))), default=0)
            if len(call.args) - 1 < wanted:
                wrong.append(f"{file.name}:{call.lineno} {key.value} wants {wanted}")
    assert wrong == []


def test_no_chinese_stands_in_the_desktop_outside_the_catalogues():
    found = []
    for file, tree in TREES:
        if not file.is_relative_to(ROOT / "desktop"):
            continue
        alone = docstrings(tree)
        for node in constants(tree):
            if id(node) not in alone and IDEOGRAPH.search(str(node.value).replace(PRODUCT, "")):
                found.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.value}")
    assert found == []


SHOWING = {"setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "addItem", "label",
           "section", "wrapped", "Button", "LinkButton", "Chip", "ToggleChip", "ControlButton", "Card",
           "Pane", "setAccessibleDescription", "set_text", "say", "say_why"}  # fmt: skip


def test_no_english_words_are_shown_that_bypass_the_catalogues():
    found = []
    for file, tree in TREES:
        if not any(file.is_relative_to(ROOT / "desktop" / room) for room in ("panes", "widgets")):
            continue
        for node in ast.walk(tree):
            name = getattr(node, "func", None)
            called = getattr(name, "id", "") or getattr(name, "attr", "")
            if not isinstance(node, ast.Call) or called not in SHOWING or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) \
                    and re.search(r"[A-Za-z]{2,}", first.value) and not CHORD.match(first.value):  # fmt: skip
                found.append(f"{file.name}:{node.lineno} {called}({first.value!r})")
    assert found == []
