# SPDX-License-Identifier: GPL-3.0-or-later
"""The files an administrator copies to an Asterisk he has: `python -m telephony.exchange.asterisk.site_copy FOLDER`.

They are the same text that an Asterisk of our own runs with; what must be changed stands there in capitals.
"""

from __future__ import annotations

import sys
from pathlib import Path

from telephony.exchange.asterisk.configuration import Plan, site_files

PROMPTS = Path("/var/lib/threerings/prompts")


def administrators_files() -> dict[str, str]:
    """File name → text, with addresses and passwords to be filled in."""
    plan = Plan(
        "node1", "0.0.0.0:5060", "0.0.0.0:5062", "127.0.0.1:8088", "127.0.0.1:5038", "CHANGE_THIS_ENGINE_PASSWORD",
        "CHANGE_THIS_WATCHDOG_PASSWORD", prompts=PROMPTS,
    )  # fmt: skip
    return site_files(plan)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in administrators_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
