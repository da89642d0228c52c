# SPDX-License-Identifier: Apache-2.0
"""What every recorder has: samples and marks over time, taken in the background, for a live plot and for numbers."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from helpers.arguments import above_zero, whole_number
from helpers.background import Background
from helpers.waiting import wait_until


class Timed(Protocol):
    """What every sample has."""

    @property
    def when(self) -> float:
        """Seconds since the epoch."""


Sample = TypeVar("Sample", bound=Timed)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `when` (seconds since the epoch), with the text for a plot."""

    when: float
    text: str


class Recording(ABC, Generic[Sample]):
    """Calls `take` every `interval` seconds, in the background, for a `with` block or from `start` to `stop`.

    It keeps the newest `keep` samples and as many marks. Raises `InvalidInput` if one of the two is not above 0.
    """

    def __init__(self, name: str, *, interval: float, keep: int) -> None:
        above_zero(interval, "interval")
        whole_number(keep, "keep")
        self.started = time.time()
        self._lock = threading.Lock()
        self._samples: deque[Sample] = deque(maxlen=keep)
        self._marks: deque[Mark] = deque(maxlen=keep)
        self._background = Background(name, self.take, interval)

    @property
    def samples(self) -> list[Sample]:
        """The samples so far, oldest first."""
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

    def wait_for(self, condition: Callable[[Sample], bool], message: str, *, timeout: float = 60.0) -> Sample:
        """Wait until a sample that is begun now or later fulfils `condition`, and return it. Raises `TimedOut`.

        `message` says what is expected, as in "nothing to be on the way".
        """
        asked = time.time()

        def fitting() -> Sample | None:
            newest = self.samples[-1]
            return newest if newest.when >= asked and condition(newest) else None

        found = wait_until(fitting, timeout, message, last_seen=lambda: self.in_short(self.samples[-1]))
        assert found
        return found

    def start(self) -> Self:
        """Take the first sample, so that a wrong name is an error here. Then continue in the background."""
        self.started = time.time()
        self.take_first()
        self._background.start()
        return self

    @abstractmethod
    def stop(self) -> None:
        """End the background thread and raise what failed in it. May be called twice."""

    @abstractmethod
    def take(self) -> None:
        """Take one sample and `add` it."""

    def take_first(self) -> None:
        """Take the first sample. What fails then is an error of `start`."""
        self.take()

    def add(self, sample: Sample) -> None:
        """Add the newest sample."""
        with self._lock:
            self._samples.append(sample)

    def in_short(self, sample: Sample) -> object:
        """Return what the message of a wait that was in vain says of `sample`."""
        return sample

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
