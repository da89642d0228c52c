# SPDX-License-Identifier: Apache-2.0
"""What a comparison found, as a value: for a cell, for a script, for a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from heapq import nsmallest
from html import escape
from typing import Any

import pandas as pd

COLUMNS = ["produced", "in the topic", "rows", "lost", "doubled", "strange", "on the way"]
"""What is counted, in the words of tables and pictures."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many keys are so, and the first of them: numbers in the order of numbers."""

    count: int
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, keys: Collection[bytes], examples: int) -> Found:
        """Return the number of `keys`, and at most so many `examples`."""
        first = nsmallest(examples, keys, key=lambda key: (len(key), key))
        return cls(len(keys), tuple(key.decode(errors="replace") for key in first))

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.keys) else ""
        shown = ", ".join(key if key.isprintable() else repr(key) for key in self.keys)
        return f"{self.count:,} ({shown}{more})" if self.keys else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known beside the numbers, and what to do. With a `serious` one the numbers mean nothing."""

    problem: str
    remedy: str = ""
    serious: bool = False

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one look at `when` (seconds since the epoch) found. Keys are compared, and no other column."""

    when: float
    in_topic: int
    """Records that the topic had up to now, tombstones included."""
    keys: int
    """Different keys of these records."""
    rows: int
    """Rows of the table."""
    lost: Found
    """Keys that the table must have and does not have."""
    doubled: Found
    """Keys that the table has in more than one row."""
    strange: Found
    """Keys that the table has, and that the topic does not have or has deleted."""
    on_the_way: int
    """Keys that the table does not have yet: the group has not committed their records."""
    produced: int | None = None
    """Keys that were said to be produced; None if nothing was said."""
    never_in_topic: int = 0
    """Those of the lost keys that are not even in the topic."""
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    """How long the look took."""

    @property
    def well(self) -> bool:
        """Whether nothing is lost and nothing is doubled."""
        return not (self.lost.count or self.doubled.count)

    def as_dictionary(self) -> dict[str, Any]:
        """Return what `./lab reconcile --json` prints. Scripts depend on its keys."""
        found = {"lost": self.lost, "doubled": self.doubled, "strange": self.strange}
        return {
            "in_topic": self.in_topic,
            "rows": self.rows,
            **{name: {"count": it.count, "keys": list(it.keys)} for name, it in found.items()},
            "on_the_way": self.on_the_way,
        }

    def counts(self) -> dict[str, int]:
        """Return the numbers by the names in `COLUMNS`, without that of produced keys if nobody gave it."""
        found = [self.lost.count, self.doubled.count, self.strange.count, self.on_the_way]
        named = dict(zip(COLUMNS, [self.produced, self.in_topic, self.rows, *found], strict=True))
        return {name: count for name, count in named.items() if count is not None}

    def frame(self) -> pd.DataFrame:
        """Return `counts` as a table with one row."""
        return pd.DataFrame([self.counts()])

    def __str__(self) -> str:
        said = "" if self.produced is None else f"produced {self.produced:,}  "
        return (
            f"{said}in the topic {self.in_topic:,}  rows {self.rows:,}  lost {self.lost}  doubled {self.doubled}  "
            f"strange {self.strange}  on the way {self.on_the_way:,}"
        )

    def _repr_html_(self) -> str:
        return "".join([self.frame().to_html(index=False), *(f"<p>{escape(str(note))}</p>" for note in self.notes)])
