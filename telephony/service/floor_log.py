# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's diary for the operator: one JSON line a happening on standard error, customers' numbers shortened.

What must be kept is in the journal; these lines explain a bad day and may be lost.
"""

from __future__ import annotations

import json
import logging
import re
import sys

SHOWN_DIGITS = 4
_long_number = re.compile(r"(?<![\w.])\+?\d{7,15}(?![\w.])")


class Diary:
    """Happenings with named facts: ``log.warning("database_away", why=…)``."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, what: str, **facts: object) -> None:
        self._say(logging.INFO, what, facts)

    def warning(self, what: str, **facts: object) -> None:
        self._say(logging.WARNING, what, facts)

    def error(self, what: str, trace: BaseException | None = None, **facts: object) -> None:
        self._say(logging.ERROR, what, facts, trace)

    def _say(self, level: int, what: str, facts: dict[str, object], trace: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            line = json.dumps({"what": what, **facts}, ensure_ascii=False, default=str)
            self._logger.log(level, _long_number.sub(lambda found: masked(found.group()), line), exc_info=trace)


def masked(number: str) -> str:
    """A telephone number as a log may show it: its last four digits."""
    return "…" + number[-SHOWN_DIGITS:] if len(number) > SHOWN_DIGITS else number


def write_to_stderr(level: int = logging.INFO) -> None:
    """For the process that owns its standard error: lines with their time and weight."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(message)s", force=True)


log = Diary("telephony.service")
