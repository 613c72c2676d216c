# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a desk where it cannot work: a sentence and exit status 1; and the choices of the last time are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from desktop.app import place_on
from desktop.widgets import bridge
from resources import i18n

ROOT = Path(__file__).resolve().parent.parent.parent


def desk(tmp_path: Path, *arguments: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """`threerings desk` with settings of its own; a name set to "" is taken out of the surroundings."""
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path), **surroundings}
    env = {name: value for name, value in env.items() if value}
    return subprocess.run(
        [sys.executable, "-m", "desktop.cli", "desk", "--data", str(tmp_path / "data"), *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_without_a_site_it_says_what_to_do(tmp_path: Path):
    done = desk(tmp_path, "--language", "en", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "threerings db init" in done.stderr and str(tmp_path / "data") in done.stderr


def test_without_a_screen_it_says_so(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.json").write_text("{}", encoding="utf-8")
    done = desk(tmp_path, "--language", "en", QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 1 and "no screen" in done.stderr


def test_a_display_that_is_not_there_is_named(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.json").write_text("{}", encoding="utf-8")
    done = desk(tmp_path, "--language", "en", QT_QPA_PLATFORM="", DISPLAY=":7391", WAYLAND_DISPLAY="")
    assert done.returncode == 1 and ":7391" in done.stderr


def test_the_language_chosen_before_is_spoken(tmp_path: Path):
    kept = tmp_path / "config" / "three-rings"
    kept.mkdir(parents=True)
    (kept / "desk.conf").write_text("[General]\nlanguage=en\n", encoding="utf-8")
    assert "There is no site" in desk(tmp_path, QT_QPA_PLATFORM="offscreen").stderr
    (kept / "desk.conf").write_text("[General]\nlanguage=tlh\n", encoding="utf-8")
    assert "没有站点" in desk(tmp_path, QT_QPA_PLATFORM="offscreen").stderr


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch):
    i18n.use("en")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")

    def refuse(name: str) -> object:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file")

    monkeypatch.setattr("ctypes.CDLL", refuse)
    try:
        with pytest.raises(bridge.UnsuitableQt, match=r"libxcb-cursor\.so\.0"):
            bridge.check_screen()
    finally:
        i18n.use("zh_CN")


def test_three_desks_stand_beside_each_other_or_overlap_in_steps():
    size = QSize(1366, 768)
    wide = [place_on(QRect(0, 0, 5120, 1440), size, number) for number in range(3)]
    assert wide == [QPoint(0, 0), QPoint(1366, 0), QPoint(2732, 0)]
    usual = [place_on(QRect(0, 0, 1920, 1080), size, number) for number in range(3)]
    assert usual == [QPoint(0, 0), QPoint(277, 156), QPoint(554, 312)]
    small = [place_on(QRect(0, 0, 1366, 768), size, number) for number in range(3)]
    assert small == [QPoint(0, 0), QPoint(36, 36), QPoint(72, 72)]
