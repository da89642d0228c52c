# SPDX-License-Identifier: Apache-2.0
"""The pollers against the real database: what each mode asks for, what it publishes, what it costs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from helpers import database, records, topics
from helpers.errors import DatabaseFailed, InvalidInput
from helpers.experiments import load
from helpers.experiments.changes import Changes, rows_in
from helpers.experiments.poller import Mode, Poller
from helpers.lab import Lab


@pytest.fixture
def table(lab: Lab) -> Iterator[str]:
    """The lessons' table, with the column that the timestamp mode needs."""
    name = topics.unique_name("polled").replace("-", "_")
    database.create_users(lab, name)
    database.execute(lab, f"ALTER TABLE {name} ADD updated_at DATETIME(6) DEFAULT NOW(6) ON UPDATE NOW(6)")
    yield name
    database.drop(lab, name)


@pytest.mark.parametrize(
    ("mode", "counts"),
    [("bulk", [3, 3, 3, 2]), ("incrementing", [3, 0, 0, 0]), ("timestamp", [3, 0, 1, 0])],
)
def test_what_each_mode_sends(lab: Lab, table: str, mode: Mode, counts: list[int]) -> None:
    with topics.temporary(lab, "polled") as topic, Poller(lab, table, mode, topic) as poller:
        with Changes(lab, table) as done:
            ids = done.insert(["김 😀", "b", "c"])
            sent = [poller.poll(), poller.poll()]
            done.update(ids[:1], "new")
            sent.append(poller.poll())
            done.delete(ids[2:])
            sent.append(poller.poll())
        assert sent == counts
        names = [json.loads(it.value() or b"")["payload"]["name"] for it in records.consume(lab, topic, sum(counts))]
    assert names[:3] == ["김 😀", "b", "c"]
    assert ("new" in names) == (mode != "incrementing")


def test_what_was_not_published_is_asked_for_again(lab: Lab, table: str) -> None:
    with Changes(lab, table) as done:
        done.insert(["a"])
    with topics.temporary(lab, "polled") as topic, Poller(lab, table, "incrementing", topic) as poller:
        database.execute(lab, f"ALTER TABLE {table} RENAME COLUMN id TO number")
        with pytest.raises(DatabaseFailed, match="Unknown column 'id'"):
            poller.poll()
        assert poller.offset is None
        database.execute(lab, f"ALTER TABLE {table} RENAME COLUMN number TO id")
        assert poller.poll() == 1


def test_another_mode_is_refused(lab: Lab) -> None:
    with pytest.raises(InvalidInput, match="'cdc'"):
        Poller(lab, "users", "cdc", "topic")  # type: ignore[arg-type]


def test_the_load_of_each_reader_is_its_own(lab: Lab, table: str) -> None:
    with Changes(lab, table) as done, topics.temporary(lab, "polled") as topic:
        done.insert(str(number) for number in range(50))
        with Poller(lab, table, "bulk", topic) as poller, load.measure({"poller": poller, "writer": done}) as measured:
            done.insert(["one more"])
            poller.poll()
            database.frame(lab, f"SELECT * FROM {table}")  # somebody else, whom nobody counts
            poller.poll()
    told = measured.frame
    assert told["statements"].tolist() == [2, 1]
    rows_read = told["rows read"].to_dict()
    assert 2 * 51 <= rows_read["poller"] < 3 * 51
    assert rows_read["writer"] == 0


def test_the_rows_in_a_topic(lab: Lab) -> None:
    with topics.temporary(lab, "rows") as topic:
        assert rows_in(lab, topic) == set()
        records.produce(
            lab, topic, ['{"payload": {"id": 1, "name": "\uae40"}}', '{"payload": {"id": 2, "name": null}}']
        )
        records.produce(lab, topic, [('{"payload": {"id": 3}}', None)])
        assert rows_in(lab, topic) == {(1, "\uae40"), (2, None), (3, None)}
