# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's diary for the operator: structured lines on standard error, customers' numbers shortened.

What must be kept is in the journal; these lines explain a bad day and may be lost.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

SHOWN_DIGITS = 4
_long_number = re.compile(r"(?<![\w.])\+?\d{7,15}(?![\w.])")

log = structlog.get_logger("telephony.service")


def masked(number: str) -> str:
    """A telephone number as a log may show it: its last four digits."""
    return "…" + number[-SHOWN_DIGITS:] if len(number) > SHOWN_DIGITS else number


def _mask(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key, value in line.items():
        if isinstance(value, str):
            line[key] = _long_number.sub(lambda found: masked(found.group()), value)
    return line


def write_to_stderr(level: int = logging.INFO) -> None:
    """Log lines as JSON, for the process that owns its standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _mask,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
