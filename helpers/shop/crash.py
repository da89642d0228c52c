# SPDX-License-Identifier: Apache-2.0
"""Where a program kills itself, by order, so that an experiment hits the same moment on every run."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

KILLED = (-9, 137)
"""The exit codes of a program that killed itself: on POSIX, on Windows."""


@dataclass
class Crash:
    """The order to die at `place`, as soon as the `count`th record has got there. Without a place nothing happens."""

    place: str = ""
    count: int = 1

    @classmethod
    def parse(cls, text: str, places: tuple[str, ...]) -> Crash:
        """Return the order that `text` gives as PLACE:N or PLACE. Raises `ValueError` that names the possible places."""
        place, _, count = text.partition(":")
        if text and place not in places:
            raise ValueError(f"There is no place {place!r}. Choose one of {', '.join(places)}.")
        if count and not (count.isascii() and count.isdigit() and int(count) > 0):
            raise ValueError(f"{count!r} is not a number of records above 0.")
        return cls(place, int(count or 1))

    def at(self, place: str, records: int = 1) -> None:
        """Say that `records` more records have got to `place`. At the ordered place and count this process ends."""
        if place != self.place:
            return
        self.count -= records
        if self.count <= 0:
            _kill_myself()


def _kill_myself() -> None:
    """End this process as a kill -9 does: no handler runs and nothing is flushed."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)  # Windows: what a shell shows of a process that SIGKILL ended
