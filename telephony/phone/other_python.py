# SPDX-License-Identifier: GPL-3.0-or-later
"""The interpreter an engine runs in: this one, or another environment for an engine that cannot share this one.

Both wheels of PJSIP install a module called `pjsua2`. The handset needs nothing but the standard library and its
engine, so the second one lives in a small environment of its own in the person's cache directory.
`TR_HANDSET_PYTHON` names another interpreter that has the engine. Raises NoEnvironment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

WHEELS = {"pjsua2_pybind11": ("pjsua2-pybind11==0.1a3", "import pjsua2; pjsua2.CallSendDtmfParam; pjsua2.InvState")}
CHOSEN = "TR_HANDSET_PYTHON"
MAKE_S = 180.0
LOOK_S = 20.0


class NoEnvironment(RuntimeError):
    """There is no such environment and it could not be made; the text says why."""


def place_of(engine: str) -> Path:
    """The environment of that engine for this Python."""
    from platformdirs import user_cache_path  # not in that environment itself, where nobody asks

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return user_cache_path("three-rings", appauthor=False) / f"{engine}-py{version}"


def interpreter_of(engine: str, make: bool = False) -> str:
    """The interpreter for `engine`; `make` builds its environment when it is not there. Raises NoEnvironment."""
    if chosen := os.environ.get(CHOSEN, ""):
        if not Path(chosen).exists():
            raise NoEnvironment(f"{CHOSEN} names {chosen}, which is not there")
        return chosen
    if engine not in WHEELS:
        return sys.executable
    python = _python_in(place_of(engine))
    if _has_engine(python, engine):
        return str(python)
    if not make:
        wheel = WHEELS[engine][0]
        raise NoEnvironment(f"{place_of(engine)} does not have {wheel}")
    return str(make_environment(engine))


def make_environment(engine: str) -> Path:
    """Build the environment in a place of its own and move it in: two at once do not disturb each other."""
    place, wheel = place_of(engine), WHEELS[engine][0]
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = place.with_suffix(".lock")
    end = time.monotonic() + MAKE_S
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if _has_engine(_python_in(place), engine):
                return _python_in(place)
            if time.monotonic() > end or time.time() - _age_mark(lock) > MAKE_S:
                lock.unlink(missing_ok=True)  # left by one that was ended half way
            time.sleep(0.2)
    try:
        if _has_engine(_python_in(place), engine):
            return _python_in(place)
        shutil.rmtree(place, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(place)], "an environment cannot be made")
        _run(
            [str(_python_in(place)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary",
             ":all:", "--no-deps", "--pre", wheel],
            f"{wheel} cannot be installed",
        )  # fmt: skip
        if not _has_engine(_python_in(place), engine):
            raise NoEnvironment(f"{wheel} does not load on this machine")
        return _python_in(place)
    except NoEnvironment:
        shutil.rmtree(place, ignore_errors=True)
        raise
    finally:
        lock.unlink(missing_ok=True)


def _python_in(place: Path) -> Path:
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _has_engine(python: Path, engine: str) -> bool:
    if not python.exists():
        return False
    try:
        done = subprocess.run([str(python), "-c", WHEELS[engine][1]], capture_output=True, timeout=LOOK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _age_mark(lock: Path) -> float:
    try:
        return lock.stat().st_mtime
    except OSError:
        return time.time()


def _run(words: list[str], otherwise: str) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=MAKE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironment(f"{otherwise}: {error}") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoEnvironment(f"{otherwise}: {last}")
