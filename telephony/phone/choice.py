# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine the handset runs: `TR_PHONE_ENGINE`, else the best that loads; and what each one is found to be here.

`python -m telephony.phone.choice ENGINE` makes the environment of an engine that needs one of its own.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telephony.phone.engine import EngineUnavailable, PhoneEngine
from telephony.phone.other_python import WHEELS, NoEnvironment, interpreter_of, make_environment

WISH = "TR_PHONE_ENGINE"
ENGINES = {
    "pjsua2": ("telephony.phone.pjsua2", "Pjsua2Engine"),
    "pjsua2_pybind11": ("telephony.phone.pjsua2_pybind11", "Pybind11Engine"),
    "pyvoip": ("telephony.phone.pyvoip", "PyvoipEngine"),
    "hardware": ("telephony.phone.hardware", "HardwareEngine"),
}
BEST = "pjsua2"
INSTEAD = {"pjsua2": "pyvoip"}
"""What runs when the wished one does not load: the pure one needs no wheel for the machine."""
LOAD_S = 20.0


@dataclass(frozen=True)
class Found:
    """One engine looked at: `why` it does not load, empty when it does."""

    engine: str
    why: str


def wished() -> str:
    """The engine the person or the administrator chose."""
    return os.environ.get(WISH, "").strip() or BEST


def make_engine(name: str, **settings: Any) -> PhoneEngine:
    """The engine of that name. Raises EngineUnavailable with the way out."""
    if name not in ENGINES:
        raise EngineUnavailable(f"There is no SIP engine {name!r}; known: {', '.join(ENGINES)}.")
    module, cls = ENGINES[name]
    return getattr(importlib.import_module(module), cls)(**settings)


def make_engine_or_instead(name: str, **settings: Any) -> tuple[PhoneEngine, str]:
    """The engine, or the one that runs in its place with the reason. Raises EngineUnavailable."""
    try:
        return make_engine(name, **settings), ""
    except EngineUnavailable as error:
        if name not in INSTEAD:
            raise
        return make_engine(INSTEAD[name], **settings), str(error)


def look_at(engine: str) -> Found:
    """Load it in a process of its own: what crashes there takes nobody along."""
    program = f"from telephony.phone.choice import make_engine\nmake_engine({engine!r})"
    try:
        python = interpreter_of(engine)
        done = subprocess.run(
            [python, "-c", program], capture_output=True, text=True, timeout=LOAD_S, check=False,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
    except (NoEnvironment, OSError, subprocess.TimeoutExpired) as error:
        return Found(engine, str(error))
    last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    return Found(engine, "" if done.returncode == 0 else last.partition("EngineUnavailable: ")[2] or last)


def main() -> int:
    """Make one environment; 0 when it is there."""
    words = sys.argv[1:]
    if len(words) != 1 or words[0] not in WHEELS:
        print(f"usage: python -m telephony.phone.choice {'|'.join(WHEELS)}", file=sys.stderr)
        return 2
    try:
        print(make_environment(words[0]))
    except NoEnvironment as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
