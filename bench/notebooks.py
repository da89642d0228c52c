# SPDX-License-Identifier: Apache-2.0
"""Seconds of each notebook under nbval."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import own
from bench.rows import Row
from helpers.command.testing import NBVAL, call
from helpers.errors import LabError
from helpers.project import part

_GOAL, _LONG = 60, 75
"""Seconds that a lesson may take, and those in which much is killed or filled."""
_LONGER = ("04", "10", "11", "12")
_FIRST, _FIRST_TOGETHER = ("00", "01", "02", "03", "05", "06", "07"), 240
_TOGETHER = 600
"""Seconds that the lessons without a cluster, services and crashes may take together, and the whole course."""


def measure() -> Iterator[Row]:
    """Yield the rows of this part. Raises `LabError` if a notebook fails: its time would mean nothing."""
    with tempfile.TemporaryDirectory(prefix="kafka-sync-lab-bench-") as folder:
        times = Path(folder) / "seconds.json"
        watched = ["-q", "-p", "bench.stopwatch", f"--stopwatch={times}", str(part("notebooks"))]
        command = [sys.executable, "-m", "pytest", *NBVAL, *watched]
        if call(command, environment=own.environment(), output=sys.stderr):
            raise LabError("A notebook failed in the benchmark.", "The lines above say why.")
        seconds: dict[str, float] = json.loads(times.read_text("utf-8"))
    for name, value in seconds.items():
        yield Row(f"notebook {name}", value, "s", at_most=_LONG if name.startswith(_LONGER) else _GOAL)
    first = sum(value for name, value in seconds.items() if name.startswith(_FIRST))
    yield Row(f"lessons {', '.join(_FIRST)} together", first, "s", at_most=_FIRST_TOGETHER)
    note = f"{len(seconds)} lessons; kernel starts included"
    yield Row("the whole course", sum(seconds.values()), "s", at_most=_TOGETHER, note=note)
