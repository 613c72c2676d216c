# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's report as a person reads it, whatever was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.doctor import Finding, examine_asterisk, report
from models.settings import Settings
from resources import i18n


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("zh_CN")


def test_each_line_says_what_it_is_about() -> None:
    lines = report(
        [
            Finding("qt", "ok", "Qt 6.9"),
            Finding("node1: reach", "bad", "No answer", "Start it."),
            Finding("asterisk", "warn", "Odd"),
        ],
        as_json=False,
    ).splitlines()
    assert lines == ["✓ Window library：Qt 6.9", "✗ node1：No answer", "    → Start it.", "! Asterisk：Odd"]


def test_a_site_without_an_asterisk_is_told_so(tmp_path: Path) -> None:
    said = report(examine_asterisk(Settings(data_dir=tmp_path)), as_json=False)
    assert said.startswith("✗ Asterisk：") and "→" in said
