# SPDX-License-Identifier: Apache-2.0
"""What a benchmark finds: numbers, some with a goal; two ways of doing the same, side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One number. `at_most` or `at_least` is its goal, where it has one; `note` says what the number leaves out."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def goal(self) -> str:
        """The goal in words; empty where there is none."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the goal was met; None where there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None


@dataclass(frozen=True)
class Comparison:
    """Seconds that our way and another way took, round by round."""

    ours: list[float]
    theirs: list[float]

    def ratio(self, name: str, at_least: float | None = None) -> Row:
        """Return how many times faster our way was: the median over the rounds, and where half of them lay."""
        ratios = [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        note = f"half of {len(ratios)} rounds: {low:.2f} to {high:.2f}"
        return Row(name, middle, "times", at_least=at_least, note=note)


def alternate(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Comparison:
    """Ask both for their seconds in turn, in the order A B, B A, A B …, after a round that does not count."""
    ours(), theirs()
    comparison = Comparison([], [])
    for number in range(rounds):
        pair = [(comparison.ours, ours), (comparison.theirs, theirs)]
        for kept, way in reversed(pair) if number % 2 else pair:
            kept.append(way())
    return comparison


def seconds(action: Callable[[], object]) -> float:
    """Return how long `action` took."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
