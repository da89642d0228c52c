# SPDX-License-Identifier: Apache-2.0
"""The commands behind `lab test` and `lab bench`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers import processes
from helpers.child import Guarded
from helpers.errors import LabError
from helpers.processes import Command, Output
from helpers.project import PACKAGE, ROOT, part

ROOMS = {
    "style": ["tests/style"],
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
    rooms, words = _split(arguments)
    paths = [path for room in rooms or ROOMS for path in ROOMS[room]]
    watched = ["coverage", "run", "-m"] if measures_coverage(arguments) else []
    return [sys.executable, "-m", *watched, "pytest", *NBVAL, *words, *paths]


def measures_coverage(arguments: Sequence[str]) -> bool:
    """Return whether `lab test ARGUMENTS` prints the share of branches that ran: for the whole of the unit tests alone.

    Watching makes a program slower, and tests of the other rooms compare times.
    """
    return _split(arguments) == (["unit"], [])


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the rooms that `arguments` begin with, and what follows them."""
    first = next((place for place, word in enumerate(arguments) if word not in ROOMS), len(arguments))
    return list(arguments[:first]), list(arguments[first:])


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests and return pytest's exit code. Raises `LabError` if the packages for tests are not installed."""
    part("tests")
    if missing := _missing():
        raise LabError(
            f"For the tests {', '.join(missing)} must be installed.",
            "`./lab test` installs them; by hand: pip install -e '.[test]'.",
        )
    code = call(pytest_command(arguments))
    if measures_coverage(arguments):
        call([sys.executable, "-m", "coverage", "report"])
    return code


def _missing() -> list[str]:
    """Return the packages of the `test` extra that are not installed."""
    wanted = [line for line in metadata.requires(PACKAGE) or [] if "extra ==" in line]
    names = [line.partition("==")[0] for line in wanted]
    return [name for name in names if not any(metadata.distributions(name=name))]


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
