# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up Three Rings and start it: the one file a newcomer runs, with nothing but Python 3.11 or 3.12.

``python3 packaging/start.py demo`` makes the environment (``.venv`` beside the project) from the hashed lock, installs
what the system lacks, and starts the demo; ``… test`` does the same with the test tools and runs the whole test
command; any other words go to ``threerings``. A second run finds everything in place. Standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("TR_VENV", ROOT / ".venv"))
WINDOWS = sys.platform == "win32"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")

# Debian's names of what the wheels expect of the system: Qt's own libraries, a font with Chinese, venv itself.
VENV_PACKAGES = ("python3-venv",)
DESK_PACKAGES = (
    "libegl1", "libgl1", "libxkbcommon0", "libxkbcommon-x11-0", "libdbus-1-3", "libfontconfig1", "libxcb-cursor0",
    "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-render-util0", "libxcb-shape0", "libxcb-xinerama0",
    "libxcb-xkb1", "libglib2.0-0", "libasound2", "fonts-noto-cjk", "fonts-noto-core",
)  # fmt: skip
TEST_PACKAGES = ("sip-tester", "xvfb", "xauth", "libxtst6", "git")
RENAMED = {"libglib2.0-0": "libglib2.0-0t64", "libasound2": "libasound2t64"}  # Debian 13 and Ubuntu 24.04


def say(words: str) -> None:
    """One line for the person, at once."""
    print(f"three-rings: {words}", flush=True)


def give_up(words: str) -> None:
    """End with what happened and what to do."""
    raise SystemExit(f"three-rings: {words}")


def installed(package: str) -> bool:
    """Whether Debian's package (or its later name) is on this system."""
    for name in (package, RENAMED.get(package, package)):
        found = subprocess.run(
            ["dpkg-query", "-W", "-f", "${db:Status-Status}", name], capture_output=True, text=True, check=False
        )
        if found.returncode == 0 and found.stdout.strip() == "installed":
            return True
    return False


def system_packages(wanted: tuple[str, ...], optional: bool) -> None:
    """Install what is lacking with apt when root or sudo allows; otherwise print the exact line.

    `optional` lets the start go on without them: ``threerings check`` says later what is missing.
    """
    if not sys.platform.startswith("linux"):
        return
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        say("not a Debian system: if a window does not open, install Qt 6's X libraries and a Chinese font")
        return
    lacking = [package for package in wanted if not installed(package)]
    if not lacking:
        return
    root = os.geteuid() == 0
    prefix = [] if root else ["sudo", "-n"]
    line = f"{'' if root else 'sudo '}apt-get install -y --no-install-recommends {' '.join(lacking)}"
    may = root or (
        shutil.which("sudo") is not None
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    )
    if may:
        say(f"installing {len(lacking)} system packages: {' '.join(lacking)}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if apt(prefix, lacking, environment):
            return
    if optional:
        say(f"some system packages are missing; to have them, run:\n    {line}")
        return
    give_up(f"these system packages are needed first; run this, then start again:\n    {line}")


def apt(prefix: list[str], packages: list[str], environment: dict[str, str]) -> bool:
    """Install with fresh lists; a package that has another name here is tried under it."""
    update = [*prefix, "apt-get", "update", "-qq"]
    subprocess.run(update, check=False, env=environment, stdout=subprocess.DEVNULL)
    names = []
    for package in packages:
        later = RENAMED.get(package)
        known = subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False)
        names.append(later if later and known.returncode != 0 else package)
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    done = subprocess.run(install, check=False, env=environment, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def environment(lock: Path) -> None:
    """Make or refresh ``.venv`` from `lock`; a stamp with its hash makes the next start quick."""
    stamp = VENV / "three-rings.stamp"
    fingerprint = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    larger = hashlib.sha256((ROOT / "packaging" / "requirements-test.txt").read_bytes() + sys.version.encode())
    if PYTHON.exists() and stamp.exists() and stamp.read_text().strip() in (fingerprint, larger.hexdigest()):
        return
    began = time.monotonic()
    if not PYTHON.exists():
        if importlib.util.find_spec("ensurepip") is None:
            system_packages(VENV_PACKAGES, optional=False)
        say(f"making the environment {VENV.name}")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    say(f"installing the locked libraries ({lock.name}); the first time takes a few minutes")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.run([*pip, "--only-binary", ":all:", "-r", str(lock)], check=False).returncode != 0:
        give_up("the libraries could not be installed: is the package index reachable? Nothing else was changed")
    tell_python_where_we_are()
    stamp.write_text(fingerprint + "\n")
    say(f"environment ready in {time.monotonic() - began:.0f} s")


def tell_python_where_we_are() -> None:
    """Put the project on the environment's path and write the ``threerings`` command; no build step is needed."""
    where = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    Path(where, "three_rings.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    if WINDOWS:
        (BIN / "threerings.cmd").write_text(f'@"{PYTHON}" -m desktop.cli %*\n', encoding="utf-8")
    else:
        command = BIN / "threerings"
        command.write_text(f"#!{PYTHON}\nfrom desktop.cli import main\n\nmain()\n", encoding="utf-8")
        command.chmod(0o755)


TEST_STEPS = (
    ("ruff", ("-m", "ruff", "check", ".")),
    ("pyright", ("-m", "pyright", "--pythonpath", str(PYTHON))),
    ("import contracts", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    ("tests", ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")),
)


def test(words: list[str]) -> int:
    """The whole test command: lint, types, walls, tests. Everything runs even if an early step fails."""
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
    failed = []
    for name, arguments in TEST_STEPS:
        say(f"{name} …")
        began = time.monotonic()
        extra = words if name == "tests" else []
        code = subprocess.run([str(PYTHON), *arguments, *extra], cwd=ROOT, env=surroundings, check=False).returncode
        say(f"{name}: {'ok' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - began:.0f} s")
        if code != 0:
            failed.append(name)
    if failed:
        say(f"failed: {', '.join(failed)}")
        return 1
    return 0


def main(words: list[str]) -> int:
    """Set up, then do what the words say; returns the exit status."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        give_up(f"Python 3.11 or 3.12 is needed (the telephone's wheels stop there); this is {sys.version.split()[0]}")
    testing = words[:1] == ["test"]
    system_packages(DESK_PACKAGES + (TEST_PACKAGES if testing else ()), optional=True)
    environment(ROOT / "packaging" / ("requirements-test.txt" if testing else "requirements.txt"))
    if testing:
        return test(words[1:])
    command = [str(PYTHON), "-m", "desktop.cli", *(words or ["demo"])]
    if WINDOWS:
        return subprocess.run(command, check=False).returncode
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
