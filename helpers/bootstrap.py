# SPDX-License-Identifier: Apache-2.0
"""What `./lab` runs before anything is installed: make the project's `.venv`, then hand over to the `lab` command in it.

Only the standard library, for there is nothing else yet. `uv` does the work where the machine has it; where not, it is
installed into `.venv` and works from there.
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
FAILED = 1


class CannotInstall(Exception):
    """The environment could not be made; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    """Install what `arguments` need unless it is there, run `lab` with them, and return its exit code.

    Packages that cannot be updated, without a network for example, keep nobody from a lab that worked before.
    """
    wanted = ".[test]" if arguments[:1] in (["test"], ["bench"]) else "."
    try:
        if not _is_installed(wanted):
            _install(wanted)
    except CannotInstall as error:
        if wanted != "." or not _has_worked():
            print(f"lab: {error}", file=sys.stderr)
            return FAILED
        print("lab: The Python packages could not be updated; continuing with those that are here.", file=sys.stderr)
    except KeyboardInterrupt:
        print("lab: Interrupted while installing; the next ./lab goes on from here.", file=sys.stderr)
        return 130
    return _run(arguments)


def _run(arguments: list[str]) -> int:
    if os.name == "posix":
        os.execv(LAB, [str(LAB), *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program below, which is told of it as well
    return subprocess.call([str(LAB), *arguments])


def _fingerprint() -> str:
    """What the environment was made from, and where: a moved clone needs a new one."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()


def _is_installed(wanted: str) -> bool:
    """Whether `.venv` was made from today's pyproject.toml, with the packages for tests if they are wanted.

    Its Python is a link to the machine's, which may be gone since.
    """
    if not (STAMP.exists() and LAB.exists() and PYTHON.exists()):
        return False
    fingerprint, _, installed = STAMP.read_text("utf-8").partition("\n")
    return fingerprint == _fingerprint() and installed in (wanted, ".[test]")


def _has_worked() -> bool:
    """Whether `.venv` was made to its end once, in this folder: the commands in it name their Python by its whole path."""
    return STAMP.exists() and PYTHON.exists() and LAB.exists() and os.fsencode(SCRIPTS) in LAB.read_bytes()


def _install(wanted: str) -> None:
    print("Installing the Python packages (once) ...", file=sys.stderr)
    if STAMP.exists() and not _is_installed("."):
        STAMP.write_text("changing", "utf-8")  # from here on it fits no pyproject.toml, not even the old one
    uv = shutil.which("uv")
    if not (PYTHON.exists() and (uv or _has_pip())):
        _make_venv(uv)
    if not uv:
        _call([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
        uv = str(SCRIPTS / "uv")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    _call([uv, "pip", "install", *quiet, "--python", str(PYTHON), "--editable", wanted], **_index())
    STAMP.write_text(f"{_fingerprint()}\n{wanted}", "utf-8")


def _index() -> dict[str, str]:
    """The variable that gives uv the package index that pip is set to: uv does not read pip's settings."""
    if os.environ.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        return {}
    index = os.environ.get("PIP_INDEX_URL") or _pip_index()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _pip_index() -> str:
    """The index in pip's configuration files; empty where they name none, or where there is no pip."""
    for python in filter(Path.exists, (PYTHON, Path(sys.executable))):
        command = [str(python), "-m", "pip", "config", "list"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.returncode:
            found = re.findall(r"^(?:global|install)\.index-url='(.+)'$", done.stdout, re.MULTILINE)
            return found[-1] if found else ""
    return ""


def _has_pip() -> bool:
    """Whether `.venv` was made to its end: pip comes last."""
    return not subprocess.call(
        [str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _make_venv(uv: str | None) -> None:
    if _has_worked():  # a uv made it without pip, and is gone since
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
    # The certificates of the machine, which know a school's or company's proxy; UV_NATIVE_TLS is the older name.
    environment = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", **os.environ, **variables}
    try:
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotInstall(
            f"the Python packages could not be installed: {error}\n"
            "The lines above say why; most often it is the network or a full disk. Run ./lab again: it goes on from here."
        ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
