# SPDX-License-Identifier: Apache-2.0
"""What the kernel of the plot's benchmark runs: a live plot of a replayed lag, and the same drawn the plain way."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, cast

from IPython.display import display
from matplotlib import pyplot

from bench.rows import alternate, seconds
from helpers.lag import LagRecorder, LagSample, PartitionLag
from helpers.plots.live import LivePlot
from helpers.recording import Mark

HZ = 5.0
PARTITIONS = 12
SAMPLES = 300


class Replay:
    """Stands for a recorder that has run for a minute: each look finds one sample more."""

    group = "bench"

    def __init__(self) -> None:
        self.started = time.time()
        self.marks = [Mark(self.started + when, "a member joined") for when in (10, 25, 55)]
        self._all = [self._sample(number) for number in range(10 * SAMPLES)]
        self._shown = SAMPLES

    @property
    def samples(self) -> list[LagSample]:
        """The samples so far, oldest first."""
        self._shown += 1
        return self._all[: self._shown]

    def _sample(self, number: int) -> LagSample:
        lags = [int(4000 + 2000 * math.sin(number / 20 + part) + 30 * part) for part in range(PARTITIONS)]
        parts = tuple(PartitionLag("bench", part, 0, lag, lag) for part, lag in enumerate(lags))
        return LagSample(self.started + number / HZ, self.group, parts)


class TimedPlot(LivePlot):
    """A live plot that keeps how long each refresh took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        super().__init__(cast(LagRecorder, Replay()), hz=HZ)

    def _refresh(self, update: bool = True) -> None:
        began = time.perf_counter()
        super()._refresh(update)
        self.seconds.append(time.perf_counter() - began)


def compare(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each refresh of a live plot, and of the same lines by `handle.update(figure)`."""
    plot = TimedPlot()
    times = alternate(lambda: seconds(plot._refresh), _plain(), rounds)
    return {"ours": times.ours, "theirs": times.theirs}


def _plain() -> Callable[[], float]:
    """Return what redraws the newest samples as most notebooks do, and tells its seconds."""
    replay = Replay()
    figure, axes = pyplot.subplots(figsize=(8, 3.5), dpi=100, layout="constrained")
    lines = [axes.plot([], [], label=str(part))[0] for part in range(PARTITIONS)]
    axes.set(title="Lag", xlabel="seconds since the start", ylabel="lag (records)")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8)
    pyplot.close(figure)
    handle = display(figure, display_id=True)  # type: ignore[no-untyped-call]

    def refresh() -> None:
        samples = replay.samples[-SAMPLES:]
        times = [sample.when - replay.started for sample in samples]
        for number, line in enumerate(lines):
            line.set_data(times, [sample.partitions[number].lag for sample in samples])
        axes.relim()
        axes.autoscale_view()
        handle.update(figure)

    return lambda: seconds(refresh)


def watch(duration: float) -> dict[str, Any]:
    """Return the refreshes' seconds while nothing else runs, and the share of a core that all of them took."""
    plot = TimedPlot()
    plot.start()
    spent, began = time.process_time(), time.perf_counter()
    threading.Event().wait(duration)
    share = (time.process_time() - spent) / (time.perf_counter() - began)
    refreshes = plot.seconds[1:]
    plot.stop()
    return {"refreshes": refreshes, "share": share}


def compute(duration: float) -> None:
    """Do in pure Python what keeps a core and the interpreter's lock busy for so many seconds."""
    end = time.monotonic() + duration
    while time.monotonic() < end:
        sum(number * number for number in range(10_000))
