# SPDX-License-Identifier: Apache-2.0
"""The experiments of the lessons on a real broker: what they measure, and that they leave nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from confluent_kafka import Consumer, Message

from helpers import kafka_tools, processes, records, segments, topics
from helpers.errors import KafkaFailed
from helpers.experiments import costs, crews, keys
from helpers.lab import Lab
from tests.leftovers import everything

KEYS = [f"customer-{number}" for number in range(8)]


@pytest.fixture(autouse=True)
def nothing_left(lab: Lab) -> Iterator[None]:
    before = everything(lab)
    yield
    assert not everything(lab) - before


def test_a_crew_shares_the_work_and_one_member_too_many_gets_nothing(lab: Lab) -> None:
    work = crews.share_work(lab, 3, partitions=2, count=100, rate=1000)
    assert sorted(work.handled) == [0, 50, 50]
    assert work.seconds > 0


def test_a_crew_leaves_when_its_block_fails(lab: Lab) -> None:
    seen = []
    with (
        pytest.raises(ZeroDivisionError),
        topics.temporary(lab, "crew") as topic,
        crews.crew(lab, "crew", topic, 1) as members,
    ):
        seen += members
        raise ZeroDivisionError
    assert not seen[0].running


def test_the_order_of_commit_and_work_decides_what_a_crash_does(lab: Lab) -> None:
    lost = crews.crash(lab, "before")
    repeated = crews.crash(lab, "after")
    assert len(set(lost)) == len(lost) < 20
    assert len(repeated) > len(set(repeated)) == 20


def test_keys_go_where_their_hash_says_and_where_java_sends_them(lab: Lab) -> None:
    assert keys.partitions_of(lab, KEYS, partitions=3) == [crc32(key.encode()) % 3 for key in KEYS]
    murmur2 = keys.partitions_of(lab, KEYS, config={"partitioner": "murmur2_random"})
    assert keys.partitions_by_java(lab, KEYS) == murmur2


def test_a_real_segment_is_a_row_of_batches(lab: Lab) -> None:
    with topics.temporary(lab, "segments") as topic:
        for value in ("one", "two"):
            records.produce(lab, topic, [value])
        frame = segments.batches(lab, topic)
        assert frame["first offset"].tolist() == [0, 1]
        assert frame["position"].tolist() == [0, frame["bytes"][0]]
        assert frame["bytes"].sum() == segments.files(lab, topic)[0].stat().st_size
        assert segments.contains(lab, topic, "two")


def test_lingering_is_added_to_the_latency(lab: Lab) -> None:
    with topics.temporary(lab, "quick") as quick, topics.temporary(lab, "slow") as slow:
        without = costs.latencies(lab, quick, 20, config={"linger.ms": 0})
        lingering = costs.latencies(lab, slow, 20, config={"linger.ms": 50})
    assert len(without) == len(lingering) == 20
    assert sorted(lingering)[10] > max(50, sorted(without)[10])


def test_a_broker_that_packs_again_works_more(lab: Lab) -> None:
    values = [f"order {number} of product {number * 7919 % 10_000}" for number in range(200_000)]
    with (
        topics.temporary(lab, "same") as same,
        topics.temporary(lab, "packed", config={"compression.type": "gzip"}) as packed,
    ):
        assert costs.broker_seconds(lab, packed, values) > costs.broker_seconds(lab, same, values)


def test_connect_carries_lines_as_they_are_or_changed(lab: Lab) -> None:
    kind = "org.apache.kafka.connect.transforms.HoistField$Value"
    hoist = {"transforms": "wrap", "transforms.wrap.type": kind, "transforms.wrap.field": "line"}
    plain = costs.through_connect(lab, ["김하늘", "second"])
    changed = costs.through_connect(lab, ["김하늘"], config=hoist)
    assert (plain.first, changed.first) == ("김하늘", "Struct{line=김하늘}")
    assert plain.rate > 0 and plain.cpu > 0


def test_a_broker_started_by_hand(lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port, controller = processes.choose_port(set()), processes.choose_port(set())
    config, log = tmp_path / "my.properties", tmp_path / "broker.log"
    config.write_text(
        f"process.roles=broker,controller\nnode.id=1\nlog.dirs={tmp_path.as_posix()}/data\n"
        f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"controller.listener.names=CONTROLLER\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n"
    )
    with pytest.raises(KafkaFailed, match=r"The broker did not start\. Its log says: .*meta\.properties"):
        kafka_tools.start_broker(lab, config, log)
    cluster_id = kafka_tools.kafka(lab, "storage", "random-uuid").strip()
    kafka_tools.kafka(lab, "storage", "format", "--cluster-id", cluster_id, "--config", str(config))
    broker = kafka_tools.start_broker(lab, config, log)
    heard = processes.is_listening(port)
    broker.stop()
    assert heard
    assert not broker.running and not processes.is_listening(port)
    assert capsys.readouterr().out.startswith(f"$ bin/kafka-server-start.sh {config}\n")


def test_the_broker_counts_what_comes_in(lab: Lab) -> None:
    name = "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec"
    before = kafka_tools.metric(lab, name)
    with topics.temporary(lab, "counted") as topic:
        records.produce(lab, topic, ["Hello"] * 100)
        assert kafka_tools.metric(lab, name) >= before + 100


def test_a_metric_that_is_not_there_is_said(lab: Lab) -> None:
    with pytest.raises(KafkaFailed, match="no metric kafka"):
        kafka_tools.metric(lab, "kafka.server:type=Nothing")


def test_a_program_crashes_once_and_its_group_goes_on(lab: Lab) -> None:
    def program(consumer: Consumer, work: Callable[[Message], object], dies_after: int | None) -> None:
        message = consumer.poll(10)
        while message is not None:
            work(message)
            if message.offset() == dies_after:
                raise RuntimeError("the power is gone")
            consumer.commit(message=message, asynchronous=False)
            message = consumer.poll(1)

    with topics.temporary(lab, "crash") as topic:
        records.produce(lab, topic, ["0", "1", "2", "3"])
        worked: list[Message] = []
        assert crews.crash_once(lab, topic, program, worked.append, dies_after=2) == ["0", "1", "2", "2", "3"]
        assert len(worked) == 5
