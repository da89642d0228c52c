# SPDX-License-Identifier: Apache-2.0
"""`reconcile` on a million records and rows: the first look, further looks, and the memory of the program that looks."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from typing import get_args

from bench import own
from bench.rows import Row
from helpers import database, processes, records, topics
from helpers.errors import KafkaFailed
from helpers.lab import Lab
from helpers.reconcile.reconciler import By

_ROWS = 1_000_000
_LOST = 3
_LOOKS = 6
_PATIENCE = 300.0
_TABLE = "mydb2.bench_reconcile"
_PLANT = f"""INSERT INTO {_TABLE} (id) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
SELECT many.i * 1000 + few.i FROM n AS many, n AS few WHERE many.i * 1000 + few.i >= {_LOST}"""
_LOOK = """
import json, sys
from pathlib import Path
from psutil import Process
from helpers import attach
from helpers.reconcile import Reconciler

topic, table, by, looks = sys.argv[1:]
with Reconciler(attach(), topic, table, "id", by=by) as reconciler:
    seen = [reconciler.look() for _ in range(int(looks))]
status = Path("/proc/self/status")  # only Linux has it; getrusage would count what the parent had when it started this
lines = status.read_text().splitlines() if status.exists() else []
peak = next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), Process().memory_info().rss)
print(json.dumps({"seconds": [it.seconds for it in seen], "lost": seen[-1].lost.count, "peak": peak}))
"""


def measure() -> Iterator[Row]:
    """Yield the rows of this part: seconds of the first look and of a further one, and megabytes, by buckets and by keys."""
    with own.running() as lab, topics.temporary(lab, "bench", 4) as topic:
        records.produce(lab, topic, [(b"%d" % number, b"x" * 100) for number in range(_ROWS)], timeout=_PATIENCE)
        database.execute(lab, f"CREATE TABLE {_TABLE} (id INT, KEY (id))")
        database.execute(lab, _PLANT)
        for by in get_args(By):
            yield from _looks(lab, topic, by)


def _looks(lab: Lab, topic: str, by: By) -> Iterator[Row]:
    """Look with a program of its own, whose memory is that of this work alone."""
    program = [sys.executable, "-c", _LOOK, topic, _TABLE, by, str(_LOOKS)]
    done = processes.run(program, environment=own.environment(LAB_HOME=str(lab.home)), timeout=_PATIENCE)
    found = json.loads(done.stdout or "{}")
    if found.get("lost") != _LOST:
        raise KafkaFailed(f"The looks by {by} should have found {_LOST} lost keys: {done.stdout}{done.stderr}.")
    first, *further = found["seconds"]
    goal = by == "buckets"
    yield Row(f"a million rows by {by}: first look", first, "s", at_most=8 if goal else None)
    yield Row(f"a million rows by {by}: a further look", statistics.median(further), "s", at_most=1 if goal else None)
    yield Row(f"a million rows by {by}: most memory", found["peak"] / 1e6, "MB", at_most=600 if goal else None)
