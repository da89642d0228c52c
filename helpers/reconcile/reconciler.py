# SPDX-License-Identifier: Apache-2.0
"""One comparison after another of a topic and the table that a sink makes of it. Both may be at work: it stops nothing.

What makes it right is the order of its questions:

1. What has been produced, if somebody counts that?   It must be in the topic at step 4.
2. What has the group committed?   It must be in the table at step 3, because a sink commits offsets after its rows.
3. Which keys has the table, and how often?   They must be in the topic at step 4, because they come from there.
4. Which keys has the topic, up to its end?
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine

from helpers.arguments import check_several, check_text, whole_number
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.reconcile import notes
from helpers.reconcile.counting import BUCKETS, Verdict, sums
from helpers.reconcile.difference import Difference, Found
from helpers.reconcile.keys import KeyFinder, as_text
from helpers.reconcile.table import Table, engine_of, remedy_of
from helpers.reconcile.topic import Topic

By = Literal["keys", "buckets"]
"""Ask the table for each key, or for a sum of each bucket and then for the keys of those that differ."""

MANY = 20_000
"""Rows above which buckets are used if nothing is said: at a million they take a fifth of the time."""


@dataclass(frozen=True)
class _Rows:
    """What the table had: of all rows the number, of some buckets the keys."""

    total: int
    without_key: int
    keys: Mapping[bytes, int]
    buckets: Collection[int]


class Reconciler:
    """Compares `topic` with `table` ("database.table") by `key`, as often as `look` is called. Use it in a `with` block.

    `key` is the table's column. In the records it is the field of that name, or `field`, of the JSON key or else the JSON value
    (Connect's with a schema, or plain). If no record has such a field, it is the whole key. `group` is the consumer group that
    writes the table; that of a connector is `connect-` and its name. Without it, all that is in the topic when a look begins
    is expected in the table. `produced` are the keys that were acknowledged to a producer: a list, which may grow. `by` is
    chosen by the number of rows. `examples` is how many keys of each kind are kept. `engine` is another database.

    Of the topic it reads only what is new since the last look. It joins no group, commits nothing and writes nothing.

    Raises `InvalidInput` for a topic, a table or a column that is not there, `LabNotRunning` when a server does not answer.
    """

    def __init__(
        self,
        lab: Lab,
        topic: str,
        table: str,
        key: str,
        *,
        group: str | None = None,
        field: str | None = None,
        produced: Collection[object] | None = None,
        by: By | None = None,
        examples: int = 10,
        engine: Engine | None = None,
    ) -> None:
        if by not in (None, "keys", "buckets"):
            raise InvalidInput(f"`by` cannot be {by!r}.", "Choose 'keys' or 'buckets', or leave it out.")
        _check_names(topic, {"table": table, "key": key, "group": group, "field": field})
        whole_number(examples, "examples", least=0)
        if produced is not None:
            check_several("produced", produced, may_be_empty=True)
        self.group = group
        self.finder = KeyFinder(field or key)
        self.table = Table(engine or engine_of(lab), table, key, remedy=remedy_of(lab))
        self.topic = Topic(lab, topic, self.finder, group)
        self._produced = produced
        self._by = by
        self._examples = examples
        self._last_rows = -1
        self._kept: dict[bytes, int] = {}
        self._asked: dict[int, tuple[int, int]] = {}

    def look(self) -> Difference:
        """Compare now. Raises what the servers say, and `LabNotRunning` if one does not answer: the next look may succeed."""
        when, began = time.time(), time.monotonic()
        produced = self._keys_produced()
        committed = self.topic.committed() if self.group else self.topic.ends()
        rows = self._rows(produced)
        verdict = self.topic.keys.compare(rows.keys, committed, rows.buckets)
        never = [key for key in produced or () if key not in self.topic.keys and key not in rows.keys]
        self._last_rows = rows.total
        return Difference(
            when=when,
            in_topic=self.topic.records,
            keys=len(self.topic.keys),
            rows=rows.total,
            lost=Found.of([*verdict.lost, *never], self._examples),
            doubled=Found.of(verdict.doubled, self._examples),
            strange=Found.of(verdict.strange, self._examples),
            on_the_way=verdict.on_the_way,
            produced=None if produced is None else len(produced),
            never_in_topic=len(never),
            notes=tuple(notes.about(self.topic, self.table.name, self._seen(rows, verdict))),
            seconds=time.monotonic() - began,
        )

    def close(self) -> None:
        """Close the connections. May be called twice."""
        self.topic.close()

    def __enter__(self) -> Reconciler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keys_produced(self) -> set[bytes] | None:
        if self._produced is None:
            return None
        return {key for it in list(self._produced) if (key := as_text(it)) is not None}

    def _rows(self, produced: Collection[bytes] | None) -> _Rows:
        """Ask the table, then read the topic to its end, and do both once more for the keys of buckets that differ."""
        if self._last_rows < 0:
            self._last_rows = self.table.rows()
        if (self._by or ("buckets" if self._last_rows > MANY else "keys")) == "keys":
            keys = self.table.keys()
            self.topic.read()
            total = keys.total()
            return _Rows(total, keys.pop(None, 0), _known(keys), range(BUCKETS))
        found = self.table.buckets()
        self.topic.read()
        total = sum(count for count, _ in found.values())
        without_key, _ = found.pop(None, (0, 0))
        there = {number: it for number, it in found.items() if number is not None}
        differing = set(self.topic.keys.differing(there))
        differing |= {zlib.crc32(key) % BUCKETS for key in produced or () if key not in self.topic.keys}
        return _Rows(total, without_key, self._keys_in(differing, there), differing)

    def _keys_in(self, buckets: Collection[int], there: Mapping[int, tuple[int, int]]) -> dict[bytes, int]:
        """Return the keys of these buckets. Those of the last look are right as long as their sums are those of the table."""
        if any(self._asked.get(it) != there.get(it, (0, 0)) for it in buckets):
            self._kept = _known(self.table.keys(buckets))
            seen = sums(self._kept)
            self._asked = {it: seen.get(it, (0, 0)) for it in buckets}
            self.topic.read()  # the rows that were asked again may come from newer records
        return {key: count for key, count in self._kept.items() if zlib.crc32(key) % BUCKETS in buckets}

    def _seen(self, rows: _Rows, verdict: Verdict) -> notes.Seen:
        living = sum(self.topic.keys.counts)
        return notes.Seen(
            group=self.group,
            rows=rows.total,
            rows_without_key=rows.without_key,
            in_both=living - len(verdict.lost) - verdict.on_the_way,
        )


def compare(lab: Lab, topic: str, table: str, key: str, *, group: str | None = None) -> Difference:
    """Compare a topic with a table once, as `Reconciler` does, and return what was found. Raises the same errors."""
    with Reconciler(lab, topic, table, key, group=group) as reconciler:
        return reconciler.look()


def _check_names(topic: str, others: Mapping[str, str | None]) -> None:
    check_text("topic", topic, may_be_empty=True)
    for argument, name in others.items():
        if name is not None:
            check_text(argument, name, may_be_empty=argument in ("table", "key"))


def _known(keys: Mapping[bytes | None, int]) -> dict[bytes, int]:
    return {key: count for key, count in keys.items() if key is not None}
