"""The commands behind `lab test` and `lab bench`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helpers.errors import LabError
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


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run `command` in the project's folder beside the block, and wait for its end when the block is over.

    What ends the block early interrupts it, once, and it gets the time it needs: it has servers of its own to stop.
    """
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **options)
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
