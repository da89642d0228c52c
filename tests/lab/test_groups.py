# SPDX-License-Identifier: Apache-2.0
"""Groups: where one would start, what the broker keeps for it, its end. Kafka's tools report the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from helpers import clients, groups, kafka_tools, records, topics
from helpers.errors import InvalidInput, KafkaFailed
from helpers.lab import Lab


@pytest.fixture
def topic(lab: Lab) -> Iterator[str]:
    with topics.temporary(lab, "groups") as name:
        records.produce(lab, name, [str(number) for number in range(5)])
        yield name


@pytest.fixture
def group(lab: Lab, topic: str) -> Iterator[str]:
    """A group that has read three of the five."""
    name = topics.unique_name("group")
    records.consume(lab, topic, 3, group=name)
    yield name
    groups.delete(lab, name)


def test_where_a_group_starts(lab: Lab, topic: str, group: str) -> None:
    new = topics.unique_name("new")
    assert groups.peek(lab, new, topic, "earliest") == [0, 1, 2, 3, 4]
    assert groups.peek(lab, new, topic, "latest") == []
    assert groups.peek(lab, group, topic, "earliest") == groups.peek(lab, group, topic, "latest") == [3, 4]
    groups.delete(lab, new)


def test_an_empty_value_and_a_tombstone_are_records_too(lab: Lab) -> None:
    with topics.temporary(lab, "empty") as name:
        records.produce(lab, name, ["", ("key", None), "last"])
        group = topics.unique_name("new")
        assert groups.peek(lab, group, name, "earliest") == [0, 1, 2]
        groups.delete(lab, group)


def test_a_setting_that_cannot_be(lab: Lab, topic: str) -> None:
    with pytest.raises(InvalidInput, match=r"auto\.offset\.reset"):
        groups.peek(lab, "group", topic, "the middle")


def test_a_group_goes_with_what_it_committed(lab: Lab, topic: str) -> None:
    name = topics.unique_name("group")
    records.consume(lab, topic, 1, group=name)
    assert name in groups.names(lab)
    groups.delete(lab, name)
    groups.delete(lab, name, missing_ok=True)
    assert name not in groups.names(lab)
    with pytest.raises(KafkaFailed, match=name):
        groups.delete(lab, name)


def test_the_broker_keeps_a_setting_until_it_is_removed(lab: Lab) -> None:
    name = topics.unique_name("share")
    resource = ConfigResource(ResourceType.GROUP, name)

    def kept() -> str:
        answers = lab.admin.describe_configs([resource], request_timeout=clients.PATIENCE)
        return str(answers[resource].result(5)["share.auto.offset.reset"].value)

    groups.configure(lab, name, {"share.auto.offset.reset": "earliest"})
    assert kept() == "earliest"
    groups.configure(lab, name, {"share.auto.offset.reset": None})
    assert kept() == "latest"
    with pytest.raises(KafkaFailed, match="refused to configure"):
        groups.configure(lab, name, {"share.auto.offset.reset": "the middle"})


def test_a_tool_no_longer_knows_zookeeper(lab: Lab) -> None:
    with pytest.raises(KafkaFailed, match="zookeeper is not a recognized option"):
        kafka_tools.kafka(lab, "topics", "--list", "--zookeeper", "localhost:2181")


def test_a_tool_is_shown_as_it_would_be_typed(lab: Lab, topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    kafka_tools.show(lab, "topics", "--describe", "--topic", topic)
    typed, said = capsys.readouterr().out.split("\n", 1)
    assert typed == f"$ bin/kafka-topics.sh --bootstrap-server {lab.bootstrap_servers} --describe --topic {topic}"
    assert "PartitionCount: 1" in said
