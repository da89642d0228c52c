# SPDX-License-Identifier: Apache-2.0
"""How long `lab up` takes, what the servers then weigh, and what was downloaded for them."""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import own
from bench.rows import Row
from helpers.child import Child
from helpers.errors import ServerFailed
from helpers.settings import settings
from helpers.stack.local import LocalLab

_ROUNDS = 3
_KAFKA = "Apache Kafka"
_LAB = Path(sys.executable).with_name("lab")


@dataclass(frozen=True)
class Start:
    """The seconds of one `lab up` as a whole, Python's own start included, until Kafka answers, and of each server by its title."""

    whole: float
    kafka: float
    servers: dict[str, float]


def measure() -> Iterator[Row]:
    """Yield the rows of this part: fresh and existing labs in turn, then a lab whose caches are not made yet."""
    fresh, existing = [], []
    for _ in range(_ROUNDS):
        with own.home() as local:
            fresh.append(up(local))
            local.down()
            existing.append(up(local))
            weights = list(own.memory(local.status().values(), "after the start"))
            size = LocalLab(replace(local.settings, cache=local.home / "an empty cache")).missing_bytes()
    yield from _rows("fresh lab", fresh, kafka_at_most=4)
    yield from _rows("existing lab", existing, kafka_at_most=3)
    with tempfile.TemporaryDirectory(prefix="kafka-sync-lab-bench-cache-") as folder, own.home(Path(folder)) as local:
        _share_downloads(local.settings.cache)
        note = "without ahead-of-time caches, which `./lab down` makes later; without download and unpacking"
        yield Row("first lab", up(local).whole, "s", at_most=12, note=note)
    yield from weights
    yield Row("downloads beside the Python packages", size / 1e6, "MB", at_most=340)


def up(local: LocalLab) -> Start:
    """Run `lab up` and return its seconds. Raises `ServerFailed` with what it said if it fails."""
    began = time.monotonic()
    variables = own.environment(LAB_HOME=str(local.home), LAB_CACHE=str(local.settings.cache))
    lines: list[tuple[float, str]] = []
    command = Child(
        [_LAB, "up"], environment=variables, heard=lambda line: lines.append((time.monotonic() - began, line.rstrip()))
    )
    with command:
        code = command.wait()
    whole = time.monotonic() - began
    if code:
        raise ServerFailed("`lab up` failed in the benchmark.", "\n".join(line for _, line in lines))
    return Start(whole, until(_KAFKA, lines), servers(lines))


def servers(lines: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Return title to seconds from a server's start to its answer, from what `lab up` said, and when."""
    started = {found[1]: when for when, line in lines if (found := re.match(r"Starting (.+) [\d.]+$", line))}
    answered = {found[1]: when for when, line in lines if (found := re.match(r"(.+) answers at ", line))}
    return {title: answered[title] - started[title] for title in started}


def until(title: str, lines: Sequence[tuple[float, str]]) -> float:
    """Return the seconds until the server `title` answers, from what `lab up` said, and when."""
    return next(when for when, line in lines if line.startswith(f"{title} answers at "))


def _rows(name: str, starts: Sequence[Start], kafka_at_most: float) -> Iterator[Row]:
    own_times = {title: statistics.median(start.servers[title] for start in starts) for title in starts[0].servers}
    wholes = sorted(start.whole for start in starts)
    slowest = max(own_times, key=lambda title: own_times[title])
    note = f"{wholes[0]:.1f} to {wholes[-1]:.1f}; slowest: {slowest}"
    until_kafka = statistics.median(start.kafka for start in starts)
    yield Row(f"{name}: until Kafka answers", until_kafka, "s", at_most=kafka_at_most)
    yield Row(f"{name}: until all answer", statistics.median(wholes), "s", at_most=5, note=note)
    for title, value in own_times.items():
        yield Row(f"{name}: {title}, from process to answer", value, "s")


def _share_downloads(cache: Path) -> None:
    """Let `cache` show all of the user's but the ahead-of-time caches."""
    for entry in settings().cache.iterdir():
        if entry.name not in ("aot", ".lock"):
            (cache / entry.name).symlink_to(entry, entry.is_dir())
