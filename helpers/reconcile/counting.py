# SPDX-License-Identifier: Apache-2.0
"""What the records of a topic say about the keys of a table, and what is wrong with the table then. It asks no server.

A key's records matter only where the key appears, is deleted or appears again. So its history is a few numbers, each with a
record's offset, its partition and whether it was a tombstone. Which of them the group has processed is decided at each look,
because the committed offsets move, and may be set back.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BUCKETS = 4096
"""The number of buckets that the keys are divided into, by their CRC32. A database divides its rows in the same way."""

_PARTITION_BITS = 16
_HIGHEST_PARTITION = (1 << _PARTITION_BITS) - 1

History = int | tuple[int, ...]
"""One record or several, as `_mark` packs them. A number alone is the usual case, and takes a third of a tuple's memory."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong: the keys that are lost, doubled and strange, and the number of keys that are on the way."""

    lost: list[bytes]
    doubled: list[bytes]
    strange: list[bytes]
    on_the_way: int


@dataclass
class Keys:
    """The keys of a topic, each with its history. `take` is called for each record, in order within each partition."""

    histories: list[dict[bytes, History]] = field(default_factory=lambda: [{} for _ in range(BUCKETS)])
    """The keys of each bucket."""
    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    """The number of keys in each bucket whose last change is no tombstone."""
    sums: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    """The squares of the CRC32 of these keys, combined by XOR: what `BIT_XOR` returns for a table that has each of them once.

    Squares, because CRC32 itself is linear: the XOR of "a1" and "a2" is that of "b1" and "b2".
    """
    _deleted: set[bytes] = field(default_factory=set)

    def __len__(self) -> int:
        return sum(map(len, self.histories))

    def __contains__(self, key: bytes) -> bool:
        return key in self.histories[zlib.crc32(key) % BUCKETS]

    def take(self, key: bytes, partition: int, offset: int, lives: bool) -> None:
        """Add a record. One that does not live is a tombstone: it deletes the row of its key."""
        crc = zlib.crc32(key)
        bucket = crc % BUCKETS
        mark = _mark(partition, offset, lives)
        known = self.histories[bucket]
        before = known.get(key)
        if before is None:
            known[key] = mark
            turns = lives
        elif (after := _changed(before, mark)) != before:
            known[key] = after
            turns = bool((_last(before) ^ mark) & 1)
        else:
            return
        if not lives:
            self._deleted.add(key)
        if turns:
            self.counts[bucket] += 1 if lives else -1
            self.sums[bucket] ^= crc * crc

    def differing(self, table: Mapping[int, tuple[int, int]]) -> list[int]:
        """Return the buckets in which the table is not as at the end of the topic.

        `table` has the count and the sum of the rows in each bucket that is not empty. Where both are the same as here, each key
        that lives has one row, and no other row is there, unless a lost key and a strange one have the same CRC32.
        """
        return [it for it in range(BUCKETS) if table.get(it, (0, 0)) != (self.counts[it], self.sums[it])]

    def compare(self, rows: Mapping[bytes, int], committed: Mapping[int, int], buckets: Iterable[int]) -> Verdict:
        """Return what is wrong in these `buckets`. `rows` has the keys of the table there, and how many rows each has.

        `committed` has the offset of each partition up to which all records have been processed before `rows` was asked.
        A partition that is missing there has none.
        """
        lost, on_the_way = [], 0
        for bucket in buckets:
            for key, history in self.histories[bucket].items():
                if key not in rows:
                    if _expected(history, committed):
                        lost.append(key)
                    elif _last(history) & 1 and _expected(history, committed) is None:
                        on_the_way += 1
        doubled = [key for key, count in rows.items() if count > 1]
        return Verdict(lost, doubled, list(self._strange(rows, committed)), on_the_way)

    def _strange(self, rows: Collection[bytes], committed: Mapping[int, int]) -> Iterator[bytes]:
        for key in rows:
            history = self.histories[zlib.crc32(key) % BUCKETS].get(key)
            if history is None or (key in self._deleted and _expected(history, committed) is False):
                yield key


def sums(rows: Mapping[bytes, int]) -> dict[int, tuple[int, int]]:
    """Return the count and the sum of the rows in each bucket that is not empty, as a database does."""
    found: dict[int, tuple[int, int]] = {}
    for key, rows_ in rows.items():
        crc = zlib.crc32(key)
        count, total = found.get(crc % BUCKETS, (0, 0))
        found[crc % BUCKETS] = count + rows_, total ^ crc * crc * (rows_ & 1)
    return found


def _mark(partition: int, offset: int, lives: bool) -> int:
    return (offset << _PARTITION_BITS | partition) << 1 | lives


def _place(mark: int) -> tuple[int, int]:
    """The partition and the offset of a mark."""
    return mark >> 1 & _HIGHEST_PARTITION, mark >> _PARTITION_BITS + 1


def _last(history: History) -> int:
    return history if isinstance(history, int) else history[-1]


def _changed(history: History, mark: int) -> History:
    """The history with `mark`, or as it was if the key was already so in this partition: then the record changes nothing."""
    marks = (history,) if isinstance(history, int) else history
    same = [it for it in marks if (it >> 1 ^ mark >> 1) & _HIGHEST_PARTITION == 0]
    return history if same and not (same[-1] ^ mark) & 1 else (*marks, mark)


def _expected(history: History, committed: Mapping[int, int]) -> bool | None:
    """Whether the table must have the key: True, False, or None where both are right.

    A sink may be at any record from its committed offset on, because it commits after its work, and after a crash it repeats
    what it had not committed. So the row may be as after each of these records. Records of one key in several partitions have no
    order among them.
    """
    settled: dict[int, bool] = {}
    possible: set[bool] = set()
    for mark in (history,) if isinstance(history, int) else history:
        partition, offset = _place(mark)
        if offset < committed.get(partition, 0):
            settled[partition] = bool(mark & 1)
        else:
            possible.add(bool(mark & 1))
    possible.update(settled.values())
    return possible.pop() if settled and len(possible) == 1 else None
