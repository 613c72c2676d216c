# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded PostgreSQL: one private server in a data directory, started by whoever comes first.

`EmbeddedServer(data_dir).start()` is idempotent and safe against other programs doing the same. Its calls block for
seconds: run them in a thread from async code. Raises ServerError with what to do about it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.store.errors import ServerError
from models.store.ground import Ground, find_programs, lay_ground, version_of

OWNER = "tr_owner"  # the cluster's superuser: reachable by peer on the socket only, never over TCP
START_S = 60  # a long recovery is not a failure
STALE_S = 10  # for a dead server's children to leave the data directory

# One private server on one machine for a few hundred people.
_CONFIGURATION = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_permissions": "0700",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "500",
    "logging_collector": "off",
    "log_line_prefix": "'%m [%p] %u '",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "default_text_search_config": "'pg_catalog.simple'",
}
_ACCESS = f"""# written by Three Rings at the first start
local all {OWNER} peer map=tr
local all all scram-sha-256
host all {OWNER} 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Running:
    """What a running server says of itself in postmaster.pid."""

    pid: int
    port: int
    socket_dir: Path


class EmbeddedServer:
    """The server of `data_dir`. `durable=False` gives up fsync, for tests that may lose everything."""

    def __init__(self, data_dir: Path, *, bindir: Path | None = None, durable: bool = True) -> None:
        self.bindir = find_programs(bindir)
        self.ground: Ground = lay_ground(data_dir, self.bindir)
        self.bindir = self.ground.bindir
        self.data = self.ground.root / "data"
        self._durable = durable

    # ---- what others ask -----------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port it listens on now; a restart may choose another. Raises ServerError when it does not run."""
        return self.running_or_raise().port

    @property
    def socket_dir(self) -> Path:
        return self.running_or_raise().socket_dir

    def running_or_raise(self) -> Running:
        running = self._read_pid_file()
        if running is None or self._kind_of(running.pid) != "ours":
            raise ServerError("store.server_not_running", str(self.data))
        return running

    def start(self) -> Running:
        """Make the cluster if there is none, start the server if none runs, say where it is."""
        with self._lock():
            if not (self.data / "PG_VERSION").exists():
                self._make_cluster()
            self._refuse_other_version()
            running = self._running()
            if running is None:
                self._start()
                running = self.running_or_raise()
            return running

    def stop(self) -> None:
        """End it in good order; connections are cut, committed work is on the disk. Nothing when it does not run."""
        with self._lock():
            if self._running() is not None:
                self._run("pg_ctl", "-D", str(self.data), "-w", "-t", str(START_S), "-m", "fast", "stop")

    def remove(self) -> None:
        """Delete the stopped cluster for good, wherever it lies; for what was made to be thrown away."""
        with self._lock():
            if self._running() is not None:
                raise ServerError("store.server_runs", str(self.data))
            shutil.rmtree(self.ground.root)
            self.ground.forget()

    # ---- the cluster ---------------------------------------------------------------------------------------

    def _make_cluster(self) -> None:
        """initdb into data.init, then rename: a killed initdb never becomes the data directory."""
        making = self.ground.root / "data.init"
        shutil.rmtree(making, ignore_errors=True)
        self.ground.make_dir(making)
        password = self.ground.root / "initdb.password"
        password.unlink(missing_ok=True)
        descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Nobody keeps it: the superuser comes in by peer or not at all.
        os.write(descriptor, secrets.token_urlsafe(32).encode())
        os.close(descriptor)
        self.ground.give(password)
        try:
            self._run(
                "initdb", "-D", str(making), "-U", OWNER, "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=peer",
                "--auth-host=scram-sha-256", f"--pwfile={password}", "--data-checksums", "--no-instructions",
                *(() if self._durable else ("--no-sync",)),
            )  # fmt: skip
        finally:
            password.unlink(missing_ok=True)
        with open(making / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\ninclude 'three_rings.conf'\n")
        (making / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
        names = {self.ground.user_name, _user_name()}
        ident = "".join(f"tr {name} {OWNER}\n" for name in sorted(names))
        (making / "pg_ident.conf").write_text(ident, encoding="utf-8")
        making.rename(self.data)

    def _configure(self, port: int) -> None:
        settings = dict(_CONFIGURATION)
        settings["port"] = str(port)
        settings["unix_socket_directories"] = f"'{self.ground.socket_dir}'"
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"shared_buffers": "'32MB'", "max_connections": "60", "autovacuum_naptime": "'1h'"}
        text = "# written by Three Rings at every start\n" + "".join(f"{k} = {v}\n" for k, v in settings.items())
        file = self.data / "three_rings.conf"
        file.write_text(text, encoding="utf-8")
        self.ground.give(file)

    def _refuse_other_version(self) -> None:
        of_data = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        of_programs = version_of(self.bindir)
        if of_data != of_programs:
            raise ServerError("store.server_version", str(self.data), of_data, of_programs, str(self.bindir))

    # ---- the process ---------------------------------------------------------------------------------------

    def _start(self) -> None:
        old = re.findall(r"^port = (\d+)", _text(self.data / "three_rings.conf"), re.M)
        port = int(old[-1]) if old and _is_free(int(old[-1])) else _free_port()
        for attempt in range(3):
            self._configure(port)
            log = self.ground.log_dir / "postgresql.log"
            try:
                self._run("pg_ctl", "-D", str(self.data), "-w", "-t", str(START_S), "-l", str(log), "start")
                return
            except ServerError:
                # Between choosing the port and binding it another program may have taken it.
                if attempt == 2 or _is_free(port):
                    raise ServerError("store.server_start", str(log), _tail(log)) from None
                port = _free_port()

    def _running(self) -> Running | None:
        """The living server of this directory, or None after clearing what a dead one left.

        pg_ctl believes kill(pid, 0), which a zombie or a re-used pid satisfies too: look at the process itself.
        """
        while (running := self._read_pid_file()) is not None:
            if self._kind_of(running.pid) != "ours":
                self._clear_stale(running)
                return None
            if self._answers(running.pid):
                return self._read_pid_file()
        return None

    def _clear_stale(self, running: Running) -> None:
        """Remove the lock files of a dead server, only once no process has the data directory as its own."""
        until = time.monotonic() + STALE_S
        while left := self._inside():
            if time.monotonic() > until:
                raise ServerError("store.server_stale", str(self.data), ", ".join(map(str, left)))
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (running.socket_dir / f".s.PGSQL.{running.port}.lock").unlink(missing_ok=True)

    def _answers(self, pid: int) -> bool:
        """Wait until the living server `pid` takes connections; False when it dies meanwhile."""
        until = time.monotonic() + START_S
        while (running := self._read_pid_file()) is not None and self._kind_of(pid) == "ours":
            ready = ("pg_isready", "-q", "-h", str(running.socket_dir), "-p", str(running.port))
            if running.port and self._code(*ready) == 0:
                return self._kind_of(pid) == "ours"
            if time.monotonic() > until:
                raise ServerError("store.server_slow", str(self.ground.log_dir / "postgresql.log"))
            time.sleep(0.02)
        return False

    def _read_pid_file(self) -> Running | None:
        lines = _text(self.data / "postmaster.pid").splitlines()
        try:
            pid = int(lines[0])
        except (IndexError, ValueError):
            return None
        # Lines 4 and 5 are written a moment after the first.
        port = int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else 0
        return Running(pid, port, Path(lines[4]) if len(lines) > 4 else self.ground.socket_dir)

    def _kind_of(self, pid: int) -> str:
        """ours | gone | zombie | foreign"""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return "zombie"
            command = process.cmdline()
        except psutil.NoSuchProcess:
            return "gone"
        except psutil.AccessDenied:
            return "foreign"
        return "ours" if command and "postgres" in command[0] and str(self.data) in command else "foreign"

    def _inside(self) -> list[int]:
        """Who works in the data directory (every server process has it as its working directory)."""
        found: list[int] = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(self.data):
                    found.append(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    # ---- running PostgreSQL's programs ---------------------------------------------------------------------

    def _run(self, program: str, *arguments: str) -> None:
        if self._code(program, *arguments) != 0:
            raise ServerError("store.server_program", program, _tail(self.ground.root / "programs.out"))

    def _code(self, program: str, *arguments: str) -> int:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        # Output goes to a file: a pipe would be inherited by the server and never end.
        with open(self.ground.root / "programs.out", "ab") as out:
            return subprocess.run(
                [str(self.bindir / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.ground.root,
                env=environment,
                timeout=START_S + 30,
                start_new_session=True,
                check=False,
                **self.ground.as_user(),
            ).returncode

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One program at a time starts or stops this server; the kernel frees it when that program dies."""
        import fcntl  # where there is no fcntl, lay_ground has refused already

        descriptor = os.open(self.ground.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + START_S + 30
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise ServerError("store.server_locked", str(self.ground.root)) from None
                    time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)


def _user_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _tail(path: Path) -> str:
    return "\n".join(_text(path).strip().splitlines()[-6:])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
