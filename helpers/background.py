# SPDX-License-Identifier: Apache-2.0
"""A step done again and again beside the notebook's cells, whose failure is not lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BEHIND = 5  # steps that are made up for; of those that fell due before them, none is


class Background:
    """A named daemon thread that calls `step` every `interval` seconds, from `start` to `stop` or for a `with` block.

    What `step` raises ends the thread and is raised by `stop()`: a thread that prints would write into some other cell.
    """

    def __init__(self, name: str, step: Callable[[], object], interval: float) -> None:
        self._step = step
        self._interval = interval
        self._quit = threading.Event()
        self._kept = _Kept()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Background:
        """Begin with the first step, and return at once: itself."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread after its present step. May be called twice: the failure is raised once."""
        self._quit.set()
        if self._thread.is_alive():
            self._thread.join()
        error, self._kept.error = self._kept.error, None
        if error:
            raise error

    def __enter__(self) -> Background:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        due = time.monotonic()
        with self._kept:
            while not self._quit.is_set():
                self._step()
                # A step that came late is followed at once by the next, so that none is left out; but not by a crowd.
                due = max(due + self._interval, time.monotonic() - _BEHIND * self._interval)
                self._quit.wait(max(due - time.monotonic(), 0))


class _Kept:
    """Keeps what its block raises, for another thread to raise."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.error = error
        return True
