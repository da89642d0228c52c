# SPDX-License-Identifier: Apache-2.0
"""Rows on their way from table to topic to table, with nothing left of them afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from helpers import connectors, database, groups, records, topics
from helpers.connect import ConnectClient
from helpers.connectors import Config
from helpers.experiments import journeys
from helpers.lab import Lab
from helpers.workspace import Workspace

SINK = "my-sink-connect"


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> Iterator[Workspace]:
    """The names of the lesson; nothing is left of what has them afterwards."""
    with Workspace(lab, "06") as workspace:
        yield workspace
    assert journeys.TOPIC not in topics.names(lab)
    assert not [name for name in groups.names(lab) if SINK in name or "my-source-connect" in name]
    assert journeys.rows(lab).empty and "users" not in database.tables(lab)
    assert not [name for name in topics.names(lab) if "schema-history" in name or name.startswith("deletes")]


@pytest.fixture(scope="module")
def source(lab: Lab, workspace: Workspace) -> Config:
    """A source and a sink that have brought one row over."""
    name, sink = workspace.connector("my-source-connect"), workspace.connector(SINK)
    workspace.topic_name(journeys.TOPIC)
    workspace.table(journeys.TOPIC, database="mydb2")
    database.create_users(lab, workspace.table("users"))
    more = {"topic.creation.default.message.timestamp.type": "LogAppendTime", "poll.interval.ms": 10}
    source = connectors.debezium_source(lab, name, ["users"], topic_prefix="my_topic_", config=more)
    database.execute(lab, "INSERT INTO users (name) VALUES ('하나')")
    with ConnectClient(lab) as client:
        client.run(source)
        topics.wait_for_leaders(lab, journeys.TOPIC, timeout=30)
        client.run(connectors.debezium_sink(lab, sink, [journeys.TOPIC]))
    journeys.wait_for(lab, "하나", journeys.TOPIC)
    return source


def test_each_row_is_timed_part_by_part(lab: Lab, source: Config) -> None:
    times = journeys.travel(lab, 3)
    assert times.columns.tolist() == journeys.PARTS
    assert len(times) == 3 and times.notna().all(axis=None) and (times >= 0).all(axis=None)
    assert (times[[journeys.PARTS[0], journeys.PARTS[2]]] > 0).all(axis=None)
    assert set(times.index) <= set(journeys.rows(lab)["id"])


def test_a_record_of_nobodys_reaches_the_table_and_again_after_a_rewind(lab: Lab, source: Config) -> None:
    [first] = records.consume(lab, journeys.TOPIC, 1)
    report = journeys.send_alone(lab, first, 900, "nobody 😀")
    journeys.wait_for(lab, "nobody 😀", journeys.TOPIC)
    assert json.loads(report.value() or b"")["schema"] == json.loads(first.value() or b"")["schema"]
    database.execute(lab, f"DELETE FROM mydb2.{journeys.TOPIC}")
    journeys.rewind(ConnectClient(lab), SINK, report.offset() or 0)
    journeys.wait_for(lab, "nobody 😀", journeys.TOPIC)
    assert journeys.rows(lab)["id"].tolist() == [900]


def delete_event(lab: Lab, source: Config, mode: str, *, topic: str) -> list[object]:
    """Return what Debezium's `source` sends for a DELETE if `delete.tombstone.handling.mode` is `mode`.

    Returns each record's `payload`, or None for a tombstone. It runs the source with that mode, sends to `topic`, and makes
    the DELETE between two other rows. Afterwards the source keeps that mode.
    """
    aside = {"transforms.unwrap.delete.tombstone.handling.mode": mode, "transforms.route.replacement": topic}
    with ConnectClient(lab) as client:
        client.run({**source, **aside})
    end = int(topics.describe(lab, topic)["end offset"].sum())
    for statement in ("INSERT INTO users (name) VALUES ('gone')", "DELETE FROM users WHERE name = 'gone'"):
        database.execute(lab, statement)
    database.execute(lab, "INSERT INTO users (name) VALUES ('stays')")
    found = records.consume(lab, topic, 2 if mode == "drop" else 3, from_offset=end, timeout=30)
    return [None if it.value() is None else {"payload": json.loads(it.value() or b"")["payload"]} for it in found[1:-1]]


def test_what_a_delete_becomes(lab: Lab, source: Config, workspace: Workspace) -> None:
    topic = workspace.topic("deletes")
    assert delete_event(lab, source, "drop", topic=topic) == []
    assert delete_event(lab, source, "tombstone", topic=topic) == [{"payload": None}]
    assert delete_event(lab, source, "delete-to-tombstone", topic=topic) == [None]
