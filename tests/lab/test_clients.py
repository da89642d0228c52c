# SPDX-License-Identifier: Apache-2.0
"""What only a real broker answers: topics, lag, groups, limits."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from helpers import clients, processes, records, topics
from helpers.errors import DeliveryFailed, InvalidInput, KafkaFailed, TimedOut
from helpers.experiments.members import Member, owners, ownership
from helpers.lab import Lab
from helpers.lag import LagRecorder, measure_lag
from helpers.records import Record
from helpers.waiting import wait_until

PROTOCOLS = ["classic", "consumer"]


@pytest.fixture
def topic(lab: Lab) -> Iterator[str]:
    with topics.temporary(lab, "clients", 4) as name:
        yield name


def test_a_topic_is_there_when_create_returns_and_gone_when_delete_does(lab: Lab) -> None:
    name = topics.unique_name("clients")
    topics.create(lab, name, 3, config={"retention.ms": 60_000, "preallocate": False})
    assert name in topics.names(lab)
    frame = topics.describe(lab, name)
    assert frame["leader"].tolist() == [1, 1, 1]
    assert frame["isr"].tolist() == frame["replicas"].tolist() == [[1], [1], [1]]
    resource = ConfigResource(ResourceType.TOPIC, name)
    settings = lab.admin.describe_configs([resource])[resource].result(5)
    assert settings["retention.ms"].value == "60000"
    topics.delete(lab, name)
    assert name not in topics.names(lab)
    with pytest.raises(KafkaFailed, match="No topic"):
        topics.delete(lab, name)


def test_a_temporary_topic_goes_with_its_block_even_after_an_error(lab: Lab) -> None:
    with pytest.raises(ZeroDivisionError), topics.temporary(lab, "clients") as name:
        assert name in topics.names(lab)
        raise ZeroDivisionError
    assert name not in topics.names(lab)


def test_topics_that_kafka_refuses(lab: Lab, topic: str) -> None:
    name = topics.unique_name("refused")
    with pytest.raises(KafkaFailed, match="exists already"):
        topics.create(lab, topic)
    with pytest.raises(KafkaFailed, match=r"retention\.ms: Not a number of type LONG"):
        topics.create(lab, name, config={"retention.ms": "soon"})
    with pytest.raises(KafkaFailed, match=r"Unknown topic config name: retention\.mss"):
        topics.create(lab, name, config={"retention.mss": 1})
    with pytest.raises(KafkaFailed, match="replication factor"):
        topics.create(lab, name, replication_factor=3)
    with pytest.raises(InvalidInput):
        topics.create(lab, name, -1)
    assert name not in topics.names(lab), "a refused topic was left behind"


def test_records_come_back_as_they_were(lab: Lab, topic: str) -> None:
    record = Record({"qty": 10}, key="k", headers={"trace": "7"}, partition=3)
    sent = records.produce(lab, topic, ["text", b"\xff", ("gone", None), record], reports=True)
    frame = records.as_frame(records.consume(lab, topic, 4)).sort_values(["partition", "offset"], ignore_index=True)
    reported = records.as_frame(sent.messages).sort_values(["partition", "offset"], ignore_index=True)
    columns = ["topic", "partition", "offset", "key", "value"]
    assert frame[columns].equals(reported[columns])
    (row,) = frame[frame["partition"].eq(3) & frame["key"].eq("k")].to_dict("records")
    assert (json.loads(row["value"]), row["headers"]) == ({"qty": 10}, {"trace": "7"})


def test_a_topic_that_does_not_exist_is_not_made_by_the_way(lab: Lab) -> None:
    name = topics.unique_name("missing")
    with pytest.raises(KafkaFailed, match="Unknown topic"):
        records.produce(lab, name, ["a"])
    with pytest.raises(TimedOut, match="no such topic"):
        records.consume(lab, name, 1, timeout=1)
    assert name not in topics.names(lab)


def test_the_topics_own_size_limit_is_told(lab: Lab) -> None:
    with topics.temporary(lab, "clients", 2, config={"max.message.bytes": 5000}) as topic:
        with pytest.raises(DeliveryFailed, match=r"1 of 2 .* too large \(9,000 bytes; the limit is 5,000\)"):
            records.produce(lab, topic, [Record("small", partition=0), Record("x" * 9000, partition=1)])
        assert [message.value() for message in records.consume(lab, topic, 1)] == [b"small"]


def test_a_batch_is_refused_as_a_whole(lab: Lab) -> None:
    with topics.temporary(lab, "clients", config={"max.message.bytes": 5000}) as topic:
        with pytest.raises(DeliveryFailed, match=r"40 of 40 .* the limit is 5,000"):
            records.produce(lab, topic, ["x" * 200] * 40, config={"linger.ms": 200})
        assert topics.describe(lab, topic)["end offset"].tolist() == [0]


def test_a_group_goes_on_where_it_has_committed_and_another_begins_anew(lab: Lab, topic: str) -> None:
    records.produce(lab, topic, [(str(number), str(number)) for number in range(100)])
    first = records.consume(lab, topic, 30, group=topic)
    assert measure_lag(lab, topic, [topic]).total == 70
    rest = records.consume(lab, topic, 70, group=topic)
    assert sorted(int(message.value() or b"") for message in first + rest) == list(range(100))
    assert measure_lag(lab, topic, [topic]).total == 0
    with pytest.raises(TimedOut, match="0 came"):
        records.consume(lab, topic, 1, group=topic, timeout=2)
    assert len(records.consume(lab, topic, 100, group=f"{topic}-other")) == 100


def test_what_was_not_returned_is_not_committed(lab: Lab, topic: str) -> None:
    records.produce(lab, topic, ["a", "b"])
    with pytest.raises(TimedOut, match="2 came"):
        records.consume(lab, topic, 3, group=topic, timeout=3)
    assert len(records.consume(lab, topic, 2, group=topic)) == 2


def test_a_new_group_starts_at_the_number_and_an_old_one_where_it_was(lab: Lab) -> None:
    with topics.temporary(lab, "numbered") as topic:  # of one partition: an empty one has no record 2
        records.produce(lab, topic, [str(number) for number in range(5)])
        for expected in (2, 3):
            (message,) = records.consume(lab, topic, 1, group=topic, from_offset=2)
            assert message.offset() == expected


def test_an_offset_that_is_not_there(lab: Lab, topic: str) -> None:
    with pytest.raises(KafkaFailed, match="out of range"):
        records.consume(lab, topic, 1, from_offset=77)


def by_hand(lab: Lab, group: str, topic: str, partitions: int) -> dict[int, int]:
    """The lag of each partition, asked one by one."""
    with clients.new(Consumer, lab.bootstrap_servers, {"group.id": group}) as consumer:
        places = consumer.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=10)
        found = {}
        for place in places:
            begin, end = consumer.get_watermark_offsets(place, timeout=10)
            found[place.partition] = end - (place.offset if place.offset >= 0 else begin)
        return found


def test_the_lag_of_all_that_a_group_has_committed(lab: Lab, topic: str) -> None:
    with topics.temporary(lab, "clients") as other:
        for name, count in ((topic, 1), (other, 2)):
            records.produce(lab, name, [Record("v", partition=0)] * 3)
            records.consume(lab, name, count, group=topic)
        sample = measure_lag(lab, topic)
        assert {(part.topic, part.lag) for part in sample.partitions if part.lag} == {(topic, 2), (other, 1)}
        assert {part.committed for part in sample.partitions} >= {1, 2}, "only what has a commit is measured"


def test_the_end_of_a_log_counts_while_a_transaction_is_open(lab: Lab, topic: str) -> None:
    records.produce(lab, topic, [Record("v", partition=0)])
    producer = clients.new(Producer, lab.bootstrap_servers, {"transactional.id": topic})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(topic, "open", partition=0)
    assert producer.flush(10) == 0
    assert measure_lag(lab, topic, [topic]).total == 2
    producer.abort_transaction(10)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_lag_of_fifty_partitions_is_right_beside_members_at_work(lab: Lab, protocol: str) -> None:
    with topics.temporary(lab, "clients", 50) as topic:
        records.produce(lab, topic, [Record("v", partition=number) for number in range(50) for _ in range(2 * number)])
        assert measure_lag(lab, topic, [topic]).total == 2450
        team = [Member(lab, topic, topic, name=name, rate=500, protocol=protocol) for name in "AB"]
        with LagRecorder(lab, topic, [topic], interval=0.05) as recorder:
            with team[0], team[1]:
                wait_until(
                    lambda: len(owners(team)) == 50, 20, "the group to settle", last_seen=lambda: len(owners(team))
                )
                wait_until(lambda: sum(member.handled for member in team) > 500, 20, "some work to be done")
            sample = measure_lag(lab, topic, [topic])
            assert {part.partition: part.lag for part in sample.partitions} == by_hand(lab, topic, topic, 50)
            assert sample.total == 2450 - len({*team[0].records, *team[1].records})
        totals = [sample.total for sample in recorder.samples]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) > 3, "lag was not seen to fall"


def requests(lab: Lab, group: str, topic: str) -> Counter[str]:
    """The requests for one sample, from librdkafka's log."""
    said: list[str] = []
    logger = logging.Logger("wire", logging.DEBUG)
    logger.addFilter(lambda record: bool(said.append(record.getMessage())))  # type: ignore[func-returns-value]
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": lab.bootstrap_servers,
        "group.id": group,
        "debug": "protocol",
        "log_level": 7,
    }
    consumer = Consumer(settings, logger=logger)
    measure_lag(lab, group, [topic], consumer=consumer)
    wait_until(
        lambda: consumer.poll(0) is None and "Received ListOffsetsResponse" in " ".join(said),
        10,
        "the log",
        pause=0.001,
    )
    consumer.close()
    return Counter(found for line in said for found in re.findall(r"Sent (\w+)Request", line))


