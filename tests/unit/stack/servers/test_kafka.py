# SPDX-License-Identifier: Apache-2.0
"""A node's settings follow from the cluster that it is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.stack.home.place import Place
from helpers.stack.servers.java import Java
from helpers.stack.servers.kafka import Kafka, Node

ONE = [Node(1, 9092, 9093)]
THREE = [Node(1, 9092, 9093), Node(2, 9094, 9095), Node(3, 9096, 9097)]
APART = [Node(100, None, 9093), Node(1, 9092, None), Node(2, 9094, None), Node(3, 9096, None)]


def settings(home: Path, quorum: list[Node], number: int, **more: object) -> dict[str, object]:
    node = next(node for node in quorum if node.number == number)
    place = Place(home, f"kafka-{number}")
    return Kafka(place, node, quorum, cluster_id="id", version="4.3.0", java=Java([], home), more=more).settings()


def test_a_node_alone_is_all_that_there_is(tmp_path: Path) -> None:
    alone = settings(tmp_path, ONE, 1)
    assert alone["process.roles"] == "broker,controller"
    assert alone["controller.quorum.voters"] == "1@127.0.0.1:9093"
    assert {alone[key] for key in alone if key.endswith((".replication.factor", ".isr"))} == {1}


def test_one_of_three_has_ports_and_data_of_its_own(tmp_path: Path) -> None:
    second = settings(tmp_path, THREE, 2)
    assert second["node.id"] == 2
    assert second["listeners"] == "PLAINTEXT://127.0.0.1:9094,CONTROLLER://127.0.0.1:9095"
    assert second["log.dirs"] == tmp_path / "kafka-2" / "data"
    assert second["controller.quorum.voters"] == "1@127.0.0.1:9093,2@127.0.0.1:9095,3@127.0.0.1:9097"


def test_three_brokers_keep_three_copies_and_work_on_with_two(tmp_path: Path) -> None:
    for quorum in (THREE, APART):
        first = settings(tmp_path, quorum, 1)
        assert {first[key] for key in first if key.endswith(".replication.factor")} == {3}
        assert first["min.insync.replicas"] == first["transaction.state.log.min.isr"] == 2


def test_a_controller_apart_has_no_door_for_clients(tmp_path: Path) -> None:
    controller, broker = settings(tmp_path, APART, 100), settings(tmp_path, APART, 1)
    assert (controller["process.roles"], broker["process.roles"]) == ("controller", "broker")
    assert controller["listeners"] == "CONTROLLER://127.0.0.1:9093"
    assert broker["listeners"] == "PLAINTEXT://127.0.0.1:9092"
    assert controller["controller.quorum.voters"] == broker["controller.quorum.voters"] == "100@127.0.0.1:9093"


def test_an_experiment_may_set_more(tmp_path: Path) -> None:
    assert settings(tmp_path, ONE, 1, **{"min.insync.replicas": 7})["min.insync.replicas"] == 7


def test_a_node_without_a_port_is_none(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        settings(tmp_path, [Node(1, None, None)], 1)
