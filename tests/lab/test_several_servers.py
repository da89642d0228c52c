# SPDX-License-Identifier: Apache-2.0
"""More than one server of a kind: each in its own place, found, killed and read by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from helpers import processes, records, topics
from helpers.lab import Lab
from helpers.settings import settings
from helpers.stack.home import folder
from helpers.stack.home.place import Place
from helpers.stack.home.state import State
from helpers.stack.installed import tools_java
from helpers.stack.progress import Silent
from helpers.stack.servers.kafka import Kafka, Node
from helpers.stack.servers.starting import start
from helpers.waiting import wait_until
from tests.resources import cache_folder

CONTROLLER = 100
"""The number of the node that is only a controller: it still knows what two dead brokers of three cannot report."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[Kafka]]:
    """A controller and three brokers that run."""
    ports: list[int] = []
    for _ in range(4):
        ports.append(processes.choose_port(set(ports)))
    nodes = [Node(CONTROLLER, None, ports[0]), *(Node(n, ports[n], None) for n in (1, 2, 3))]
    java, cluster_id = tools_java(replace(settings(), cache=cache_folder())), State.new().cluster_id
    servers = [
        Kafka(Place(tmp_path, f"kafka-{node.number}"), node, nodes, cluster_id=cluster_id, version="4.3.0", java=java)
        for node in nodes
    ]
    start(servers, Silent())
    yield servers
    for server in servers[::-1]:
        server.place.end(timeout=0.1)


def test_two_of_three_brokers_keep_everything(cluster: list[Kafka], tmp_path: Path) -> None:
    brokers = cluster[1:]
    lab = Lab(",".join(broker.address for broker in brokers))
    wait_until(lambda: len(lab.admin.list_topics(timeout=5).brokers) == 3, 30, "three brokers to be registered")
    topics.create(lab, "orders", replication_factor=3)
    assert records.produce(lab, "orders", ["one", "two"], config={"acks": "all"}).count == 2
    leader = int(topics.describe(lab, "orders")["leader"][0])
    place = Place(tmp_path, f"kafka-{leader}")
    killed = place.find()
    assert killed
    killed.kill()
    wait_until(lambda: processes.is_gone(killed), 10, "the leader to end")
    assert [bool(broker.place.find()) for broker in brokers].count(True) == 2, "the others are other places"

    others = Lab(",".join(broker.address for broker in brokers if broker.place != place))
    asked = AdminClient({"bootstrap.servers": others.bootstrap_servers})

    def leader_now() -> int:
        return int(asked.list_topics("orders", timeout=5).topics["orders"].partitions[0].leader)

    wait_until(lambda: leader_now() not in (leader, -1), 30, "another broker to lead", last_seen=leader_now)
    assert records.produce(others, "orders", ["three"], config={"acks": "all"}).count == 1
    values = [message.value() for message in records.consume(others, "orders", 3, timeout=30)]
    assert values == [b"one", b"two", b"three"]


def test_each_has_its_log_and_status(cluster: list[Kafka], tmp_path: Path) -> None:
    second = cluster[2]
    assert any("Kafka Server started" in line for line in folder.read_log(tmp_path, "kafka-2", 500))
    status = Kafka.status(second.place, second.port, second.version)
    assert (status.name, status.title, status.running) == ("kafka-2", "Apache Kafka 2", True)
    assert second.place.end(Kafka.stop_timeout)
    assert not Kafka.status(second.place, second.port, second.version).running
