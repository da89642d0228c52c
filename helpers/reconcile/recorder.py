# SPDX-License-Identifier: Apache-2.0
"""Looks again and again beside a pipeline at work, for a live plot and for numbers over time."""

from __future__ import annotations

import pandas as pd

from helpers.errors import KafkaFailed, LabError, LabNotRunning
from helpers.lab import Lab
from helpers.reconcile.difference import Difference
from helpers.reconcile.reconciler import Reconciler
from helpers.recording import Recording


def watch(lab: Lab, topic: str, table: str, key: str, *, group: str | None = None, interval: float = 0.2) -> Recorder:
    """Return a recorder, not started yet, that compares `topic` with `table` every `interval` seconds.

    The arguments are those of `Reconciler`. Raises what that raises.
    """
    return Recorder(Reconciler(lab, topic, table, key, group=group), interval=interval)


class Recorder(Recording[Difference]):
    """Lets `reconciler` look every `interval` seconds, in the background, for a `with` block or until `stop`, which closes it.

    It keeps the newest `keep` samples and as many marks. A look that finds a server away is left out, and the next one tries
    again: the pipeline's servers may be killed on purpose. `stop` raises what failed in the background, also if the last
    look found a server away.
    """

    def __init__(self, reconciler: Reconciler, *, interval: float = 0.5, keep: int = 3000) -> None:
        super().__init__(f"reconcile {reconciler.topic.name}", interval=interval, keep=keep)
        self.title = f"Topic {reconciler.topic.name} and table {reconciler.table.name}"
        self._reconciler = reconciler
        self._away: LabError | None = None

    def frame(self) -> pd.DataFrame:
        """Return a row for each look: seconds since the start, and the columns of `Difference.frame`."""
        parts = [sample.frame().assign(seconds=sample.when - self.started) for sample in self.samples]
        return pd.concat(parts, ignore_index=True).set_index("seconds")

    def wait_arrived(self, *, timeout: float = 60.0) -> Difference:
        """Wait for a look, begun now or later, in which nothing is on the way, and return it. Raises `TimedOut`."""
        return self.wait_for(lambda seen: seen.on_the_way == 0, "nothing to be on the way", timeout=timeout)

    def stop(self) -> None:
        """End the background thread, close the reconciler, and raise what failed. May be called twice: it is raised once."""
        try:
            self._background.stop()
        finally:
            self._reconciler.close()
        away, self._away = self._away, None
        if away:
            raise away

    def take_first(self) -> None:
        try:
            self.add(self._reconciler.look())
        except BaseException:
            self._reconciler.close()
            raise

    def take(self) -> None:
        try:
            sample = self._reconciler.look()
        except (LabNotRunning, KafkaFailed) as error:  # KafkaFailed: soon after its start a broker has no leaders
            self._away = error
            return
        self._away = None
        self.add(sample)
