# SPDX-License-Identifier: Apache-2.0
"""The names of a lesson's run in a real lab: removed at its end and after a kill -9, kept while it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer

from helpers import clients, processes, records, topics
from helpers.connect import ConnectClient
from helpers.errors import KafkaFailed, LabError
from helpers.lab import Lab
from helpers.waiting import wait_until
from helpers.workspace import Workspace
from tests.leftovers import everything

RUN = """
import json, sys
from helpers import attach, connectors, database, groups, records, topics
from helpers.connect import ConnectClient
from helpers.waiting import wait_until
from helpers.workspace import Workspace

lab = attach()
workspace = Workspace(lab, "05")
table, copy = workspace.table("users"), workspace.table("copy", database="mydb2")
database.create_users(lab, table)
database.execute(lab, f"INSERT INTO {table} (name) VALUES ('kim')")
topic, group = workspace.topic_name("my_topic_users"), workspace.group("reader")
desk = workspace.group("desk", config={"share.auto.offset.reset": "earliest"})
source, sink = workspace.connector("my-source-connect"), workspace.connector("sink")
client = ConnectClient(lab)
client.run(connectors.debezium_source(lab, source, [table], topic_prefix="my_topic_"))
client.run(connectors.debezium_sink(lab, sink, [topic], table=copy))
topics.wait_for_leaders(lab, topic, timeout=30)
records.consume(lab, topic, 1, group=group, timeout=30)
wait_until(lambda: copy in database.tables(database.engine(lab, "sink")), 30, "the copy")
wait_until(lambda: f"connect-{sink}" in groups.names(lab), 30, "the sink's group")
print(json.dumps([table, copy, topic, group, source, sink]), flush=True)
input()
workspace.clear()
print("cleared", flush=True)
input()
"""


@contextmanager
def another_run() -> Iterator[tuple[processes.Process, list[str]]]:
    """A run of lesson 05 in another process, with a row on its way through Connect, and its names."""
    program = [sys.executable, "-c", RUN]
    with processes.start(program, output=processes.PIPE) as child:
        try:
            assert child.stdout
            yield child, json.loads(child.stdout.readline())
        finally:
            child.kill()


@pytest.fixture(autouse=True)
def nothing_left(lab: Lab) -> Iterator[None]:
    before = everything(lab)
    yield
    Workspace(lab, "05")
    assert not everything(lab) - before
    assert lab.home and not list((lab.home / "workspaces").glob("*.json"))


def there(lab: Lab, names: list[str]) -> list[str]:
    found = {thing.split()[-1] for thing in everything(lab)}
    return [name for name in names if name in found]


def test_a_run_clears_what_it_named_and_what_its_connectors_kept(lab: Lab) -> None:
    with another_run() as (child, names):
        assert there(lab, names) == names
        assert child.stdin and child.stdout
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "cleared\n"
        assert there(lab, names) == []


def test_a_run_that_is_killed_is_cleared_by_the_next(lab: Lab) -> None:
    with another_run() as (child, names):
        child.kill()
        child.wait(10)
        assert there(lab, names) == names
        Workspace(lab, "01")
        assert there(lab, names) == []


def test_a_run_that_is_still_going_is_left_alone(lab: Lab) -> None:
    with another_run() as (child, names):
        workspace = Workspace(lab, "05")
        with pytest.raises(LabError, match=rf"connector my-source-connect is in use .* \(process {child.pid}\)"):
            workspace.connector("my-source-connect")
        workspace.topic("of-this-run")
        workspace.clear()
        assert there(lab, names) == names
        with ConnectClient(lab) as client:
            client.wait_running(names[4])


def test_a_well_known_name_is_free_whatever_is_left_of_it(lab: Lab) -> None:
    topics.create(lab, "quickstart", 3)
    with Workspace(lab, "02") as workspace:
        for partitions in (1, 2):  # the cell is run again
            assert workspace.topic("quickstart", partitions) == "quickstart"
            assert len(topics.describe(lab, "quickstart")) == partitions


def test_a_group_with_a_member_is_named_and_all_else_is_cleared(lab: Lab) -> None:
    workspace = Workspace(lab, "01")
    topic, group = workspace.topic("orders"), workspace.group("reader")
    records.produce(lab, topic, ["a"])
    with clients.new(Consumer, lab.bootstrap_servers, {"group.id": group}) as consumer:
        consumer.subscribe([topic])
        wait_until(lambda: consumer.poll(0.1) is None and consumer.assignment(), 30, "a member")
        with pytest.raises(KafkaFailed, match=f"{group} cannot be deleted: the group still has members"):
            workspace.clear()
        assert there(lab, [topic, group]) == [group]
    workspace.clear()
    assert there(lab, [group]) == []
