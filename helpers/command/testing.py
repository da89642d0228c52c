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
    "classroom": ["tests/classroom"],
    "containers": ["tests/containers"],
}
"""What `lab test` runs. One test at a time is in this order: the first failure explains the most."""

BENCHMARKS = (
    "start", "clients", "lag", "plot", "chain", "sinks", "orders", "catalog", "gateway", "arrival", "reconcile",
    "cluster", "matrix", "ways", "classroom", "notebooks",
)  # fmt: skip
"""What `lab bench` measures, in this order. Each is a module of `bench`."""

NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120")

SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile")
"""Two workers, each with labs of its own. Most of its time a test waits for a server."""

PREFIX = "kafka-sync-lab-"
_PATIENCE = (60.0, 10.0)  # seconds to end after SIGINT, when labs are stopped, and after SIGTERM
_STOP_TIMEOUT = 10.0


def pytest_command(arguments: Sequence[str]) -> list[str]:
    """Return the pytest command for `lab test ARGUMENTS`: the names of rooms come first, and pytest gets the rest."""
    rooms, words = _split(arguments)
    paths = [path for room in rooms or ROOMS for path in ROOMS[room]]
    watched = ["coverage", "run", "-m"] if measures_coverage(arguments) else []
    together = [] if words or watched else SIDE_BY_SIDE  # pytest's own arguments may be about one process, as `--pdb`
    return [sys.executable, "-m", *watched, "pytest", *NBVAL, *together, *words, *paths]


def measures_coverage(arguments: Sequence[str]) -> bool:
    """Return whether `lab test ARGUMENTS` prints the share of branches that ran: only for all unit tests and nothing else.

    Measuring this makes a program slower, and tests of the other rooms compare times.
    """
    return _split(arguments) == (["unit"], [])


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the rooms at the start of `arguments`, and the rest."""
    first = next((place for place, word in enumerate(arguments) if word not in ROOMS), len(arguments))
    return list(arguments[:first]), list(arguments[first:])


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests and return pytest's exit code. Raises `LabError` if the packages for tests are not installed."""
    part("tests")
    if missing := _missing():
        raise LabError(
            f"The tests need packages that are not installed: {', '.join(missing)}.",
            "Install them with `./lab test`, or by hand: pip install -e '.[class,test]'.",
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
    """Run the benchmarks and return their exit code: 0 if every goal was met."""
    part("bench")
    return call([sys.executable, "-m", "bench", *([only] if only else [])])


def call(command: Command, *, environment: Mapping[str, str] = os.environ, output: Output = None) -> int:
    """Run `command` in the project's folder and return its exit code. Afterwards nothing that it made is left.

    Its temporary files are in their own folder. If this process ends, `command` ends as after Ctrl-C, and it has the time that
    it needs to stop its servers. Then processes that still run and name the folder are stopped, and the folder is deleted.
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
