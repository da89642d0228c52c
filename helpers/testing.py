"""The commands behind `lab test` and `lab bench`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from helpers.errors import LabError
from helpers.project import ROOT, part

ROOMS = {
    "unit": ["tests/unit"],
    "lab": ["tests/lab"],
    "notebooks": ["notebooks", "tests/notebooks"],
    "browser": ["tests/browser"],
}
"""What `lab test` runs, in this order: quick and plain first, so that the first failure is the most telling."""

_NOTEBOOKS = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120")


def pytest_command(arguments: Sequence[str]) -> list[str]:
    """Return the pytest command for `lab test ARGUMENTS`: leading names of rooms choose, the rest goes to pytest."""
    words = list(arguments)
    rooms = []
    while words and words[0] in ROOMS:
        rooms.append(words.pop(0))
    paths = [path for room in rooms or ROOMS for path in ROOMS[room]]
    return [sys.executable, "-m", "pytest", *_NOTEBOOKS, *words, *paths]


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests and return pytest's exit code. Raises `LabError` if the packages for tests are not installed."""
    part("tests")
    missing = [name for name in ("pytest", "nbval", "playwright", "mypy", "ruff") if not find_spec(name)]
    if missing:
        raise LabError(f"For the tests {', '.join(missing)} must be installed.", "`./lab test` installs them; by hand: pip install -e '.[test]'.")
    return subprocess.run(pytest_command(arguments), cwd=ROOT, check=False).returncode


def run_bench(only: str | None) -> int:
    """Run the benchmarks and return their exit code: 0 where every goal was met."""
    part("bench")
    return subprocess.run([sys.executable, "-m", "bench", *([only] if only else [])], cwd=ROOT, check=False).returncode
