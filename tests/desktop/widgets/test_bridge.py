# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge to the event loop: tasks stay alive, failures are heard, unsuitable bindings are refused."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys

import pytest

from desktop.widgets import bridge


def test_the_binding_in_use_loses_no_references(qapp):
    assert bridge.references_lost(3000) < 100


def test_a_binding_that_aborts_is_refused_in_clear_words():
    with pytest.raises(bridge.UnsuitableQt, match=r"6\.12\.0.*pip install"):
        bridge.check_pyside("6.12.0")
    bridge.check_pyside("6.11.3")
    bridge.check_pyside("6.12.1")


async def test_a_started_task_is_not_collected():
    done: list[int] = []

    async def later() -> None:
        await asyncio.sleep(0.01)
        done.append(1)

    bridge.start(later())
    gc.collect()
    await asyncio.sleep(0.05)
    assert done == [1]


async def test_a_failure_is_logged_or_handed_over(caplog):
    async def fail() -> None:
        raise ValueError("broken")

    with caplog.at_level(logging.ERROR):
        bridge.start(fail())
        await asyncio.sleep(0.01)
    assert "a task of the desk failed" in caplog.text
    caught: list[Exception] = []
    bridge.start(fail(), caught.append)
    await asyncio.sleep(0.01)
    assert [str(error) for error in caught] == ["broken"]


def test_run_returns_the_status_and_cancels_what_is_left():
    program = """
import asyncio
from PySide6.QtWidgets import QApplication
from desktop.widgets import bridge
app = QApplication([])
async def endless():
    try:
        await asyncio.sleep(3600)
    finally:
        print("let go", flush=True)
async def main():
    bridge.start(endless())
    await asyncio.sleep(0.01)
    return 7
raise SystemExit(bridge.run(app, main))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env={**_environment()}, check=False
    )
    assert ended.returncode == 7, ended.stderr
    assert "let go" in ended.stdout


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)}
