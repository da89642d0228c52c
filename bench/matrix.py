# SPDX-License-Identifier: Apache-2.0
"""How long the crash matrix takes: every row really killed, set up and cleared."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench import own
from bench.rows import Row
from helpers.experiments.crash_matrix import PLACES, WAYS, Matrix
from helpers.workspace import Workspace

_LESSON = 7
"""The places of the lesson's goal: 35 cells. The last one, where nothing dies, comes in addition."""


def measure() -> Iterator[Row]:
    """Yield the seconds of the set-up, of each row, and of the first 35 cells with set-up and clearing."""
    with own.running() as lab:
        began = time.monotonic()
        with Workspace(lab, "12") as workspace, Matrix(lab, workspace) as matrix:
            yield Row("set-up of the matrix", time.monotonic() - began, "s")
            for place in list(PLACES)[:_LESSON]:
                matrix.run(place)
                yield Row(f"row: {place}", matrix.seconds[place], "s")
        whole = time.monotonic() - began
        yield Row(f"matrix of {_LESSON * len(WAYS)} cells, cleared", whole, "s", at_most=60)
