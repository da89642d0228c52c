# SPDX-License-Identifier: Apache-2.0
"""The five ways to move 1,000 orders: the seconds for all of them, and how late each is beside the others."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench import own
from bench.rows import Row
from helpers.experiments import five_ways
from helpers.workspace import Workspace

_BASE = "by hand"
"""Its latency is 1 in the ratios: a topic and the shortest program behind it."""


def measure() -> Iterator[Row]:
    """Yield the seconds of the five ways with set-up and clearing, and the median latency of each way of Kafka's as a ratio."""
    with own.running() as lab:
        began = time.monotonic()
        with Workspace(lab, "11") as workspace:
            table = five_ways.compare(lab, workspace).set_index("way")
        yield Row("five ways, cleared", time.monotonic() - began, "s", at_most=20)
    medians = dict(zip(table.index, table["median ms"].tolist(), strict=True))
    base = medians[_BASE]
    for way in ("dual write", "outbox", "topic first"):
        late = medians[way]
        yield Row(f"latency: {way}, {_BASE} = 1", late / base, "times", note=f"{late:g} ms and {base:g} ms")
