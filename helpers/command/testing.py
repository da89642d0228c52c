"""The commands behind `lab test` and `lab bench`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers import processes
from helpers.child import Guarded
from helpers.errors import LabError
from helpers.processes import Command, Output
from helpers.project import ROOT, part

ROOMS = {
    "unit": ["tests/unit"],
    "lab": ["tests/lab"],
    "notebooks": ["notebooks", "tests/notebooks"],
    "browser": ["tests/browser"],
}
"""What `lab test` runs, in this order: quick and plain first, so that the first failure is the most telling."""

BENCHMARKS = ("start", "clients", "lag", "plot", "chain", "notebooks")
"""What `lab bench` measures, in this order; each is a module of `bench`."""

NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120")


PREFIX = "kafka-sync-lab-"
_PATIENCE = (60.0, 10.0)  # seconds to end after SIGINT, when labs are stopped, and after SIGTERM
_STOP_TIMEOUT = 10.0


def pytest_command(arguments: Sequence[str]) -> list[str]:
    """Return the pytest command for `lab test ARGUMENTS`: leading names of rooms choose, the rest goes to pytest."""
    words = list(arguments)
    rooms = []
    while words and words[0] in ROOMS:
        rooms.append(words.pop(0))
    paths = [path for room in rooms or ROOMS for path in ROOMS[room]]
    return [sys.executable, "-m", "pytest", *NBVAL, *words, *paths]


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests and return pytest's exit code. Raises `LabError` if the packages for tests are not installed."""
    part("tests")
    missing = [name for name in ("pytest", "nbval", "playwright", "mypy", "ruff") if not find_spec(name)]
    if missing:
        raise LabError(
            f"For the tests {', '.join(missing)} must be installed.",
            "`./lab test` installs them; by hand: pip install -e '.[test]'.",
        )
    return call(pytest_command(arguments))


def run_bench(only: str | None) -> int:
    """Run the benchmarks and return their exit code: 0 where every goal was met."""
    part("bench")
    return call([sys.executable, "-m", "bench", *([only] if only else [])])


def call(command: Command, *, environment: Mapping[str, str] = os.environ, output: Output = None) -> int:
    """Run `command` in the project's folder and return its exit code. Whatever it makes is gone afterwards.

    It has its temporary files in a folder of their own. What ends this process ends it as Ctrl-C does, and it gets the time
    that it needs to stop its servers. Processes that name the folder and still run then are stopped, and it is deleted.
    """
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        try:
            variables = {**environment, "TMPDIR": str(folder)}
            with Guarded(command, cwd=ROOT, environment=variables, output=output, patience=_PATIENCE) as child:
                return child.wait() or 0
        finally:
            for process in processes.find_below(folder):
                processes.stop(process, _STOP_TIMEOUT)
