# SPDX-License-Identifier: Apache-2.0
"""A row's way through Connect, and how many rows a second its ends manage: by default, tuned, and by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping

from bench import own
from bench.rows import Row
from helpers import connectors, database, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import Config
from helpers.experiments import journeys
from helpers.lab import Lab
from helpers.stack.home.accounts import SINK_DATABASE
from helpers.waiting import wait_until

_ROWS = 30
_BURST = 50_000
_PATIENCE = 180.0
_TUNED_SOURCE = {"poll.interval.ms": 10, "producer.override.linger.ms": 0}
_INSERT = "INSERT INTO users (user_id, pwd, name) VALUES (:user_id, '-', :name)"
_UPSERT = (
    f"INSERT INTO {SINK_DATABASE}.by_hand (id, user_id, pwd, name, created_at) "
    "VALUES (:id, :user_id, :pwd, :name, :created_at) "
    "ON DUPLICATE KEY UPDATE user_id = VALUES(user_id), pwd = VALUES(pwd), name = VALUES(name), created_at = VALUES(created_at)"
)


def measure() -> Iterator[Row]:
    """Yield the rows of this part: milliseconds of a row end to end, events and rows a second."""
    with own.running() as lab:
        database.create_users(lab)
        client = ConnectClient(lab)
        source = connectors.debezium_source(lab, "bench-source", ["users"], topic_prefix="my_topic_")
        sink = connectors.debezium_sink(lab, "bench-sink", [journeys.TOPIC])
        client.run(source)
        database.execute(lab, _INSERT, {"user_id": "first", "name": "first"})
        wait_until(lambda: journeys.TOPIC in topics.names(lab), _PATIENCE, "the source's topic")
        client.run(sink)
        yield from _end_to_end(lab, client, source)
        yield _burst(lab, client)
        yield from _sinks(lab, client, sink)


def _end_to_end(lab: Lab, client: ConnectClient, source: Config) -> Iterator[Row]:
    """The way of one row after another, as lesson 05 times it."""
    medians = []
    for label, more in (("default settings", {}), ("tuned source", _TUNED_SOURCE)):
        client.run({**source, **more})
        medians.append(float(journeys.travel(lab, _ROWS).sum(axis=1).median()))
        yield Row(f"a row end to end: {label}", medians[-1], "ms", at_most=60 if more else None)
    yield Row("a row end to end: faster", medians[0] / medians[1], "times")


def _burst(lab: Lab, client: ConnectClient) -> Row:
    """Many changes at once, from the commit to the last record in the topic; the sink rests meanwhile."""
    client.pause("bench-sink")
    client.wait_state("bench-sink", "PAUSED")
    before = _end(lab)
    database.execute(lab, _INSERT, [{"user_id": str(n), "name": f"이름 {n}"} for n in range(_BURST)])
    began = time.monotonic()
    wait_until(
        lambda: _end(lab) - before >= _BURST, _PATIENCE, f"{_BURST:,} events", last_seen=lambda: _end(lab) - before
    )
    return Row(f"source: a burst of {_BURST:,} changes", _BURST / (time.monotonic() - began), "events/s")


def _sinks(lab: Lab, client: ConnectClient, sink: Config) -> Iterator[Row]:
    client.forget(str(sink["name"]))
    many = {"consumer.override.max.poll.records": 3000, "consumer.override.fetch.min.bytes": 100_000}
    url = f"{sink['connection.url']}?useBulkStmts=true"
    ways: Mapping[str, Callable[[], float]] = {
        "default settings": lambda: _sink_rate(lab, client, sink, "plain"),
        "tuned": lambda: _sink_rate(lab, client, {**sink, **many, "connection.url": url, "batch.size": 3000}, "tuned"),
        "a batch consumer by hand": lambda: _rate_by_hand(lab),
    }
    rates = {label: way() for label, way in ways.items()}
    for label, rate in rates.items():
        yield Row(f"sink, upsert: {label}", rate, "rows/s")
    yield Row("sink, upsert: tuned against default", rates["tuned"] / rates["default settings"], "times")


def _sink_rate(lab: Lab, client: ConnectClient, sink: Config, table: str) -> float:
    """Run a sink over the whole topic, and return its rows a second from the first that is seen to the last."""
    database.drop(lab, f"{SINK_DATABASE}.{table}")
    end = _end(lab)
    with client.temporary({**sink, "name": f"bench-{table}", "collection.name.format": table}):
        first = wait_until(lambda: _count(lab, table), _PATIENCE, f"rows in {table}", pause=0.01)
        began = time.monotonic()
        wait_until(
            lambda: _count(lab, table) >= end, _PATIENCE, f"{end} rows in {table}", last_seen=lambda: _count(lab, table)
        )
        return (end - first) / (time.monotonic() - began)


def _rate_by_hand(lab: Lab, batch: int = 1000) -> float:
    """Read the whole topic, upsert it in batches with one connection, and return the rows a second."""
    end = _end(lab)
    database.execute(lab, f"CREATE TABLE {SINK_DATABASE}.by_hand LIKE mydb1.users")
    began = time.monotonic()
    messages = records.consume(lab, journeys.TOPIC, end, timeout=_PATIENCE)
    payloads = [json.loads(message.value() or b"")["payload"] for message in messages]
    # Plain placeholders: PyMySQL makes one statement of a batch only then.
    rows = [{**row, "created_at": database.wall_time(row["created_at"])} for row in payloads]
    for start in range(0, end, batch):
        database.execute(lab, _UPSERT, rows[start : start + batch])
    return end / (time.monotonic() - began)


def _end(lab: Lab) -> int:
    return int(topics.describe(lab, journeys.TOPIC)["end offset"].sum())


def _count(lab: Lab, table: str) -> int:
    if table not in database.tables(database.engine(lab, "sink")):
        return 0
    return int(database.frame(lab, f"SELECT COUNT(*) AS n FROM {SINK_DATABASE}.{table}")["n"].item())
