# SPDX-License-Identifier: Apache-2.0
"""Producing and consuming, against librdkafka's mock cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pandas
import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, Message

from helpers import records, topics
from helpers.errors import DeliveryFailed, InvalidInput, LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.lag import measure_lag
from helpers.records import Record
from helpers.records.outbox import Outbox


@pytest.fixture
def topic(mock: Lab) -> str:
    return topics.unique_name("records")


def test_all_kinds_of_records_arrive_as_they_were(mock: Lab, topic: str) -> None:
    record = Record({"qty": 10, "name": "실습"}, key="k", headers={"trace": "7"}, partition=2)
    sent = records.produce(mock, topic, ["text", b"\xff", ("key", "value"), ("gone", None), record])
    frame = records.as_frame(records.consume(mock, topic, 5))
    assert sent.count == 5
    assert set(frame["value"].iloc[:]) >= {"text", b"\xff", "value", None}
    (row,) = frame[frame["partition"].eq(2) & frame["key"].eq("k")].to_dict("records")
    assert json.loads(row["value"]) == {"qty": 10, "name": "실습"}
    assert row["headers"] == {"trace": "7"}
    assert frame[frame["key"].eq("gone")]["value"].tolist() == [None]


def test_reports_are_in_the_order_of_the_records(mock: Lab, topic: str) -> None:
    sent = records.produce(mock, topic, [(str(number), f"{number}") for number in range(500)], reports=True)
    assert [message.value() for message in sent.messages] == [b"%d" % number for number in range(500)]
    read = {(message.partition(), message.offset()): message.value() for message in records.consume(mock, topic, 500)}
    assert {(message.partition(), message.offset()): message.value() for message in sent.messages} == read


def test_a_key_keeps_its_partition_and_its_order(mock: Lab, topic: str) -> None:
    records.produce(mock, topic, [("a", str(number)) for number in range(50)])
    frame = records.as_frame(records.consume(mock, topic, 50))
    assert frame["partition"].nunique() == 1
    assert frame["value"].tolist() == [str(number) for number in range(50)]


def test_a_full_queue_is_waited_for(mock: Lab, topic: str) -> None:
    few = {"queue.buffering.max.messages": 10}
    assert records.produce(mock, topic, (f"{number}" for number in range(300)), config=few).count == 300
    assert records.produce(mock, topic, [(None, "v")] * 300, config=few).count == 300
    assert len(records.consume(mock, topic, 600)) == 600


def test_too_large_a_record_is_named_with_the_limit_and_the_others_arrive(mock: Lab, topic: str) -> None:
    with pytest.raises(
        DeliveryFailed, match=r"1 of 3 .* too large \(2,000,003 bytes; the limit is 1,000,000\)"
    ) as caught:
        records.produce(mock, topic, ["a", ("big", "x" * 2_000_000), "b"])
    assert caught.value.count == 1
    assert caught.value.failures == [("big", "Message size too large")]
    assert {message.value() for message in records.consume(mock, topic, 2)} == {b"a", b"b"}


def test_every_failure_is_counted_and_a_hundred_are_kept() -> None:
    outbox = Outbox("orders")
    for _ in range(250):
        outbox.delivered(KafkaError(KafkaError._MSG_TIMED_OUT), Message(key=b"k", value=b"v"))
    outbox.delivered(None, Message())
    assert (outbox.failed, len(outbox.failures)) == (250, 100)
    assert "Message timed out" in str(outbox.error(1_000_000))


def test_a_partition_that_is_not_there(mock: Lab, topic: str) -> None:
    with pytest.raises(DeliveryFailed, match="Unknown partition"):
        records.produce(mock, topic, [Record("v", partition=9)])


@pytest.mark.parametrize("value", [3, 3.4, ["a"], ("key", 3), Record(3)])  # type: ignore[arg-type]
def test_a_value_of_the_wrong_type(mock: Lab, topic: str, value: object) -> None:
    with pytest.raises(InvalidInput, match="cannot be of type"):
        records.produce(mock, topic, [value])  # type: ignore[list-item]


def test_what_the_source_of_records_raises_is_not_swallowed(mock: Lab, topic: str) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        raise TypeError("out of order")

    with pytest.raises(TypeError, match="out of order"):
        records.produce(mock, topic, failing())


def test_configuration_is_refused_in_librdkafkas_words(mock: Lab, topic: str) -> None:
    with pytest.raises(InvalidInput, match='No such configuration property: "linger"'):
        records.produce(mock, topic, ["a"], config={"linger": 5})
    with pytest.raises(InvalidInput, match="cannot start from 'first'"):
        records.consume(mock, topic, 1, from_offset="first")


def test_reading_stops_at_the_count_and_starts_where_it_is_told(mock: Lab, topic: str) -> None:
    records.produce(mock, topic, [Record(str(number), partition=1) for number in range(10)])
    assert [message.value() for message in records.consume(mock, topic, 3)] == [b"0", b"1", b"2"]
    assert [message.offset() for message in records.consume(mock, topic, 2, from_offset=0)] == [0, 1]


@pytest.mark.parametrize("number", [0, -1])
def test_counts_and_timeouts_are_above_zero(nobody: Lab, number: int) -> None:
    for ask in (
        lambda: records.consume(nobody, "orders", number),
        lambda: records.consume(nobody, "orders", 1, timeout=number),
        lambda: records.produce(nobody, "orders", ["a"], timeout=number),
    ):
        with pytest.raises(InvalidInput, match=f"`(count|timeout)` must be .*, not {number}"):
            ask()


def test_where_nothing_listens_it_ends_with_one_clear_error(nobody: Lab) -> None:
    for ask in (lambda: records.produce(nobody, "orders", ["a"]), lambda: records.consume(nobody, "orders", 1)):
        with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9 \(Connection refused\)"):
            ask()


def test_nothing_at_all_is_a_frame_too() -> None:
    assert list(records.as_frame([]).columns) == ["topic", "partition", "offset", "time", "key", "value", "headers"]


def test_a_topic_that_cannot_be_is_refused_at_once(mock: Lab) -> None:
    with pytest.raises(InvalidInput, match="refuses the topic name 'no such topic!'"):
        records.consume(mock, "no such topic!", 1)


def test_a_topic_that_somebody_is_about_to_create_is_waited_for(mock: Lab) -> None:
    name = topics.unique_name("late")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(records.consume, mock, name, 1, timeout=20)
        records.produce(mock, name, ["a"])
        assert [message.value() for message in reading.result()] == [b"a"]


def test_a_topic_that_does_not_come_is_named(mock: Lab) -> None:
    with pytest.raises(TimedOut, match=r"Waited 0\.3 s for topic 'nosuch' .* `topics\.create`"):
        records.consume(mock, "nosuch", 1, timeout=0.3)


@pytest.mark.parametrize(("word", "first"), [("earliest", 0), ("beginning", 0), ("smallest", 0)])
def test_the_clients_other_words_for_the_beginning(mock: Lab, topic: str, word: str, first: int) -> None:
    records.produce(mock, topic, [Record("a", partition=1)])
    assert records.consume(mock, topic, 1, from_offset=word)[0].offset() == first


WRONG_PARTS = [
    (pandas.Series([4])[0], "value cannot be of type int64"),
    ({"a": datetime(2026, 1, 1)}, "cannot be written as JSON: Object of type datetime"),
    ({"a": float("nan")}, "cannot be written as JSON: Out of range float"),
    ((1, "v"), "key cannot be of type int: 1"),
    ("\ud83d", "value has half a character"),
    (("\ud83d", "v"), "key has half a character"),
    ({"a": "\ud83d"}, "value has half a character"),
    (
        Record("v", headers={"\ud83d": "h"}),
        "`headers: a key` has half a character",
    ),  # the client itself would end the process
    (Record("v", headers={1: "h"}), "`headers: a key` must be a text, not 1"),  # type: ignore[dict-item]
    (Record("v", headers=[("h", "1")]), "`headers` must be a dictionary"),  # type: ignore[arg-type]
    (Record("v", partition="0"), "`partition` must be a whole number"),  # type: ignore[arg-type]
    (Record("v", partition=2**31), "`partition` must be a whole number"),
    (Record("v", headers={"h": 1}), "header 'h' cannot be of type int"),  # type: ignore[dict-item]
]


@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize(("wrong", "said"), WRONG_PARTS)
def test_a_part_of_the_wrong_type_is_named(mock: Lab, topic: str, *, wrong: Any, said: str, reports: bool) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        records.produce(mock, topic, ["a", "b", wrong, "c"], reports=reports)
    assert str(caught.value).startswith("Record 3: ")
    assert "The 2 before it are sent, and none after it." in str(caught.value)
    assert {message.value() for message in records.consume(mock, topic, 2)} == {b"a", b"b"}
    assert measure_lag(mock, topic, [topic]).total == 2, "none after it"


def test_a_large_key_and_a_large_header_are_named_with_their_size(mock: Lab, topic: str) -> None:
    with pytest.raises(DeliveryFailed, match=r"\(2,000,001 bytes;"):
        records.produce(mock, topic, [("k" * 2_000_000, "v")])
    with pytest.raises(DeliveryFailed, match=r"\(2,000,002 bytes;"):
        records.produce(mock, topic, [Record("v", "k", {"trace": b"x" * 2_000_000})])


def message_at(milliseconds: int, headers: list[tuple[str, str | bytes | None]] | None = None) -> Message:
    """A message with that time, as the client makes one."""
    when = (TIMESTAMP_CREATE_TIME, milliseconds)
    return Message(topic="orders", partition=0, offset=0, key=b"k", value=b"v", headers=headers, timestamp=when)


def test_a_time_in_microseconds_is_a_bare_number_and_no_time_is_none() -> None:
    times = list(records.as_frame([message_at(1_700_000_000_000_000), message_at(-1), message_at(0)])["time"])
    assert times[0] == 1_700_000_000_000_000
    assert pandas.isna(times[1])
    assert times[2] == pandas.Timestamp(0, tz="UTC")


def test_both_headers_of_one_name_are_shown() -> None:
    frame = records.as_frame([message_at(0, [("a", b"1"), ("a", b"2"), ("b", b"3")])])
    assert frame["headers"][0] == {"a": ["1", "2"], "b": "3"}


def test_a_steady_producer_goes_on_sending_while_the_block_runs(mock: Lab, topic: str) -> None:
    """It sends bursts of twenty, one record a key. The topic has four partitions, so 41 records need not hold all keys."""
    records.produce(mock, topic, ["there is such a topic"])
    with records.steady(mock, topic, 400):
        records.consume(mock, topic, 42)
    everything = measure_lag(mock, topic, [topic]).total  # no group of this name has read anything
    keys = [message.key() for message in records.consume(mock, topic, everything) if message.key()]
    assert {f"cart {number}".encode() for number in range(20)} == set(keys)
    assert all(keys.count(key) == len(keys) / 20 for key in set(keys))


def test_a_rate_that_is_too_low_is_refused(nobody: Lab) -> None:
    with pytest.raises(InvalidInput, match="at least 20"), records.steady(nobody, "topic", 10):
        pass
