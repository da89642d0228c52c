# SPDX-License-Identifier: Apache-2.0
"""What follows from records, commits and rows, against a plain model: the states that a table may have, one after another."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from helpers.reconcile.counting import BUCKETS, Keys, Verdict, sums

EVERYWHERE = range(BUCKETS)
PARTITIONS = 3


@dataclass
class Log:
    """A topic whose keys each have one partition: its records, and the committed offset of each partition."""

    records: dict[int, list[tuple[bytes, bool]]] = field(default_factory=dict)
    committed: dict[int, int] = field(default_factory=dict)

    def keys(self) -> Keys:
        keys = Keys()
        for partition, records in self.records.items():
            for offset, (key, lives) in enumerate(records):
                keys.take(key, partition, offset, lives)
        return keys

    def states(self, partition: int, key: bytes) -> list[bool | None]:
        """Whether the row of `key` is there after each record from the committed one on. None: before any record of the key."""
        now: bool | None = None
        states = []
        for offset, (its, lives) in enumerate(self.records[partition]):
            if offset >= self.committed.get(partition, 0):
                states.append(now)
            now = lives if its == key else now
        return [*states, now]

    def verdict(self, rows: Mapping[bytes, int]) -> Verdict:
        """The plain way: ask for every state that is possible."""
        seen = {key: partition for partition, records in self.records.items() for key, _ in records}
        states = {key: self.states(partition, key) for key, partition in seen.items()}
        missing = [key for key in seen if key not in rows]
        return Verdict(
            lost=[key for key in missing if all(states[key])],
            doubled=[key for key, count in rows.items() if count > 1],
            strange=[key for key in rows if key not in seen or set(states[key]) == {False}],
            on_the_way=sum(bool(states[key][-1]) and not all(states[key]) for key in missing),
        )


@st.composite
def logs(draw: st.DrawFn) -> Log:
    log = Log({number: [] for number in range(PARTITIONS)})
    for name, lives in draw(st.lists(st.tuples(st.integers(0, 11), st.booleans()), max_size=40)):
        log.records[name % PARTITIONS].append((b"%d" % name, lives))
    for number, records in log.records.items():
        if draw(st.booleans()):
            log.committed[number] = draw(st.integers(0, len(records)))
    return log


tables = st.dictionaries(st.integers(0, 13).map(lambda name: b"%d" % name), st.integers(1, 3))


def same(ours: Verdict, theirs: Verdict) -> None:
    for kind in ("lost", "doubled", "strange"):
        assert sorted(getattr(ours, kind)) == sorted(getattr(theirs, kind)), kind
    assert ours.on_the_way == theirs.on_the_way


@given(logs(), tables)
def test_every_table_is_judged_as_by_the_plain_way(log: Log, rows: dict[bytes, int]) -> None:
    same(log.keys().compare(rows, log.committed, EVERYWHERE), log.verdict(rows))


@given(logs(), tables)
def test_buckets_that_differ_are_enough(log: Log, rows: dict[bytes, int]) -> None:
    keys = log.keys()
    differing = keys.differing(sums(rows))
    asked = {key: count for key, count in rows.items() if zlib.crc32(key) % BUCKETS in differing}
    same(keys.compare(asked, log.committed, differing), log.verdict(rows))


@given(logs(), st.data())
def test_a_sink_at_work_has_lost_nothing(log: Log, data: st.DataObject) -> None:
    """It is anywhere after its commit, and may have done that part of its work several times."""
    table: dict[bytes, int] = {}
    for number, records in log.records.items():
        for start in (0, log.committed.get(number, 0)):
            reached = data.draw(st.integers(log.committed.get(number, 0), len(records)))
            for key, lives in records[start:reached]:
                table.pop(key, None)
                if lives:
                    table[key] = 1
    found = log.keys().compare(table, log.committed, EVERYWHERE)
    assert (found.lost, found.doubled, found.strange) == ([], [], [])


def test_each_kind_is_found_and_nothing_else() -> None:
    keys = Keys()
    for offset in range(1000):
        keys.take(b"%d" % offset, 0, offset, True)
    keys.take(b"17", 0, 1000, True)  # sent twice
    keys.take(b"18", 0, 1001, False)  # deleted
    keys.take(b"new", 0, 1002, True)
    rows = {b"%d" % number: 1 for number in range(1000)} | {b"1": 2, b"2": 3, b"stranger": 1}
    for gone in (b"3", b"4", b"5", b"18"):
        del rows[gone]
    found = keys.compare(rows, {0: 1002}, EVERYWHERE)
    assert (sorted(found.lost), found.doubled, found.strange) == ([b"3", b"4", b"5"], [b"1", b"2"], [b"stranger"])
    assert found.on_the_way == 1
    assert len(keys) == 1001
    assert b"new" in keys and b"stranger" not in keys
    rows[b"18"] = 1
    assert keys.compare(rows, {0: 1002}, EVERYWHERE).strange == [b"stranger", b"18"]
    assert keys.compare(rows, {0: 1001}, EVERYWHERE).strange == [b"stranger"], "the tombstone is on the way"


def test_a_key_in_several_partitions_has_no_order() -> None:
    keys = Keys()
    keys.take(b"k", 0, 5, True)
    keys.take(b"k", 1, 0, False)
    assert keys.compare({}, {0: 6, 1: 1}, EVERYWHERE).lost == []
    assert keys.compare({b"k": 1}, {0: 6, 1: 1}, EVERYWHERE).strange == []
    keys.take(b"both", 0, 6, True)
    keys.take(b"both", 1, 1, True)
    assert keys.compare({b"k": 1}, {0: 7}, EVERYWHERE).lost == [b"both"]


def test_a_group_that_is_set_back_may_delete_and_write_again() -> None:
    keys = Keys()
    for offset, lives in enumerate([True, False, True, True]):
        keys.take(b"k", 0, offset, lives)
    assert keys.compare({}, {0: 4}, EVERYWHERE).lost == [b"k"]
    assert keys.compare({}, {0: 1}, EVERYWHERE) == Verdict([], [], [], 1)


def test_keys_whose_crc32_would_cancel_are_seen() -> None:
    """CRC32 is linear: there are two pairs in one bucket with the same XOR. The lost pair and the strange one would hide."""
    crcs = {b"%06d" % number: zlib.crc32(b"%06d" % number) for number in range(200_000)}
    bucket = [key for key, crc in crcs.items() if crc % BUCKETS == 7]
    pairs: dict[int, tuple[bytes, bytes]] = {}
    for one, two in combinations(bucket, 2):
        lost = pairs.setdefault(crcs[one] ^ crcs[two], (one, two))
        if not {one, two} & set(lost):
            break
    keys = Keys()
    for offset, key in enumerate(lost):
        keys.take(key, 0, offset, True)
    assert keys.differing(sums({one: 1, two: 1})) == [7]
    assert keys.differing(sums(dict.fromkeys(lost, 1))) == []
