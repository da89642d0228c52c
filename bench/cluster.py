# SPDX-License-Identifier: Apache-2.0
"""Three brokers on demand: how soon they answer, what they weigh, how long a producer waits after a kill, what is lost."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from bench.rows import Row, seconds
from helpers import topics
from helpers.cluster import Cluster
from helpers.experiments import failover
from helpers.lab import Lab
from helpers.settings import settings

_ROUNDS = 3
_KILLS = 20
_SAFE = {"acks": "all", "enable.idempotence": True}


def measure() -> Iterator[Row]:
    """Yield the rows of this part: seconds and megabytes of a cluster, seconds of a gap, records lost or doubled."""
    lab = Lab("127.0.0.1:1", settings=replace(settings(), bootstrap_servers=None))  # a cluster needs no lab that runs
    yield from _start(lab)
    with lab.cluster() as cluster:
        yield from _kills(cluster)
        lost = [failover.lose_leader(cluster, "1").lost for _ in range(_ROUNDS)]
        yield Row("acks=1, followers behind, leader killed: least lost of 100", min(lost), "records", at_least=90)
        doubled = [failover.lose_answers(cluster).doubled for _ in range(_ROUNDS)]
        yield Row("answers lost, not idempotent: least doubled of 100", min(doubled), "records", at_least=90)
        doubled = [failover.lose_answers(cluster, idempotence=True).doubled for _ in range(_ROUNDS)]
        yield Row("answers lost, idempotent: most doubled of 100", max(doubled), "records", at_most=0)


def _start(lab: Lab) -> Iterator[Row]:
    starts, stops, sizes = [], [], []
    for _ in range(_ROUNDS):
        cluster = lab.cluster()
        starts.append(seconds(cluster.start))
        sizes.append(float(cluster.frame()["memory (MB)"].sum()))
        stops.append(seconds(cluster.stop))
    yield Row("cluster: ready", statistics.median(starts), "s", at_most=10)
    yield Row("cluster: memory of three brokers and a controller", statistics.median(sizes), "MB", at_most=800)
    yield Row("cluster: gone", statistics.median(stops), "s")


def _kills(cluster: Cluster[Lab]) -> Iterator[Row]:
    """Kill the leader again and again under acks=all. Each producer is a new one: an old one knows the brokers already."""
    outcomes = [_killed_leader(cluster) for _ in range(_KILLS)]
    gaps = sorted(outcome.gap for outcome in outcomes)
    note = f"{gaps[0]:.1f} to {gaps[-1]:.1f} in {_KILLS} kills"
    yield Row("leader killed: longest gap", statistics.median(gaps), "s", at_most=3, note=note)
    note = f"of {sum(outcome.acknowledged for outcome in outcomes):,} acknowledged"
    yield Row("leader killed: lost", sum(outcome.lost for outcome in outcomes), "records", at_most=0, note=note)
    yield Row("leader killed: doubled", sum(outcome.doubled for outcome in outcomes), "records", at_most=0)


def _killed_leader(cluster: Cluster[Lab]) -> failover.Outcome:
    topic = topics.unique_name("kills")
    topics.create(cluster.lab, topic, replication_factor=3)
    leader = cluster.leader(topic)
    with failover.SteadyProducer(cluster.lab, topic, config=_SAFE) as producer:
        cluster.kill(leader)
        producer.wait_acknowledged()
    outcome = producer.outcome()
    cluster.restart(leader)
    cluster.wait_in_sync(topic, 3)
    return outcome
