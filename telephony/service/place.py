# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a site's server listens: ``link.json`` beside the database's ``site.json``, written when it starts to serve.

Raises SiteError with words when a machine knows of no server.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from models.store.errors import SiteError


@dataclass(frozen=True)
class LinkPlace:
    """The link's host and port, where handsets register (`sip`, host:port), where trunks send calls (`trunk`)."""

    site: str
    host: str
    port: int
    sip: str
    trunk: str

    @property
    def url(self) -> str:
        """The link's address."""
        return f"ws://{self.host}:{self.port}/link"


def write_place(data_dir: Path, place: LinkPlace) -> None:
    """Write the file whole or not at all; desks of other users read it."""
    making = data_dir / f".link.json.{os.getpid()}"
    making.write_text(json.dumps(asdict(place), indent=1) + "\n", encoding="utf-8")
    making.chmod(0o644)
    making.replace(data_dir / "link.json")


def read_place(data_dir: Path) -> LinkPlace:
    """The place this machine knows of."""
    file = data_dir / "link.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return LinkPlace(
            str(found["site"]), str(found["host"]), int(found["port"]), str(found["sip"]), str(found["trunk"])
        )
    except FileNotFoundError:
        raise SiteError("store.site_missing", str(file)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise SiteError("store.site_unreadable", str(file)) from error