def test_two_requests_go_over_the_wire_for_one_partition_and_for_fifty(lab: Lab) -> None:
    for partitions in (1, 50):
        with topics.temporary(lab, "clients", partitions) as topic:
            records.produce(lab, topic, [Record("v", partition=number) for number in range(partitions)])
            records.consume(lab, topic, partitions, group=topic)
            sent = requests(lab, topic, topic)
            assert (sent["OffsetFetch"], sent["ListOffsets"]) == (1, 1), f"{partitions} partitions: {sent}"
            assert sent["JoinGroup"] == 0, "who asks never joins"


def settled(team: list[Member], partitions: int = 4) -> bool:
    return len(owners(team)) == partitions and all(member.assignment for member in team if member.running)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_killed_members_partitions_move_and_nothing_is_lost(lab: Lab, topic: str, protocol: str) -> None:
    records.produce(lab, topic, [(str(number), "v") for number in range(600)])
    with LagRecorder(lab, topic, [topic], interval=0.05) as recorder:
        team = [Member(lab, topic, topic, name=name, rate=100, protocol=protocol, mark=recorder.mark) for name in "ABC"]
        with team[0], team[1], team[2]:
            wait_until(lambda: settled(team), 20, "three members to settle", last_seen=lambda: owners(team))
            wait_until(lambda: team[1].handled > 0, 10, "B to work")
            had = team[1].assignment
            team[1].kill()
            assert team[1].assignment == []
            wait_until(
                lambda: set(had) <= set(owners(team)), 20, "B's partitions to move", last_seen=lambda: owners(team)
            )
            wait_until(
                lambda: recorder.samples[-1].total == 0,
                30,
                "lag to drain",
                last_seen=lambda: recorder.samples[-1].total,
            )
            everything = {record for member in team for record in member.records}
        assert len(everything) == 600
    assert "B killed" in [mark.text for mark in recorder.marks]
    frame = ownership(team)
    moved = frame[frame["partition"].eq(had[0])]
    killed = moved[moved["member"].eq("B")]["until"].max()
    after = moved[moved["since"].gt(killed)]["member"]
    assert len(after) and after.isin(["A", "C"]).all()


