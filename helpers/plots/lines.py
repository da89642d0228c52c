# SPDX-License-Identifier: Apache-2.0
"""The lines of a live plot: what is drawn of a recorder's samples, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.lag import LagRecorder, LagSample
from helpers.reconcile import Difference, Recorder

MOST_LINES = 24
"""The most lines in one picture. Of more partitions the total is drawn."""

Series = dict[str, tuple[list[float], list[int]]]
"""The lines by label: seconds since the start, and values."""


@dataclass(frozen=True)
class Kind:
    """What is drawn: its name, the title if none is given, the unit of the axis, the title of the legend, and its lines."""

    what: str
    title: str
    unit: str
    legend: str
    series: Callable[[Sequence[Any], float], Series]
    logarithmic: bool = False

    def spoken(self, title: str, samples: Sequence[Any], start: float) -> str:
        """Return the alternative text: the title, and of each line the highest value and the last."""
        lines = self.series(samples, start).items()
        said = [f"{self.legend} {label}: at most {max(seen):,}, at the end {seen[-1]:,}" for label, (_, seen) in lines]
        return f"{title}, {self.unit}: {'; '.join(said) or 'nothing was measured'}."


def kind_of(recorder: LagRecorder | Recorder) -> Kind:
    """Return what is drawn of this recorder."""
    if isinstance(recorder, Recorder):
        return Kind("rows against records", recorder.title, "records, rows or keys", "number", _found, logarithmic=True)
    return Kind("consumer lag", f"Lag of group {recorder.group}", "lag (records)", "partition", lags)


def lags(samples: Sequence[LagSample], start: float) -> Series:
    """Return the lag of each partition, or of the total when there are too many."""
    series: Series = {}
    several = len({part.topic for sample in samples[-1:] for part in sample.partitions}) > 1
    for sample in samples:
        when = sample.when - start
        parts = [(f"{part.topic} " * several + str(part.partition), part.lag) for part in sample.partitions]
        for label, lag in parts if len(parts) <= MOST_LINES else [(f"all {len(parts)}", sample.total)]:
            times, values = series.setdefault(label, ([], []))
            times.append(when)
            values.append(lag)
    return series


def _found(samples: Sequence[Difference], start: float) -> Series:
    times = [sample.when - start for sample in samples]
    found = [sample.counts() for sample in samples]
    return {name: (times, [counts[name] for counts in found]) for name in (found[-1] if found else ())}
