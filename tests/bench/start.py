# SPDX-License-Identifier: GPL-3.0-or-later
"""`start`: exec of `threerings desk` until its window can be used, against a bare PySide6 window of the same widgets.

The peer shows a window with as many widgets of the same Qt classes as our sign-in window has, with Fusion and no more;
both print a line from their first paintEvent, and RSS is read right after it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench import measuring

ROOT = Path(__file__).resolve().parents[2]
PAINT_WAIT_S = 30.0


def measure(quick: bool = False) -> dict[str, Any]:
    """Run it; see `measuring.result` for the shape."""
    with tempfile.TemporaryDirectory() as data:
        place = {"site": "bench", "host": "127.0.0.1", "port": 1, "database": "tr_bench"}  # a site whose server is away
        Path(data, "site.json").write_text(json.dumps(place), encoding="utf-8")
        ours = [sys.executable, "-m", "tests.bench.start_ours", data]
        census = json.loads(_painted([*ours, "--census"])[2])
        peer = [sys.executable, "-m", "tests.bench.start_peer", json.dumps(census)]
        _painted(peer)  # both have been read from the disk once
        busy = measuring.wait_until_quiet()
        mine, theirs = [], []
        for _ in range(measuring.REPEATS):
            mine.append(_painted(ours))
            theirs.append(_painted(peer))
    return measuring.result(
        "start",
        busy,
        {
            "time": measuring.ratio([each[0] for each in mine], [each[0] for each in theirs], 1.5),
            "rss": measuring.ratio([each[1] for each in mine], [each[1] for each in theirs], 1.6),
        },
        {
            "ours_ms": round(statistics.median(each[0] for each in mine) * 1000),
            "peer_ms": round(statistics.median(each[0] for each in theirs) * 1000),
            "ours_mb": round(statistics.median(each[1] for each in mine)),
            "peer_mb": round(statistics.median(each[1] for each in theirs)),
            "widgets": sum(census.values()),
            "quick": quick,
        },
    )


def _painted(command: list[str]) -> tuple[float, float, str]:
    """(seconds from exec to the first paint, RSS in MB then, what it printed behind PAINTED)."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("PAINTED"):
                spent = time.perf_counter() - began
                return spent, psutil.Process(process.pid).memory_info().rss / 2**20, line[7:].strip()
        raise RuntimeError(f"{command[2]} ended without painting")
    finally:
        process.kill()
        process.wait(PAINT_WAIT_S)
