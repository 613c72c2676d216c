# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a site is and what its roles are called: ``site.json`` for everybody, ``keys/`` (0600) for who runs the site.

Role names are cluster-wide, so each carries its site: groups ``tr_<site>_<group>``, persons ``<site>_<number>``.
Raises SiteError.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from models.kinds import Group
from models.store.errors import SiteError

_SITE = re.compile(r"[a-z][a-z0-9]{0,15}")
_RESERVED = {"tr", "pg", "postgres"}  # their persons would look like group roles or PostgreSQL's own


@dataclass(frozen=True)
class SiteAddress:
    """Host, port and database of a site, and every role name made from its name."""

    site: str
    host: str
    port: int
    database: str

    @property
    def owner(self) -> str:
        """Owns tables, makes roles, is no superuser; used by `db` and `people`, never by a desk."""
        return f"tr_{self.site}_owner"

    @property
    def service(self) -> str:
        """The switchboard's role: runs every verb."""
        return f"tr_{self.site}_switchboard"

    @property
    def everybody(self) -> str:
        """The role every person is a member of."""
        return f"tr_{self.site}_person"

    def group(self, group: Group) -> str:
        return f"tr_{self.site}_{group.value}"

    def login(self, person: str) -> str:
        return f"{self.site}_{person}"


def check_site_name(site: str) -> None:
    if not _SITE.fullmatch(site) or site in _RESERVED:
        raise SiteError("store.site_name", site)


def database_name(site: str) -> str:
    return f"tr_{site}"


def write_address(data_dir: Path, address: SiteAddress) -> None:
    """Write ``site.json`` whole or not at all; desks of other users read it."""
    target = data_dir / "site.json"
    making = data_dir / f".site.json.{os.getpid()}"
    making.write_text(json.dumps(asdict(address), indent=1) + "\n", encoding="utf-8")
    making.chmod(0o644)
    making.replace(target)


def read_address(data_dir: Path) -> SiteAddress:
    file = data_dir / "site.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return SiteAddress(str(found["site"]), str(found["host"]), int(found["port"]), str(found["database"]))
    except FileNotFoundError:
        raise SiteError("store.site_missing", str(file)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise SiteError("store.site_unreadable", str(file)) from error


def make_key(data_dir: Path, role: str) -> str:
    """The password of a service role: the kept one, or a new one kept in a file only this user reads."""
    directory = data_dir / "keys"
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / role
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(data_dir, role)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        password = secrets.token_urlsafe(32)
        out.write(password)
    return password


def read_key(data_dir: Path, role: str) -> str:
    file = data_dir / "keys" / role
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise SiteError("store.key_missing", str(file)) from None
    except PermissionError:
        raise SiteError("store.key_forbidden", str(file)) from None
