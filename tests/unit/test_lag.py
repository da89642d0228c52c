# SPDX-License-Identifier: Apache-2.0
"""Lag, against librdkafka's mock cluster: the arithmetic, the number of requests, the recorder's promises."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from helpers import clients, lag, records, topics
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning, TimedOut
from helpers.lab import Lab
from helpers.lag import LagRecorder, measure_lag
from helpers.records import Record
from helpers.waiting import wait_until


def commit(lab: Lab, group: str, topic: str, offsets: dict[int, int]) -> None:
    with clients.new(Consumer, lab.bootstrap_servers, {"group.id": group}) as consumer:
        places = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
        consumer.commit(offsets=places, asynchronous=False)


@pytest.fixture
def topic(mock: Lab) -> str:
    """Four partitions with 10, 20, 30 and no records."""
    name = topics.unique_name("lag")
    records.produce(
        mock, name, [Record("v", partition=number) for number in range(3) for _ in range(10 * (number + 1))]
    )
    return name


def test_lag_is_the_end_less_what_is_committed(mock: Lab, topic: str) -> None:
    commit(mock, topic, topic, {0: 10, 1: 5, 3: 0})
    sample = measure_lag(mock, topic, [topic])
    assert [(part.committed, part.end, part.lag) for part in sample.partitions] == [
        (10, 10, 0),
        (5, 20, 15),
        (None, 30, 30),
        (0, 0, 0),
    ]
    assert sample.total == 45
    assert sample.frame()["lag"].tolist() == [0, 15, 30, 0]
    assert sample.frame()["committed"].isna().tolist() == [False, False, True, False]


class Counted:
    """A consumer that notes what it is asked."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._consumer, name)


def asked(lab: Lab, group: str, topic: str) -> list[str]:
    counted = Counted(lag.observer(lab, group))
    measure_lag(lab, group, [topic], consumer=counted)  # type: ignore[arg-type]
    return counted.asked


def test_two_requests_and_a_third_only_while_something_is_uncommitted(mock: Lab, topic: str) -> None:
    commit(mock, topic, topic, {0: 1, 1: 1, 2: 1})
    assert asked(mock, topic, topic) == ["list_topics", "committed", "offsets_for_times", "offsets_for_times"]
    commit(mock, topic, topic, {3: 0})
    assert asked(mock, topic, topic) == ["list_topics", "committed", "offsets_for_times"]


def test_a_group_that_committed_nothing_is_no_lag_of_zero(mock: Lab) -> None:
    with pytest.raises(KafkaFailed, match="'misspelt' has committed nothing"):
        measure_lag(mock, "misspelt")


def test_where_nothing_listens(nobody: Lab) -> None:
    with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9"):
        measure_lag(nobody, "group")
    with pytest.raises(LabNotRunning, match=r"127\.0\.0\.1:9"):
        LagRecorder(nobody, "group", ["orders"]).start()


def test_the_recorder_sees_lag_grow_and_remembers_marks(mock: Lab, topic: str) -> None:
    commit(mock, topic, topic, {0: 10, 1: 20, 2: 30, 3: 0})
    with LagRecorder(mock, topic, [topic], interval=0.02) as recorder:
        assert recorder.samples[0].total == 0
        recorder.mark("more records")
        records.produce(mock, topic, [Record("v", partition=3)] * 7)
        wait_until(
            lambda: recorder.samples[-1].total == 7, 5, "the lag to be seen", last_seen=lambda: recorder.samples[-1]
        )
    assert [mark.text for mark in recorder.marks] == ["more records"]
    frame = recorder.frame()
    assert frame[frame["partition"].eq(3)]["lag"].is_monotonic_increasing
    assert len(frame) == 4 * len(recorder.samples)
    assert frame["seconds"].is_monotonic_increasing and frame["seconds"].iloc[0] < frame["seconds"].iloc[-1]


def test_the_recorder_waits_for_a_lag(mock: Lab, topic: str) -> None:
    with LagRecorder(mock, topic, [topic], interval=0.02) as recorder:
        assert recorder.wait_above(10).total == 60
        commit(mock, topic, topic, {0: 10, 1: 20, 2: 30, 3: 0})
        assert recorder.wait_below(1).total == 0
        with pytest.raises(TimedOut, match="a lag above 10; last seen: 0"):
            recorder.wait_above(10, timeout=0.1)


def test_the_recorder_keeps_a_bounded_number(mock: Lab, topic: str) -> None:
    with LagRecorder(mock, topic, [topic], interval=0.005, keep=3) as recorder:
        first = recorder.samples[0].when
        wait_until(
            lambda: len(recorder.samples) == 3 and recorder.samples[0].when > first, 5, "the oldest sample to go"
        )
        for number in range(5):
            recorder.mark(str(number))
    assert len(recorder.samples) == 3
    assert [mark.text for mark in recorder.marks] == ["2", "3", "4"]


def test_what_fails_in_the_background_is_raised_by_stop(mock: Lab, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = LagRecorder(mock, topic, [topic], interval=0.01).start()

    def refuse(*_: object, **__: object) -> None:
        raise KafkaFailed("The group is gone.")

    monkeypatch.setattr(lag, "measure_lag", refuse)
    name = f"lag of {topic}"
    wait_until(lambda: name not in [thread.name for thread in threading.enumerate()], 5, "the thread to end")
    with pytest.raises(KafkaFailed, match="The group is gone"):
        recorder.stop()
    recorder.stop()


@pytest.mark.parametrize("settings", [{"interval": 0}, {"interval": -1}, {"keep": 0}, {"interval": float("inf")}])
def test_settings_that_leave_nothing_to_do(nobody: Lab, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=f"`{next(iter(settings))}` must be "):
        LagRecorder(nobody, "group", **settings)
