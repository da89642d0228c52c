# SPDX-License-Identifier: Apache-2.0
"""Repeat a step in the background while the notebook's cells run. A failure of the step is not lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BEHIND = 5  # a late thread catches up on this many steps at most and skips the older ones


class Background:
    """A named daemon thread that calls `step` every `interval` seconds, from `start` to `stop` or for a `with` block.

    An exception of `step` ends the thread, and `stop()` raises it: what a thread prints would appear in some other cell.
    """

    def __init__(self, name: str, step: Callable[[], object], interval: float) -> None:
        self._step = step
        self._interval = interval
        self._quit = threading.Event()
        self._kept = Kept()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Background:
        """Begin with the first step. Returns itself at once."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread after its current step. May be called twice: the failure is raised once."""
        self._quit.set()
        if self._thread.is_alive():
            self._thread.join()
        self._kept.raise_it()

    def __enter__(self) -> Background:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        due = time.monotonic()
        with self._kept:
            while not self._quit.is_set():
                self._step()
                # After a late step the next one follows at once, so that no step is left out. The number of these is limited.
                due = max(due + self._interval, time.monotonic() - _BEHIND * self._interval)
                self._quit.wait(max(due - time.monotonic(), 0))


class Kept:
    """Keeps the first exception of its blocks, so that another thread can raise it."""

    def __init__(self) -> None:
        self._error: BaseException | None = None

    def __enter__(self) -> None:
        """Begin a block."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self._error = self._error or error
        return True

    def raise_it(self) -> None:
        """Raise the exception, if there was one. It is raised once."""
        error, self._error = self._error, None
        if error:
            raise error
