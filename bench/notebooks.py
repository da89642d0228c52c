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

_GOALS = {("00", "01", "02"): 90, ("05", "06", "07"): 180}
"""Lessons to the seconds that they may take together."""


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
        yield Row(f"notebook {name}", value, "s")
    for lessons, goal in _GOALS.items():
        theirs = [value for name, value in seconds.items() if name.startswith(lessons)]
        note = f"{len(theirs)} of {len(lessons)}; kernel starts included"
        yield Row(f"notebooks {', '.join(lessons)} together", sum(theirs), "s", at_most=goal, note=note)