def test_a_member_that_logs_everything_is_still_heard(lab: Lab, topic: str) -> None:
    """Its log comes beside its events, and faster."""
    records.produce(lab, topic, [f"order {number}" for number in range(5000)])
    with Member(lab, topic, topic, name="A", config={"debug": "all"}) as member:
        wait_until(lambda: member.handled == 5000, 30, "all records", last_seen=lambda: member.handled)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_fifth_member_of_four_partitions_gets_nothing(lab: Lab, topic: str, protocol: str) -> None:
    team = [Member(lab, topic, topic, name=name, protocol=protocol) for name in "ABCDE"]
    for member in team:
        member.start()
    try:
        wait_until(
            lambda: sorted(len(member.assignment) for member in team) == [0, 1, 1, 1, 1],
            30,
            "four members to have a partition each",
            last_seen=lambda: owners(team),
        )
    finally:
        for member in team:
            member.stop()


@pytest.mark.parametrize(("commit", "lost", "repeated"), [("after", 0, 50), ("before", 50, 0)])
def test_a_crash_between_work_and_commit(lab: Lab, topic: str, commit: str, lost: int, repeated: int) -> None:
    records.produce(lab, topic, [Record(str(number), partition=0) for number in range(300)])
    first = Member(lab, topic, topic, name="A", batch=50, commit=commit, crash_after=100)
    second = Member(lab, topic, topic, name="B", batch=50, commit=commit)
    with first:
        wait_until(lambda: not first.running, 20, "A to crash")
    with second:
        wait_until(lambda: (0, 299) in second.records, 20, "B to finish", last_seen=lambda: second.handled)
    both = first.records + second.records
    assert (300 - len(set(both)), len(both) - len(set(both))) == (lost, repeated)


ORPHAN = """
from helpers.lab import Lab
from helpers.experiments.members import Member
from helpers.waiting import wait_until
member = Member(Lab({address!r}), {topic!r}, {topic!r}, name="A").start()
wait_until(lambda: len(member.assignment) == 4, 20, "A to have all partitions")
print("joined", flush=True)
input()
"""


def test_a_group_is_left_when_the_notebook_is_killed(lab: Lab, topic: str) -> None:
    program = [sys.executable, "-c", ORPHAN.format(address=lab.bootstrap_servers, topic=topic)]
    with processes.start(program, output=processes.PIPE) as parent:
        assert parent.stdout and parent.stdout.readline() == "joined\n"
        parent.kill()

    def left() -> bool:
        return not lab.admin.describe_consumer_groups([topic])[topic].result(5).members

    wait_until(left, 20, "the group to be empty")


def test_too_few_records_are_counted(mock: Lab) -> None:
    topic = topics.unique_name("few")
    records.produce(mock, topic, ["a", "b"])
    with pytest.raises(TimedOut, match=r"Waited 2 s for 3 records .*; 2 came"):
        records.consume(mock, topic, 3, timeout=2)  # the two come at once, but on a busy machine
    with pytest.raises(TimedOut, match=r"0 came.*latest"):
        records.consume(mock, topic, 1, from_offset="latest", timeout=0.5)
