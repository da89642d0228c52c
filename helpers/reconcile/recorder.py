# SPDX-License-Identifier: Apache-2.0
"""Looks again and again beside a pipeline at work, for a live plot and for numbers over time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import pandas as pd

from helpers.background import Background
from helpers.errors import InvalidInput, KafkaFailed, LabError, LabNotRunning
from helpers.lag import Mark
from helpers.reconcile.difference import Difference
from helpers.reconcile.reconciler import Reconciler
from helpers.waiting import wait_until


class Recorder:
    """Lets `reconciler` look every `interval` seconds, in the background, for a `with` block or until `stop`, which closes it.

    It keeps the newest `keep` samples and as many marks. A look that finds a server away is left out, and the next one tries
    again: the pipeline's servers may be killed on purpose. `stop` raises what failed in the background, also if the last
    look found a server away.
    """

    def __init__(self, reconciler: Reconciler, *, interval: float = 0.5, keep: int = 3000) -> None:
        if not interval > 0 or keep < 1:
            problem = f"`interval` and `keep` must be above 0, not {interval} and {keep}."
            raise InvalidInput(problem, "Give other numbers.")
        self.title = f"Topic {reconciler.topic.name} and table {reconciler.table.name}"
        self.started = time.time()
        self._reconciler = reconciler
        self._lock = threading.Lock()
        self._samples: deque[Difference] = deque(maxlen=keep)
        self._marks: deque[Mark] = deque(maxlen=keep)
        self._away: LabError | None = None
        self._background = Background(f"reconcile {reconciler.topic.name}", self._look, interval)

    @property
    def samples(self) -> list[Difference]:
        """The looks so far, oldest first."""
        with self._lock:
            return list(self._samples)

    @property
    def marks(self) -> list[Mark]:
        """The marks so far, oldest first."""
        with self._lock:
            return list(self._marks)

    def mark(self, text: str) -> None:
        """Remember that something happened now, for the plot and for `marks`. Any thread may call it."""
        with self._lock:
            self._marks.append(Mark(time.time(), text))

    def wait_for(self, condition: Callable[[Difference], bool], message: str, *, timeout: float = 60.0) -> Difference:
        """Wait until a look that begins now or later fulfils `condition`, and return it. Raises `TimedOut`.

        `message` says what is expected, as in "nothing to be on the way".
        """
        asked = time.time()

        def fitting() -> Difference | None:
            newest = self.samples[-1]
            return newest if newest.when >= asked and condition(newest) else None

        found = wait_until(fitting, timeout, message, last_seen=lambda: self.samples[-1])
        assert found
        return found

    def frame(self) -> pd.DataFrame:
        """Return a row for each look: seconds since the start, and the columns of `Difference.frame`."""
        parts = [sample.frame().assign(seconds=sample.when - self.started) for sample in self.samples]
        return pd.concat(parts, ignore_index=True).set_index("seconds")

    def start(self) -> Recorder:
        """Take the first look, so that a wrong name is an error here. Then continue in the background."""
        self.started = time.time()
        try:
            self._samples.append(self._reconciler.look())
        except BaseException:
            self._reconciler.close()
            raise
        self._background.start()
        return self

    def stop(self) -> None:
        """End the background thread, close the reconciler, and raise what failed. May be called twice: it is raised once."""
        try:
            self._background.stop()
        finally:
            self._reconciler.close()
        away, self._away = self._away, None
        if away:
            raise away

    def __enter__(self) -> Recorder:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _look(self) -> None:
        try:
            sample = self._reconciler.look()
        except (
            LabNotRunning,
            KafkaFailed,
        ) as error:  # KafkaFailed: for a moment after its start a broker has no leaders
            self._away = error
            return
        self._away = None
        with self._lock:
            self._samples.append(sample)
