# SPDX-License-Identifier: Apache-2.0
"""What `./lab` runs before anything is installed: make the project's `.venv`, then run the `lab` command in it.

It uses only the standard library, because nothing else is installed yet. `uv` installs the packages. If this computer
has no `uv`, it is first installed into `.venv`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
LAB = SCRIPTS / ("lab.exe" if os.name == "nt" else "lab")
STAMP = VENV / "lab.stamp"
MADE_FROM = (ROOT / "pyproject.toml", ROOT / "helpers" / "constraints.txt")
FAILED = 1

LEVELS = (".", ".[class]", ".[class,test]")
"""What can be installed: for a learner alone, also for a class, also for the tests. Each has all that the ones before it have."""


class CannotInstall(Exception):
    """The environment could not be made. The text says why and what to do."""


def main(arguments: list[str]) -> int:
    """Install what `arguments` need if it is missing, run `lab` with them, and return its exit code.

    If packages cannot be updated, for example without a network, a lab that worked before still starts.
    """
    wanted = _wanted(arguments)
    try:
        if not _is_installed(wanted):
            _install(wanted)
    except CannotInstall as error:
        if wanted != "." or not _has_worked():
            print(f"lab: {error}", file=sys.stderr)
            return FAILED
        print("lab: The Python packages could not be updated; continuing with the installed ones.", file=sys.stderr)
    except KeyboardInterrupt:
        print("lab: Interrupted while installing. Run ./lab again: it continues from here.", file=sys.stderr)
        return 130
    return _run(arguments)


def _wanted(arguments: list[str]) -> str:
    """What `lab ARGUMENTS` needs. To end a class, or to look at one, needs nothing that may be missing."""
    if arguments[:1] in (["test"], ["bench"]):
        return LEVELS[2]
    return LEVELS[1] if arguments[:2] == ["class", "up"] else LEVELS[0]


def _run(arguments: list[str]) -> int:
    if os.name == "posix":
        os.execv(LAB, [str(LAB), *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program started below gets the Ctrl-C too
    return subprocess.call([str(LAB), *arguments])


def _fingerprint() -> str:
    """A hash of what the environment was made from, and where: a moved clone needs a new one."""
    made_from = b"".join(path.read_bytes() for path in MADE_FROM)
    return hashlib.sha256(made_from + str(ROOT).encode()).hexdigest()


def _is_installed(wanted: str) -> bool:
    """Whether `.venv` was made from today's pyproject.toml, with what is wanted or more.

    Its Python is a link to this computer's Python, which may have been removed.
    """
    if not (STAMP.exists() and LAB.exists() and PYTHON.exists()):
        return False
    fingerprint, _, installed = STAMP.read_text("utf-8").partition("\n")
    return fingerprint == _fingerprint() and installed in LEVELS[LEVELS.index(wanted) :]


def _has_worked() -> bool:
    """Whether `.venv` was once completed in this folder: the commands in it name their Python by its full path."""
    return STAMP.exists() and PYTHON.exists() and LAB.exists() and os.fsencode(SCRIPTS) in LAB.read_bytes()


def _install(wanted: str) -> None:
    if not os.access(VENV if VENV.exists() else ROOT, os.W_OK):
        raise CannotInstall(
            f"the folder {ROOT} cannot be written, and the Python packages go into its .venv.\n"
            "Clone the project into a folder of your own, and run ./lab there."
        )
    print("Installing the Python packages (once) ...", file=sys.stderr)
    if STAMP.exists() and not _is_installed("."):
        STAMP.write_text("changing", "utf-8")  # now it matches no pyproject.toml, not even the old one
    uv = shutil.which("uv")
    if not (PYTHON.exists() and (uv or _has_pip())):
        _make_venv(uv)
    if not uv:
        _call([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
        uv = str(SCRIPTS / "uv")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    # The constraints name the packages that ours need, with the hashes of all files: uv takes no other file.
    exactly = ["--constraints", str(MADE_FROM[1])]
    _call([uv, "pip", "install", *quiet, "--python", str(PYTHON), *exactly, "--editable", wanted], **_index())
    STAMP.write_text(f"{_fingerprint()}\n{wanted}", "utf-8")


def _index() -> dict[str, str]:
    """The variable that gives uv the package index of pip's settings: uv does not read these settings."""
    if os.environ.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        return {}
    index = os.environ.get("PIP_INDEX_URL") or _pip_index()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _pip_index() -> str:
    """The index in pip's configuration files. Empty if they name none, or if there is no pip."""
    for python in filter(Path.exists, (PYTHON, Path(sys.executable))):
        command = [str(python), "-m", "pip", "config", "list"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.returncode:
            found = re.findall(r"^(?:global|install)\.index-url='(.+)'$", done.stdout, re.MULTILINE)
            return found[-1] if found else ""
    return ""


def _has_pip() -> bool:
    """Whether `.venv` is complete: pip is installed last."""
    return not subprocess.call(
        [str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _make_venv(uv: str | None) -> None:
    if _has_worked():  # uv made it without pip, and uv has been removed
        _call([str(PYTHON), "-m", "ensurepip"])
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        _call([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotInstall(
            f"this Python {version} ({sys.executable}) comes without venv.\n"
            f"Debian and Ubuntu: apt install python{version}-venv. "
            "Or install uv (https://docs.astral.sh/uv), which needs no such package."
        )
    _call([sys.executable, "-m", "venv", str(VENV)])


def _call(command: list[str], **variables: str) -> None:
    # Use this computer's certificates: they include a school's or company's proxy. UV_NATIVE_TLS is the older name.
    environment = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", **os.environ, **variables}
    try:
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotInstall(
            f"the Python packages could not be installed: {error}\n"
            "The lines above say why: often the network or a full disk. Run ./lab again: it continues from here."
        ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
