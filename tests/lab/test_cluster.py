# SPDX-License-Identifier: Apache-2.0
"""A cluster whose brokers are killed and frozen: what holds on any machine, and that nothing of it is left."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from helpers import kafka_tools, processes, topics
from helpers.child import Child
from helpers.cluster import Cluster
from helpers.errors import InvalidInput, KafkaFailed, LabNotRunning, ServerFailed
from helpers.experiments import failover
from helpers.lab import Lab
from helpers.settings import settings
from helpers.stack import cluster as stack
from helpers.stack.home import folder
from helpers.stack.servers.kafka import Kafka
from helpers.waiting import wait_until
from tests.resources import cache_folder

SAFE = {"acks": "all", "enable.idempotence": True}

OWNER = """
import sys
from helpers.lab import Lab
from helpers.stack import cluster as stack

def reached(step):
    print(step, flush=True)
    if step == sys.argv[1]:
        sys.stdin.readline()

cluster = Lab("127.0.0.1:1").cluster()
print(cluster._local.home, flush=True)
format, start = stack.Member.prepare, stack.LocalCluster.start_members
stack.Member.prepare = lambda member: (format(member), reached("formatted"))
stack.LocalCluster.start_members = lambda local, numbers: (start(local, numbers), reached("started"))
cluster.start()
cluster.pause(1)
cluster.kill(2)
reached("one frozen")
"""


def owner_of_processes() -> Lab:
    """What a cluster needs: no lab has to run."""
    return Lab("127.0.0.1:1", settings=replace(settings(), cache=cache_folder()))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster[Lab]]:
    """Three brokers. Each test leaves them running."""
    with owner_of_processes().cluster() as running:
        home = running._local.home
        yield running
    assert not home.exists()
    assert processes.find_below(home) == []


@pytest.fixture
def topic(cluster: Cluster[Lab]) -> str:
    """A topic with three copies."""
    name = topics.unique_name("cluster")
    topics.create(cluster.lab, name, replication_factor=3)
    return name


def test_a_leader_that_dies_loses_nothing_under_acks_all(cluster: Cluster[Lab], topic: str) -> None:
    with failover.SteadyProducer(cluster.lab, topic, config=SAFE) as producer:
        for _ in range(2):
            leader = cluster.leader(topic)
            cluster.kill(leader)
            producer.wait_acknowledged()
            assert cluster.leader(topic) != leader
            cluster.restart(leader)
            assert sorted(cluster.wait_in_sync(topic, 3)["ISR"][0]) == [1, 2, 3]
    outcome = producer.outcome()
    assert outcome.acknowledged == outcome.in_topic == producer.sent
    assert (outcome.lost, outcome.doubled, outcome.reordered) == (0, 0, 0)


def test_a_follower_that_dies_stops_acks_all_too(cluster: Cluster[Lab], topic: str) -> None:
    leader, follower = cluster.leader(topic), cluster.followers(topic)[0]
    with failover.SteadyProducer(cluster.lab, topic, config=SAFE) as producer:
        cluster.kill(follower)
        producer.wait_acknowledged()
        assert cluster.leader(topic) == leader
        assert follower not in cluster.leaders(topic)["ISR"][0]
    cluster.restart(follower)
    assert producer.outcome().gap > 0.5, "it waits for the broker's session to end: 1.5 s"


@pytest.mark.parametrize(("acks", "loses"), [("1", True), ("all", False)])
def test_what_followers_do_not_have_dies_with_the_leader(cluster: Cluster[Lab], acks: str, *, loses: bool) -> None:
    """With `all` the same planted fault loses nothing: so the count can be 0, and the loss comes from acks."""
    outcome = failover.lose_leader(cluster, acks)
    assert outcome.acknowledged == 100
    assert outcome.lost >= 90 if loses else outcome.lost == 0


@pytest.mark.parametrize("idempotence", [False, True])
def test_lost_answers_double_without_idempotence(cluster: Cluster[Lab], *, idempotence: bool) -> None:
    outcome = failover.lose_answers(cluster, idempotence=idempotence)
    assert (outcome.acknowledged, outcome.in_topic, outcome.lost) == (100, 100, 0)
    assert outcome.doubled == 0 if idempotence else outcome.doubled >= 90


def test_two_dead_brokers_refuse_and_the_table_says_what_kafka_says(cluster: Cluster[Lab], topic: str) -> None:
    alive = cluster.leader(topic)
    dead = cluster.followers(topic)
    cluster.kill(*dead)
    shown = cluster.wait_in_sync(topic, 1).loc[0]
    said = kafka_tools.kafka(cluster.lab, "topics", "--describe", "--topic", topic)
    found = re.search(r"Leader: (\d)\tReplicas: (\S+)\tIsr: (\S*)\tElr: (\S*)", said)
    assert found, said
    assert [shown["leader"], shown["replicas"]] == [int(found[1]), list(map(int, found[2].split(",")))]
    assert [shown["ISR"], shown["ELR"]] == [[int(found[3])], [int(found[4])]]
    assert shown["leader"] == alive and shown["ELR"][0] in dead

    answers = failover.Answers()
    config = {"bootstrap.servers": cluster.bootstrap_servers, "retries": 0, "on_delivery": answers.report}
    producer = Producer({**config, "acks": "all"})
    producer.produce(topic, "0")
    assert producer.flush(30) == 0
    assert answers.failed == {0: "NOT_ENOUGH_REPLICAS"}
    cluster.restart(*dead)
    assert list(cluster.wait_in_sync(topic, 3)["ELR"]) == [[]]


def test_frozen_brokers_are_shown_and_not_asked(cluster: Cluster[Lab], topic: str) -> None:
    follower = cluster.followers(topic)[0]
    cluster.pause(follower)
    assert cluster.frame().loc[follower, "state"] == "frozen"
    assert cluster.wait_in_sync(topic, 2)["leader"][0] != follower
    assert follower not in cluster.lab.admin.list_topics(timeout=5).brokers
    cluster.resume(follower)
    cluster.wait_in_sync(topic, 3)
    assert list(cluster.frame()["state"]) == ["running"] * 4
    assert list(cluster.frame()["role"]) == ["controller", "broker", "broker", "broker"]


def test_bad_input(cluster: Cluster[Lab], topic: str) -> None:
    for act in (cluster.kill, cluster.pause, cluster.resume, cluster.restart, cluster.relay):
        with pytest.raises(InvalidInput, match=r"^This cluster has no broker 7\. It has 1, 2, 3\.$"):
            act(7)
    with pytest.raises(InvalidInput, match=r"^Broker 1 runs already\. Kill it first"):
        cluster.restart(1)
    with pytest.raises(KafkaFailed, match=r"^No topic nothing in this cluster"):
        cluster.leaders("nothing")
    follower = cluster.followers(topic)[0]
    cluster.kill(follower)
    for act in (cluster.kill, cluster.pause, cluster.resume):
        with pytest.raises(
            LabNotRunning, match=rf"^Broker {follower} does not run\. Start it: `restart\({follower}\)`"
        ):
            act(follower)
    cluster.restart(follower)


def test_each_has_its_log_and_status(cluster: Cluster[Lab]) -> None:
    second = cluster._local.members[2]
    assert any("Kafka Server started" in line for line in folder.read_log(cluster._local.home, "kafka-2", 100_000))
    status = Kafka.status(second.place, second.port, second.version)
    assert (status.name, status.title, status.running) == ("kafka-2", "Apache Kafka 2", True)
    cluster.kill(2)
    assert not Kafka.status(second.place, second.port, second.version).running
    cluster.restart(2)


def test_a_node_that_cannot_start_takes_the_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack.Member, "heap", "2m")
    failing = owner_of_processes().cluster(1)
    with pytest.raises(ServerFailed, match=r"(?s)Apache Kafka \d+ ended while it was starting.*The end of "):
        failing._local.start()
    assert not failing._local.home.exists()
    assert processes.find_below(failing._local.home) == []


@pytest.mark.parametrize("step", ["formatted", "started", "one frozen"])
def test_an_owner_that_is_killed_leaves_no_process_and_no_folder(tmp_path: Path, step: str) -> None:
    lines: list[str] = []
    variables = {
        "TMPDIR": str(tmp_path),
        "LAB_CACHE": str(cache_folder()),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with Child(
        [sys.executable, "-c", OWNER, step], heard=lambda line: lines.append(line.strip()), environment=variables
    ) as owner:
        wait_until(
            lambda: step in lines or not owner.running, 60, f"the owner to be at {step!r}", last_seen=lambda: lines
        )
        home = Path(lines[0])
        assert home.exists(), lines
        psutil.Process(owner.pid).kill()  # it alone: what it started must end by itself
        wait_until(lambda: not home.exists(), 30, f"{home} to be gone")
        assert processes.find_below(home) == []
        assert list(tmp_path.glob("kafka-cluster-*")) == []
