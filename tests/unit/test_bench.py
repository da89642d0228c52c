# SPDX-License-Identifier: Apache-2.0
"""The benchmark's arithmetic and its promises; what it measures is measured by running it."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from bench import __main__ as bench
from bench import clients, lag, own, plot, report, start
from bench.rows import Comparison, Row, alternate
from helpers.clients import new
from helpers.command import testing
from helpers.errors import LabError
from helpers.lab import Lab

ROWS = [
    Row("fast", 4.9, "s", at_most=5, note="a note"),
    Row("slow", 5.1, "s", at_most=5),
    Row("at par", 0.95, "times", at_least=0.95),
    Row("behind", 0.94, "times", at_least=0.95),
    Row("no goal", 1234567.0, "records/s"),
]


def test_goals() -> None:
    assert [row.met for row in ROWS] == [True, False, True, False, None]
    assert [row.goal for row in ROWS] == ["≤ 5", "≤ 5", "≥ 0.95", "≥ 0.95", ""]


def test_ways_alternate_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def way(name: str, times: list[float]) -> float:
        order.append(name)
        return times.pop(0)

    ours, theirs = [9.0, 1.0, 2.0, 4.0], [9.0, 2.0, 2.0, 2.0]
    comparison = alternate(lambda: way("A", ours), lambda: way("B", theirs), 3)
    assert "".join(order) == "ABABBAAB"
    assert comparison == Comparison([1.0, 2.0, 4.0], [2.0, 2.0, 2.0])


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    row = Comparison([1.0, 2.0, 4.0], [2.0, 2.0, 2.0]).ratio("ratio", at_least=1)
    assert (row.value, row.met) == (1.0, True)
    assert "3 rounds" in row.note


def test_a_servers_time_is_from_its_start_to_its_answer() -> None:
    lines = [
        (0.5, "Starting Kafka Connect 4.3.0"),
        (1.5, "Starting Apache Kafka 4.3.0"),
        (3.0, "Apache Kafka answers at 127.0.0.1:20001"),
        (4.5, "Kafka Connect answers at http://127.0.0.1:20002"),
        (4.6, "Starting ━━━━━━━━━━ 2 of 2 servers 0:00:04"),
    ]
    assert start.servers(lines) == {"Kafka Connect": 4.0, "Apache Kafka": 1.5}
    assert start.until("Apache Kafka", lines) == 3.0


@pytest.mark.parametrize(
    ("frames", "lost"), [([0, 0.2, 0.4, 0.61], 0), ([0, 0.2, 0.6], 1), ([0, 0.3, 0.6, 0.9, 1.2], 2)]
)
def test_frames_that_were_due_are_missed(frames: list[float], lost: int) -> None:
    assert plot.skipped(frames) == lost


def test_numbers_are_readable() -> None:
    assert [report.number(value) for value in (1234567.0, 123.4, 12.34, 1.234)] == ["1,234,567", "123", "12.3", "1.23"]


def test_each_benchmark_of_the_command_is_a_module() -> None:
    for name in testing.BENCHMARKS:
        assert callable(import_module(f"bench.{name}").measure)


def test_the_learners_servers_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("LAB_CACHE", "cache")
    assert "LAB_BOOTSTRAP_SERVERS" not in own.environment()
    assert own.environment(LAB_HOME="home")["LAB_HOME"] == "home"
    assert own.environment()["LAB_CACHE"] == "cache"


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's home in which the part `lag` finds `ROWS` and the others fail."""

    def fail() -> list[Row]:
        raise LabError("No.")

    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(own, "prepare", lambda: None)
    monkeypatch.setattr("bench.lag.measure", lambda: ROWS)
    monkeypatch.setattr("bench.plot.measure", fail)
    return tmp_path / "home"


def test_a_missed_goal_ends_with_1_and_all_is_kept(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["lag"]) == 1
    (path,) = (measured / "bench").iterdir()
    kept = json.loads(path.read_text("utf-8"))
    assert [(row["name"], row["met"]) for row in kept["rows"]] == [(row.name, row.met) for row in ROWS]
    assert {row["part"] for row in kept["rows"]} == {"lag"}
    assert kept["machine"]["cpus"] == os.cpu_count()
    assert kept["machine"]["packages"]["confluent-kafka"]
    printed = capsys.readouterr().out
    assert str(path) in printed
    assert "1,234,567 records/s" in printed


def test_goals_that_are_met_end_with_0(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.lag.measure", lambda: [row for row in ROWS if row.met is not False])
    assert bench.main(["lag"]) == 0


def test_what_was_measured_before_a_failure_is_kept(measured: Path) -> None:
    with pytest.raises(LabError):
        bench.run(["lag", "plot"])
    (path,) = (measured / "bench").iterdir()
    assert len(json.loads(path.read_text("utf-8"))["rows"]) == len(ROWS)
    assert bench.main(["plot"]) == LabError.exit_code


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["everything"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in testing.BENCHMARKS)


def test_both_ways_by_hand_do_the_whole_work(mock: Lab) -> None:
    values = [b"%d" % number for number in range(1000)]
    clients.produce_by_hand(mock, "by-hand", values)
    messages = clients.consume_by_hand(mock, "by-hand", 1000)
    assert {message.value() for message in messages} == set(values)


def test_lag_by_calls_is_the_lag(mock: Lab) -> None:
    clients.produce_by_hand(mock, "by-calls", [b"value"] * 100)
    places = [TopicPartition("by-calls", number, 0) for number in range(4)]
    with new(Consumer, mock.bootstrap_servers, {"group.id": "by calls"}) as consumer:
        consumer.commit(offsets=places, asynchronous=False)
        assert lag.lag_by_calls(consumer, places) == 100
