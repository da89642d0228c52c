# SPDX-License-Identifier: Apache-2.0
"""What can be said of topics without a server; what only a broker answers is in tests/lab/test_clients.py."""

from __future__ import annotations

import pytest

from helpers import topics
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning
from helpers.lab import Lab
from helpers.records import Record, produce


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "empty"),
        (".", "folder"),
        ("..", "folder"),
        ("a" * 250, "250 characters"),
        ("my topic/é", r"\[' ', '/', 'é'\]"),
    ],
)
def test_a_name_that_kafka_refuses_never_reaches_the_broker(nobody: Lab, name: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        topics.create(nobody, name)


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "...", "a" * 249])
def test_a_name_that_kafka_takes(name: str) -> None:
    assert topics.check_name(name) == name


@pytest.mark.parametrize("partitions", [0, -1])
def test_partitions_are_counted_from_one(nobody: Lab, partitions: int) -> None:
    with pytest.raises(InvalidInput, match=f"`partitions` must be a whole number of 1 or more, not {partitions}"):
        topics.create(nobody, "orders", partitions)


def test_where_nothing_listens_there_is_one_clear_error(nobody: Lab) -> None:
    for ask in (lambda: topics.names(nobody), lambda: topics.describe(nobody), lambda: topics.create(nobody, "orders")):
        with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9 \(Connection refused\).*lab up"):
            ask()


def test_names_of_a_run_are_unique_and_begin_with_the_prefix() -> None:
    names = {topics.unique_name("lesson") for _ in range(100)}
    assert len(names) == 100
    assert all(topics.check_name(name).startswith("lesson-") for name in names)
    with pytest.raises(InvalidInput):
        topics.unique_name("a b")


def test_describe_tells_what_each_partition_holds(mock: Lab) -> None:
    topic = topics.unique_name("described")
    produce(mock, topic, [Record("value", partition=number) for number in (2, 2, 3)])
    frame = topics.describe(mock, topic)
    assert list(frame.columns) == topics.COLUMNS
    assert frame["partition"].tolist() == [0, 1, 2, 3]
    assert frame["end offset"].tolist() == [0, 0, 2, 1]
    assert topic in topics.names(mock)


def test_a_missing_topic_is_named(mock: Lab) -> None:
    for ask in (topics.describe, topics.delete):
        with pytest.raises(KafkaFailed, match="No topic nowhere, neither"):
            ask(mock, "nowhere", "neither")
    topics.delete(mock, "nowhere", missing_ok=True)
