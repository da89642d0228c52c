# SPDX-License-Identifier: Apache-2.0
"""What must be known beside the numbers of a look, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.reconcile.difference import Note
from helpers.reconcile.topic import Topic


@dataclass(frozen=True)
class Seen:
    """What a look has seen: the group, the rows, and the number of keys that both sides have."""

    group: str | None
    rows: int
    rows_without_key: int
    in_both: int


def about(topic: Topic, table: str, seen: Seen) -> Iterator[Note]:
    """Yield what must be known: serious notes, which make the numbers meaningless, and what the numbers leave out."""
    yield from _about_keys(topic, table, seen)
    yield from _about_the_group(topic, seen)
    if not topic.records:
        yield Note(f"Topic {topic.name!r} has no record.")
    if not seen.rows:
        yield Note(f"Table {table} has no row.")
    if topic.removed:
        yield Note(
            f"The first {topic.removed:,} offsets of topic {topic.name!r} are gone (retention, or records were deleted): "
            "a row from there counts as strange, and a loss there is not seen."
        )
    if topic.gaps:
        yield Note(
            f"{topic.gaps:,} offsets of topic {topic.name!r} have no record (compaction, retention, transactions): "
            "a row from there counts as strange, and a loss there is not seen."
        )


def _about_keys(topic: Topic, table: str, seen: Seen) -> Iterator[Note]:
    name = topic.finder.name
    if topic.without_key:
        yield Note(
            f"{topic.without_key:,} of {topic.records:,} records of topic {topic.name!r} have no key {name!r}, or are no JSON.",
            "They are left out." if len(topic.keys) else "Name a field of the records' JSON key or value.",
            serious=not len(topic.keys),
        )
    if topic.finder.is_whole and seen.rows and len(topic.keys) and not seen.in_both:
        yield Note(
            f"No record of topic {topic.name!r} has a field {name!r}, and no row of table {table} has a record's whole key.",
            "Name a field of the records' JSON key or value.",
            serious=True,
        )
    if seen.rows_without_key:
        yield Note(
            f"{seen.rows_without_key:,} of {seen.rows:,} rows of table {table} have no key (NULL).",
            "They are left out.",
        )


def _about_the_group(topic: Topic, seen: Seen) -> Iterator[Note]:
    if seen.group is None:
        yield Note(
            "No group is given, so all that was in the topic when the look began is expected in the table; "
            "only what came after counts as on the way."
        )
    elif not topic.commits and topic.records:
        yield Note(
            f"Group {seen.group!r} has committed nothing on topic {topic.name!r}, so nothing can be called lost.",
            "Check its name: that of a connector is `connect-` and the connector's name.",
            serious=True,
        )
    elif topic.commits_beyond:
        yield Note(
            f"Group {seen.group!r} has committed offsets beyond the end of {topic.commits_beyond} partitions of topic "
            f"{topic.name!r}, for an earlier topic of that name or in an open transaction: nothing there can be called lost."
        )
