# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a site's server listens, as it wrote it into ``site.json`` when it began to serve. Raises SiteError."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


def read_place(data_dir: Path) -> LinkPlace:
    """The place this machine knows of."""
    file = data_dir / "site.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return LinkPlace(
            str(found["site"]),
            str(found["link_host"]),
            int(found["link_port"]),
            str(found["sip_phones"]),
            str(found["sip_trunk"]),
        )
    except FileNotFoundError:
        raise SiteError("store.site_missing", str(file)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise SiteError("store.site_unreadable", str(file)) from error
