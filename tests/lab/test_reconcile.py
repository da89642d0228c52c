# SPDX-License-Identifier: Apache-2.0
"""A topic against a table on real servers: what was planted is found, and a pipeline at work has lost nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from helpers import clients, connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.errors import InvalidInput
from helpers.lab import Lab
from helpers.reconcile import Difference, Reconciler, Recorder, compare
from helpers.reconcile.reconciler import By

COUNT = 2000
SCHEMA = {
    "type": "struct",
    "optional": False,
    "fields": [{"field": "id", "type": "int32"}, {"field": "name", "type": "string", "optional": True}],
}


@dataclass
class Pair:
    """A topic and a table of the same name in `mydb2`, and a group that has processed the topic."""

    lab: Lab
    topic: str

    @property
    def table(self) -> str:
        return f"mydb2.`{self.topic}`"

    def send(self, *numbers: int) -> None:
        records.produce(self.lab, self.topic, [(str(number), {"id": number}) for number in numbers])

    def insert(self, *numbers: int | None) -> None:
        rows = [{"id": number} for number in numbers]
        database.execute(self.lab, f"INSERT INTO {self.table} (id) VALUES (:id)", rows)

    def delete(self, *numbers: int) -> None:
        rows = [{"id": number} for number in numbers]
        database.execute(self.lab, f"DELETE FROM {self.table} WHERE id = :id", rows)

    def commit(self, further: int = 0) -> None:
        """Say for the group that all that is in the topic now is in the table, and so many offsets more."""
        ends = topics.describe(self.lab, self.topic)["end offset"]
        places = [TopicPartition(self.topic, number, int(end) + further) for number, end in enumerate(ends)]
        with clients.new(Consumer, self.lab.bootstrap_servers, {"group.id": self.topic}) as consumer:
            consumer.commit(offsets=places, asynchronous=False)

    def look(self, by: By = "keys") -> Difference:
        with Reconciler(self.lab, self.topic, f"mydb2.{self.topic}", "id", group=self.topic, by=by) as reconciler:
            return reconciler.look()


@pytest.fixture
def pair(lab: Lab) -> Iterator[Pair]:
    with topics.temporary(lab, "reconcile", 3) as name:
        database.execute(lab, f"CREATE TABLE mydb2.`{name}` (id INT, KEY (id))")
        yield Pair(lab, name)
        database.drop(lab, f"mydb2.{name}")


def plant(pair: Pair) -> None:
    """Three lost, one doubled and one three times, one stranger, one deleted, one sent twice, one on the way."""
    pair.send(*range(COUNT), 9)
    records.produce(pair.lab, pair.topic, [("10", None)])
    pair.commit()
    pair.send(COUNT)
    pair.insert(*(set(range(COUNT)) - {5, 6, 7, 10}), 1, 2, 2, 77_777)


@pytest.mark.parametrize("by", ["keys", "buckets"])
def test_all_that_was_planted_is_found_and_nothing_else(pair: Pair, by: By) -> None:
    plant(pair)
    assert pair.look(by).as_dictionary() == {
        "in_topic": COUNT + 3,
        "rows": COUNT,
        "lost": {"count": 3, "keys": ["5", "6", "7"]},
        "doubled": {"count": 2, "keys": ["1", "2"]},
        "strange": {"count": 1, "keys": ["77777"]},
        "on_the_way": 1,
    }


@pytest.mark.parametrize("by", ["keys", "buckets"])
def test_each_look_reads_only_what_is_new(pair: Pair, by: By) -> None:
    produced = list(range(COUNT))
    pair.send(*range(COUNT - 1))
    pair.commit()
    with Reconciler(
        pair.lab, pair.topic, f"mydb2.{pair.topic}", "id", group=pair.topic, produced=produced, by=by
    ) as it:
        first = it.look()
        assert (first.produced, first.lost.count, first.never_in_topic) == (COUNT, COUNT, 1)
        assert [str(note) for note in first.notes] == [f"Table mydb2.{pair.topic} has no row."]
        pair.insert(*range(COUNT))
        second = it.look()
        assert (second.lost.count, second.strange.keys) == (0, (str(COUNT - 1),))
        pair.send(COUNT - 1, COUNT)
        third = it.look()
        assert (third.in_topic, third.well, third.strange.count, third.on_the_way) == (COUNT + 1, True, 0, 1)
        pair.delete(0)
        assert it.look().lost.keys == ("0",)


def test_aborted_records_and_records_that_are_gone_are_said(pair: Pair) -> None:
    producer = clients.new(Producer, pair.lab.bootstrap_servers, {"transactional.id": pair.topic})
    producer.init_transactions(10)
    for commits in (True, False):
        producer.begin_transaction()
        producer.produce(pair.topic, b'{"id": 1}' if commits else b'{"id": 2}', partition=0)
        producer.flush(10)
        producer.commit_transaction(10) if commits else producer.abort_transaction(10)
    pair.insert(1, 2, None)
    found = compare(pair.lab, pair.topic, f"mydb2.{pair.topic}", "id")
    assert (found.in_topic, found.rows, found.strange.keys, found.well) == (1, 3, ("2",), True)
    said = " ".join(map(str, found.notes))
    assert "3 offsets of topic" in said and "1 of 3 rows" in said and "No group is given" in said
    place = TopicPartition(pair.topic, 0, 4)
    admin = clients.new(AdminClient, pair.lab.bootstrap_servers)
    clients.results(admin.delete_records([place]), "delete records", pair.lab.bootstrap_servers)
    found = compare(pair.lab, pair.topic, f"mydb2.{pair.topic}", "id")
    assert found.in_topic == 0
    assert "The first 4 offsets" in " ".join(map(str, found.notes))


def test_offsets_beyond_the_end_mean_nothing(pair: Pair) -> None:
    pair.send(1)
    pair.commit(further=100)
    found = pair.look()
    assert (found.lost.count, found.on_the_way) == (0, 1)
    assert "beyond the end of 3 partitions" in " ".join(map(str, found.notes))


@pytest.mark.parametrize("by", ["keys", "buckets"])
def test_keys_are_compared_as_text_whatever_the_column_is(pair: Pair, by: By) -> None:
    database.execute(
        pair.lab, f"ALTER TABLE {pair.table} ADD name VARCHAR(9) CHARACTER SET latin1, ADD word VARCHAR(9)"
    )
    rows = [
        {"name": "é", "word": "열쇠"},
        {"name": "a", "word": "a"},
        {"name": "A", "word": "A"},
        {"name": "", "word": ""},
    ]
    database.execute(pair.lab, f"INSERT INTO {pair.table} (name, word) VALUES (:name, :word)", rows)
    records.produce(pair.lab, pair.topic, [(None, dict(row)) for row in rows])
    for column in ("name", "word"):
        with Reconciler(pair.lab, pair.topic, f"mydb2.{pair.topic}", column, by=by) as reconciler:
            found = reconciler.look()
            assert (found.keys, found.well, found.strange.count) == (4, True, 0)


def test_a_pipeline_at_work_loses_nothing(lab: Lab) -> None:
    """A real sink, a producer that updates and deletes, and looks in both ways all the time."""
    topic = topics.unique_name("flow")
    sink = connectors.debezium_sink(lab, topic, [topic], table=topic, deletes=True, create_tables=False)
    table, group, ways = f"mydb2.{topic}", f"connect-{topic}", get_args(By)
    produced: list[int] = []
    topics.create(lab, topic, 3)
    database.execute(lab, f"CREATE TABLE mydb2.`{topic}` (id INT PRIMARY KEY, name VARCHAR(20))")
    try:
        recorders = [
            Recorder(Reconciler(lab, topic, table, "id", group=group, produced=produced, by=by), interval=0.05)
            for by in ways
        ]
        with ConnectClient(lab) as client, recorders[0], recorders[1], client.temporary({**sink, "batch.size": 50}):
            for round_ in range(30):
                numbers = range(round_ * 40, round_ * 40 + 100)  # most are updates of the round before
                send(lab, topic, *numbers, value={"name": f"round {round_}"})
                produced += numbers
            send(lab, topic, *range(0, 1000, 10), value=None)
            for recorder in recorders:
                recorder.wait_for(lambda it: it.rows == 1160 and not it.on_the_way, "all changes to arrive")
    finally:
        topics.delete(lab, topic, missing_ok=True)
        database.drop(lab, f"mydb2.{topic}")
    looks = [sample for recorder in recorders for sample in recorder.samples]
    assert any(look.on_the_way for look in looks), "it was at work while it was looked at"
    assert [str(look) for look in looks if not look.well or look.strange.count] == []


def send(lab: Lab, topic: str, *numbers: int, value: dict[str, object] | None) -> None:
    """Send a record with Connect's schemas for each number. Without a value it is a tombstone."""
    key = {"type": "struct", "optional": False, "fields": [{"field": "id", "type": "int32"}]}
    sent = []
    for number in numbers:
        row = None if value is None else {"schema": SCHEMA, "payload": {"name": None, **value, "id": number}}
        sent.append((json.dumps({"schema": key, "payload": {"id": number}}), row))
    records.produce(lab, topic, sent)


@pytest.mark.parametrize(
    ("topic", "table", "key", "said"),
    [
        ("{}x", "mydb2.{}", "id", "has no topic '{}x'. It has {}"),
        ("{}", "mydb2.{}x", "id", "finds no table '{}x' in database 'mydb2' at 127.0.0.1:"),
        ("{}", "mydb3.{}", "id", "It has none that this account may read"),
        ("{}", "mydb2.{}", "ids", "has no column 'ids'. It has id"),
    ],
)
def test_a_name_that_is_not_there(pair: Pair, topic: str, table: str, key: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        compare(pair.lab, topic.format(pair.topic), table.format(pair.topic), key)
    assert said.format(pair.topic, pair.topic) in str(caught.value)
