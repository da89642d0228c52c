"""The commands behind `lab test` and `lab bench`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from helpers.errors import LabError
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


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run `command` in the project's folder beside the block, and wait for its end when the block is over.

    What ends the block early interrupts it, once, and it gets the time it needs: it has servers of its own to stop.
    """
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **options) as process:
        try:
            yield process
            process.wait()
        except BaseException:
            if os.name == "posix":  # on Windows the console has told it already
                process.send_signal(signal.SIGINT)
            process.wait()
            raise


def call(command: Sequence[str | Path], **options: Any) -> int:
    """Run `command` as `child` does, to its end, and return its exit code."""
    with child(command, **options) as process:
        pass
    return process.returncode
